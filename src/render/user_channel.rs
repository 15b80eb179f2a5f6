//! A user's view of a channel. v1 has neither URL nor notification level. (The order of members was never recorded.)

use super::json::Object;
use super::{Version, View};
use crate::domain::user_channel::UserChannel;

/// Appends the user channel.
pub fn write(out: &mut String, view: &View, user_channel: &UserChannel) {
    let (service, channel, user) =
        (user_channel.service_sid.text(), user_channel.channel_sid.text(), user_channel.user_sid.text());
    let within = [view.base.as_str(), "/Services/", service.as_str()];
    let v1 = view.version == Version::V1;
    Object::write(out, |o| {
        o.sid("account_sid", view.account);
        o.sid("service_sid", user_channel.service_sid);
        o.sid("channel_sid", user_channel.channel_sid);
        if !v1 {
            o.sid("user_sid", user_channel.user_sid);
        }
        o.sid_or_null("member_sid", user_channel.member_sid);
        o.text("status", user_channel.status.as_str());
        o.int_or_null("last_consumed_message_index", user_channel.last_consumed_index);
        o.int_or_null("unread_messages_count", user_channel.unread_messages_count);
        if !v1 {
            o.text("notification_level", user_channel.notification_level.as_str());
            let [base, services, service] = within;
            o.plain(
                "url",
                &[base, services, service, "/Users/", user.as_str(), "/Channels/", channel.as_str()],
            );
        }
        o.object("links", |o| {
            let [base, services, service] = within;
            o.plain("channel", &[base, services, service, "/Channels/", channel.as_str()]);
            match user_channel.member_sid {
                Some(member) => {
                    let member = member.text();
                    let channel = channel.as_str();
                    o.plain(
                        "member",
                        &[base, services, service, "/Channels/", channel, "/Members/", member.as_str()],
                    );
                }
                None => o.null("member"),
            }
        });
    });
}
