from harness.case import (BOTH_V2, equal, fields, just_now, not_found, refused, segment, sid, sids, test, true,
                          utc)
from harness.listing import check_list

EVERYTHING = dict(friendly_name="General", unique_name="general", attributes='{"topic": "news"}', type="private",
                  date_created=utc(2016, 3, 24, 20, 37, 57), date_updated=utc(2017, 4, 25, 21, 38, 58),
                  created_by="jane")


@test("channels: create with every parameter", on=BOTH_V2)
def create_everything(t):
    context = t.service()
    channel = context.channels.create(x_twilio_webhook_enabled="true", **EVERYTHING)
    sid(channel.sid, "CH")
    for one in (channel, context.channels(channel.sid).fetch()):
        fields(one, account_sid=t.account_sid, service_sid=context._solution["sid"], members_count=0,
               messages_count=0, **EVERYTHING)


@test("channels: create with nothing", on=BOTH_V2)
def create_nothing(t):
    context = t.service()
    channel = context.channels.create()
    fields(channel, friendly_name=None, unique_name=None, attributes="{}", type="public", created_by="system",
           members_count=0, messages_count=0)
    just_now(channel.date_created)
    equal(channel.date_updated, channel.date_created, "date_updated")
    equal(channel.url, f"{t.origin}/v2/Services/{channel.service_sid}/Channels/{channel.sid}", "url")
    equal(channel.links, {"members": f"{channel.url}/Members", "messages": f"{channel.url}/Messages",
                          "invites": f"{channel.url}/Invites", "webhooks": f"{channel.url}/Webhooks",
                          "last_message": None}, "links")


@test("channels: create with DateCreated only", on=BOTH_V2)
def create_date(t):
    fields(t.service().channels.create(date_created=utc(2015, 1, 2, 3, 4, 5)),
           date_created=utc(2015, 1, 2, 3, 4, 5), date_updated=utc(2015, 1, 2, 3, 4, 5))


@test("channels: fetch by SID and by unique name", on=BOTH_V2)
def fetch(t):
    context = t.service()
    channel = context.channels.create(unique_name="general")
    equal(context.channels(channel.sid).fetch().sid, channel.sid, "sid")
    equal(context.channels("general").fetch().sid, channel.sid, "sid")
    equal(context.channels("general").fetch().url, channel.url, "url")
    equal(context.channels("CH" + channel.sid[2:].upper()).fetch().sid, channel.sid, "sid")
    not_found(context.channels("General").fetch)


@test("channels: fetch by unique names that need escaping", on=BOTH_V2)
def fetch_escaped(t):
    context = t.service()
    for name in ("two words", "jane@example.com", "a+b", "über/unter", "für alle", "频道", "a:b;c,d", "x=y&z",
                 "what?", "#one", "100%", "%41", "o'brien", "[all]", "a..b", "1:2"):
        channel = context.channels.create(unique_name=name)
        equal(channel.unique_name, name, "unique_name")
        found = context.channels(segment(name)).fetch()
        equal((found.sid, found.unique_name), (channel.sid, name), "channel")
        equal(context.channels(segment(name)).update(friendly_name="x").sid, channel.sid, "sid")


@test("channels: fetch by unique names as the SDK puts them", on=BOTH_V2)
def fetch_raw(t):
    context = t.service()
    for name in ("two words", "jane@example.com", "a+b", "für alle", "频道", "a:b"):
        channel = context.channels.create(unique_name=name)
        equal(context.channels(name).fetch().sid, channel.sid, f"sid of {name}")
        context.channels(name).members.create("jane")
        equal([one.identity for one in context.channels(name).members.list()], ["jane"], "members")


@test("channels: list", on=BOTH_V2)
def listing(t):
    context = t.service()
    made = sids([context.channels.create(friendly_name=f"Channel {number}") for number in range(105)])
    check_list(context.channels, made)


@test("channels: list by type", on=BOTH_V2)
def list_types(t):
    context = t.service()
    made = [context.channels.create(type=kind) for kind in ("public", "private") * 4]
    for kinds in (["public"], ["private"], ["public", "private"], "public"):
        wanted = [one.sid for one in made if one.type in kinds]
        equal(sids(context.channels.list(type=kinds)), wanted, f"channels of {kinds}")
        equal(sids(context.channels.list(type=kinds, page_size=3)), wanted, f"pages of {kinds}")
    true("Type=private" in context.channels.page(type=["private"], page_size=2).next_page_url,
         "the filter is lost in next_page_url")


@test("channels: list of an empty service", on=BOTH_V2)
def list_empty(t):
    check_list(t.service().channels, [])


@test("channels: update every parameter", on=BOTH_V2)
def update_everything(t):
    context = t.service()
    channel = context.channels.create(friendly_name="Old", unique_name="old")
    new = dict(friendly_name="New", unique_name="new", attributes='{"a":[1,2]}', created_by="bob",
               date_created=utc(2015, 1, 2, 3, 4, 5), date_updated=utc(2016, 1, 2, 3, 4, 5))
    changed = context.channels(channel.sid).update(x_twilio_webhook_enabled="false", **new)
    for one in (changed, context.channels("new").fetch()):
        fields(one, sid=channel.sid, type="public", **new)
    not_found(context.channels("old").fetch)


