"""What an event must carry: these parameters with these values, and no others."""

import re
from datetime import datetime, timedelta, timezone

from .case import SERVER, equal, true

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Maybe:
    """A parameter that may be absent."""

    def __init__(self, value):
        self.value = value


def parsed(text):
    """A date with milliseconds; nothing else will do."""
    true(DATE.fullmatch(text), f"{text!r} is no date with milliseconds")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


def at(date):
    """A date that REST shows as `date`, which has whole seconds."""
    return lambda text: parsed(text).replace(microsecond=0) == date


def now(text):
    return abs(datetime.now(timezone.utc) - parsed(text)) < timedelta(minutes=5)


def carries(event, name, service_sid, **fields):
    equal(event.name, name, "EventType")
    expected = dict(EventType=name, AccountSid=SERVER["account_sid"], InstanceSid=service_sid, Source="API",
                    RetryCount="0")
    for field, value in fields.items():
        if not isinstance(value, Maybe):
            expected[field] = value
        elif field in event.params:
            expected[field] = value.value
    equal(sorted(event.params), sorted(expected), f"names in {name}")
    for field, value in expected.items():
        actual = event.params[field]
        if callable(value):
            true(value(actual), f"{field} of {name} is {actual!r}")
        else:
            equal(actual, value, f"{field} of {name}")
