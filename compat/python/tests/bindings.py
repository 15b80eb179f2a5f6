"""Bindings are made by clients that register for push: over REST there are none at first."""

from harness.case import BOTH_V2, equal, not_found, page_refused, test

UNKNOWN = "BS" + "0" * 32


@test("bindings: empty list", on=BOTH_V2)
def empty(t):
    context = t.service()
    equal(context.bindings.list(), [], "bindings")
    equal(context.bindings.list(limit=3), [], "bindings")
    equal(context.bindings.list(binding_type=["apn", "gcm", "fcm"], identity=["jane", "a b@c"]), [], "bindings")
    page = context.bindings.page(page_size=20)
    equal((page.next_page_url, page.previous_page_url), (None, None), "neighbours")
    equal(page._payload["meta"]["key"], "bindings", "meta.key")


@test("bindings: unknown SID", on=BOTH_V2)
def unknown(t):
    context = t.service()
    for name in (UNKNOWN, "BS1"):
        not_found(context.bindings(name).fetch)
        not_found(context.bindings(name).delete)


@test("bindings: wrong type", on=BOTH_V2)
def wrong_type(t):
    context = t.service()
    context.users.create("jane")
    page_refused(400, 50209, context.bindings.list, binding_type=["pigeon"])
    page_refused(400, 50209, context.users("jane").user_bindings.list, binding_type=["apn", "pigeon"])


@test("user bindings: empty list", on=BOTH_V2)
def user_empty(t):
    context = t.service()
    user = context.users.create("jane doe")
    for who in ("jane doe", user.sid):
        equal(context.users(who).user_bindings.list(), [], "bindings")
        equal(context.users(who).user_bindings.list(binding_type="apn", limit=3), [], "bindings")


@test("user bindings: unknown SID and user", on=BOTH_V2)
def user_unknown(t):
    context = t.service()
    context.users.create("jane")
    not_found(context.users("jane").user_bindings(UNKNOWN).fetch)
    not_found(context.users("jane").user_bindings(UNKNOWN).delete)
    not_found(context.users("nobody").user_bindings(UNKNOWN).fetch)
    page_refused(404, 20404, context.users("nobody").user_bindings.list)
