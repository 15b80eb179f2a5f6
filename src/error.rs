//! Every error an API call can be answered with: code, status and text in one table.
//!
//! Codes and texts are the vendor's error dictionary's. Statuses are as recorded where a recording exists
//! (`fixtures/responses/errors/`); the others are inferred, and can be corrected here alone.

use crate::store::StoreError;

/// One field of [`ApiError`] as text for the wire, where the table's text has a place for it.
macro_rules! api_errors {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident : $kind:ty),* })? = $code:literal, $status:literal, $message:literal;)*) => {
        /// Why a call was refused.
        #[derive(Debug, thiserror::Error)]
        pub enum ApiError {
            $(
                $(#[$doc])*
                #[error($message)]
                $name $({
                    $(
                        #[expect(missing_docs, reason = "a piece of the text above")]
                        $field: $kind
                    ),*
                })?,
            )*
            /// What the store could not do: 503 when trying again may help, else 500.
            #[error(transparent)]
            Store(#[from] StoreError),
        }

        impl ApiError {
            /// The error's code and HTTP status.
            #[must_use]
            pub fn code_and_status(&self) -> (u32, u16) {
                match self {
                    $(Self::$name $({ $($field: _),* })? => ($code, $status),)*
                    Self::Store(StoreError::Busy | StoreError::Closed | StoreError::Full) => (20503, 503),
                    Self::Store(_) => (20500, 500),
                }
            }
        }

        #[cfg(test)]
        pub(crate) const TABLE: &[(&str, u32, u16)] = &[$((stringify!($name), $code, $status)),*];
    };
}

api_errors! {
    // General (fixtures/responses/errors: 20001, 20003, 20404 are recorded).
    /// A required parameter is absent or empty.
    MissingParameter { name: &'static str } = 20001, 400, "Missing required parameter {name} in the post body";
    /// A value that no code of its own exists for.
    InvalidParameter { name: String, reason: String } = 20001, 400, "Invalid parameter {name}: {reason}";
    /// A body that is not a form.
    MalformedBody { reason: &'static str } = 20001, 400, "Invalid request body: {reason}";
    /// A role that its service's defaults point at cannot be deleted.
    RoleInUse { role: String } = 20001, 400, "Role {role} is in use";
    /// Wrong secret for a known account or key.
    WrongSecret = 20003, 401, "Authenticate";
    /// The user name is no account or key known here.
    UnknownUsername = 20003, 401, "Authentication Error - invalid username";
    /// No `Authorization` header, or not HTTP Basic.
    NoCredentials = 20003, 401, "Authentication Error - No credentials provided";
    /// A known path with a method it does not take.
    MethodNotAllowed { allow: &'static str } = 20004, 405, "Method not allowed";
    /// In strict mode: a page size above 1000.
    PageSizeTooLarge = 20007, 400, "Page size too large";
    /// An update without a single recognised parameter.
    NothingToUpdate = 20161, 400, "Parameters are not specified for update request";
    /// A number of objects that the operator has set a limit to and that has no code of its own.
    TooMany { what: &'static str, limit: i64 } = 20403, 403, "403 Forbidden: the limit of {limit} {what} is reached";
    /// An unknown SID, name, identity, parent, route or version. The answer's text names the request's own path.
    NotFound = 20404, 404, "The requested resource was not found";
    /// A part of the hosted product that this build does not have yet.
    NotBuilt { what: &'static str } = 20404, 404, "{what} is not available in this version of partyline";
    /// A body that did not arrive within `http.request_timeout_ms`.
    RequestTimeout = 20001, 408, "Invalid request body: it did not arrive in time";
    /// A body above `http.max_body_bytes`.
    BodyTooLarge = 20413, 413, "Request Entity Too Large";
    /// More requests of one account under way than `limits.rate.concurrent`.
    TooManyRequests = 20429, 429, "Too Many Requests";
    /// A messages page token with a negative index.
    NegativePageToken = 19038, 400, "Page token must be bigger than or equal to 0";

    // Service.
    /// A friendly name above its limit.
    FriendlyNameTooLong = 50003, 400, "Friendly name too long";
    /// A unique name above its limit.
    UniqueNameTooLong = 50004, 400, "Unique Name too long";
    /// A consumption interval that is no number.
    InvalidConsumptionInterval = 50052, 400, "Invalid consumption interval format";
    /// A typing timeout that is no number.
    InvalidTypingTimeout = 50053, 400, "Invalid typing indicator format";
    /// A webhook URL that is not absolute http(s), or an unknown event name.
    InvalidWebhookFormat = 50054, 400, "Invalid webhook format";
    /// A webhook method other than GET and POST.
    InvalidWebhookMethod = 50055, 400, "Invalid webhook method";
    /// A pre-hook refused what it was asked about; public clients compare this text (WEBHOOKS.md section 7).
    WebhookRefused = 50056, 403, "Webhook cancelled processing of command";
    /// A pre-hook failed, and `webhooks.pre_on_5xx` says that this is a refusal.
    WebhookFailed = 50057, 403, "Webhook call failed to execute successfully";
    /// A notification template above its limit.
    TemplateTooLong = 50058, 400, "Notification template too long";
    /// A notification sound name above its limit.
    SoundTooLong = 50059, 400, "Notification sound name too long";
    /// A limit of channels per user outside its range.
    InvalidUserChannelsLimit = 50060, 400, "Invalid user channels limit format";
    /// A limit of members per channel outside its range.
    InvalidChannelMembersLimit = 50061, 400, "Invalid channel members limit format";
    /// More writes in one channel than `limits.rate.channel_aps`.
    ChannelRateExceeded = 50063, 429, "Actions per second limit exceeded";
    /// A webhook retry count outside 0..3.
    InvalidRetryCount = 50065, 400, "Invalid webhook retry count";
    /// More service-level writes than `limits.rate.service_aps`.
    ServiceRateExceeded = 50074, 429, "Global actions per second limit exceeded";

    // Roles.
    /// No channel role of this SID in the service.
    ChannelRoleNotFound = 50101, 400, "Channel role not found";
    /// No deployment role of this SID in the service.
    DeploymentRoleNotFound = 50102, 400, "Deployment role not found";
    /// An unknown permission, or one of the other role type.
    PermissionNotFound = 50104, 400, "Permission not found";
    /// A role type other than channel and deployment.
    InvalidRoleType = 50105, 400, "Invalid role type";
    /// No channel role of this SID for the creators of channels.
    CreatorRoleNotFound = 50106, 400, "Channel creator role not found";

    // Users.
    /// The identity has a user already (recorded).
    UserExists = 50201, 409, "User already exists";
    /// An identity that is the server's own.
    IdentityReserved = 50203, 400, "Identity reserved";
    /// An identity of the form of a user SID.
    IdentityLooksLikeSid = 50206, 400, "Identity should not match user SID pattern";
    /// An identity above its limit.
    IdentityTooLong = 50207, 400, "Identity too long";
    /// The user is in as many channels as the service allows.
    UserChannelLimit = 50208, 403, "User channel limit exceeded";
    /// A binding type other than apn, gcm and fcm.
    InvalidBindingType = 50209, 400, "Invalid binding type";
    /// A notification level other than default and muted.
    InvalidNotificationLevel = 50210, 400, "Invalid notification level";
    /// The identity has a pending invite already.
    AlreadyInvited = 50212, 409, "User already invited";

    // Channels.
    /// Attributes above the limit of their resource.
    AttributesTooLong = 50303, 400, "Attributes too long";
    /// Attributes that are no JSON (recorded).
    AttributesNotJson = 50304, 400, "Attributes not valid JSON";
    /// A unique name of the form of a channel SID.
    UniqueNameLooksLikeSid = 50306, 400, "Unique name should not match channel SID pattern";
    /// Another channel of the service has the unique name (recorded).
    UniqueNameTaken = 50307, 409, "Channel with provided unique name already exists";
    /// A `DateCreated` that is no date.
    InvalidDateCreated = 50308, 400, "Invalid Date Created parameter";
    /// A `DateUpdated` that is no date.
    InvalidDateUpdated = 50309, 400, "Invalid Date Updated parameter";
    /// An author above the limit of identities.
    AuthorTooLong = 50310, 400, "Author parameter is too long";
    /// The sixth webhook of a channel.
    TooManyChannelWebhooks = 50321, 403, "Too many channel webhooks";
    /// The sixth trigger of a channel webhook.
    TooManyTriggers = 50322, 400, "Too many channel webhook triggers";
    /// A channel webhook type other than webhook, trigger and studio.
    InvalidChannelWebhookType = 50324, 400, "Invalid channel webhook type";
    /// A filter that is no post-event.
    InvalidChannelWebhookFilter = 50325, 400, "Invalid channel webhook filter";
    /// An empty or too long trigger.
    InvalidChannelWebhookTrigger = 50326, 400, "Invalid channel webhook trigger";
    /// A studio webhook without a flow SID.
    InvalidFlowSid = 50327, 400, "Invalid channel webhook flow sid";
    /// A webhook or trigger without a URL.
    ChannelWebhookUrlMissing = 50329, 400, "Channel webhook url not provided";
    /// A webhook without filters.
    ChannelWebhookFilterMissing = 50330, 400, "Channel webhook filter not provided";
    /// A trigger webhook without triggers.
    ChannelWebhookTriggerMissing = 50331, 400, "Channel webhook trigger not provided";
    /// A channel webhook URL above its limit.
    ChannelWebhookUrlTooLong = 50332, 400, "Channel webhook url too long";
    /// A messaging service SID of the wrong form.
    InvalidMessagingServiceSid = 50341, 400, "Invalid messaging service SID";
    /// A messaging service that the operator has not named.
    UnknownMessagingService = 50342, 400, "Messaging service does not belong to account";
    /// The v3 endpoint turns channels private and does nothing else.
    TypeMustBePrivate = 50393, 400, "Type value should be 'private'.";

    // Members.
    /// The channel has as many members as the service allows.
    ChannelMemberLimit = 50403, 403, "Channel member limit exceeded";
    /// The identity is a member already (recorded).
    MemberExists = 50404, 409, "Member already exists";
    /// A consumption timestamp that is no date.
    InvalidConsumptionTimestamp = 50405, 400, "Invalid last consumption timestamp format";
    /// A consumption horizon that is no index.
    InvalidConsumedIndex = 50406, 400, "Invalid last consumed message index format";

    // Messages.
    /// A body above `limits.message_body_bytes`.
    BodyTooLong = 50504, 400, "Message body parameter is too long";
    /// A `LastUpdatedBy` above the limit of identities.
    LastUpdatedByTooLong = 50505, 400, "Last Updated By parameter is too long";
    /// An empty media SID.
    MediaSidMissing = 50506, 400, "Media SID not provided";
    /// No media of this SID in the service.
    MediaNotFound = 50507, 404, "Media not found";
    /// The media is in a message already.
    MediaAlreadySent = 50508, 400, "Media already sent with another message";
    /// A media message's body stays as it is.
    MediaBodyFixed = 50509, 400, "Media message body cannot be updated";
    /// A media SID of the wrong form.
    InvalidMediaSid = 50510, 400, "Invalid message media SID";
    /// A messages page token that is no index.
    MessageIndexNotANumber = 50516, 400, "Message index is not a number";
}

impl ApiError {
    /// A value of a parameter that has no code of its own.
    pub fn invalid(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidParameter { name: name.into(), reason: reason.into() }
    }

    /// The fifth member that bodies of a 401 carry (recorded).
    #[must_use]
    pub fn detail(&self) -> Option<&'static str> {
        matches!(self, Self::WrongSecret | Self::UnknownUsername | Self::NoCredentials)
            .then_some("Your AccountSid or AuthToken was incorrect.")
    }

    /// The text for the caller; `path` is the request's path without its version.
    #[must_use]
    pub fn message(&self, path: &str) -> String {
        match self {
            Self::NotFound => format!("The requested resource {path} was not found"),
            Self::Store(StoreError::Busy | StoreError::Closed | StoreError::Full) => {
                "Service unavailable".to_owned()
            }
            Self::Store(_) => "Internal Server Error".to_owned(),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_status() {
        let mut seen = std::collections::HashMap::new();
        for (name, code, status) in TABLE {
            // The general code is also that of a body that never arrives.
            if *code != 20001 {
                assert_eq!(*seen.entry(code).or_insert(status), status, "{name}");
            }
            assert!((400..500).contains(status), "{name}");
        }
    }
}
