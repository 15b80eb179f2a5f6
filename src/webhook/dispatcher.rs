//! The dispatcher: claims due deliveries, sends them, records what came of each.
//!
//! One task does this for the process, on a thread that serves no requests. Everything it holds is bounded: calls under way
//! by the configuration, questions that wait for the log by a queue that drops when it is full.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web::Data;
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::call::{Call, Called};
use crate::domain::delivery::{
    Asked, Claimed, Delivery, Finished, Next, Outcome, Prune, ReceiverId, Release, Room, State, Turn,
};
use crate::server::App;
use crate::store::{Store, deliveries};
use crate::time::Timestamp;

/// How often other processes' deliveries, and those of a process that died, are looked for.
const POLL: Duration = Duration::from_secs(1);
/// How long after a turn what ends and what is new is gathered for the next one. Without it, each turn would record a call
/// or two, and the database would be busier with bookkeeping than with messages.
const GATHER: Duration = Duration::from_millis(2);
/// How long to wait after a database that does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// Questions that wait for the log.
const NOTES: usize = 1_024;
/// Attempts that one turn records at most.
const BATCH: usize = 256;
/// How many receivers are asked for the time of their next delivery.
const RECEIVERS: usize = 512;
/// Receivers of which it is remembered that they were slow.
const REMEMBERED: usize = 10_000;
/// How often the log is looked through for what is too old.
const PRUNE_PAUSE: Duration = Duration::from_mins(1);

/// The way to the dispatcher for the rest of the server.
pub struct Dispatcher {
    notes: mpsc::Sender<Asked>,
    inbox: Mutex<Option<mpsc::Receiver<Asked>>>,
    stop: watch::Sender<bool>,
}

impl Default for Dispatcher {
    fn default() -> Self {
        let (notes, inbox) = mpsc::channel(NOTES);
        Self { notes, inbox: Mutex::new(Some(inbox)), stop: watch::Sender::new(false) }
    }
}

impl Dispatcher {
    /// Keeps a question to a pre-hook for the log. The log is for people: when the database can't keep up, the action goes
    /// on and the note is dropped.
    pub fn note(&self, asked: Asked) {
        if self.notes.try_send(asked).is_err() {
            metrics::counter!("partyline_webhook_notes_dropped_total").increment(1);
        }
    }

    /// Claims nothing more; what is under way ends.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// How a receiver has been lately.
#[derive(Default)]
struct Health {
    under_way: usize,
    /// Timeouts since its last answer.
    timeouts: u32,
}

/// A call that has ended.
struct Ended {
    delivery: Delivery,
    /// Nothing when the call panicked.
    called: Option<Called>,
}

struct Work {
    app: Data<App>,
    inbox: mpsc::Receiver<Asked>,
    calls: JoinSet<Ended>,
    receivers: HashMap<ReceiverId, Health>,
    finished: Vec<Finished>,
    asked: Vec<Asked>,
    /// The receiver that the last turn ended at.
    after: ReceiverId,
}

/// Dispatches on a thread of its own until the server stops.
pub fn start(app: Data<App>) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("webhooks".to_owned()).spawn(move || {
        yield_to_requests();
        runtime.block_on(run(app));
    })
}

/// Lets the threads that serve requests go before this one: where there is more work than processor, deliveries wait and are
/// made afterwards, and requests keep their pace.
fn yield_to_requests() {
    #[cfg(target_os = "linux")]
    {
        const NICE: i32 = 10;
        if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE) {
            tracing::debug!(%error, "deliveries run at the priority of requests");
        }
    }
}

async fn run(app: Data<App>) {
    let taken = app.dispatcher.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(inbox) = taken else { return };
    let mut stop = app.dispatcher.stop.subscribe();
    let mut work = Work {
        app,
        inbox,
        calls: JoinSet::new(),
        receivers: HashMap::new(),
        finished: Vec::new(),
        asked: Vec::new(),
        after: ReceiverId::default(),
    };
    work.release().await;
    let mut due = Due::default();
    loop {
        let app = work.app.clone();
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = work.calls.join_next() => {
                work.end(ended);
                due.something = true;
            }
            Some(asked) = work.inbox.recv(), if work.asked.len() < BATCH => {
                work.asked.push(asked);
                due.something = true;
            }
            () = app.env.due.notified(), if work.has_room() && !due.deliveries => due.deliveries = true,
            () = tokio::time::sleep_until(due.next_turn()) => {
                let wait = work.turn(due.deliveries).await;
                due = Due::after(wait);
            }
        }
    }
    work.wind_up().await;
}

