"""A user answers a campaign: the post-event webhook arrives, the receiver adds the dashboard. A pre-hook moderates."""

import json
import re

from harness.case import equal, refused, story
from harness.receiver import Receiver

from ._shop import add_member, new_identity, send_campaign, talk_to_user


@story("a user answers a campaign: the signed webhook arrives and the dashboard is added")
def answer(t):
    hook = Receiver(t)
    service = t.service(post_webhook_url=hook.url, webhook_method="POST",
                        webhook_filters=["onMessageSent", "onMemberAdded"])
    user, dashboard = new_identity(), new_identity()
    channel_sid = send_campaign(service, user, "Big sale", dashboard)
    messages = service.channels(channel_sid).messages

    messages.create(body="Yes, please: 1+1 ☕", from_=user, attributes='{"a": 1}', x_twilio_webhook_enabled="true")
    event = hook.arrived(1)[0].params
    equal((event["EventType"], event["ChannelSid"], event["From"], event["Body"], event["Source"]),
          ("onMessageSent", channel_sid, user, "Yes, please: 1+1 ☕", "API"), "event")
    equal((event["AccountSid"], event["InstanceSid"], event["Index"]),
          (t.account_sid, service._solution["sid"], "1"), "event")

    # The receiver's own calls carry no header: they fire nothing, so nothing loops. The next event is the next answer.
    add_member(service, channel_sid, dashboard)
    equal(service.channels(channel_sid).fetch().members_count, 2, "members_count")
    messages.create(body="Hello?", from_=user, x_twilio_webhook_enabled="true")
    hook.arrived(2)
    equal([event.params.get("Body") for event in hook.events], ["Yes, please: 1+1 ☕", "Hello?"], "events")


@story("analytics: onMessageSent and onChannelAdded arrive for every action")
def analytics(t):
    hook = Receiver(t)
    service = t.service(post_webhook_url=hook.url, webhook_filters=["onMessageSent", "onChannelAdded"])
    wanted = set()
    for number in range(20):
        channel = service.channels.create(unique_name=f"channel {number}", x_twilio_webhook_enabled="true")
        message = channel.messages.create(body="x") if number % 2 else service.channels(
            channel.sid).messages.create(body="x", x_twilio_webhook_enabled="true")
        wanted.add(("onChannelAdded", channel.sid))
        if not number % 2:
            wanted.add(("onMessageSent", message.sid))
    hook.arrived(len(wanted))
    arrived = {(event.name, event.params.get("MessageSid") or event.params["ChannelSid"]) for event in hook.events}
    equal(len(wanted - arrived), 0, "number of events that did not arrive")
    equal(len(arrived - wanted), 0, "number of events nobody asked for")


FORBIDDEN, RUDE = re.compile(r"\bjackpot\b", re.I), re.compile(r"\bdamn\b", re.I)


def moderate(event):
    """The start-up's pre-hook: refuses what is forbidden, softens what is rude."""
    body = event.params["Body"]
    if FORBIDDEN.search(body):
        return 403, ""
    return 200, json.dumps({"body": RUDE.sub("****", body)} if RUDE.search(body) else {})


@story("moderation: a forbidden message does not go out, a rude one goes out softened")
def moderation(t):
    hook = Receiver(t)
    hook.answer("onMessageSend", moderate)
    service = t.service(pre_webhook_url=hook.url, post_webhook_url=hook.url,
                        webhook_filters=["onMessageSend", "onMessageSent"])
    channel_sid = talk_to_user(service, (new_identity(), "Ann"), (new_identity(), "Bob"))
    messages = service.channels(channel_sid).messages

    messages.create(body="Hi Bob", x_twilio_webhook_enabled="true")
    refused(403, 50056, messages.create, body="You won the JACKPOT", x_twilio_webhook_enabled="true")
    equal(messages.create(body="Damn, I am late", x_twilio_webhook_enabled="true").body, "****, I am late", "body")
    equal([message.body for message in messages.list()], ["Hi Bob", "****, I am late"], "history")
    sent = [event.params["Body"] for event in hook.arrived(2, "onMessageSent")]
    equal(sent, ["Hi Bob", "****, I am late"], "events")
