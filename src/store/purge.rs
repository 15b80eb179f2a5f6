//! Taking away what a deleted service or channel leaves behind: a few rows at a time, so that no write waits for it.
//!
//! The deletion itself has made the rows unreachable, in the transaction that queued the purge.

use super::{Arg, StoreResult, ToArg, Tx};
use crate::args;
use crate::error::ApiError;
use crate::sid::{ChannelSid, ServiceSid, UserSid};
use crate::store::Command;

/// Rows per step: a step holds the writer for a few milliseconds.
const STEP: i64 = 200;

/// Queues the remains of a `service` or a `channel`.
pub async fn due(tx: &Tx<'_>, sid: &impl ToArg, kind: &'static str) -> StoreResult<()> {
    tx.run("INSERT INTO purge (sid, kind) VALUES ($1, $2) ON CONFLICT (sid) DO NOTHING", args![sid, kind])
        .await
        .map(drop)
}

/// One step of the purge; answers whether there is more to do.
pub struct PurgeStep;

impl Command for PurgeStep {
    type Output = bool;

    const DURABLE: bool = false;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, ApiError> {
        let mut next = None;
        tx.each("SELECT sid, kind FROM purge ORDER BY sid LIMIT 1 FOR UPDATE", &[], &mut |row| {
            next = Some((row.bytes(0)?.unwrap_or_default().to_vec(), row.text(1)? == Some("service")));
            Ok(())
        })
        .await?;
        let Some((sid, service)) = next else { return Ok(false) };
        let sid = Arg::Bytes(&sid);
        let left = if service { purge_service(tx, sid).await? } else { purge_channel(tx, sid).await? };
        if !left {
            tx.run("DELETE FROM purge WHERE sid = $1", &[sid]).await?;
        }
        Ok(true)
    }
}

/// True while something may be left.
async fn purge_channel(tx: &Tx<'_>, channel: Arg<'_>) -> StoreResult<bool> {
    for sql in [
        "DELETE FROM message WHERE channel_sid = $1 AND idx IN
             (SELECT idx FROM message WHERE channel_sid = $1 ORDER BY idx LIMIT $2)",
        "DELETE FROM tombstone WHERE owner_sid = $1 AND object = 'messages' AND event IN
             (SELECT event FROM tombstone WHERE owner_sid = $1 AND object = 'messages' ORDER BY event LIMIT $2)",
        "DELETE FROM tombstone WHERE owner_sid = $1 AND object = 'roster' AND event IN
             (SELECT event FROM tombstone WHERE owner_sid = $1 AND object = 'roster' ORDER BY event LIMIT $2)",
        "DELETE FROM message_removed WHERE channel_sid = $1 AND level = 0 AND block IN
             (SELECT block FROM message_removed WHERE channel_sid = $1 AND level = 0 ORDER BY block LIMIT $2)",
    ] {
        if tx.run(sql, &[channel, Arg::Int(STEP)]).await? > 0 {
            return Ok(true);
        }
    }
    tx.run("DELETE FROM message_removed WHERE channel_sid = $1", &[channel]).await?;
    Ok(false)
}

async fn purge_service(tx: &Tx<'_>, service: Arg<'_>) -> StoreResult<bool> {
    // A channel's members, invites and webhooks go with the channel; its messages get a purge of their own.
    let channels: Vec<ChannelSid> =
        tx.all("SELECT sid FROM channel WHERE service_sid = $1 ORDER BY sid LIMIT 20", &[service]).await?;
    for channel in &channels {
        for sql in [
            "DELETE FROM member WHERE channel_sid = $1",
            "DELETE FROM invite WHERE channel_sid = $1",
            "DELETE FROM channel_webhook WHERE channel_sid = $1",
            "DELETE FROM channel WHERE sid = $1",
        ] {
            tx.run(sql, args![channel]).await?;
        }
        due(tx, channel, "channel").await?;
    }
    if !channels.is_empty() {
        return Ok(true);
    }
    let users: Vec<UserSid> =
        tx.all("SELECT sid FROM chat_user WHERE service_sid = $1 ORDER BY sid LIMIT 50", &[service]).await?;
    for user in &users {
        for sql in [
            "DELETE FROM binding WHERE user_sid = $1",
            "DELETE FROM tombstone WHERE owner_sid = $1",
            "DELETE FROM chat_user WHERE sid = $1",
        ] {
            tx.run(sql, args![user]).await?;
        }
    }
    if !users.is_empty() {
        return Ok(true);
    }
    tx.run("DELETE FROM role WHERE service_sid = $1", &[service]).await?;
    tx.run("DELETE FROM tally WHERE owner_sid = $1", &[service]).await?;
    Ok(false)
}

/// How many purges wait; for tests and for the metrics.
pub async fn waiting(tx: &Tx<'_>) -> StoreResult<i64> {
    tx.one("SELECT COUNT(*) FROM purge", &[]).await
}

/// True when nothing of a service is left; for tests.
pub async fn is_gone(tx: &Tx<'_>, service: ServiceSid) -> StoreResult<bool> {
    let n: i64 = tx
        .one(
            "SELECT (SELECT COUNT(*) FROM channel WHERE service_sid = $1)
                  + (SELECT COUNT(*) FROM chat_user WHERE service_sid = $1)
                  + (SELECT COUNT(*) FROM role WHERE service_sid = $1)
                  + (SELECT COUNT(*) FROM member WHERE service_sid = $1)",
            args![service],
        )
        .await?;
    Ok(n == 0)
}
