from harness.case import BOTH_V2, equal, fields, just_now, not_found, refused, sid, test, true
from harness.listing import check_list

PEM = "-----BEGIN {0}-----\nMIIBgTCCASugAwIBAgIBADANBgkqhkiG9w0BAQQFADA=\n-----END {0}-----\n"
SECRETS = dict(
    apn=dict(certificate=PEM.format("CERTIFICATE"), private_key=PEM.format("RSA PRIVATE KEY"), sandbox=True),
    gcm=dict(api_key="AIza-key"),
    fcm=dict(secret="server-key"),
)


def new(t, kind, **more):
    credential = t.api.credentials.create(kind, **dict(SECRETS[kind], **more))
    t.later(t.api.credentials(credential.sid).delete)
    return credential


@test("credentials: create with every parameter", on=BOTH_V2)
def create(t):
    for kind, sandbox in (("apn", "True"), ("gcm", None), ("fcm", None)):
        credential = new(t, kind, friendly_name="Phones")
        sid(credential.sid, "CR")
        for one in (credential, t.api.credentials(credential.sid).fetch()):
            fields(one, type=kind, friendly_name="Phones", account_sid=t.account_sid, sandbox=sandbox)
        just_now(credential.date_created)
        equal(credential.url, f"{t.origin}/v2/Credentials/{credential.sid}", "url")


@test("credentials: create with a type only", on=BOTH_V2)
def create_plain(t):
    credential = t.api.credentials.create("gcm")
    t.later(credential.delete)
    fields(credential, type="gcm", friendly_name=None, sandbox=None)
    equal(new(t, "apn", sandbox=False).sandbox, "False", "sandbox")


@test("credentials: list", on=BOTH_V2)
def listing(t):
    made = [new(t, "gcm", friendly_name=f"Phones {number}").sid for number in range(62)]
    check_list(t.api.credentials, made, page_maximum=1000, exact=False)


@test("credentials: update every parameter", on=BOTH_V2)
def update(t):
    credential = new(t, "apn")
    changed = t.api.credentials(credential.sid).update(friendly_name="Renamed", **dict(SECRETS["apn"], sandbox=False))
    for one in (changed, t.api.credentials(credential.sid).fetch()):
        fields(one, type="apn", friendly_name="Renamed", sandbox="False")
    equal(new(t, "gcm").update(api_key="other", friendly_name="G").friendly_name, "G", "friendly_name")
    equal(new(t, "fcm").update(secret="other", friendly_name="F").friendly_name, "F", "friendly_name")


@test("credentials: wrong values", on=BOTH_V2)
def wrong(t):
    refused(400, 20001, t.api.credentials.create, "pigeon")
    refused(400, 20001, t.api.credentials.create, "", message="Missing required parameter Type in the post body")
    refused(400, 20161, new(t, "gcm").update)
    not_found(t.api.credentials("CR" + "0" * 32).fetch)


@test("credentials: delete", on=BOTH_V2)
def delete(t):
    credential = new(t, "fcm")
    equal(credential.delete(), True, "delete")
    not_found(t.api.credentials(credential.sid).delete)
    not_found(t.api.credentials(credential.sid).fetch)
    true(credential.sid not in [one.sid for one in t.api.credentials.list()], "the credential is still listed")
