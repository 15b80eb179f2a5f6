//! User channels: memberships and invites of one user as one list, and what is unread in them.

use super::{Columns, FromRow, StoreError, StoreResult, Tx, removed};
use crate::domain::member::NotificationLevel;
use crate::domain::user_channel::{Status, UserChannel};
use crate::page::{Page, PageRequest};
use crate::sid::{ChannelSid, Sid, UserSid};
use crate::store::seek::Seek;
use crate::{args, seek};

macro_rules! joined_columns {
    () => {
        "member.service_sid, member.user_sid, member.channel_sid, member.sid, member.last_consumed_index,
         member.notification_level, channel.next_index, channel.messages_count"
    };
}

macro_rules! invited_columns {
    () => {
        "service_sid, user_sid, channel_sid"
    };
}

/// A joined channel, and what its unread messages are counted from.
struct Joined {
    user_channel: UserChannel,
    next_index: i64,
    messages_count: i64,
}

impl FromRow for Joined {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            user_channel: UserChannel {
                service_sid: columns.take()?,
                user_sid: columns.take()?,
                channel_sid: columns.take()?,
                member_sid: columns.take()?,
                status: Status::Joined,
                last_consumed_index: columns.take()?,
                unread_messages_count: None,
                notification_level: {
                    let word = columns.take::<&str>()?;
                    word.parse().map_err(|_| StoreError::Decode(format!("notification level {word}")))?
                },
            },
            next_index: columns.take()?,
            messages_count: columns.take()?,
        })
    }
}

/// A channel that the user is invited to.
struct Invited(UserChannel);

impl FromRow for Invited {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self(UserChannel {
            service_sid: columns.take()?,
            user_sid: columns.take()?,
            channel_sid: columns.take()?,
            member_sid: None,
            status: Status::Invited,
            last_consumed_index: None,
            unread_messages_count: None,
            notification_level: NotificationLevel::Default,
        }))
    }
}

/// The channels that a user has joined or is invited to, oldest channel first.
pub async fn page(
    tx: &Tx<'_>,
    user: UserSid,
    request: &PageRequest<ChannelSid>,
) -> StoreResult<Page<UserChannel, ChannelSid>> {
    const JOINED: Seek = seek!(
        joined_columns,
        "member JOIN channel ON channel.sid = member.channel_sid WHERE member.user_sid = $3",
        "member.channel_sid"
    );
    const INVITED: Seek = seek!(invited_columns, "invite WHERE user_sid = $3", "channel_sid");
    let from = request.from.unwrap_or(ChannelSid::from_bytes([0; 16]));
    let size = usize::try_from(request.size).unwrap_or(usize::MAX);

    // The invites first: between the two statements an invite can become a membership, and is then found as both.
    let invited: Vec<Invited> = tx.all(INVITED.forward, args![from, request.size + 1, user]).await?;
    let mut rows: Vec<Joined> = tx.all(JOINED.forward, args![from, request.size + 1, user]).await?;
    if !invited.is_empty() {
        rows.extend(invited.into_iter().map(|Invited(user_channel)| Joined {
            user_channel,
            next_index: 0,
            messages_count: 0,
        }));
        // Memberships stand before invites and the sort is stable: of two rows of one channel the membership stays.
        rows.sort_by_key(|row| row.user_channel.channel_sid);
        rows.dedup_by_key(|row| row.user_channel.channel_sid);
    }
    let next = rows.get(size).map(|row| row.user_channel.channel_sid);
    rows.truncate(size);

    let mut before: Vec<ChannelSid> = Vec::new();
    if request.from.is_some() {
        before.extend(tx.all::<ChannelSid>(INVITED.backward, args![from, request.size, user]).await?);
        before.extend(tx.all::<ChannelSid>(JOINED.backward, args![from, request.size, user]).await?);
        before.sort_unstable_by(|a, b| b.cmp(a));
        before.dedup();
        before.truncate(size);
    }

    let mut page = Page { rows: Vec::with_capacity(rows.len()), previous: before.last().copied(), next };
    for Joined { mut user_channel, next_index, messages_count } in rows {
        let UserChannel { channel_sid, last_consumed_index: horizon, .. } = user_channel;
        user_channel.unread_messages_count =
            unread(tx, channel_sid, next_index, messages_count, horizon).await?;
        page.rows.push(user_channel);
    }
    Ok(page)
}

/// How many messages of a channel are above a horizon; unknown while there is none. Asks for removed messages only
/// where some were removed.
pub async fn unread(
    tx: &Tx<'_>,
    channel: ChannelSid,
    next_index: i64,
    messages_count: i64,
    horizon: Option<i64>,
) -> StoreResult<Option<i64>> {
    let Some(horizon) = horizon else { return Ok(None) };
    // No index is below 0.
    let horizon = horizon.max(-1);
    let given_out = next_index - 1 - horizon;
    if given_out <= 0 {
        return Ok(Some(0));
    }
    let gone = if messages_count == next_index { 0 } else { removed::above(tx, channel, horizon).await? };
    Ok(Some((given_out - gone).max(0)))
}
