from harness.case import BOTH_V1, equal, fields, not_found, refused, sids, test
from harness.listing import check_list


def room(t):
    context = t.service()
    return context, context.channels(context.channels.create(unique_name="general").sid)


@test("members: create, fetch, update, delete", on=BOTH_V1)
def life(t):
    context, channel = room(t)
    roles = {one.friendly_name: one.sid for one in context.roles.list()}
    member = channel.members.create("jane doe", role_sid=roles["channel admin"])
    for one in (member, channel.members(member.sid).fetch()):
        fields(one, identity="jane doe", role_sid=roles["channel admin"], last_consumed_message_index=None,
               last_consumption_timestamp=None)
    equal(member.url, f"{t.origin}/v1/Services/{member.service_sid}/Channels/{member.channel_sid}"
                      f"/Members/{member.sid}", "url")
    fields(channel.members(member.sid).update(role_sid=roles["channel user"], last_consumed_message_index=3),
           role_sid=roles["channel user"], last_consumed_message_index=3, last_consumption_timestamp=None)
    equal(channel.members(member.sid).delete(), True, "delete")
    not_found(channel.members(member.sid).delete)


@test("members: list", on=BOTH_V1)
def listing(t):
    _, channel = room(t)
    made = sids([channel.members.create(f"user {number}") for number in range(12)])
    check_list(channel.members, made, page_maximum=1000)
    equal(sids(channel.members.list(identity=["user 3"])), [made[3]], "one identity")


@test("members: errors", on=BOTH_V1)
def errors(t):
    context, channel = room(t)
    channel.members.create("jane")
    refused(409, 50404, channel.members.create, "jane")
    refused(400, 20001, channel.members.create, "", message="Missing required parameter Identity in the post body")
    refused(400, 50101, channel.members.create, "bob", role_sid=context.fetch().default_service_role_sid)
    context.update(limits_channel_members=1)
    refused(403, 50403, channel.members.create, "bob")


@test("invites: create, fetch, list, delete", on=BOTH_V1)
def invites(t):
    context, channel = room(t)
    context.users.create("jane")
    invite = channel.invites.create("jane")
    fields(channel.invites(invite.sid).fetch(), identity="jane", created_by="system",
           role_sid=context.fetch().default_channel_role_sid)
    equal(sids(channel.invites.list(identity="jane")), [invite.sid], "invites")
    refused(409, 50212, channel.invites.create, "jane")
    not_found(channel.invites.create, "nobody")
    equal(channel.invites(invite.sid).delete(), True, "delete")
    not_found(channel.invites(invite.sid).delete)
