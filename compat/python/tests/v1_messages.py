from harness.case import BOTH_V1, equal, fields, just_now, not_found, refused, sids, test
from harness.listing import check_list


def room(t):
    context = t.service()
    return context.channels(context.channels.create().sid)


@test("messages: create, fetch, update, delete", on=BOTH_V1)
def life(t):
    channel = room(t)
    message = channel.messages.create("hello", from_="jane", attributes='{"a":1}')
    for one in (message, channel.messages(message.sid).fetch()):
        fields(one, body="hello", from_="jane", attributes='{"a":1}', index=0, was_edited=False,
               to=channel._solution["sid"], channel_sid=channel._solution["sid"])
    just_now(message.date_created)
    equal(message.url, f"{t.origin}/v1/Services/{message.service_sid}/Channels/{message.channel_sid}"
                       f"/Messages/{message.sid}", "url")
    fields(channel.messages(message.sid).update(body="new", attributes="[]"), body="new", attributes="[]",
           was_edited=True, from_="jane")
    equal(channel.messages(message.sid).delete(), True, "delete")
    not_found(channel.messages(message.sid).delete)


@test("messages: list, order, page tokens", on=BOTH_V1)
def listing(t):
    channel = room(t)
    made = sids([channel.messages.create(f"message {number}", attributes='{"a":1}') for number in range(62)])
    check_list(channel.messages, made, page_maximum=1000)
    equal(sids(channel.messages.list(order="desc", page_size=25)), made[::-1], "order desc")
    equal([one.index for one in channel.messages.page(page_token="PT60")], [60, 61], "rows from index 60")
    equal(channel.messages.list(limit=1)[0].attributes, None, "attributes in the list")


@test("messages: errors", on=BOTH_V1)
def errors(t):
    channel = room(t)
    refused(400, 20001, channel.messages.create, "", message="Missing required parameter Body in the post body")
    refused(400, 50504, channel.messages.create, "x" * 32769)
    refused(400, 50304, channel.messages.create, "hi", attributes="x")
