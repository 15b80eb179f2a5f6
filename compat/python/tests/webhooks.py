import re

from harness.case import BOTH_V2, SDK_VERSION, equal, refused, test, true
from harness.event import Maybe, at, carries, now
from harness.receiver import Receiver

EVENTS = ["onMessageSent", "onMessageUpdated", "onMessageRemoved", "onChannelAdded", "onChannelUpdated",
          "onChannelDestroyed", "onMemberAdded", "onMemberUpdated", "onMemberRemoved", "onUserAdded", "onUserUpdated"]
PRE = ["onMessageSend", "onMessageUpdate", "onMessageRemove", "onChannelAdd", "onChannelUpdate", "onMemberAdd"]
TOLD = dict(x_twilio_webhook_enabled="true")


def deleting(name, **where):
    """A test whose DELETE carries the header: 9.x takes the parameter and forgets it."""
    return test(name, **where) if SDK_VERSION < (9,) else lambda function: function


def hooked(t, filters=("onMessageSent",), **settings):
    """A receiver, and the service that calls it: pre-events at /pre, post-events at /hook."""
    hook = Receiver(t)
    settings = dict(dict(post_webhook_url=hook.url, pre_webhook_url=f"{hook.origin}/pre"), **settings)
    service = t.service(webhook_filters=list(filters), **settings)
    return hook, service, service._solution["sid"]


def room(service):
    return service.channels(service.channels.create().sid)


def role(service, name):
    return next(one.sid for one in service.roles.list() if one.friendly_name == name)


def bodies(hook):
    return [event.params.get("Body") for event in hook.events]


def said(body):
    return lambda event: event.params.get("Body") == body


def only(hook, service, name):
    """The one event that came; a later one shows that no other did."""
    event = hook.arrived(1)[0]
    service.users.create("sentinel", **TOLD)
    hook.arrived(1, lambda one: one.params.get("Identity") == "sentinel")
    equal(hook.names(), [name, "onUserAdded"], "events")
    return event


@test("webhooks: onMessageSent", on=BOTH_V2)
def message_sent(t):
    hook, service, service_sid = hooked(t, EVENTS)
    body = "Zwölf Boxkämpfer 🤷🏽‍♀️ a+b = c & d; 100% 'x'\r\n"
    message = room(service).messages.create(from_="jane", body=body, attributes='{"a": 1}', **TOLD)
    carries(only(hook, service, "onMessageSent"), "onMessageSent", service_sid, MessageSid=message.sid, Index="0",
            ChannelSid=message.channel_sid, Body=body, Attributes='{"a": 1}', From="jane",
            DateCreated=at(message.date_created))


@test("webhooks: onMessageSent of an empty message", on=BOTH_V2)
def message_sent_empty(t):
    hook, service, service_sid = hooked(t, EVENTS)
    message = room(service).messages.create(body="", **TOLD)
    carries(only(hook, service, "onMessageSent"), "onMessageSent", service_sid, MessageSid=message.sid, Index="0",
            ChannelSid=message.channel_sid, Body="", Attributes="{}", From="system",
            DateCreated=at(message.date_created))


@test("webhooks: onMessageUpdated", on=BOTH_V2)
def message_updated(t):
    hook, service, service_sid = hooked(t, EVENTS)
    channel = room(service)
    message = channel.messages.create(from_="jane", body="Hello")
    changed = channel.messages(message.sid).update(body="Bye", last_updated_by="bob", **TOLD)
    carries(only(hook, service, "onMessageUpdated"), "onMessageUpdated", service_sid, MessageSid=message.sid, Index="0",
            ChannelSid=message.channel_sid, Body="Bye", Attributes="{}", From="jane", ModifiedBy="bob",
            DateCreated=at(message.date_created), DateUpdated=at(changed.date_updated))


@deleting("webhooks: onMessageRemoved", on=BOTH_V2)
def message_removed(t):
    hook, service, service_sid = hooked(t, EVENTS)
    channel = room(service)
    message = channel.messages.create(from_="jane", body="Hello")
    channel.messages(message.sid).delete(**TOLD)
    carries(only(hook, service, "onMessageRemoved"), "onMessageRemoved", service_sid, MessageSid=message.sid, Index="0",
            ChannelSid=message.channel_sid, Body="Hello", Attributes="{}", From="jane", RemovedBy="system",
            DateCreated=at(message.date_created), DateRemoved=now)


