-- One schema for SQLite and PostgreSQL. SIDs are 16 bytes, times are microseconds since 1970.
-- On SQLite, BYTEA becomes BLOB and the line endings marked [clustered] become WITHOUT ROWID.

CREATE TABLE account (
    sid BYTEA PRIMARY KEY,
    auth_token TEXT NOT NULL,
    made_up BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_key (
    sid BYTEA PRIMARY KEY,
    account_sid BYTEA NOT NULL,
    secret TEXT NOT NULL,
    friendly_name TEXT,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX api_key_account ON api_key (account_sid, sid);

CREATE TABLE credential (
    sid BYTEA PRIMARY KEY,
    account_sid BYTEA NOT NULL,
    friendly_name TEXT,
    type TEXT NOT NULL,
    sandbox BOOLEAN NOT NULL,
    certificate TEXT,
    private_key TEXT,
    api_key TEXT,
    secret TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX credential_account ON credential (account_sid, sid);

-- How many objects an account or a service holds, where the operator limits them: (owner, kind) -> n.
CREATE TABLE tally (
    owner_sid BYTEA NOT NULL,
    kind TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (owner_sid, kind)
); -- [clustered]

CREATE TABLE service (
    sid BYTEA PRIMARY KEY,
    account_sid BYTEA NOT NULL,
    friendly_name TEXT,
    default_service_role_sid BYTEA NOT NULL,
    default_channel_role_sid BYTEA NOT NULL,
    default_channel_creator_role_sid BYTEA NOT NULL,
    read_status_enabled BOOLEAN NOT NULL,
    reachability_enabled BOOLEAN NOT NULL,
    typing_indicator_timeout BIGINT NOT NULL,
    consumption_report_interval BIGINT NOT NULL,
    channel_members_limit BIGINT NOT NULL,
    user_channels_limit BIGINT NOT NULL,
    pre_webhook_url TEXT,
    post_webhook_url TEXT,
    webhook_method TEXT,
    webhook_filters TEXT,
    pre_webhook_retry_count BIGINT NOT NULL,
    post_webhook_retry_count BIGINT NOT NULL,
    notifications TEXT NOT NULL,
    event_webhooks TEXT NOT NULL,
    compatibility_message TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX service_account ON service (account_sid, sid);

CREATE TABLE role (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    friendly_name TEXT NOT NULL,
    type TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX role_service ON role (service_sid, sid);

-- my_channels_event and info_event count the changes of the user's two real-time objects; the three columns after them
-- say which of those changes each item of the user info last had. The items are created with the user, by event 1.
CREATE TABLE chat_user (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    identity TEXT NOT NULL,
    role_sid BYTEA NOT NULL,
    friendly_name TEXT,
    attributes TEXT,
    is_online BOOLEAN,
    is_notifiable BOOLEAN,
    joined_channels_count BIGINT NOT NULL,
    bindings_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    my_channels_event BIGINT NOT NULL,
    info_event BIGINT NOT NULL,
    friendly_name_event BIGINT NOT NULL,
    attributes_event BIGINT NOT NULL,
    reachability_event BIGINT NOT NULL
);
CREATE UNIQUE INDEX chat_user_identity ON chat_user (service_sid, identity);
CREATE INDEX chat_user_service ON chat_user (service_sid, sid);
CREATE INDEX chat_user_role ON chat_user (role_sid, sid);

-- document_event, roster_event and messages_event count the changes of the channel's three real-time objects.
CREATE TABLE channel (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    type TEXT NOT NULL,
    friendly_name TEXT,
    unique_name TEXT,
    attributes TEXT,
    created_by TEXT NOT NULL,
    messaging_service_sid BYTEA,
    members_count BIGINT NOT NULL,
    messages_count BIGINT NOT NULL,
    next_index BIGINT NOT NULL,
    last_message_sid BYTEA,
    last_message_index BIGINT,
    last_message_at BIGINT,
    webhooks_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    document_event BIGINT NOT NULL,
    roster_event BIGINT NOT NULL,
    messages_event BIGINT NOT NULL
);
CREATE UNIQUE INDEX channel_unique_name ON channel (service_sid, unique_name);
CREATE INDEX channel_service ON channel (service_sid, sid);
CREATE INDEX channel_type ON channel (service_sid, type, sid);

-- created_event and changed_event are numbers of the channel's roster, my_* of the user's list of channels.
CREATE TABLE member (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    channel_sid BYTEA NOT NULL,
    user_sid BYTEA NOT NULL,
    identity TEXT NOT NULL,
    role_sid BYTEA NOT NULL,
    attributes TEXT,
    last_consumed_index BIGINT,
    last_consumed_at BIGINT,
    notification_level TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created_event BIGINT NOT NULL,
    changed_event BIGINT NOT NULL,
    my_created_event BIGINT NOT NULL,
    my_changed_event BIGINT NOT NULL
);
CREATE UNIQUE INDEX member_identity ON member (channel_sid, identity);
CREATE INDEX member_channel ON member (channel_sid, sid);
CREATE INDEX member_changes ON member (channel_sid, changed_event);
CREATE UNIQUE INDEX member_user ON member (user_sid, channel_sid);
CREATE INDEX member_role ON member (role_sid, sid);

CREATE TABLE invite (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    channel_sid BYTEA NOT NULL,
    user_sid BYTEA NOT NULL,
    identity TEXT NOT NULL,
    role_sid BYTEA NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    my_created_event BIGINT NOT NULL,
    my_changed_event BIGINT NOT NULL
);
CREATE UNIQUE INDEX invite_identity ON invite (channel_sid, identity);
CREATE INDEX invite_channel ON invite (channel_sid, sid);
CREATE UNIQUE INDEX invite_user ON invite (user_sid, channel_sid);
CREATE INDEX invite_role ON invite (role_sid, sid);

CREATE TABLE message (
    channel_sid BYTEA NOT NULL,
    idx BIGINT NOT NULL,
    sid BYTEA NOT NULL,
    author TEXT NOT NULL,
    body TEXT,
    attributes TEXT,
    media_sid BYTEA,
    media_size BIGINT,
    media_content_type TEXT,
    media_filename TEXT,
    last_updated_by TEXT,
    was_edited BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created_event BIGINT NOT NULL,
    changed_event BIGINT NOT NULL,
    PRIMARY KEY (channel_sid, idx)
); -- [clustered]
CREATE UNIQUE INDEX message_sid ON message (sid);
-- Created messages are in the order of their events as they are in that of their indexes; only changed ones need more.
CREATE INDEX message_changes ON message (channel_sid, changed_event) WHERE changed_event > created_event;

-- How many messages of each block of 64^level indexes are gone; level 0 is the index itself.
CREATE TABLE message_removed (
    channel_sid BYTEA NOT NULL,
    level BIGINT NOT NULL,
    block BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (channel_sid, level, block)
); -- [clustered]

CREATE TABLE media (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    channel_sid BYTEA,
    message_sid BYTEA,
    author TEXT NOT NULL,
    filename TEXT,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE binding (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    user_sid BYTEA NOT NULL,
    identity TEXT NOT NULL,
    credential_sid BYTEA NOT NULL,
    type TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    address TEXT NOT NULL,
    message_types TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX binding_type ON binding (service_sid, type, sid);
CREATE INDEX binding_user ON binding (user_sid, type, sid);
CREATE UNIQUE INDEX binding_endpoint ON binding (service_sid, endpoint, type);

CREATE TABLE channel_webhook (
    sid BYTEA PRIMARY KEY,
    service_sid BYTEA NOT NULL,
    channel_sid BYTEA NOT NULL,
    type TEXT NOT NULL,
    url TEXT,
    method TEXT,
    filters TEXT,
    triggers TEXT,
    flow_sid BYTEA,
    retry_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX channel_webhook_channel ON channel_webhook (channel_sid, sid);

-- An item that a real-time object no longer has: which event removed it, so that a client that was away can catch up.
CREATE TABLE tombstone (
    owner_sid BYTEA NOT NULL,
    object TEXT NOT NULL,
    event BIGINT NOT NULL,
    item_sid BYTEA NOT NULL,
    item_index BIGINT,
    created_event BIGINT NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (owner_sid, object, event)
); -- [clustered]

-- What was deleted with its service or channel and is taken away in small steps, so that no write waits for it.
CREATE TABLE purge (
    sid BYTEA PRIMARY KEY,
    kind TEXT NOT NULL
);
