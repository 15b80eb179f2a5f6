import json

from harness.case import equal, fields, story

from ._shop import close, new_identity, role_named, talk_to_dashboard


@story("user to dashboard: the channel comes back whole")
def whole(t):
    service = t.service()
    user, dashboard = new_identity(), new_identity()
    channel = talk_to_dashboard(service, user, "Jane Doe", dashboard)
    fields(channel, unique_name=user, friendly_name="Jane Doe", members_count=2, type="public")
    equal(json.loads(channel.attributes), {"topic": "Jane Doe", "dashboard_uuid": dashboard}, "attributes")
    equal(channel.attributes, json.dumps({"topic": "Jane Doe", "dashboard_uuid": dashboard}), "text of the attributes")
    members = {one.identity: one.role_sid for one in service.channels(channel.sid).members.list()}
    equal(members, {user: role_named(service, "channel user"), dashboard: role_named(service, "channel admin")},
          "roles of the members")


@story("dashboard to user: finds the channel the user made")
def other_side(t):
    service = t.service()
    user, dashboard = new_identity(), new_identity()
    first = talk_to_dashboard(service, user, "Jane", dashboard)
    service.channels(user).messages.create(body="help", from_=user)
    second = talk_to_dashboard(service, user, "Jane", dashboard)
    fields(second, sid=first.sid, members_count=2, messages_count=1, attributes=first.attributes)


@story("closing a conversation: the dashboard's channel count goes down at once")
def closing(t):
    service = t.service()
    dashboard = new_identity()
    users = [new_identity() for _ in range(5)]
    channels = [talk_to_dashboard(service, user, "Jane", dashboard) for user in users]
    equal(service.users(dashboard).fetch().joined_channels_count, 5, "joined_channels_count")
    for left, channel in zip((4, 3, 2, 1, 0), channels):
        close(service, channel.sid, dashboard)
        equal(service.users(dashboard).fetch().joined_channels_count, left, "joined_channels_count")
        equal([one.identity for one in service.channels(channel.sid).members.list()], [channel.unique_name],
              "members left")
    talk_to_dashboard(service, users[0], "Jane", dashboard)
    equal(service.users(dashboard).fetch().joined_channels_count, 1, "joined_channels_count")
    equal(service.channels(users[0]).fetch().members_count, 2, "members_count")


@story("app start: subscribed channels with unread counts")
def app_start(t):
    service = t.service()
    user, dashboard = new_identity(), new_identity()
    channel = talk_to_dashboard(service, user, "Jane", dashboard)
    for number in range(4):
        service.channels(channel.sid).messages.create(body=f"message {number}", from_=dashboard)
    service.users(user).user_channels(channel.sid).update(notification_level="default",
                                                          last_consumed_message_index=1)
    rows = service.users(user).user_channels.list()
    equal([(one.channel_sid, one.unread_messages_count, one.status) for one in rows], [(channel.sid, 2, "joined")],
          "channels of the user")
