//! `/Services`.

use super::Answer;
use super::call::{Call, patch, role};
use crate::domain::event::{is_event, v1_events};
use crate::domain::service::{
    self, CreateService, DeleteService, EventWebhookPatch, NotificationPatch, UpdateService,
};
use crate::domain::text::{fits, friendly_name};
use crate::error::ApiError;
use crate::form::{Form, Patch};
use crate::outbound::Target;
use crate::page::{PageRequest, sid_token};
use crate::render;
use crate::render::page::{Listing, SidToken};
use crate::store::services;

/// GET the list.
pub async fn list(call: &Call<'_>) -> Result<Answer, ApiError> {
    let max = call.app.config.page.max_services_v1;
    let sizes = call.sizes(max, call.app.config.page.max_v2);
    let request = PageRequest::from_query(call.query()?, sizes, sid_token)?;
    let account = call.view.account;
    let page = call.read(async |tx| Ok(services::page(tx, account, &request).await?)).await?;
    let listing =
        Listing { key: "services", meta_first: false, path: "/Services".to_owned(), filters: Vec::new() };
    let view = call.list_view();
    let row = |out: &mut String, service: &service::Service| render::service::write(out, &view, service);
    Ok(Answer::Ok(listing.write(&view, &request, &page, SidToken, row)))
}

/// POST a new one. Everything but its name is set by an update.
pub async fn create(call: &Call<'_>) -> Result<Answer, ApiError> {
    let form = call.body.form().await?;
    let (_, chars) = call.name_chars();
    let friendly_name = friendly_name(form.required("FriendlyName")?, chars)?;
    let service = call.write(CreateService { account: call.view.account, friendly_name }).await?;
    Ok(Answer::Created(call.render(|out, view| render::service::write(out, view, &service))))
}

/// GET one.
pub async fn fetch(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let service = call.read(async |tx| service::load(tx, at).await).await?;
    Ok(Answer::Ok(call.render(|out, view| render::service::write(out, view, &service))))
}

/// POST settings.
pub async fn update(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    let at = call.service(service)?;
    let command = call
        .parsed(
            |form| {
                form.require_one_of(&known_parameters(call.is_v1()))?;
                read_update(call, form, at)
            },
            async |tx| service::load(tx, at).await.map(drop),
        )
        .await?;
    let service = call.write(command).await?;
    Ok(Answer::Ok(call.render(|out, view| render::service::write(out, view, &service))))
}

/// DELETE one with everything in it.
pub async fn delete(call: &Call<'_>, service: &str) -> Result<Answer, ApiError> {
    call.write(DeleteService { at: call.service(service)? }).await?;
    Ok(Answer::Deleted)
}

const PARAMETERS: &[&str] = &[
    "FriendlyName",
    "DefaultServiceRoleSid",
    "DefaultChannelRoleSid",
    "DefaultChannelCreatorRoleSid",
    "ReadStatusEnabled",
    "ReachabilityEnabled",
    "TypingIndicatorTimeout",
    "ConsumptionReportInterval",
    "Notifications.NewMessage.Enabled",
    "Notifications.NewMessage.Template",
    "Notifications.AddedToChannel.Enabled",
    "Notifications.AddedToChannel.Template",
    "Notifications.RemovedFromChannel.Enabled",
    "Notifications.RemovedFromChannel.Template",
    "Notifications.InvitedToChannel.Enabled",
    "Notifications.InvitedToChannel.Template",
    "PreWebhookUrl",
    "PostWebhookUrl",
    "WebhookMethod",
    "WebhookFilters",
    "Limits.ChannelMembers",
    "Limits.UserChannels",
];

const V2_PARAMETERS: &[&str] = &[
    "Notifications.NewMessage.Sound",
    "Notifications.NewMessage.BadgeCountEnabled",
    "Notifications.AddedToChannel.Sound",
    "Notifications.RemovedFromChannel.Sound",
    "Notifications.InvitedToChannel.Sound",
    "Notifications.LogEnabled",
    "Media.CompatibilityMessage",
    "PreWebhookRetryCount",
    "PostWebhookRetryCount",
];

