//! partyline: a self-hosted, drop-in replacement for Twilio's Programmable Chat.
//!
//! A request is read in [`rest`], which turns its form into a command of [`domain`]; the command runs in one transaction
//! of [`store`], on SQLite or PostgreSQL; what comes of it is written as JSON by [`render`]. [`server`] holds what they
//! share and listens; [`cli`] and [`config`] are how people start it.
//!
//! `docs/ARCHITECTURE.md` has the map and the invariants.

pub mod auth;
pub mod cli;
pub mod config;
pub mod control;
pub mod domain;
pub mod error;
pub mod form;
pub mod outbound;
pub mod page;
pub mod render;
pub mod rest;
pub mod server;
pub mod sid;
pub mod store;
pub mod time;
pub mod webhook;
