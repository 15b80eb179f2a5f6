//! A channel. v1 has no link to webhooks; v3 has no links at all.

use super::json::Object;
use super::{Version, View};
use crate::domain::channel::Channel;

/// Appends the channel.
pub fn write(out: &mut String, view: &View, channel: &Channel) {
    let (service, sid) = (channel.service_sid.text(), channel.sid.text());
    let url = [view.base.as_str(), "/Services/", service.as_str(), "/Channels/", sid.as_str()];
    let link = |end: &'static str| [url[0], url[1], url[2], url[3], url[4], end];
    let attributes = view.attributes(channel.attributes.as_deref());
    if view.version == Version::V3 {
        return Object::write(out, |o| {
            o.sid("sid", channel.sid);
            o.sid("account_sid", view.account);
            o.sid("service_sid", channel.service_sid);
            o.sid_or_null("messaging_service_sid", channel.messaging_service_sid);
            o.text_or_null("friendly_name", channel.friendly_name.as_deref());
            o.text_or_null("unique_name", channel.unique_name.as_deref());
            o.text_or_null("attributes", attributes);
            o.text("type", channel.kind.as_str());
            o.date("date_created", channel.created_at);
            o.date("date_updated", channel.updated_at);
            o.text("created_by", &channel.created_by);
            o.int("members_count", channel.members_count);
            o.int("messages_count", channel.messages_count);
            o.plain("url", &url);
        });
    }
    Object::write(out, |o| {
        o.text_or_null("unique_name", channel.unique_name.as_deref());
        o.int("members_count", channel.members_count);
        o.date("date_updated", channel.updated_at);
        o.text_or_null("friendly_name", channel.friendly_name.as_deref());
        o.text("created_by", &channel.created_by);
        o.sid("account_sid", view.account);
        o.plain("url", &url);
        o.date("date_created", channel.created_at);
        o.sid("sid", channel.sid);
        o.text_or_null("attributes", attributes);
        o.sid("service_sid", channel.service_sid);
        o.text("type", channel.kind.as_str());
        o.int("messages_count", channel.messages_count);
        o.object("links", |o| {
            if view.version == Version::V2 {
                o.plain("webhooks", &link("/Webhooks"));
            }
            o.plain("messages", &link("/Messages"));
            o.plain("invites", &link("/Invites"));
            o.plain("members", &link("/Members"));
            match channel.last_message_sid {
                Some(last) => {
                    let last = last.text();
                    o.plain(
                        "last_message",
                        &[url[0], url[1], url[2], url[3], url[4], "/Messages/", last.as_str()],
                    );
                }
                None => o.null("last_message"),
            }
        });
    });
}