@test("webhooks: onChannelAdded", on=BOTH_V2)
def channel_added(t):
    hook, service, service_sid = hooked(t, EVENTS)
    channel = service.channels.create(unique_name="general", friendly_name="Größe", attributes="[1]", type="private",
                                      created_by="jane", **TOLD)
    carries(only(hook, service, "onChannelAdded"), "onChannelAdded", service_sid, ChannelSid=channel.sid,
            UniqueName="general", FriendlyName="Größe", Attributes="[1]", ChannelType="private", CreatedBy="jane",
            DateCreated=at(channel.date_created))


@test("webhooks: onChannelUpdated", on=BOTH_V2)
def channel_updated(t):
    hook, service, service_sid = hooked(t, EVENTS)
    channel = service.channels.create()
    changed = service.channels(channel.sid).update(friendly_name="General", **TOLD)
    carries(only(hook, service, "onChannelUpdated"), "onChannelUpdated", service_sid, ChannelSid=channel.sid,
            FriendlyName="General", Attributes="{}", ChannelType="public", CreatedBy="system",
            DateCreated=at(channel.date_created), DateUpdated=at(changed.date_updated))


@deleting("webhooks: onChannelDestroyed", on=BOTH_V2)
def channel_destroyed(t):
    hook, service, service_sid = hooked(t, EVENTS)
    channel = service.channels.create()
    service.channels(channel.sid).members.create("jane")
    service.channels(channel.sid).delete(**TOLD)
    carries(only(hook, service, "onChannelDestroyed"), "onChannelDestroyed", service_sid, ChannelSid=channel.sid,
            Attributes="{}", ChannelType="public", CreatedBy="system", DateCreated=at(channel.date_created),
            DateDestroyed=now)


@test("webhooks: onMemberAdded", on=BOTH_V2)
def member_added(t):
    hook, service, service_sid = hooked(t, EVENTS)
    service.users.create("jane")
    member = room(service).members.create("jane", **TOLD)
    carries(only(hook, service, "onMemberAdded"), "onMemberAdded", service_sid, MemberSid=member.sid,
            ChannelSid=member.channel_sid, Identity="jane", RoleSid=member.role_sid, Reason="ADDED",
            DateCreated=at(member.date_created))


@test("webhooks: onMemberUpdated", on=BOTH_V2)
def member_updated(t):
    hook, service, service_sid = hooked(t, EVENTS)
    channel = room(service)
    member = channel.members.create("jane")
    admin = role(service, "channel admin")
    changed = channel.members(member.sid).update(role_sid=admin, **TOLD)
    carries(only(hook, service, "onMemberUpdated"), "onMemberUpdated", service_sid, MemberSid=member.sid,
            ChannelSid=member.channel_sid, Identity="jane", RoleSid=admin, Attributes=Maybe("{}"),
            DateCreated=at(member.date_created), DateUpdated=at(changed.date_updated))


@deleting("webhooks: onMemberRemoved", on=BOTH_V2)
def member_removed(t):
    hook, service, service_sid = hooked(t, EVENTS)
    channel = room(service)
    member = channel.members.create("jane")
    channel.members(member.sid).delete(**TOLD)
    carries(only(hook, service, "onMemberRemoved"), "onMemberRemoved", service_sid, MemberSid=member.sid,
            ChannelSid=member.channel_sid, Identity="jane", RoleSid=member.role_sid, Reason="REMOVED",
            DateCreated=at(member.date_created), DateRemoved=now)


@deleting("webhooks: onMemberRemoved through the user", since=(7,))
def member_removed_through_user(t):
    hook, service, service_sid = hooked(t, EVENTS)
    member = room(service).members.create("jane")
    service.users("jane").user_channels(member.channel_sid).delete(**TOLD)
    carries(only(hook, service, "onMemberRemoved"), "onMemberRemoved", service_sid, MemberSid=member.sid,
            ChannelSid=member.channel_sid, Identity="jane", RoleSid=member.role_sid, Reason="REMOVED",
            DateCreated=at(member.date_created), DateRemoved=now)


@test("webhooks: onUserAdded", on=BOTH_V2)
def user_added(t):
    hook, service, service_sid = hooked(t, EVENTS)
    user = service.users.create("jane", friendly_name="Jane", attributes='{"age":31}', **TOLD)
    carries(only(hook, service, "onUserAdded"), "onUserAdded", service_sid, UserSid=user.sid, Identity="jane",
            FriendlyName="Jane", Attributes='{"age":31}', RoleSid=user.role_sid, DateCreated=at(user.date_created))


@test("webhooks: onUserUpdated", on=BOTH_V2)
def user_updated(t):
    hook, service, service_sid = hooked(t, EVENTS)
    user = service.users.create("jane")
    changed = service.users("jane").update(friendly_name="Jane", **TOLD)
    carries(only(hook, service, "onUserUpdated"), "onUserUpdated", service_sid, UserSid=user.sid, Identity="jane",
            FriendlyName="Jane", Attributes=Maybe("{}"), RoleSid=user.role_sid, DateCreated=at(user.date_created),
            DateUpdated=at(changed.date_updated))


