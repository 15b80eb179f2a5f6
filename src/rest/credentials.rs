//! `/Credentials`: what pushes are sent with. They belong to the account.

use super::Answer;
use super::call::{Call, patch, sid};
use crate::domain::at::CredentialAt;
use crate::domain::credential::{self, CreateCredential, Credential, DeleteCredential, UpdateCredential};
use crate::domain::text::friendly_name;
use crate::error::ApiError;
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::credentials;

/// GET the list.
pub async fn list(call: &Call<'_>) -> Result<Answer, ApiError> {
    let max = call.app.config.page.max_credentials;
    let request = PageRequest::from_query(call.query()?, call.sizes(max, max), sid_token)?;
    let account = call.view.account;
    let page = call.read(async |tx| Ok(credentials::page(tx, account, &request).await?)).await?;
    let path = "/Credentials".to_owned();
    let listing = Listing { key: "credentials", meta_first: false, path, filters: Vec::new() };
    let view = call.list_view();
    let row = |out: &mut String, credential: &Credential| render::credential::write(out, &view, credential);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// A secret of bounded size.
fn bounded(call: &Call<'_>, name: &'static str) -> impl FnOnce(&str) -> Result<String, ApiError> {
    let bytes = call.limits().credential_secret_bytes;
    move |text| {
        if text.len() <= bytes { Ok(text.to_owned()) } else { Err(ApiError::invalid(name, "is too long")) }
    }
}

/// POST a new one.
pub async fn create(call: &Call<'_>) -> Result<Answer, ApiError> {
    let form = call.body.form().await?;
    let kind = form.required("Type")?.parse()?;
    let name_chars = call.limits().credential_name_chars;
    let credential = call
        .write(CreateCredential {
            account: call.view.account,
            kind,
            friendly_name: form.parsed("FriendlyName", |text| friendly_name(text, name_chars))?,
            certificate: form.parsed("Certificate", bounded(call, "Certificate"))?,
            private_key: form.parsed("PrivateKey", bounded(call, "PrivateKey"))?,
            sandbox: form.boolean("Sandbox")?,
            api_key: form.parsed("ApiKey", bounded(call, "ApiKey"))?,
            secret: form.parsed("Secret", bounded(call, "Secret"))?,
        })
        .await?;
    Ok(Answer::Created(call.render(|out, view| render::credential::write(out, view, &credential))))
}

fn place(call: &Call<'_>, credential: &str) -> Result<CredentialAt, ApiError> {
    Ok(CredentialAt { account: call.view.account, credential: sid(credential)? })
}

/// GET one.
pub async fn fetch(call: &Call<'_>, credential: &str) -> Result<Answer, ApiError> {
    let at = place(call, credential)?;
    let credential = call.read(async |tx| credential::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::credential::write(out, view, &credential))))
}

/// POST changes; the type stays.
pub async fn update(call: &Call<'_>, credential: &str) -> Result<Answer, ApiError> {
    let at = place(call, credential)?;
    let name_chars = call.limits().credential_name_chars;
    let command = call
        .parsed(
            |form| {
                form.require_one_of(&[
                    "FriendlyName",
                    "Certificate",
                    "PrivateKey",
                    "Sandbox",
                    "ApiKey",
                    "Secret",
                ])?;
                Ok(UpdateCredential {
                    at: at.clone(),
                    friendly_name: patch(form, "FriendlyName", |text| friendly_name(text, name_chars))?,
                    certificate: patch(form, "Certificate", bounded(call, "Certificate"))?,
                    private_key: patch(form, "PrivateKey", bounded(call, "PrivateKey"))?,
                    sandbox: form.boolean("Sandbox")?,
                    api_key: patch(form, "ApiKey", bounded(call, "ApiKey"))?,
                    secret: patch(form, "Secret", bounded(call, "Secret"))?,
                })
            },
            async |tx| credential::load(tx, &at).await.map(drop),
        )
        .await?;
    let credential = call.write(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::credential::write(out, view, &credential))))
}

/// DELETE one.
pub async fn delete(call: &Call<'_>, credential: &str) -> Result<Answer, ApiError> {
    call.write(DeleteCredential { at: place(call, credential)? }).await?;
    Ok(Answer::Deleted)
}
