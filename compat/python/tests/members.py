from harness.case import (BOTH_V2, equal, fields, just_now, not_found, refused, segment, sid, sids, test, true,
                          utc)
from harness.listing import check_list


def room(t, **settings):
    context = t.service(**settings)
    channel = context.channels.create(unique_name="general")
    return context, context.channels(channel.sid)


def role(context, name):
    return next(one.sid for one in context.roles.list() if one.friendly_name == name)


@test("members: create with every parameter", on=BOTH_V2)
def create_everything(t):
    context, channel = room(t)
    everything = dict(role_sid=role(context, "channel admin"), last_consumed_message_index=20,
                      last_consumption_timestamp=utc(2016, 3, 24, 21, 5, 50), date_created=utc(2016, 3, 24, 21, 5, 51),
                      date_updated=utc(2016, 3, 24, 21, 5, 52), attributes='{"seat": 1}')
    member = channel.members.create("jane", x_twilio_webhook_enabled="true", **everything)
    sid(member.sid, "MB")
    for one in (member, channel.members(member.sid).fetch()):
        fields(one, identity="jane", account_sid=t.account_sid, service_sid=context._solution["sid"],
               channel_sid=channel._solution["sid"], **everything)
    equal(member.url, f"{t.origin}/v2/Services/{member.service_sid}/Channels/{member.channel_sid}"
                      f"/Members/{member.sid}", "url")


@test("members: create with an identity only", on=BOTH_V2)
def create_plain(t):
    context, channel = room(t)
    member = channel.members.create("jane")
    fields(member, identity="jane", role_sid=role(context, "channel user"), last_consumed_message_index=None,
           last_consumption_timestamp=None, attributes="{}")
    just_now(member.date_created)
    equal(member.date_updated, member.date_created, "date_updated")


@test("members: create makes the user", on=BOTH_V2)
def create_user(t):
    context, channel = room(t)
    not_found(context.users("jane").fetch)
    channel.members.create("jane")
    fields(context.users("jane").fetch(), identity="jane", friendly_name=None, attributes="{}",
           role_sid=role(context, "service user"), joined_channels_count=1)


@test("members: fetch by SID and by identity", on=BOTH_V2)
def fetch(t):
    context, channel = room(t)
    for identity in ("jane", "jane doe", "jane@example.com", "a+b", "a/b", "jäne ✓", "100%", "?#&="):
        member = channel.members.create(identity)
        equal(member.identity, identity, "identity")
        equal(channel.members(member.sid).fetch().identity, identity, "identity")
        equal(channel.members(segment(identity)).fetch().sid, member.sid, f"sid of {identity}")
        equal(context.channels("general").members(segment(identity)).fetch().url, member.url, "url")


@test("members: list", on=BOTH_V2)
def listing(t):
    _, channel = room(t)
    check_list(channel.members, sids([channel.members.create(f"user {number}") for number in range(105)]))


@test("members: list by identity", on=BOTH_V2)
def list_identity(t):
    _, channel = room(t)
    made = {identity: channel.members.create(identity).sid for identity in ("jane", "a b@c", "d+e", "bob")}
    equal(sids(channel.members.list(identity="a b@c")), [made["a b@c"]], "one identity")
    equal(sids(channel.members.list(identity=["d+e", "jane"])), [made["jane"], made["d+e"]], "two identities")
    equal(channel.members.list(identity=["nobody"]), [], "an unknown identity")
    page = channel.members.page(identity=["a b@c", "bob"], page_size=1)
    true("Identity=a%20b%40c&Identity=bob" in page.next_page_url.replace("+", "%20"),
         "the filters are lost in next_page_url")
    equal(sids(channel.members.list(identity=["a b@c", "bob"], page_size=1)), [made["a b@c"], made["bob"]], "pages")


@test("members: update every parameter", on=BOTH_V2)
def update(t):
    context, channel = room(t)
    member = channel.members.create("jane")
    new = dict(role_sid=role(context, "channel admin"), last_consumed_message_index=5,
               last_consumption_timestamp=utc(2016, 1, 1, 1, 1, 1), date_created=utc(2015, 1, 1, 1, 1, 1),
               date_updated=utc(2017, 1, 1, 1, 1, 1), attributes='{"seat":2}')
    changed = channel.members(member.sid).update(x_twilio_webhook_enabled="true", **new)
    for one in (changed, channel.members("jane").fetch()):
        fields(one, sid=member.sid, identity="jane", **new)
    just_now(channel.members("jane").update(attributes='{"seat":3}').date_updated, "date_updated")
    fields(channel.members("jane").fetch(), role_sid=new["role_sid"], last_consumed_message_index=5,
           date_created=new["date_created"])


@test("members: update without parameters", on=BOTH_V2)
def update_nothing(t):
    _, channel = room(t)
    channel.members.create("jane")
    refused(400, 20161, channel.members("jane").update)


