//! `/Services/{IS}/Channels/{CH}/Messages`.

use super::Answer;
use super::call::{Call, patch, sid};
use super::channels::dates;
use crate::domain::at::MessageAt;
use crate::domain::channel;
use crate::domain::message::{self, DeleteMessage, Message, MessageView, SendMessage, UpdateMessage};
use crate::domain::text::{Attributes, SYSTEM, author, last_updated_by};
use crate::error::ApiError;
use crate::form::{Form, Patch};
use crate::page::{PageRequest, index_token};
use crate::render;
use crate::render::message::InChannel;
use crate::render::page::{Listing, Rows};
use crate::sid::{MediaSid, ServiceSid};
use crate::store::channels;
use crate::store::messages::{self, Order};

/// GET the list.
pub async fn list(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let (order, request) = call
        .parsed_query(
            |query| {
                let order = match query.get("Order") {
                    None | Some("" | "asc") => Order::Ascending,
                    Some("desc") => Order::Descending,
                    Some(_) => return Err(ApiError::invalid("Order", "must be asc or desc")),
                };
                Ok((order, PageRequest::from_query(query, call.page_sizes(), index_token)?))
            },
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let view = call.list_view();
    let (service, mut rows) = (at.service.service, Rows::default());
    let (channel, neighbours) = call
        .read(async |tx| {
            let channel = channels::resolve(tx, &at).await?.ok_or(ApiError::NotFound)?;
            let place = InChannel::new(&view, service, channel);
            let mut show = |message: &MessageView<'_>| {
                rows.add(|out| render::message::write(out, &view, &place, message));
            };
            Ok((channel, messages::page(tx, channel, order, &request, &mut show).await?))
        })
        .await?;
    let order = call.query()?.get("Order").filter(|order| !order.is_empty());
    let listing = Listing {
        key: "messages",
        meta_first: true,
        path: format!("/Services/{service}/Channels/{channel}/Messages"),
        filters: order.map(|order| ("Order", order)).into_iter().collect(),
    };
    Ok(Answer::Ok(listing.write_rows(&view, &request, neighbours, |index: i64| index, &rows)))
}

/// One message as an answer shows it.
fn render_one(call: &Call<'_>, service: ServiceSid, message: &Message) -> String {
    let place = InChannel::new(&call.view, service, message.channel_sid);
    call.render(|out, view| render::message::write(out, view, &place, &message.view()))
}

fn media(form: &Form) -> Result<Option<MediaSid>, ApiError> {
    match form.get("MediaSid") {
        None => Ok(None),
        Some("") => Err(ApiError::MediaSidMissing),
        Some(text) => text.parse().map(Some).map_err(|_| ApiError::InvalidMediaSid),
    }
}

/// POST a new one.
pub async fn create(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let service_sid = at.service.service;
    let limits = call.limits();
    let v1 = call.is_v1();
    let command = call
        .parsed(
            |form| {
                let text = if v1 { form.required("Body")? } else { form.get("Body").unwrap_or_default() };
                let from = form.parsed("From", |text| author(text, limits))?;
                Ok(SendMessage {
                    at: at.clone(),
                    author: from.unwrap_or_else(|| SYSTEM.to_owned()),
                    attributes: form.parsed("Attributes", |text| {
                        Attributes::parse(text, limits.message_attributes_bytes)
                    })?,
                    dates: dates(call, form)?,
                    last_updated_by: if v1 {
                        None
                    } else {
                        form.parsed("LastUpdatedBy", |text| last_updated_by(text, limits))?
                    },
                    body: message::body(text, limits)?,
                    media: if v1 { None } else { media(form)? },
                })
            },
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let message = call.act(command).await?;
    Ok(Answer::Created(render_one(call, service_sid, &message)))
}

fn place(call: &Call<'_>, service: &str, channel: &str, message: &str) -> Result<MessageAt, ApiError> {
    Ok(MessageAt { channel: call.channel(service, channel)?, message: sid(message)? })
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, channel: &str, message: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, channel, message)?;
    let mut out = String::with_capacity(1024);
    let mut show = |channel, message: &MessageView<'_>| {
        let place = InChannel::new(&call.view, at.channel.service.service, channel);
        render::message::write(&mut out, &call.view, &place, message);
    };
    let found = call.look(async |tx| Ok(messages::show(tx, &at, &mut show).await?)).await?;
    if found { Ok(Answer::Ok(out)) } else { Err(ApiError::NotFound) }
}

/// The parameters of an update; v1 has the first two.
const PARAMETERS: &[&str] = &["Body", "Attributes", "DateCreated", "DateUpdated", "LastUpdatedBy", "From"];

/// POST changes.
pub async fn update(
    call: &Call<'_>,
    service: &str,
    channel: &str,
    message: &str,
) -> Result<Answer, ApiError> {
    let at = place(call, service, channel, message)?;
    let service = at.channel.service.service;
    let limits = call.limits();
    let v1 = call.is_v1();
    let command = call
        .parsed(
            |form| {
                form.require_one_of(if v1 { &PARAMETERS[..2] } else { PARAMETERS })?;
                let attributes: Patch<Attributes> = patch(form, "Attributes", |text| {
                    Attributes::parse(text, limits.message_attributes_bytes)
                })?;
                Ok(UpdateMessage {
                    at: at.clone(),
                    body: form.get("Body").map(|text| message::body(text, limits)).transpose()?,
                    attributes,
                    dates: dates(call, form)?,
                    last_updated_by: if v1 {
                        None
                    } else {
                        form.parsed("LastUpdatedBy", |text| last_updated_by(text, limits))?
                    },
                    author: if v1 { None } else { form.parsed("From", |text| author(text, limits))? },
                })
            },
            async |tx| message::load(tx, &at).await.map(drop),
        )
        .await?;
    let message = call.act(command).await?;
    Ok(Answer::Ok(render_one(call, service, &message)))
}

/// DELETE one.
pub async fn delete(
    call: &Call<'_>,
    service: &str,
    channel: &str,
    message: &str,
) -> Result<Answer, ApiError> {
    call.act(DeleteMessage { at: place(call, service, channel, message)? }).await?;
    Ok(Answer::Deleted)
}