/// `Webhooks.{event}.Url`, `.Method` and `.Format`: the same text for every call, made once.
fn v1_parameters() -> &'static [(&'static str, [String; 3])] {
    static NAMES: std::sync::OnceLock<Vec<(&'static str, [String; 3])>> = std::sync::OnceLock::new();
    NAMES.get_or_init(|| {
        let names = |event: &str| ["Url", "Method", "Format"].map(|end| format!("Webhooks.{event}.{end}"));
        v1_events().map(|(event, key)| (key, names(&event))).collect()
    })
}

fn known_parameters(v1: bool) -> Vec<&'static str> {
    let mut names = PARAMETERS.to_vec();
    if v1 {
        names.extend(v1_parameters().iter().flat_map(|(_, names)| names.iter().map(String::as_str)));
    } else {
        names.extend(V2_PARAMETERS);
    }
    names
}

fn read_update(
    call: &Call<'_>,
    form: &Form,
    at: crate::domain::at::ServiceAt,
) -> Result<UpdateService, ApiError> {
    let limits = call.limits();
    let v2 = !call.is_v1();
    let only_v2 = |name: &'static str| if v2 { name } else { "" };
    let seconds = |name: &str, error: fn() -> ApiError| match form.integer(name, error)? {
        Some(seconds) if !(0..=86_400).contains(&seconds) => Err(error()),
        seconds => Ok(seconds),
    };
    let within = |name: &str, max: i64, error: fn() -> ApiError| match form.get(name) {
        None => Ok(None),
        Some(text) => match crate::form::integer(text) {
            Some(limit) if (1..=max).contains(&limit) => Ok(Some(limit)),
            _ => Err(error()),
        },
    };
    let retries = |name: &'static str| within_retries(form, only_v2(name), limits.webhook_max_retries.into());
    let (_, name_chars) = call.name_chars();
    Ok(UpdateService {
        at,
        friendly_name: patch(form, "FriendlyName", |text| friendly_name(text, name_chars))?,
        default_service_role: role(form, "DefaultServiceRoleSid"),
        default_channel_role: role(form, "DefaultChannelRoleSid"),
        default_channel_creator_role: role(form, "DefaultChannelCreatorRoleSid"),
        read_status_enabled: form.boolean("ReadStatusEnabled")?,
        reachability_enabled: form.boolean("ReachabilityEnabled")?,
        typing_indicator_timeout: seconds("TypingIndicatorTimeout", || ApiError::InvalidTypingTimeout)?,
        consumption_report_interval: seconds("ConsumptionReportInterval", || {
            ApiError::InvalidConsumptionInterval
        })?,
        new_message: NotificationPatch {
            badge_count_enabled: form.boolean(only_v2("Notifications.NewMessage.BadgeCountEnabled"))?,
            ..notification(
                call,
                form,
                "Notifications.NewMessage.Enabled",
                "Notifications.NewMessage.Template",
                only_v2("Notifications.NewMessage.Sound"),
            )?
        },
        added_to_channel: notification(
            call,
            form,
            "Notifications.AddedToChannel.Enabled",
            "Notifications.AddedToChannel.Template",
            only_v2("Notifications.AddedToChannel.Sound"),
        )?,
        removed_from_channel: notification(
            call,
            form,
            "Notifications.RemovedFromChannel.Enabled",
            "Notifications.RemovedFromChannel.Template",
            only_v2("Notifications.RemovedFromChannel.Sound"),
        )?,
        invited_to_channel: notification(
            call,
            form,
            "Notifications.InvitedToChannel.Enabled",
            "Notifications.InvitedToChannel.Template",
            only_v2("Notifications.InvitedToChannel.Sound"),
        )?,
        pre_webhook_url: patch(form, "PreWebhookUrl", |text| webhook_url(text, limits.webhook_url_chars))?,
        post_webhook_url: patch(form, "PostWebhookUrl", |text| webhook_url(text, limits.webhook_url_chars))?,
        webhook_method: patch(form, "WebhookMethod", webhook_method)?,
        webhook_filters: webhook_filters(form)?,
        channel_members_limit: within("Limits.ChannelMembers", limits.channel_members.max, || {
            ApiError::InvalidChannelMembersLimit
        })?,
        user_channels_limit: within("Limits.UserChannels", limits.user_channels.max, || {
            ApiError::InvalidUserChannelsLimit
        })?,
        compatibility_message: patch(form, only_v2("Media.CompatibilityMessage"), |text| {
            if fits(text, limits.compatibility_message_chars) {
                Ok(text.to_owned())
            } else {
                Err(ApiError::invalid("Media.CompatibilityMessage", "is too long"))
            }
        })?,
        pre_webhook_retry_count: retries("PreWebhookRetryCount")?,
        post_webhook_retry_count: retries("PostWebhookRetryCount")?,
        log_enabled: form.boolean(only_v2("Notifications.LogEnabled"))?,
        event_webhooks: if v2 { Vec::new() } else { event_webhooks(form, limits.webhook_url_chars)? },
    })
}

