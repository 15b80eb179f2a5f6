//! The sections that are no protocol limit: the listener, roles, lists, logs, databases and tokens.

use serde::Deserialize;

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
