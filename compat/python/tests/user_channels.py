from harness.case import BOTH_V2, equal, fields, not_found, refused, segment, test, true, utc
from harness.listing import check_list


def room(t, name="general", messages=5):
    context = t.service()
    channel = context.channels(context.channels.create(unique_name=name).sid)
    member = channel.members.create("jane")
    for number in range(messages):
        channel.messages.create(body=f"message {number}")
    return context, channel, member


@test("user channels: fetch by SID and by unique name", on=BOTH_V2)
def fetch(t):
    context, channel, member = room(t, "two words/1")
    user = context.users("jane").fetch()
    for who in ("jane", user.sid):
        for where in (channel._solution["sid"], segment("two words/1")):
            one = context.users(who).user_channels(where).fetch()
            fields(one, account_sid=t.account_sid, service_sid=member.service_sid, channel_sid=member.channel_sid,
                   user_sid=user.sid, member_sid=member.sid, status="joined", last_consumed_message_index=None,
                   unread_messages_count=None, notification_level="default")
            base = f"{t.origin}/v2/Services/{member.service_sid}"
            equal(one.url, f"{base}/Users/{user.sid}/Channels/{member.channel_sid}", "url")
            equal(one.links, {"channel": f"{base}/Channels/{member.channel_sid}", "member": member.url}, "links")


@test("user channels: list", on=BOTH_V2)
def listing(t):
    context = t.service()
    made = []
    for number in range(62):
        channel = context.channels.create()
        channel.members.create("jane doe")
        made.append(channel.sid)
    context.channels.create().members.create("bob")
    check_list(context.users("jane doe").user_channels, made, key=lambda row: row.channel_sid, page_maximum=50)


@test("user channels: list of a user without channels", on=BOTH_V2)
def list_empty(t):
    context = t.service()
    context.users.create("jane")
    context.channels.create()
    equal(context.users("jane").user_channels.list(), [], "channels")


@test("user channels: an invited user", on=BOTH_V2)
def invited(t):
    context, channel, _ = room(t)
    context.users.create("bob")
    channel.invites.create("bob")
    for one in (context.users("bob").user_channels.list()[0],
                context.users("bob").user_channels("general").fetch()):
        fields(one, status="invited", member_sid=None, channel_sid=channel._solution["sid"])
        equal(one.links["member"], None, "links.member")


@test("user channels: update every parameter", on=BOTH_V2)
def update(t):
    context, channel, member = room(t)
    changed = context.users("jane").user_channels("general").update(
        notification_level="muted", last_consumed_message_index=2,
        last_consumption_timestamp=utc(2016, 1, 2, 3, 4, 5))
    for one in (changed, context.users("jane").user_channels("general").fetch(),
                context.users("jane").user_channels.list()[0]):
        fields(one, notification_level="muted", last_consumed_message_index=2, unread_messages_count=2)
    fields(channel.members(member.sid).fetch(), last_consumed_message_index=2,
           last_consumption_timestamp=utc(2016, 1, 2, 3, 4, 5))


@test("user channels: wrong values", on=BOTH_V2)
def wrong(t):
    context, _, _ = room(t)
    one = context.users("jane").user_channels("general")
    refused(400, 50210, one.update, notification_level="loud")
    refused(400, 50406, one.update, notification_level="muted", last_consumed_message_index=-1)
    refused(400, 50405, one.update, notification_level="muted", last_consumption_timestamp="x")
    equal(one.fetch().notification_level, "default", "notification_level")


@test("user channels: delete leaves the channel", on=BOTH_V2)
def delete(t):
    context, channel, member = room(t)
    one = context.users("jane").user_channels("general")
    one.update(notification_level="muted", last_consumed_message_index=3)
    equal(one.delete(), True, "delete")
    not_found(one.delete)
    not_found(one.fetch)
    not_found(channel.members(member.sid).fetch)
    equal(channel.fetch().members_count, 0, "members_count")
    channel.members.create("jane")
    fields(one.fetch(), notification_level="default", last_consumed_message_index=None)


@test("user channels: unknown user and channel", on=BOTH_V2)
def unknown(t):
    context, _, _ = room(t)
    context.channels.create(unique_name="other", type="private")
    not_found(context.users("nobody").user_channels("general").fetch)
    not_found(context.users("jane").user_channels("nothing").fetch)
    not_found(context.users("jane").user_channels("other").fetch)
    not_found(context.users("jane").user_channels("other").update, notification_level="muted")


@test("consumption horizon: unread messages", on=BOTH_V2)
def horizon(t):
    context, channel, _ = room(t, messages=5)
    view = context.users("jane").user_channels("general")
    equal(view.fetch().unread_messages_count, None, "unread_messages_count")
    for consumed, unread in ((0, 4), (4, 0), (2, 2), (9, 0), (3, 1)):
        fields(channel.members("jane").update(last_consumed_message_index=consumed),
               last_consumed_message_index=consumed, last_consumption_timestamp=None)
        fields(view.fetch(), last_consumed_message_index=consumed, unread_messages_count=unread)
    channel.messages.create(body="new", from_="jane")
    fields(view.fetch(), last_consumed_message_index=3, unread_messages_count=2)
    channel.messages.list()[-1].delete()
    fields(view.fetch(), unread_messages_count=1)


@test("consumption horizon: an empty value forgets it", on=BOTH_V2)
def forget(t):
    context, channel, _ = room(t)
    channel.members("jane").update(last_consumed_message_index=2)
    equal(channel.members("jane").update(last_consumed_message_index="").last_consumed_message_index, None,
          "last_consumed_message_index")
    equal(context.users("jane").user_channels("general").fetch().unread_messages_count, None,
          "unread_messages_count")


@test("consumption horizon: timestamp alone", on=BOTH_V2)
def timestamp(t):
    _, channel, _ = room(t)
    fields(channel.members("jane").update(last_consumption_timestamp=utc(2020, 2, 29, 12, 0, 0)),
           last_consumption_timestamp=utc(2020, 2, 29, 12, 0, 0), last_consumed_message_index=None)
    fields(channel.members("jane").update(last_consumed_message_index=1),
           last_consumption_timestamp=utc(2020, 2, 29, 12, 0, 0), last_consumed_message_index=1)


@test("consumption horizon: each member has an own one", on=BOTH_V2)
def own(t):
    context, channel, _ = room(t)
    channel.members.create("bob")
    channel.members("jane").update(last_consumed_message_index=4)
    channel.members("bob").update(last_consumed_message_index=1)
    equal([context.users(who).user_channels("general").fetch().unread_messages_count for who in ("jane", "bob")],
          [0, 3], "unread_messages_count")
    true(channel.members("bob").fetch().last_consumed_message_index == 1, "the horizon of bob moved")
