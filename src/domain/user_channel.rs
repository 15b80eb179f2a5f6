//! User channels: a user's view of a channel that it has joined or is invited to.

use super::at::{ChannelAt, UserChannelAt};
use super::channel::{self, Channel};
use super::event::member as of_member;
use super::invite::Invite;
use super::member::{self, Member, NotificationLevel};
use crate::error::ApiError;
use crate::form::Patch;
use crate::sid::{ChannelSid, MemberSid, ServiceSid, UserSid};
use crate::store::{Command, Tx, invites, members, user_channels, users};
use crate::time::Timestamp;

/// A user's view of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UserChannel {
    pub service_sid: ServiceSid,
    pub user_sid: UserSid,
    pub channel_sid: ChannelSid,
    /// Only of a joined channel.
    pub member_sid: Option<MemberSid>,
    pub status: Status,
    /// The member's consumption horizon.
    pub last_consumed_index: Option<i64>,
    /// How many messages are above the horizon; unknown while there is none.
    pub unread_messages_count: Option<i64>,
    pub notification_level: NotificationLevel,
}

/// What a user has to do with a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is a member.
    Joined,
    /// It may become one.
    Invited,
}

impl Status {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Invited => "invited",
        }
    }
}

/// The user's view of the channel, or the answer that it has nothing to do with it.
pub async fn load(tx: &Tx<'_>, at: &UserChannelAt) -> Result<UserChannel, ApiError> {
    let user = users::find(tx, &at.user).await?.ok_or(ApiError::NotFound)?;
    let channel = channel::load(tx, &channel_at(at)).await?;
    // The invite first: between two statements of a read it can become a membership, and never the reverse.
    let invite = invites::of_user_in(tx, user.sid, channel.sid).await?;
    if let Some(member) = members::of_user_in(tx, user.sid, channel.sid).await? {
        return of_member(tx, &channel, &member).await;
    }
    invite.as_ref().map(of_invite).ok_or(ApiError::NotFound)
}

fn channel_at(at: &UserChannelAt) -> ChannelAt {
    ChannelAt { service: at.user.service, channel: at.channel.clone() }
}

async fn of_member(tx: &Tx<'_>, channel: &Channel, member: &Member) -> Result<UserChannel, ApiError> {
    let horizon = member.last_consumed_index;
    let unread =
        user_channels::unread(tx, channel.sid, channel.next_index, channel.messages_count, horizon).await?;
    Ok(UserChannel {
        service_sid: member.service_sid,
        user_sid: member.user_sid,
        channel_sid: member.channel_sid,
        member_sid: Some(member.sid),
        status: Status::Joined,
        last_consumed_index: horizon,
        unread_messages_count: unread,
        notification_level: member.notification_level,
    })
}

fn of_invite(invite: &Invite) -> UserChannel {
    UserChannel {
        service_sid: invite.service_sid,
        user_sid: invite.user_sid,
        channel_sid: invite.channel_sid,
        member_sid: None,
        status: Status::Invited,
        last_consumed_index: None,
        unread_messages_count: None,
        notification_level: NotificationLevel::Default,
    }
}

/// The user's membership of the channel.
pub(super) async fn member_at(tx: &Tx<'_>, at: &UserChannelAt) -> Result<Member, ApiError> {
    let user = users::find(tx, &at.user).await?.ok_or(ApiError::NotFound)?;
    let channel = channel::load(tx, &channel_at(at)).await?;
    members::of_user_in(tx, user.sid, channel.sid).await?.ok_or(ApiError::NotFound)
}

/// The channel, locked, and the user's membership of it.
async fn lock(tx: &Tx<'_>, at: &UserChannelAt) -> Result<(Channel, Member), ApiError> {
    let user = users::find(tx, &at.user).await?.ok_or(ApiError::NotFound)?;
    let channel = channel::lock(tx, &channel_at(at)).await?;
    let member = members::of_user_in(tx, user.sid, channel.sid).await?.ok_or(ApiError::NotFound)?;
    Ok((channel, member))
}

/// Changes how a user reads a channel that it has joined.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateUserChannel {
    pub at: UserChannelAt,
    pub notification_level: Option<NotificationLevel>,
    pub last_consumed_index: Patch<i64>,
    pub last_consumed_at: Patch<Timestamp>,
}

impl Command for UpdateUserChannel {
    type Output = UserChannel;

    async fn run(&self, tx: &Tx<'_>) -> Result<UserChannel, ApiError> {
        let (channel, mut member) = lock(tx, &self.at).await?;
        member.notification_level = self.notification_level.unwrap_or(member.notification_level);
        self.last_consumed_index.apply(&mut member.last_consumed_index);
        self.last_consumed_at.apply(&mut member.last_consumed_at);
        member.updated_at = tx.now();
        member::save(tx, &member, true).await?;
        of_member::updated(tx, &channel, &member).await?;
        of_member(tx, &channel, &member).await
    }
}

/// Takes a user out of a channel that it has joined. An invite stays.
pub struct DeleteUserChannel {
    /// The user and the channel.
    pub at: UserChannelAt,
}

impl Command for DeleteUserChannel {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let (channel, member) = lock(tx, &self.at).await?;
        member::take_out(tx, &member).await?;
        of_member::removed(tx, &channel, &member).await
    }
}
