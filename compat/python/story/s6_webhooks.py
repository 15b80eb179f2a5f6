"""A user answers a campaign: the post-event webhook arrives, the receiver adds the dashboard."""

import base64
import hashlib
import hmac
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from urllib.parse import parse_qsl

from harness.case import SERVER, equal, story, true

from ._shop import add_member, new_identity, send_campaign


class Receiver:
    """The start-up's web hook end point: hands every call over, verified."""

    def __init__(self):
        calls = self.calls = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                calls.put((self.path, dict(parse_qsl(body, keep_blank_values=True)),
                           self.headers.get("X-Twilio-Signature")))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def signature(url, parameters):
    text = url + "".join(name + value for name, value in sorted(parameters.items()))
    return base64.b64encode(hmac.new(SERVER["auth_token"].encode(), text.encode(), hashlib.sha1).digest()).decode()


@story("a user answers a campaign: the signed webhook arrives and the dashboard is added")
def answer(t):
    from twilio.request_validator import RequestValidator

    receiver = Receiver()
    t.later(receiver.stop)
    service = t.service(post_webhook_url=receiver.url, webhook_method="POST",
                        webhook_filters=["onMessageSent", "onMemberAdded"])
    user, dashboard = new_identity(), new_identity()
    channel_sid = send_campaign(service, user, "Big sale", dashboard)

    service.channels(channel_sid).messages.create(body="Yes, please: 1+1 ☕", from_=user, attributes='{"a": 1}',
                                                  x_twilio_webhook_enabled="true")
    path, event, signed = receiver.calls.get(timeout=15)
    equal(path, "/hook", "path of the call")
    equal((event["EventType"], event["ChannelSid"], event["From"], event["Body"], event["Source"]),
          ("onMessageSent", channel_sid, user, "Yes, please: 1+1 ☕", "API"), "event")
    equal((event["AccountSid"], event["InstanceSid"], event["Index"]),
          (t.account_sid, service._solution["sid"], "1"), "event")
    equal(signed, signature(receiver.url, event), "X-Twilio-Signature")
    true(RequestValidator(SERVER["auth_token"]).validate(receiver.url, event, signed), "the SDK refuses the signature")

    # The receiver's own calls carry no header: they fire nothing, so nothing loops.
    add_member(service, channel_sid, dashboard)
    equal(service.channels(channel_sid).fetch().members_count, 2, "members_count")
    try:
        raise AssertionError(f"a further event arrived: {receiver.calls.get(timeout=1)[1].get('EventType')}")
    except Empty:
        pass


@story("analytics: onMessageSent and onChannelAdded arrive for every action")
def analytics(t):
    receiver = Receiver()
    t.later(receiver.stop)
    service = t.service(post_webhook_url=receiver.url, webhook_filters=["onMessageSent", "onChannelAdded"])
    wanted = set()
    for number in range(20):
        channel = service.channels.create(unique_name=f"channel {number}", x_twilio_webhook_enabled="true")
        message = channel.messages.create(body="x") if number % 2 else service.channels(
            channel.sid).messages.create(body="x", x_twilio_webhook_enabled="true")
        wanted.add(("onChannelAdded", channel.sid))
        if not number % 2:
            wanted.add(("onMessageSent", message.sid))
    arrived = set()
    while wanted - arrived:
        try:
            event = receiver.calls.get(timeout=15)[1]
        except Empty:
            raise AssertionError(f"{len(wanted - arrived)} of {len(wanted)} events did not arrive") from None
        arrived.add((event["EventType"], event.get("MessageSid") or event["ChannelSid"]))
    equal(len(arrived - wanted), 0, "number of events nobody asked for")
