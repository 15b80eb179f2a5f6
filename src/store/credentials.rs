//! Push credentials.

use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::at::CredentialAt;
use crate::domain::credential::Credential;
use crate::page::{Page, PageRequest};
use crate::sid::{AccountSid, CredentialSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, account_sid, friendly_name, type, sandbox, certificate, private_key, api_key, secret, created_at,
         updated_at"
    };
}

impl FromRow for Credential {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            account_sid: columns.take()?,
            friendly_name: columns.take()?,
            kind: {
                let word = columns.take::<&str>()?;
                word.parse().map_err(|_| StoreError::Decode(format!("credential type {word}")))?
            },
            sandbox: columns.take()?,
            certificate: columns.take()?,
            private_key: columns.take()?,
            api_key: columns.take()?,
            secret: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

/// The credential of this SID and account.
pub async fn find(tx: &Tx<'_>, at: &CredentialAt) -> StoreResult<Option<Credential>> {
    let sql = concat!("SELECT ", columns!(), " FROM credential WHERE sid = $2 AND account_sid = $1");
    tx.first(sql, args![at.account, at.credential]).await
}

/// The same, kept from others until the transaction ends.
pub async fn lock(tx: &Tx<'_>, at: &CredentialAt) -> StoreResult<Option<Credential>> {
    let sql =
        concat!("SELECT ", columns!(), " FROM credential WHERE sid = $2 AND account_sid = $1 FOR UPDATE");
    tx.first(sql, args![at.account, at.credential]).await
}

/// The credentials of an account, oldest first.
pub async fn page(
    tx: &Tx<'_>,
    account: AccountSid,
    request: &PageRequest<CredentialSid>,
) -> StoreResult<Page<Credential, CredentialSid>> {
    const LIST: Seek = seek!(columns, "credential WHERE account_sid = $3", "sid");
    seek::page(tx, &LIST, &[[account.to_arg()]], request, |credential: &Credential| credential.sid).await
}

/// Writes a new credential.
pub async fn insert(tx: &Tx<'_>, credential: &Credential) -> StoreResult<()> {
    tx.run(
        "INSERT INTO credential (sid, account_sid, friendly_name, type, sandbox, certificate, private_key, api_key,
             secret, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            credential.sid,
            credential.account_sid,
            credential.friendly_name,
            credential.kind.as_str(),
            credential.sandbox,
            credential.certificate,
            credential.private_key,
            credential.api_key,
            credential.secret,
            credential.created_at,
            credential.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Writes a changed credential.
pub async fn update(tx: &Tx<'_>, credential: &Credential) -> StoreResult<()> {
    tx.run(
        "UPDATE credential SET friendly_name = $2, sandbox = $3, certificate = $4, private_key = $5, api_key = $6,
             secret = $7, updated_at = $8
         WHERE sid = $1",
        args![
            credential.sid,
            credential.friendly_name,
            credential.sandbox,
            credential.certificate,
            credential.private_key,
            credential.api_key,
            credential.secret,
            credential.updated_at
        ],
    )
    .await
    .map(drop)
}

/// Deletes a credential; false when there was none.
pub async fn delete(tx: &Tx<'_>, at: &CredentialAt) -> StoreResult<bool> {
    let sql = "DELETE FROM credential WHERE sid = $2 AND account_sid = $1";
    Ok(tx.run(sql, args![at.account, at.credential]).await? > 0)
}
