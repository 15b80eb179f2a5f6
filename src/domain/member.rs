//! Members: one user's place in one channel, with its role and how far it has read.

use super::at::{ChannelAt, MemberAt};
use super::channel::{self, Dates};
use super::event::member as of_member;
use super::role::{self, RoleType};
use super::service::{self, RoleParameter};
use super::text::{Attributes, Identity};
use super::user;
use crate::error::ApiError;
use crate::form::Patch;
use crate::sid::{ChannelSid, MemberSid, RoleSid, ServiceSid, UserSid};
use crate::store::{Command, Tx, channels, invites, members, tombstones, users};
use crate::time::Timestamp;

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Member {
    pub sid: MemberSid,
    pub service_sid: ServiceSid,
    pub channel_sid: ChannelSid,
    pub user_sid: UserSid,
    pub identity: String,
    pub role_sid: RoleSid,
    pub attributes: Option<String>,
    /// The consumption horizon: the index of the last message that was read.
    pub last_consumed_index: Option<i64>,
    pub last_consumed_at: Option<Timestamp>,
    pub notification_level: NotificationLevel,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The event of the roster that added the member.
    pub created_event: i64,
    /// The event of the user's list of channels that added the channel, as an invite or as a membership.
    pub my_created_event: i64,
}

/// Whether a channel pushes to a member's devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NotificationLevel {
    /// As the service says.
    #[default]
    Default,
    /// Never.
    Muted,
}

impl NotificationLevel {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Muted => "muted",
        }
    }
}

impl std::str::FromStr for NotificationLevel {
    type Err = ApiError;

    fn from_str(word: &str) -> Result<Self, ApiError> {
        match word {
            "default" => Ok(Self::Default),
            "muted" => Ok(Self::Muted),
            _ => Err(ApiError::InvalidNotificationLevel),
        }
    }
}

/// The member, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &MemberAt) -> Result<Member, ApiError> {
    let channel = channels::resolve(tx, &at.channel).await?.ok_or(ApiError::NotFound)?;
    members::find(tx, channel, &at.member).await?.ok_or(ApiError::NotFound)
}

/// Adds a member; makes the user first when the identity has none, and takes up a pending invite.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct CreateMember {
    pub at: ChannelAt,
    pub identity: Identity,
    pub role: Option<RoleParameter>,
    pub last_consumed_index: Option<i64>,
    pub last_consumed_at: Option<Timestamp>,
    pub dates: Dates,
    pub attributes: Option<Attributes>,
}

impl Command for CreateMember {
    type Output = Member;

    async fn run(&self, tx: &Tx<'_>) -> Result<Member, ApiError> {
        let channel = channel::lock(tx, &self.at).await?;
        let service = service::load(tx, self.at.service).await?;
        let role_sid = match self.role {
            Some(_) => role::choose(tx, &service, self.role, RoleType::Channel).await?,
            // The creator's own membership has a default of its own (ROLES.md section 5).
            None if channel.created_by == *self.identity => service.default_channel_creator_role_sid,
            None => service.default_channel_role_sid,
        };
        if members::exists(tx, channel.sid, &self.identity).await? {
            return Err(ApiError::MemberExists);
        }
        if channel.members_count >= service.channel_members_limit {
            return Err(ApiError::ChannelMemberLimit);
        }
        if users::joined_channels(tx, service.sid, &self.identity).await? >= service.user_channels_limit {
            return Err(ApiError::UserChannelLimit);
        }
        let user = user::find_or_create(tx, &service, &self.identity).await?;
        if user.joined_channels_count >= service.user_channels_limit {
            return Err(ApiError::UserChannelLimit);
        }
        let invite = invites::find_by_identity(tx, channel.sid, &self.identity).await?;
        if let Some(invite) = &invite {
            invites::delete(tx, invite.sid).await?;
        }
        let event = channels::count_members(tx, channel.sid, 1).await?;
        let my_event = users::count_joined(tx, user.sid, 1).await?;
        let (created_at, updated_at) = self.dates.of_new(tx.now());
        let member = Member {
            sid: tx.new_sid(),
            service_sid: service.sid,
            channel_sid: channel.sid,
            user_sid: user.sid,
            identity: user.identity,
            role_sid,
            attributes: self.attributes.clone().map(String::from),
            last_consumed_index: self.last_consumed_index,
            last_consumed_at: self.last_consumed_at,
            notification_level: NotificationLevel::Default,
            created_at,
            updated_at,
            created_event: event,
            my_created_event: invite.map_or(my_event, |invite| invite.my_created_event),
        };
        members::insert(tx, &member, event, my_event).await?;
        of_member::added(tx, &channel, &member).await?;
        Ok(member)
    }
}

