//! Channel webhooks: URLs and flows that are told of one channel's events.

use std::str::FromStr;

use super::at::{ChannelAt, ChannelWebhookAt};
use super::channel;
use crate::error::ApiError;
use crate::sid::{ChannelSid, FlowSid, ServiceSid, WebhookSid};
use crate::store::{Command, Tx, channel_webhooks, channels};
use crate::time::Timestamp;

/// A channel webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct ChannelWebhook {
    pub sid: WebhookSid,
    pub service_sid: ServiceSid,
    pub channel_sid: ChannelSid,
    pub kind: ChannelWebhookType,
    pub url: Option<String>,
    /// `GET` or `POST`; always set for a webhook and a trigger.
    pub method: Option<String>,
    /// The events that a webhook is told of.
    pub filters: Option<Vec<String>>,
    /// The words of a message that a trigger fires on.
    pub triggers: Option<Vec<String>>,
    pub flow_sid: Option<FlowSid>,
    pub retry_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a channel webhook waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelWebhookType {
    /// Events.
    Webhook,
    /// Messages with certain words.
    Trigger,
    /// Messages, for a flow.
    Studio,
}

impl ChannelWebhookType {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Trigger => "trigger",
            Self::Studio => "studio",
        }
    }
}

impl FromStr for ChannelWebhookType {
    type Err = ApiError;

    fn from_str(word: &str) -> Result<Self, ApiError> {
        match word {
            "webhook" => Ok(Self::Webhook),
            "trigger" => Ok(Self::Trigger),
            "studio" => Ok(Self::Studio),
            _ => Err(ApiError::InvalidChannelWebhookType),
        }
    }
}

/// What a write says of a channel webhook's configuration: what it does not name stays, lists are replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Configuration {
    pub url: Option<String>,
    pub method: Option<String>,
    pub filters: Option<Vec<String>>,
    pub triggers: Option<Vec<String>>,
    pub flow_sid: Option<FlowSid>,
    pub retry_count: Option<i64>,
}

impl Configuration {
    fn apply(&self, webhook: &mut ChannelWebhook) {
        fn set<T: Clone>(stored: &mut Option<T>, value: Option<&T>) {
            if let Some(value) = value {
                *stored = Some(value.clone());
            }
        }
        set(&mut webhook.url, self.url.as_ref());
        set(&mut webhook.method, self.method.as_ref());
        set(&mut webhook.filters, self.filters.as_ref());
        set(&mut webhook.triggers, self.triggers.as_ref());
        set(&mut webhook.flow_sid, self.flow_sid.as_ref());
        webhook.retry_count = self.retry_count.unwrap_or(webhook.retry_count);
    }
}

impl ChannelWebhook {
    /// Refuses a webhook without something that its type needs.
    fn check(&self) -> Result<(), ApiError> {
        let is_empty = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
        match self.kind {
            ChannelWebhookType::Webhook | ChannelWebhookType::Trigger if self.url.is_none() => {
                Err(ApiError::ChannelWebhookUrlMissing)
            }
            ChannelWebhookType::Webhook if is_empty(&self.filters) => {
                Err(ApiError::ChannelWebhookFilterMissing)
            }
            ChannelWebhookType::Trigger if is_empty(&self.triggers) => {
                Err(ApiError::ChannelWebhookTriggerMissing)
            }
            ChannelWebhookType::Studio if self.flow_sid.is_none() => Err(ApiError::InvalidFlowSid),
            _ => Ok(()),
        }
    }
}

/// The webhook, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &ChannelWebhookAt) -> Result<ChannelWebhook, ApiError> {
    let channel = channels::resolve(tx, &at.channel).await?.ok_or(ApiError::NotFound)?;
    channel_webhooks::find(tx, channel, at.webhook).await?.ok_or(ApiError::NotFound)
}

/// Adds a webhook to a channel.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct CreateChannelWebhook {
    pub at: ChannelAt,
    pub kind: ChannelWebhookType,
    pub configuration: Configuration,
}

impl Command for CreateChannelWebhook {
    type Output = ChannelWebhook;

    async fn run(&self, tx: &Tx<'_>) -> Result<ChannelWebhook, ApiError> {
        let channel = channel::lock(tx, &self.at).await?;
        let now = tx.now();
        let mut webhook = ChannelWebhook {
            sid: tx.new_sid(),
            service_sid: channel.service_sid,
            channel_sid: channel.sid,
            kind: self.kind,
            url: None,
            method: (self.kind != ChannelWebhookType::Studio).then(|| "POST".to_owned()),
            filters: None,
            triggers: None,
            flow_sid: None,
            retry_count: 0,
            created_at: now,
            updated_at: now,
        };
        self.configuration.apply(&mut webhook);
        webhook.check()?;
        // The channel is locked: its count stands.
        if channel.webhooks_count >= tx.env().limits.webhooks_per_channel {
            return Err(ApiError::TooManyChannelWebhooks);
        }
        channels::count_webhooks(tx, channel.sid, 1).await?;
        channel_webhooks::insert(tx, &webhook).await?;
        Ok(webhook)
    }
}

/// Changes a webhook's configuration; its type cannot change.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateChannelWebhook {
    pub at: ChannelWebhookAt,
    pub configuration: Configuration,
}

impl Command for UpdateChannelWebhook {
    type Output = ChannelWebhook;

    async fn run(&self, tx: &Tx<'_>) -> Result<ChannelWebhook, ApiError> {
        let channel = channel::lock(tx, &self.at.channel).await?;
        let mut webhook =
            channel_webhooks::find(tx, channel.sid, self.at.webhook).await?.ok_or(ApiError::NotFound)?;
        self.configuration.apply(&mut webhook);
        webhook.check()?;
        webhook.updated_at = tx.now();
        channel_webhooks::update(tx, &webhook).await?;
        Ok(webhook)
    }
}

/// Deletes a webhook.
pub struct DeleteChannelWebhook {
    /// The webhook.
    pub at: ChannelWebhookAt,
}

impl Command for DeleteChannelWebhook {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let channel = channel::lock(tx, &self.at.channel).await?;
        let webhook =
            channel_webhooks::find(tx, channel.sid, self.at.webhook).await?.ok_or(ApiError::NotFound)?;
        channel_webhooks::delete(tx, webhook.sid).await?;
        channels::count_webhooks(tx, channel.sid, -1).await?;
        Ok(())
    }
}
