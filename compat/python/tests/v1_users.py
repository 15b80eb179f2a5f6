from harness.case import BOTH_V1, equal, fields, not_found, refused, segment, sids, test
from harness.listing import check_list


@test("users: create, fetch, update, delete", on=BOTH_V1)
def life(t):
    context = t.service()
    roles = {one.friendly_name: one.sid for one in context.roles.list()}
    user = context.users.create("jane doe@x", role_sid=roles["service admin"], attributes='{"a":1}',
                                friendly_name="Jane")
    for one in (user, context.users(user.sid).fetch(), context.users(segment("jane doe@x")).fetch()):
        fields(one, sid=user.sid, identity="jane doe@x", role_sid=roles["service admin"], attributes='{"a":1}',
               friendly_name="Jane", joined_channels_count=0, is_online=None, is_notifiable=None)
    equal(user.url, f"{t.origin}/v1/Services/{user.service_sid}/Users/{user.sid}", "url")
    equal(user.links, {"user_channels": f"{user.url}/Channels"}, "links")
    fields(context.users(user.sid).update(role_sid=roles["service user"], attributes="{}", friendly_name="J"),
           role_sid=roles["service user"], attributes="{}", friendly_name="J")
    equal(context.users(user.sid).delete(), True, "delete")
    not_found(context.users(user.sid).delete)


@test("users: list", on=BOTH_V1)
def listing(t):
    context = t.service()
    made = sids([context.users.create(f"user {number}", attributes="[]") for number in range(12)])
    check_list(context.users, made, page_maximum=1000)
    equal({one.attributes for one in context.users.list()}, {None}, "attributes in the list")


@test("users: errors", on=BOTH_V1)
def errors(t):
    context = t.service()
    context.users.create("jane")
    refused(409, 50201, context.users.create, "jane", message="User already exists")
    refused(400, 50206, context.users.create, "US" + "a1" * 16)
    refused(400, 50102, context.users.create, "bob", role_sid=context.fetch().default_channel_role_sid)


@test("user channels: list", on=BOTH_V1)
def user_channels(t):
    context = t.service()
    made = []
    for _ in range(8):
        channel = context.channels.create()
        made.append((channel.sid, channel.members.create("jane").sid))
    context.channels(made[0][0]).messages.create("hi")
    context.channels(made[0][0]).members(made[0][1]).update(last_consumed_message_index=0)
    rows = context.users("jane").user_channels.list()
    equal([(one.channel_sid, one.member_sid) for one in rows], made, "channels")
    fields(rows[0], status="joined", last_consumed_message_index=0, unread_messages_count=0)
    fields(rows[1], status="joined", last_consumed_message_index=None, unread_messages_count=None)
    check_list(context.users("jane").user_channels, [one for one, _ in made], key=lambda row: row.channel_sid,
               page_maximum=1000)
