//! Pre-hooks: asked before a write, they let it happen, change it or refuse it (WEBHOOKS.md section 7).

use serde_json::{Map, Value};

use super::call::{Call, Called};
use crate::config::PreOn5xx;
use crate::domain::delivery::{Asked, Outcome, State};
use crate::domain::event::{Changes, Question};
use crate::error::ApiError;
use crate::server::App;
use crate::store::accounts;

/// How much of a hook's answer is read, in bytes.
pub(crate) const ANSWER_BYTES: usize = 64 * 1024;

/// What an answer means for the action.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It happens, with these changes.
    Go(Changes),
    /// It happens as it is, although the hook gave no answer that counts.
    GoAnyway,
    /// The hook refuses it.
    Refused,
    /// The hook failed, which counts as a refusal.
    Failed,
}

/// Asks the hook, again where the question says so, and answers what it wants changed.
pub async fn ask(app: &App, question: Question) -> Result<Changes, ApiError> {
    let account = app.store.read(async |tx| Ok(accounts::find(tx, question.account).await?)).await?;
    let auth_token = account.ok_or(ApiError::NotFound)?.auth_token;
    let token = app.env.sids.next::<crate::sid::RequestSid>(app.env.clock.now());
    let token = *crate::sid::Sid::as_bytes(&token);
    let mut attempts = Vec::new();
    let called = loop {
        let retry_count = i64::try_from(attempts.len()).unwrap_or(i64::MAX);
        let call = Call {
            url: &question.url,
            method: &question.method,
            parameters: &question.parameters,
            token,
            retry_count,
            auth_token: &auth_token,
            now: app.env.clock.now(),
            read_limit: ANSWER_BYTES,
        };
        let called = app.caller.call(&call).await;
        attempts.push(called.attempt.clone());
        // A retry follows at once: the caller waits (inferred, WEBHOOKS.md section 8).
        if !called.outcome.is_transient() || retry_count >= question.retries {
            break called;
        }
    };
    let verdict = verdict(&called, app.config.webhooks.pre_on_5xx);
    if verdict == Verdict::GoAnyway || verdict == Verdict::Failed {
        // 50076 and 50057 of the error dictionary.
        let code = if called.outcome == Outcome::Timeout { 50076 } else { 50057 };
        let reason = called.attempt.reason.as_deref().unwrap_or_default();
        tracing::warn!(code, event = question.event.as_str(), service = %question.service, "pre-hook: {reason}");
    }
    let (state, result) = match verdict {
        Verdict::Go(changes) => (State::Accepted, Ok(changes)),
        Verdict::GoAnyway => (State::Accepted, Ok(Changes::default())),
        Verdict::Refused => (State::Refused, Err(ApiError::WebhookRefused)),
        Verdict::Failed => (State::Refused, Err(ApiError::WebhookFailed)),
    };
    app.dispatcher.note(Asked { question, token, attempts, state });
    result
}

/// What the outcome of a call means.
pub(crate) fn verdict(called: &Called, on_5xx: PreOn5xx) -> Verdict {
    match called.outcome {
        Outcome::Status(200..300) => Verdict::Go(changes(&called.body)),
        Outcome::Status(400..500) => Verdict::Refused,
        // A redirect is not followed, and no answer either: as a failing hook (inferred).
        Outcome::Status(_) => match on_5xx {
            PreOn5xx::Reject => Verdict::Failed,
            PreOn5xx::Accept => Verdict::GoAnyway,
        },
        Outcome::Timeout | Outcome::NoAnswer => Verdict::GoAnyway,
    }
}

/// The changes of an answer. One that is no JSON object changes nothing: many hooks answer with a word or a page.
fn changes(body: &[u8]) -> Changes {
    let mut object: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let mut take = |name: &str| match object.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    Changes {
        body: take("body"),
        author: take("author").or_else(|| take("from")),
        attributes: take("attributes"),
        friendly_name: take("friendly_name"),
        unique_name: take("unique_name"),
        role_sid: take("role_sid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::Attempt;
    use crate::time::Timestamp;

    fn of(outcome: Outcome, body: &str) -> Verdict {
        let attempt = Attempt {
            number: 0,
            started_at: Timestamp::from_micros(0),
            micros: 0,
            status: None,
            reason: None,
            answer: None,
        };
        verdict(&Called { outcome, body: body.as_bytes().to_vec(), attempt }, PreOn5xx::Reject)
    }

    #[test]
    fn only_an_object_of_texts_changes_anything() {
        for body in
            ["", "{}", "OK", "<html>", "[1]", "\"body\"", "null", r#"{"body": 1, "Body": "x", "sid": "y"}"#]
        {
            assert_eq!(of(Outcome::Status(200), body), Verdict::Go(Changes::default()), "{body}");
        }
        let Verdict::Go(changes) = of(Outcome::Status(204), r#"{"body": "b", "from": "f"}"#) else {
            panic!()
        };
        assert_eq!((changes.body.as_deref(), changes.author.as_deref()), (Some("b"), Some("f")));
    }

    #[test]
    fn statuses_decide() {
        for status in [400, 401, 403, 404, 429] {
            assert_eq!(of(Outcome::Status(status), "{}"), Verdict::Refused, "{status}");
        }
        for status in [301, 500, 502, 503] {
            assert_eq!(of(Outcome::Status(status), "{}"), Verdict::Failed, "{status}");
        }
        assert_eq!(of(Outcome::Timeout, ""), Verdict::GoAnyway);
        assert_eq!(of(Outcome::NoAnswer, ""), Verdict::GoAnyway);
    }
}
