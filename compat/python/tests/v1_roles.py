from harness.case import BOTH_V1, equal, fields, not_found, refused, sids, test
from harness.listing import check_list


@test("roles: create, fetch, update, delete", on=BOTH_V1)
def life(t):
    context = t.service()
    role = context.roles.create("reader", "channel", ["leaveChannel", "sendMessage"])
    for one in (role, context.roles(role.sid).fetch()):
        fields(one, friendly_name="reader", type="channel", permissions=["leaveChannel", "sendMessage"])
    equal(role.url, f"{t.origin}/v1/Services/{role.service_sid}/Roles/{role.sid}", "url")
    equal(role.update(permission=["sendMessage"]).permissions, ["sendMessage"], "permissions")
    equal(context.roles(role.sid).delete(), True, "delete")
    not_found(context.roles(role.sid).delete)
    refused(400, 50104, context.roles.create, "x", "channel", ["createChannel"])
    refused(400, 50105, context.roles.create, "x", "room", ["sendMessage"])


@test("roles: list", on=BOTH_V1)
def listing(t):
    context = t.service()
    made = sids(context.roles.list())
    made += sids([context.roles.create(f"role {number}", "channel", ["sendMessage"]) for number in range(4)])
    check_list(context.roles, made, page_maximum=1000)


@test("credentials: create, fetch, list, update, delete", on=BOTH_V1)
def credentials(t):
    credential = t.api.credentials.create("apn", friendly_name="Phones", certificate="c", private_key="k",
                                          sandbox=True)
    t.later(t.api.credentials(credential.sid).delete)
    fields(t.api.credentials(credential.sid).fetch(), type="apn", friendly_name="Phones", sandbox="True",
           url=f"{t.origin}/v1/Credentials/{credential.sid}")
    check_list(t.api.credentials, [credential.sid], page_maximum=1000, exact=False)
    fields(credential.update(friendly_name="New", sandbox=False), friendly_name="New", sandbox="False")
    equal(t.api.credentials(credential.sid).delete(), True, "delete")
    not_found(t.api.credentials(credential.sid).delete)
