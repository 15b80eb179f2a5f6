//! A push binding: as the service's, with a link to its user by identity, or as the user's, with the user's SID.

use super::View;
use super::json::Object;
use super::page::encode;
use crate::domain::binding::Binding;

/// Appends the binding as the service's list shows it.
pub fn write(out: &mut String, view: &View, binding: &Binding) {
    let (service, sid) = (binding.service_sid.text(), binding.sid.text());
    Object::write(out, |o| {
        o.text("endpoint", &binding.endpoint);
        o.date("date_updated", binding.updated_at);
        o.texts("message_types", &binding.message_types);
        o.sid("account_sid", view.account);
        o.plain("url", &[&view.base, "/Services/", service.as_str(), "/Bindings/", sid.as_str()]);
        o.text("binding_type", binding.kind.as_str());
        o.sid("sid", binding.sid);
        o.date("date_created", binding.created_at);
        o.sid("service_sid", binding.service_sid);
        o.sid("credential_sid", binding.credential_sid);
        o.text("identity", &binding.identity);
        o.object("links", |o| {
            let identity = encode(&binding.identity).to_string();
            o.plain("user", &[&view.base, "/Services/", service.as_str(), "/Users/", &identity]);
        });
    });
}

/// Appends the binding as its user's list shows it.
pub fn write_of_user(out: &mut String, view: &View, binding: &Binding) {
    let (service, user, sid) = (binding.service_sid.text(), binding.user_sid.text(), binding.sid.text());
    Object::write(out, |o| {
        o.text("endpoint", &binding.endpoint);
        o.date("date_updated", binding.updated_at);
        o.texts("message_types", &binding.message_types);
        o.sid("account_sid", view.account);
        o.sid("user_sid", binding.user_sid);
        o.text("binding_type", binding.kind.as_str());
        let (service, user) = (service.as_str(), user.as_str());
        o.plain("url", &[&view.base, "/Services/", service, "/Users/", user, "/Bindings/", sid.as_str()]);
        o.sid("sid", binding.sid);
        o.date("date_created", binding.created_at);
        o.sid("service_sid", binding.service_sid);
        o.sid("credential_sid", binding.credential_sid);
        o.text("identity", &binding.identity);
    });
}
