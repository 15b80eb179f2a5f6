//! Every number the protocol sets a limit with: counters, sizes, rates and pages.
//!
//! Where the vendor's documentation states a number, the key says so; "ours" marks one that it does not state.

use serde::Deserialize;

use super::schema::{choice, default_value, section};

/// What `limits.profile = "hosted"` puts in place of the defaults: the hosted product's own numbers, as its limits page
/// and the recorded answer to creating a service have them (the OpenAPI text swaps the two defaults).
pub(crate) const HOSTED: &[(&str, i64)] = &[
    ("limits.channel_members.default", 100),
    ("limits.channel_members.max", 1000),
    ("limits.user_channels.default", 250),
    ("limits.user_channels.max", 1000),
];

choice! {
    /// Where the counters' defaults and maxima start from.
    LimitsProfile {
        /// 1,000 members per channel and 1,000 channels per user, both free to be raised.
        Partyline = "partyline",
        /// 100 and 250, neither above 1,000.
        Hosted = "hosted",
    }
}

section! {
    /// Counters and sizes. Bytes are UTF-8 bytes, characters are Unicode scalar values. Whatever is above a size is
    /// refused with HTTP 400, whatever is above a counter with HTTP 403, each with the code of the protocol.
    Limits (Clone, Debug, Deserialize) {
        /// Which numbers `channel_members` and `user_channels` start from: partyline's or the hosted product's. Keys
        /// that are set beat the profile.
        profile: LimitsProfile = "partyline";
        /// Services an account may have. Not published by the vendor; ours.
        services_per_account: i64 = 1000, min 1;
        /// Roles a service may have, the four default ones included. Not published by the vendor; ours.
        roles_per_service: i64 = 100, min 4;
        /// Webhooks a channel may have; above it 50321 (vendor page "Channel Webhook Resource").
        webhooks_per_channel: i64 = 5, min 0;
        /// Triggers a channel webhook may have; above it 50322 (OpenAPI description).
        triggers_per_webhook: i64 = 5, min 0;
        /// Push bindings a user may have; the newest win. Not published by the vendor; ours.
        bindings_per_user: i64 = 100, min 1;
        /// User objects one client may be subscribed to, announced to it as `user_infos_to_subscribe` (SDK constant).
        user_infos_to_subscribe: u64 = 100, min 1;
        /// Message body, in bytes; above it 50504, whose page states 32 KiB.
        message_body_bytes: usize = 32_768, min 1;
        /// Attributes of a message, in bytes; above it 50303.
        message_attributes_bytes: usize = 4096, min 2;
        /// Attributes of a member, in bytes; above it 50303 (the successor product's number).
        member_attributes_bytes: usize = 4096, min 2;
        /// Attributes of a user, in bytes; above it 50303. Not published by the vendor; ours.
        user_attributes_bytes: usize = 4096, min 2;
        /// Attributes of a channel, in bytes; above it 50303 (the successor product's number).
        channel_attributes_bytes: usize = 16_384, min 2;
        /// Identity, author and last editor, in characters; above it 50207, 50310 or 50505.
        identity_chars: usize = 256, min 1;
        /// Unique name of a channel in v2, in characters; above it 50004 (OpenAPI description).
        unique_name_chars: usize = 256, min 1;
        /// Friendly name of a service, channel or user in v2, in characters; above it 50003 (OpenAPI description).
        friendly_name_chars: usize = 256, min 1;
        /// Friendly and unique names in v1, in characters (OpenAPI description of v1).
        v1_name_chars: usize = 64, min 1;
        /// Friendly name of a role, in characters; above it 50003 (OpenAPI description).
        role_name_chars: usize = 64, min 1;
        /// Friendly name of a push credential, in characters (OpenAPI description).
        credential_name_chars: usize = 64, min 1;
        /// Certificate, private key or API key of a push credential, in bytes. Not published by the vendor; ours.
        credential_secret_bytes: usize = 16_384, min 1;
        /// Template of a push notification, in characters; above it 50058. The number is ours.
        notification_template_chars: usize = 512, min 1;
        /// Sound name of a push notification, in characters; above it 50059. The number is ours.
        notification_sound_chars: usize = 128, min 1;
        /// Webhook URL, in characters; above it 50332 (channel) or 50054 (service). The number is ours.
        webhook_url_chars: usize = 2048, min 16;
        /// One trigger word of a channel webhook, in characters. Not published by the vendor; ours.
        trigger_chars: usize = 256, min 1;
        /// Text that stands in for a media message, in characters. Not published by the vendor; ours.
        compatibility_message_chars: usize = 1024, min 1;
        /// A media file, in bytes: 150 MB (vendor page "Media Support"); above it HTTP 413.
        media_bytes: u64 = 157_286_400, min 1;
        /// How long a webhook may take to answer, in milliseconds (5 s in the OpenAPI description).
        webhook_timeout_ms: u64 = 5000, min 1000, max 30_000;
        /// The most retries a service may ask for; above it 50065 (OpenAPI description).
        webhook_max_retries: u32 = 3, min 0, max 3;
    }
    sections {
        /// Members per channel.
        channel_members: ChannelMembers;
        /// Channels per user.
        user_channels: UserChannels;
        /// Actions per second.
        rate: Rate;
    }
}

