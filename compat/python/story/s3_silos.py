from harness.case import equal, not_found, refused, story, true

from ._shop import add_member, find_or_create, new_identity, role_named, talk_to_dashboard


@story("services are silos: the same names in each and nothing shared")
def silos(t):
    default, first, second = (t.service() for _ in range(3))
    user, dashboard = new_identity(), new_identity()
    for service in (default, first, second):
        service.users.create(user, friendly_name="Jane")
        talk_to_dashboard(service, user, "Jane", dashboard)
    channels = [service.channels(user).fetch().sid for service in (default, first, second)]
    users = [service.users(user).fetch().sid for service in (default, first, second)]
    roles = [role_named(service, "channel admin") for service in (default, first, second)]
    for found in (channels, users, roles):
        equal(len(set(found)), 3, "number of different SIDs")

    default.channels(user).messages.create(body="only here")
    equal([service.channels(user).fetch().messages_count for service in (default, first, second)], [1, 0, 0],
          "messages_count")
    equal([service.users(user).fetch().joined_channels_count for service in (default, first, second)], [1, 1, 1],
          "joined_channels_count")


@story("services are silos: a SID of one is unknown in the other")
def foreign(t):
    first, second = t.service(), t.service()
    user = new_identity()
    channel = find_or_create(first, user, "Jane")
    add_member(first, channel.sid, user)
    not_found(second.channels(channel.sid).fetch)
    not_found(second.channels(user).fetch)
    not_found(second.channels(channel.sid).delete)
    not_found(second.users(first.users(user).fetch().sid).fetch)
    not_found(second.roles(role_named(first, "channel admin")).fetch)
    other = second.channels.create(unique_name=user)
    refused(400, 50101, second.channels(other.sid).members.create, user,
            role_sid=role_named(first, "channel admin"))
    second.channels(user).delete()
    equal(first.channels(user).fetch().sid, channel.sid, "sid")
    second.delete()
    true(first.channels(user).fetch().members_count == 1, "deleting a service touched another one")
