//! An invite.

use super::View;
use super::json::Object;
use crate::domain::invite::Invite;

/// Appends the invite.
pub fn write(out: &mut String, view: &View, invite: &Invite) {
    let (service, channel, sid) = (invite.service_sid.text(), invite.channel_sid.text(), invite.sid.text());
    Object::write(out, |o| {
        o.sid("channel_sid", invite.channel_sid);
        o.date("date_updated", invite.updated_at);
        o.text("created_by", &invite.created_by);
        o.sid("account_sid", view.account);
        let (service, channel) = (service.as_str(), channel.as_str());
        o.plain(
            "url",
            &[&view.base, "/Services/", service, "/Channels/", channel, "/Invites/", sid.as_str()],
        );
        o.sid("role_sid", invite.role_sid);
        o.sid("sid", invite.sid);
        o.date("date_created", invite.created_at);
        o.sid("service_sid", invite.service_sid);
        o.text("identity", &invite.identity);
    });
}
