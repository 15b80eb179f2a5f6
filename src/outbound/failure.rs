//! Why a request brought no answer, told from the errors of the libraries below.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;
use std::time::Duration;

use thiserror::Error;

use super::policy::Refusal;
use super::resolver::Unresolved;

/// Why a request brought no answer. The texts are for people; they name host and port, never the credentials or the
/// query of the URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The policy forbids the address; nothing was sent.
    #[error("{host} was not called: {refusal}")]
    Refused {
        /// Host and port.
        host: String,
        /// Which address, and how to allow it.
        refusal: Refusal,
    },
    /// The name has no address, or nobody could be asked.
    #[error("the address of {host} was not found: {reason}")]
    Dns {
        /// Host and port.
        host: String,
        /// What the lookup said.
        reason: String,
    },
    /// No connection came about: it was refused, or there is no way to the host.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// TLS failed, most often over the certificate.
    #[error("no TLS with {host}: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What was wrong.
        reason: String,
    },
    /// The whole answer was not there in time.
    #[error("{host} did not answer within {} ms", .after.as_millis())]
    Timeout {
        /// Host and port.
        host: String,
        /// The time limit.
        after: Duration,
    },
    /// The connection broke before the whole answer was there, or what came was not HTTP.
    #[error("{host} gave no whole answer: {reason}")]
    Broken {
        /// Host and port.
        host: String,
        /// How it broke.
        reason: String,
    },
    /// The request cannot be written as HTTP, for example because a header has a line break.
    #[error("the request to {host} cannot be sent: {reason}")]
    Unsendable {
        /// Host and port.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Failure {
    /// What `error` means. Its own text is not used, because it repeats the URL.
    pub(super) fn of(error: &reqwest::Error, host: String) -> Self {
        for cause in causes(error) {
            if let Some(refusal) = cause.downcast_ref::<Refusal>() {
                return Self::Refused { host, refusal: refusal.clone() };
            }
            if let Some(unresolved) = cause.downcast_ref::<Unresolved>() {
                return Self::Dns { host, reason: unresolved.to_string() };
            }
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return Self::Tls { host, reason: tls.to_string() };
            }
        }
        let reason = reason(error);
        if error.is_builder() {
            return Self::Unsendable { host, reason };
        }
        if error.is_connect() { Self::Connect { host, reason } } else { Self::Broken { host, reason } }
    }
}

/// The causes below `error`, the nearest first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    successors(error.source(), |&cause| wrapped(cause).or_else(|| cause.source()))
}

/// The error inside an `io::Error`, whose `source` would leave out precisely that one.
fn wrapped<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}

/// The words of the innermost cause; of an error of the operating system, its kind without the number.
fn reason(error: &reqwest::Error) -> String {
    let Some(innermost) = causes(error).last() else { return "no reason given".to_owned() };
    match innermost.downcast_ref::<io::Error>() {
        Some(error) if error.raw_os_error().is_some() => error.kind().to_string(),
        _ => innermost.to_string(),
    }
}
