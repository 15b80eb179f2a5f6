//! Deliveries: what is to be sent to a receiver of webhooks, each attempt at it, and what comes after an attempt.
//!
//! A delivery is a row of the transaction that caused it. A dispatcher claims due rows with a lease, sends, and records the
//! attempt in its next [`Turn`]; a claim whose dispatcher died is due again when its lease ends.

mod turn;

use std::time::Duration;

pub use self::turn::{Claimed, Release, Room, Turn};
use super::event::{Parameters, Question};
use crate::error::ApiError;
use crate::sid::{AccountSid, ChannelSid, ServiceSid, WebhookSid};
use crate::store::{Command, Tx, deliveries};
use crate::time::Timestamp;

/// One service's target: deliveries of one receiver share a number of attempts under way.
pub type ReceiverId = [u8; 16];

/// What an event leaves behind for one receiver.
#[expect(missing_docs, reason = "what the columns of the same names hold")]
pub struct NewDelivery<'a> {
    /// The event's own identity, the same for each of its receivers and over all attempts.
    pub token: [u8; 16],
    pub account: AccountSid,
    pub service: ServiceSid,
    pub channel: Option<ChannelSid>,
    pub webhook: Option<WebhookSid>,
    /// What the delivery is kept in order with, where order is kept.
    pub subject: [u8; 16],
    pub event: &'a str,
    pub url: &'a str,
    pub method: &'a str,
    /// How often it may be tried again.
    pub retries: i64,
    pub parameters: &'a Parameters,
}

/// A delivery, as the log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "what the columns of the same names hold")]
pub struct Delivery {
    pub number: i64,
    pub token: [u8; 16],
    pub account: AccountSid,
    pub service: ServiceSid,
    pub channel: Option<ChannelSid>,
    pub webhook: Option<WebhookSid>,
    pub receiver: ReceiverId,
    /// What it is kept in order with, where order is kept.
    pub lane: Option<[u8; 16]>,
    pub event: String,
    /// The receiver as it was configured, credentials too.
    pub url: String,
    pub method: String,
    pub parameters: Parameters,
    pub state: State,
    /// How many attempts have ended.
    pub attempts: i64,
    pub retries_left: i64,
    /// Set where deliveries are durable: retries go on until then.
    pub give_up_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// For its next attempt, or for another delivery of its channel.
    Waiting,
    /// Claimed by a dispatcher.
    Sending,
    /// Answered with success.
    Delivered,
    /// Given up, as the hosted product did after its few retries.
    Failed,
    /// Given up after days of retries: the dead letters.
    Dead,
    /// Of a pre-hook: it let the action happen.
    Accepted,
    /// Of a pre-hook: the action did not happen.
    Refused,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Sending,
        Self::Delivered,
        Self::Failed,
        Self::Dead,
        Self::Accepted,
        Self::Refused,
    ];

    /// The word of the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }

    /// Given up: a replay may mend it.
    #[must_use]
    pub fn is_lost(self) -> bool {
        matches!(self, Self::Failed | Self::Dead)
    }

    /// Not over yet.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending)
    }

    /// Of a question to a pre-hook.
    #[must_use]
    pub fn is_asked(self) -> bool {
        matches!(self, Self::Accepted | Self::Refused)
    }

    /// The state of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// One attempt, as the log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 0; what `RetryCount` said.
    pub number: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub micros: i64,
    /// The answer's status, if there was an answer.
    pub status: Option<i64>,
    /// Why it did not succeed.
    pub reason: Option<String>,
    /// How the answer's body begins.
    pub answer: Option<String>,
}

/// How an attempt ended, as far as it decides what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer of this status.
    Status(u16),
    /// No answer in time.
    Timeout,
    /// No answer at all.
    NoAnswer,
}

impl Outcome {
    /// Any 2xx.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status(200..300))
    }

    /// What the hosted product tried again: timeout, 429, 503, 504 (WEBHOOKS.md section 8).
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Timeout | Self::Status(429 | 503 | 504))
    }
}

/// What comes after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it ended in this state.
    End(State),
    /// Another attempt after a pause.
    RetryIn(Duration),
}

impl Delivery {
    /// The form as the last attempt sent it, or as the first one will.
    #[must_use]
    pub fn form(&self) -> String {
        self.parameters.with_retry_count(self.attempts.saturating_sub(1).max(0))
    }

    /// When the next attempt may begin, or until when a dispatcher holds it; none for one that is over, or that waits for
    /// an earlier one of its channel.
    #[must_use]
    pub fn next_attempt(&self) -> Option<Timestamp> {
        self.due_at.filter(|at| *at < Timestamp::LAST)
    }

    /// Why the delivery cannot be sent once more, if it cannot.
    #[must_use]
    pub fn no_replay(&self) -> Option<String> {
        let (number, state) = (self.number, self.state.as_str());
        if self.state.is_open() {
            Some(format!("delivery {number} is still open ({state}): it is sent without a replay"))
        } else if self.state.is_asked() {
            Some(format!(
                "delivery {number} was a question to a pre-hook ({state}), whose moment has passed: repeat the action instead"
            ))
        } else {
            None
        }
    }

    /// What comes after an attempt that ended so. `chance` in 0..1 spreads the retries of many deliveries.
    #[must_use]
    pub fn after(&self, outcome: Outcome, now: Timestamp, chance: f64) -> Next {
        if outcome.is_success() {
            return Next::End(State::Delivered);
        }
        match self.give_up_at {
            Some(end) if now >= end => Next::End(State::Dead),
            Some(_) => Next::RetryIn(backoff(self.attempts, chance)),
            None if outcome.is_transient() && self.retries_left > 0 => Next::RetryIn(pause(self.attempts)),
            None => Next::End(State::Failed),
        }
    }
}

