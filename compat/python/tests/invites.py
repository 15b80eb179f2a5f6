from harness.case import BOTH_V2, equal, fields, just_now, not_found, refused, sid, sids, test, true
from harness.listing import check_list


def room(t):
    context = t.service()
    return context, context.channels(context.channels.create(unique_name="general", type="private").sid)


def role(context, name):
    return next(one.sid for one in context.roles.list() if one.friendly_name == name)


@test("invites: create with every parameter", on=BOTH_V2)
def create_everything(t):
    context, channel = room(t)
    context.users.create("jane")
    invite = channel.invites.create("jane", role_sid=role(context, "channel admin"))
    sid(invite.sid, "IN")
    for one in (invite, channel.invites(invite.sid).fetch()):
        fields(one, identity="jane", role_sid=role(context, "channel admin"), created_by="system",
               account_sid=t.account_sid, service_sid=context._solution["sid"], channel_sid=channel._solution["sid"])
    just_now(invite.date_created)
    equal(invite.date_updated, invite.date_created, "date_updated")
    equal(invite.url, f"{t.origin}/v2/Services/{invite.service_sid}/Channels/{invite.channel_sid}"
                      f"/Invites/{invite.sid}", "url")


@test("invites: default role", on=BOTH_V2)
def default_role(t):
    context, channel = room(t)
    context.users.create("jane")
    equal(channel.invites.create("jane").role_sid, role(context, "channel user"), "role_sid")


@test("invites: list", on=BOTH_V2)
def listing(t):
    context, channel = room(t)
    made = []
    for number in range(62):
        context.users.create(f"user {number}")
        made.append(channel.invites.create(f"user {number}").sid)
    check_list(channel.invites, made)


@test("invites: list by identity", on=BOTH_V2)
def list_identity(t):
    context, channel = room(t)
    made = {}
    for identity in ("jane", "a b@c", "bob"):
        context.users.create(identity)
        made[identity] = channel.invites.create(identity).sid
    equal(sids(channel.invites.list(identity="a b@c")), [made["a b@c"]], "one identity")
    equal(sids(channel.invites.list(identity=["bob", "jane"], page_size=1)), [made["jane"], made["bob"]],
          "two identities")
    equal(channel.invites.list(identity="nobody"), [], "an unknown identity")


@test("invites: user is unknown", on=BOTH_V2)
def unknown_user(t):
    context, channel = room(t)
    refused(404, 20404, channel.invites.create, "nobody",
            message=f"The requested resource /Services/{context._solution['sid']}/Channels/"
                    f"{channel._solution['sid']}/Invites was not found")
    not_found(context.users("nobody").fetch)


@test("invites: user is invited already", on=BOTH_V2)
def conflict(t):
    context, channel = room(t)
    context.users.create("jane")
    channel.invites.create("jane")
    refused(409, 50212, channel.invites.create, "jane", message="User already invited")
    equal(len(channel.invites.list()), 1, "number of invites")


@test("invites: user is a member already", on=BOTH_V2)
def member(t):
    _, channel = room(t)
    channel.members.create("jane")
    refused(409, 50404, channel.invites.create, "jane", message="Member already exists")


@test("invites: adding the member consumes the invite", on=BOTH_V2)
def consumed(t):
    context, channel = room(t)
    context.users.create("jane")
    invite = channel.invites.create("jane")
    fields(context.users("jane").user_channels.list()[0], status="invited", member_sid=None)
    equal(channel.fetch().members_count, 0, "members_count")
    channel.members.create("jane")
    not_found(channel.invites(invite.sid).fetch)
    equal(channel.invites.list(), [], "invites")
    fields(context.users("jane").user_channels.list()[0], status="joined")


@test("invites: delete", on=BOTH_V2)
def delete(t):
    context, channel = room(t)
    context.users.create("jane")
    invite = channel.invites.create("jane")
    equal(channel.invites(invite.sid).delete(), True, "delete")
    not_found(channel.invites(invite.sid).delete)
    not_found(channel.invites(invite.sid).fetch)
    true(channel.invites.create("jane").sid != invite.sid, "the SID was used again")


@test("invites: wrong values", on=BOTH_V2)
def wrong(t):
    context, channel = room(t)
    context.users.create("jane")
    refused(400, 20001, channel.invites.create, "", message="Missing required parameter Identity in the post body")
    refused(400, 50101, channel.invites.create, "jane", role_sid="RL" + "0" * 32)
    refused(400, 50101, channel.invites.create, "jane", role_sid=role(context, "service user"))
    not_found(channel.invites("jane").fetch)
