//! `/Services/{IS}/Users`.

use super::Answer;
use super::call::{Call, patch, role};
use crate::domain::service;
use crate::domain::text::{Attributes, Identity, friendly_name};
use crate::domain::user::{self, CreateUser, DeleteUser, Shown, UpdateUser, User};
use crate::error::ApiError;
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::users;

/// GET the list.
pub async fn list(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let request = call
        .parsed_query(
            |query| PageRequest::from_query(query, call.page_sizes(), sid_token),
            async |tx| service::load(tx, at).await.map(drop),
        )
        .await?;
    let page = call
        .read(async |tx| {
            service::load(tx, at).await?;
            Ok(users::page(tx, at, &request).await?)
        })
        .await?;
    let path = format!("/Services/{}/Users", at.service);
    let listing = Listing { key: "users", meta_first: true, path, filters: Vec::new() };
    let view = call.list_view();
    let row = |out: &mut String, user: &User| render::user::write(out, &view, user, false);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// One user as an answer shows it.
fn render_one(call: &Call<'_>, (user, reachability): &Shown) -> String {
    call.render(|out, view| render::user::write(out, view, user, *reachability))
}

/// POST a new one.
pub async fn create(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let limits = call.limits();
    let (_, name_chars) = call.name_chars();
    let command = call
        .parsed(
            |form| {
                Ok(CreateUser {
                    at,
                    identity: Identity::parse(form.required("Identity")?, limits)?,
                    role: role(form, "RoleSid"),
                    attributes: form
                        .parsed("Attributes", |text| Attributes::parse(text, limits.user_attributes_bytes))?,
                    friendly_name: form.parsed("FriendlyName", |text| friendly_name(text, name_chars))?,
                })
            },
            async |tx| service::load(tx, at).await.map(drop),
        )
        .await?;
    Ok(Answer::Created(render_one(call, &call.tell(command).await?)))
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, user: &str) -> Result<Answer, ApiError> {
    let at = call.user(service, user)?;
    let shown = call.read(async |tx| user::load_shown(tx, &at).await).await?;
    Ok(Answer::Ok(render_one(call, &shown)))
}

/// POST changes.
pub async fn update(call: &Call<'_>, service: &str, user: &str) -> Result<Answer, ApiError> {
    let at = call.user(service, user)?;
    let limits = call.limits();
    let (_, name_chars) = call.name_chars();
    let command = call
        .parsed(
            |form| {
                form.require_one_of(&["RoleSid", "Attributes", "FriendlyName"])?;
                Ok(UpdateUser {
                    at: at.clone(),
                    role: role(form, "RoleSid"),
                    attributes: patch(form, "Attributes", |text| {
                        Attributes::parse(text, limits.user_attributes_bytes)
                    })?,
                    friendly_name: patch(form, "FriendlyName", |text| friendly_name(text, name_chars))?,
                })
            },
            async |tx| user::load(tx, &at).await.map(drop),
        )
        .await?;
    Ok(Answer::Ok(render_one(call, &call.act(command).await?)))
}

/// DELETE one.
pub async fn delete(call: &Call<'_>, service: &str, user: &str) -> Result<Answer, ApiError> {
    call.write(DeleteUser { at: call.user(service, user)? }).await?;
    Ok(Answer::Deleted)
}