@test("webhooks: a user made by adding a member is announced too", on=BOTH_V2)
def user_on_the_fly(t):
    hook, service, service_sid = hooked(t, EVENTS)
    member = room(service).members.create("jane", **TOLD)
    events = {event.name: event for event in hook.arrived(2)}
    user = service.users("jane").fetch()
    carries(events["onUserAdded"], "onUserAdded", service_sid, UserSid=user.sid, Identity="jane",
            RoleSid=user.role_sid, Attributes=Maybe("{}"), DateCreated=at(user.date_created))
    carries(events["onMemberAdded"], "onMemberAdded", service_sid, MemberSid=member.sid, RoleSid=member.role_sid,
            ChannelSid=member.channel_sid, Identity="jane", Reason="ADDED", DateCreated=at(member.date_created))


@test("webhooks: nothing is sent without the header, or with another value")
def header(t):
    hook, service, _ = hooked(t)
    channel = room(service)
    channel.messages.create(body="quiet")
    for value in ("false", "yes", "1"):
        channel.messages.create(body="quiet", x_twilio_webhook_enabled=value)
    channel.messages.create(body="loud", **TOLD)
    hook.arrived(1, said("loud"))
    equal(bodies(hook), ["loud"], "bodies")


@test("webhooks: only events that are listed are sent")
def filters(t):
    hook, service, _ = hooked(t, ["onMemberAdded"])
    channel = room(service)
    channel.messages.create(body="quiet", **TOLD)
    channel.members.create("jane", **TOLD)
    hook.arrived(1, "onMemberAdded")
    equal(hook.names(), ["onMemberAdded"], "events")


@test("webhooks: a GET carries the parameters in the query, behind the URL's own")
def get(t):
    hook, service, _ = hooked(t, webhook_method="GET")
    service.update(post_webhook_url=f"{hook.url}?team=a%20b&empty=")
    channel = room(service)
    for body in ("1+1 ☕ & 'so' (on)*~", ""):
        channel.messages.create(body=body, **TOLD)
        event = hook.arrived(1, said(body))[0]
        equal(event.method, "GET", "method")
        true(event.path.startswith("/hook?team=a%20b&empty=&"), f"the path is {event.path}")


