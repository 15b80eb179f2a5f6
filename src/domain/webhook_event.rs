//! The names of webhook events, as filters and settings name them (WEBHOOKS.md section 1).

/// Events that are announced before they happen and can be refused.
pub const PRE_EVENTS: &[&str] = &[
    "onMessageSend",
    "onMediaMessageSend",
    "onMessageUpdate",
    "onMessageRemove",
    "onChannelAdd",
    "onChannelUpdate",
    "onChannelDestroy",
    "onMemberAdd",
    "onMemberUpdate",
    "onMemberRemove",
    "onUserUpdate",
];

/// Events that are reported after they happened.
pub const POST_EVENTS: &[&str] = &[
    "onMessageSent",
    "onMediaMessageSent",
    "onMessageUpdated",
    "onMessageRemoved",
    "onChannelAdded",
    "onChannelUpdated",
    "onChannelDestroyed",
    "onMemberAdded",
    "onMemberUpdated",
    "onMemberRemoved",
    "onUserAdded",
    "onUserUpdated",
];

/// Post-events that a channel's own webhook can be told of: those of an existing channel (WEBHOOKS.md section 10).
pub const CHANNEL_EVENTS: &[&str] = &[
    "onMessageSent",
    "onMediaMessageSent",
    "onMessageUpdated",
    "onMessageRemoved",
    "onChannelUpdated",
    "onChannelDestroyed",
    "onMemberAdded",
    "onMemberUpdated",
    "onMemberRemoved",
];

/// The sixteen events with settings of their own in v1: the parameter's name and the member's name in the answer.
pub const V1_EVENTS: &[(&str, &str)] = &[
    ("OnMessageSend", "on_message_send"),
    ("OnMessageUpdate", "on_message_update"),
    ("OnMessageRemove", "on_message_remove"),
    ("OnChannelAdd", "on_channel_add"),
    ("OnChannelDestroy", "on_channel_destroy"),
    ("OnChannelUpdate", "on_channel_update"),
    ("OnMemberAdd", "on_member_add"),
    ("OnMemberRemove", "on_member_remove"),
    ("OnMessageSent", "on_message_sent"),
    ("OnMessageUpdated", "on_message_updated"),
    ("OnMessageRemoved", "on_message_removed"),
    ("OnChannelAdded", "on_channel_added"),
    ("OnChannelDestroyed", "on_channel_destroyed"),
    ("OnChannelUpdated", "on_channel_updated"),
    ("OnMemberAdded", "on_member_added"),
    ("OnMemberRemoved", "on_member_removed"),
];
