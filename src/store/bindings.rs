//! Bindings.

use super::services::{from_json, to_json};
use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::at::BindingAt;
use crate::domain::binding::{Binding, BindingType};
use crate::page::{Page, PageRequest};
use crate::sid::{BindingSid, ServiceSid, UserSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, service_sid, user_sid, identity, credential_sid, type, endpoint, address, message_types, created_at,
         updated_at"
    };
}

impl FromRow for Binding {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            service_sid: columns.take()?,
            user_sid: columns.take()?,
            identity: columns.take()?,
            credential_sid: columns.take()?,
            kind: {
                let word = columns.take::<&str>()?;
                word.parse().map_err(|_| StoreError::Decode(format!("binding type {word}")))?
            },
            endpoint: columns.take()?,
            address: columns.take()?,
            message_types: from_json(columns.take()?)?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

/// The binding of this SID in a service of the account.
pub async fn find(tx: &Tx<'_>, at: &BindingAt) -> StoreResult<Option<Binding>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM binding WHERE sid = $3 AND service_sid = $2
         AND EXISTS (SELECT 1 FROM service WHERE service.sid = $2 AND account_sid = $1)"
    );
    tx.first(sql, args![at.service.account, at.service.service, at.binding]).await
}

/// The binding of this SID of a user.
pub async fn find_of_user(tx: &Tx<'_>, user: UserSid, binding: BindingSid) -> StoreResult<Option<Binding>> {
    let sql = concat!("SELECT ", columns!(), " FROM binding WHERE sid = $2 AND user_sid = $1");
    tx.first(sql, args![user, binding]).await
}

/// The binding of a device, kept from others until the transaction ends.
pub async fn lock_by_endpoint(
    tx: &Tx<'_>,
    service: ServiceSid,
    endpoint: &str,
    kind: BindingType,
) -> StoreResult<Option<Binding>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM binding WHERE service_sid = $1 AND endpoint = $2 AND type = $3 FOR UPDATE"
    );
    tx.first(sql, args![service, endpoint, kind.as_str()]).await
}

/// Each of these types once; every type when there are none.
fn types(kinds: &[BindingType]) -> impl Iterator<Item = &'static str> {
    BindingType::ALL
        .into_iter()
        .filter(|kind| kinds.is_empty() || kinds.contains(kind))
        .map(BindingType::as_str)
}

/// The bindings of a service, oldest first; of some types only when `kinds` is not empty, and of some identities only
/// when the list is given.
pub async fn page(
    tx: &Tx<'_>,
    service: ServiceSid,
    kinds: &[BindingType],
    identities: Option<&[&str]>,
    request: &PageRequest<BindingSid>,
) -> StoreResult<Page<Binding, BindingSid>> {
    const OF_TYPE: Seek = seek!(columns, "binding WHERE service_sid = $3 AND type = $4", "sid");
    let Some(identities) = identities else {
        let sources: Vec<_> = types(kinds).map(|kind| [service.to_arg(), kind.to_arg()]).collect();
        return seek::page(tx, &OF_TYPE, &sources, request, |binding: &Binding| binding.sid).await;
    };
    let mut users: Vec<UserSid> = Vec::with_capacity(identities.len());
    for identity in identities {
        let sql = "SELECT sid FROM chat_user WHERE service_sid = $1 AND identity = $2";
        users.extend(tx.first::<UserSid>(sql, args![service, identity]).await?);
    }
    // An identity that is given twice is one source.
    users.sort_unstable();
    users.dedup();
    page_of_users(tx, &users, kinds, request).await
}

/// The bindings of a user, oldest first; of some types only when `kinds` is not empty.
pub async fn page_of_user(
    tx: &Tx<'_>,
    user: UserSid,
    kinds: &[BindingType],
    request: &PageRequest<BindingSid>,
) -> StoreResult<Page<Binding, BindingSid>> {
    page_of_users(tx, &[user], kinds, request).await
}

async fn page_of_users(
    tx: &Tx<'_>,
    users: &[UserSid],
    kinds: &[BindingType],
    request: &PageRequest<BindingSid>,
) -> StoreResult<Page<Binding, BindingSid>> {
    const OF_TYPE: Seek = seek!(columns, "binding WHERE user_sid = $3 AND type = $4", "sid");
    let sources: Vec<_> =
        users.iter().flat_map(|user| types(kinds).map(move |kind| [user.to_arg(), kind.to_arg()])).collect();
    seek::page(tx, &OF_TYPE, &sources, request, |binding: &Binding| binding.sid).await
}

/// Writes a new binding.
pub async fn insert(tx: &Tx<'_>, binding: &Binding) -> StoreResult<()> {
    tx.run(
        "INSERT INTO binding (sid, service_sid, user_sid, identity, credential_sid, type, endpoint, address,
             message_types, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            binding.sid,
            binding.service_sid,
            binding.user_sid,
            binding.identity,
            binding.credential_sid,
            binding.kind.as_str(),
            binding.endpoint,
            binding.address,
            to_json(&binding.message_types)?,
            binding.created_at,
            binding.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Writes a changed binding, which may be another user's now; service, type and endpoint stay.
pub async fn update(tx: &Tx<'_>, binding: &Binding) -> StoreResult<()> {
    tx.run(
        "UPDATE binding SET user_sid = $2, identity = $3, credential_sid = $4, address = $5, message_types = $6,
             updated_at = $7
         WHERE sid = $1",
        args![
            binding.sid,
            binding.user_sid,
            binding.identity,
            binding.credential_sid,
            binding.address,
            to_json(&binding.message_types)?,
            binding.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Deletes a binding; false when its user does not have it any more.
pub async fn delete(tx: &Tx<'_>, binding: &Binding) -> StoreResult<bool> {
    let sql = "DELETE FROM binding WHERE sid = $1 AND user_sid = $2";
    Ok(tx.run(sql, args![binding.sid, binding.user_sid]).await? > 0)
}

/// Deletes so many of a user's bindings, those first that were registered the longest ago, but never `keep`; answers
/// how many there were.
pub async fn delete_oldest(tx: &Tx<'_>, user: UserSid, keep: BindingSid, n: i64) -> StoreResult<i64> {
    let deleted = tx
        .run(
            "DELETE FROM binding WHERE sid IN
                 (SELECT sid FROM binding WHERE user_sid = $1 AND sid <> $2 ORDER BY updated_at, sid LIMIT $3)",
            args![user, keep, n],
        )
        .await?;
    Ok(i64::try_from(deleted).unwrap_or(n))
}

/// Deletes every binding of a user.
pub async fn delete_of_user(tx: &Tx<'_>, user: UserSid) -> StoreResult<()> {
    tx.run("DELETE FROM binding WHERE user_sid = $1", args![user]).await.map(drop)
}