@test("webhooks: a POST says what it is")
def post(t):
    hook, service, _ = hooked(t)
    service.update(post_webhook_url=f"{hook.url}?team=a%20b")
    room(service).messages.create(body="Hello", **TOLD)
    event = hook.arrived(1)[0]
    equal((event.method, event.path), ("POST", "/hook?team=a%20b"), "request")
    equal(event.headers["Content-Type"].replace(" ", "").lower(), "application/x-www-form-urlencoded;charset=utf-8",
          "Content-Type")
    token = event.headers["I-Twilio-Idempotency-Token"]
    true(re.fullmatch(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", token), f"the token is {token}")


@test("webhooks: an answer of 503 is tried again, one of 500 is not")
def retries(t):
    hook, service, _ = hooked(t, post_webhook_retry_count=1)
    hook.answer("onMessageSent", lambda event: (int(event.params["Body"]), ""))
    channel = room(service)
    channel.messages.create(body="500", **TOLD)
    hook.arrived(1)
    channel.messages.create(body="503", **TOLD)
    events = hook.arrived(2, said("503"))
    equal([event.params["RetryCount"] for event in events], ["0", "1"], "RetryCount")
    equal(len({event.headers["I-Twilio-Idempotency-Token"] for event in events}), 1, "number of tokens")
    equal(bodies(hook), ["500", "503", "503"], "bodies")


@test("webhooks: a channel's own webhook")
def channel_webhook(t):
    hook, service, service_sid = hooked(t, [])
    channel = room(service)
    webhook = channel.webhooks.create("webhook", configuration_url=f"{hook.origin}/own",
                                      configuration_filters=["onMessageSent", "onMemberAdded"])
    message = channel.messages.create(body="Hello", **TOLD)
    event = hook.arrived(1)[0]
    equal(event.path, "/own", "path")
    carries(event, "onMessageSent", service_sid, MessageSid=message.sid, Index="0", ChannelSid=message.channel_sid,
            Body="Hello", Attributes="{}", From="system", DateCreated=at(message.date_created),
            WebhookType="webhook", WebhookSid=webhook.sid)
    channel.messages(message.sid).update(body="Bye", **TOLD)
    channel.members.create("jane", **TOLD)
    hook.arrived(1, "onMemberAdded")
    equal(hook.names(), ["onMessageSent", "onMemberAdded"], "events")


@deleting("webhooks: a channel's own webhook hears of the channel's end")
def channel_webhook_end(t):
    hook, service, service_sid = hooked(t, [])
    channel = room(service)
    webhook = channel.webhooks.create("webhook", configuration_url=hook.url, configuration_filters=["onChannelDestroyed"])
    channel.delete(**TOLD)
    carries(hook.arrived(1)[0], "onChannelDestroyed", service_sid, ChannelSid=channel._solution["sid"],
            Attributes="{}", ChannelType="public", CreatedBy="system", DateCreated=now, DateDestroyed=now,
            WebhookType="webhook", WebhookSid=webhook.sid)


@test("webhooks: a trigger hears its words, whatever their case")
def trigger(t):
    hook, service, _ = hooked(t, [])
    channel = room(service)
    webhook = channel.webhooks.create("trigger", configuration_url=hook.url, configuration_triggers=["help", "Wörter"])
    for body in ("hel p", "HELPLESS", "quiet", "zwei WÖRTER"):
        channel.messages.create(body=body, **TOLD)
    event = hook.arrived(1, said("zwei WÖRTER"))[0]
    equal((event.params["WebhookType"], event.params["WebhookSid"]), ("trigger", webhook.sid), "webhook")
    equal(bodies(hook), ["HELPLESS", "zwei WÖRTER"], "bodies")


@test("pre-webhooks: a message that the hook refuses is not sent")
def pre_refuses(t):
    hook, service, service_sid = hooked(t, PRE + EVENTS)
    channel = room(service)
    hook.answer("onMessageSend", (403, ""))
    refused(403, 50056, channel.messages.create, body="Hello", from_="jane", **TOLD)
    hook.answer("onMessageSend", (500, ""))
    refused(403, 50057, channel.messages.create, body="Hello", from_="jane", **TOLD)
    equal(channel.messages.list(), [], "messages")
    carries(hook.arrived(2)[0], "onMessageSend", service_sid, ChannelSid=channel._solution["sid"], Body="Hello",
            Attributes="{}", From="jane")
    service.users.create("sentinel", **TOLD)
    hook.arrived(1, "onUserAdded")
    equal(hook.names(), ["onMessageSend", "onMessageSend", "onUserAdded"], "events")


@test("pre-webhooks: the hook rewrites a message and the name of a channel")
def pre_rewrites(t):
    hook, service, _ = hooked(t, PRE + EVENTS)
    channel = room(service)
    hook.answer("onMessageSend", (200, '{"body":"H***","author":"bob","attributes":"[1]"}'))
    message = channel.messages.create(body="Hello", from_="jane", **TOLD)
    kept = channel.messages(message.sid).fetch()
    equal((kept.body, kept.attributes), ("H***", "[1]"), "message")
    sent = hook.arrived(1, "onMessageSent")[0].params
    equal((sent["Body"], sent["From"], sent["Attributes"]), ("H***", "bob", "[1]"), "event")
    equal([event.path for event in hook.events], ["/pre", "/hook"], "paths")
    hook.answer("onChannelAdd", (200, '{"friendly_name":"Größer"}'))
    equal(service.channels.create(friendly_name="Small", **TOLD).friendly_name, "Größer", "friendly_name")


@test("pre-webhooks: an answer that is no object changes nothing")
def pre_passes(t):
    hook, service, _ = hooked(t, PRE)
    channel = room(service)
    for number, answer in enumerate(("{}", "", "<h1>Thanks</h1>", '[{"body":"B"}]', "null")):
        hook.answer("onMessageSend", (200, answer))
        equal(channel.messages.create(body="Hello", **TOLD).body, "Hello", f"body after {answer}")
        hook.arrived(number + 1)


@test("pre-webhooks: a rewritten body that is too long is refused")
def pre_too_long(t):
    hook, service, _ = hooked(t, PRE)
    channel = room(service)
    hook.answer("onMessageSend", (200, '{"body":"%s"}' % ("x" * 32769)))
    refused(400, 50504, channel.messages.create, body="Hello", **TOLD)
    equal(channel.messages.list(), [], "messages")


@test("pre-webhooks: without the header nobody is asked")
def pre_header(t):
    hook, service, _ = hooked(t, PRE)
    channel = room(service)
    hook.answer("onMessageSend", lambda event: (403 if event.params["Body"] == "quiet" else 200, ""))
    channel.messages.create(body="quiet")
    channel.messages.create(body="loud", **TOLD)
    hook.arrived(1, said("loud"))
    equal(bodies(hook), ["loud"], "bodies")
