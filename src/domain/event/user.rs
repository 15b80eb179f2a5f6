//! Events of users.

use super::receivers::question;
use super::{Announced, Changes, Parameters, Place, PostEvent, PreEvent, Question, report};
use crate::config::Limits;
use crate::domain::service::{self, Service};
use crate::domain::text::{Attributes, friendly_name};
use crate::domain::user::{self, UpdateUser, User};
use crate::error::ApiError;
use crate::form::Patch;
use crate::store::Tx;

/// What every event of a user says of it.
fn describe(parameters: &mut Parameters, user: &User) {
    parameters
        .sid("UserSid", &user.sid)
        .text("Identity", &user.identity)
        .optional("FriendlyName", user.friendly_name.as_deref())
        .sid("RoleSid", &user.role_sid)
        .date("DateCreated", user.created_at)
        .attributes(user.attributes.as_deref());
}

/// What an update says beside that: reachability, where the service has it switched on.
fn describe_state(parameters: &mut Parameters, service: &Service, user: &User) {
    parameters.date("DateUpdated", user.updated_at);
    if service.reachability_enabled {
        for (name, value) in [("IsOnline", user.is_online), ("IsNotifiable", user.is_notifiable)] {
            if let Some(value) = value {
                parameters.bool(name, value);
            }
        }
    }
}

/// Reports a new user.
pub(in crate::domain) async fn added(tx: &Tx<'_>, user: &User) -> Result<(), ApiError> {
    let place = Place::of_user(user.service_sid, user.sid);
    report(tx, PostEvent::UserAdded, place, None, |parameters| describe(parameters, user)).await
}

/// Reports a changed user.
pub(in crate::domain) async fn updated(tx: &Tx<'_>, service: &Service, user: &User) -> Result<(), ApiError> {
    let place = Place::of_user(user.service_sid, user.sid);
    report(tx, PostEvent::UserUpdated, place, None, |parameters| {
        describe(parameters, user);
        describe_state(parameters, service, user);
    })
    .await
}

impl Announced for UpdateUser {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let mut user = user::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.service).await?;
        self.apply(&mut user, tx.now())?;
        user.role_sid = self.role.flatten().unwrap_or(user.role_sid);
        Ok(question(tx, PreEvent::UserUpdate, &service, None, |parameters| {
            describe(parameters, &user);
            describe_state(parameters, &service, &user);
        }))
    }

    fn amend(&mut self, changes: Changes, limits: &Limits) -> Result<(), ApiError> {
        if let Some(name) = changes.friendly_name {
            self.friendly_name = Patch::Set(friendly_name(&name, limits.friendly_name_chars)?);
        }
        if let Some(text) = changes.attributes {
            self.attributes = Patch::Set(Attributes::parse(&text, limits.user_attributes_bytes)?);
        }
        Ok(())
    }
}
