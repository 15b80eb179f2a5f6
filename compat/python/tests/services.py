from harness.case import BOTH_V2, equal, fields, just_now, not_found, refused, sid, test, true
from harness.listing import check_list

NOTHING_NOTIFIED = {
    "removed_from_channel": {"enabled": False},
    "log_enabled": False,
    "added_to_channel": {"enabled": False},
    "new_message": {"enabled": False},
    "invited_to_channel": {"enabled": False},
}


@test("services: create", on=BOTH_V2)
def create(t):
    service = t.new_service("Shop")
    sid(service.sid, "IS")
    fields(service, friendly_name="Shop", account_sid=t.account_sid)
    just_now(service.date_created)
    equal(service.date_updated, service.date_created, "date_updated")
    equal(service.url, f"{t.origin}/v2/Services/{service.sid}", "url")
    equal(service.links, {name: f"{service.url}/{path}" for name, path in
                          (("channels", "Channels"), ("users", "Users"), ("roles", "Roles"),
                           ("bindings", "Bindings"))}, "links")


@test("services: defaults of a new service", on=BOTH_V2)
def defaults(t):
    service = t.new_service()
    fields(service, read_status_enabled=True, reachability_enabled=False, typing_indicator_timeout=5,
           consumption_report_interval=10, pre_webhook_url=None, post_webhook_url=None, webhook_method=None,
           webhook_filters=None, pre_webhook_retry_count=0, post_webhook_retry_count=0,
           notifications=NOTHING_NOTIFIED,
           media={"size_limit_mb": 150, "compatibility_message": "Media messages are not supported by your client"},
           limits={"channel_members": 1000, "user_channels": 1000})


@test("services: fetch", on=BOTH_V2)
def fetch(t):
    service = t.new_service("Shop")
    again = t.api.services(service.sid).fetch()
    fields(again, sid=service.sid, friendly_name="Shop", limits=service.limits, links=service.links,
           date_created=service.date_created)
    equal(t.api.services.get(service.sid).fetch().sid, service.sid, "sid")


@test("services: list", on=BOTH_V2)
def listing(t):
    made = [t.new_service(f"Shop {number}").sid for number in range(62)]
    check_list(t.api.services, made, exact=False)


@test("services: delete, and everything inside goes", on=BOTH_V2)
def delete(t):
    context = t.service()
    channel = context.channels.create(unique_name="general")
    context.users.create("jane")
    channel.members.create("jane")
    equal(context.delete(), True, "delete")
    not_found(context.fetch)
    not_found(context.delete)
    not_found(context.channels("general").fetch)
    not_found(context.users("jane").fetch)
    not_found(context.channels.create)
    true(context._solution["sid"] not in [one.sid for one in t.api.services.list()], "the service is still listed")


@test("services: create without a name", on=BOTH_V2)
def no_name(t):
    refused(400, 20001, t.api.services.create, friendly_name="",
            message="Missing required parameter FriendlyName in the post body")


@test("services: unknown SID", on=BOTH_V2)
def unknown(t):
    unknown_sid = "IS" + "0" * 32
    refused(404, 20404, t.api.services(unknown_sid).fetch,
            message=f"The requested resource /Services/{unknown_sid} was not found")
    not_found(t.api.services("IS123").fetch)
    not_found(t.api.services(unknown_sid).update, friendly_name="x")
    not_found(t.api.services(unknown_sid).channels.create, friendly_name="x")
    not_found(t.api.services(unknown_sid).delete)


@test("services: update without parameters", on=BOTH_V2)
def empty_update(t):
    refused(400, 20161, t.service().update)


@test("services: the short form client.chat.services is version 2")
def short_form(t):
    service = t.new_service()
    equal(t.client.chat.services(service.sid).fetch().url, service.url, "url")
    equal(t.client.ip_messaging.services(service.sid).fetch().sid, service.sid, "sid")


@test("services: names in every language", on=BOTH_V2)
def unicode_name(t):
    for name in ("Laden für Möbel", "店", "café ☕ 100% & more=+", " spaces "):
        equal(t.new_service(name).friendly_name, name, "friendly_name")