/// A retry count between 0 and the most that are allowed.
pub(super) fn within_retries(form: &Form, name: &str, max: i64) -> Result<Option<i64>, ApiError> {
    match form.integer(name, || ApiError::InvalidRetryCount)? {
        Some(count) if !(0..=max).contains(&count) => Err(ApiError::InvalidRetryCount),
        count => Ok(count),
    }
}

fn notification(
    call: &Call<'_>,
    form: &Form,
    enabled: &'static str,
    template: &str,
    sound: &str,
) -> Result<NotificationPatch, ApiError> {
    let limits = call.limits();
    let bounded = |chars: usize, error: ApiError| {
        move |text: &str| if fits(text, chars) { Ok(text.to_owned()) } else { Err(error) }
    };
    Ok(NotificationPatch {
        enabled: form.boolean(enabled)?,
        template: patch(
            form,
            template,
            bounded(limits.notification_template_chars, ApiError::TemplateTooLong),
        )?,
        sound: patch(form, sound, bounded(limits.notification_sound_chars, ApiError::SoundTooLong))?,
        badge_count_enabled: None,
    })
}

fn webhook_url(text: &str, chars: usize) -> Result<String, ApiError> {
    if fits(text, chars) { callable(text) } else { Err(ApiError::InvalidWebhookFormat) }
}

/// A URL that a webhook can be sent to, kept as the application wrote it. Whether its address may be called is decided when
/// it is called.
pub(super) fn callable(text: &str) -> Result<String, ApiError> {
    Target::parse(text).map(|_| text.to_owned()).map_err(|_| ApiError::InvalidWebhookFormat)
}

fn webhook_method(text: &str) -> Result<String, ApiError> {
    if matches!(text, "GET" | "POST") { Ok(text.to_owned()) } else { Err(ApiError::InvalidWebhookMethod) }
}

fn webhook_filters(form: &Form) -> Result<Patch<Vec<String>>, ApiError> {
    let Some(names) = form.all("WebhookFilters") else { return Ok(Patch::Keep) };
    if names == [""] {
        return Ok(Patch::Clear);
    }
    let mut filters: Vec<String> = Vec::new();
    for name in names {
        if !is_event(name) {
            return Err(ApiError::InvalidWebhookFormat);
        }
        if !filters.iter().any(|filter| filter == name) {
            filters.push(name.to_owned());
        }
    }
    Ok(Patch::Set(filters))
}

fn event_webhooks(form: &Form, url_chars: usize) -> Result<Vec<(&'static str, EventWebhookPatch)>, ApiError> {
    let mut patches = Vec::new();
    for (key, [url, method, format]) in v1_parameters() {
        let settings = EventWebhookPatch {
            url: patch(form, url, |text| webhook_url(text, url_chars))?,
            method: patch(form, method, webhook_method)?,
            format: patch(form, format, |text| {
                if fits(text, 64) { Ok(text.to_owned()) } else { Err(ApiError::InvalidWebhookFormat) }
            })?,
        };
        let says_something = settings.url != Patch::Keep || settings.method != Patch::Keep;
        if says_something || settings.format != Patch::Keep {
            patches.push((*key, settings));
        }
    }
    Ok(patches)
}
