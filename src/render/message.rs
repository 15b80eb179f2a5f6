//! A message. v1 knows neither media nor who changed a message last.

use super::json::Object;
use super::{Version, View};
use crate::domain::message::Message;
use crate::sid::ServiceSid;

/// Appends the message of a service.
pub fn write(out: &mut String, view: &View, service: ServiceSid, message: &Message) {
    let (service_text, channel, sid) = (service.text(), message.channel_sid.text(), message.sid.text());
    // Each SID is written out once, and shown several times.
    let (within, channel, sid) = (service_text.as_str(), channel.as_str(), sid.as_str());
    let v1 = view.version == Version::V1;
    Object::write(out, |o| {
        o.text_or_null("body", message.body.as_deref());
        o.int("index", message.index);
        o.plain("channel_sid", &[channel]);
        o.text("from", &message.author);
        o.date("date_updated", message.updated_at);
        if !v1 {
            o.text("type", if message.media.is_some() { "media" } else { "text" });
        }
        o.sid("account_sid", view.account);
        o.plain("to", &[channel]);
        if !v1 {
            o.text_or_null("last_updated_by", message.last_updated_by.as_deref());
        }
        o.date("date_created", message.created_at);
        if !v1 {
            match &message.media {
                None => o.null("media"),
                Some(media) => o.object("media", |o| {
                    o.sid("sid", media.sid);
                    o.int("size", media.size);
                    o.text("content_type", &media.content_type);
                    o.text_or_null("filename", media.filename.as_deref());
                }),
            }
        }
        o.plain("sid", &[sid]);
        o.plain("url", &[&view.base, "/Services/", within, "/Channels/", channel, "/Messages/", sid]);
        o.text_or_null("attributes", view.attributes(message.attributes.as_deref()));
        o.plain("service_sid", &[within]);
        o.bool("was_edited", message.was_edited);
    });
}
