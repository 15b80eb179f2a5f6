//! `/Services/{IS}/Bindings` and `/Services/{IS}/Users/{US}/Bindings`: two views of what push registrations made.

use super::Answer;
use super::call::{Call, filter, sid};
use crate::domain::at::{BindingAt, UserBindingAt};
use crate::domain::binding::{self, Binding, BindingType, DeleteBinding, DeleteUserBinding};
use crate::domain::{service, user};
use crate::error::ApiError;
use crate::form::Form;
use crate::page::{PageRequest, PageSizes, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::sid::BindingSid;
use crate::store::bindings;

type Read = (PageRequest<BindingSid>, Vec<BindingType>);

fn read(query: &Form, sizes: PageSizes) -> Result<Read, ApiError> {
    let kinds = filter(query, "BindingType").unwrap_or_default();
    let kinds = kinds.into_iter().map(str::parse).collect::<Result<_, _>>()?;
    Ok((PageRequest::from_query(query, sizes, sid_token)?, kinds))
}

fn sizes(call: &Call<'_>) -> PageSizes {
    let max = call.app.config.page.max_bindings;
    call.sizes(max, max)
}

/// GET the service's list.
pub async fn list(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let (request, kinds) = call
        .parsed_query(|query| read(query, sizes(call)), async |tx| service::load(tx, at).await.map(drop))
        .await?;
    let identities = filter(call.query()?, "Identity");
    let page = call
        .read(async |tx| {
            service::load(tx, at).await?;
            Ok(bindings::page(tx, at.service, &kinds, identities.as_deref(), &request).await?)
        })
        .await?;
    let filters = kinds
        .iter()
        .map(|kind| ("BindingType", kind.as_str()))
        .chain(identities.iter().flatten().map(|identity| ("Identity", *identity)))
        .collect();
    let path = format!("/Services/{}/Bindings", at.service);
    let listing = Listing { key: "bindings", meta_first: false, path, filters };
    let view = call.list_view();
    let row = |out: &mut String, binding: &Binding| render::binding::write(out, &view, binding);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// GET one of a service.
pub async fn fetch(call: &Call<'_>, service: &str, binding: &str) -> Result<Answer, ApiError> {
    let at = BindingAt { service: call.service(service)?, binding: sid(binding)? };
    let binding = call.read(async |tx| binding::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::binding::write(out, view, &binding))))
}

/// DELETE one of a service.
pub async fn delete(call: &Call<'_>, service: &str, binding: &str) -> Result<Answer, ApiError> {
    let at = BindingAt { service: call.service(service)?, binding: sid(binding)? };
    call.write(DeleteBinding { at }).await?;
    Ok(Answer::Deleted)
}

/// GET a user's list.
pub async fn list_of_user(call: &Call<'_>, service: &str, user: &str) -> Result<Answer, ApiError> {
    let at = call.user(service, user)?;
    let (request, kinds) = call
        .parsed_query(|query| read(query, sizes(call)), async |tx| user::load(tx, &at).await.map(drop))
        .await?;
    let (user, page) = call
        .read(async |tx| {
            let user = user::load(tx, &at).await?;
            Ok((user.sid, bindings::page_of_user(tx, user.sid, &kinds, &request).await?))
        })
        .await?;
    let filters = kinds.iter().map(|kind| ("BindingType", kind.as_str())).collect();
    let path = format!("/Services/{}/Users/{user}/Bindings", at.service.service);
    let listing = Listing { key: "bindings", meta_first: false, path, filters };
    let view = call.list_view();
    let row = |out: &mut String, binding: &Binding| render::binding::write_of_user(out, &view, binding);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// GET one of a user.
pub async fn fetch_of_user(
    call: &Call<'_>,
    service: &str,
    user: &str,
    binding: &str,
) -> Result<Answer, ApiError> {
    let at = UserBindingAt { user: call.user(service, user)?, binding: sid(binding)? };
    let binding = call.read(async |tx| binding::load_of_user(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::binding::write_of_user(out, view, &binding))))
}

/// DELETE one of a user.
pub async fn delete_of_user(
    call: &Call<'_>,
    service: &str,
    user: &str,
    binding: &str,
) -> Result<Answer, ApiError> {
    let at = UserBindingAt { user: call.user(service, user)?, binding: sid(binding)? };
    call.write(DeleteUserBinding { at }).await?;
    Ok(Answer::Deleted)
}
