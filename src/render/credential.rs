//! A push credential. Its secrets are never shown; `sandbox` is a text, and only APN credentials have it (recorded).

use super::View;
use super::json::Object;
use crate::domain::credential::{Credential, CredentialType};

/// Appends the credential.
pub fn write(out: &mut String, view: &View, credential: &Credential) {
    let sid = credential.sid.text();
    Object::write(out, |o| {
        o.sid("sid", credential.sid);
        o.sid("account_sid", credential.account_sid);
        o.text_or_null("friendly_name", credential.friendly_name.as_deref());
        o.text("type", credential.kind.as_str());
        if credential.kind == CredentialType::Apn {
            o.text("sandbox", if credential.sandbox { "True" } else { "False" });
        }
        o.date("date_created", credential.created_at);
        o.date("date_updated", credential.updated_at);
        o.plain("url", &[&view.base, "/Credentials/", sid.as_str()]);
    });
}
