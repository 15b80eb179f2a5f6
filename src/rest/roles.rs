//! `/Services/{IS}/Roles`.

use super::Answer;
use super::call::{Call, sid};
use crate::domain::at::RoleAt;
use crate::domain::role::{self, CreateRole, DeleteRole, Role, RoleType, UpdateRole};
use crate::domain::service;
use crate::domain::text::friendly_name;
use crate::error::ApiError;
use crate::form::Form;
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::roles;

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
            Ok(roles::page(tx, at, &request).await?)
        })
        .await?;
    let path = format!("/Services/{}/Roles", at.service);
    let listing = Listing { key: "roles", meta_first: true, path, filters: Vec::new() };
    let view = call.list_view();
    let row = |out: &mut String, role: &Role| render::role::write(out, &view, role);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// `Permission`, repeated; at least one.
fn permissions(form: &Form) -> Result<Vec<&str>, ApiError> {
    let missing = || ApiError::MissingParameter { name: "Permission" };
    let names = form.all("Permission").ok_or_else(missing)?;
    if names == [""] { Err(missing()) } else { Ok(names) }
}

/// POST a new one.
pub async fn create(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let strict = call.app.config.roles.strict_vocabulary;
    let command = call
        .parsed(
            |form| {
                let (name, kind, names) =
                    (form.required("FriendlyName")?, form.required("Type")?, permissions(form)?);
                let friendly_name = friendly_name(name, call.limits().role_name_chars)?;
                let kind: RoleType = kind.parse()?;
                Ok(CreateRole {
                    at,
                    friendly_name,
                    kind,
                    permissions: role::permissions(&names, kind, strict)?,
                })
            },
            async |tx| service::load(tx, at).await.map(drop),
        )
        .await?;
    let role = call.write(command).await?;
    Ok(Answer::Created(call.render(|out, view| render::role::write(out, view, &role))))
}

fn place(call: &Call<'_>, service: &str, role: &str) -> Result<RoleAt, ApiError> {
    Ok(RoleAt { service: call.service(service)?, role: sid(role)? })
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, role: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, role)?;
    let role = call.read(async |tx| role::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::role::write(out, view, &role))))
}

/// POST its permissions: they replace the present ones.
pub async fn update(call: &Call<'_>, service: &str, role: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, role)?;
    let command = call
        .parsed(
            |form| {
                form.require_one_of(&["Permission"])?;
                let permissions = permissions(form)?.into_iter().map(str::to_owned).collect();
                Ok(UpdateRole { at: at.clone(), permissions })
            },
            async |tx| role::load(tx, &at).await.map(drop),
        )
        .await?;
    let role = call.write(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::role::write(out, view, &role))))
}

/// DELETE one.
pub async fn delete(call: &Call<'_>, service: &str, role: &str) -> Result<Answer, ApiError> {
    call.write(DeleteRole { at: place(call, service, role)? }).await?;
    Ok(Answer::Deleted)
}
