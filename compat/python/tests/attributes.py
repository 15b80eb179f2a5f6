from harness.case import BOTH_V2, equal, refused, test

EXACT = (
    '{}', '{ "foo": "bar" }', '{"b":1,"a":2}', '{"nested":{"list":[1,2.50,-3e2,null,true,false]}}',
    '[]', '"text"', '42', 'true', 'null', '{"umlaut":"äöü","emoji":"🎉","escaped":"\\u00e4\\n\\"\\\\"}',
    '  {"space" : 1}\t', '{"form":"a=b&c+d%20e"}', '{"same":1,"same":2}', '{"line":"break"\n}',
)
WRONG = ("{", "{'a':1}", "undefined", '{"a":1,}', "text", '{"a":1} x', "NaN")


def holders(context):
    """Everything that has attributes: (what creates it, what changes it)."""
    channel = context.channels.create()
    user = context.users.create("jane")
    message = channel.messages.create(body="hi")
    member = channel.members.create("jane")
    channel = context.channels(channel.sid)
    return {
        "channel": context.channels(channel._solution["sid"]),
        "user": context.users(user.sid),
        "message": channel.messages(message.sid),
        "member": channel.members(member.sid),
    }


@test("attributes: come back exactly as written", on=BOTH_V2)
def round_trip(t):
    for name, holder in holders(t.service()).items():
        equal(holder.fetch().attributes, "{}", f"unset attributes of a {name}")
        for text in EXACT:
            equal(holder.update(attributes=text).attributes, text, f"attributes of a {name} after the update")
            equal(holder.fetch().attributes, text, f"attributes of a {name}")


@test("attributes: come back from create and in lists", on=BOTH_V2)
def create(t):
    context = t.service()
    text = '{ "z": 1, "ä": "\\u00fc" }'
    channel = context.channels.create(attributes=text)
    for made in (channel, context.users.create("jane", attributes=text),
                 channel.messages.create(body="hi", attributes=text),
                 channel.members.create("jane", attributes=text)):
        equal(made.attributes, text, "attributes")
    for rows in (context.channels, context.users, channel.messages, channel.members):
        equal([row.attributes for row in rows.list()], [text], "attributes in the list")


@test("attributes: are replaced and not merged", on=BOTH_V2)
def replaced(t):
    for name, holder in holders(t.service()).items():
        holder.update(attributes='{"a":1}')
        equal(holder.update(attributes='{"b":2}').attributes, '{"b":2}', f"attributes of a {name}")


@test("attributes: empty text resets them", on=BOTH_V2)
def reset(t):
    for name, holder in holders(t.service()).items():
        holder.update(attributes='{"a":1}')
        equal(holder.update(attributes="").attributes, "{}", f"attributes of a {name}")


@test("attributes: not JSON", on=BOTH_V2)
def not_json(t):
    for holder in holders(t.service()).values():
        for text in WRONG:
            refused(400, 50304, holder.update, attributes=text, message="Attributes not valid JSON")
        equal(holder.fetch().attributes, "{}", "attributes")


@test("attributes: too long", on=BOTH_V2)
def too_long(t):
    for name, holder in holders(t.service()).items():
        most = 16384 if name == "channel" else 4096
        fits = '"' + "x" * (most - 2) + '"'
        equal(holder.update(attributes=fits).attributes, fits, f"attributes of a {name}")
        refused(400, 50303, holder.update, attributes=fits[:-1] + 'x"')
