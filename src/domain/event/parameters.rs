//! The parameters of an event, written as a form while they are named.

use url::form_urlencoded::byte_serialize;

use crate::domain::cause::Cause;
use crate::sid::{AccountSid, ServiceSid, Sid, SidText};
use crate::time::Timestamp;

/// A form: names and values, percent-encoded as `application/x-www-form-urlencoded`. No name comes twice, since older
/// validators of signatures read repeated names differently (WEBHOOKS.md section 9).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(String);

impl Parameters {
    /// Begins with what every event says.
    #[must_use]
    pub fn of(event: &str, account: AccountSid, service: ServiceSid, cause: &Cause) -> Self {
        let mut parameters = Self(String::with_capacity(512));
        parameters
            .text("EventType", event)
            .sid("InstanceSid", &service)
            .sid("AccountSid", &account)
            .text("Source", cause.source())
            .optional("ClientIdentity", cause.client());
        parameters
    }

    /// A form that was written before.
    #[must_use]
    pub fn stored(form: String) -> Self {
        Self(form)
    }

    fn name(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
    }

    /// A text; an empty one is sent too.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.0.extend(byte_serialize(value.as_bytes()));
        self
    }

    /// A text that is left out where there is none.
    pub fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Attributes: `{}` where none were ever set (observed).
    pub fn attributes(&mut self, value: Option<&str>) -> &mut Self {
        self.text("Attributes", value.unwrap_or("{}"))
    }

    /// A SID.
    pub fn sid<S: Sid>(&mut self, name: &str, value: &S) -> &mut Self {
        self.name(name);
        self.0.push_str(SidText::of(value).as_str());
        self
    }

    /// A number.
    pub fn int(&mut self, name: &str, value: i64) -> &mut Self {
        self.text(name, &value.to_string())
    }

    /// A truth.
    pub fn bool(&mut self, name: &str, value: bool) -> &mut Self {
        self.text(name, if value { "true" } else { "false" })
    }

    /// A date with milliseconds, which the REST API's dates of the same things have not (observed).
    pub fn date(&mut self, name: &str, value: Timestamp) -> &mut Self {
        self.text(name, &value.to_millis_text())
    }

    /// The form as an attempt sends it; before it came so many others.
    #[must_use]
    pub fn with_retry_count(&self, attempts: i64) -> String {
        format!("{}&RetryCount={attempts}", self.0)
    }

    /// The form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_observed() {
        let mut parameters = Parameters::default();
        parameters
            .text("Body", "Hi there! ä&=")
            .date("DateCreated", Timestamp::from_micros(1_584_205_484_742_000));
        assert_eq!(
            parameters.as_str(),
            "Body=Hi+there%21+%C3%A4%26%3D&DateCreated=2020-03-14T17%3A04%3A44.742Z"
        );
    }

    #[test]
    fn an_empty_body_is_sent_and_a_missing_name_is_not() {
        let mut parameters = Parameters::default();
        parameters.text("Body", "").optional("FriendlyName", None).attributes(None);
        assert_eq!(parameters.as_str(), "Body=&Attributes=%7B%7D");
    }
}
