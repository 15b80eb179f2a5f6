//! Events of channels.

use super::receivers::question;
use super::{Announced, Changes, Parameters, PostEvent, PreEvent, Question, report};
use crate::config::Limits;
use crate::domain::channel::{
    self, Channel, ChannelType, CreateChannel, DeleteChannel, MakePrivate, UpdateChannel,
};
use crate::domain::service;
use crate::domain::text::{Attributes, UniqueName, friendly_name};
use crate::error::ApiError;
use crate::form::Patch;
use crate::store::Tx;

/// What every event of a channel that exists says of it. The table of onChannelUpdate lists no `ChannelType`; a receiver
/// takes what it does not know (WEBHOOKS.md section 5, inferred).
fn describe(parameters: &mut Parameters, channel: &Channel) {
    parameters
        .sid("ChannelSid", &channel.sid)
        .attributes(channel.attributes.as_deref())
        .date("DateCreated", channel.created_at)
        .text("CreatedBy", &channel.created_by)
        .optional("FriendlyName", channel.friendly_name.as_deref())
        .optional("UniqueName", channel.unique_name.as_deref())
        .text("ChannelType", channel.kind.as_str());
}

/// Reports a new channel.
pub(in crate::domain) async fn added(tx: &Tx<'_>, channel: &Channel) -> Result<(), ApiError> {
    report(tx, PostEvent::ChannelAdded, channel.place(), None, |parameters| describe(parameters, channel))
        .await
}

/// Reports a changed channel.
pub(in crate::domain) async fn updated(tx: &Tx<'_>, channel: &Channel) -> Result<(), ApiError> {
    report(tx, PostEvent::ChannelUpdated, channel.place(), None, |parameters| {
        describe(parameters, channel);
        parameters.date("DateUpdated", channel.updated_at);
    })
    .await
}

/// Reports a channel that is about to be deleted: its own webhooks are told too.
pub(in crate::domain) async fn destroyed(tx: &Tx<'_>, channel: &Channel) -> Result<(), ApiError> {
    report(tx, PostEvent::ChannelDestroyed, channel.place(), None, |parameters| {
        describe(parameters, channel);
        parameters.date("DateDestroyed", tx.now());
    })
    .await
}

impl Announced for CreateChannel {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let service = service::load(tx, self.at).await?;
        Ok(question(tx, PreEvent::ChannelAdd, &service, None, |parameters| {
            parameters
                .attributes(self.attributes.as_deref())
                .text("CreatedBy", &self.created_by)
                .optional("FriendlyName", self.friendly_name.as_deref())
                .optional("UniqueName", self.unique_name.as_deref())
                .text("ChannelType", self.kind.as_str());
        }))
    }

    fn amend(&mut self, changes: Changes, limits: &Limits) -> Result<(), ApiError> {
        if let Some(name) = changes.friendly_name {
            self.friendly_name = Some(friendly_name(&name, limits.friendly_name_chars)?);
        }
        if let Some(name) = changes.unique_name {
            self.unique_name = Some(UniqueName::parse(&name, limits.unique_name_chars)?);
        }
        if let Some(text) = changes.attributes {
            self.attributes = Some(Attributes::parse(&text, limits.channel_attributes_bytes)?);
        }
        Ok(())
    }
}

impl Announced for UpdateChannel {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let mut channel = channel::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.service).await?;
        self.apply(&mut channel, tx.now())?;
        Ok(question(tx, PreEvent::ChannelUpdate, &service, Some(channel.sid), |parameters| {
            describe(parameters, &channel);
        }))
    }

    fn amend(&mut self, changes: Changes, limits: &Limits) -> Result<(), ApiError> {
        if let Some(name) = changes.friendly_name {
            self.friendly_name = Patch::Set(friendly_name(&name, limits.friendly_name_chars)?);
        }
        if let Some(name) = changes.unique_name {
            self.unique_name = Patch::Set(UniqueName::parse(&name, limits.unique_name_chars)?);
        }
        if let Some(text) = changes.attributes {
            self.attributes = Patch::Set(Attributes::parse(&text, limits.channel_attributes_bytes)?);
        }
        Ok(())
    }
}

impl Announced for MakePrivate {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let mut channel = channel::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.service).await?;
        channel.kind = ChannelType::Private;
        Ok(question(tx, PreEvent::ChannelUpdate, &service, Some(channel.sid), |parameters| {
            describe(parameters, &channel);
        }))
    }
}

impl Announced for DeleteChannel {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let channel = channel::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.service).await?;
        Ok(question(tx, PreEvent::ChannelDestroy, &service, Some(channel.sid), |parameters| {
            describe(parameters, &channel);
        }))
    }
}
