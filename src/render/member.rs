//! A member. v1 has no attributes.

use super::json::Object;
use super::{Version, View};
use crate::domain::member::Member;

/// Appends the member.
pub fn write(out: &mut String, view: &View, member: &Member) {
    let (service, channel, sid) = (member.service_sid.text(), member.channel_sid.text(), member.sid.text());
    Object::write(out, |o| {
        o.sid("channel_sid", member.channel_sid);
        o.date("date_updated", member.updated_at);
        o.date_or_null("last_consumption_timestamp", member.last_consumed_at);
        o.sid("account_sid", view.account);
        let (service, channel) = (service.as_str(), channel.as_str());
        o.plain(
            "url",
            &[&view.base, "/Services/", service, "/Channels/", channel, "/Members/", sid.as_str()],
        );
        o.int_or_null("last_consumed_message_index", member.last_consumed_index);
        o.sid("role_sid", member.role_sid);
        o.sid("sid", member.sid);
        o.date("date_created", member.created_at);
        if view.version != Version::V1 {
            o.text_or_null("attributes", view.attributes(member.attributes.as_deref()));
        }
        o.sid("service_sid", member.service_sid);
        o.text("identity", &member.identity);
    });
}
