//! One call of a receiver: what is sent, and what came of it.

use std::sync::{Arc, LazyLock};

use crate::config::Config;
use crate::domain::delivery::{Attempt, Outcome};
use crate::domain::event::Parameters;
use crate::domain::token::{hex, uuid};
use crate::outbound::{Client, Exchange, Failure, Method, Outgoing, Policy, Settings, SystemLookup, Target};
use crate::time::Timestamp;
use crate::webhook::signature::{self, StandardSecret};

/// Calls receivers of webhooks.
pub struct Caller {
    client: LazyClient,
    standard: Option<StandardSecret>,
    /// How much of an answer the log keeps, in bytes.
    log_answer_bytes: usize,
}

/// Made with the first call: reading the machine's certificates takes longer than starting the server does otherwise.
type LazyClient = LazyLock<Result<Client, String>, Box<dyn FnOnce() -> Result<Client, String> + Send>>;

/// What is sent.
pub struct Call<'a> {
    /// The receiver, as it was configured.
    pub url: &'a str,
    /// `GET` or `POST`.
    pub method: &'a str,
    /// What it is told, but `RetryCount`.
    pub parameters: &'a Parameters,
    /// The identity of the event.
    pub token: [u8; 16],
    /// How many attempts came before.
    pub retry_count: i64,
    /// The secret that signs.
    pub auth_token: &'a str,
    /// When.
    pub now: Timestamp,
    /// How much of the answer is read, in bytes.
    pub read_limit: usize,
}

/// What came of a call.
pub struct Called {
    /// How it ended.
    pub outcome: Outcome,
    /// The answer's body, as far as it was read.
    pub body: Vec<u8>,
    /// What the log keeps.
    pub attempt: Attempt,
}

impl Caller {
    /// A caller as the configuration says.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let webhooks = &config.webhooks;
        let policy = Policy::from(webhooks.allow_private, &webhooks.allow)?;
        let standard = webhooks.standard_secret.as_ref().map(|secret| StandardSecret::parse(secret.reveal()));
        let settings = Settings {
            timeout: std::time::Duration::from_millis(config.limits.webhook_timeout_ms),
            user_agent: webhooks.user_agent.clone(),
            accept_invalid_certs: webhooks.accept_invalid_certs,
        };
        Ok(Self {
            client: LazyLock::new(Box::new(move || {
                Client::new(policy, Arc::new(SystemLookup), &settings).map_err(|error| format!("{error:#}"))
            })),
            standard: standard.transpose()?,
            log_answer_bytes: webhooks.log_answer_bytes,
        })
    }

    /// Sends, signed, and waits for the answer.
    pub async fn call(&self, call: &Call<'_>) -> Called {
        let failed = |reason: String| Called {
            outcome: Outcome::NoAnswer,
            body: Vec::new(),
            attempt: self.attempt(call, 0, None, Some(reason), &[]),
        };
        match (Target::parse(call.url), &*self.client) {
            (Ok(target), Ok(client)) => self.called(call, self.exchange(call, client, &target).await),
            // Settings that an older version took, or that changed hands outside of the API.
            (Err(error), _) => failed(error.to_string()),
            (_, Err(error)) => failed(error.clone()),
        }
    }

    async fn exchange(&self, call: &Call<'_>, client: &Client, target: &Target) -> Exchange {
        let form = call.parameters.with_retry_count(call.retry_count);
        let (method, url, body) = if call.method == "GET" {
            (Method::Get, target.url_with_query(&form), None)
        } else {
            (Method::Post, target.url().to_owned(), Some(form.as_str()))
        };
        let (signed, token) = (signature::sign(call.auth_token, &url, body), uuid(&call.token));
        let mut headers =
            vec![("X-Twilio-Signature", signed.as_str()), ("I-Twilio-Idempotency-Token", token.as_str())];
        let standard = self.standard.as_ref().map(|secret| {
            let id = format!("msg_{}", hex(&call.token));
            let seconds = call.now.as_micros().div_euclid(1_000_000);
            let signed = signature::standard(secret, &id, seconds, body.unwrap_or_default().as_bytes());
            (id, seconds.to_string(), signed)
        });
        if let Some((id, seconds, signed)) = &standard {
            headers.push(("webhook-id", id));
            headers.push(("webhook-timestamp", seconds));
            headers.push(("webhook-signature", signed));
        }
        let (form, headers) = (form.as_str(), headers.as_slice());
        let outgoing = Outgoing { method, target, form, headers, read_limit: call.read_limit };
        client.send(&outgoing).await
    }

    fn called(&self, call: &Call<'_>, exchange: Exchange) -> Called {
        let (outcome, reason, body) = match exchange.result {
            Ok(answer) => {
                let outcome = Outcome::Status(answer.status);
                (outcome, reason_of(answer.status), answer.body)
            }
            Err(failure) => {
                let outcome = match failure {
                    Failure::Timeout { .. } => Outcome::Timeout,
                    _ => Outcome::NoAnswer,
                };
                (outcome, Some(failure.to_string()), Vec::new())
            }
        };
        let status = match outcome {
            Outcome::Status(status) => Some(i64::from(status)),
            Outcome::Timeout | Outcome::NoAnswer => None,
        };
        let attempt = self.attempt(call, exchange.micros, status, reason, &body);
        Called { outcome, body, attempt }
    }

    fn attempt(
        &self,
        call: &Call<'_>,
        micros: u64,
        status: Option<i64>,
        reason: Option<String>,
        body: &[u8],
    ) -> Attempt {
        Attempt {
            number: call.retry_count,
            started_at: call.now,
            micros: i64::try_from(micros).unwrap_or(i64::MAX),
            status,
            reason,
            answer: Some(excerpt(body, self.log_answer_bytes)).filter(|text| !text.is_empty()),
        }
    }
}

/// Why an answer of this status does not count as success.
fn reason_of(status: u16) -> Option<String> {
    match status {
        200..300 => None,
        300..400 => Some(format!("answered {status}: redirects are not followed, name the final URL")),
        _ => Some(format!("answered {status}")),
    }
}

/// The beginning of an answer as text that every database takes.
fn excerpt(body: &[u8], bytes: usize) -> String {
    String::from_utf8_lossy(&body[..body.len().min(bytes)]).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_text_that_every_database_takes() {
        assert_eq!(excerpt(b"ok\0\xff and more", 4), "ok\u{fffd}\u{fffd}");
    }
}
