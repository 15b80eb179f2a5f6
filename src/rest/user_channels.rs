//! `/Services/{IS}/Users/{US}/Channels`.

use super::Answer;
use super::call::Call;
use super::members::{consumed_at, consumed_index};
use crate::domain::at::{Name, UserChannelAt};
use crate::domain::user;
use crate::domain::user_channel::{self, DeleteUserChannel, UpdateUserChannel, UserChannel};
use crate::error::ApiError;
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::user_channels;

/// GET the list: channels that the user is in or invited to.
pub async fn list(call: &Call<'_>, service: &str, user: &str) -> Result<Answer, ApiError> {
    let at = call.user(service, user)?;
    let page = &call.app.config.page;
    let sizes = call.sizes(page.max_v1, page.max_user_channels_v2);
    let request = call
        .parsed_query(
            |query| PageRequest::from_query(query, sizes, sid_token),
            async |tx| user::load(tx, &at).await.map(drop),
        )
        .await?;
    let (user, page) = call
        .read(async |tx| {
            let user = user::load(tx, &at).await?;
            let page = user_channels::page(tx, user.sid, &request).await?;
            Ok((user.sid, page))
        })
        .await?;
    let path = format!("/Services/{}/Users/{user}/Channels", at.service.service);
    let listing = Listing { key: "channels", meta_first: false, path, filters: Vec::new() };
    let view = call.list_view();
    let row = |out: &mut String, channel: &UserChannel| render::user_channel::write(out, &view, channel);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

fn place(call: &Call<'_>, service: &str, user: &str, channel: &str) -> Result<UserChannelAt, ApiError> {
    Ok(UserChannelAt { user: call.user(service, user)?, channel: Name::from(channel) })
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, user: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, user, channel)?;
    let user_channel = call.read(async |tx| user_channel::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::user_channel::write(out, view, &user_channel))))
}

/// POST a notification level or a horizon.
pub async fn update(call: &Call<'_>, service: &str, user: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, user, channel)?;
    let command = call
        .parsed(
            |form| {
                form.require_one_of(&[
                    "NotificationLevel",
                    "LastConsumedMessageIndex",
                    "LastConsumptionTimestamp",
                ])?;
                Ok(UpdateUserChannel {
                    at: at.clone(),
                    notification_level: form.get("NotificationLevel").map(str::parse).transpose()?,
                    last_consumed_index: consumed_index(form)?,
                    last_consumed_at: consumed_at(form)?,
                })
            },
            async |tx| user_channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let user_channel = call.write(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::user_channel::write(out, view, &user_channel))))
}

/// DELETE one: the user leaves the channel.
pub async fn delete(call: &Call<'_>, service: &str, user: &str, channel: &str) -> Result<Answer, ApiError> {
    call.act(DeleteUserChannel { at: place(call, service, user, channel)? }).await?;
    Ok(Answer::Deleted)
}