/// When the next turn is due.
struct Due {
    /// Something has ended, or is left over from the last turn.
    something: bool,
    /// New deliveries were written.
    deliveries: bool,
    /// Not before this: what ends and what comes within a moment is recorded and claimed together.
    earliest: Instant,
    /// No later than this, for what nobody tells of.
    latest: Instant,
}

impl Default for Due {
    fn default() -> Self {
        let now = Instant::now();
        Self { something: false, deliveries: false, earliest: now, latest: now }
    }
}

impl Due {
    /// After a turn that has nothing more to do for so long.
    fn after(wait: Duration) -> Self {
        let now = Instant::now();
        Self { something: wait.is_zero(), deliveries: false, earliest: now + GATHER, latest: now + wait }
    }

    fn next_turn(&self) -> Instant {
        if self.something || self.deliveries { self.earliest } else { self.latest }
    }
}

impl Work {
    fn has_room(&self) -> bool {
        self.calls.len() < self.app.config.webhooks.concurrency
    }

    fn has_room_after(&self, claimed: &Claimed) -> bool {
        self.calls.len() + claimed.deliveries.len() < self.app.config.webhooks.concurrency
    }

    /// On SQLite no other dispatcher can hold a claim: those of a process that died are due at once.
    async fn release(&self) {
        if let Store::Sqlite(_) = self.app.store {
            match self.app.store.write(Release).await {
                Ok(0) => {}
                Ok(released) => tracing::info!(released, "deliveries that were under way are sent again"),
                Err(error) => tracing::warn!(%error, "deliveries that were under way wait for their lease"),
            }
        }
    }

    /// Takes what has ended into the next turn, with everything else that has by now.
    fn end(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        let mut ended = Some(ended);
        while let Some(result) = ended.take() {
            match result {
                Ok(Ended { delivery, called }) => self.finish(&delivery, called),
                Err(error) => tracing::error!(%error, "a call of a receiver was lost"),
            }
            if self.finished.len() < BATCH {
                ended = self.calls.try_join_next();
            }
        }
    }

    fn finish(&mut self, delivery: &Delivery, called: Option<Called>) {
        let health = self.receivers.entry(delivery.receiver).or_default();
        health.under_way = health.under_way.saturating_sub(1);
        let Some(called) = called else {
            // Its claim holds until the lease ends; it is then made again.
            return tracing::error!(delivery = delivery.number, "a call of a receiver panicked");
        };
        health.timeouts =
            if called.outcome == Outcome::Timeout { health.timeouts.saturating_add(1) } else { 0 };
        if health.under_way == 0 && health.timeouts == 0 {
            self.receivers.remove(&delivery.receiver);
        } else if self.receivers.len() > REMEMBERED {
            self.receivers.retain(|_, health| health.under_way > 0);
        }
        let next = delivery.after(called.outcome, self.app.env.clock.now(), rand::random());
        let result = match next {
            Next::End(State::Delivered) => "delivered",
            Next::End(_) => "given_up",
            Next::RetryIn(_) => "retried",
        };
        metrics::counter!("partyline_webhook_attempts_total", "result" => result).increment(1);
        if next != Next::End(State::Delivered) {
            let reason = called.attempt.reason.as_deref().unwrap_or_default();
            tracing::warn!(
                delivery = delivery.number, event = delivery.event, attempt = called.attempt.number,
                service = %delivery.service, result, "webhook: {reason}"
            );
        }
        let attempt = called.attempt;
        self.finished.push(Finished { delivery: delivery.number, lane: delivery.lane, attempt, next });
    }

