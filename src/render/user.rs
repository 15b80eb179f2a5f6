//! A user. v1 has no link to bindings. Reachability is only shown where the service has it on, and never in lists.

use super::json::Object;
use super::{Version, View};
use crate::domain::user::User;

/// Appends the user; `reachability` says whether the user's service has it on.
pub fn write(out: &mut String, view: &View, user: &User, reachability: bool) {
    let (service, sid) = (user.service_sid.text(), user.sid.text());
    let url = [view.base.as_str(), "/Services/", service.as_str(), "/Users/", sid.as_str()];
    let link = |end: &'static str| [url[0], url[1], url[2], url[3], url[4], end];
    let shown = |state: Option<bool>| if reachability && !view.in_list { state } else { None };
    Object::write(out, |o| {
        o.bool_or_null("is_notifiable", shown(user.is_notifiable));
        o.date("date_updated", user.updated_at);
        o.bool_or_null("is_online", shown(user.is_online));
        o.text_or_null("friendly_name", user.friendly_name.as_deref());
        o.sid("account_sid", view.account);
        o.plain("url", &url);
        o.date("date_created", user.created_at);
        o.sid("role_sid", user.role_sid);
        o.sid("sid", user.sid);
        o.text_or_null("attributes", view.attributes(user.attributes.as_deref()));
        o.sid("service_sid", user.service_sid);
        o.int("joined_channels_count", user.joined_channels_count);
        o.text("identity", &user.identity);
        o.object("links", |o| {
            o.plain("user_channels", &link("/Channels"));
            if view.version != Version::V1 {
                o.plain("user_bindings", &link("/Bindings"));
            }
        });
    });
}