section! {
    /// Members of a channel. Above it HTTP 403 with 50403. Lowering it keeps the members who are there.
    ChannelMembers (Clone, Debug, Deserialize) {
        /// `Limits.ChannelMembers` of a new service.
        default: i64 = 1000, min 1;
        /// The most a service may be set to; above it 50061.
        max: i64 = 2_147_483_647, min 1, max 2_147_483_647;
    }
}

section! {
    /// Channels that a user is a member of. Above it HTTP 403 with 50208.
    UserChannels (Clone, Debug, Deserialize) {
        /// `Limits.UserChannels` of a new service.
        default: i64 = 1000, min 1;
        /// The most a service may be set to; above it 50060.
        max: i64 = 2_147_483_647, min 1, max 2_147_483_647;
    }
}

section! {
    /// Writes per second, over REST and from clients alike; reads, logins and typing are not counted (vendor page "Chat
    /// Limits"; changelog of 31 March 2020).
    Rate (Clone, Debug, Deserialize) {
        /// Whether writes above the rate are refused with HTTP 429. Off outside `serve` so that test suites stay steady.
        enabled: bool = {dev: false, ci: false, serve: true};
        /// Writes per second in one channel: the channel itself, members, messages, invites; above it 50063.
        channel_aps: u32 = 30, min 1;
        /// Writes per second in one service outside its channels: channels made and deleted, users, roles, bindings;
        /// above it 50074.
        service_aps: u32 = 30, min 1;
        /// The sliding window over which the rate is averaged, in seconds: a burst of `aps * window_s` passes.
        window_s: u32 = 5, min 1, max 3600;
        /// REST requests of one account that may be under way at once; above it 20429. The number is ours.
        concurrent: u32 = 100, min 1;
    }
}

section! {
    /// Page sizes of lists. A larger `PageSize` is cut to the maximum without an error.
    Page (Clone, Debug, Deserialize) {
        /// Most rows of a v1 list (OpenAPI description of v1).
        max_v1: i64 = 1000, min 1;
        /// Most rows of the v1 list of services (OpenAPI description of v1).
        max_services_v1: i64 = 100, min 1;
        /// Most rows of a v2 or v3 list (OpenAPI description).
        max_v2: i64 = 100, min 1;
        /// Most rows of a user's channels in v2 (OpenAPI description).
        max_user_channels_v2: i64 = 50, min 1;
        /// Most rows of bindings, a service's or a user's (OpenAPI description).
        max_bindings: i64 = 50, min 1;
        /// Most rows of push credentials, v1 and v2 (OpenAPI description).
        max_credentials: i64 = 1000, min 1;
        /// Most rows of a channel's webhooks (OpenAPI description).
        max_webhooks: i64 = 5, min 1;
        /// Rows of a page when the request names no size (OpenAPI description).
        default: i64 = 50, min 1;
        /// Rows of a page of a channel's webhooks when the request names no size (OpenAPI description).
        default_webhooks: i64 = 5, min 1;
        /// Whether a `PageSize` above 1000 is refused with 20007 instead of being cut.
        strict: bool = false;
    }
}
