//! Bindings: the devices that a user is pushed to. Clients make them when they register; REST lists and deletes them.

use std::str::FromStr;

use super::at::{BindingAt, Name, ServiceAt, UserAt, UserBindingAt};
use super::text::Identity;
use super::user;
use crate::error::ApiError;
use crate::sid::{BindingSid, CredentialSid, ServiceSid, UserSid};
use crate::store::{Command, StoreError, Tx, bindings, users};
use crate::time::Timestamp;

/// A binding.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Binding {
    pub sid: BindingSid,
    pub service_sid: ServiceSid,
    pub user_sid: UserSid,
    pub identity: String,
    pub credential_sid: CredentialSid,
    pub kind: BindingType,
    /// The device in the words of its client, unique per service and type.
    pub endpoint: String,
    /// What the push service knows the device by.
    pub address: String,
    /// The kinds of push that the device wants.
    pub message_types: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whose push service reaches a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingType {
    /// Apple's.
    Apn,
    /// Google's first.
    Gcm,
    /// Google's present one.
    Fcm,
}

impl BindingType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Apn, Self::Gcm, Self::Fcm];

    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apn => "apn",
            Self::Gcm => "gcm",
            Self::Fcm => "fcm",
        }
    }
}

impl FromStr for BindingType {
    type Err = ApiError;

    fn from_str(word: &str) -> Result<Self, ApiError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(ApiError::InvalidBindingType)
    }
}

/// The binding of a service, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &BindingAt) -> Result<Binding, ApiError> {
    bindings::find(tx, at).await?.ok_or(ApiError::NotFound)
}

/// The binding of a user, or the answer that there is none.
pub async fn load_of_user(tx: &Tx<'_>, at: &UserBindingAt) -> Result<Binding, ApiError> {
    let user = user::load(tx, &at.user).await?;
    bindings::find_of_user(tx, user.sid, at.binding).await?.ok_or(ApiError::NotFound)
}

/// Registers a device of a user for push. The same device registering again replaces its binding and keeps the SID;
/// above the limit the user's oldest binding goes.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct RegisterBinding {
    pub service: ServiceAt,
    pub identity: Identity,
    pub credential: CredentialSid,
    pub kind: BindingType,
    pub endpoint: String,
    pub address: String,
    pub message_types: Vec<String>,
}

impl Command for RegisterBinding {
    type Output = Binding;

    async fn run(&self, tx: &Tx<'_>) -> Result<Binding, ApiError> {
        let at = UserAt { service: self.service, user: Name::Other(self.identity.to_string()) };
        let user = users::lock(tx, &at).await?.ok_or(ApiError::NotFound)?;
        let known = bindings::lock_by_endpoint(tx, user.service_sid, &self.endpoint, self.kind).await?;
        let now = tx.now();
        let binding = Binding {
            sid: known.as_ref().map_or_else(|| tx.new_sid(), |known| known.sid),
            service_sid: user.service_sid,
            user_sid: user.sid,
            identity: user.identity,
            credential_sid: self.credential,
            kind: self.kind,
            endpoint: self.endpoint.clone(),
            address: self.address.clone(),
            message_types: self.message_types.clone(),
            created_at: known.as_ref().map_or(now, |known| known.created_at),
            updated_at: now,
        };
        match known {
            None => bindings::insert(tx, &binding).await?,
            Some(known) => {
                bindings::update(tx, &binding).await?;
                if known.user_sid == user.sid {
                    return Ok(binding);
                }
                // The device has changed hands.
                users::count_bindings(tx, known.user_sid, -1).await?;
            }
        }
        let above = users::count_bindings(tx, user.sid, 1).await? - tx.env().limits.bindings_per_user;
        if above > 0 {
            let dropped = bindings::delete_oldest(tx, user.sid, binding.sid, above).await?;
            users::count_bindings(tx, user.sid, -dropped).await?;
        }
        Ok(binding)
    }
}

/// Deletes a binding of a service.
pub struct DeleteBinding {
    /// The binding.
    pub at: BindingAt,
}

impl Command for DeleteBinding {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let binding = load(tx, &self.at).await?;
        take_off(tx, self.at.service, &binding).await
    }
}

/// Deletes a binding of a user.
pub struct DeleteUserBinding {
    /// The binding.
    pub at: UserBindingAt,
}

impl Command for DeleteUserBinding {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let binding = load_of_user(tx, &self.at).await?;
        take_off(tx, self.at.user.service, &binding).await
    }
}

/// Takes a binding off its user. Users are locked before their bindings everywhere.
async fn take_off(tx: &Tx<'_>, service: ServiceAt, binding: &Binding) -> Result<(), ApiError> {
    let at = UserAt { service, user: Name::Sid(binding.user_sid) };
    users::lock(tx, &at).await?.ok_or(ApiError::NotFound)?;
    if !bindings::delete(tx, binding).await? {
        // It went or changed hands a moment ago.
        return Err(StoreError::Retry.into());
    }
    users::count_bindings(tx, binding.user_sid, -1).await?;
    Ok(())
}
