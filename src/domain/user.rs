//! Users: who may be a member of channels, known by an identity. They come into being by themselves when first needed.

use super::at::{Name, ServiceAt, UserAt};
use super::event::user as of_user;
use super::role::{self, RoleType};
use super::service::{RoleParameter, Service};
use super::text::{Attributes, Identity};
use crate::error::ApiError;
use crate::form::Patch;
use crate::sid::{RoleSid, ServiceSid, UserSid};
use crate::store::{Command, StoreError, Tx, bindings, channels, invites, members, services, users};
use crate::time::Timestamp;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct User {
    pub sid: UserSid,
    pub service_sid: ServiceSid,
    pub identity: String,
    pub role_sid: RoleSid,
    pub friendly_name: Option<String>,
    pub attributes: Option<String>,
    pub is_online: Option<bool>,
    pub is_notifiable: Option<bool>,
    pub joined_channels_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The user, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &UserAt) -> Result<User, ApiError> {
    users::find(tx, at).await?.ok_or(ApiError::NotFound)
}

/// The same, and whether its service shows reachability.
pub async fn load_shown(tx: &Tx<'_>, at: &UserAt) -> Result<Shown, ApiError> {
    let user = load(tx, at).await?;
    Ok((user, super::service::load(tx, at.service).await?.reachability_enabled))
}

/// Makes a user.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct CreateUser {
    pub at: ServiceAt,
    pub identity: Identity,
    pub role: Option<RoleParameter>,
    pub friendly_name: Option<String>,
    pub attributes: Option<Attributes>,
}

/// A user, and whether its service shows reachability.
pub type Shown = (User, bool);

impl Command for CreateUser {
    type Output = Shown;

    async fn run(&self, tx: &Tx<'_>) -> Result<Shown, ApiError> {
        let service = services::hold(tx, self.at).await?.ok_or(ApiError::NotFound)?;
        let role_sid = role::choose(tx, &service, self.role, RoleType::Deployment).await?;
        let user = User {
            friendly_name: self.friendly_name.clone(),
            attributes: self.attributes.clone().map(String::from),
            ..fresh(tx, service.sid, &self.identity, role_sid)
        };
        if !users::insert(tx, &user).await? {
            return Err(ApiError::UserExists);
        }
        of_user::added(tx, &user).await?;
        Ok((user, service.reachability_enabled))
    }
}

fn fresh(tx: &Tx<'_>, service_sid: ServiceSid, identity: &Identity, role_sid: RoleSid) -> User {
    let now = tx.now();
    User {
        sid: tx.new_sid(),
        service_sid,
        identity: identity.to_string(),
        role_sid,
        friendly_name: None,
        attributes: None,
        is_online: None,
        is_notifiable: None,
        joined_channels_count: 0,
        created_at: now,
        updated_at: now,
    }
}

/// The user of an identity, made with the service's default role when there is none; kept from others until the
/// transaction ends.
pub async fn find_or_create(tx: &Tx<'_>, service: &Service, identity: &Identity) -> Result<User, ApiError> {
    if let Some(user) = users::lock_by_identity(tx, service.sid, identity).await? {
        return Ok(user);
    }
    let user = fresh(tx, service.sid, identity, service.default_service_role_sid);
    if users::insert(tx, &user).await? {
        of_user::added(tx, &user).await?;
        return Ok(user);
    }
    // Another transaction made it a moment ago.
    users::lock_by_identity(tx, service.sid, identity).await?.ok_or_else(|| StoreError::Retry.into())
}

/// Changes a user.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateUser {
    pub at: UserAt,
    pub role: Option<RoleParameter>,
    pub friendly_name: Patch<String>,
    pub attributes: Patch<Attributes>,
}

impl Command for UpdateUser {
    type Output = Shown;

    async fn run(&self, tx: &Tx<'_>) -> Result<Shown, ApiError> {
        let mut user = users::lock(tx, &self.at).await?.ok_or(ApiError::NotFound)?;
        let service = super::service::load(tx, self.at.service).await?;
        if let Some(asked) = self.role {
            user.role_sid = role::choose(tx, &service, Some(asked), RoleType::Deployment).await?;
        }
        let named = self.friendly_name != Patch::Keep;
        let attributed = self.attributes != Patch::Keep;
        self.apply(&mut user, tx.now())?;
        users::update(tx, &user, named, attributed).await?;
        of_user::updated(tx, &service, &user).await?;
        Ok((user, service.reachability_enabled))
    }
}

impl UpdateUser {
    /// Writes what the update says into the user, but its role, which must be looked up.
    pub(super) fn apply(&self, user: &mut User, now: Timestamp) -> Result<(), ApiError> {
        self.friendly_name.clone().apply(&mut user.friendly_name);
        self.attributes
            .clone()
            .try_map(|text| Ok::<_, ApiError>(String::from(text)))?
            .apply(&mut user.attributes);
        user.updated_at = now;
        Ok(())
    }
}

/// Deletes a user with its memberships, invites and bindings. Messages stay, and the identity may be used again.
pub struct DeleteUser {
    /// The user.
    pub at: UserAt,
}

impl Command for DeleteUser {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        // Channels are locked before users everywhere. With the user locked too, nobody can join or leave.
        let user = load(tx, &self.at).await?;
        let seen = members::of_user(tx, user.sid).await?;
        for member in &seen {
            channels::lock_sid(tx, member.channel_sid).await?;
        }
        let at = UserAt { service: self.at.service, user: Name::Sid(user.sid) };
        users::lock(tx, &at).await?.ok_or(ApiError::NotFound)?;
        let memberships = members::of_user(tx, user.sid).await?;
        if memberships != seen {
            // Another transaction changed them between the two looks.
            return Err(StoreError::Retry.into());
        }
        for member in &memberships {
            super::member::take_out(tx, member).await?;
        }
        invites::delete_of_user(tx, user.sid).await?;
        bindings::delete_of_user(tx, user.sid).await?;
        users::delete(tx, user.sid).await?;
        Ok(())
    }
}
