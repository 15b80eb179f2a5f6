//! What chat is: nouns, their rules, and one [`Command`](crate::store::Command) per write. Nothing here knows HTTP, SQL
//! or JSON.

pub mod account;
pub mod at;
pub mod binding;
pub mod cause;
pub mod channel;
pub mod channel_webhook;
pub mod credential;
pub mod delivery;
pub mod delivery_log;
pub mod event;
pub mod invite;
pub mod member;
pub mod message;
pub mod redact;
pub mod role;
pub mod service;
pub mod text;
pub mod token;
pub mod user;
pub mod user_channel;
