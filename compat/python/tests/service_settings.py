from harness.case import BOTH_V2, equal, fields, refused, test


def role(context, name):
    return next(one.sid for one in context.roles.list() if one.friendly_name == name)


@test("service settings: name, read status, reachability, intervals", on=BOTH_V2)
def plain(t):
    service = t.new_service()
    changed = service.update(friendly_name="Renamed", read_status_enabled=False, reachability_enabled=True,
                             typing_indicator_timeout=9, consumption_report_interval=20)
    for one in (changed, t.api.services(service.sid).fetch()):
        fields(one, friendly_name="Renamed", read_status_enabled=False, reachability_enabled=True,
               typing_indicator_timeout=9, consumption_report_interval=20)


@test("service settings: what is not given stays", on=BOTH_V2)
def partial(t):
    service = t.new_service(typing_indicator_timeout=9, pre_webhook_url="https://example.com/pre")
    fields(service.update(read_status_enabled=False), typing_indicator_timeout=9, friendly_name="Compatibility",
           pre_webhook_url="https://example.com/pre", read_status_enabled=False, reachability_enabled=False)


@test("service settings: default roles", on=BOTH_V2)
def roles(t):
    context = t.service()
    guest = context.roles.create("guest", "deployment", ["joinChannel"])
    reader = context.roles.create("reader", "channel", ["leaveChannel"])
    owner = context.roles.create("owner", "channel", ["sendMessage"])
    fields(context.update(default_service_role_sid=guest.sid, default_channel_role_sid=reader.sid,
                          default_channel_creator_role_sid=owner.sid),
           default_service_role_sid=guest.sid, default_channel_role_sid=reader.sid,
           default_channel_creator_role_sid=owner.sid)
    equal(context.users.create("jane").role_sid, guest.sid, "role of a new user")
    channel = context.channels.create()
    equal(channel.members.create("jane").role_sid, reader.sid, "role of a new member")


@test("service settings: default roles of the wrong kind", on=BOTH_V2)
def wrong_roles(t):
    context = t.service()
    user, member = role(context, "service user"), role(context, "channel user")
    for wrong in (member, "RL" + "0" * 32):
        refused(400, 50102, context.update, default_service_role_sid=wrong)
    for wrong in (user, "RL" + "0" * 32):
        refused(400, 50101, context.update, default_channel_role_sid=wrong)
        refused(400, 50106, context.update, default_channel_creator_role_sid=wrong)


@test("service settings: notifications of new messages", on=BOTH_V2)
def new_message(t):
    service = t.new_service(notifications_new_message_enabled=True,
                            notifications_new_message_template="${USER}: ${MESSAGE}",
                            notifications_new_message_sound="bell.caf",
                            notifications_new_message_badge_count_enabled=True)
    equal(service.notifications["new_message"],
          {"enabled": True, "template": "${USER}: ${MESSAGE}", "sound": "bell.caf", "badge_count_enabled": True},
          "new_message")
    equal(service.notifications["added_to_channel"], {"enabled": False}, "added_to_channel")


@test("service settings: notifications of memberships", on=BOTH_V2)
def membership_notifications(t):
    for event in ("added_to_channel", "removed_from_channel", "invited_to_channel"):
        service = t.new_service(**{f"notifications_{event}_enabled": True,
                                   f"notifications_{event}_template": "${USER} in ${CHANNEL}",
                                   f"notifications_{event}_sound": "bell"})
        equal(service.notifications[event],
              {"enabled": True, "template": "${USER} in ${CHANNEL}", "sound": "bell"}, event)


@test("service settings: notification log", on=BOTH_V2)
def log(t):
    equal(t.new_service(notifications_log_enabled=True).notifications["log_enabled"], True, "log_enabled")


@test("service settings: webhooks", on=BOTH_V2)
def webhooks(t):
    filters = ["onMessageSent", "onChannelAdded", "onMemberAdd", "onUserUpdated", "onMediaMessageSent"]
    service = t.new_service(pre_webhook_url="https://example.com/pre?a=1&b=2", post_webhook_url="http://example.com",
                            webhook_method="GET", webhook_filters=filters, pre_webhook_retry_count=1,
                            post_webhook_retry_count=3)
    for one in (service, t.api.services(service.sid).fetch()):
        fields(one, pre_webhook_url="https://example.com/pre?a=1&b=2", post_webhook_url="http://example.com",
               webhook_method="GET", webhook_filters=filters, pre_webhook_retry_count=1, post_webhook_retry_count=3)
    fields(service.update(webhook_filters=["onMessageSent"]), webhook_filters=["onMessageSent"])
    fields(service.update(pre_webhook_url="", post_webhook_url="", webhook_method="POST"),
           pre_webhook_url=None, post_webhook_url=None, webhook_method="POST")


@test("service settings: webhooks with wrong values", on=BOTH_V2)
def wrong_webhooks(t):
    update = t.service().update
    refused(400, 50054, update, pre_webhook_url="not a url")
    refused(400, 50054, update, post_webhook_url="ftp://example.com/")
    refused(400, 50054, update, webhook_filters=["onMessageSent", "onNothing"])
    refused(400, 50055, update, webhook_method="PUT")
    refused(400, 50065, update, pre_webhook_retry_count=4)
    refused(400, 50065, update, post_webhook_retry_count=-1)


@test("service settings: limits", on=BOTH_V2)
def limits(t):
    service = t.new_service(limits_channel_members=7, limits_user_channels=8)
    equal(service.limits, {"channel_members": 7, "user_channels": 8}, "limits")
    equal(service.update(limits_user_channels=1000).limits, {"channel_members": 7, "user_channels": 1000}, "limits")


@test("service settings: limits and intervals with wrong values", on=BOTH_V2)
def wrong_numbers(t):
    update = t.service().update
    for wrong in (0, -1, "many"):
        refused(400, 50060, update, limits_user_channels=wrong)
        refused(400, 50061, update, limits_channel_members=wrong)
    refused(400, 50053, update, typing_indicator_timeout="soon")
    refused(400, 50052, update, consumption_report_interval="soon")
    refused(400, 20001, update, read_status_enabled="perhaps")


@test("service settings: media compatibility message", on=BOTH_V2)
def media(t):
    equal(t.new_service(media_compatibility_message="A picture").media,
          {"size_limit_mb": 150, "compatibility_message": "A picture"}, "media")


@test("service settings: a refused update changes nothing", on=BOTH_V2)
def atomic(t):
    context = t.service()
    refused(400, 50055, context.update, friendly_name="Renamed", webhook_method="PUT")
    equal(context.fetch().friendly_name, "Compatibility", "friendly_name")
