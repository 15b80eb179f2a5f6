//! `/Services/{IS}/Channels/{CH}/Members`.

use super::Answer;
use super::call::{Call, filter, patch, role};
use super::channels::dates;
use crate::domain::at::{MemberAt, Name};
use crate::domain::channel;
use crate::domain::member::{self, CreateMember, DeleteMember, Member, UpdateMember};
use crate::domain::text::{Attributes, Identity};
use crate::error::ApiError;
use crate::form::{Form, Patch, integer};
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::members;
use crate::time::Timestamp;

/// GET the list.
pub async fn list(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let request = call
        .parsed_query(
            |query| PageRequest::from_query(query, call.page_sizes(), sid_token),
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let identities = filter(call.query()?, "Identity");
    let (channel, page) = call
        .read(async |tx| {
            let channel = channel::load(tx, &at).await?;
            let page = members::page(tx, channel.sid, identities.as_deref(), &request).await?;
            Ok((channel, page))
        })
        .await?;
    let listing = Listing {
        key: "members",
        meta_first: true,
        path: format!("/Services/{}/Channels/{}/Members", at.service.service, channel.sid),
        filters: identities.iter().flatten().map(|identity| ("Identity", *identity)).collect(),
    };
    let view = call.list_view();
    let row = |out: &mut String, member: &Member| render::member::write(out, &view, member);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// POST a new one.
pub async fn create(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let limits = call.limits();
    let command = call
        .parsed(
            |form| {
                let identity = Identity::parse(form.required("Identity")?, limits)?;
                let role = role(form, "RoleSid");
                let v2 = Some(form).filter(|_| !call.is_v1());
                Ok(CreateMember {
                    at: at.clone(),
                    identity,
                    role,
                    last_consumed_index: v2.map_or(Ok(Patch::Keep), consumed_index)?.into_option(),
                    last_consumed_at: v2.map_or(Ok(Patch::Keep), consumed_at)?.into_option(),
                    dates: dates(call, form)?,
                    attributes: v2.map_or(Ok(None), |form| {
                        form.parsed("Attributes", |text| {
                            Attributes::parse(text, limits.member_attributes_bytes)
                        })
                    })?,
                })
            },
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let member = call.act(command).await?;
    Ok(Answer::Created(call.render(|out, view| render::member::write(out, view, &member))))
}

/// `LastConsumedMessageIndex`: an index, 0 or above; empty clears it.
pub(super) fn consumed_index(form: &Form) -> Result<Patch<i64>, ApiError> {
    patch(form, "LastConsumedMessageIndex", |text| {
        integer(text).filter(|index| *index >= 0).ok_or(ApiError::InvalidConsumedIndex)
    })
}

/// `LastConsumptionTimestamp`: a date; empty clears it.
pub(super) fn consumed_at(form: &Form) -> Result<Patch<Timestamp>, ApiError> {
    patch(form, "LastConsumptionTimestamp", |text| {
        Timestamp::parse(text).ok_or(ApiError::InvalidConsumptionTimestamp)
    })
}

fn place(call: &Call<'_>, service: &str, channel: &str, member: &str) -> Result<MemberAt, ApiError> {
    Ok(MemberAt { channel: call.channel(service, channel)?, member: Name::from(member) })
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, channel: &str, member: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, channel, member)?;
    let member = call.read(async |tx| member::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::member::write(out, view, &member))))
}

/// POST changes.
pub async fn update(call: &Call<'_>, service: &str, channel: &str, member: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, channel, member)?;
    let limits = call.limits();
    let command = call
        .parsed(
            |form| {
                let known = if call.is_v1() { &PARAMETERS[..2] } else { PARAMETERS };
                form.require_one_of(known)?;
                let v2 = Some(form).filter(|_| !call.is_v1());
                Ok(UpdateMember {
                    at: at.clone(),
                    role: role(form, "RoleSid"),
                    last_consumed_index: consumed_index(form)?,
                    last_consumed_at: v2.map_or(Ok(Patch::Keep), consumed_at)?,
                    dates: dates(call, form)?,
                    attributes: v2.map_or(Ok(Patch::Keep), |form| {
                        patch(form, "Attributes", |text| {
                            Attributes::parse(text, limits.member_attributes_bytes)
                        })
                    })?,
                })
            },
            async |tx| member::load(tx, &at).await.map(drop),
        )
        .await?;
    let member = call.act(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::member::write(out, view, &member))))
}

/// The parameters of an update; v1 has the first two.
const PARAMETERS: &[&str] = &[
    "RoleSid",
    "LastConsumedMessageIndex",
    "LastConsumptionTimestamp",
    "DateCreated",
    "DateUpdated",
    "Attributes",
];

/// DELETE one.
pub async fn delete(call: &Call<'_>, service: &str, channel: &str, member: &str) -> Result<Answer, ApiError> {
    call.act(DeleteMember { at: place(call, service, channel, member)? }).await?;
    Ok(Answer::Deleted)
}
