from harness.case import BOTH_V1, equal, fields, just_now, not_found, refused, sid, test
from harness.listing import check_list

EVENTS = ("message_send", "message_update", "message_remove", "channel_add", "channel_destroy", "channel_update",
          "member_add", "member_remove", "message_sent", "message_updated", "message_removed", "channel_added",
          "channel_destroyed", "channel_updated", "member_added", "member_removed")


@test("services: create, fetch, delete", on=BOTH_V1)
def life(t):
    service = t.new_service("Old shop")
    sid(service.sid, "IS")
    for one in (service, t.api.services(service.sid).fetch()):
        fields(one, friendly_name="Old shop", account_sid=t.account_sid, webhooks=None, webhook_filters=None,
               read_status_enabled=True, reachability_enabled=False, typing_indicator_timeout=5,
               consumption_report_interval=10)
    just_now(service.date_created)
    equal(service.url, f"{t.origin}/v1/Services/{service.sid}", "url")
    equal(service.links, {"channels": f"{service.url}/Channels", "roles": f"{service.url}/Roles",
                          "users": f"{service.url}/Users"}, "links")
    equal(service.limits, {"user_channels": 1000, "channel_members": 1000, "actions_per_second": 30}, "limits")
    equal(t.api.services(service.sid).delete(), True, "delete")
    not_found(t.api.services(service.sid).delete)


@test("services: list", on=BOTH_V1)
def listing(t):
    check_list(t.api.services, [t.new_service(f"Shop {number}").sid for number in range(12)], exact=False)


@test("services: settings", on=BOTH_V1)
def settings(t):
    service = t.new_service()
    changed = service.update(
        friendly_name="New", read_status_enabled=False, reachability_enabled=True, typing_indicator_timeout=7,
        consumption_report_interval=8, pre_webhook_url="https://example.com/pre",
        post_webhook_url="https://example.com/post", webhook_method="POST",
        webhook_filters=["onMessageSent", "onMemberAdd"], limits_channel_members=50, limits_user_channels=60,
        notifications_new_message_enabled=True, notifications_new_message_template="new ${MESSAGE}",
        notifications_added_to_channel_enabled=True, notifications_added_to_channel_template="added",
        notifications_removed_from_channel_enabled=True, notifications_removed_from_channel_template="removed",
        notifications_invited_to_channel_enabled=True, notifications_invited_to_channel_template="invited")
    for one in (changed, t.api.services(service.sid).fetch()):
        fields(one, friendly_name="New", read_status_enabled=False, reachability_enabled=True,
               typing_indicator_timeout=7, consumption_report_interval=8, pre_webhook_url="https://example.com/pre",
               post_webhook_url="https://example.com/post", webhook_method="POST",
               webhook_filters=["onMessageSent", "onMemberAdd"],
               limits={"channel_members": 50, "user_channels": 60, "actions_per_second": 30})
        equal(one.notifications["new_message"], {"enabled": True, "template": "new ${MESSAGE}"}, "new_message")
        equal(one.notifications["removed_from_channel"], {"enabled": True, "template": "removed"}, "removed")


@test("services: a URL and a method for each event", on=BOTH_V1)
def webhooks(t):
    service = t.new_service()
    given = {}
    for number, event in enumerate(EVENTS):
        given[f"webhooks_on_{event}_url"] = f"https://example.com/{event}?n={number}"
        given[f"webhooks_on_{event}_method"] = "GET" if number % 2 else "POST"
    changed = service.update(**given)
    for one in (changed, t.api.services(service.sid).fetch()):
        equal(set(one.webhooks), {f"on_{event}" for event in EVENTS}, "events")
        for event in EVENTS:
            equal(one.webhooks[f"on_{event}"]["url"], given[f"webhooks_on_{event}_url"], f"url of {event}")
            equal(one.webhooks[f"on_{event}"]["method"], given[f"webhooks_on_{event}_method"], f"method of {event}")


@test("services: one event only", on=BOTH_V1)
def one_webhook(t):
    service = t.new_service(webhooks_on_message_send_url="https://example.com/send",
                            webhooks_on_message_send_method="POST")
    equal(list(service.webhooks), ["on_message_send"], "events")
    refused(400, 50054, service.update, webhooks_on_message_sent_url="not a url")


@test("services: default roles", on=BOTH_V1)
def default_roles(t):
    context = t.service()
    roles = {one.friendly_name: one.sid for one in context.roles.list()}
    fields(context.update(default_service_role_sid=roles["service admin"],
                          default_channel_role_sid=roles["channel admin"],
                          default_channel_creator_role_sid=roles["channel user"]),
           default_service_role_sid=roles["service admin"], default_channel_role_sid=roles["channel admin"],
           default_channel_creator_role_sid=roles["channel user"])
