//! Accounts and their API keys: who may call the REST API, and what signs access tokens.

use crate::error::ApiError;
use crate::sid::{AccountSid, KeySid};
use crate::store::{Command, Tx, accounts};
use crate::time::Timestamp;

/// What owns services and credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its SID, the user name of HTTP Basic.
    pub sid: AccountSid,
    /// Its secret: the password, and the key that webhooks are signed with. Kept readable for the latter.
    pub auth_token: String,
    /// True when partyline made it up, which production refuses.
    pub made_up: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An API key: another user name and password of an account, and what access tokens are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its SID, the user name of HTTP Basic.
    pub sid: KeySid,
    /// Whose it is.
    pub account_sid: AccountSid,
    /// The password. Kept readable, since tokens are signed with it.
    pub secret: String,
    /// What people call it.
    pub friendly_name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it opens nothing.
    pub revoked_at: Option<Timestamp>,
}

/// Makes an account known, with exactly this secret; one of the same SID is replaced.
pub struct PutAccount {
    /// The account's SID.
    pub sid: AccountSid,
    /// Its secret.
    pub auth_token: String,
    /// Whether partyline made the secret up.
    pub made_up: bool,
}

impl Command for PutAccount {
    type Output = Account;

    async fn run(&self, tx: &Tx<'_>) -> Result<Account, ApiError> {
        let account = Account {
            sid: self.sid,
            auth_token: self.auth_token.clone(),
            made_up: self.made_up,
            created_at: tx.now(),
        };
        accounts::put(tx, &account).await?;
        Ok(account)
    }
}

/// Makes an API key known, with exactly this secret; one of the same SID is replaced.
pub struct PutKey {
    /// The key's SID.
    pub sid: KeySid,
    /// Whose it is.
    pub account_sid: AccountSid,
    /// Its secret.
    pub secret: String,
    /// What people call it.
    pub friendly_name: Option<String>,
}

impl Command for PutKey {
    type Output = ApiKey;

    async fn run(&self, tx: &Tx<'_>) -> Result<ApiKey, ApiError> {
        accounts::find(tx, self.account_sid).await?.ok_or(ApiError::NotFound)?;
        let key = ApiKey {
            sid: self.sid,
            account_sid: self.account_sid,
            secret: self.secret.clone(),
            friendly_name: self.friendly_name.clone(),
            created_at: tx.now(),
            revoked_at: None,
        };
        accounts::put_key(tx, &key).await?;
        Ok(key)
    }
}

/// Ends an API key: neither requests nor tokens made with it are accepted afterwards.
pub struct RevokeKey {
    /// The key.
    pub sid: KeySid,
}

impl Command for RevokeKey {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        if accounts::revoke_key(tx, self.sid).await? { Ok(()) } else { Err(ApiError::NotFound) }
    }
}
