"""The suite's own receiver: what the webhook tests rest on."""

import base64
import hashlib
import hmac
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from harness.case import SERVER, equal, test, true
from harness.receiver import Receiver

PARAMS = {"EventType": "onMessageSent", "Body": "Grüße & 1+1 ☕", "Attributes": '{"a": [1]}', "From": ""}


def sign(url, params):
    """A signer that shares nothing with the validator: HMAC-SHA1 over the URL and the sorted parameters."""
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(SERVER["auth_token"].encode(), text.encode(), hashlib.sha1).digest()).decode()


def call(url, form=None, signature=None):
    data = None if form is None else urlencode(form).encode()
    try:
        with urlopen(Request(url, data, {"X-Twilio-Signature": signature} if signature else {})) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


@test("receiver: takes what is signed rightly")
def accepts(t):
    hook = Receiver(t)
    hook.answer("onMessageSent", lambda event: (201, f"Dear {event.params['Body']}"))
    url = f"{hook.url}?a=b%20c"
    equal(call(url, PARAMS, sign(url, PARAMS)), (201, "Dear Grüße & 1+1 ☕"), "answer to the POST")
    url = f"{url}&{urlencode(PARAMS)}"
    equal(call(url, signature=sign(url, {}))[0], 201, "answer to the GET")
    posted, got = hook.arrived(2)
    equal((posted.method, posted.path, posted.params), ("POST", "/hook?a=b%20c", PARAMS), "POST")
    equal((got.method, got.params), ("GET", {"a": "b c", **PARAMS}), "GET")


@test("receiver: refuses what is not")
def refuses(t):
    hook = Receiver(t)
    good = sign(hook.url, PARAMS)
    for what, form, signature in (
            ("nothing", PARAMS, None),
            ("another URL", PARAMS, sign(hook.url + "/", PARAMS)),
            ("another body", dict(PARAMS, Body=""), good),
            ("a parameter more", dict(PARAMS, Index="0"), good),
            ("a repeated parameter", [*PARAMS.items(), ("Body", PARAMS["Body"])], good)):
        equal(call(hook.url, form, signature)[0], 403, f"answer to a signature of {what}")
    equal([event.valid for event in hook.events], [False] * 5, "valid")
    try:
        hook.arrived(1)
    except AssertionError as error:
        true("refuses the signature of POST onMessageSent" in str(error), f"the error is {error}")
    else:
        raise AssertionError("a wrong signature goes unnoticed")
