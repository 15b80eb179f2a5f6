"""What a test is made of: the decorator, the context, the checks."""

import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import twilio
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from .repoint import HostKeepingHttpClient, PartylineHttpClient

SDK_VERSION = tuple(int(part) for part in twilio.__version__.split("."))
SERVER = json.loads(os.environ["PARTYLINE_CI"])
BOTH_V2 = ("chat.v2", "ip_messaging.v2")
BOTH_V1 = ("chat.v1", "ip_messaging.v1")
STORY_SDKS = ("6.63.2", "9.")

REGISTRY = []


def test(name, on=("chat.v2",), since=None):
    """Register a test. On each surface of `on` it runs once; every surface but
    chat.v2 is put before its name. `since`: the first SDK version that can."""

    def register(function):
        if since is None or SDK_VERSION >= since:
            for surface in on:
                title = name if surface == "chat.v2" else f"{surface} {name}"
                REGISTRY.append((title, surface, function))
        return function

    return register


def story(name):
    """A test of the start-up's story: newest SDK and 6.63.2."""

    def register(function):
        if twilio.__version__.startswith(STORY_SDKS):
            REGISTRY.append((f"story: {name}", "chat.v2", function))
        return function

    return register


class Context:
    """Handed to every test: a client, the API surface under test, new services."""

    origin = SERVER["url"].rstrip("/")
    account_sid = SERVER["account_sid"]

    def __init__(self, surface):
        self.surface = surface
        self.client = self.new_client()
        self.api = surface_of(self.client, surface)
        self._cleanup = []
        self._local = threading.local()

    def new_client(self, username=None, password=None, account_sid=None, keep_host=False):
        http_client = (HostKeepingHttpClient if keep_host else PartylineHttpClient)(self.origin)
        return Client(username or SERVER["account_sid"], password or SERVER["auth_token"],
                      account_sid, http_client=http_client)

    def api_key_client(self):
        return self.new_client(SERVER["api_key_sid"], SERVER["api_key_secret"], SERVER["account_sid"])

    def thread_api(self):
        """The API surface on a client of the calling thread's own: the client of
        6.x and 7.x keeps its last response in itself and must not be shared."""
        if not hasattr(self._local, "api"):
            self._local.api = surface_of(self.new_client(), self.surface)
        return self._local.api

    def parallel(self, function, items, workers=16):
        """function(api, item) for every item, in threads; results in order."""
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(lambda item: function(self.thread_api(), item), items))

    def new_service(self, friendly_name="Compatibility", **settings):
        """A Service instance, removed when the test is over."""
        service = self.api.services.create(friendly_name=friendly_name)
        self.later(self.api.services(service.sid).delete)
        return service.update(**settings) if settings else service

    def service(self, **settings):
        """The context of a new Service: .channels, .users, .roles, ..."""
        return self.api.services(self.new_service(**settings).sid)

    def later(self, function):
        self._cleanup.append(function)

    def clean_up(self):
        for function in reversed(self._cleanup):
            try:
                function()
            except TwilioException:
                pass


def surface_of(client, surface):
    product, version = surface.split(".")
    return getattr(getattr(client, product), version)


# Checks ---------------------------------------------------------------------

def equal(actual, expected, what="value"):
    if actual != expected or type(actual) is bool and type(expected) is not bool:
        raise AssertionError(f"{what} is {actual!r}, expected {expected!r}")


def fields(instance, **expected):
    """Several attributes of an instance at once."""
    for name, value in expected.items():
        equal(author(instance) if name == "from_" else getattr(instance, name), value, name)


def author(message):
    """The `from` of a message: `from_` up to 7.x, `_from` since."""
    return message.from_ if hasattr(message, "from_") else message._from


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def sid(value, prefix, what="sid"):
    true(isinstance(value, str) and re.fullmatch(prefix + "[0-9a-f]{32}", value),
         f"{what} is {value!r}, expected {prefix} and 32 hexadecimal digits")


def just_now(value, what="date"):
    """A datetime with a zone, in whole seconds, of the last minutes."""
    true(isinstance(value, datetime), f"{what} is {value!r}, expected a datetime")
    equal(value.microsecond, 0, f"microseconds of {what}")
    true(abs(datetime.now(timezone.utc) - value) < timedelta(minutes=5), f"{what} is {value}, expected about now")


def refused(status, code, call, *args, message=None, **kwargs):
    """The call must raise the SDK's exception with this status and code."""
    try:
        call(*args, **kwargs)
    except TwilioRestException as error:
        equal((error.status, error.code), (status, code), "status and code")
        if message is not None:
            true(str(error.msg).endswith(message), f"message is {error.msg!r}, expected {message!r} at its end")
        return error
    raise AssertionError(f"nothing was raised, expected {status}/{code}")


def not_found(call, *args, **kwargs):
    return refused(404, 20404, call, *args, **kwargs)


def page_refused(status, code, call, *args, **kwargs):
    """As `refused` for lists: most releases raise a plain exception that holds the response."""
    try:
        call(*args, **kwargs)
    except TwilioRestException as error:
        equal((error.status, error.code), (status, code), "status and code")
    except TwilioException as error:
        response = error.args[-1]
        equal((response.status_code, json.loads(response.text)["code"]), (status, code), "status and code")
    else:
        raise AssertionError(f"nothing was raised, expected {status}/{code}")


def segment(text):
    """The SDK puts names into the path as they are: reserved characters need escaping."""
    return quote(text, safe="")


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


def sids(rows):
    return [row.sid for row in rows]
