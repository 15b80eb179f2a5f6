//! Roles.

use super::services::{from_json, to_json};
use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::at::{RoleAt, ServiceAt};
use crate::domain::role::{Role, RoleType};
use crate::page::{Page, PageRequest};
use crate::sid::{RoleSid, ServiceSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, service_sid, friendly_name, type, permissions, created_at, updated_at"
    };
}

impl FromRow for Role {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            service_sid: columns.take()?,
            friendly_name: columns.take()?,
            kind: kind(columns.take()?)?,
            permissions: from_json(columns.take()?)?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

fn kind(text: &str) -> StoreResult<RoleType> {
    text.parse().map_err(|_| StoreError::Decode(format!("role type {text}")))
}

/// The role of this SID in a service of the account.
pub async fn find(tx: &Tx<'_>, at: &RoleAt) -> StoreResult<Option<Role>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM role WHERE sid = $3 AND service_sid = $2
         AND EXISTS (SELECT 1 FROM service WHERE service.sid = $2 AND account_sid = $1)"
    );
    tx.first(sql, args![at.service.account, at.service.service, at.role]).await
}

/// The type of a service's role.
pub async fn kind_of(tx: &Tx<'_>, service: ServiceSid, role: RoleSid) -> StoreResult<Option<RoleType>> {
    let mut found = None;
    tx.each("SELECT type FROM role WHERE sid = $1 AND service_sid = $2", args![role, service], &mut |row| {
        found = Some(kind(Columns::new(row).take()?)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The roles of a service, oldest first.
pub async fn page(
    tx: &Tx<'_>,
    at: ServiceAt,
    request: &PageRequest<RoleSid>,
) -> StoreResult<Page<Role, RoleSid>> {
    const LIST: Seek = seek!(columns, "role WHERE service_sid = $3", "sid");
    seek::page(tx, &LIST, &[[at.service.to_arg()]], request, |role: &Role| role.sid).await
}

/// Writes a new role.
pub async fn insert(tx: &Tx<'_>, role: &Role) -> StoreResult<()> {
    tx.run(
        "INSERT INTO role (sid, service_sid, friendly_name, type, permissions, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            role.sid,
            role.service_sid,
            role.friendly_name,
            role.kind.as_str(),
            to_json(&role.permissions)?,
            role.created_at,
            role.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Writes a role's permissions.
pub async fn update(tx: &Tx<'_>, role: &Role) -> StoreResult<()> {
    tx.run(
        "UPDATE role SET permissions = $2, updated_at = $3 WHERE sid = $1",
        args![role.sid, to_json(&role.permissions)?, role.updated_at],
    )
    .await
    .map(drop)
}

/// Deletes a role.
pub async fn delete(tx: &Tx<'_>, role: RoleSid) -> StoreResult<()> {
    tx.run("DELETE FROM role WHERE sid = $1", args![role]).await.map(drop)
}

/// True when a user, member or invite has the role.
pub async fn is_held(tx: &Tx<'_>, role: RoleSid) -> StoreResult<bool> {
    let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM chat_user WHERE role_sid = $1)
                   OR EXISTS (SELECT 1 FROM member WHERE role_sid = $1)
                   OR EXISTS (SELECT 1 FROM invite WHERE role_sid = $1)";
    let mut held = false;
    tx.each(sql, args![role], &mut |_| {
        held = true;
        Ok(())
    })
    .await?;
    Ok(held)
}

/// Gives invites with one role another.
pub async fn replace_in_invites(tx: &Tx<'_>, role: RoleSid, by: RoleSid) -> StoreResult<()> {
    tx.run("UPDATE invite SET role_sid = $2 WHERE role_sid = $1", args![role, by]).await.map(drop)
}
