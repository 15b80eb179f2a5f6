//! Accounts and API keys.

use super::{Columns, FromRow, StoreResult, Tx};
use crate::args;
use crate::domain::account::{Account, ApiKey};
use crate::sid::{AccountSid, KeySid};

impl FromRow for Account {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            auth_token: columns.take()?,
            made_up: columns.take()?,
            created_at: columns.take()?,
        })
    }
}

impl FromRow for ApiKey {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            account_sid: columns.take()?,
            secret: columns.take()?,
            friendly_name: columns.take()?,
            created_at: columns.take()?,
            revoked_at: columns.take()?,
        })
    }
}

/// The account of this SID.
pub async fn find(tx: &Tx<'_>, sid: AccountSid) -> StoreResult<Option<Account>> {
    tx.first("SELECT sid, auth_token, made_up, created_at FROM account WHERE sid = $1", args![sid]).await
}

/// The account that partyline made up, if it did.
pub async fn made_up(tx: &Tx<'_>) -> StoreResult<Option<Account>> {
    tx.first(
        "SELECT sid, auth_token, made_up, created_at FROM account WHERE made_up ORDER BY sid LIMIT 1",
        &[],
    )
    .await
}

/// Writes an account, new or known.
pub async fn put(tx: &Tx<'_>, account: &Account) -> StoreResult<()> {
    tx.run(
        "INSERT INTO account (sid, auth_token, made_up, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (sid) DO UPDATE SET auth_token = excluded.auth_token, made_up = excluded.made_up",
        args![account.sid, account.auth_token, account.made_up, account.created_at],
    )
    .await
    .map(drop)
}

/// The key of this SID, revoked or not.
pub async fn find_key(tx: &Tx<'_>, sid: KeySid) -> StoreResult<Option<ApiKey>> {
    tx.first(
        "SELECT sid, account_sid, secret, friendly_name, created_at, revoked_at FROM api_key WHERE sid = $1",
        args![sid],
    )
    .await
}

/// Every key of an account, oldest first.
pub async fn keys(tx: &Tx<'_>, account: AccountSid) -> StoreResult<Vec<ApiKey>> {
    tx.all(
        "SELECT sid, account_sid, secret, friendly_name, created_at, revoked_at FROM api_key
         WHERE account_sid = $1 ORDER BY sid",
        args![account],
    )
    .await
}

/// Writes a key, new or known.
pub async fn put_key(tx: &Tx<'_>, key: &ApiKey) -> StoreResult<()> {
    tx.run(
        "INSERT INTO api_key (sid, account_sid, secret, friendly_name, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (sid) DO UPDATE SET account_sid = excluded.account_sid, secret = excluded.secret,
             friendly_name = excluded.friendly_name, revoked_at = NULL",
        args![key.sid, key.account_sid, key.secret, key.friendly_name, key.created_at],
    )
    .await
    .map(drop)
}

/// Ends a key; false when there is none that could be ended.
pub async fn revoke_key(tx: &Tx<'_>, sid: KeySid) -> StoreResult<bool> {
    let revoked = tx
        .run("UPDATE api_key SET revoked_at = $2 WHERE sid = $1 AND revoked_at IS NULL", args![sid, tx.now()])
        .await?;
    Ok(revoked > 0)
}

/// Every account, oldest first.
pub async fn all(tx: &Tx<'_>) -> StoreResult<Vec<Account>> {
    tx.all("SELECT sid, auth_token, made_up, created_at FROM account ORDER BY sid", &[]).await
}
