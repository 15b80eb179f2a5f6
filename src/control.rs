//! `/_partyline/v1`: what the hosted product never had, for development and test suites. `serve` knows no such path.
//!
//! Credentials, limits and errors are those of the REST API: [`crate::rest`] hands its requests over once it knows the caller.

pub mod webhooks;

use std::cell::Cell;

use crate::config::{Config, Profile};
use crate::error::ApiError;
use crate::form::Form;
use crate::rest::Answer;
use crate::rest::body::Body;
use crate::server::App;
use crate::sid::AccountSid;

/// What every path begins with.
const PREFIX: &str = "/_partyline/v1/";

/// One call, with its caller known.
pub struct Call<'a> {
    /// The server.
    pub app: &'a App,
    /// Whose call it is.
    pub account: AccountSid,
    /// The method's own name: `HEAD` is not `GET` here.
    pub method: &'a str,
    /// The query, or why it cannot be read.
    pub query: Result<Form, ApiError>,
    /// The body.
    pub body: Body,
    /// The name of the operation, for the metrics.
    pub operation: &'a Cell<&'static str>,
}

/// The rest of a path that is of the control API, where there is one.
#[must_use]
pub fn path<'p>(config: &Config, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(PREFIX).filter(|_| config.profile != Profile::Serve)
}

/// Answers the call.
pub async fn route(call: Call<'_>, path: &str) -> Result<Answer, ApiError> {
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["webhooks", rest @ ..] => webhooks::route(call, rest).await,
        _ => Err(ApiError::NotFound),
    }
}
