from harness.case import BOTH_V2, equal, fields, just_now, not_found, refused, sid, sids, test
from harness.listing import check_list

SERVICE_ADMIN = [
    "createChannel", "joinChannel", "destroyChannel", "inviteMember", "removeMember", "addMember", "editChannelName",
    "editChannelAttributes", "editOwnMessage", "editAnyMessage", "editOwnMessageAttributes",
    "editAnyMessageAttributes", "deleteAnyMessage", "editOwnUserInfo", "editAnyUserInfo"]
CHANNEL_ADMIN = [
    "sendMessage", "sendMediaMessage", "leaveChannel", "inviteMember", "addMember", "removeMember", "destroyChannel",
    "editChannelName", "editChannelAttributes", "editOwnMessage", "editAnyMessage", "editOwnMessageAttributes",
    "editAnyMessageAttributes", "deleteOwnMessage", "deleteAnyMessage", "editNotificationLevel"]
CHANNEL_USER = {"sendMessage", "leaveChannel", "editOwnMessage", "deleteOwnMessage", "sendMediaMessage",
                "editOwnMessageAttributes", "editNotificationLevel"}
DEPLOYMENT_ONLY = ["createChannel", "joinChannel", "editOwnUserInfo", "editAnyUserInfo"]
CHANNEL_ONLY = ["leaveChannel", "sendMessage", "sendMediaMessage", "editNotificationLevel"]
EITHER = ["destroyChannel", "inviteMember", "addMember", "removeMember", "editChannelName", "editChannelAttributes",
          "editOwnMessage", "editAnyMessage", "editOwnMessageAttributes", "editAnyMessageAttributes",
          "deleteOwnMessage", "deleteAnyMessage", "editOwnMemberAttributes", "editAnyMemberAttributes"]


@test("roles: the four of a new service", on=BOTH_V2)
def defaults(t):
    context = t.service()
    service, roles = context.fetch(), context.roles.list()
    equal([(one.friendly_name, one.type) for one in roles],
          [("service admin", "deployment"), ("service user", "deployment"), ("channel admin", "channel"),
           ("channel user", "channel")], "roles")
    equal(roles[0].permissions, SERVICE_ADMIN, "permissions of service admin")
    equal(roles[1].permissions, ["createChannel", "joinChannel", "editOwnUserInfo"], "permissions of service user")
    equal(roles[2].permissions, CHANNEL_ADMIN, "permissions of channel admin")
    equal(set(roles[3].permissions), CHANNEL_USER, "permissions of channel user")
    fields(service, default_service_role_sid=roles[1].sid, default_channel_creator_role_sid=roles[2].sid,
           default_channel_role_sid=roles[3].sid)


@test("roles: create with every parameter", on=BOTH_V2)
def create(t):
    context = t.service()
    role = context.roles.create("reader", "channel", ["leaveChannel", "editNotificationLevel"])
    sid(role.sid, "RL")
    for one in (role, context.roles(role.sid).fetch()):
        fields(one, friendly_name="reader", type="channel", permissions=["leaveChannel", "editNotificationLevel"],
               account_sid=t.account_sid, service_sid=context._solution["sid"])
    just_now(role.date_created)
    equal(role.date_updated, role.date_created, "date_updated")
    equal(role.url, f"{t.origin}/v2/Services/{role.service_sid}/Roles/{role.sid}", "url")


@test("roles: one permission and permissions given twice", on=BOTH_V2)
def permissions(t):
    create = t.service().roles.create
    equal(create("one", "channel", "sendMessage").permissions, ["sendMessage"], "permissions")
    equal(create("twice", "channel", ["sendMessage", "leaveChannel", "sendMessage"]).permissions,
          ["sendMessage", "leaveChannel"], "permissions")
    create("one", "channel", ["sendMessage"])


@test("roles: the whole vocabulary", on=BOTH_V2)
def vocabulary(t):
    create = t.service().roles.create
    equal(create("all", "deployment", DEPLOYMENT_ONLY + EITHER).permissions, DEPLOYMENT_ONLY + EITHER, "permissions")
    equal(create("all", "channel", CHANNEL_ONLY + EITHER).permissions, CHANNEL_ONLY + EITHER, "permissions")
    for one in DEPLOYMENT_ONLY:
        refused(400, 50104, create, "wrong", "channel", [one])
    for one in CHANNEL_ONLY + ["fly", "SendMessage", "sendMesssage"]:
        refused(400, 50104, create, "wrong", "deployment", [one], message="Permission not found")


@test("roles: list", on=BOTH_V2)
def listing(t):
    context = t.service()
    made = sids(context.roles.list())
    made += sids([context.roles.create(f"role {number}", "channel", ["sendMessage"]) for number in range(60)])
    check_list(context.roles, made)


@test("roles: update replaces the permissions", on=BOTH_V2)
def update(t):
    context = t.service()
    role = context.roles.create("reader", "channel", ["leaveChannel", "sendMessage"])
    changed = context.roles(role.sid).update(permission=["inviteMember"])
    for one in (changed, context.roles(role.sid).fetch()):
        fields(one, permissions=["inviteMember"], friendly_name="reader", type="channel")
    refused(400, 50104, role.update, permission=["createChannel"])
    refused(400, 50104, role.update, permission=["leaveChannel", "fly"])
    equal(context.roles(role.sid).fetch().permissions, ["inviteMember"], "permissions")


@test("roles: wrong values", on=BOTH_V2)
def wrong(t):
    create = t.service().roles.create
    refused(400, 50105, create, "x", "service", ["createChannel"], message="Invalid role type")
    refused(400, 50003, create, "x" * 65, "channel", ["sendMessage"])
    refused(400, 20001, create, "", "channel", ["sendMessage"])
    refused(400, 20001, create, "x", "channel", [])
    create("x" * 64, "channel", ["sendMessage"])


@test("roles: delete", on=BOTH_V2)
def delete(t):
    context = t.service()
    role = context.roles.create("reader", "channel", ["leaveChannel"])
    equal(role.delete(), True, "delete")
    not_found(context.roles(role.sid).delete)
    not_found(context.roles(role.sid).fetch)
    not_found(context.roles("channel admin").fetch)


@test("roles: a default role cannot be deleted until another takes its place", on=BOTH_V2)
def delete_default(t):
    context = t.service()
    service = context.fetch()
    for one in (service.default_service_role_sid, service.default_channel_role_sid,
                service.default_channel_creator_role_sid):
        refused(400, 20001, context.roles(one).delete)
    guest = context.roles.create("guest", "deployment", ["joinChannel"])
    context.update(default_service_role_sid=guest.sid)
    equal(context.roles(service.default_service_role_sid).delete(), True, "delete")


@test("roles: holders of a deleted role fall back to the default", on=BOTH_V2)
def fall_back(t):
    context = t.service()
    service = context.fetch()
    guest = context.roles.create("guest", "deployment", ["joinChannel"])
    reader = context.roles.create("reader", "channel", ["leaveChannel"])
    context.users.create("jane", role_sid=guest.sid)
    channel = context.channels(context.channels.create().sid)
    channel.members.create("jane", role_sid=reader.sid)
    guest.delete()
    reader.delete()
    equal(context.users("jane").fetch().role_sid, service.default_service_role_sid, "role of the user")
    equal(channel.members("jane").fetch().role_sid, service.default_channel_role_sid, "role of the member")
