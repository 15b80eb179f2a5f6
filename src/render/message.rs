//! A message. v1 knows neither media nor who changed a message last.

use super::json::Object;
use super::{Version, View};
use crate::domain::message::MessageView;
use crate::sid::{ChannelSid, ServiceSid, SidText};

/// What all messages of a channel have in common, written out once.
pub struct InChannel {
    account: SidText,
    service: SidText,
    channel: SidText,
    /// The URL of a message, up to its SID.
    url: String,
}

impl InChannel {
    /// The texts of a channel.
    #[must_use]
    pub fn new(view: &View, service: ServiceSid, channel: ChannelSid) -> Self {
        let url = format!("{}/Services/{service}/Channels/{channel}/Messages/", view.base);
        Self { account: view.account.text(), service: service.text(), channel: channel.text(), url }
    }
}

/// Appends the message.
pub fn write(out: &mut String, view: &View, place: &InChannel, message: &MessageView<'_>) {
    let sid = message.sid.text();
    let (channel, sid) = (place.channel.as_str(), sid.as_str());
    let v1 = view.version == Version::V1;
    Object::write(out, |o| {
        o.text_or_null("body", message.body);
        o.int("index", message.index);
        o.plain("channel_sid", &[channel]);
        o.text("from", message.author);
        o.date("date_updated", message.updated_at);
        if !v1 {
            o.plain("type", &[if message.media.is_some() { "media" } else { "text" }]);
        }
        o.plain("account_sid", &[place.account.as_str()]);
        o.plain("to", &[channel]);
        if !v1 {
            o.text_or_null("last_updated_by", message.last_updated_by);
        }
        o.date("date_created", message.created_at);
        if !v1 {
            match &message.media {
                None => o.null("media"),
                Some(media) => o.object("media", |o| {
                    o.sid("sid", media.sid);
                    o.int("size", media.size);
                    o.text("content_type", media.content_type);
                    o.text_or_null("filename", media.filename);
                }),
            }
        }
        o.plain("sid", &[sid]);
        o.plain("url", &[&place.url, sid]);
        o.text_or_null("attributes", view.attributes(message.attributes));
        o.plain("service_sid", &[place.service.as_str()]);
        o.bool("was_edited", message.was_edited);
    });
}
