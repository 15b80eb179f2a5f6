//! A service whose webhooks go to a receiver of the test.

use std::time::Duration;

use partyline::config::Config;
use partyline::domain::at::{ChannelAt, MemberAt, Name, ServiceAt};
use partyline::domain::cause::Cause;
use partyline::domain::channel::Dates;
use partyline::domain::delivery::{Attempt, Delivery};
use partyline::domain::member::{CreateMember, DeleteMember};
use partyline::domain::text::Identity;
use partyline::store::deliveries;
use partyline::time::{Clock, Timestamp};

use crate::app::{ACCOUNT, Answer, Ask, TestApp};
use crate::receiver::Receiver;

pub(crate) const HEADER: (&str, &str) = ("X-Twilio-Webhook-Enabled", "true");

pub(crate) const PRE_EVENTS: [&str; 11] = [
    "onMessageSend",
    "onMediaMessageSend",
    "onMessageUpdate",
    "onMessageRemove",
    "onChannelAdd",
    "onChannelUpdate",
    "onChannelDestroy",
    "onMemberAdd",
    "onMemberUpdate",
    "onMemberRemove",
    "onUserUpdate",
];

pub(crate) const POST_EVENTS: [&str; 12] = [
    "onMessageSent",
    "onMediaMessageSent",
    "onMessageUpdated",
    "onMessageRemoved",
    "onChannelAdded",
    "onChannelUpdated",
    "onChannelDestroyed",
    "onMemberAdded",
    "onMemberUpdated",
    "onMemberRemoved",
    "onUserAdded",
    "onUserUpdated",
];

/// A server, a receiver, and a service that knows it.
pub(crate) struct Hooked {
    pub(crate) app: TestApp,
    pub(crate) receiver: Receiver,
    pub(crate) service: String,
    pub(crate) clock: Clock,
}

/// When the fixed clock begins: a time whose milliseconds show.
pub(crate) const BEGINNING: i64 = 1_584_205_484_742_000;

impl Hooked {
    /// All post-events go to the receiver.
    pub(crate) async fn new() -> Self {
        Self::post(|_| {}).await
    }

    /// The same, with some settings.
    pub(crate) async fn post(change: impl FnOnce(&mut Config)) -> Self {
        let hooked = Self::bare(Clock::System, change).await;
        hooked.settings(&[("PostWebhookUrl", &hooked.receiver.url("/post"))], &POST_EVENTS).await;
        hooked
    }

    /// The same, at a time that only the test moves.
    pub(crate) async fn at_rest(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::fixed(Timestamp::from_micros(BEGINNING));
        let hooked = Self::bare(clock, change).await;
        hooked.settings(&[("PostWebhookUrl", &hooked.receiver.url("/post"))], &POST_EVENTS).await;
        hooked
    }

    /// All pre-events go to the receiver, of REST calls too.
    pub(crate) async fn pre(change: impl FnOnce(&mut Config)) -> Self {
        let hooked = Self::bare(Clock::System, |config| {
            config.webhooks.pre_on_rest = true;
            change(config);
        })
        .await;
        hooked.settings(&[("PreWebhookUrl", &hooked.receiver.url("/pre"))], &PRE_EVENTS).await;
        hooked
    }

    /// A service that has no webhooks yet.
    pub(crate) async fn bare(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let receiver = Receiver::new().await;
        let app = TestApp::at(clock.clone(), change).await;
        let service = app.post("/v2/Services", &[("FriendlyName", "hooked")]).await.expect(201).str("sid");
        Self { app, receiver, service, clock }
    }

    /// Changes the service.
    pub(crate) async fn settings(&self, form: &[(&str, &str)], filters: &[&str]) {
        let filters = filters.iter().map(|name| ("WebhookFilters", *name));
        let form: Vec<_> = form.iter().copied().chain(filters).collect();
        self.app.post(&format!("/v2/Services/{}", self.service), &form).await.expect(200);
    }

    /// A path in the service.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v2/Services/{}/{rest}", self.service)
    }

    /// A call that asks for webhooks; the path is one in the service.
    pub(crate) async fn tell(&self, method: &'static str, path: &str, form: &[(&str, &str)]) -> Answer {
        let path = self.path(path);
        self.app.send(Ask { method, path: &path, form, headers: &[HEADER], ..Ask::default() }).await
    }

    /// A POST that asks for webhooks and succeeds.
    pub(crate) async fn told(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.tell("POST", path, form).await;
        assert!(answer.status < 300, "{}: {} {}", answer.what, answer.status, answer.text);
        answer
    }

    /// A thing that nobody is told of; its SID.
    pub(crate) async fn quietly(&self, path: &str, form: &[(&str, &str)]) -> String {
        self.app.post(&self.path(path), form).await.expect(201).str("sid")
    }

    /// A channel that nobody is told of; its path in the service.
    pub(crate) async fn channel(&self) -> String {
        format!("Channels/{}", self.quietly("Channels", &[]).await)
    }

    /// What is in the table, the oldest first.
    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        self.app.store().read(async |tx| Ok(deliveries::above(tx, 0, 10_000).await?)).await.unwrap()
    }

    /// The attempts of a delivery.
    pub(crate) async fn attempts(&self, number: i64) -> Vec<Attempt> {
        self.app.store().read(async |tx| Ok(deliveries::attempts(tx, number).await?)).await.unwrap()
    }

    /// Waits until the table looks so.
    pub(crate) async fn logged(&self, what: &str, fits: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let deliveries = self.deliveries().await;
            if fits(&deliveries) {
                return deliveries;
            }
            let states: Vec<_> = deliveries.iter().map(|one| (&one.event, one.state, one.attempts)).collect();
            assert!(tokio::time::Instant::now() < deadline, "{what} is not to be seen: {states:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until every delivery is over.
    pub(crate) async fn settled(&self) -> Vec<Delivery> {
        self.logged("the end of every delivery", |all| all.iter().all(|one| one.finished_at.is_some())).await
    }

    pub(crate) fn at(&self) -> ServiceAt {
        ServiceAt { account: ACCOUNT.parse().unwrap(), service: self.service.parse().unwrap() }
    }

    /// `Channels/CH...` as the store names it.
    pub(crate) fn channel_at(&self, channel: &str) -> ChannelAt {
        ChannelAt { service: self.at(), channel: Name::Sid(channel["Channels/".len()..].parse().unwrap()) }
    }

    /// What a client does that adds a member.
    pub(crate) fn join(&self, channel: &str, identity: &str) -> CreateMember {
        CreateMember {
            at: self.channel_at(channel),
            identity: Identity::parse(identity, &self.app.shared().config.limits).unwrap(),
            role: None,
            last_consumed_index: None,
            last_consumed_at: None,
            dates: Dates::default(),
            attributes: None,
        }
    }

    /// What a client does that removes a member.
    pub(crate) fn leave(&self, channel: &str, identity: &str) -> DeleteMember {
        let member = Name::Other(identity.to_owned());
        DeleteMember { at: MemberAt { channel: self.channel_at(channel), member } }
    }
}

/// A call: method, path in the service, form.
pub(crate) type Step<'a> = (&'static str, String, &'a [(&'a str, &'a str)]);

/// What a chat client of this user causes.
pub(crate) fn client(identity: &str) -> Cause {
    Cause::Client { identity: identity.into() }
}
