//! Roles: what clients may do. A deployment role is a user's, a channel role a member's.

use std::str::FromStr;

use super::at::{RoleAt, ServiceAt};
use super::service;
use crate::config::DeleteInUse;
use crate::error::ApiError;
use crate::sid::{RoleSid, ServiceSid};
use crate::store::{Command, Tx, channels, members, roles, services, users};
use crate::time::Timestamp;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Role {
    pub sid: RoleSid,
    pub service_sid: ServiceSid,
    pub friendly_name: String,
    pub kind: RoleType,
    pub permissions: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whom a role is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleType {
    /// Users.
    Deployment,
    /// Members.
    Channel,
}

impl RoleType {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Channel => "channel",
        }
    }
}

impl FromStr for RoleType {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        match text {
            "deployment" => Ok(Self::Deployment),
            "channel" => Ok(Self::Channel),
            _ => Err(ApiError::InvalidRoleType),
        }
    }
}

/// The vocabulary: name, may a deployment role have it, may a channel role (ROLES.md section 3; rows marked INF there are
/// inferred).
const PERMISSIONS: &[(&str, bool, bool)] = &[
    ("createChannel", true, false),
    ("joinChannel", true, false),
    ("destroyChannel", true, true),
    ("inviteMember", true, true),
    ("addMember", true, true),
    ("removeMember", true, true),
    ("leaveChannel", false, true),
    ("editChannelName", true, true),
    ("editChannelAttributes", true, true),
    ("sendMessage", false, true),
    ("sendMediaMessage", false, true),
    ("editOwnMessage", true, true),
    ("editAnyMessage", true, true),
    ("editOwnMessageAttributes", true, true),
    ("editAnyMessageAttributes", true, true),
    ("deleteOwnMessage", true, true),
    ("deleteAnyMessage", true, true),
    ("editOwnUserInfo", true, false),
    ("editAnyUserInfo", true, false),
    ("editNotificationLevel", false, true),
    ("editOwnMemberAttributes", true, true),
    ("editAnyMemberAttributes", true, true),
];

/// Documented for channel roles and refused by the hosted product; `roles.strict_vocabulary = false` takes them.
const DOCUMENTED_BUT_REFUSED: &[&str] = &["editOwnUserInfo", "editAnyUserInfo"];

/// The permissions of a role, each once, in the order given.
pub fn permissions(names: &[&str], kind: RoleType, strict: bool) -> Result<Vec<String>, ApiError> {
    let mut permissions: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let known = PERMISSIONS.iter().any(|(known, deployment, channel)| {
            known == name
                && match kind {
                    RoleType::Deployment => *deployment,
                    RoleType::Channel => *channel,
                }
        });
        let tolerated = !strict && kind == RoleType::Channel && DOCUMENTED_BUT_REFUSED.contains(name);
        if !known && !tolerated {
            return Err(ApiError::PermissionNotFound);
        }
        if !permissions.iter().any(|given| given == name) {
            permissions.push((*name).to_owned());
        }
    }
    Ok(permissions)
}

/// The role, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &RoleAt) -> Result<Role, ApiError> {
    roles::find(tx, at).await?.ok_or(ApiError::NotFound)
}

/// Makes a role.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct CreateRole {
    pub at: ServiceAt,
    pub friendly_name: String,
    pub kind: RoleType,
    pub permissions: Vec<String>,
}

impl Command for CreateRole {
    type Output = Role;

    async fn run(&self, tx: &Tx<'_>) -> Result<Role, ApiError> {
        if !services::hold_sid(tx, self.at).await? {
            return Err(ApiError::NotFound);
        }
        let limit = tx.env().limits.roles_per_service;
        if services::tally(tx, &self.at.service, "roles", 1).await? > limit {
            return Err(ApiError::TooMany { what: "roles per service", limit });
        }
        let now = tx.now();
        let role = Role {
            sid: tx.new_sid(),
            service_sid: self.at.service,
            friendly_name: self.friendly_name.clone(),
            kind: self.kind,
            permissions: self.permissions.clone(),
            created_at: now,
            updated_at: now,
        };
        roles::insert(tx, &role).await?;
        Ok(role)
    }
}

/// Replaces a role's permissions; name and type cannot change.
pub struct UpdateRole {
    /// The role.
    pub at: RoleAt,
    /// The permissions by name; which are allowed depends on the role's type.
    pub permissions: Vec<String>,
}

impl Command for UpdateRole {
    type Output = Role;

    async fn run(&self, tx: &Tx<'_>) -> Result<Role, ApiError> {
        let mut role = load(tx, &self.at).await?;
        let names: Vec<&str> = self.permissions.iter().map(String::as_str).collect();
        role.permissions = permissions(&names, role.kind, tx.env().roles.strict_vocabulary)?;
        role.updated_at = tx.now();
        roles::update(tx, &role).await?;
        Ok(role)
    }
}

/// Deletes a role. Its holders fall back to the service's default; a default itself is refused (both inferred).
pub struct DeleteRole {
    /// The role.
    pub at: RoleAt,
}

impl Command for DeleteRole {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let service = services::lock(tx, self.at.service).await?.ok_or(ApiError::NotFound)?;
        let role = load(tx, &self.at).await?;
        let in_use = || ApiError::RoleInUse { role: role.sid.to_string() };
        if service.defaults_to(role.sid) {
            return Err(in_use());
        }
        if tx.env().roles.delete_in_use == DeleteInUse::Refuse && roles::is_held(tx, role.sid).await? {
            return Err(in_use());
        }
        let fallback = service.default_role(role.kind);
        match role.kind {
            RoleType::Deployment => users::replace_role(tx, role.sid, fallback).await?,
            RoleType::Channel => {
                for (channel, member) in members::holding(tx, role.sid).await? {
                    let event = channels::next_roster_event(tx, channel).await?;
                    members::set_role(tx, member, fallback, event).await?;
                }
                roles::replace_in_invites(tx, role.sid, fallback).await?;
            }
        }
        roles::delete(tx, role.sid).await?;
        services::tally(tx, &service.sid, "roles", -1).await?;
        Ok(())
    }
}

/// The role of a new user or member: the one asked for, which must be of the service and the type, or the default.
pub async fn choose(
    tx: &Tx<'_>,
    service: &service::Service,
    asked: Option<service::RoleParameter>,
    kind: RoleType,
) -> Result<RoleSid, ApiError> {
    let Some(asked) = asked else { return Ok(service.default_role(kind)) };
    let unknown = match kind {
        RoleType::Deployment => ApiError::DeploymentRoleNotFound,
        RoleType::Channel => ApiError::ChannelRoleNotFound,
    };
    service::role_of(tx, service.sid, asked, kind, unknown).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_belong_to_types() {
        let strict =
            |names: &[&str], kind| permissions(names, kind, true).map_err(|error| error.code_and_status().0);
        assert_eq!(
            strict(&["sendMessage", "sendMessage"], RoleType::Channel),
            Ok(vec!["sendMessage".to_owned()])
        );
        assert_eq!(strict(&["sendMessage"], RoleType::Deployment), Err(50104));
        assert_eq!(strict(&["createChannel"], RoleType::Channel), Err(50104));
        assert_eq!(strict(&["sendMesssage"], RoleType::Channel), Err(50104));
        assert_eq!(strict(&["editOwnUserInfo"], RoleType::Channel), Err(50104));
        assert!(permissions(&["editOwnUserInfo"], RoleType::Channel, false).is_ok());
    }
}
