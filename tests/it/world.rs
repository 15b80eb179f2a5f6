//! A service with one of everything in it.

use partyline::domain::at::ServiceAt;
use partyline::domain::binding::{BindingType, RegisterBinding};
use partyline::domain::text::Identity;

use crate::app::{ACCOUNT, TestApp};

/// One of everything, by SID.
pub(crate) struct World {
    pub(crate) service: String,
    pub(crate) channel: String,
    /// `jane`, a member of the channel.
    pub(crate) user: String,
    pub(crate) member: String,
    pub(crate) message: String,
    /// Of `guest`, a user who is no member.
    pub(crate) invite: String,
    pub(crate) guest: String,
    /// A role of the channel type that nothing points at.
    pub(crate) role: String,
    /// The service's defaults.
    pub(crate) service_role: String,
    pub(crate) channel_role: String,
    pub(crate) creator_role: String,
    pub(crate) credential: String,
    pub(crate) binding: String,
    pub(crate) webhook: String,
}

impl World {
    /// Makes it, through chat v2.
    pub(crate) async fn new(app: &TestApp) -> Self {
        let made =
            async |path: String, form: &[(&str, &str)]| app.post(&path, form).await.expect(201).str("sid");
        let service = app.post("/v2/Services", &[("FriendlyName", "friendly_name")]).await.expect(201);
        let roles =
            ["default_service_role_sid", "default_channel_role_sid", "default_channel_creator_role_sid"];
        let [service_role, channel_role, creator_role] = roles.map(|role| service.str(role));
        let service = service.str("sid");
        let base = format!("/v2/Services/{service}");
        let user = made(format!("{base}/Users"), &[("Identity", "jane")]).await;
        let guest = made(format!("{base}/Users"), &[("Identity", "guest")]).await;
        let channel = made(
            format!("{base}/Channels"),
            &[("UniqueName", "general"), ("FriendlyName", "General"), ("Attributes", r#"{ "foo": "bar" }"#)],
        )
        .await;
        let inside = format!("{base}/Channels/{channel}");
        let member = made(format!("{inside}/Members"), &[("Identity", "jane")]).await;
        let message = made(format!("{inside}/Messages"), &[("Body", "hello"), ("From", "jane")]).await;
        let invite = made(format!("{inside}/Invites"), &[("Identity", "guest")]).await;
        let role = made(
            format!("{base}/Roles"),
            &[("FriendlyName", "extra"), ("Type", "channel"), ("Permission", "sendMessage")],
        )
        .await;
        let credential = made(
            "/v2/Credentials".into(),
            &[("Type", "apn"), ("FriendlyName", "phones"), ("Certificate", "c"), ("PrivateKey", "k")],
        )
        .await;
        let webhook = made(
            format!("{inside}/Webhooks"),
            &[
                ("Type", "webhook"),
                ("Configuration.Url", "https://hooks.example.com/a"),
                ("Configuration.Filters", "onMessageSent"),
            ],
        )
        .await;
        let mut world = Self {
            service,
            channel,
            user,
            member,
            message,
            invite,
            guest,
            role,
            service_role,
            channel_role,
            creator_role,
            credential,
            binding: String::new(),
            webhook,
        };
        world.binding = world.register(app, "jane", BindingType::Apn, "phone").await;
        world
    }

    /// Registers a device, which only real-time clients can do.
    pub(crate) async fn register(
        &self,
        app: &TestApp,
        who: &str,
        kind: BindingType,
        endpoint: &str,
    ) -> String {
        let identity =
            Identity::parse(who, &partyline::config::Config::defaults(partyline::config::Profile::Ci).limits);
        let command = RegisterBinding {
            service: ServiceAt { account: ACCOUNT.parse().unwrap(), service: self.service.parse().unwrap() },
            identity: identity.unwrap(),
            credential: self.credential.parse().unwrap(),
            kind,
            endpoint: endpoint.into(),
            address: format!("address of {endpoint}"),
            message_types: vec!["new_message".into(), "added_to_channel".into()],
        };
        app.store().write(command).await.unwrap().sid.to_string()
    }

    /// The path of the service in v2.
    pub(crate) fn base(&self) -> String {
        format!("/v2/Services/{}", self.service)
    }

    /// The path of the channel in v2.
    pub(crate) fn inside(&self) -> String {
        format!("{}/Channels/{}", self.base(), self.channel)
    }

    /// The path that an operation's template stands for here.
    pub(crate) fn path(&self, template: &str) -> String {
        let last = template.trim_end_matches("/{Sid}").rsplit('/').next().unwrap();
        let sid = match last {
            "Services" => &self.service,
            "Channels" => &self.channel,
            "Members" => &self.member,
            "Messages" => &self.message,
            "Invites" => &self.invite,
            "Webhooks" => &self.webhook,
            "Roles" => &self.role,
            "Users" => &self.user,
            "Bindings" => &self.binding,
            _ => &self.credential,
        };
        template
            .replace("{ServiceSid}", &self.service)
            .replace("{ChannelSid}", &self.channel)
            .replace("{UserSid}", &self.user)
            .replace("{Sid}", sid)
    }

    /// Replaces names of the world, such as `{channel_role}`, in a sample value.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("{service_role}", &self.service_role)
            .replace("{channel_role}", &self.channel_role)
            .replace("{creator_role}", &self.creator_role)
            .replace("{role}", &self.role)
    }
}
