//! `/Services/{IS}/Channels`.

use super::Answer;
use super::call::{Call, filter, patch};
use crate::config::ListDefault;
use crate::domain::channel::{
    self, Channel, ChannelType, CreateChannel, Dates, DeleteChannel, MakePrivate, UpdateChannel,
};
use crate::domain::service;
use crate::domain::text::{Attributes, SYSTEM, UniqueName, author, friendly_name};
use crate::error::ApiError;
use crate::form::Form;
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::sid::MessagingServiceSid;
use crate::store::channels;

/// GET the list.
pub async fn list(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let exists = async |tx: &crate::store::Tx<'_>| service::load(tx, at).await.map(drop);
    let (request, types) = call
        .parsed_query(
            |query| {
                let types = filter(query, "Type").unwrap_or_default();
                Ok((PageRequest::from_query(query, call.page_sizes(), sid_token)?, read_types(&types)?))
            },
            exists,
        )
        .await?;
    let default = [ChannelType::Public];
    let kinds = match (types.as_slice(), call.app.config.channels.list_default) {
        ([], ListDefault::Public) => &default[..],
        (types, _) => types,
    };
    let page = call
        .read(async |tx| {
            service::load(tx, at).await?;
            Ok(channels::page(tx, at, kinds, &request).await?)
        })
        .await?;
    let listing = Listing {
        key: "channels",
        meta_first: false,
        path: format!("/Services/{}/Channels", at.service),
        filters: types.iter().map(|kind| ("Type", kind.as_str())).collect(),
    };
    let view = call.list_view();
    let row = |out: &mut String, channel: &Channel| render::channel::write(out, &view, channel);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

fn read_types(words: &[&str]) -> Result<Vec<ChannelType>, ApiError> {
    words.iter().map(|word| read_type(word)).collect()
}

fn read_type(word: &str) -> Result<ChannelType, ApiError> {
    ChannelType::from_word(word).ok_or_else(|| ApiError::invalid("Type", "must be public or private"))
}

/// The dates that v2 lets a write set by hand; v1 ignores them.
pub(super) fn dates(call: &Call<'_>, form: &Form) -> Result<Dates, ApiError> {
    if call.is_v1() {
        return Ok(Dates::default());
    }
    Ok(Dates {
        created: form.date("DateCreated", || ApiError::InvalidDateCreated)?,
        updated: form.date("DateUpdated", || ApiError::InvalidDateUpdated)?,
    })
}

/// POST a new one.
pub async fn create(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let (limits, (unique_chars, friendly_chars)) = (call.limits(), call.name_chars());
    let command = call
        .parsed(
            |form| {
                Ok(CreateChannel {
                    at,
                    friendly_name: form.parsed("FriendlyName", |text| friendly_name(text, friendly_chars))?,
                    unique_name: form.parsed("UniqueName", |text| UniqueName::parse(text, unique_chars))?,
                    attributes: form.parsed("Attributes", |text| {
                        Attributes::parse(text, limits.channel_attributes_bytes)
                    })?,
                    kind: form.parsed("Type", read_type)?.unwrap_or(ChannelType::Public),
                    dates: dates(call, form)?,
                    created_by: created_by(call, form)?.unwrap_or_else(|| SYSTEM.to_owned()),
                })
            },
            async |tx| service::load(tx, at).await.map(drop),
        )
        .await?;
    let channel = call.act(command).await?;
    Ok(Answer::Created(call.render(|out, view| render::channel::write(out, view, &channel))))
}

fn created_by(call: &Call<'_>, form: &Form) -> Result<Option<String>, ApiError> {
    if call.is_v1() { Ok(None) } else { form.parsed("CreatedBy", |text| author(text, call.limits())) }
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let channel = call.look(async |tx| channel::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::channel::write(out, view, &channel))))
}

/// POST changes.
pub async fn update(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let (limits, (unique_chars, friendly_chars)) = (call.limits(), call.name_chars());
    let command = call
        .parsed(
            |form| {
                form.require_one_of(&["FriendlyName", "UniqueName", "Attributes"]).or_else(|error| {
                    if call.is_v1() { Err(error) } else { form.require_one_of(V2_PARAMETERS) }
                })?;
                Ok(UpdateChannel {
                    at: at.clone(),
                    friendly_name: patch(form, "FriendlyName", |text| friendly_name(text, friendly_chars))?,
                    unique_name: patch(form, "UniqueName", |text| UniqueName::parse(text, unique_chars))?,
                    attributes: patch(form, "Attributes", |text| {
                        Attributes::parse(text, limits.channel_attributes_bytes)
                    })?,
                    dates: dates(call, form)?,
                    created_by: created_by(call, form)?,
                })
            },
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let channel = call.act(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::channel::write(out, view, &channel))))
}

const V2_PARAMETERS: &[&str] = &["DateCreated", "DateUpdated", "CreatedBy"];

/// POST of v3: a public channel becomes private.
pub async fn make_private(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let command = call
        .parsed(
            |form| {
                if form.get("Type") != Some("private") {
                    return Err(ApiError::TypeMustBePrivate);
                }
                let messaging_service_sid = form.parsed("MessagingServiceSid", |text| {
                    let sid: MessagingServiceSid =
                        text.parse().map_err(|_| ApiError::InvalidMessagingServiceSid)?;
                    let known = &call.app.config.channels.messaging_services;
                    let known = known.iter().any(|known| known.parse() == Ok(sid));
                    if known { Ok(sid) } else { Err(ApiError::UnknownMessagingService) }
                })?;
                Ok(MakePrivate { at: at.clone(), messaging_service_sid })
            },
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let channel = call.act(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::channel::write(out, view, &channel))))
}

/// DELETE one with everything in it.
pub async fn delete(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    call.act(DeleteChannel { at: call.channel(service, channel)? }).await?;
    Ok(Answer::Deleted)
}
