//! Answers: the JSON of each resource and version, written straight from its value.
//!
//! Members stand in the order that the hosted service wrote them in (REST.md section 18), with one space after each
//! colon and comma as in recorded bodies.

pub mod binding;
pub mod channel;
pub mod channel_webhook;
pub mod credential;
pub mod delivery;
pub mod invite;
pub mod json;
pub mod member;
pub mod message;
pub mod page;
pub mod role;
pub mod service;
pub mod user;
pub mod user_channel;

use crate::sid::AccountSid;

/// A version of the REST API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2014 to 2017.
    V1,
    /// From 2017 on.
    V2,
    /// One operation, of 2022.
    V3,
}

impl Version {
    /// The version's segment of a path.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }
}

/// How an answer is to look: what the request asked for, wherever the object came from.
#[derive(Debug, Clone)]
pub struct View {
    /// The request's version decides the shape.
    pub version: Version,
    /// Scheme, host and version, before every path in the answer: `https://chat.twilio.com/v2`.
    pub base: String,
    /// Whose objects these are.
    pub account: AccountSid,
    /// Whether the object stands in a list, where v1 hides attributes.
    pub in_list: bool,
}

impl View {
    /// Attributes as the version shows them (recorded: `{}` when unset; null in v1 lists).
    fn attributes<'a>(&self, stored: Option<&'a str>) -> Option<&'a str> {
        if self.version == Version::V1 && self.in_list { None } else { Some(stored.unwrap_or("{}")) }
    }
}
