//! Channels: where messages go, and who reads them.

use super::at::{ChannelAt, ServiceAt};
use super::event::{Place, channel as of_channel};
use super::text::{Attributes, UniqueName};
use crate::error::ApiError;
use crate::form::Patch;
use crate::sid::{ChannelSid, MessageSid, MessagingServiceSid, ServiceSid};
use crate::store::{Command, Tx, channel_webhooks, channels, invites, members, purge, services};
use crate::time::Timestamp;

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Channel {
    pub sid: ChannelSid,
    pub service_sid: ServiceSid,
    pub kind: ChannelType,
    pub friendly_name: Option<String>,
    pub unique_name: Option<String>,
    pub attributes: Option<String>,
    pub created_by: String,
    pub messaging_service_sid: Option<MessagingServiceSid>,
    pub members_count: i64,
    pub messages_count: i64,
    /// The index of the next message. Every index below it was given out.
    pub next_index: i64,
    pub last_message_sid: Option<MessageSid>,
    pub webhooks_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Channel {
    /// Where its events happen.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::in_channel(self.service_sid, self.sid, self.webhooks_count)
    }
}

/// Who can see and join a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelType {
    /// Everybody of the service.
    Public,
    /// Members and invited users.
    Private,
}

impl ChannelType {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }

    /// The type of the wire's word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "public" => Some(Self::Public),
            "private" => Some(Self::Private),
            _ => None,
        }
    }
}

/// The channel, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &ChannelAt) -> Result<Channel, ApiError> {
    channels::find(tx, at).await?.ok_or(ApiError::NotFound)
}

/// The same, kept from others until the transaction ends.
pub async fn lock(tx: &Tx<'_>, at: &ChannelAt) -> Result<Channel, ApiError> {
    channels::lock(tx, at).await?.ok_or(ApiError::NotFound)
}

/// Dates that a write may set by hand, for imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dates {
    /// Instead of now.
    pub created: Option<Timestamp>,
    /// Instead of now; for something new, instead of its date of creation (recorded).
    pub updated: Option<Timestamp>,
}

impl Dates {
    /// The dates of something new.
    #[must_use]
    pub fn of_new(self, now: Timestamp) -> (Timestamp, Timestamp) {
        let created = self.created.unwrap_or(now);
        (created, self.updated.unwrap_or(created))
    }

    /// The dates of something changed.
    #[must_use]
    pub fn of_changed(self, created: Timestamp, now: Timestamp) -> (Timestamp, Timestamp) {
        (self.created.unwrap_or(created), self.updated.unwrap_or(now))
    }
}

/// Makes a channel. Nobody becomes a member of it, whoever created it.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct CreateChannel {
    pub at: ServiceAt,
    pub friendly_name: Option<String>,
    pub unique_name: Option<UniqueName>,
    pub attributes: Option<Attributes>,
    pub kind: ChannelType,
    pub dates: Dates,
    pub created_by: String,
}

impl Command for CreateChannel {
    type Output = Channel;

    async fn run(&self, tx: &Tx<'_>) -> Result<Channel, ApiError> {
        if !services::hold_sid(tx, self.at).await? {
            return Err(ApiError::NotFound);
        }
        let (created_at, updated_at) = self.dates.of_new(tx.now());
        let channel = Channel {
            sid: tx.new_sid(),
            service_sid: self.at.service,
            kind: self.kind,
            friendly_name: self.friendly_name.clone(),
            unique_name: self.unique_name.clone().map(String::from),
            attributes: self.attributes.clone().map(String::from),
            created_by: self.created_by.clone(),
            messaging_service_sid: None,
            members_count: 0,
            messages_count: 0,
            next_index: 0,
            last_message_sid: None,
            webhooks_count: 0,
            created_at,
            updated_at,
        };
        if !channels::insert(tx, &channel).await? {
            return Err(ApiError::UniqueNameTaken);
        }
        of_channel::added(tx, &channel).await?;
        Ok(channel)
    }
}

/// Changes a channel.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateChannel {
    pub at: ChannelAt,
    pub friendly_name: Patch<String>,
    pub unique_name: Patch<UniqueName>,
    pub attributes: Patch<Attributes>,
    pub dates: Dates,
    pub created_by: Option<String>,
}

impl Command for UpdateChannel {
    type Output = Channel;

    async fn run(&self, tx: &Tx<'_>) -> Result<Channel, ApiError> {
        let mut channel = lock(tx, &self.at).await?;
        if let Patch::Set(name) = &self.unique_name {
            let holder = channels::sid_of(tx, channel.service_sid, name).await?;
            if holder.is_some_and(|holder| holder != channel.sid) {
                return Err(ApiError::UniqueNameTaken);
            }
        }
        self.apply(&mut channel, tx.now())?;
        channels::update(tx, &channel).await?;
        of_channel::updated(tx, &channel).await?;
        Ok(channel)
    }
}

impl UpdateChannel {
    /// Writes what the update says into the channel.
    pub(super) fn apply(&self, channel: &mut Channel, now: Timestamp) -> Result<(), ApiError> {
        self.friendly_name.clone().apply(&mut channel.friendly_name);
        self.unique_name
            .clone()
            .try_map(|name| Ok::<_, ApiError>(String::from(name)))?
            .apply(&mut channel.unique_name);
        self.attributes
            .clone()
            .try_map(|text| Ok::<_, ApiError>(String::from(text)))?
            .apply(&mut channel.attributes);
        if let Some(created_by) = &self.created_by {
            channel.created_by.clone_from(created_by);
        }
        (channel.created_at, channel.updated_at) = self.dates.of_changed(channel.created_at, now);
        Ok(())
    }
}

/// The one thing that v3 does: a public channel becomes private. A private one stays as it is.
pub struct MakePrivate {
    /// The channel.
    pub at: ChannelAt,
    /// Stored and echoed.
    pub messaging_service_sid: Option<MessagingServiceSid>,
}

impl Command for MakePrivate {
    type Output = Channel;

    async fn run(&self, tx: &Tx<'_>) -> Result<Channel, ApiError> {
        let mut channel = lock(tx, &self.at).await?;
        let before = channel.clone();
        channel.kind = ChannelType::Private;
        channel.messaging_service_sid = self.messaging_service_sid.or(channel.messaging_service_sid);
        if channel != before {
            channel.updated_at = tx.now();
            channels::update(tx, &channel).await?;
            of_channel::updated(tx, &channel).await?;
        }
        Ok(channel)
    }
}

/// Deletes a channel with its members, invites and webhooks; its messages are unreachable at once, and taken away in
/// small steps afterwards.
pub struct DeleteChannel {
    /// The channel.
    pub at: ChannelAt,
}

impl Command for DeleteChannel {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let channel = lock(tx, &self.at).await?;
        of_channel::destroyed(tx, &channel).await?;
        for member in members::of_channel(tx, channel.sid).await? {
            super::member::forget_channel(tx, member.user_sid, channel.sid, member.my_created_event, -1)
                .await?;
        }
        for invite in invites::of_channel(tx, channel.sid).await? {
            super::member::forget_channel(tx, invite.user_sid, channel.sid, invite.my_created_event, 0)
                .await?;
        }
        members::delete_of_channel(tx, channel.sid).await?;
        invites::delete_of_channel(tx, channel.sid).await?;
        channel_webhooks::delete_of_channel(tx, channel.sid).await?;
        channels::delete(tx, channel.sid).await?;
        purge::due(tx, &channel.sid, "channel").await?;
        Ok(())
    }
}
