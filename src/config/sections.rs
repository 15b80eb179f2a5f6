//! The sections that are no protocol limit: the listener, roles, lists, logs, databases and tokens.

use serde::Deserialize;

use super::Secret;
use super::schema::{choice, default_value, section};

section! {
    /// The HTTP listener.
    Http (Clone, Debug, Deserialize) {
        /// Worker threads; 0 means one per core.
        workers: usize = 0, max 1024;
        /// The largest request body that is read, media uploads apart, in bytes; above it HTTP 413.
        max_body_bytes: usize = 1_048_576, min 65_536;
        /// How much of a body that is too long is read and thrown away, in bytes, so that a client which reads only after
        /// it has written everything still sees the 413. Above it the connection is closed.
        drain_body_bytes: usize = 33_554_432, min 0;
        /// How long a request's head or body may take to arrive, in milliseconds; above it HTTP 408.
        request_timeout_ms: u64 = 30_000, min 100;
        /// How long an idle connection is kept open, in seconds. Longer than the 60 s after which common load balancers
        /// close theirs, so that the balancer and not the server closes first.
        keep_alive_s: u64 = 75, min 1;
        /// Connections open at once, per process; more wait in the kernel's queue.
        max_connections: usize = 25_000, min 1;
        /// Whether `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-For` are believed. Only behind a proxy that
        /// sets them.
        trust_forwarded: bool = false;
        /// Says that a proxy in front ends TLS; without it `serve` refuses plain HTTP on an address that others can reach.
        tls_proxy: bool = false;
        /// How long requests under way may take to end after a stop signal, in seconds.
        shutdown_timeout_s: u64 = 30, max 3600;
    }
}

choice! {
    /// What happens to a role that is deleted while users or members have it.
    DeleteInUse {
        /// They get the service's default role of that type.
        Fallback = "fallback",
        /// The deletion is refused.
        Refuse = "refuse",
    }
}

section! {
    /// Roles. The four lists are the permissions of the roles that a new service is given.
    Roles (Clone, Debug, Deserialize) {
        /// Whether `editOwnUserInfo` and `editAnyUserInfo` are refused in channel roles, as the hosted API did against its
        /// own documentation.
        strict_vocabulary: bool = true;
        /// What deleting a role that is in use does: `fallback` gives its holders the default role, `refuse` refuses.
        delete_in_use: DeleteInUse = "fallback";
        /// Permissions of the default role `service admin`.
        service_admin: Vec<String> = [
            "createChannel", "joinChannel", "destroyChannel", "inviteMember", "removeMember", "addMember",
            "editChannelName", "editChannelAttributes", "editOwnMessage", "editAnyMessage",
            "editOwnMessageAttributes", "editAnyMessageAttributes", "deleteAnyMessage", "editOwnUserInfo",
            "editAnyUserInfo",
        ];
        /// Permissions of the default role `service user`, which new users get.
        service_user: Vec<String> = ["createChannel", "joinChannel", "editOwnUserInfo"];
        /// Permissions of the default role `channel admin`, which the creator of a channel gets.
        channel_admin: Vec<String> = [
            "sendMessage", "sendMediaMessage", "leaveChannel", "inviteMember", "addMember", "removeMember",
            "destroyChannel", "editChannelName", "editChannelAttributes", "editOwnMessage", "editAnyMessage",
            "editOwnMessageAttributes", "editAnyMessageAttributes", "deleteOwnMessage", "deleteAnyMessage",
            "editNotificationLevel",
        ];
        /// Permissions of the default role `channel user`, which new members get.
        channel_user: Vec<String> = [
            "sendMessage", "leaveChannel", "editOwnMessage", "deleteOwnMessage", "sendMediaMessage",
            "editOwnMessageAttributes", "editNotificationLevel",
        ];
    }
}

choice! {
    /// Which channels a list over REST shows when the request names no `Type`.
    ListDefault {
        /// Public and private ones.
        All = "all",
        /// Public ones only.
        Public = "public",
    }
}

section! {
    /// Channels.
    Channels (Clone, Debug, Deserialize) {
        /// Which channels the REST list shows when the request names no `Type`.
        list_default: ListDefault = "all";
        /// Messaging services that v3 may name in `MessagingServiceSid`, `MG` and 32 digits each. partyline has none of its
        /// own, so any other is refused with 50342.
        messaging_services: Vec<String> = [];
    }
}

choice! {
    /// How a log line looks.
    LogFormat {
        /// For a person at a terminal.
        Pretty = "pretty",
        /// One JSON object per line.
        Json = "json",
    }
}

section! {
    /// The log, which goes to standard error.
    Log (Clone, Debug, Deserialize) {
        /// How a line looks.
        format: LogFormat = {dev: "pretty", ci: "pretty", serve: "json"};
        /// What is logged: a level, or filters such as `warn,partyline=debug`.
        level: String = {dev: "info", ci: "warn", serve: "info"};
        /// Whether each request gets a line.
        requests: bool = {dev: true, ci: false, serve: false};
    }
}

