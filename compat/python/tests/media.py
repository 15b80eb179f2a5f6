"""The SDKs have no class for media: users upload with the client's request()."""

import json

from harness.case import equal, fields, refused, sid, test

PICTURE = bytes(range(256))


def upload(t, service_sid):
    response = t.client.request("POST", f"https://mcs.us1.twilio.com/v1/Services/{service_sid}/Media",
                                params={"Filename": "cat.png"}, data=PICTURE, headers={"Content-Type": "image/png"})
    equal(response.status_code, 201, "status of the upload")
    return json.loads(response.text)


@test("media: a message with a picture")
def message(t):
    context = t.service()
    channel = context.channels.create()
    media = upload(t, channel.service_sid)
    sid(media["sid"], "ME")
    sent = channel.messages.create(media_sid=media["sid"], from_="jane")
    for one in (sent, context.channels(channel.sid).messages(sent.sid).fetch()):
        fields(one, type="media", from_="jane", media={"sid": media["sid"], "size": len(PICTURE),
                                                       "content_type": "image/png", "filename": "cat.png"})
    refused(400, 50508, channel.messages.create, media_sid=media["sid"])
    refused(400, 50509, sent.update, body="text")
    equal(sent.update(attributes='{"a":1}').attributes, '{"a":1}', "attributes")
