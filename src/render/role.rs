//! A role.

use super::View;
use super::json::Object;
use crate::domain::role::Role;

/// Appends the role.
pub fn write(out: &mut String, view: &View, role: &Role) {
    Object::write(out, |o| {
        o.date("date_updated", role.updated_at);
        o.text("friendly_name", &role.friendly_name);
        o.sid("account_sid", view.account);
        let (service, sid) = (role.service_sid.text(), role.sid.text());
        o.plain("url", &[&view.base, "/Services/", service.as_str(), "/Roles/", sid.as_str()]);
        o.sid("sid", role.sid);
        o.date("date_created", role.created_at);
        o.sid("service_sid", role.service_sid);
        o.text("type", role.kind.as_str());
        o.texts("permissions", &role.permissions);
    });
}