/// Half a second, one, two: pauses of the hosted product's few retries (inferred, WEBHOOKS.md section 8).
fn pause(attempts: i64) -> Duration {
    Duration::from_millis(500 << attempts.clamp(0, 2))
}

/// Five seconds, doubled with each attempt up to an hour, and between half and one and a half times that.
fn backoff(attempts: i64, chance: f64) -> Duration {
    let seconds = (5_u64 << attempts.clamp(0, 10)).min(3_600);
    Duration::from_secs(seconds).mul_f64(0.5 + chance)
}

/// An attempt that has ended, and what comes next.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Of which delivery.
    pub delivery: i64,
    /// Its lane, which the next delivery takes over.
    pub lane: Option<[u8; 16]>,
    /// What happened.
    pub attempt: Attempt,
    /// What comes next.
    pub next: Next,
}

/// A pre-hook that was asked: kept in the log beside the deliveries.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it was asked.
    pub question: Question,
    /// The identity of the question, the same over its attempts.
    pub token: [u8; 16],
    /// Every attempt.
    pub attempts: Vec<Attempt>,
    /// Accepted or refused.
    pub state: State,
}

/// Which deliveries to send once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those of these numbers, both included.
    Numbers(i64, i64),
    /// Those given up that were made since then.
    LostSince(Timestamp),
}

/// Sends deliveries that are over once more, under the identity they had; some at a time.
pub struct Replay {
    /// Which.
    pub which: Which,
    /// Only those of this account.
    pub account: Option<AccountSid>,
    /// Above this number; where the last step ended.
    pub after: i64,
}

/// One step of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How many are due again.
    pub count: usize,
    /// Where the next step goes on, unless this was the last.
    pub next: Option<i64>,
}

impl Command for Replay {
    type Output = Replayed;

    async fn run(&self, tx: &Tx<'_>) -> Result<Replayed, ApiError> {
        let over = deliveries::over(tx, self.which, self.after).await?;
        let mut count = 0;
        for (number, account) in &over {
            if self.account.is_none_or(|wanted| wanted == *account) {
                deliveries::replay(tx, *number).await?;
                count += 1;
            }
        }
        let next = over.last().map(|(number, _)| *number).filter(|_| over.len() == deliveries::STEP);
        Ok(Replayed { count, next })
    }
}

/// Takes old rows out of the log, some at a time.
pub struct Prune {
    /// Those that ended before.
    pub before: Timestamp,
    /// Those below the newest so many.
    pub keep: i64,
    /// Where the last step ended.
    pub after: i64,
}

impl Command for Prune {
    const DURABLE: bool = false;

    /// Where the next step goes on, unless this was the last.
    type Output = Option<i64>;

    async fn run(&self, tx: &Tx<'_>) -> Result<Option<i64>, ApiError> {
        Ok(deliveries::prune(tx, self.before, self.keep, self.after).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(attempts: i64, retries_left: i64, give_up_at: Option<i64>) -> Delivery {
        Delivery {
            number: 1,
            token: [0; 16],
            account: crate::sid::Sid::from_bytes([0; 16]),
            service: crate::sid::Sid::from_bytes([0; 16]),
            channel: None,
            webhook: None,
            receiver: [0; 16],
            lane: None,
            event: "onMessageSent".to_owned(),
            url: "http://a/".to_owned(),
            method: "POST".to_owned(),
            parameters: Parameters::default(),
            state: State::Sending,
            attempts,
            retries_left,
            give_up_at: give_up_at.map(Timestamp::from_micros),
            due_at: None,
            created_at: Timestamp::from_micros(0),
            finished_at: None,
        }
    }

    #[test]
    fn the_hosted_retries_are_few_and_only_of_what_may_pass() {
        let now = Timestamp::from_micros(0);
        let of = |outcome, left| delivery(0, left, None).after(outcome, now, 0.5);
        assert_eq!(of(Outcome::Status(204), 0), Next::End(State::Delivered));
        for transient in [Outcome::Timeout, Outcome::Status(429), Outcome::Status(503), Outcome::Status(504)]
        {
            assert_eq!(of(transient, 1), Next::RetryIn(Duration::from_millis(500)), "{transient:?}");
            assert_eq!(of(transient, 0), Next::End(State::Failed), "{transient:?}");
        }
        for lasting in [Outcome::NoAnswer, Outcome::Status(500), Outcome::Status(404), Outcome::Status(302)] {
            assert_eq!(of(lasting, 3), Next::End(State::Failed), "{lasting:?}");
        }
        assert_eq!(
            delivery(2, 1, None).after(Outcome::Timeout, now, 0.5),
            Next::RetryIn(Duration::from_secs(2))
        );
    }

    #[test]
    fn durable_retries_back_off_until_the_end() {
        let at = Timestamp::from_micros;
        let waiting = |attempts| delivery(attempts, 0, Some(1_000)).after(Outcome::Status(500), at(999), 0.5);
        assert_eq!(waiting(0), Next::RetryIn(Duration::from_secs(5)));
        assert_eq!(waiting(3), Next::RetryIn(Duration::from_secs(40)));
        assert_eq!(waiting(1_000), Next::RetryIn(Duration::from_hours(1)));
        let end = delivery(9, 0, Some(1_000)).after(Outcome::NoAnswer, at(1_000), 0.5);
        assert_eq!(end, Next::End(State::Dead));
    }
}