/// Changes a member.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateMember {
    pub at: MemberAt,
    pub role: Option<RoleParameter>,
    pub last_consumed_index: Patch<i64>,
    pub last_consumed_at: Patch<Timestamp>,
    pub dates: Dates,
    pub attributes: Patch<Attributes>,
}

impl Command for UpdateMember {
    type Output = Member;

    async fn run(&self, tx: &Tx<'_>) -> Result<Member, ApiError> {
        let channel = channels::lock(tx, &self.at.channel).await?.ok_or(ApiError::NotFound)?;
        let mut member = members::find(tx, channel.sid, &self.at.member).await?.ok_or(ApiError::NotFound)?;
        if self.role.is_some() {
            let service = service::load(tx, self.at.channel.service).await?;
            member.role_sid = role::choose(tx, &service, self.role, RoleType::Channel).await?;
        }
        let horizon = member.last_consumed_index;
        self.apply(&mut member, tx.now())?;
        save(tx, &member, member.last_consumed_index != horizon).await?;
        of_member::updated(tx, &channel, &member).await?;
        Ok(member)
    }
}

impl UpdateMember {
    /// Writes what the update says into the member, but its role, which must be looked up.
    pub(super) fn apply(&self, member: &mut Member, now: Timestamp) -> Result<(), ApiError> {
        self.last_consumed_index.apply(&mut member.last_consumed_index);
        self.last_consumed_at.apply(&mut member.last_consumed_at);
        self.attributes
            .clone()
            .try_map(|text| Ok::<_, ApiError>(String::from(text)))?
            .apply(&mut member.attributes);
        (member.created_at, member.updated_at) = self.dates.of_changed(member.created_at, now);
        Ok(())
    }
}

/// Writes a changed member: an event of the roster, and of the user's list of channels when it shows the change.
pub(super) async fn save(tx: &Tx<'_>, member: &Member, in_my_channels: bool) -> Result<(), ApiError> {
    let event = channels::next_roster_event(tx, member.channel_sid).await?;
    let my_event =
        if in_my_channels { Some(users::next_my_channels_event(tx, member.user_sid).await?) } else { None };
    members::update(tx, member, event, my_event).await?;
    Ok(())
}

/// Removes a member. The user stays, and so do the member's messages.
pub struct DeleteMember {
    /// The member.
    pub at: MemberAt,
}

impl Command for DeleteMember {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let channel = channels::lock(tx, &self.at.channel).await?.ok_or(ApiError::NotFound)?;
        let member = members::find(tx, channel.sid, &self.at.member).await?.ok_or(ApiError::NotFound)?;
        take_out(tx, &member).await?;
        of_member::removed(tx, &channel, &member).await
    }
}

/// Takes a member out of its channel, which the caller has locked.
pub(super) async fn take_out(tx: &Tx<'_>, member: &Member) -> Result<(), ApiError> {
    members::delete(tx, member.sid).await?;
    let event = channels::count_members(tx, member.channel_sid, -1).await?;
    tombstones::insert(tx, &member.channel_sid, "roster", event, &member.sid, None, member.created_event)
        .await?;
    forget_channel(tx, member.user_sid, member.channel_sid, member.my_created_event, -1).await
}

/// Takes a channel off a user's list of channels.
pub(super) async fn forget_channel(
    tx: &Tx<'_>,
    user: UserSid,
    channel: ChannelSid,
    created_event: i64,
    joined: i64,
) -> Result<(), ApiError> {
    let event = users::count_joined(tx, user, joined).await?;
    tombstones::insert(tx, &user, "my_channels", event, &channel, None, created_event).await?;
    Ok(())
}
