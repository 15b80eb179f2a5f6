from harness.case import equal, refused, story

from ._shop import add_member, close, new_identity, send_campaign


@story("campaign as a channel for each user: the dashboard's 1,001st channel needs a higher limit")
def channels(t):
    service = t.service()
    service_sid = service._solution["sid"]
    dashboard = new_identity()
    audience = [new_identity() for _ in range(1001)]

    made = t.parallel(
        lambda api, user: send_campaign(api.services(service_sid), user, "Big sale", dashboard), audience)
    equal(len(set(made)), 1001, "number of channels")
    for user in audience[::100]:
        channel = service.channels(user).fetch()
        equal((channel.members_count, channel.messages_count), (1, 1), "counters")
        equal([one.identity for one in service.channels(user).members.list()], [user], "members")
        equal([one.body for one in service.channels(user).messages.list()], ["Big sale"], "messages")
    equal(len(service.channels.list()), 1001, "channels listed")

    # The users answer: the dashboard joins their channels.
    joined = t.parallel(lambda api, one: add_member(api.services(service_sid), one, dashboard), made[:1000])
    equal(joined.count(True), 1000, "channels the dashboard joined")
    equal(service.users(dashboard).fetch().joined_channels_count, 1000, "joined_channels_count")
    refused(403, 50208, service.channels(made[1000]).members.create, dashboard,
            message="User channel limit exceeded")

    # A closed conversation makes room at once.
    close(service, made[0], dashboard)
    equal(service.users(dashboard).fetch().joined_channels_count, 999, "joined_channels_count")
    add_member(service, made[1000], dashboard)
    refused(403, 50208, service.channels(made[0]).members.create, dashboard)

    # So does the operator.
    service.update(limits_user_channels=2000)
    add_member(service, made[0], dashboard)
    equal(service.users(dashboard).fetch().joined_channels_count, 1001, "joined_channels_count")
    equal(len(service.users(dashboard).user_channels.list()), 1001, "channels of the dashboard")


@story("campaign as a channel for each user: sent twice it uses the same channels")
def again(t):
    service = t.service()
    service_sid = service._solution["sid"]
    dashboard = new_identity()
    audience = [new_identity() for _ in range(40)]
    runs = [t.parallel(lambda api, user: send_campaign(api.services(service_sid), user, text, dashboard), audience)
            for text in ("first", "second")]
    equal(runs[0], runs[1], "channels")
    equal([one.body for one in service.channels(audience[7]).messages.list()], ["first", "second"], "messages")
    equal(service.channels(audience[7]).fetch().members_count, 1, "members_count")
