from harness.case import (BOTH_V2, equal, fields, just_now, not_found, refused, segment, sid, sids, test, true)
from harness.listing import check_list


def role(context, name):
    return next(one.sid for one in context.roles.list() if one.friendly_name == name)


@test("users: create with every parameter", on=BOTH_V2)
def create_everything(t):
    context = t.service()
    admin = role(context, "service admin")
    user = context.users.create("jane@example.com", x_twilio_webhook_enabled="true", role_sid=admin,
                                attributes='{"age": 30}', friendly_name="Jane Doe")
    sid(user.sid, "US")
    for one in (user, context.users(user.sid).fetch()):
        fields(one, identity="jane@example.com", role_sid=admin, attributes='{"age": 30}', friendly_name="Jane Doe",
               account_sid=t.account_sid, service_sid=context._solution["sid"], joined_channels_count=0,
               is_online=None, is_notifiable=None)
    equal(user.url, f"{t.origin}/v2/Services/{user.service_sid}/Users/{user.sid}", "url")
    equal(user.links, {"user_channels": f"{user.url}/Channels", "user_bindings": f"{user.url}/Bindings"}, "links")


@test("users: create with an identity only", on=BOTH_V2)
def create_plain(t):
    context = t.service()
    user = context.users.create("jane")
    fields(user, identity="jane", friendly_name=None, attributes="{}", role_sid=role(context, "service user"))
    just_now(user.date_created)
    equal(user.date_updated, user.date_created, "date_updated")


@test("users: fetch by SID and by identity", on=BOTH_V2)
def fetch(t):
    context = t.service()
    for identity in ("jane", "jane doe", "jane@example.com", "a+b", "a/b/c", "jäne", "用户", "100%", "%2F", "?#&=",
                     "o'brien", "a:b", "US123"):
        user = context.users.create(identity)
        equal(user.identity, identity, "identity")
        equal(context.users(user.sid).fetch().identity, identity, "identity")
        found = context.users(segment(identity)).fetch()
        equal((found.sid, found.url), (user.sid, user.url), f"user {identity}")
    not_found(context.users("Jane").fetch)


@test("users: fetch by identities as the SDK puts them", on=BOTH_V2)
def fetch_raw(t):
    context = t.service()
    for identity in ("jane doe", "jane@example.com", "a+b", "jäne", "用户"):
        user = context.users.create(identity)
        equal(context.users(identity).fetch().sid, user.sid, f"sid of {identity}")


@test("users: list", on=BOTH_V2)
def listing(t):
    context = t.service()
    check_list(context.users, sids([context.users.create(f"user {number}") for number in range(105)]))


@test("users: update every parameter", on=BOTH_V2)
def update(t):
    context = t.service()
    user = context.users.create("jane", friendly_name="Jane", attributes='{"a":1}')
    admin = role(context, "service admin")
    changed = context.users("jane").update(x_twilio_webhook_enabled="true", role_sid=admin, attributes='{"b":2}',
                                           friendly_name="Jane D.")
    for one in (changed, context.users(user.sid).fetch()):
        fields(one, sid=user.sid, identity="jane", role_sid=admin, attributes='{"b":2}', friendly_name="Jane D.")
    fields(context.users(user.sid).update(friendly_name="J"), friendly_name="J", attributes='{"b":2}', role_sid=admin)


@test("users: update without parameters", on=BOTH_V2)
def update_nothing(t):
    refused(400, 20161, t.service().users.create("jane").update)


@test("users: create twice", on=BOTH_V2)
def conflict(t):
    context = t.service()
    context.users.create("jane", friendly_name="First")
    refused(409, 50201, context.users.create, "jane", friendly_name="Second", message="User already exists")
    equal(context.users("jane").fetch().friendly_name, "First", "friendly_name")
    context.users.create("Jane")


@test("users: identities that are refused", on=BOTH_V2)
def wrong_identity(t):
    create = t.service().users.create
    refused(400, 20001, create, "", message="Missing required parameter Identity in the post body")
    refused(400, 50206, create, "US" + "a1" * 16, message="Identity should not match user SID pattern")
    refused(400, 50203, create, "system", message="Identity reserved")
    refused(400, 50207, create, "x" * 257, message="Identity too long")
    equal(create("ü" * 256).identity, "ü" * 256, "identity")


@test("users: wrong values", on=BOTH_V2)
def wrong(t):
    context = t.service()
    for wrong_role in ("RL" + "0" * 32, role(context, "channel user")):
        refused(400, 50102, context.users.create, "jane", role_sid=wrong_role)
    refused(400, 50304, context.users.create, "jane", attributes="x")
    refused(400, 50003, context.users.create, "jane", friendly_name="x" * 257)
    not_found(context.users("jane").fetch)
    user = context.users.create("jane")
    refused(400, 50102, user.update, role_sid=role(context, "channel user"))


@test("users: delete", on=BOTH_V2)
def delete(t):
    context = t.service()
    user = context.users.create("jane")
    channel = context.channels(context.channels.create().sid)
    channel.members.create("jane")
    other = context.channels(context.channels.create().sid)
    invite = other.invites.create("jane")
    message = channel.messages.create(body="hi", from_="jane")
    equal(context.users("jane").delete(), True, "delete")
    not_found(context.users("jane").delete)
    not_found(context.users(user.sid).fetch)
    not_found(channel.members("jane").fetch)
    not_found(other.invites(invite.sid).fetch)
    equal(channel.fetch().members_count, 0, "members_count")
    fields(channel.messages(message.sid).fetch(), from_="jane")
    true(context.users.create("jane").sid != user.sid, "the SID was used again")


@test("users: joined_channels_count", on=BOTH_V2)
def joined(t):
    context = t.service()
    user = context.users.create("jane")
    channels = [context.channels(context.channels.create().sid) for _ in range(3)]
    for number, channel in enumerate(channels, 1):
        channel.members.create("jane")
        equal(user.fetch().joined_channels_count, number, "joined_channels_count")
    channels[0].members("jane").delete()
    equal(context.users("jane").fetch().joined_channels_count, 2, "joined_channels_count")
    channels[1].delete()
    equal(context.users("jane").fetch().joined_channels_count, 1, "joined_channels_count")
    context.users("jane").user_channels(channels[2]._solution["sid"]).delete()
    equal(context.users("jane").fetch().joined_channels_count, 0, "joined_channels_count")


@test("users: reachability is unknown before the first connection", on=BOTH_V2)
def reachability(t):
    context = t.service(reachability_enabled=True)
    user = context.users.create("jane")
    fields(user.fetch(), is_online=None, is_notifiable=None)
    fields(context.users.list()[0], is_online=None, is_notifiable=None)
