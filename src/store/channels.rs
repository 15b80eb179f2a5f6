//! Channels, and the counters that order what happens in them.

use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::at::{ChannelAt, Name, ServiceAt};
use crate::domain::channel::{Channel, ChannelType};
use crate::page::{Page, PageRequest};
use crate::sid::{ChannelSid, MessageSid, ServiceSid};
use crate::store::seek::{self, Seek};
use crate::time::Timestamp;
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, service_sid, type, friendly_name, unique_name, attributes, created_by, messaging_service_sid,
         members_count, messages_count, next_index, last_message_sid, webhooks_count, created_at, updated_at"
    };
}

macro_rules! by_sid {
    () => {
        " WHERE sid = $3 AND service_sid = $2
          AND EXISTS (SELECT 1 FROM service WHERE service.sid = $2 AND account_sid = $1)"
    };
}

macro_rules! by_unique_name {
    () => {
        " WHERE unique_name = $3 AND service_sid = $2
          AND EXISTS (SELECT 1 FROM service WHERE service.sid = $2 AND account_sid = $1)"
    };
}

impl FromRow for Channel {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            service_sid: columns.take()?,
            kind: kind(columns.take()?)?,
            friendly_name: columns.take()?,
            unique_name: columns.take()?,
            attributes: columns.take()?,
            created_by: columns.take()?,
            messaging_service_sid: columns.take()?,
            members_count: columns.take()?,
            messages_count: columns.take()?,
            next_index: columns.take()?,
            last_message_sid: columns.take()?,
            webhooks_count: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

fn kind(word: &str) -> StoreResult<ChannelType> {
    ChannelType::from_word(word).ok_or_else(|| StoreError::Decode(format!("channel type {word}")))
}

async fn by_name<R: FromRow>(
    tx: &Tx<'_>,
    at: &ChannelAt,
    by_sid: &'static str,
    by_unique_name: &'static str,
) -> StoreResult<Option<R>> {
    let ServiceAt { account, service } = at.service;
    match &at.channel {
        Name::Sid(sid) => tx.first(by_sid, args![account, service, sid]).await,
        Name::Other(name) => tx.first(by_unique_name, args![account, service, name]).await,
    }
}

/// The channel of this SID or unique name in a service of the account.
pub async fn find(tx: &Tx<'_>, at: &ChannelAt) -> StoreResult<Option<Channel>> {
    const BY_SID: &str = concat!("SELECT ", columns!(), " FROM channel", by_sid!());
    const BY_UNIQUE_NAME: &str = concat!("SELECT ", columns!(), " FROM channel", by_unique_name!());
    by_name(tx, at, BY_SID, BY_UNIQUE_NAME).await
}

/// The same, kept from others until the transaction ends.
pub async fn lock(tx: &Tx<'_>, at: &ChannelAt) -> StoreResult<Option<Channel>> {
    const BY_SID: &str = concat!("SELECT ", columns!(), " FROM channel", by_sid!(), " FOR UPDATE");
    const BY_UNIQUE_NAME: &str =
        concat!("SELECT ", columns!(), " FROM channel", by_unique_name!(), " FOR UPDATE");
    by_name(tx, at, BY_SID, BY_UNIQUE_NAME).await
}

/// Only the SID of the channel: all that a message or member in it needs to be found.
pub async fn resolve(tx: &Tx<'_>, at: &ChannelAt) -> StoreResult<Option<ChannelSid>> {
    const BY_SID: &str = concat!("SELECT sid FROM channel", by_sid!());
    const BY_UNIQUE_NAME: &str = concat!("SELECT sid FROM channel", by_unique_name!());
    by_name(tx, at, BY_SID, BY_UNIQUE_NAME).await
}

/// Keeps a channel from others until the transaction ends; false when it is gone.
pub async fn lock_sid(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<bool> {
    let sid: Option<ChannelSid> =
        tx.first("SELECT sid FROM channel WHERE sid = $1 FOR UPDATE", args![channel]).await?;
    Ok(sid.is_some())
}

/// The SID of a unique name.
pub async fn sid_of(tx: &Tx<'_>, service: ServiceSid, unique_name: &str) -> StoreResult<Option<ChannelSid>> {
    tx.first(
        "SELECT sid FROM channel WHERE service_sid = $1 AND unique_name = $2",
        args![service, unique_name],
    )
    .await
}

/// The channels of a service, oldest first; of some types only when `kinds` is not empty.
pub async fn page(
    tx: &Tx<'_>,
    at: ServiceAt,
    kinds: &[ChannelType],
    request: &PageRequest<ChannelSid>,
) -> StoreResult<Page<Channel, ChannelSid>> {
    const LIST: Seek = seek!(columns, "channel WHERE service_sid = $3", "sid");
    const OF_TYPE: Seek = seek!(columns, "channel WHERE service_sid = $3 AND type = $4", "sid");
    let sid_of = |channel: &Channel| channel.sid;
    match kinds {
        [kind] => {
            let sources = [[at.service.to_arg(), kind.as_str().to_arg()]];
            seek::page(tx, &OF_TYPE, &sources, request, sid_of).await
        }
        _ => seek::page(tx, &LIST, &[[at.service.to_arg()]], request, sid_of).await,
    }
}

/// Writes a new channel; false when its unique name is taken.
pub async fn insert(tx: &Tx<'_>, channel: &Channel) -> StoreResult<bool> {
    let inserted = tx
        .run(
            "INSERT INTO channel (sid, service_sid, type, friendly_name, unique_name, attributes, created_by,
                 members_count, messages_count, next_index, webhooks_count, created_at, updated_at, document_event,
                 roster_event, messages_event)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, $8, $9, 0, 0, 0)
             ON CONFLICT (service_sid, unique_name) DO NOTHING",
            args![
                channel.sid,
                channel.service_sid,
                channel.kind.as_str(),
                channel.friendly_name,
                channel.unique_name,
                channel.attributes,
                channel.created_by,
                channel.created_at,
                channel.updated_at
            ],
        )
        .await?;
    Ok(inserted > 0)
}

