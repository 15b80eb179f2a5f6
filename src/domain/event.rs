//! Events of webhooks: what can be announced or reported, to whom, and with which parameters.
//!
//! A post-event is reported by the command that did it, in its transaction, as deliveries to whoever has asked for it
//! ([`report`]). A pre-event is asked about before the transaction ([`Announced`]).

pub(super) mod channel;
pub(super) mod member;
pub(super) mod message;
mod parameters;
mod receivers;
pub(super) mod user;

pub use self::parameters::Parameters;
pub use self::receivers::{Place, report};

use crate::config::Limits;
use crate::error::ApiError;
use crate::sid::{AccountSid, ChannelSid, ServiceSid};
use crate::store::{Command, Tx};

macro_rules! events {
    ($($(#[$doc:meta])* $kind:ident { $($name:ident = $word:literal $(, v1 $v1:literal)?;)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the API's own names and meanings")]
        pub enum $kind { $($name,)* }

        impl $kind {
            /// Every event, in the order of WEBHOOKS.md section 1.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name on the wire, and in filters.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The event of a name; case counts.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|event| event.as_str() == name)
            }

            /// What the v1 answer calls the event's own settings, where v1 has some.
            #[must_use]
            pub fn v1_name(self) -> Option<&'static str> {
                match self { $(Self::$name => events!(@v1 $($v1)?),)* }
            }
        }
    )*};
    (@v1) => { None };
    (@v1 $v1:literal) => { Some($v1) };
}

events! {
    /// Events that are announced before they happen and can be refused.
    PreEvent {
        MessageSend = "onMessageSend", v1 "on_message_send";
        MediaMessageSend = "onMediaMessageSend";
        MessageUpdate = "onMessageUpdate", v1 "on_message_update";
        MessageRemove = "onMessageRemove", v1 "on_message_remove";
        ChannelAdd = "onChannelAdd", v1 "on_channel_add";
        ChannelUpdate = "onChannelUpdate", v1 "on_channel_update";
        ChannelDestroy = "onChannelDestroy", v1 "on_channel_destroy";
        MemberAdd = "onMemberAdd", v1 "on_member_add";
        MemberUpdate = "onMemberUpdate";
        MemberRemove = "onMemberRemove", v1 "on_member_remove";
        UserUpdate = "onUserUpdate";
    }
    /// Events that are reported after they happened.
    PostEvent {
        MessageSent = "onMessageSent", v1 "on_message_sent";
        MediaMessageSent = "onMediaMessageSent";
        MessageUpdated = "onMessageUpdated", v1 "on_message_updated";
        MessageRemoved = "onMessageRemoved", v1 "on_message_removed";
        ChannelAdded = "onChannelAdded", v1 "on_channel_added";
        ChannelUpdated = "onChannelUpdated", v1 "on_channel_updated";
        ChannelDestroyed = "onChannelDestroyed", v1 "on_channel_destroyed";
        MemberAdded = "onMemberAdded", v1 "on_member_added";
        MemberUpdated = "onMemberUpdated";
        MemberRemoved = "onMemberRemoved", v1 "on_member_removed";
        UserAdded = "onUserAdded";
        UserUpdated = "onUserUpdated";
    }
}

impl PostEvent {
    /// Whether a channel's own webhook can be told of it: events of a channel that exists (WEBHOOKS.md section 10).
    #[must_use]
    pub fn is_of_channel(self) -> bool {
        !matches!(self, Self::ChannelAdded | Self::UserAdded | Self::UserUpdated)
    }
}

/// Whether a service's filters may hold the name.
#[must_use]
pub fn is_event(name: &str) -> bool {
    PreEvent::from_name(name).is_some() || PostEvent::from_name(name).is_some()
}

/// The sixteen events with settings of their own in v1: the parameter's name and the member's name in the answer.
pub fn v1_events() -> impl Iterator<Item = (String, &'static str)> {
    let pre = PreEvent::ALL.iter().map(|event| (event.as_str(), event.v1_name()));
    let post = PostEvent::ALL.iter().map(|event| (event.as_str(), event.v1_name()));
    // The parameter's name begins with a capital: OnMessageSend.
    pre.chain(post).filter_map(|(name, v1)| Some((format!("O{}", &name[1..]), v1?)))
}

/// A question to a pre-hook: may this happen, and as it is?
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "what the parameters of the same names say")]
pub struct Question {
    pub event: PreEvent,
    pub account: AccountSid,
    pub service: ServiceSid,
    pub channel: Option<ChannelSid>,
    pub url: String,
    /// `GET` or `POST`.
    pub method: String,
    /// How often a call that got no answer is made again.
    pub retries: i64,
    /// What the hook is told, but `RetryCount`.
    pub parameters: Parameters,
}

/// What a pre-hook wants changed; what it does not name stays (WEBHOOKS.md section 7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Changes {
    pub body: Option<String>,
    /// `author`, or its synonym `from`.
    pub author: Option<String>,
    pub attributes: Option<String>,
    pub friendly_name: Option<String>,
    pub unique_name: Option<String>,
    pub role_sid: Option<String>,
}

/// A command that a pre-hook is asked about before it runs.
pub trait Announced: Command {
    /// The question, if the service has a hook for it. Where the command names what is not there, its error.
    fn question(&self, tx: &Tx<'_>) -> impl Future<Output = Result<Option<Question>, ApiError>>;

    /// Takes the hook's changes over, checked as if the caller had sent them. What the event does not let a hook change
    /// is ignored.
    fn amend(&mut self, _changes: Changes, _limits: &Limits) -> Result<(), ApiError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v1_has_sixteen_events_and_names_them_with_a_capital() {
        let events: Vec<_> = v1_events().collect();
        assert_eq!(events.len(), 16);
        assert!(events.contains(&("OnMessageSend".to_owned(), "on_message_send")));
        assert!(events.contains(&("OnMemberRemoved".to_owned(), "on_member_removed")));
    }

    #[test]
    fn names_are_exact() {
        assert_eq!(PostEvent::from_name("onMessageSent"), Some(PostEvent::MessageSent));
        assert!(PostEvent::from_name("OnMessageSent").is_none() && !is_event("onInviteAdded"));
    }
}
