//! Users.

use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::at::{Name, ServiceAt, UserAt};
use crate::domain::user::User;
use crate::page::{Page, PageRequest};
use crate::sid::{RoleSid, ServiceSid, UserSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, service_sid, identity, role_sid, friendly_name, attributes, is_online, is_notifiable,
         joined_channels_count, created_at, updated_at"
    };
}

/// The condition that the service is one of the account's.
macro_rules! of_account {
    () => {
        " AND EXISTS (SELECT 1 FROM service WHERE service.sid = $2 AND account_sid = $1)"
    };
}

impl FromRow for User {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            service_sid: columns.take()?,
            identity: columns.take()?,
            role_sid: columns.take()?,
            friendly_name: columns.take()?,
            attributes: columns.take()?,
            is_online: columns.take()?,
            is_notifiable: columns.take()?,
            joined_channels_count: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

/// The user of this SID or identity in a service of the account.
pub async fn find(tx: &Tx<'_>, at: &UserAt) -> StoreResult<Option<User>> {
    const BY_SID: &str =
        concat!("SELECT ", columns!(), " FROM chat_user WHERE sid = $3 AND service_sid = $2", of_account!());
    const BY_IDENTITY: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM chat_user WHERE identity = $3 AND service_sid = $2",
        of_account!()
    );
    by_name(tx, at, BY_SID, BY_IDENTITY).await
}

/// The same, kept from others until the transaction ends.
pub async fn lock(tx: &Tx<'_>, at: &UserAt) -> StoreResult<Option<User>> {
    const BY_SID: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM chat_user WHERE sid = $3 AND service_sid = $2",
        of_account!(),
        " FOR UPDATE"
    );
    const BY_IDENTITY: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM chat_user WHERE identity = $3 AND service_sid = $2",
        of_account!(),
        " FOR UPDATE"
    );
    by_name(tx, at, BY_SID, BY_IDENTITY).await
}

async fn by_name(
    tx: &Tx<'_>,
    at: &UserAt,
    by_sid: &'static str,
    by_identity: &'static str,
) -> StoreResult<Option<User>> {
    let ServiceAt { account, service } = at.service;
    match &at.user {
        Name::Sid(sid) => tx.first(by_sid, args![account, service, sid]).await,
        Name::Other(identity) => tx.first(by_identity, args![account, service, identity]).await,
    }
}

/// The user of an identity, kept from others until the transaction ends.
pub async fn lock_by_identity(tx: &Tx<'_>, service: ServiceSid, identity: &str) -> StoreResult<Option<User>> {
    let sql =
        concat!("SELECT ", columns!(), " FROM chat_user WHERE service_sid = $1 AND identity = $2 FOR UPDATE");
    tx.first(sql, args![service, identity]).await
}

/// The users of a service, oldest first.
pub async fn page(
    tx: &Tx<'_>,
    at: ServiceAt,
    request: &PageRequest<UserSid>,
) -> StoreResult<Page<User, UserSid>> {
    const LIST: Seek = seek!(columns, "chat_user WHERE service_sid = $3", "sid");
    seek::page(tx, &LIST, &[[at.service.to_arg()]], request, |user: &User| user.sid).await
}

/// Writes a new user, whose real-time objects begin with their first event; false when the identity is taken.
pub async fn insert(tx: &Tx<'_>, user: &User) -> StoreResult<bool> {
    let inserted = tx
        .run(
            "INSERT INTO chat_user (sid, service_sid, identity, role_sid, friendly_name, attributes,
                 joined_channels_count, bindings_count, created_at, updated_at, my_channels_event, info_event,
                 friendly_name_event, attributes_event, reachability_event)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, 0, 1, 1, 1, 1)
             ON CONFLICT (service_sid, identity) DO NOTHING",
            args![
                user.sid,
                user.service_sid,
                user.identity,
                user.role_sid,
                user.friendly_name,
                user.attributes,
                user.created_at,
                user.updated_at
            ],
        )
        .await?;
    Ok(inserted > 0)
}

/// Writes a changed user, with an event for its info when a client could see the change.
pub async fn update(tx: &Tx<'_>, user: &User, named: bool, attributed: bool) -> StoreResult<()> {
    tx.run(
        "UPDATE chat_user SET role_sid = $2, friendly_name = $3, attributes = $4, updated_at = $5,
             friendly_name_event = CASE WHEN $6 THEN info_event + 1 ELSE friendly_name_event END,
             attributes_event = CASE WHEN $7 THEN info_event + CASE WHEN $6 THEN 2 ELSE 1 END
                                     ELSE attributes_event END,
             info_event = info_event + CASE WHEN $6 THEN 1 ELSE 0 END + CASE WHEN $7 THEN 1 ELSE 0 END
         WHERE sid = $1",
        args![
            user.sid,
            user.role_sid,
            user.friendly_name,
            user.attributes,
            user.updated_at,
            named,
            attributed
        ],
    )
    .await
    .map(drop)
}

/// Deletes a user.
pub async fn delete(tx: &Tx<'_>, user: UserSid) -> StoreResult<()> {
    tx.run("DELETE FROM chat_user WHERE sid = $1", args![user]).await.map(drop)
}

/// Counts one joined channel more or less, and draws the event of the user's list of channels.
pub async fn count_joined(tx: &Tx<'_>, user: UserSid, by: i64) -> StoreResult<i64> {
    let counted = tx
        .first(
            "UPDATE chat_user SET joined_channels_count = joined_channels_count + $2,
             my_channels_event = my_channels_event + 1
         WHERE sid = $1 RETURNING my_channels_event",
            args![user, by],
        )
        .await?;
    // A user that another transaction has deleted meanwhile: run again, and it is not found.
    counted.ok_or(StoreError::Retry)
}

/// Draws an event of the user's list of channels.
pub async fn next_my_channels_event(tx: &Tx<'_>, user: UserSid) -> StoreResult<i64> {
    count_joined(tx, user, 0).await
}

/// Counts one binding more or less; the user is notifiable while it has one.
pub async fn count_bindings(tx: &Tx<'_>, user: UserSid, by: i64) -> StoreResult<i64> {
    let counted = tx.first(
        "UPDATE chat_user SET bindings_count = bindings_count + $2, is_notifiable = (bindings_count + $2 > 0),
             reachability_event = info_event + 1, info_event = info_event + 1
         WHERE sid = $1 RETURNING bindings_count",
        args![user, by],
    )
    .await?;
    // A user that another transaction has deleted meanwhile: run again, and it is not found.
    counted.ok_or(StoreError::Retry)
}

/// Gives users with one role another.
pub async fn replace_role(tx: &Tx<'_>, role: RoleSid, by: RoleSid) -> StoreResult<()> {
    tx.run("UPDATE chat_user SET role_sid = $2 WHERE role_sid = $1", args![role, by]).await.map(drop)
}

/// How many channels the user of an identity is in; of an unknown identity none.
pub async fn joined_channels(tx: &Tx<'_>, service: ServiceSid, identity: &str) -> StoreResult<i64> {
    let sql = "SELECT joined_channels_count FROM chat_user WHERE service_sid = $1 AND identity = $2";
    Ok(tx.first(sql, args![service, identity]).await?.unwrap_or(0))
}
