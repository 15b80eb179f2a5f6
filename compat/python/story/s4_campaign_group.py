from harness.case import equal, refused, story

from ._shop import new_identity


@story("campaign as a group: 1,000 members, the 1,001st needs a higher limit")
def group(t):
    service = t.service()
    service_sid = service._solution["sid"]
    equal(service.fetch().limits, {"channel_members": 1000, "user_channels": 1000}, "limits of a new service")
    channel = service.channels.create(unique_name="campaign", friendly_name="Campaign")
    audience = [new_identity() for _ in range(1000)]

    added = t.parallel(
        lambda api, user: api.services(service_sid).channels(channel.sid).members.create(user).identity, audience)
    equal(added, audience, "members added")
    service.channels(channel.sid).messages.create(body="Big sale", from_="shop")
    equal((channel.fetch().members_count, channel.fetch().messages_count), (1000, 1), "counters")
    found = {one.identity for one in service.channels(channel.sid).members.list(page_size=100)}
    equal(found == set(audience), True, "the list holds the audience")

    latecomer = new_identity()
    refused(403, 50403, service.channels(channel.sid).members.create, latecomer,
            message="Channel member limit exceeded")
    service.update(limits_channel_members=2000)
    service.channels(channel.sid).members.create(latecomer)
    equal(service.channels("campaign").fetch().members_count, 1001, "members_count")
    row = service.users(latecomer).user_channels.list()[0]
    equal((row.channel_sid, row.status), (channel.sid, "joined"), "channel of the latecomer")
