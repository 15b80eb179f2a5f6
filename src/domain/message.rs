//! Messages: numbered from 0 in their channel, in the order in which they were accepted.

use super::at::{ChannelAt, MessageAt};
use super::channel::{self, Dates};
use super::event::{Place, message as of_message};
use super::text::{Attributes, SYSTEM};
use crate::config::Limits;
use crate::error::ApiError;
use crate::form::Patch;
use crate::sid::{ChannelSid, MediaSid, MessageSid};
use crate::store::{Command, Tx, channels, messages, removed, tombstones};
use crate::time::Timestamp;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct Message {
    pub sid: MessageSid,
    pub channel_sid: ChannelSid,
    pub index: i64,
    pub author: String,
    /// `None` only for a media message without a text.
    pub body: Option<String>,
    pub attributes: Option<String>,
    pub media: Option<MessageMedia>,
    pub last_updated_by: Option<String>,
    pub was_edited: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The event of the channel's list of messages that added it.
    pub created_event: i64,
}

/// The file of a media message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct MessageMedia {
    pub sid: MediaSid,
    /// Bytes.
    pub size: i64,
    pub content_type: String,
    pub filename: Option<String>,
}

/// A message as an answer shows it, borrowed: a page of a list is rendered from rows that are never copied.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct MessageView<'a> {
    pub sid: MessageSid,
    pub index: i64,
    pub author: &'a str,
    pub body: Option<&'a str>,
    pub attributes: Option<&'a str>,
    pub media: Option<MediaView<'a>>,
    pub last_updated_by: Option<&'a str>,
    pub was_edited: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The file of a media message, borrowed.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct MediaView<'a> {
    pub sid: MediaSid,
    /// Bytes.
    pub size: i64,
    pub content_type: &'a str,
    pub filename: Option<&'a str>,
}

impl Message {
    /// What an answer shows of the message.
    #[must_use]
    pub fn view(&self) -> MessageView<'_> {
        MessageView {
            sid: self.sid,
            index: self.index,
            author: &self.author,
            body: self.body.as_deref(),
            attributes: self.attributes.as_deref(),
            media: self.media.as_ref().map(|media| MediaView {
                sid: media.sid,
                size: media.size,
                content_type: &media.content_type,
                filename: media.filename.as_deref(),
            }),
            last_updated_by: self.last_updated_by.as_deref(),
            was_edited: self.was_edited,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// The message, or the answer that there is none.
pub async fn load(tx: &Tx<'_>, at: &MessageAt) -> Result<Message, ApiError> {
    let channel = channels::resolve(tx, &at.channel).await?.ok_or(ApiError::NotFound)?;
    messages::find(tx, channel, at.message).await?.ok_or(ApiError::NotFound)
}

/// A text of a message, short enough.
pub fn body(text: &str, limits: &Limits) -> Result<String, ApiError> {
    if text.len() > limits.message_body_bytes { Err(ApiError::BodyTooLong) } else { Ok(text.to_owned()) }
}

/// Adds a message to a channel.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct SendMessage {
    pub at: ChannelAt,
    pub body: String,
    pub author: String,
    pub attributes: Option<Attributes>,
    pub media: Option<MediaSid>,
    pub dates: Dates,
    pub last_updated_by: Option<String>,
}

impl Command for SendMessage {
    type Output = Message;

    async fn run(&self, tx: &Tx<'_>) -> Result<Message, ApiError> {
        if self.media.is_some() {
            // Files come with the media service: until one can be uploaded, none is known.
            channel::load(tx, &self.at).await?;
            return Err(ApiError::MediaNotFound);
        }
        // SIDs follow indexes: the channel is locked before one is drawn.
        let place = channels::place_of_next_message(tx, &self.at).await?.ok_or(ApiError::NotFound)?;
        let sid = tx.new_sid();
        let (created_at, updated_at) = self.dates.of_new(tx.now());
        channels::accept_message(tx, place.channel, sid, created_at).await?;
        let message = Message {
            sid,
            channel_sid: place.channel,
            index: place.index,
            author: self.author.clone(),
            body: Some(self.body.clone()),
            attributes: self.attributes.clone().map(String::from),
            media: None,
            last_updated_by: self.last_updated_by.clone(),
            // An import may say that a message was edited before (REST.md 12.2, inferred from an example).
            was_edited: updated_at != created_at || self.last_updated_by.is_some(),
            created_at,
            updated_at,
            created_event: place.event,
        };
        messages::insert(tx, &message).await?;
        let at = Place {
            service_target: place.has_target,
            ..Place::in_channel(self.at.service.service, place.channel, place.webhooks)
        };
        of_message::sent(tx, at, &message).await?;
        Ok(message)
    }
}

/// Changes a message. Index and place stay.
#[expect(missing_docs, reason = "the API's own names and meanings")]
pub struct UpdateMessage {
    pub at: MessageAt,
    /// The new text; an empty one is a text too.
    pub body: Option<String>,
    pub attributes: Patch<Attributes>,
    pub dates: Dates,
    pub last_updated_by: Option<String>,
    pub author: Option<String>,
}

impl Command for UpdateMessage {
    type Output = Message;

    async fn run(&self, tx: &Tx<'_>) -> Result<Message, ApiError> {
        let channel = channel::lock(tx, &self.at.channel).await?;
        let mut message =
            messages::find(tx, channel.sid, self.at.message).await?.ok_or(ApiError::NotFound)?;
        self.apply(&mut message, tx.now())?;
        let event = channels::next_messages_event(tx, channel.sid).await?;
        messages::update(tx, &message, event).await?;
        of_message::updated(tx, &channel, &message).await?;
        Ok(message)
    }
}

impl UpdateMessage {
    /// Writes what the update says into the message.
    pub(super) fn apply(&self, message: &mut Message, now: Timestamp) -> Result<(), ApiError> {
        if let Some(body) = &self.body {
            if message.media.is_some() {
                return Err(ApiError::MediaBodyFixed);
            }
            // Attributes alone do not make a message edited (REST.md 12.2, inferred).
            message.was_edited |= message.body.as_ref() != Some(body);
            message.body = Some(body.clone());
        }
        self.attributes
            .clone()
            .try_map(|text| Ok::<_, ApiError>(String::from(text)))?
            .apply(&mut message.attributes);
        if let Some(author) = &self.author {
            message.author.clone_from(author);
        }
        message.last_updated_by = Some(self.last_updated_by.clone().unwrap_or_else(|| SYSTEM.to_owned()));
        (message.created_at, message.updated_at) = self.dates.of_changed(message.created_at, now);
        Ok(())
    }
}

/// Deletes a message. Its index is never used again.
pub struct DeleteMessage {
    /// The message.
    pub at: MessageAt,
}

impl Command for DeleteMessage {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        let channel = channel::lock(tx, &self.at.channel).await?;
        let message = messages::find(tx, channel.sid, self.at.message).await?.ok_or(ApiError::NotFound)?;
        messages::delete(tx, channel.sid, message.index).await?;
        removed::count(tx, channel.sid, message.index).await?;
        let event = channels::count_removed_message(tx, channel.sid).await?;
        let (sid, index) = (message.sid, Some(message.index));
        tombstones::insert(tx, &channel.sid, "messages", event, &sid, index, message.created_event).await?;
        if channel.last_message_sid == Some(message.sid) {
            let last = messages::last(tx, channel.sid).await?;
            channels::set_last_message(tx, channel.sid, last).await?;
        }
        of_message::removed(tx, &channel, &message).await
    }
}
