//! `/Services/{IS}/Channels/{CH}/Invites`.

use super::Answer;
use super::call::{Call, filter, role, sid};
use crate::domain::at::InviteAt;
use crate::domain::channel;
use crate::domain::invite::{self, CreateInvite, DeleteInvite, Invite};
use crate::domain::text::Identity;
use crate::error::ApiError;
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::invites;

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
            let page = invites::page(tx, channel.sid, identities.as_deref(), &request).await?;
            Ok((channel, page))
        })
        .await?;
    let listing = Listing {
        key: "invites",
        meta_first: true,
        path: format!("/Services/{}/Channels/{}/Invites", at.service.service, channel.sid),
        filters: identities.iter().flatten().map(|identity| ("Identity", *identity)).collect(),
    };
    let view = call.list_view();
    let row = |out: &mut String, invite: &Invite| render::invite::write(out, &view, invite);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// POST a new one.
pub async fn create(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let command = call
        .parsed(
            |form| {
                let identity = Identity::parse(form.required("Identity")?, call.limits())?;
                Ok(CreateInvite { at: at.clone(), identity, role: role(form, "RoleSid") })
            },
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let invite = call.write(command).await?;
    Ok(Answer::Created(call.render(|out, view| render::invite::write(out, view, &invite))))
}

fn place(call: &Call<'_>, service: &str, channel: &str, invite: &str) -> Result<InviteAt, ApiError> {
    Ok(InviteAt { channel: call.channel(service, channel)?, invite: sid(invite)? })
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, channel: &str, invite: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, channel, invite)?;
    let invite = call.read(async |tx| invite::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::invite::write(out, view, &invite))))
}

/// DELETE one: the invitation is taken back.
pub async fn delete(call: &Call<'_>, service: &str, channel: &str, invite: &str) -> Result<Answer, ApiError> {
    call.write(DeleteInvite { at: place(call, service, channel, invite)? }).await?;
    Ok(Answer::Deleted)
}
