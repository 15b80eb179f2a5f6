//! Invites: a user may join a channel. The user must exist; accepting is the client's doing.

use super::at::{ChannelAt, InviteAt};
use super::role::{self, RoleType};
use super::service::{self, RoleParameter};
use super::text::{Identity, SYSTEM};
use super::{channel, member};
use crate::error::ApiError;
use crate::sid::{ChannelSid, InviteSid, RoleSid, ServiceSid, UserSid};
use crate::store::{Command, Tx, channels, invites, members, users};
use crate::time::Timestamp;

/// An invite.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Invite {
    pub sid: InviteSid,
    pub service_sid: ServiceSid,
    pub channel_sid: ChannelSid,
    pub user_sid: UserSid,
    pub identity: String,
    pub role_sid: RoleSid,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The event of the user's list of channels that added the channel.
    pub my_created_event: i64,
}

/// The invite, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &InviteAt) -> Result<Invite, ApiError> {
    let channel = channels::resolve(tx, &at.channel).await?.ok_or(ApiError::NotFound)?;
    invites::find(tx, channel, at.invite).await?.ok_or(ApiError::NotFound)
}

/// Invites a user; an identity without a user is not found (recorded).
pub struct CreateInvite {
    /// The channel.
    pub at: ChannelAt,
    /// Whom.
    pub identity: Identity,
    /// The role that the member will have.
    pub role: Option<RoleParameter>,
}

impl Command for CreateInvite {
    type Output = Invite;

    async fn run(&self, tx: &Tx<'_>) -> Result<Invite, ApiError> {
        let channel = channel::lock(tx, &self.at).await?;
        let service = service::load(tx, self.at.service).await?;
        let role_sid = role::choose(tx, &service, self.role, RoleType::Channel).await?;
        let user =
            users::lock_by_identity(tx, service.sid, &self.identity).await?.ok_or(ApiError::NotFound)?;
        if members::exists(tx, channel.sid, &self.identity).await? {
            return Err(ApiError::MemberExists);
        }
        if invites::find_by_identity(tx, channel.sid, &self.identity).await?.is_some() {
            return Err(ApiError::AlreadyInvited);
        }
        let now = tx.now();
        let invite = Invite {
            sid: tx.new_sid(),
            service_sid: service.sid,
            channel_sid: channel.sid,
            user_sid: user.sid,
            identity: user.identity,
            role_sid,
            created_by: SYSTEM.to_owned(),
            created_at: now,
            updated_at: now,
            my_created_event: users::next_my_channels_event(tx, user.sid).await?,
        };
        invites::insert(tx, &invite).await?;
        Ok(invite)
    }
}

/// Takes an invite back.
pub struct DeleteInvite {
    /// The invite.
    pub at: InviteAt,
}

impl Command for DeleteInvite {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let channel = channel::lock(tx, &self.at.channel).await?;
        let invite = invites::find(tx, channel.sid, self.at.invite).await?.ok_or(ApiError::NotFound)?;
        invites::delete(tx, invite.sid).await?;
        member::forget_channel(tx, invite.user_sid, channel.sid, invite.my_created_event, 0).await
    }
}
