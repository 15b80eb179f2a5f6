//! Invites.

use super::{Columns, FromRow, StoreResult, ToArg, Tx};
use crate::domain::invite::Invite;
use crate::page::{Page, PageRequest};
use crate::sid::{ChannelSid, InviteSid, UserSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, service_sid, channel_sid, user_sid, identity, role_sid, created_by, created_at, updated_at,
         my_created_event"
    };
}

impl FromRow for Invite {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            service_sid: columns.take()?,
            channel_sid: columns.take()?,
            user_sid: columns.take()?,
            identity: columns.take()?,
            role_sid: columns.take()?,
            created_by: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
            my_created_event: columns.take()?,
        })
    }
}

/// The invite of this SID in a channel.
pub async fn find(tx: &Tx<'_>, channel: ChannelSid, invite: InviteSid) -> StoreResult<Option<Invite>> {
    let sql = concat!("SELECT ", columns!(), " FROM invite WHERE sid = $2 AND channel_sid = $1");
    tx.first(sql, args![channel, invite]).await
}

/// The pending invite of an identity in a channel.
pub async fn find_by_identity(
    tx: &Tx<'_>,
    channel: ChannelSid,
    identity: &str,
) -> StoreResult<Option<Invite>> {
    let sql = concat!("SELECT ", columns!(), " FROM invite WHERE channel_sid = $1 AND identity = $2");
    tx.first(sql, args![channel, identity]).await
}

/// A user's pending invite to a channel.
pub async fn of_user_in(tx: &Tx<'_>, user: UserSid, channel: ChannelSid) -> StoreResult<Option<Invite>> {
    let sql = concat!("SELECT ", columns!(), " FROM invite WHERE user_sid = $1 AND channel_sid = $2");
    tx.first(sql, args![user, channel]).await
}

/// Every invite to a channel, in the order in which their users are to be locked.
pub async fn of_channel(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<Vec<Invite>> {
    let sql = concat!("SELECT ", columns!(), " FROM invite WHERE channel_sid = $1 ORDER BY user_sid");
    tx.all(sql, args![channel]).await
}

/// The invites to a channel, oldest first; of some identities only when the list is given.
pub async fn page(
    tx: &Tx<'_>,
    channel: ChannelSid,
    identities: Option<&[&str]>,
    request: &PageRequest<InviteSid>,
) -> StoreResult<Page<Invite, InviteSid>> {
    const LIST: Seek = seek!(columns, "invite WHERE channel_sid = $3", "sid");
    const OF_IDENTITY: Seek = seek!(columns, "invite WHERE channel_sid = $3 AND identity = $4", "sid");
    let sid_of = |invite: &Invite| invite.sid;
    match identities {
        None => seek::page(tx, &LIST, &[[channel.to_arg()]], request, sid_of).await,
        Some(identities) => {
            let sources: Vec<_> =
                identities.iter().map(|identity| [channel.to_arg(), identity.to_arg()]).collect();
            seek::page(tx, &OF_IDENTITY, &sources, request, sid_of).await
        }
    }
}

/// Writes a new invite.
pub async fn insert(tx: &Tx<'_>, invite: &Invite) -> StoreResult<()> {
    tx.run(
        "INSERT INTO invite (sid, service_sid, channel_sid, user_sid, identity, role_sid, created_by, created_at,
             updated_at, my_created_event, my_changed_event)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        args![
            invite.sid,
            invite.service_sid,
            invite.channel_sid,
            invite.user_sid,
            invite.identity,
            invite.role_sid,
            invite.created_by,
            invite.created_at,
            invite.updated_at,
            invite.my_created_event
        ],
    )
    .await
    .map(drop)
}

/// Deletes an invite.
pub async fn delete(tx: &Tx<'_>, invite: InviteSid) -> StoreResult<()> {
    tx.run("DELETE FROM invite WHERE sid = $1", args![invite]).await.map(drop)
}

/// Deletes every invite to a channel.
pub async fn delete_of_channel(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<()> {
    tx.run("DELETE FROM invite WHERE channel_sid = $1", args![channel]).await.map(drop)
}

/// Deletes every invite of a user.
pub async fn delete_of_user(tx: &Tx<'_>, user: UserSid) -> StoreResult<()> {
    tx.run("DELETE FROM invite WHERE user_sid = $1", args![user]).await.map(drop)
}
