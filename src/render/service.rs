//! A service. v1 has per-event webhooks and a rate among the limits; v2 has media, retry counts and bindings.

use std::collections::BTreeMap;

use super::json::Object;
use super::{Version, View};
use crate::domain::service::{EventWebhook, Notification, Service};

/// What clients without media see unless the service says otherwise (recorded).
const COMPATIBILITY_MESSAGE: &str = "Media messages are not supported by your client";
/// Fixed in the hosted product: MB (recorded).
const MEDIA_SIZE_LIMIT_MB: i64 = 150;
/// Shown by v1 only; fixed in the hosted product (recorded).
const ACTIONS_PER_SECOND: i64 = 30;

/// Appends the service.
pub fn write(out: &mut String, view: &View, service: &Service) {
    if view.version == Version::V1 { write_v1(out, view, service) } else { write_v2(out, view, service) }
}

fn write_v1(out: &mut String, view: &View, service: &Service) {
    let sid = service.sid.text();
    let link = |end: &'static str| [view.base.as_str(), "/Services/", sid.as_str(), end];
    Object::write(out, |o| {
        o.sid("sid", service.sid);
        o.sid("account_sid", service.account_sid);
        o.text_or_null("friendly_name", service.friendly_name.as_deref());
        o.date("date_created", service.created_at);
        o.date("date_updated", service.updated_at);
        o.sid("default_service_role_sid", service.default_service_role_sid);
        o.sid("default_channel_role_sid", service.default_channel_role_sid);
        o.sid("default_channel_creator_role_sid", service.default_channel_creator_role_sid);
        o.bool("read_status_enabled", service.read_status_enabled);
        o.bool("reachability_enabled", service.reachability_enabled);
        o.int("typing_indicator_timeout", service.typing_indicator_timeout);
        o.int("consumption_report_interval", service.consumption_report_interval);
        event_webhooks(o, &service.event_webhooks);
        o.text_or_null("pre_webhook_url", service.webhooks.pre_url.as_deref());
        o.text_or_null("post_webhook_url", service.webhooks.post_url.as_deref());
        o.text_or_null("webhook_method", service.webhooks.method.as_deref());
        o.texts_or_null("webhook_filters", service.webhooks.filters.as_deref());
        notifications(o, service);
        o.object("limits", |o| {
            o.int("user_channels", service.user_channels_limit);
            o.int("channel_members", service.channel_members_limit);
            o.int("actions_per_second", ACTIONS_PER_SECOND);
        });
        o.plain("url", &link(""));
        o.object("links", |o| {
            o.plain("channels", &link("/Channels"));
            o.plain("roles", &link("/Roles"));
            o.plain("users", &link("/Users"));
        });
    });
}

fn write_v2(out: &mut String, view: &View, service: &Service) {
    let sid = service.sid.text();
    let link = |end: &'static str| [view.base.as_str(), "/Services/", sid.as_str(), end];
    Object::write(out, |o| {
        o.int("typing_indicator_timeout", service.typing_indicator_timeout);
        o.date("date_updated", service.updated_at);
        o.text_or_null("post_webhook_url", service.webhooks.post_url.as_deref());
        o.bool("read_status_enabled", service.read_status_enabled);
        o.int("consumption_report_interval", service.consumption_report_interval);
        o.int("pre_webhook_retry_count", service.webhooks.pre_retry_count);
        o.sid("default_service_role_sid", service.default_service_role_sid);
        o.object("media", |o| {
            let message = service.compatibility_message.as_deref().unwrap_or(COMPATIBILITY_MESSAGE);
            o.text("compatibility_message", message);
            o.int("size_limit_mb", MEDIA_SIZE_LIMIT_MB);
        });
        o.sid("default_channel_creator_role_sid", service.default_channel_creator_role_sid);
        o.bool("reachability_enabled", service.reachability_enabled);
        o.texts_or_null("webhook_filters", service.webhooks.filters.as_deref());
        o.int("post_webhook_retry_count", service.webhooks.post_retry_count);
        o.sid("sid", service.sid);
        o.text_or_null("pre_webhook_url", service.webhooks.pre_url.as_deref());
        notifications(o, service);
        o.text_or_null("webhook_method", service.webhooks.method.as_deref());
        o.object("limits", |o| {
            o.int("user_channels", service.user_channels_limit);
            o.int("channel_members", service.channel_members_limit);
        });
        o.plain("url", &link(""));
        o.text_or_null("friendly_name", service.friendly_name.as_deref());
        o.sid("account_sid", service.account_sid);
        o.date("date_created", service.created_at);
        o.sid("default_channel_role_sid", service.default_channel_role_sid);
        o.object("links", |o| {
            o.plain("channels", &link("/Channels"));
            o.plain("bindings", &link("/Bindings"));
            o.plain("users", &link("/Users"));
            o.plain("roles", &link("/Roles"));
        });
    });
}

fn event_webhooks(o: &mut Object<'_>, webhooks: &BTreeMap<String, EventWebhook>) {
    if webhooks.is_empty() {
        return o.null("webhooks");
    }
    o.object("webhooks", |o| {
        for (event, webhook) in webhooks {
            o.object(event, |o| {
                o.text_or_null("url", webhook.url.as_deref());
                o.text_or_null("method", webhook.method.as_deref());
                o.text_or_null("format", webhook.format.as_deref());
            });
        }
    });
}

fn notifications(o: &mut Object<'_>, service: &Service) {
    let notifications = &service.notifications;
    o.object("notifications", |o| {
        notification(o, "removed_from_channel", &notifications.removed_from_channel);
        o.bool("log_enabled", notifications.log_enabled);
        notification(o, "added_to_channel", &notifications.added_to_channel);
        notification(o, "new_message", &notifications.new_message);
        notification(o, "invited_to_channel", &notifications.invited_to_channel);
    });
}

fn notification(o: &mut Object<'_>, name: &str, notification: &Notification) {
    o.object(name, |o| {
        o.bool("enabled", notification.enabled);
        if let Some(template) = &notification.template {
            o.text("template", template);
        }
        if let Some(sound) = &notification.sound {
            o.text("sound", sound);
        }
        if let Some(enabled) = notification.badge_count_enabled {
            o.bool("badge_count_enabled", enabled);
        }
    });
}
