//! Samples of events: what a receiver is told when something happens, made up, to try the receiver with.

use crate::config::nearest;
use crate::domain::cause::Cause;
use crate::domain::event::{Parameters, PostEvent, PreEvent};
use crate::sid::{
    AccountSid, ChannelSid, MediaSid, MemberSid, MessageSid, RoleSid, ServiceSid, Sid, UserSid,
};
use crate::time::Timestamp;

/// An event of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Announced before it happens.
    Pre(PreEvent),
    /// Reported after it happened.
    Post(PostEvent),
}

impl Event {
    /// Every event, pre-events first.
    pub fn all() -> impl Iterator<Item = Self> {
        let pre = PreEvent::ALL.iter().copied().map(Self::Pre);
        pre.chain(PostEvent::ALL.iter().copied().map(Self::Post))
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pre(event) => event.as_str(),
            Self::Post(event) => event.as_str(),
        }
    }

    /// The event of a name; where there is none, which one was meant and which there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = Self::all().find(|event| event.as_str() == name);
        found.ok_or_else(|| {
            let lower: Vec<_> = Self::all().map(|event| event.as_str().to_ascii_lowercase()).collect();
            let near = nearest(name, lower.iter().map(String::as_str));
            let near =
                near.and_then(|near| Self::all().find(|event| event.as_str().eq_ignore_ascii_case(near)));
            let meant = near.map(|event| format!("did you mean {}? ", event.as_str())).unwrap_or_default();
            let list = |events: Vec<&str>| events.join(" ");
            format!(
                "{meant}The events are\n  before something happens: {}\n  after it happened: {}",
                list(PreEvent::ALL.iter().map(|event| event.as_str()).collect()),
                list(PostEvent::ALL.iter().map(|event| event.as_str()).collect())
            )
        })
    }

    /// What the settings of v1 call the event, where they know it.
    #[must_use]
    pub fn v1_name(self) -> Option<&'static str> {
        match self {
            Self::Pre(event) => event.v1_name(),
            Self::Post(event) => event.v1_name(),
        }
    }
}

/// A SID that nothing has.
fn made_up<S: Sid>(last: u8) -> S {
    let mut bytes = [0; 16];
    bytes[15] = last;
    S::from_bytes(bytes)
}

/// The service of samples that are of none.
#[must_use]
pub fn service() -> ServiceSid {
    made_up(2)
}

/// What happened to whom, in every sample: alice, a chat client, acts now in a channel that she made a minute ago.
struct Sample {
    parameters: Parameters,
    now: Timestamp,
    before: Timestamp,
}

const ACTOR: &str = "alice";

/// The parameters of a sample, but `RetryCount`, as WEBHOOKS.md sections 5 and 6 list them.
#[must_use]
pub fn parameters(event: Event, account: AccountSid, service: ServiceSid, now: Timestamp) -> Parameters {
    let cause = Cause::Client { identity: ACTOR.into() };
    let mut sample = Sample {
        parameters: Parameters::of(event.as_str(), account, service, &cause),
        now,
        before: now.minus(std::time::Duration::from_mins(1)),
    };
    match event {
        Event::Pre(event) => sample.before(event),
        Event::Post(event) => sample.after(event),
    }
    sample.parameters
}

impl Sample {
    fn before(&mut self, event: PreEvent) {
        match event {
            PreEvent::MessageSend => self.content("Hello World"),
            PreEvent::MediaMessageSend => {
                self.content("");
                self.media();
            }
            PreEvent::MessageUpdate => {
                self.message();
                self.parameters.text("ModifiedBy", ACTOR);
            }
            PreEvent::MessageRemove => {
                self.message();
                self.parameters.text("RemovedBy", ACTOR);
            }
            PreEvent::ChannelAdd => self.channel_content(),
            PreEvent::ChannelUpdate | PreEvent::ChannelDestroy => self.channel(),
            PreEvent::MemberAdd => {
                self.parameters
                    .sid::<ChannelSid>("ChannelSid", &made_up(3))
                    .text("Identity", "bob")
                    .sid::<RoleSid>("RoleSid", &made_up(5))
                    .text("Reason", "ADDED");
            }
            PreEvent::MemberUpdate => self.changed_member(),
            PreEvent::MemberRemove => {
                self.member();
                self.parameters.text("Reason", "REMOVED");
            }
            PreEvent::UserUpdate => self.changed_user(),
        }
    }

    fn after(&mut self, event: PostEvent) {
        match event {
            PostEvent::MessageSent => self.indexed_message(self.now),
            PostEvent::MediaMessageSent => {
                self.indexed_message(self.now);
                self.media();
            }
            PostEvent::MessageUpdated => {
                self.indexed_message(self.before);
                self.parameters.text("ModifiedBy", ACTOR).date("DateUpdated", self.now);
            }
            PostEvent::MessageRemoved => {
                self.indexed_message(self.before);
                self.parameters.text("RemovedBy", ACTOR).date("DateRemoved", self.now);
            }
            PostEvent::ChannelAdded => self.channel(),
            PostEvent::ChannelUpdated => {
                self.channel();
                self.parameters.date("DateUpdated", self.now);
            }
            PostEvent::ChannelDestroyed => {
                self.channel();
                self.parameters.date("DateDestroyed", self.now);
            }
            PostEvent::MemberAdded => {
                self.member();
                self.parameters.date("DateCreated", self.now).text("Reason", "ADDED");
            }
            PostEvent::MemberUpdated => self.changed_member(),
            PostEvent::MemberRemoved => {
                self.member();
                self.parameters
                    .date("DateCreated", self.before)
                    .text("Reason", "REMOVED")
                    .date("DateRemoved", self.now);
            }
            PostEvent::UserAdded => self.user(self.now),
            PostEvent::UserUpdated => self.changed_user(),
        }
    }

