from harness.case import equal, page_refused, refused, test, true


@test("authentication: account SID and auth token")
def auth_token(t):
    equal(t.new_service().account_sid, t.account_sid, "account_sid")


@test("authentication: API key as user name")
def api_key(t):
    services = t.api_key_client().chat.v2.services
    service = services.create("By key")
    t.later(t.api.services(service.sid).delete)
    equal(service.account_sid, t.account_sid, "account_sid")
    equal(t.api.services(service.sid).fetch().friendly_name, "By key", "friendly_name")
    true(service.sid in [one.sid for one in services.list()], "the service is not listed")
    equal(services(service.sid).channels.create(unique_name="general").account_sid, t.account_sid, "account_sid")


@test("authentication: wrong password")
def wrong_password(t):
    service = t.new_service()
    api = t.new_client(password="0" * 32).chat.v2
    refused(401, 20003, api.services(service.sid).fetch, message="Authenticate")
    refused(401, 20003, api.services.create, "x", message="Authenticate")
    refused(401, 20003, api.services(service.sid).delete, message="Authenticate")
    page_refused(401, 20003, api.services.list)
    t.api.services(service.sid).fetch()


@test("authentication: wrong secret of an API key")
def wrong_secret(t):
    client = t.new_client(t.api_key_client().username, "x" * 32, t.account_sid)
    refused(401, 20003, client.chat.v2.services.create, "x", message="Authenticate")


@test("authentication: unknown account")
def unknown_account(t):
    client = t.new_client("AC" + "0" * 32, "0" * 32)
    refused(401, 20003, client.chat.v2.services.create, "x",
            message="Authentication Error - invalid username")


@test("authentication: precedes everything else")
def precedes(t):
    api = t.new_client(password="wrong").chat.v2
    refused(401, 20003, api.services("IS" + "0" * 32).channels("nope").fetch)
    refused(401, 20003, api.services.create, "")