section! {
    /// SQLite, where `database` is a file or `:memory:`.
    Sqlite (Clone, Debug, Deserialize) {
        /// Page cache of each connection, in MiB.
        cache_mib: u32 = 64, min 1, max 65_536;
        /// How much of the file is read through a memory map, in MiB; 0 reads all of it through the cache.
        mmap_mib: u32 = 1024, min 0, max 65_536;
        /// Size that the write-ahead log grows to before it is copied into the file, in MiB.
        checkpoint_mib: u32 = 16, min 1, max 65_536;
    }
}

section! {
    /// PostgreSQL, where `database` is a `postgres://` URL.
    Postgres (Clone, Debug, Deserialize) {
        /// Connections of this process.
        pool_size: usize = 16, min 2, max 10_000;
        /// How long connecting, or waiting for a free connection, may take, in milliseconds.
        connect_timeout_ms: u64 = 5000, min 100;
    }
}

choice! {
    /// How often a post-event is sent again that was not taken.
    WebhookRetries {
        /// As the hosted product: as often as the service or the channel webhook says, at most three times, after a timeout,
        /// 429, 503 or 504.
        Hosted = "hosted",
        /// After every failure, ever more slowly, for `webhooks.give_up_after_h` hours; then it is a dead letter.
        Durable = "durable",
    }
}

choice! {
    /// What a failing pre-hook does to the action it was asked about.
    PreOn5xx {
        /// The action is refused with 50057.
        Reject = "reject",
        /// The action goes on.
        Accept = "accept",
    }
}

section! {
    /// Webhooks. How long a receiver may take is `limits.webhook_timeout_ms`.
    Webhooks (Clone, Debug, Deserialize) {
        /// Whether REST calls with `X-Twilio-Webhook-Enabled: true` ask pre-hooks too. The hosted product asked them for
        /// actions of chat clients only; with this an app or a test suite that has REST alone can use them.
        pre_on_rest: bool = false;
        /// What a pre-hook that answers 5xx does: `reject` or `accept` the action. Vendor pages of several years disagree.
        pre_on_5xx: PreOn5xx = "reject";
        /// Whether post-events reach each receiver in the order of their channel. The next one then waits for the one
        /// before it, its retries too; other channels and other receivers do not.
        ordered: bool = false;
        /// How often a post-event is sent again: `hosted` or `durable`.
        retries: WebhookRetries = "hosted";
        /// How long `durable` goes on, in hours.
        give_up_after_h: u64 = 72, min 1, max 8760;
        /// Where channel webhooks of the type `studio` post to; `{FlowSid}` stands for the flow. Unset, they do nothing.
        executions_url: Option<String> = none;
        /// The header `User-Agent`.
        user_agent: String = "partyline";
        /// `whsec_` and the secret in base64. When it is set, the headers `webhook-id`, `webhook-timestamp` and
        /// `webhook-signature` of Standard Webhooks are sent beside the vendor's signature.
        standard_secret: Option<Secret> = none;
        /// Whether loopback and private addresses may be called. Addresses of cloud metadata never are.
        allow_private: bool = {dev: true, ci: true, serve: false};
        /// Hosts, addresses and blocks (`10.1.0.0/16`) that may be called though they are private.
        allow: Vec<String> = [];
        /// Whether receivers with certificates that nobody vouches for are called.
        accept_invalid_certs: bool = false;
        /// Calls under way at once, per process.
        concurrency: usize = 256, min 1, max 65_536;
        /// Calls under way at once to one receiver of a service. A receiver that keeps timing out gets fewer.
        concurrency_per_receiver: usize = 64, min 1, max 65_536;
        /// How long the log keeps what is over, in days.
        log_days: u64 = 7, max 36_500;
        /// How many deliveries the log keeps at most.
        log_rows: i64 = 1_000_000, min 0;
        /// How much of an answer the log keeps, in bytes.
        log_answer_bytes: usize = 2048, max 65_536;
    }
}

impl Webhooks {
    /// How long durable deliveries are tried.
    #[must_use]
    pub fn give_up_after(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.give_up_after_h.saturating_mul(3_600))
    }

    /// Where a flow's executions are posted to, if anywhere.
    #[must_use]
    pub fn executions_of(&self, flow: crate::sid::FlowSid) -> Option<String> {
        Some(self.executions_url.as_ref()?.replace("{FlowSid}", &flow.to_string()))
    }
}

section! {
    /// Access tokens of chat clients.
    Tokens (Clone, Debug, Deserialize) {
        /// Whether a lifetime below 180 s, the documented minimum, is refused. Off because test suites want short ones.
        enforce_min_ttl: bool = false;
        /// How far a client's clock may be ahead in `nbf` and `iat`, in seconds. There is none on `exp`.
        clock_skew_s: u64 = 60, max 3600;
        /// The longest lifetime, in seconds; above it 20157 (vendor page "Access Tokens": 24 hours).
        max_ttl_s: u64 = 86_400, min 1;
    }
}