    /// Records what has ended and claims what is due; answers how long nothing will be due. `told`: new deliveries are there.
    async fn turn(&mut self, told: bool) -> Duration {
        while self.asked.len() < BATCH
            && let Ok(asked) = self.inbox.try_recv()
        {
            self.asked.push(asked);
        }
        if self.finished.is_empty() && self.asked.is_empty() && !told {
            // Nothing but the time may have made something due: looking costs no write.
            match self.app.store.read(async |tx| Ok(deliveries::next_due(tx, RECEIVERS).await?)).await {
                Ok(due_at) if due_at.is_none_or(|due_at| due_at > self.now()) => return self.until(due_at),
                Ok(_) => {}
                Err(error) => return self.pause(&error).await,
            }
        }
        let turn = Turn {
            finished: self.finished.clone(),
            asked: self.asked.clone(),
            room: self.room(),
            timeout: Duration::from_millis(self.app.config.limits.webhook_timeout_ms),
        };
        match self.app.store.write(turn).await {
            Ok(claimed) => {
                self.finished.clear();
                self.asked.clear();
                let more = !claimed.deliveries.is_empty() || !claimed.all;
                let wait = if more && self.has_room_after(&claimed) {
                    Duration::ZERO
                } else {
                    self.until(claimed.next_due)
                };
                self.begin(claimed);
                wait
            }
            Err(error) => self.pause(&error).await,
        }
    }

    fn until(&self, due_at: Option<Timestamp>) -> Duration {
        due_at.map_or(POLL, |due_at| due_at.after(self.now()).clamp(GATHER, POLL))
    }

    async fn pause(&self, error: &crate::error::ApiError) -> Duration {
        tracing::warn!(%error, "deliveries wait for the database");
        tokio::time::sleep(PAUSE).await;
        Duration::ZERO
    }

    fn now(&self) -> Timestamp {
        self.app.env.clock.now()
    }

    /// What can be taken on. A receiver that keeps timing out gets half as much each time, so that many of them together
    /// do not take the room of those that answer.
    fn room(&self) -> Room {
        let webhooks = &self.app.config.webhooks;
        let of = self.receivers.iter().map(|(receiver, health)| {
            let limit = (webhooks.concurrency_per_receiver >> health.timeouts.min(31)).max(1);
            (*receiver, limit.saturating_sub(health.under_way))
        });
        Room {
            total: webhooks.concurrency.saturating_sub(self.calls.len()),
            per_receiver: webhooks.concurrency_per_receiver,
            of: of.collect(),
            after: self.after,
        }
    }

    /// Sends what was claimed.
    fn begin(&mut self, claimed: Claimed) {
        self.after = claimed.after;
        for delivery in claimed.deliveries {
            self.receivers.entry(delivery.receiver).or_default().under_way += 1;
            let auth_token = claimed.auth_tokens.get(&delivery.account).cloned().unwrap_or_default();
            let app = self.app.clone();
            self.calls.spawn(async move {
                let called = AssertUnwindSafe(send(&app, &delivery, &auth_token)).catch_unwind().await.ok();
                Ended { delivery, called }
            });
        }
    }

    /// Waits for the calls under way and records them.
    async fn wind_up(mut self) {
        while let Some(ended) = self.calls.join_next().await {
            self.end(ended);
        }
        while let Ok(asked) = self.inbox.try_recv() {
            self.asked.push(asked);
        }
        let turn = Turn {
            finished: std::mem::take(&mut self.finished),
            asked: std::mem::take(&mut self.asked),
            room: Room::default(),
            timeout: Duration::ZERO,
        };
        if let Err(error) = self.app.store.write(turn).await {
            tracing::warn!(%error, "the last deliveries could not be recorded and will be sent again");
        }
    }
}

/// One attempt of a delivery.
async fn send(app: &App, delivery: &Delivery, auth_token: &str) -> Called {
    let call = Call {
        url: &delivery.url,
        method: &delivery.method,
        parameters: &delivery.parameters,
        token: delivery.token,
        retry_count: delivery.attempts,
        auth_token,
        now: app.env.clock.now(),
        read_limit: app.config.webhooks.log_answer_bytes,
    };
    app.caller.call(&call).await
}

/// Keeps the log within its time and size, a step at a time.
pub async fn prune(app: Data<App>) {
    let webhooks = &app.config.webhooks;
    let age = Duration::from_secs(webhooks.log_days.saturating_mul(86_400));
    let mut after = 0;
    loop {
        let step = Prune { before: app.env.clock.now().minus(age), keep: webhooks.log_rows, after };
        match app.store.write(step).await {
            Ok(Some(next)) => after = next,
            Ok(None) => {
                after = 0;
                tokio::time::sleep(PRUNE_PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the log of webhooks could not be cut back yet");
                tokio::time::sleep(PRUNE_PAUSE).await;
            }
        }
    }
}
