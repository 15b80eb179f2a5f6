//! Events of members.

use super::receivers::question;
use super::{Announced, Changes, Parameters, PostEvent, PreEvent, Question, report};
use crate::config::Limits;
use crate::domain::channel::{self, Channel};
use crate::domain::member::{self, CreateMember, DeleteMember, Member, UpdateMember};
use crate::domain::service::{self, RoleParameter};
use crate::domain::text::Attributes;
use crate::domain::user_channel::{DeleteUserChannel, member_at};
use crate::error::ApiError;
use crate::form::Patch;
use crate::store::Tx;

/// `JOINED` when the user itself acted, else `ADDED`.
fn came(tx: &Tx<'_>, identity: &str) -> &'static str {
    if tx.cause().client() == Some(identity) { "JOINED" } else { "ADDED" }
}

/// `LEFT` when the user itself acted, else `REMOVED`.
fn went(tx: &Tx<'_>, identity: &str) -> &'static str {
    if tx.cause().client() == Some(identity) { "LEFT" } else { "REMOVED" }
}

/// What every event of a member that exists says of it.
fn describe(parameters: &mut Parameters, member: &Member) {
    parameters
        .sid("MemberSid", &member.sid)
        .sid("ChannelSid", &member.channel_sid)
        .text("Identity", &member.identity)
        .sid("RoleSid", &member.role_sid)
        .date("DateCreated", member.created_at);
}

/// What an update says beside that. Attributes and the time of the horizon are inferred (WEBHOOKS.md section 6).
fn describe_state(parameters: &mut Parameters, member: &Member) {
    parameters.attributes(member.attributes.as_deref()).date("DateUpdated", member.updated_at);
    if let Some(index) = member.last_consumed_index {
        parameters.int("LastConsumedMessageIndex", index);
    }
    if let Some(at) = member.last_consumed_at {
        parameters.date("LastConsumptionTimestamp", at);
    }
}

/// Reports a new member.
pub(in crate::domain) async fn added(
    tx: &Tx<'_>,
    channel: &Channel,
    member: &Member,
) -> Result<(), ApiError> {
    report(tx, PostEvent::MemberAdded, channel.place(), None, |parameters| {
        describe(parameters, member);
        parameters.text("Reason", came(tx, &member.identity));
    })
    .await
}

/// Reports a changed member.
pub(in crate::domain) async fn updated(
    tx: &Tx<'_>,
    channel: &Channel,
    member: &Member,
) -> Result<(), ApiError> {
    report(tx, PostEvent::MemberUpdated, channel.place(), None, |parameters| {
        describe(parameters, member);
        describe_state(parameters, member);
    })
    .await
}

/// Reports a member that is gone.
pub(in crate::domain) async fn removed(
    tx: &Tx<'_>,
    channel: &Channel,
    member: &Member,
) -> Result<(), ApiError> {
    report(tx, PostEvent::MemberRemoved, channel.place(), None, |parameters| {
        describe(parameters, member);
        parameters.text("Reason", went(tx, &member.identity)).date("DateRemoved", tx.now());
    })
    .await
}

/// A role that a hook names: a malformed one is as unknown as one that is not there.
fn role(changes: &Changes) -> Option<RoleParameter> {
    changes.role_sid.as_deref().map(|text| text.parse().ok())
}

impl Announced for CreateMember {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let channel = channel::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.service).await?;
        Ok(question(tx, PreEvent::MemberAdd, &service, Some(channel.sid), |parameters| {
            parameters
                .sid("ChannelSid", &channel.sid)
                .text("Identity", &self.identity)
                .text("Reason", came(tx, &self.identity));
            if let Some(role) = self.role.flatten() {
                parameters.sid("RoleSid", &role);
            }
        }))
    }

    fn amend(&mut self, changes: Changes, limits: &Limits) -> Result<(), ApiError> {
        self.role = role(&changes).or(self.role);
        if let Some(text) = changes.attributes {
            self.attributes = Some(Attributes::parse(&text, limits.member_attributes_bytes)?);
        }
        Ok(())
    }
}

impl Announced for UpdateMember {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let mut member = member::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.channel.service).await?;
        self.apply(&mut member, tx.now())?;
        member.role_sid = self.role.flatten().unwrap_or(member.role_sid);
        Ok(question(tx, PreEvent::MemberUpdate, &service, Some(member.channel_sid), |parameters| {
            describe(parameters, &member);
            describe_state(parameters, &member);
        }))
    }

    fn amend(&mut self, changes: Changes, limits: &Limits) -> Result<(), ApiError> {
        self.role = role(&changes).or(self.role);
        if let Some(text) = changes.attributes {
            self.attributes = Patch::Set(Attributes::parse(&text, limits.member_attributes_bytes)?);
        }
        Ok(())
    }
}

fn removal(tx: &Tx<'_>, service: &service::Service, member: &Member) -> Option<Question> {
    question(tx, PreEvent::MemberRemove, service, Some(member.channel_sid), |parameters| {
        parameters
            .sid("ChannelSid", &member.channel_sid)
            .text("Identity", &member.identity)
            .sid("MemberSid", &member.sid)
            .sid("RoleSid", &member.role_sid)
            .text("Reason", went(tx, &member.identity));
    })
}

impl Announced for DeleteMember {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let member = member::load(tx, &self.at).await?;
        let service = service::load(tx, self.at.channel.service).await?;
        Ok(removal(tx, &service, &member))
    }
}

impl Announced for DeleteUserChannel {
    async fn question(&self, tx: &Tx<'_>) -> Result<Option<Question>, ApiError> {
        let member = member_at(tx, &self.at).await?;
        let service = service::load(tx, self.at.user.service).await?;
        Ok(removal(tx, &service, &member))
    }
}
