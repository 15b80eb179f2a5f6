//! Channel webhooks.

use super::services::{from_json, to_json};
use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::channel_webhook::ChannelWebhook;
use crate::page::{Page, PageRequest};
use crate::sid::{ChannelSid, WebhookSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, service_sid, channel_sid, type, url, method, filters, triggers, flow_sid, retry_count, created_at,
         updated_at"
    };
}

impl FromRow for ChannelWebhook {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            service_sid: columns.take()?,
            channel_sid: columns.take()?,
            kind: {
                let word = columns.take::<&str>()?;
                word.parse().map_err(|_| StoreError::Decode(format!("channel webhook type {word}")))?
            },
            url: columns.take()?,
            method: columns.take()?,
            filters: columns.take::<Option<&str>>()?.map(from_json).transpose()?,
            triggers: columns.take::<Option<&str>>()?.map(from_json).transpose()?,
            flow_sid: columns.take()?,
            retry_count: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

/// The webhook of this SID in a channel.
pub async fn find(
    tx: &Tx<'_>,
    channel: ChannelSid,
    webhook: WebhookSid,
) -> StoreResult<Option<ChannelWebhook>> {
    let sql = concat!("SELECT ", columns!(), " FROM channel_webhook WHERE sid = $2 AND channel_sid = $1");
    tx.first(sql, args![channel, webhook]).await
}

/// The webhooks of a channel, oldest first.
pub async fn page(
    tx: &Tx<'_>,
    channel: ChannelSid,
    request: &PageRequest<WebhookSid>,
) -> StoreResult<Page<ChannelWebhook, WebhookSid>> {
    const LIST: Seek = seek!(columns, "channel_webhook WHERE channel_sid = $3", "sid");
    seek::page(tx, &LIST, &[[channel.to_arg()]], request, |webhook: &ChannelWebhook| webhook.sid).await
}

/// Every webhook of a channel, oldest first.
pub async fn of_channel(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<Vec<ChannelWebhook>> {
    let sql = concat!("SELECT ", columns!(), " FROM channel_webhook WHERE channel_sid = $1 ORDER BY sid");
    tx.all(sql, args![channel]).await
}

/// Writes a new webhook.
pub async fn insert(tx: &Tx<'_>, webhook: &ChannelWebhook) -> StoreResult<()> {
    tx.run(
        "INSERT INTO channel_webhook (sid, service_sid, channel_sid, type, url, method, filters, triggers, flow_sid,
             retry_count, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            webhook.sid,
            webhook.service_sid,
            webhook.channel_sid,
            webhook.kind.as_str(),
            webhook.url,
            webhook.method,
            webhook.filters.as_ref().map(to_json).transpose()?,
            webhook.triggers.as_ref().map(to_json).transpose()?,
            webhook.flow_sid,
            webhook.retry_count,
            webhook.created_at,
            webhook.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Writes a webhook's configuration.
pub async fn update(tx: &Tx<'_>, webhook: &ChannelWebhook) -> StoreResult<()> {
    tx.run(
        "UPDATE channel_webhook SET url = $2, method = $3, filters = $4, triggers = $5, flow_sid = $6,
             retry_count = $7, updated_at = $8
         WHERE sid = $1",
        args![
            webhook.sid,
            webhook.url,
            webhook.method,
            webhook.filters.as_ref().map(to_json).transpose()?,
            webhook.triggers.as_ref().map(to_json).transpose()?,
            webhook.flow_sid,
            webhook.retry_count,
            webhook.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Deletes a webhook.
pub async fn delete(tx: &Tx<'_>, webhook: WebhookSid) -> StoreResult<()> {
    tx.run("DELETE FROM channel_webhook WHERE sid = $1", args![webhook]).await.map(drop)
}

/// Deletes every webhook of a channel.
pub async fn delete_of_channel(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<()> {
    tx.run("DELETE FROM channel_webhook WHERE channel_sid = $1", args![channel]).await.map(drop)
}
