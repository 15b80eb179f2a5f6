from harness.case import BOTH_V1, equal, fields, just_now, not_found, refused, segment, sids, test
from harness.listing import check_list


@test("channels: create, fetch, update, delete", on=BOTH_V1)
def life(t):
    context = t.service()
    channel = context.channels.create(friendly_name="General", unique_name="two words/1", attributes='{"a": 1}',
                                      type="private")
    for one in (channel, context.channels(channel.sid).fetch(), context.channels(segment("two words/1")).fetch()):
        fields(one, sid=channel.sid, friendly_name="General", unique_name="two words/1", attributes='{"a": 1}',
               type="private", created_by="system", members_count=0, messages_count=0)
    just_now(channel.date_created)
    equal(channel.url, f"{t.origin}/v1/Services/{channel.service_sid}/Channels/{channel.sid}", "url")
    equal(set(channel.links), {"members", "messages", "invites", "last_message"}, "links")
    fields(channel.update(friendly_name="New", unique_name="new", attributes="[]"), friendly_name="New",
           unique_name="new", attributes="[]")
    equal(context.channels("new").delete(), True, "delete")
    not_found(context.channels("new").delete)
    not_found(context.channels(channel.sid).fetch)


@test("channels: list, without attributes", on=BOTH_V1)
def listing(t):
    context = t.service()
    made = sids([context.channels.create(attributes='{"a":1}') for _ in range(105)])
    check_list(context.channels, made, page_maximum=1000)
    equal({one.attributes for one in context.channels.list(limit=3)}, {None}, "attributes in the list")
    equal(context.channels.create().fetch().attributes, "{}", "unset attributes")


@test("channels: list by type", on=BOTH_V1)
def list_types(t):
    context = t.service()
    made = [context.channels.create(type=kind) for kind in ("public", "private") * 2]
    equal(sids(context.channels.list(type=["private"])), [made[1].sid, made[3].sid], "private channels")


@test("channels: errors", on=BOTH_V1)
def errors(t):
    context = t.service()
    context.channels.create(unique_name="general")
    refused(409, 50307, context.channels.create, unique_name="general")
    refused(400, 50306, context.channels.create, unique_name="CH" + "a1" * 16)
    refused(400, 50304, context.channels.create, attributes="x")
    refused(400, 50003, context.channels.create, friendly_name="x" * 65)
    refused(400, 50004, context.channels.create, unique_name="x" * 65)
    refused(404, 20404, context.channels("nope").fetch,
            message=f"The requested resource /Services/{context._solution['sid']}/Channels/nope was not found")