@test("members: create twice", on=BOTH_V2)
def conflict(t):
    context, channel = room(t)
    first = channel.members.create("jane", attributes='{"seat":1}')
    refused(409, 50404, channel.members.create, "jane", attributes='{"seat":2}', message="Member already exists")
    equal(channel.members("jane").fetch().attributes, first.attributes, "attributes")
    channel.members.create("Jane")
    equal(channel.fetch().members_count, 2, "members_count")
    equal(context.users("jane").fetch().joined_channels_count, 1, "joined_channels_count")


@test("members: delete", on=BOTH_V2)
def delete(t):
    context, channel = room(t)
    member = channel.members.create("jane")
    message = channel.messages.create(body="hi", from_="jane")
    equal(channel.members(member.sid).delete(x_twilio_webhook_enabled="true"), True, "delete")
    not_found(channel.members(member.sid).fetch)
    not_found(channel.members(member.sid).delete)
    not_found(channel.members("jane").delete)
    fields(context.users("jane").fetch(), identity="jane", joined_channels_count=0)
    fields(channel.messages(message.sid).fetch(), from_="jane")
    equal(channel.fetch().members_count, 0, "members_count")
    again = channel.members.create("jane")
    true(again.sid != member.sid, "the SID was used again")


@test("members: delete by identity", on=BOTH_V2)
def delete_by_identity(t):
    _, channel = room(t)
    channel.members.create("jane doe/x@y")
    equal(channel.members(segment("jane doe/x@y")).delete(), True, "delete")
    equal(channel.members.list(), [], "members")


@test("members: identity is missing", on=BOTH_V2)
def missing(t):
    _, channel = room(t)
    refused(400, 20001, channel.members.create, "", message="Missing required parameter Identity in the post body")


@test("members: wrong values", on=BOTH_V2)
def wrong(t):
    context, channel = room(t)
    create = channel.members.create
    refused(400, 50206, create, "US" + "a1" * 16)
    refused(400, 50203, create, "system")
    refused(400, 50207, create, "x" * 257)
    refused(400, 50101, create, "jane", role_sid="RL" + "0" * 32)
    refused(400, 50101, create, "jane", role_sid=role(context, "service user"))
    refused(400, 50406, create, "jane", last_consumed_message_index=-1)
    refused(400, 50406, create, "jane", last_consumed_message_index="x")
    refused(400, 50405, create, "jane", last_consumption_timestamp="x")
    refused(400, 50308, create, "jane", date_created="x")
    refused(400, 50309, create, "jane", date_updated="x")
    refused(400, 50304, create, "jane", attributes="x")
    equal(channel.members.list(), [], "members")
    not_found(context.users("jane").fetch)
    not_found(context.channels("unknown").members.create, "jane")


@test("members: member of another channel is not found", on=BOTH_V2)
def other_channel(t):
    context, channel = room(t)
    member = channel.members.create("jane")
    other = context.channels(context.channels.create().sid)
    for name in (member.sid, "jane"):
        not_found(other.members(name).fetch)
        not_found(other.members(name).delete)
        not_found(other.members(name).update, attributes="{}")


@test("members: channel is full", on=BOTH_V2)
def full(t):
    context, channel = room(t, limits_channel_members=2)
    channel.members.create("jane")
    channel.members.create("bob")
    refused(403, 50403, channel.members.create, "eve", message="Channel member limit exceeded")
    refused(409, 50404, channel.members.create, "jane")
    equal(channel.fetch().members_count, 2, "members_count")
    context.update(limits_channel_members=3)
    channel.members.create("eve")
    context.update(limits_channel_members=1)
    equal(len(channel.members.list()), 3, "members after lowering the limit")
    refused(403, 50403, channel.members.create, "sue")


@test("members: user is in too many channels", on=BOTH_V2)
def too_many_channels(t):
    context, first = room(t, limits_user_channels=1)
    second = context.channels.create()
    first.members.create("jane")
    refused(403, 50208, second.members.create, "jane", message="User channel limit exceeded")
    second.members.create("bob")
    first.members("jane").delete()
    second.members.create("jane")


@test("members: parallel adds respect the limit", on=("chat.v2",))
def parallel_limit(t):
    context, channel = room(t, limits_channel_members=5)
    service_sid, channel_sid = context._solution["sid"], channel._solution["sid"]

    def add(api, identity):
        try:
            api.services(service_sid).channels(channel_sid).members.create(identity)
            return "in"
        except Exception as error:
            return error.status, error.code

    outcomes = t.parallel(add, [f"user {number}" for number in range(20)])
    equal(outcomes.count("in"), 5, "members let in")
    equal(outcomes.count((403, 50403)), 15, "members refused")
    equal(channel.fetch().members_count, 5, "members_count")
