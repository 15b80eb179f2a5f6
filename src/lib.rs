//! partyline

pub mod auth;
pub mod cli;
pub mod config;
