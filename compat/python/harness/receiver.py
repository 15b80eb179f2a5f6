"""A receiver of webhooks, as the SDK's manual has it: what the SDK's validator does not accept is refused."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

from .case import SERVER

WAIT = 15


class Event:
    """A webhook that came: its name, parameters and request, and whether the SDK accepts its signature."""

    def __init__(self, method, origin, path, headers, body):
        query = urlsplit(path).query if method == "GET" else body
        pairs = parse_qsl(query, keep_blank_values=True)
        self.method, self.path, self.headers, self.params = method, path, headers, dict(pairs)
        self.name = self.params.get("EventType")
        signed = {} if method == "GET" else self.params
        self.valid = len(pairs) == len(self.params) and RequestValidator(SERVER["auth_token"]).validate(
            origin + path, signed, headers.get("X-Twilio-Signature") or "")


class Receiver:
    """Listens on a free port of 127.0.0.1 until the test `t` is over."""

    def __init__(self, t):
        self.events = []
        self._answers = {}
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.origin}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        t.later(self._stop)

    def answer(self, name, answer):
        """What the event `name` is answered from now on: (status, body), or a function of the event that gives it."""
        self._answers[name] = answer if callable(answer) else lambda _: answer

    def arrived(self, count, wanted=lambda event: True):
        """Waits until `count` events have come that `wanted` (a function or a name) takes: all of those there are."""
        takes = wanted if callable(wanted) else lambda event: event.name == wanted
        deadline = time.monotonic() + WAIT
        with self._changed:
            while True:
                for event in self.events:
                    if not event.valid:
                        raise AssertionError(f"the SDK refuses the signature of {event.method} {event.name}")
                found = [event for event in self.events if takes(event)]
                if len(found) >= count:
                    return found
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{len(found)} of {count} webhooks in {WAIT} s; there were: "
                                         f"{', '.join(map(str, self.names())) or 'none'}")

    def names(self):
        return [event.name for event in self.events]

    def _stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _received(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        return self._answers.get(event.name, lambda _: (200, ""))(event) if event.valid else (403, "")

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                status, answer = receiver._received(Event(self.command, receiver.origin, self.path, self.headers, body))
                content = answer.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        return Handler
