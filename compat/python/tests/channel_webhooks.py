from harness.case import BOTH_V2, equal, fields, just_now, not_found, refused, sid, sids, test
from harness.listing import check_list

URL = "https://example.com/hook?a=1&b=2"
FLOW = "FW" + "a1" * 16
PLAIN = dict(type="webhook", configuration_url=URL, configuration_filters=["onMessageSent"])


def room(t):
    context = t.service()
    return context.channels(context.channels.create(unique_name="general").sid)


@test("channel webhooks: create a webhook with every parameter", on=BOTH_V2)
def create_webhook(t):
    channel = room(t)
    hook = channel.webhooks.create("webhook", configuration_url=URL, configuration_method="GET",
                                   configuration_filters=["onMessageSent", "onMemberAdded"],
                                   configuration_retry_count=3)
    sid(hook.sid, "WH")
    for one in (hook, channel.webhooks(hook.sid).fetch()):
        fields(one, type="webhook", account_sid=t.account_sid, channel_sid=channel._solution["sid"],
               service_sid=channel._solution["service_sid"],
               configuration={"url": URL, "method": "GET", "filters": ["onMessageSent", "onMemberAdded"],
                              "retry_count": 3})
    just_now(hook.date_created)
    equal(hook.date_updated, hook.date_created, "date_updated")
    equal(hook.url, f"{t.origin}/v2/Services/{hook.service_sid}/Channels/{hook.channel_sid}/Webhooks/{hook.sid}",
          "url")


@test("channel webhooks: create a trigger with every parameter", on=BOTH_V2)
def create_trigger(t):
    hook = room(t).webhooks.create("trigger", configuration_url=URL, configuration_method="POST",
                                   configuration_triggers=["help", "two words"], configuration_retry_count=1)
    equal(hook.type, "trigger", "type")
    for key, value in (("url", URL), ("method", "POST"), ("triggers", ["help", "two words"]), ("retry_count", 1)):
        equal(hook.configuration[key], value, f"configuration.{key}")


@test("channel webhooks: create a studio webhook", on=BOTH_V2)
def create_studio(t):
    hook = room(t).webhooks.create("studio", configuration_flow_sid=FLOW)
    fields(hook, type="studio", configuration={"flow_sid": FLOW})


@test("channel webhooks: defaults", on=BOTH_V2)
def defaults(t):
    fields(room(t).webhooks.create(**PLAIN),
           configuration={"url": URL, "method": "POST", "filters": ["onMessageSent"], "retry_count": 0})


@test("channel webhooks: list", on=BOTH_V2)
def listing(t):
    channel = room(t)
    made = sids([channel.webhooks.create(**PLAIN) for _ in range(5)])
    check_list(channel.webhooks, made, page_maximum=5)


@test("channel webhooks: at most five", on=BOTH_V2)
def at_most(t):
    channel = room(t)
    hooks = [channel.webhooks.create(**PLAIN) for _ in range(5)]
    refused(403, 50321, channel.webhooks.create, **PLAIN)
    hooks[0].delete()
    channel.webhooks.create(**PLAIN)


@test("channel webhooks: update every parameter", on=BOTH_V2)
def update(t):
    channel = room(t)
    hook = channel.webhooks.create(**PLAIN)
    new = dict(url="http://example.com/new", method="GET", filters=["onChannelUpdated", "onMemberRemoved"],
               retry_count=2)
    changed = channel.webhooks(hook.sid).update(**{f"configuration_{key}": value for key, value in new.items()})
    for one in (changed, channel.webhooks(hook.sid).fetch()):
        fields(one, sid=hook.sid, type="webhook", configuration=new)
    equal(channel.webhooks(hook.sid).update(configuration_retry_count=0).configuration, dict(new, retry_count=0),
          "configuration")
    trigger = channel.webhooks.create("trigger", configuration_url=URL, configuration_triggers=["a", "b"])
    equal(trigger.update(configuration_triggers=["c"]).configuration["triggers"], ["c"], "triggers")
    studio = channel.webhooks.create("studio", configuration_flow_sid=FLOW)
    equal(studio.update(configuration_flow_sid="FW" + "b" * 32).configuration, {"flow_sid": "FW" + "b" * 32},
          "configuration")


@test("channel webhooks: wrong values", on=BOTH_V2)
def wrong(t):
    create = room(t).webhooks.create
    refused(400, 50324, create, "pigeon", configuration_url=URL)
    refused(400, 50329, create, "webhook", configuration_filters=["onMessageSent"])
    refused(400, 50330, create, "webhook", configuration_url=URL)
    refused(400, 50325, create, "webhook", configuration_url=URL, configuration_filters=["onNothing"])
    refused(400, 50331, create, "trigger", configuration_url=URL)
    refused(400, 50322, create, "trigger", configuration_url=URL, configuration_triggers=list("abcdef"))
    refused(400, 50327, create, "studio")
    refused(400, 50327, create, "studio", configuration_flow_sid="FW1")
    refused(400, 50065, create, configuration_retry_count=4, **PLAIN)


@test("channel webhooks: delete", on=BOTH_V2)
def delete(t):
    channel = room(t)
    hook = channel.webhooks.create(**PLAIN)
    equal(channel.webhooks(hook.sid).delete(), True, "delete")
    not_found(channel.webhooks(hook.sid).delete)
    not_found(channel.webhooks(hook.sid).fetch)
    not_found(channel.webhooks("WH" + "0" * 32).update, configuration_retry_count=1)
    equal(channel.webhooks.list(), [], "webhooks")
