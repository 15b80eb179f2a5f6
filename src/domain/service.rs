//! Services: the tenants. A service owns its users, roles and channels; services of one account share nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::at::ServiceAt;
use super::role::{Role, RoleType};
use crate::error::ApiError;
use crate::form::Patch;
use crate::sid::{AccountSid, RoleSid, ServiceSid};
use crate::store::{Command, Tx, purge, roles, services};
use crate::time::Timestamp;

/// A service and its settings.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Service {
    pub sid: ServiceSid,
    pub account_sid: AccountSid,
    pub friendly_name: Option<String>,
    pub default_service_role_sid: RoleSid,
    pub default_channel_role_sid: RoleSid,
    pub default_channel_creator_role_sid: RoleSid,
    pub read_status_enabled: bool,
    pub reachability_enabled: bool,
    /// Seconds.
    pub typing_indicator_timeout: i64,
    /// Seconds; deprecated, stored and echoed.
    pub consumption_report_interval: i64,
    /// The most members a channel takes.
    pub channel_members_limit: i64,
    /// The most channels a user is in.
    pub user_channels_limit: i64,
    pub webhooks: ServiceWebhooks,
    pub notifications: Notifications,
    /// The v1 per-event settings, by the event's name in answers.
    pub event_webhooks: BTreeMap<String, EventWebhook>,
    /// What clients without media see; `None` is the vendor's text.
    pub compatibility_message: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Where a service's events go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct ServiceWebhooks {
    pub pre_url: Option<String>,
    pub post_url: Option<String>,
    /// `GET` or `POST`; `None` acts as `POST`.
    pub method: Option<String>,
    pub filters: Option<Vec<String>>,
    pub pre_retry_count: i64,
    pub post_retry_count: i64,
}

/// The part of a service's settings that a post-event needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct PostWebhook {
    pub account: AccountSid,
    pub url: Option<String>,
    pub method: Option<String>,
    pub filters: Option<Vec<String>>,
    pub retries: i64,
    pub event_webhooks: BTreeMap<String, EventWebhook>,
}

/// One event's settings in v1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct EventWebhook {
    pub url: Option<String>,
    pub method: Option<String>,
    pub format: Option<String>,
}

/// Which events push to devices, and what they say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Notifications {
    pub log_enabled: bool,
    pub new_message: Notification,
    pub added_to_channel: Notification,
    pub removed_from_channel: Notification,
    pub invited_to_channel: Notification,
}

/// One kind of push. What was never set is left out of answers (recorded).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Notification {
    pub enabled: bool,
    pub template: Option<String>,
    pub sound: Option<String>,
    /// Only ever set for new messages.
    pub badge_count_enabled: Option<bool>,
}

impl Service {
    /// The default role of new users or new members.
    #[must_use]
    pub fn default_role(&self, kind: RoleType) -> RoleSid {
        match kind {
            RoleType::Deployment => self.default_service_role_sid,
            RoleType::Channel => self.default_channel_role_sid,
        }
    }

    /// True when one of the defaults points at the role.
    #[must_use]
    pub fn defaults_to(&self, role: RoleSid) -> bool {
        [self.default_service_role_sid, self.default_channel_role_sid, self.default_channel_creator_role_sid]
            .contains(&role)
    }
}

/// The service, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: ServiceAt) -> Result<Service, ApiError> {
    services::find(tx, at).await?.ok_or(ApiError::NotFound)
}

/// Makes a service with its four roles, three of which become its defaults.
pub struct CreateService {
    /// Whose it will be.
    pub account: AccountSid,
    /// What people call it.
    pub friendly_name: String,
}

impl Command for CreateService {
    type Output = Service;

