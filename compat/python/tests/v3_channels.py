from harness.case import equal, fields, not_found, refused, test

V3 = (7, 8)


@test("v3 channels: make a public channel private", on=("chat.v3",), since=V3)
def private(t):
    service = t.client.chat.v2.services.create("Version 3")
    t.later(service.delete)
    context = t.client.chat.v2.services(service.sid)
    channel = context.channels.create(unique_name="general", friendly_name="General", attributes='{"a":1}')
    changed = t.api.channels(service.sid, "general").update(type="private", x_twilio_webhook_enabled="true")
    fields(changed, sid=channel.sid, type="private", friendly_name="General", unique_name="general",
           attributes='{"a":1}', messaging_service_sid=None, created_by="system", members_count=0, messages_count=0,
           account_sid=t.account_sid, service_sid=service.sid, date_created=channel.date_created)
    equal(changed.url, f"{t.origin}/v3/Services/{service.sid}/Channels/{channel.sid}", "url")
    equal(context.channels(channel.sid).fetch().type, "private", "type")
    equal(t.api.channels(service.sid, channel.sid).update(type="private").type, "private", "type")


@test("v3 channels: wrong values", on=("chat.v3",), since=V3)
def wrong(t):
    service = t.client.chat.v2.services.create("Version 3")
    t.later(service.delete)
    t.client.chat.v2.services(service.sid).channels.create(unique_name="general")
    channel = t.api.channels(service.sid, "general")
    refused(400, 50393, channel.update, type="public", message="Type value should be 'private'.")
    refused(400, 50393, channel.update)
    refused(400, 50341, channel.update, type="private", messaging_service_sid="MG1")
    not_found(t.api.channels(service.sid, "nope").update, type="private")