@test("channels: update one parameter leaves the others", on=BOTH_V2)
def update_one(t):
    context = t.service()
    channel = context.channels.create(**EVERYTHING)
    changed = channel.update(friendly_name="Renamed")
    fields(changed, friendly_name="Renamed", unique_name="general", attributes=EVERYTHING["attributes"],
           created_by="jane", date_created=EVERYTHING["date_created"], type="private")
    just_now(changed.date_updated, "date_updated")


@test("channels: update without parameters", on=BOTH_V2)
def update_nothing(t):
    refused(400, 20161, t.service().channels.create().update)


@test("channels: an empty unique name clears it", on=BOTH_V2)
def update_clear(t):
    context = t.service()
    channel = context.channels.create(unique_name="general", friendly_name="General")
    fields(channel.update(unique_name="", friendly_name=""), unique_name=None, friendly_name=None)
    not_found(context.channels("general").fetch)
    context.channels.create(unique_name="general")


@test("channels: unique name is taken", on=BOTH_V2)
def conflict(t):
    context = t.service()
    first = context.channels.create(unique_name="general")
    refused(409, 50307, context.channels.create, unique_name="general",
            message="Channel with provided unique name already exists")
    second = context.channels.create(unique_name="other")
    refused(409, 50307, second.update, unique_name="general")
    equal(first.update(unique_name="general").unique_name, "general", "unique_name")
    equal(context.channels.create(unique_name="General").unique_name, "General", "unique_name")
    equal(len(context.channels.list()), 3, "number of channels")


@test("channels: unique name that looks like a SID", on=BOTH_V2)
def sid_like(t):
    context = t.service()
    refused(400, 50306, context.channels.create, unique_name="CH" + "a1" * 16)
    refused(400, 50306, context.channels.create().update, unique_name="CH" + "a1" * 16)
    context.channels.create(unique_name="CH123")


@test("channels: wrong values", on=BOTH_V2)
def wrong(t):
    create = t.service().channels.create
    refused(400, 50304, create, attributes="{not json", message="Attributes not valid JSON")
    refused(400, 50303, create, attributes='"' + "x" * 16384 + '"')
    refused(400, 20001, create, type="secret")
    refused(400, 50308, create, date_created="yesterday")
    refused(400, 50309, create, date_updated="yesterday")
    refused(400, 50003, create, friendly_name="x" * 257)
    refused(400, 50004, create, unique_name="x" * 257)
    refused(400, 50310, create, created_by="x" * 257)
    fields(create(friendly_name="ü" * 256, unique_name="ü" * 256), friendly_name="ü" * 256, unique_name="ü" * 256)


@test("channels: delete", on=BOTH_V2)
def delete(t):
    context = t.service()
    channel = context.channels.create(unique_name="general")
    equal(channel.delete(x_twilio_webhook_enabled="true"), True, "delete")
    not_found(channel.delete)
    not_found(channel.fetch)
    not_found(context.channels("general").delete)
    equal(context.channels.list(), [], "channels")
    true(context.channels.create(unique_name="general").sid != channel.sid, "the SID was used again")


@test("channels: delete by unique name", on=BOTH_V2)
def delete_by_name(t):
    context = t.service()
    context.channels.create(unique_name="two words/one slash")
    equal(context.channels(segment("two words/one slash")).delete(), True, "delete")
    equal(context.channels.list(), [], "channels")


@test("channels: delete takes members, messages, invites and webhooks along", on=BOTH_V2)
def cascade(t):
    context = t.service()
    channel = context.channels.create(unique_name="general")
    member = channel.members.create("jane")
    message = channel.messages.create(body="hi")
    context.users.create("bob")
    invite = channel.invites.create("bob")
    hook = context.channels(channel.sid).webhooks.create(
        "webhook", configuration_url="https://example.com", configuration_filters=["onMessageSent"])
    equal(context.users("jane").fetch().joined_channels_count, 1, "joined_channels_count")
    channel.delete()
    parts = context.channels(channel.sid)
    for part in (parts.members(member.sid), parts.messages(message.sid), parts.invites(invite.sid),
                 parts.webhooks(hook.sid)):
        not_found(part.fetch)
    equal(context.users("jane").fetch().joined_channels_count, 0, "joined_channels_count")
    equal(context.users("jane").user_channels.list(), [], "channels of jane")
    equal(context.users("bob").user_channels.list(), [], "channels of bob")


@test("channels: counters and the link to the last message", on=BOTH_V2)
def counters(t):
    context = t.service()
    channel = context.channels.create()
    for identity in ("jane", "bob"):
        channel.members.create(identity)
    first = channel.messages.create(body="one")
    last = channel.messages.create(body="two")
    now = channel.fetch()
    fields(now, members_count=2, messages_count=2, date_updated=channel.date_updated)
    equal(now.links["last_message"], last.url, "links.last_message")
    last.delete()
    context.channels(channel.sid).members("bob").delete()
    now = context.channels(channel.sid).fetch()
    fields(now, members_count=1, messages_count=1)
    equal(now.links["last_message"], first.url, "links.last_message")
    first.delete()
    equal(context.channels(channel.sid).fetch().links["last_message"], None, "links.last_message")