    async fn run(&self, tx: &Tx<'_>) -> Result<Service, ApiError> {
        let limits = &tx.env().limits;
        if services::tally(tx, &self.account, "services", 1).await? > limits.services_per_account {
            return Err(ApiError::TooMany {
                what: "services per account",
                limit: limits.services_per_account,
            });
        }
        let (sid, now) = (tx.new_sid(), tx.now());
        let mut made = Vec::with_capacity(4);
        // In this order, which is the order of the list (ROLES.md section 2).
        for (name, kind, permissions) in [
            ("service admin", RoleType::Deployment, &tx.env().roles.service_admin),
            ("service user", RoleType::Deployment, &tx.env().roles.service_user),
            ("channel admin", RoleType::Channel, &tx.env().roles.channel_admin),
            ("channel user", RoleType::Channel, &tx.env().roles.channel_user),
        ] {
            let role = Role {
                sid: tx.new_sid(),
                service_sid: sid,
                friendly_name: name.to_owned(),
                kind,
                permissions: permissions.clone(),
                created_at: now,
                updated_at: now,
            };
            roles::insert(tx, &role).await?;
            services::tally(tx, &sid, "roles", 1).await?;
            made.push(role.sid);
        }
        let service = Service {
            sid,
            account_sid: self.account,
            friendly_name: Some(self.friendly_name.clone()),
            default_service_role_sid: made[1],
            default_channel_role_sid: made[3],
            default_channel_creator_role_sid: made[2],
            read_status_enabled: true,
            reachability_enabled: false,
            typing_indicator_timeout: 5,
            consumption_report_interval: 10,
            channel_members_limit: limits.channel_members.default,
            user_channels_limit: limits.user_channels.default,
            webhooks: ServiceWebhooks::default(),
            notifications: Notifications::default(),
            event_webhooks: BTreeMap::new(),
            compatibility_message: None,
            created_at: now,
            updated_at: now,
        };
        services::insert(tx, &service).await?;
        Ok(service)
    }
}

/// What an update says of one kind of push.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct NotificationPatch {
    pub enabled: Option<bool>,
    pub template: Patch<String>,
    pub sound: Patch<String>,
    pub badge_count_enabled: Option<bool>,
}

impl NotificationPatch {
    fn apply(&self, to: &mut Notification) {
        to.enabled = self.enabled.unwrap_or(to.enabled);
        self.template.clone().apply(&mut to.template);
        self.sound.clone().apply(&mut to.sound);
        to.badge_count_enabled = self.badge_count_enabled.or(to.badge_count_enabled);
    }
}

/// Changes the settings that it names.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateService {
    pub at: ServiceAt,
    pub friendly_name: Patch<String>,
    pub default_service_role: Option<RoleParameter>,
    pub default_channel_role: Option<RoleParameter>,
    pub default_channel_creator_role: Option<RoleParameter>,
    pub read_status_enabled: Option<bool>,
    pub reachability_enabled: Option<bool>,
    pub typing_indicator_timeout: Option<i64>,
    pub consumption_report_interval: Option<i64>,
    pub new_message: NotificationPatch,
    pub added_to_channel: NotificationPatch,
    pub removed_from_channel: NotificationPatch,
    pub invited_to_channel: NotificationPatch,
    pub log_enabled: Option<bool>,
    pub pre_webhook_url: Patch<String>,
    pub post_webhook_url: Patch<String>,
    pub webhook_method: Patch<String>,
    pub webhook_filters: Patch<Vec<String>>,
    pub pre_webhook_retry_count: Option<i64>,
    pub post_webhook_retry_count: Option<i64>,
    pub channel_members_limit: Option<i64>,
    pub user_channels_limit: Option<i64>,
    pub compatibility_message: Patch<String>,
    /// By the event's name in answers.
    pub event_webhooks: Vec<(&'static str, EventWebhookPatch)>,
}

/// What a v1 update says of one event.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct EventWebhookPatch {
    pub url: Patch<String>,
    pub method: Patch<String>,
    pub format: Patch<String>,
}

/// A role as a parameter names it: `None` when the text is no role SID, which is as unknown as a role that is not there.
pub type RoleParameter = Option<RoleSid>;

