from harness.case import (BOTH_V2, equal, fields, just_now, not_found, refused, segment, sid, sids, test, true,
                          utc)
from harness.listing import check_list


def room(t):
    context = t.service()
    return context.channels(context.channels.create(unique_name="general").sid)


def post(channel, number):
    return [channel.messages.create(body=f"message {index}") for index in range(number)]


@test("messages: create with every parameter", on=BOTH_V2)
def create_everything(t):
    channel = room(t)
    everything = dict(body="Hello ☕ a+b=c & 100%\nsecond line", from_="jane", attributes='{"importance": "high"}',
                      date_created=utc(2015, 12, 16, 22, 18, 37), date_updated=utc(2015, 12, 16, 22, 18, 38),
                      last_updated_by="bob")
    message = channel.messages.create(x_twilio_webhook_enabled="true", **everything)
    sid(message.sid, "IM")
    for one in (message, channel.messages(message.sid).fetch()):
        fields(one, index=0, account_sid=t.account_sid, channel_sid=channel._solution["sid"],
               to=channel._solution["sid"], service_sid=channel._solution["service_sid"], type="text", media=None,
               was_edited=True, **everything)
    equal(message.url, f"{t.origin}/v2/Services/{message.service_sid}/Channels/{message.channel_sid}"
                       f"/Messages/{message.sid}", "url")


@test("messages: create with a body only", on=BOTH_V2)
def create_plain(t):
    message = room(t).messages.create(body="hi")
    fields(message, body="hi", from_="system", attributes="{}", index=0, was_edited=False, last_updated_by=None,
           type="text", media=None)
    just_now(message.date_created)
    equal(message.date_updated, message.date_created, "date_updated")


@test("messages: create without a body", on=BOTH_V2)
def create_empty(t):
    channel = room(t)
    equal(channel.messages.create().body, "", "body")
    equal(channel.messages.create(body="").body, "", "body")


@test("messages: author need not be a user", on=BOTH_V2)
def author(t):
    channel = room(t)
    fields(channel.messages.create(body="hi", from_="nobody@example.com"), from_="nobody@example.com")
    not_found(t.api.services(channel._solution["service_sid"]).users("nobody@example.com").fetch)
    equal(channel.fetch().members_count, 0, "members_count")


@test("messages: fetch through a unique name", on=BOTH_V2)
def fetch(t):
    context = t.service()
    context.channels.create(unique_name="two words/1")
    by_name = context.channels(segment("two words/1"))
    message = by_name.messages.create(body="hi")
    equal(by_name.messages(message.sid).fetch().url, message.url, "url")
    true(message.channel_sid in message.url, "the url does not hold the SID of the channel")
    other = context.channels(context.channels.create().sid)
    not_found(other.messages(message.sid).fetch)


@test("messages: list", on=BOTH_V2)
def listing(t):
    channel = room(t)
    check_list(channel.messages, sids(post(channel, 105)))


@test("messages: ascending and descending order", on=BOTH_V2)
def order(t):
    channel = room(t)
    post(channel, 25)
    upwards, downwards = list(range(25)), list(range(24, -1, -1))
    equal([one.index for one in channel.messages.list()], upwards, "default order")
    equal([one.index for one in channel.messages.list(order="asc")], upwards, "order asc")
    equal([one.index for one in channel.messages.list(order="desc")], downwards, "order desc")
    equal([one.index for one in channel.messages.list(order="desc", page_size=4)], downwards, "pages of order desc")
    equal([one.index for one in channel.messages.list(order="desc", limit=3)], [24, 23, 22], "limit of order desc")


@test("messages: page tokens", on=BOTH_V2)
def tokens(t):
    channel = room(t)
    post(channel, 21)
    page = channel.messages.page(page_size=5)
    true(page.next_page_url.endswith("/Messages?PageSize=5&Page=1&PageToken=PT5"),
         f"next_page_url is {page.next_page_url}")
    page = channel.messages.page(order="desc", page_size=5)
    true(page.next_page_url.endswith("/Messages?Order=desc&PageSize=5&Page=1&PageToken=PT15"),
         f"next_page_url is {page.next_page_url}")
    equal([one.index for one in page.next_page()], [15, 14, 13, 12, 11], "second page of order desc")


