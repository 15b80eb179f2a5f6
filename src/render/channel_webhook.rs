//! A channel's webhook. What its configuration shows depends on its type.

use super::View;
use super::json::Object;
use crate::domain::channel_webhook::{ChannelWebhook, ChannelWebhookType};

/// Appends the webhook.
pub fn write(out: &mut String, view: &View, webhook: &ChannelWebhook) {
    let (service, channel, sid) =
        (webhook.service_sid.text(), webhook.channel_sid.text(), webhook.sid.text());
    Object::write(out, |o| {
        o.sid("channel_sid", webhook.channel_sid);
        let (service, channel) = (service.as_str(), channel.as_str());
        o.plain(
            "url",
            &[&view.base, "/Services/", service, "/Channels/", channel, "/Webhooks/", sid.as_str()],
        );
        o.sid("account_sid", view.account);
        o.date("date_updated", webhook.updated_at);
        o.object("configuration", |o| configuration(o, webhook));
        o.sid("sid", webhook.sid);
        o.date("date_created", webhook.created_at);
        o.sid("service_sid", webhook.service_sid);
        o.text("type", webhook.kind.as_str());
    });
}

fn configuration(o: &mut Object<'_>, webhook: &ChannelWebhook) {
    if webhook.kind == ChannelWebhookType::Studio {
        return o.sid_or_null("flow_sid", webhook.flow_sid);
    }
    o.text_or_null("url", webhook.url.as_deref());
    o.int("retry_count", webhook.retry_count);
    o.text_or_null("method", webhook.method.as_deref());
    // A client that was tested against the live service reads `triggers`, where an example has `filters` (REST.md 15.3).
    match webhook.kind {
        ChannelWebhookType::Trigger => o.texts_or_null("triggers", webhook.triggers.as_deref()),
        _ => o.texts_or_null("filters", webhook.filters.as_deref()),
    }
}
