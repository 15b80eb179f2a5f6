//! Members.

use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::at::Name;
use crate::domain::member::Member;
use crate::page::{Page, PageRequest};
use crate::sid::{ChannelSid, MemberSid, RoleSid, UserSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, service_sid, channel_sid, user_sid, identity, role_sid, attributes, last_consumed_index,
         last_consumed_at, notification_level, created_at, updated_at, created_event, my_created_event"
    };
}

impl FromRow for Member {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            service_sid: columns.take()?,
            channel_sid: columns.take()?,
            user_sid: columns.take()?,
            identity: columns.take()?,
            role_sid: columns.take()?,
            attributes: columns.take()?,
            last_consumed_index: columns.take()?,
            last_consumed_at: columns.take()?,
            notification_level: {
                let word = columns.take::<&str>()?;
                word.parse().map_err(|_| StoreError::Decode(format!("notification level {word}")))?
            },
            created_at: columns.take()?,
            updated_at: columns.take()?,
            created_event: columns.take()?,
            my_created_event: columns.take()?,
        })
    }
}

/// The member of this SID or identity in a channel.
pub async fn find(tx: &Tx<'_>, channel: ChannelSid, member: &Name<MemberSid>) -> StoreResult<Option<Member>> {
    const BY_SID: &str = concat!("SELECT ", columns!(), " FROM member WHERE sid = $2 AND channel_sid = $1");
    const BY_IDENTITY: &str =
        concat!("SELECT ", columns!(), " FROM member WHERE identity = $2 AND channel_sid = $1");
    match member {
        Name::Sid(sid) => tx.first(BY_SID, args![channel, sid]).await,
        Name::Other(identity) => tx.first(BY_IDENTITY, args![channel, identity]).await,
    }
}

/// True when the identity is a member of the channel.
pub async fn exists(tx: &Tx<'_>, channel: ChannelSid, identity: &str) -> StoreResult<bool> {
    let sql = "SELECT sid FROM member WHERE channel_sid = $1 AND identity = $2";
    Ok(tx.first::<MemberSid>(sql, args![channel, identity]).await?.is_some())
}

/// A user's membership of a channel.
pub async fn of_user_in(tx: &Tx<'_>, user: UserSid, channel: ChannelSid) -> StoreResult<Option<Member>> {
    let sql = concat!("SELECT ", columns!(), " FROM member WHERE user_sid = $1 AND channel_sid = $2");
    tx.first(sql, args![user, channel]).await
}

/// Every membership of a user, in the order in which their channels are to be locked.
pub async fn of_user(tx: &Tx<'_>, user: UserSid) -> StoreResult<Vec<Member>> {
    let sql = concat!("SELECT ", columns!(), " FROM member WHERE user_sid = $1 ORDER BY channel_sid");
    tx.all(sql, args![user]).await
}

/// Every member of a channel, in the order in which their users are to be locked.
pub async fn of_channel(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<Vec<Member>> {
    let sql = concat!("SELECT ", columns!(), " FROM member WHERE channel_sid = $1 ORDER BY user_sid");
    tx.all(sql, args![channel]).await
}

/// The members of a channel, oldest first; of some identities only when the list is given.
pub async fn page(
    tx: &Tx<'_>,
    channel: ChannelSid,
    identities: Option<&[&str]>,
    request: &PageRequest<MemberSid>,
) -> StoreResult<Page<Member, MemberSid>> {
    const LIST: Seek = seek!(columns, "member WHERE channel_sid = $3", "sid");
    const OF_IDENTITY: Seek = seek!(columns, "member WHERE channel_sid = $3 AND identity = $4", "sid");
    let sid_of = |member: &Member| member.sid;
    match identities {
        None => seek::page(tx, &LIST, &[[channel.to_arg()]], request, sid_of).await,
        Some(identities) => {
            let sources: Vec<_> =
                identities.iter().map(|identity| [channel.to_arg(), identity.to_arg()]).collect();
            seek::page(tx, &OF_IDENTITY, &sources, request, sid_of).await
        }
    }
}

/// Writes a new member, with the events that add it to the roster and the channel to the user's list.
pub async fn insert(tx: &Tx<'_>, member: &Member, event: i64, my_event: i64) -> StoreResult<()> {
    tx.run(
        "INSERT INTO member (sid, service_sid, channel_sid, user_sid, identity, role_sid, attributes,
             last_consumed_index, last_consumed_at, notification_level, created_at, updated_at, created_event,
             changed_event, my_created_event, my_changed_event)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        args![
            member.sid,
            member.service_sid,
            member.channel_sid,
            member.user_sid,
            member.identity,
            member.role_sid,
            member.attributes,
            member.last_consumed_index,
            member.last_consumed_at,
            member.notification_level.as_str(),
            member.created_at,
            member.updated_at,
            member.created_event,
            event,
            member.my_created_event,
            my_event
        ],
    )
    .await
    .map(drop)
}

/// Writes a changed member.
pub async fn update(tx: &Tx<'_>, member: &Member, event: i64, my_event: Option<i64>) -> StoreResult<()> {
    tx.run(
        "UPDATE member SET role_sid = $2, attributes = $3, last_consumed_index = $4, last_consumed_at = $5,
             notification_level = $6, created_at = $7, updated_at = $8, changed_event = $9,
             my_changed_event = COALESCE($10, my_changed_event)
         WHERE sid = $1",
        args![
            member.sid,
            member.role_sid,
            member.attributes,
            member.last_consumed_index,
            member.last_consumed_at,
            member.notification_level.as_str(),
            member.created_at,
            member.updated_at,
            event,
            my_event
        ],
    )
    .await
    .map(drop)
}

/// Deletes a member.
pub async fn delete(tx: &Tx<'_>, member: MemberSid) -> StoreResult<()> {
    tx.run("DELETE FROM member WHERE sid = $1", args![member]).await.map(drop)
}

/// Deletes every member of a channel.
pub async fn delete_of_channel(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<()> {
    tx.run("DELETE FROM member WHERE channel_sid = $1", args![channel]).await.map(drop)
}

/// Every member with a role, by channel.
pub async fn holding(tx: &Tx<'_>, role: RoleSid) -> StoreResult<Vec<(ChannelSid, MemberSid)>> {
    let mut holders = Vec::new();
    let sql = "SELECT channel_sid, sid FROM member WHERE role_sid = $1 ORDER BY channel_sid";
    tx.each(sql, args![role], &mut |row| {
        let mut columns = Columns::new(row);
        holders.push((columns.take()?, columns.take()?));
        Ok(())
    })
    .await?;
    Ok(holders)
}

/// Gives a member another role.
pub async fn set_role(tx: &Tx<'_>, member: MemberSid, role: RoleSid, event: i64) -> StoreResult<()> {
    tx.run("UPDATE member SET role_sid = $2, changed_event = $3 WHERE sid = $1", args![member, role, event])
        .await
        .map(drop)
}