@test("messages: page tokens made by hand", on=BOTH_V2)
def own_tokens(t):
    channel = room(t)
    post(channel, 12)
    page = channel.messages.page(page_token="PT10")
    equal([one.index for one in page], [10, 11], "rows from index 10")
    equal(page.next_page_url, None, "next_page_url")
    equal([one.index for one in channel.messages.page(page_token="PT3", page_size=4)], [3, 4, 5, 6], "rows from 3")
    equal([one.index for one in channel.messages.page(order="desc", page_token="PT3", page_size=3)], [3, 2, 1],
          "rows down from 3")
    url = f"{t.origin}/v2/Services/{channel._solution['service_sid']}/Channels/general/Messages?PageToken=PT9"
    equal([one.index for one in channel.messages.get_page(url)], [9, 10, 11], "rows of a URL made by hand")


@test("messages: index is not used again", on=BOTH_V2)
def index(t):
    channel = room(t)
    messages = post(channel, 4)
    messages[1].delete()
    messages[3].delete()
    equal(channel.messages.create(body="next").index, 4, "index")
    equal([one.index for one in channel.messages.list()], [0, 2, 4], "indexes")
    equal([one.index for one in channel.messages.list(page_size=1)], [0, 2, 4], "indexes in pages")
    equal([one.index for one in channel.messages.page(page_token="PT3")], [4], "rows from a deleted index")
    equal(channel.fetch().messages_count, 3, "messages_count")


@test("messages: paging goes on when rows vanish", on=BOTH_V2)
def vanishing(t):
    channel = room(t)
    messages = post(channel, 6)
    page = channel.messages.page(page_size=2)
    messages[0].delete()
    messages[2].delete()
    equal([one.index for one in page.next_page()], [3, 4], "second page")


@test("messages: update every parameter", on=BOTH_V2)
def update(t):
    channel = room(t)
    message = channel.messages.create(body="old", from_="jane")
    new = dict(body="new", attributes='{"a":1}', date_created=utc(2015, 1, 1, 1, 1, 1),
               date_updated=utc(2016, 1, 1, 1, 1, 1), last_updated_by="bob", from_="eve")
    changed = channel.messages(message.sid).update(x_twilio_webhook_enabled="true", **new)
    for one in (changed, channel.messages(message.sid).fetch()):
        fields(one, sid=message.sid, index=0, was_edited=True, **new)


@test("messages: an edited body", on=BOTH_V2)
def edited(t):
    message = room(t).messages.create(body="old", from_="jane")
    changed = message.update(body="new")
    fields(changed, body="new", was_edited=True, last_updated_by="system", from_="jane", index=0,
           date_created=message.date_created)
    just_now(changed.date_updated, "date_updated")
    fields(changed.update(body="newer", last_updated_by="jane"), last_updated_by="jane", was_edited=True)


@test("messages: changed attributes are no edit", on=BOTH_V2)
def not_edited(t):
    message = room(t).messages.create(body="text")
    fields(message.update(attributes='{"seen":1}'), body="text", attributes='{"seen":1}', was_edited=False,
           last_updated_by="system")


@test("messages: update without parameters", on=BOTH_V2)
def update_nothing(t):
    refused(400, 20161, room(t).messages.create(body="hi").update)


@test("messages: delete", on=BOTH_V2)
def delete(t):
    channel = room(t)
    message = channel.messages.create(body="hi")
    equal(message.delete(x_twilio_webhook_enabled="true"), True, "delete")
    not_found(channel.messages(message.sid).fetch)
    not_found(channel.messages(message.sid).delete)
    not_found(channel.messages(message.sid).update, body="x")
    equal(channel.messages.list(), [], "messages")


@test("messages: unknown SIDs and channels", on=BOTH_V2)
def unknown(t):
    channel = room(t)
    for name in ("IM" + "0" * 32, "IM1", "general"):
        not_found(channel.messages(name).fetch)
    context = t.api.services(channel._solution["service_sid"])
    refused(404, 20404, context.channels("nope").messages.create, body="hi",
            message=f"The requested resource /Services/{channel._solution['service_sid']}/Channels/nope/Messages"
                    " was not found")


@test("messages: wrong values", on=BOTH_V2)
def wrong(t):
    channel = room(t)
    create = channel.messages.create
    refused(400, 50504, create, body="x" * 32769)
    refused(400, 50504, create, body="ü" * 16385)
    refused(400, 50310, create, body="hi", from_="x" * 257)
    refused(400, 50505, create, body="hi", last_updated_by="x" * 257)
    refused(400, 50308, create, body="hi", date_created="x")
    refused(400, 50309, create, body="hi", date_updated="x")
    refused(400, 50304, create, body="hi", attributes="x")
    equal(channel.messages.list(), [], "messages")
    equal(create(body="ü" * 16384).body, "ü" * 16384, "body")


@test("messages: unknown media", on=BOTH_V2)
def unknown_media(t):
    refused(404, 50507, room(t).messages.create, media_sid="ME" + "0" * 32)
