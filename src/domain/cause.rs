//! Whose doing a write is: what decides which webhooks hear of it.

use std::sync::Arc;

/// Who caused a write, and whether receivers of webhooks are told (WEBHOOKS.md section 2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cause {
    /// The server itself, or a REST call that does not ask for webhooks: nobody is told.
    #[default]
    Silent,
    /// A REST call with `X-Twilio-Webhook-Enabled: true`.
    Api,
    /// A chat client.
    Client {
        /// Its user.
        identity: Arc<str>,
    },
}

impl Cause {
    /// Whether post-events are sent.
    #[must_use]
    pub fn is_told(&self) -> bool {
        !matches!(self, Self::Silent)
    }

    /// The value of the parameter `Source`.
    #[must_use]
    pub fn source(&self) -> &'static str {
        match self {
            Self::Silent | Self::Api => "API",
            Self::Client { .. } => "SDK",
        }
    }

    /// The user that acted, when a client did.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        match self {
            Self::Silent | Self::Api => None,
            Self::Client { identity } => Some(identity),
        }
    }
}
