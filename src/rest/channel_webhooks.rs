//! `/Services/{IS}/Channels/{CH}/Webhooks`.

use super::Answer;
use super::call::{Call, sid};
use super::services::{callable, within_retries};
use crate::domain::at::ChannelWebhookAt;
use crate::domain::channel;
use crate::domain::channel_webhook::{
    self, ChannelWebhook, Configuration, CreateChannelWebhook, DeleteChannelWebhook, UpdateChannelWebhook,
};
use crate::domain::event::PostEvent;
use crate::domain::text::fits;
use crate::error::ApiError;
use crate::form::Form;
use crate::page::{PageRequest, PageSizes, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::channel_webhooks;

/// GET the list.
pub async fn list(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let page = &call.app.config.page;
    let sizes = PageSizes { default: page.default_webhooks, max: page.max_webhooks, strict: page.strict };
    let request = call
        .parsed_query(
            |query| PageRequest::from_query(query, sizes, sid_token),
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let (channel, page) = call
        .read(async |tx| {
            let channel = channel::load(tx, &at).await?;
            Ok((channel.sid, channel_webhooks::page(tx, channel.sid, &request).await?))
        })
        .await?;
    let path = format!("/Services/{}/Channels/{channel}/Webhooks", at.service.service);
    let listing = Listing { key: "webhooks", meta_first: false, path, filters: Vec::new() };
    let view = call.list_view();
    let row =
        |out: &mut String, webhook: &ChannelWebhook| render::channel_webhook::write(out, &view, webhook);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// The `Configuration.*` parameters, each checked for itself.
fn configuration(call: &Call<'_>, form: &Form) -> Result<Configuration, ApiError> {
    let limits = call.limits();
    Ok(Configuration {
        url: form.parsed("Configuration.Url", |text| {
            if !fits(text, limits.webhook_url_chars) {
                return Err(ApiError::ChannelWebhookUrlTooLong);
            }
            callable(text)
        })?,
        method: form.parsed("Configuration.Method", |text| {
            if matches!(text, "GET" | "POST") {
                Ok(text.to_owned())
            } else {
                Err(ApiError::InvalidWebhookMethod)
            }
        })?,
        filters: filters(form)?,
        triggers: triggers(call, form)?,
        flow_sid: form
            .parsed("Configuration.FlowSid", |text| text.parse().map_err(|_| ApiError::InvalidFlowSid))?,
        retry_count: within_retries(form, "Configuration.RetryCount", limits.webhook_max_retries.into())?,
    })
}

fn filters(form: &Form) -> Result<Option<Vec<String>>, ApiError> {
    let Some(names) = form.all("Configuration.Filters").filter(|names| names != &[""]) else {
        return Ok(None);
    };
    let known = |name: &str| PostEvent::from_name(name).is_some_and(PostEvent::is_of_channel);
    if !names.iter().all(|name| known(name)) {
        return Err(ApiError::InvalidChannelWebhookFilter);
    }
    Ok(Some(names.into_iter().map(str::to_owned).collect()))
}

fn triggers(call: &Call<'_>, form: &Form) -> Result<Option<Vec<String>>, ApiError> {
    let limits = call.limits();
    let Some(words) = form.all("Configuration.Triggers") else { return Ok(None) };
    if i64::try_from(words.len()).unwrap_or(i64::MAX) > limits.triggers_per_webhook {
        return Err(ApiError::TooManyTriggers);
    }
    if words.iter().any(|word| word.is_empty() || !fits(word, limits.trigger_chars)) {
        return Err(ApiError::InvalidChannelWebhookTrigger);
    }
    Ok(Some(words.into_iter().map(str::to_owned).collect()))
}

/// POST a new one.
pub async fn create(call: &Call<'_>, service: &str, channel: &str) -> Result<Answer, ApiError> {
    let at = call.channel(service, channel)?;
    let command = call
        .parsed(
            |form| {
                let kind = form.required("Type")?.parse()?;
                Ok(CreateChannelWebhook { at: at.clone(), kind, configuration: configuration(call, form)? })
            },
            async |tx| channel::load(tx, &at).await.map(drop),
        )
        .await?;
    let webhook = call.write(command).await?;
    Ok(Answer::Created(call.render(|out, view| render::channel_webhook::write(out, view, &webhook))))
}

fn place(call: &Call<'_>, service: &str, channel: &str, webhook: &str) -> Result<ChannelWebhookAt, ApiError> {
    Ok(ChannelWebhookAt { channel: call.channel(service, channel)?, webhook: sid(webhook)? })
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str, channel: &str, webhook: &str) -> Result<Answer, ApiError> {
    let at = place(call, service, channel, webhook)?;
    let webhook = call.read(async |tx| channel_webhook::load(tx, &at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::channel_webhook::write(out, view, &webhook))))
}

/// POST changes: they are merged into the configuration, and lists are replaced.
pub async fn update(
    call: &Call<'_>,
    service: &str,
    channel: &str,
    webhook: &str,
) -> Result<Answer, ApiError> {
    let at = place(call, service, channel, webhook)?;
    let command = call
        .parsed(
            |form| {
                form.require_one_of(&[
                    "Configuration.Url",
                    "Configuration.Method",
                    "Configuration.Filters",
                    "Configuration.Triggers",
                    "Configuration.FlowSid",
                    "Configuration.RetryCount",
                ])?;
                Ok(UpdateChannelWebhook { at: at.clone(), configuration: configuration(call, form)? })
            },
            async |tx| channel_webhook::load(tx, &at).await.map(drop),
        )
        .await?;
    let webhook = call.write(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::channel_webhook::write(out, view, &webhook))))
}

/// DELETE one.
pub async fn delete(
    call: &Call<'_>,
    service: &str,
    channel: &str,
    webhook: &str,
) -> Result<Answer, ApiError> {
    call.write(DeleteChannelWebhook { at: place(call, service, channel, webhook)? }).await?;
    Ok(Answer::Deleted)
}
