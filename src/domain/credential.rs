//! Push credentials: what an account proves itself with to the push services. They are the account's, not a service's.

use std::fmt;
use std::str::FromStr;

use super::at::CredentialAt;
use crate::error::ApiError;
use crate::form::Patch;
use crate::sid::{AccountSid, CredentialSid};
use crate::store::{Command, Tx, credentials};
use crate::time::Timestamp;

/// A push credential. Its secrets are never answered.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Credential {
    pub sid: CredentialSid,
    pub account_sid: AccountSid,
    pub friendly_name: Option<String>,
    pub kind: CredentialType,
    /// Only of meaning for APN.
    pub sandbox: bool,
    /// PEM text, for APN.
    pub certificate: Option<String>,
    /// PEM text, for APN.
    pub private_key: Option<String>,
    /// For GCM.
    pub api_key: Option<String>,
    /// For FCM.
    pub secret: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// All but the secrets.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("sid", &self.sid)
            .field("account_sid", &self.account_sid)
            .field("friendly_name", &self.friendly_name)
            .field("kind", &self.kind)
            .field("sandbox", &self.sandbox)
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .finish_non_exhaustive()
    }
}

/// Which push service a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialType {
    /// Apple's.
    Apn,
    /// Google's first.
    Gcm,
    /// Google's present one.
    Fcm,
}

impl CredentialType {
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

impl FromStr for CredentialType {
    type Err = ApiError;

    fn from_str(word: &str) -> Result<Self, ApiError> {
        match word {
            "apn" => Ok(Self::Apn),
            "gcm" => Ok(Self::Gcm),
            "fcm" => Ok(Self::Fcm),
            _ => Err(ApiError::invalid("Type", "must be gcm, apn or fcm")),
        }
    }
}

/// The credential, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &CredentialAt) -> Result<Credential, ApiError> {
    credentials::find(tx, at).await?.ok_or(ApiError::NotFound)
}

/// Makes a credential. What its push service has no use for is stored and of no effect.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct CreateCredential {
    pub account: AccountSid,
    pub kind: CredentialType,
    pub friendly_name: Option<String>,
    pub sandbox: Option<bool>,
    pub certificate: Option<String>,
    pub private_key: Option<String>,
    pub api_key: Option<String>,
    pub secret: Option<String>,
}

impl Command for CreateCredential {
    type Output = Credential;

    async fn run(&self, tx: &Tx<'_>) -> Result<Credential, ApiError> {
        let now = tx.now();
        let credential = Credential {
            sid: tx.new_sid(),
            account_sid: self.account,
            friendly_name: self.friendly_name.clone(),
            kind: self.kind,
            sandbox: self.sandbox.unwrap_or(false),
            certificate: self.certificate.clone(),
            private_key: self.private_key.clone(),
            api_key: self.api_key.clone(),
            secret: self.secret.clone(),
            created_at: now,
            updated_at: now,
        };
        credentials::insert(tx, &credential).await?;
        Ok(credential)
    }
}

/// Changes a credential; its type cannot change.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateCredential {
    pub at: CredentialAt,
    pub friendly_name: Patch<String>,
    pub sandbox: Option<bool>,
    pub certificate: Patch<String>,
    pub private_key: Patch<String>,
    pub api_key: Patch<String>,
    pub secret: Patch<String>,
}

impl Command for UpdateCredential {
    type Output = Credential;

    async fn run(&self, tx: &Tx<'_>) -> Result<Credential, ApiError> {
        let mut credential = credentials::lock(tx, &self.at).await?.ok_or(ApiError::NotFound)?;
        self.friendly_name.clone().apply(&mut credential.friendly_name);
        credential.sandbox = self.sandbox.unwrap_or(credential.sandbox);
        self.certificate.clone().apply(&mut credential.certificate);
        self.private_key.clone().apply(&mut credential.private_key);
        self.api_key.clone().apply(&mut credential.api_key);
        self.secret.clone().apply(&mut credential.secret);
        credential.updated_at = tx.now();
        credentials::update(tx, &credential).await?;
        Ok(credential)
    }
}

/// Deletes a credential. Bindings that name it stay.
pub struct DeleteCredential {
    /// The credential.
    pub at: CredentialAt,
}

impl Command for DeleteCredential {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        if credentials::delete(tx, &self.at).await? { Ok(()) } else { Err(ApiError::NotFound) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sid::Sid;

    #[test]
    fn secrets_are_not_printed() {
        let hidden = || Some("hidden".to_owned());
        let credential = Credential {
            sid: CredentialSid::from_bytes([1; 16]),
            account_sid: AccountSid::from_bytes([2; 16]),
            friendly_name: Some("iPhones".to_owned()),
            kind: CredentialType::Apn,
            sandbox: true,
            certificate: hidden(),
            private_key: hidden(),
            api_key: hidden(),
            secret: hidden(),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
        };
        let text = format!("{credential:?}");
        assert!(text.contains("iPhones") && !text.contains("hidden"), "{text}");
    }
}