/// The role of a parameter, which must be of the service and of this type.
pub async fn role_of(
    tx: &Tx<'_>,
    service: ServiceSid,
    role: RoleParameter,
    kind: RoleType,
    unknown: ApiError,
) -> Result<RoleSid, ApiError> {
    let Some(sid) = role else { return Err(unknown) };
    match roles::kind_of(tx, service, sid).await? {
        Some(found) if found == kind => Ok(sid),
        _ => Err(unknown),
    }
}

impl Command for UpdateService {
    type Output = Service;

    async fn run(&self, tx: &Tx<'_>) -> Result<Service, ApiError> {
        let mut service = services::lock(tx, self.at).await?.ok_or(ApiError::NotFound)?;
        let sid = service.sid;
        if let Some(role) = self.default_service_role {
            let unknown = ApiError::DeploymentRoleNotFound;
            service.default_service_role_sid = role_of(tx, sid, role, RoleType::Deployment, unknown).await?;
        }
        if let Some(role) = self.default_channel_role {
            let unknown = ApiError::ChannelRoleNotFound;
            service.default_channel_role_sid = role_of(tx, sid, role, RoleType::Channel, unknown).await?;
        }
        if let Some(role) = self.default_channel_creator_role {
            let unknown = ApiError::CreatorRoleNotFound;
            service.default_channel_creator_role_sid =
                role_of(tx, sid, role, RoleType::Channel, unknown).await?;
        }
        self.apply(&mut service);
        service.updated_at = tx.now();
        services::update(tx, &service).await?;
        Ok(service)
    }
}

impl UpdateService {
    fn apply(&self, service: &mut Service) {
        fn set<T: Copy>(stored: &mut T, value: Option<T>) {
            *stored = value.unwrap_or(*stored);
        }
        self.friendly_name.clone().apply(&mut service.friendly_name);
        set(&mut service.read_status_enabled, self.read_status_enabled);
        set(&mut service.reachability_enabled, self.reachability_enabled);
        set(&mut service.typing_indicator_timeout, self.typing_indicator_timeout);
        set(&mut service.consumption_report_interval, self.consumption_report_interval);
        set(&mut service.channel_members_limit, self.channel_members_limit);
        set(&mut service.user_channels_limit, self.user_channels_limit);
        self.compatibility_message.clone().apply(&mut service.compatibility_message);

        let notifications = &mut service.notifications;
        set(&mut notifications.log_enabled, self.log_enabled);
        self.new_message.apply(&mut notifications.new_message);
        self.added_to_channel.apply(&mut notifications.added_to_channel);
        self.removed_from_channel.apply(&mut notifications.removed_from_channel);
        self.invited_to_channel.apply(&mut notifications.invited_to_channel);

        let webhooks = &mut service.webhooks;
        self.pre_webhook_url.clone().apply(&mut webhooks.pre_url);
        self.post_webhook_url.clone().apply(&mut webhooks.post_url);
        self.webhook_method.clone().apply(&mut webhooks.method);
        self.webhook_filters.clone().apply(&mut webhooks.filters);
        set(&mut webhooks.pre_retry_count, self.pre_webhook_retry_count);
        set(&mut webhooks.post_retry_count, self.post_webhook_retry_count);
        for (event, patch) in &self.event_webhooks {
            let stored = service.event_webhooks.entry((*event).to_owned()).or_default();
            patch.url.clone().apply(&mut stored.url);
            patch.method.clone().apply(&mut stored.method);
            patch.format.clone().apply(&mut stored.format);
        }
        // An event without any setting has no object (recorded: null when nothing is set).
        service.event_webhooks.retain(|_, stored| *stored != EventWebhook::default());
    }
}

/// Deletes a service. What is inside is unreachable at once, and taken away in small steps afterwards.
pub struct DeleteService {
    /// The service.
    pub at: ServiceAt,
}

impl Command for DeleteService {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        if !services::delete(tx, self.at).await? {
            return Err(ApiError::NotFound);
        }
        services::tally(tx, &self.at.account, "services", -1).await?;
        purge::due(tx, &self.at.service, "service").await?;
        Ok(())
    }
}