/// Writes a changed channel: an event of its document.
pub async fn update(tx: &Tx<'_>, channel: &Channel) -> StoreResult<()> {
    tx.run(
        "UPDATE channel SET type = $2, friendly_name = $3, unique_name = $4, attributes = $5, created_by = $6,
             messaging_service_sid = $7, created_at = $8, updated_at = $9, document_event = document_event + 1
         WHERE sid = $1",
        args![
            channel.sid,
            channel.kind.as_str(),
            channel.friendly_name,
            channel.unique_name,
            channel.attributes,
            channel.created_by,
            channel.messaging_service_sid,
            channel.created_at,
            channel.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Deletes a channel's own row.
pub async fn delete(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<()> {
    tx.run("DELETE FROM channel WHERE sid = $1", args![channel]).await.map(drop)
}

/// Where a new message goes.
pub struct Place {
    /// Its channel.
    pub channel: ChannelSid,
    /// Its index.
    pub index: i64,
    /// Its event in the channel's list of messages.
    pub event: i64,
    /// How many webhooks the channel has.
    pub webhooks: i64,
    /// Whether the service has a target for post-events.
    pub has_target: bool,
}

macro_rules! next_message {
    () => {
        "SELECT sid, next_index, messages_event + 1, webhooks_count,
             (SELECT post_webhook_url IS NOT NULL OR event_webhooks <> '{}' FROM service
              WHERE service.sid = $2 AND account_sid = $1)"
    };
}

/// `None` when the account has no such service.
impl FromRow for Option<Place> {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        let (channel, index, event, webhooks) =
            (columns.take()?, columns.take()?, columns.take()?, columns.take()?);
        let has_target = columns.take::<Option<bool>>()?;
        Ok(has_target.map(|has_target| Place { channel, index, event, webhooks, has_target }))
    }
}

/// Where the next message of a channel goes; the channel is kept from others until the transaction ends.
pub async fn place_of_next_message(tx: &Tx<'_>, at: &ChannelAt) -> StoreResult<Option<Place>> {
    // The look at the service that checks its account tells too whether it has a target for post-events.
    const BY_SID: &str =
        concat!(next_message!(), " FROM channel WHERE sid = $3 AND service_sid = $2 FOR UPDATE");
    const BY_UNIQUE_NAME: &str =
        concat!(next_message!(), " FROM channel WHERE unique_name = $3 AND service_sid = $2 FOR UPDATE");
    Ok(by_name::<Option<Place>>(tx, at, BY_SID, BY_UNIQUE_NAME).await?.flatten())
}

/// Takes the place: index, counts and events. (`RETURNING` would do both in one statement, and costs SQLite more than the
/// two.)
pub async fn accept_message(
    tx: &Tx<'_>,
    channel: ChannelSid,
    message: MessageSid,
    created_at: Timestamp,
) -> StoreResult<()> {
    tx.run(
        "UPDATE channel SET next_index = next_index + 1, messages_count = messages_count + 1,
             messages_event = messages_event + 1, document_event = document_event + 1, last_message_sid = $2,
             last_message_index = next_index, last_message_at = $3
         WHERE sid = $1",
        args![channel, message, created_at],
    )
    .await
    .map(drop)
}

/// Draws the event of a changed message.
pub async fn next_messages_event(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<i64> {
    tx.one(
        "UPDATE channel SET messages_event = messages_event + 1 WHERE sid = $1 RETURNING messages_event",
        args![channel],
    )
    .await
}

/// Counts a removed message and draws its event.
pub async fn count_removed_message(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<i64> {
    tx.one(
        "UPDATE channel SET messages_count = messages_count - 1, messages_event = messages_event + 1
         WHERE sid = $1 RETURNING messages_event",
        args![channel],
    )
    .await
}

/// Sets which message is the newest: an event of the document.
pub async fn set_last_message(
    tx: &Tx<'_>,
    channel: ChannelSid,
    last: Option<(MessageSid, i64, Timestamp)>,
) -> StoreResult<()> {
    tx.run(
        "UPDATE channel SET last_message_sid = $2, last_message_index = $3, last_message_at = $4,
             document_event = document_event + 1
         WHERE sid = $1",
        args![channel, last.map(|(sid, ..)| sid), last.map(|(_, index, _)| index), last.map(|(.., at)| at)],
    )
    .await
    .map(drop)
}

/// Counts one member more or less and draws the event of the roster.
pub async fn count_members(tx: &Tx<'_>, channel: ChannelSid, by: i64) -> StoreResult<i64> {
    tx.one(
        "UPDATE channel SET members_count = members_count + $2, roster_event = roster_event + 1
         WHERE sid = $1 RETURNING roster_event",
        args![channel, by],
    )
    .await
}

/// Draws an event of the roster.
pub async fn next_roster_event(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<i64> {
    count_members(tx, channel, 0).await
}

/// Counts one webhook more or less; answers the new count.
pub async fn count_webhooks(tx: &Tx<'_>, channel: ChannelSid, by: i64) -> StoreResult<i64> {
    tx.one(
        "UPDATE channel SET webhooks_count = webhooks_count + $2 WHERE sid = $1 RETURNING webhooks_count",
        args![channel, by],
    )
    .await
}
