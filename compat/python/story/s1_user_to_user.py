from harness.case import equal, fields, not_found, refused, sids, story, true

from ._shop import add_member, find_or_create, new_identity, talk_to_user


@story("user to user: the channel is made once and found again")
def find_again(t):
    service = t.service()
    jane, bob = (new_identity(), "Jane"), (new_identity(), "Bob")
    unique_name = ":".join(sorted((jane[0], bob[0])))
    equal(len(unique_name), 73, "length of the unique name")
    not_found(service.channels(unique_name).fetch)

    channel_sid = talk_to_user(service, jane, bob)
    service.channels(channel_sid).messages.create(body="hi Bob", from_=jane[0])
    equal(talk_to_user(service, bob, jane), channel_sid, "SID of the channel, asked from the other side")

    channel = service.channels(unique_name).fetch()
    fields(channel, sid=channel_sid, friendly_name="Bob & Jane", type="public", members_count=2, messages_count=1,
           attributes='{"topic": "Bob & Jane"}')
    equal([one.body for one in service.channels(channel_sid).messages.list()], ["hi Bob"], "history")


@story("user to user: adding a member twice is a conflict and harmless")
def twice(t):
    service = t.service()
    jane, bob = (new_identity(), "Jane"), (new_identity(), "Bob")
    channel_sid = talk_to_user(service, jane, bob)
    before = sids(service.channels(channel_sid).members.list())
    refused(409, 50404, service.channels(channel_sid).members.create, jane[0])
    equal(add_member(service, channel_sid, jane[0]), False, "the member is new")
    equal(sids(service.channels(channel_sid).members.list()), before, "members")
    equal(service.users(jane[0]).fetch().joined_channels_count, 1, "joined_channels_count")


@story("user to user: 20 parallel find-or-create of one pair give one channel")
def parallel_find_or_create(t):
    service = t.service()
    service_sid = service._solution["sid"]
    for _ in range(5):
        unique_name = ":".join(sorted((new_identity(), new_identity())))
        found = t.parallel(
            lambda api, _: find_or_create(api.services(service_sid), unique_name, "Jane & Bob").sid, range(20), 20)
        equal(len(set(found)), 1, "number of channels handed out")
    equal(len(service.channels.list()), 5, "number of channels")


@story("user to user: 20 parallel creates of one name have one winner and 19 conflicts")
def parallel_create(t):
    service = t.service()
    service_sid = service._solution["sid"]
    unique_name = ":".join(sorted((new_identity(), new_identity())))

    def create(api, _):
        try:
            return api.services(service_sid).channels.create(unique_name=unique_name).sid
        except Exception as error:
            return error.status, error.code

    outcomes = t.parallel(create, range(20), 20)
    equal(outcomes.count((409, 50307)), 19, "conflicts")
    winner = next(one for one in outcomes if one != (409, 50307))
    equal(service.channels(unique_name).fetch().sid, winner, "SID of the channel")


@story("user to user: both phones ask for the whole conversation at once")
def both_phones(t):
    service = t.service()
    service_sid = service._solution["sid"]
    jane, bob = (new_identity(), "Jane"), (new_identity(), "Bob")

    def ask(api, number):
        pair = (jane, bob) if number % 2 else (bob, jane)
        return talk_to_user(api.services(service_sid), *pair)

    found = t.parallel(ask, range(20), 20)
    equal(len(set(found)), 1, "number of channels handed out")
    channel = service.channels(found[0])
    equal(sorted(one.identity for one in channel.members.list()), sorted((jane[0], bob[0])), "members")
    fields(channel.fetch(), members_count=2, attributes='{"topic": "Bob & Jane"}')
    for who in (jane, bob):
        equal(service.users(who[0]).fetch().joined_channels_count, 1, "joined_channels_count")
    true(len(service.users.list()) == 2, "a user was made twice")


@story("user to user: parallel messages get one index each")
def parallel_messages(t):
    service = t.service()
    service_sid = service._solution["sid"]
    channel_sid = talk_to_user(service, (new_identity(), "Jane"), (new_identity(), "Bob"))
    sent = t.parallel(lambda api, number: api.services(service_sid).channels(channel_sid).messages.create(
        body=f"message {number}").index, range(60))
    equal(sorted(sent), list(range(60)), "indexes")
    equal(service.channels(channel_sid).fetch().messages_count, 60, "messages_count")
