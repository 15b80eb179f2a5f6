"""How a user of the SDK points it at partyline: a custom HTTP client.

The SDK stays as it is. Scheme and authority of the URL are replaced; path,
query, headers and body are left alone.
"""

from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient


def at_origin(url, origin):
    target = urlsplit(origin)
    return urlunsplit((target.scheme, target.netloc) + tuple(urlsplit(url))[2:])


class PartylineHttpClient(TwilioHttpClient):
    """Sends every request to `origin`. The server sees its own name in `Host`,
    so page URLs carry it too and pass through unchanged."""

    def __init__(self, origin, **kwargs):
        super().__init__(**kwargs)
        self.origin = origin

    def request(self, method, url, *args, **kwargs):
        return super().request(method, at_origin(url, self.origin), *args, **kwargs)


class HostKeepingHttpClient(PartylineHttpClient):
    """Dials `origin` and keeps `Host: chat.twilio.com`, as a name server entry or
    an intercepting proxy would: page URLs then carry the vendor's name."""

    def request(self, method, url, params=None, data=None, headers=None, **kwargs):
        headers = dict(headers or {}, Host=urlsplit(url).netloc)
        return super().request(method, url, params=params, data=data, headers=headers, **kwargs)


def async_http_client(origin):
    """The same for the asynchronous client (8.x and newer). Call inside a running loop."""
    from twilio.http.async_http_client import AsyncTwilioHttpClient

    class PartylineAsyncHttpClient(AsyncTwilioHttpClient):
        async def request(self, method, url, *args, **kwargs):
            return await super().request(method, at_origin(url, origin), *args, **kwargs)

    return PartylineAsyncHttpClient()