    /// What a message says before it has a SID.
    fn content(&mut self, body: &str) {
        self.parameters
            .sid::<ChannelSid>("ChannelSid", &made_up(3))
            .text("Body", body)
            .attributes(None)
            .text("From", ACTOR);
    }

    fn message(&mut self) {
        self.content("Hello World");
        self.parameters.sid::<MessageSid>("MessageSid", &made_up(4)).date("DateCreated", self.before);
    }

    fn indexed_message(&mut self, created_at: Timestamp) {
        self.content("Hello World");
        self.parameters
            .sid::<MessageSid>("MessageSid", &made_up(4))
            .int("Index", 59)
            .date("DateCreated", created_at);
    }

    fn media(&mut self) {
        self.parameters
            .text("MediaFilename", "photo.jpg")
            .text("MediaContentType", "image/jpeg")
            .sid::<MediaSid>("MediaSid", &made_up(8))
            .int("MediaSize", 20_480);
    }

    /// What a channel says before it has a SID.
    fn channel_content(&mut self) {
        self.parameters
            .attributes(None)
            .text("CreatedBy", ACTOR)
            .text("FriendlyName", "General")
            .text("UniqueName", "general")
            .text("ChannelType", "private");
    }

    fn channel(&mut self) {
        self.channel_content();
        self.parameters.sid::<ChannelSid>("ChannelSid", &made_up(3)).date("DateCreated", self.before);
    }

    fn member(&mut self) {
        self.parameters
            .sid::<MemberSid>("MemberSid", &made_up(6))
            .sid::<ChannelSid>("ChannelSid", &made_up(3))
            .text("Identity", "bob")
            .sid::<RoleSid>("RoleSid", &made_up(5));
    }

    fn changed_member(&mut self) {
        self.member();
        self.parameters
            .attributes(None)
            .int("LastConsumedMessageIndex", 59)
            .date("DateCreated", self.before)
            .date("DateUpdated", self.now);
    }

    fn user(&mut self, created_at: Timestamp) {
        self.parameters
            .sid::<UserSid>("UserSid", &made_up(7))
            .text("Identity", ACTOR)
            .text("FriendlyName", "Alice")
            .sid::<RoleSid>("RoleSid", &made_up(5))
            .date("DateCreated", created_at)
            .attributes(None);
    }

    fn changed_user(&mut self) {
        self.user(self.before);
        self.parameters.date("DateUpdated", self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(event: &str) -> Vec<String> {
        let event = Event::parse(event).unwrap();
        let parameters = parameters(event, made_up(1), service(), Timestamp::from_micros(0));
        let mut names: Vec<String> = url::form_urlencoded::parse(parameters.as_str().as_bytes())
            .map(|(name, _)| name.into_owned())
            .skip_while(|name| name != "ClientIdentity")
            .skip(1)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn each_event_has_the_parameters_of_its_table() {
        for (event, wanted) in [
            ("onMessageSend", "Attributes Body ChannelSid From"),
            (
                "onMediaMessageSend",
                "Attributes Body ChannelSid From MediaContentType MediaFilename MediaSid MediaSize",
            ),
            ("onMessageUpdate", "Attributes Body ChannelSid DateCreated From MessageSid ModifiedBy"),
            ("onMessageRemove", "Attributes Body ChannelSid DateCreated From MessageSid RemovedBy"),
            ("onChannelAdd", "Attributes ChannelType CreatedBy FriendlyName UniqueName"),
            (
                "onChannelUpdate",
                "Attributes ChannelSid ChannelType CreatedBy DateCreated FriendlyName UniqueName",
            ),
            ("onMemberAdd", "ChannelSid Identity Reason RoleSid"),
            ("onMemberRemove", "ChannelSid Identity MemberSid Reason RoleSid"),
            ("onUserUpdate", "Attributes DateCreated DateUpdated FriendlyName Identity RoleSid UserSid"),
            ("onMessageSent", "Attributes Body ChannelSid DateCreated From Index MessageSid"),
            (
                "onMessageUpdated",
                "Attributes Body ChannelSid DateCreated DateUpdated From Index MessageSid ModifiedBy",
            ),
            (
                "onMessageRemoved",
                "Attributes Body ChannelSid DateCreated DateRemoved From Index MessageSid RemovedBy",
            ),
            (
                "onChannelDestroyed",
                "Attributes ChannelSid ChannelType CreatedBy DateCreated DateDestroyed FriendlyName UniqueName",
            ),
            ("onMemberAdded", "ChannelSid DateCreated Identity MemberSid Reason RoleSid"),
            (
                "onMemberUpdated",
                "Attributes ChannelSid DateCreated DateUpdated Identity LastConsumedMessageIndex MemberSid RoleSid",
            ),
            ("onMemberRemoved", "ChannelSid DateCreated DateRemoved Identity MemberSid Reason RoleSid"),
            ("onUserAdded", "Attributes DateCreated FriendlyName Identity RoleSid UserSid"),
        ] {
            assert_eq!(names(event).join(" "), wanted, "{event}");
        }
    }

    #[test]
    fn no_sample_names_a_parameter_twice() {
        for event in Event::all() {
            let mut names = names(event.as_str());
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{event:?}");
        }
    }

    #[test]
    fn an_unknown_event_names_the_near_one_and_all() {
        let told = Event::parse("onmesagesent").unwrap_err();
        assert!(told.starts_with("did you mean onMessageSent? The events are"), "{told}");
        assert!(told.contains("onUserUpdate\n") && told.ends_with("onUserUpdated"), "{told}");
        assert!(Event::parse("perform").unwrap_err().starts_with("The events are"));
    }
}
