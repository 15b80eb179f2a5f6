//! Where a thing is: the account that asks, the service, and the SID or the other name that a path gives.

use crate::sid::{
    AccountSid, BindingSid, ChannelSid, CredentialSid, InviteSid, MemberSid, MessageSid, RoleSid, ServiceSid,
    UserSid, WebhookSid,
};

/// A service of an account. A service of another account is as unknown as one that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceAt {
    /// Whose credentials the call has.
    pub account: AccountSid,
    /// The service.
    pub service: ServiceSid,
}

/// A SID or the name that stands for it. What looks like a SID of the kind is looked up as a SID only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<S> {
    /// The SID.
    Sid(S),
    /// A unique name, or an identity.
    Other(String),
}

impl<S: std::str::FromStr> From<&str> for Name<S> {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Other(text.to_owned()), Self::Sid)
    }
}

macro_rules! places {
    ($($(#[$doc:meta])* $name:ident { $parent:ident : $parent_type:ty, $field:ident : $type:ty })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the type says it")]
        pub struct $name {
            pub $parent: $parent_type,
            pub $field: $type,
        }
    )*};
}

places! {
    /// A channel, by SID or unique name.
    ChannelAt { service: ServiceAt, channel: Name<ChannelSid> }
    /// A member, by SID or identity.
    MemberAt { channel: ChannelAt, member: Name<MemberSid> }
    /// A message.
    MessageAt { channel: ChannelAt, message: MessageSid }
    /// An invite.
    InviteAt { channel: ChannelAt, invite: InviteSid }
    /// A channel webhook.
    ChannelWebhookAt { channel: ChannelAt, webhook: WebhookSid }
    /// A role.
    RoleAt { service: ServiceAt, role: RoleSid }
    /// A user, by SID or identity.
    UserAt { service: ServiceAt, user: Name<UserSid> }
    /// A user's view of a channel.
    UserChannelAt { user: UserAt, channel: Name<ChannelSid> }
    /// A binding of a service.
    BindingAt { service: ServiceAt, binding: BindingSid }
    /// A binding of a user.
    UserBindingAt { user: UserAt, binding: BindingSid }
    /// A push credential of an account.
    CredentialAt { account: AccountSid, credential: CredentialSid }
}
