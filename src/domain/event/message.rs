//! Events of messages.

use super::receivers::question;
use super::{Announced, Changes, Parameters, Place, PostEvent, PreEvent, Question, report};
use crate::config::Limits;
use crate::domain::channel::{self, Channel};
use crate::domain::message::{self, DeleteMessage, Message, SendMessage, UpdateMessage};
use crate::domain::service;
use crate::domain::text::{Attributes, SYSTEM, author};
use crate::error::ApiError;
use crate::form::Patch;
use crate::store::Tx;

/// What every event of a message that exists says of it.
fn describe(parameters: &mut Parameters, message: &Message) {
    parameters
        .sid("MessageSid", &message.sid)
        .int("Index", message.index)
        .sid("ChannelSid", &message.channel_sid)
        .attributes(message.attributes.as_deref())
        .text("From", &message.author)
        .text("Body", message.body.as_deref().unwrap_or_default())
        .date("DateCreated", message.created_at);
    if let Some(media) = &message.media {
        parameters
            .sid("MediaSid", &media.sid)
            .optional("MediaFilename", media.filename.as_deref())
            .text("MediaContentType", &media.content_type)
            .int("MediaSize", media.size);
    }
}

/// What a question says of a message that exists: it has no `Index` (WEBHOOKS.md section 5).
fn describe_asked(parameters: &mut Parameters, message: &Message) {
    parameters
        .sid("MessageSid", &message.sid)
        .sid("ChannelSid", &message.channel_sid)
        .text("Body", message.body.as_deref().unwrap_or_default())
        .attributes(message.attributes.as_deref())
        .text("From", &message.author)
        .date("DateCreated", message.created_at);
}

/// Reports a new message.
pub(in crate::domain) async fn sent(tx: &Tx<'_>, place: Place, message: &Message) -> Result<(), ApiError> {
    let event = if message.media.is_some() { PostEvent::MediaMessageSent } else { PostEvent::MessageSent };
    report(tx, event, place, message.body.as_deref(), |parameters| describe(parameters, message)).await
}

/// Reports a changed message.
pub(in crate::domain) async fn updated(
    tx: &Tx<'_>,
    channel: &Channel,
    message: &Message,
) -> Result<(), ApiError> {
    report(tx, PostEvent::MessageUpdated, channel.place(), None, |parameters| {
        describe(parameters, message);
        parameters
            .text("ModifiedBy", message.last_updated_by.as_deref().unwrap_or(SYSTEM))
            .date("DateUpdated", message.updated_at);
    })
    .await
}

/// Reports a deleted message.
pub(in crate::domain) async fn removed(
    tx: &Tx<'_>,
    channel: &Channel,
    message: &Message,
) -> Result<(), ApiError> {
    report(tx, PostEvent::MessageRemoved, channel.place(), None, |parameters| {
        describe(parameters, message);
        parameters.text("RemovedBy", actor(tx)).date("DateRemoved", tx.now());
    })
    .await
}

/// Who acts, where the request names nobody.
fn actor<'t>(tx: &'t Tx<'_>) -> &'t str {
    tx.cause().client().unwrap_or(SYSTEM)
}

impl Announced for SendMessage {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let channel = channel::load(tx, &self.at).await?;
        if self.media.is_some() {
            // Files come with the media service: the command itself says that there is none.
            return Ok(None);
        }
        let service = service::load(tx, self.at.service).await?;
        Ok(question(tx, PreEvent::MessageSend, &service, Some(channel.sid), |parameters| {
            parameters
                .sid("ChannelSid", &channel.sid)
                .text("Body", &self.body)
                .attributes(self.attributes.as_deref())
                .text("From", &self.author);
        }))
    }

    fn amend(&mut self, changes: Changes, limits: &Limits) -> Result<(), ApiError> {
        if let Some(body) = changes.body {
            self.body = message::body(&body, limits)?;
        }
        if let Some(name) = changes.author {
            self.author = author(&name, limits)?;
        }
        if let Some(text) = changes.attributes {
            self.attributes = Some(Attributes::parse(&text, limits.message_attributes_bytes)?);
        }
        Ok(())
    }
}

impl Announced for UpdateMessage {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let mut message = message::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.channel.service).await?;
        self.apply(&mut message, tx.now())?;
        Ok(question(tx, PreEvent::MessageUpdate, &service, Some(message.channel_sid), |parameters| {
            describe_asked(parameters, &message);
            parameters.text("ModifiedBy", message.last_updated_by.as_deref().unwrap_or(SYSTEM));
        }))
    }

    fn amend(&mut self, changes: Changes, limits: &Limits) -> Result<(), ApiError> {
        if let Some(body) = changes.body {
            self.body = Some(message::body(&body, limits)?);
        }
        if let Some(name) = changes.author {
            self.author = Some(author(&name, limits)?);
        }
        if let Some(text) = changes.attributes {
            self.attributes = Patch::Set(Attributes::parse(&text, limits.message_attributes_bytes)?);
        }
        Ok(())
    }
}

impl Announced for DeleteMessage {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let message = message::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.channel.service).await?;
        Ok(question(tx, PreEvent::MessageRemove, &service, Some(message.channel_sid), |parameters| {
            describe_asked(parameters, &message);
            parameters.text("RemovedBy", actor(tx));
        }))
    }
}
