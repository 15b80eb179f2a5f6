//! What webhooks cost, and how fast they go out. Every message that was acknowledged must reach the receiver, once, and
//! every signature is checked there.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use partyline::config::{Config, Profile};
use rusqlite::{Connection, OpenFlags};

use super::{Bar, Bench, Calls, Pairs, Side, cpu};
use crate::client::Caller;
use crate::load::{Outcome, Plan};
use crate::preload::{Filled, Rows};
use crate::process::{Server, role};
use crate::receiver::Counts;
use crate::sender::{Orders, Sent};
use crate::stats::{Sample, cpu_micros, median};
use crate::{disk, preload};

/// Channels that the backlog is spread over.
const CHANNELS: usize = 64;
/// How long the receiver of the last lines takes to answer.
const STALL_MS: u64 = 1_000;
/// When a server has not recorded its last deliveries after so long, it never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs them all.
pub(super) fn all(bench: &mut Bench<'_>, empty: &Filled) -> anyhow::Result<()> {
    let rows = Rows { channels: CHANNELS, messages: 0, members: 0 };
    let base = preload::more(empty, "webhooks.db", rows)?;
    let plain = Server::partyline(&disk::copy(&base.path, "plain.db")?)?;
    nobody(bench, &plain, &base)?;
    let auth_token = plain.caller.auth_token.clone();
    let receiver = Receiver { server: Server::receiver(&auth_token)?, auth_token };
    for clients in [16, 64] {
        fast(bench, clients, &plain, &base, &receiver)?;
    }
    drop(plain);
    stalled(bench, &base, &receiver)?;
    backlog(bench, &base, &receiver)
}

/// A write that webhooks would hear of, if there were any, against one that they would not.
fn nobody(bench: &mut Bench<'_>, plain: &Server, base: &Filled) -> anyhow::Result<()> {
    let what = "webhooks, none set, 64 clients: POST Messages with the header to without it";
    if !bench.wants(what) {
        return Ok(());
    }
    let told = plain.caller.told();
    let side = |caller| Side { server: plain, operations: Calls { caller, filled: base }.post_messages(1) };
    let pairs = bench.pairs(64, &side(&told), &side(&plain.caller))?;
    bench.judge(what, 64, Bar::Kept(0.97), &pairs);
    bench.judge(&format!("{what}, CPU"), 64, Bar::Cpu(1.03), &pairs);
    Ok(())
}

/// Posts whose webhooks go to a receiver that answers at once, against the same posts without a receiver.
fn fast(
    bench: &mut Bench<'_>,
    clients: usize,
    plain: &Server,
    base: &Filled,
    receiver: &Receiver,
) -> anyhow::Result<()> {
    let title = format!("webhooks, fast receiver, {clients} clients");
    if !bench.wants(&title) {
        return Ok(());
    }
    let hooked = Hooked::start(base, &format!("fast-{clients}.db"), receiver)?;
    let told = plain.caller.told();
    let other = Side { server: plain, operations: Calls { caller: &told, filled: base }.post_messages(1) };
    let (rounds, others) =
        bench.alternate(|| hooked.round(bench, clients, 0), || Ok(bench.one(&other, clients)?.sample))?;

    let cpu_of_events = rounds.iter().zip(&others).map(|(round, other)| {
        (round.cpu_micros - cpu(other) * round.posts as f64) / round.drained.distinct as f64
    });
    let cpu_of_event = median(cpu_of_events);
    let while_posting =
        median(rounds.iter().map(|round| per_second(round.at_end.distinct, round.at_end.age)));
    let until_drained =
        median(rounds.iter().map(|round| per_second(round.drained.distinct, round.drained.span)));
    let backlog = |round: &Round| round.drained.span.saturating_sub(round.at_end.age) as f64 / 1e3;
    let time_to_drain = median(rounds.iter().map(backlog));
    let pairs = Pairs { ours: rounds.iter().map(|round| round.sample).collect(), other: others };
    bench.judge(&format!("{title}: POST Messages to the same without"), clients, Bar::Kept(0.7), &pairs);
    bench.known(&format!("{title}: deliveries while the posts run"), while_posting, "per s");
    bench.known(&format!("{title}: deliveries until all are made"), until_drained, "per s");
    bench.known(&format!("{title}: time to make the rest"), time_to_drain, "ms");
    bench.known(&format!("{title}: server's CPU per delivery"), cpu_of_event, "us");
    faults(bench, &title, rounds.iter().map(|round| (round.posts, round.drained)));
    Ok(())
}

/// Posts whose webhooks wait for a receiver that takes its time, against those of a fast one.
fn stalled(bench: &mut Bench<'_>, base: &Filled, receiver: &Receiver) -> anyhow::Result<()> {
    let title = "webhooks, receiver that stalls 1 s, 16 clients";
    if !bench.wants(title) {
        return Ok(());
    }
    let hooked = Hooked::start(base, "stalled.db", receiver)?;
    let (slow, quick) =
        bench.alternate(|| hooked.round(bench, 16, STALL_MS), || hooked.round(bench, 16, 0))?;
    let samples = |rounds: &[Round]| rounds.iter().map(|round| round.sample).collect();
    let pairs = Pairs { ours: samples(&slow), other: samples(&quick) };
    bench.judge(&format!("{title}: POST Messages to a fast one, p99"), 16, Bar::Tail(1.1), &pairs);
    faults(bench, title, slow.iter().chain(&quick).map(|round| (round.posts, round.drained)));
    Ok(())
}

/// A dispatcher that finds a backlog and nothing else to do, against a sender that has nothing to look up or to record.
fn backlog(bench: &mut Bench<'_>, base: &Filled, receiver: &Receiver) -> anyhow::Result<()> {
    let deliveries = bench.effort.backlog;
    let title = format!("webhooks, backlog of {deliveries}");
    if !bench.wants(&title) {
        return Ok(());
    }
    let (database, form) = make_backlog(base, receiver, deliveries)?;
    let mut names = (0..).map(|number| format!("draining-{number}.db"));
    let drain = || -> anyhow::Result<_> {
        let copy = disk::copy(&database, &names.next().unwrap_or_default())?;
        receiver.reset()?;
        let server = Server::partyline(&copy)?;
        let counts = receiver.counts(deliveries)?;
        settle(&copy)?;
        let cpu = cpu_micros(server.process()) / deliveries as f64;
        server.stop()?;
        let rate = per_second(counts.distinct, counts.span);
        Ok((counts, Sample { rate, p50: f64::NAN, p99: f64::NAN, cpu }))
    };
    let orders = Orders {
        url: receiver.url(),
        auth_token: receiver.auth_token.clone(),
        form,
        in_flight: Config::defaults(Profile::Ci).webhooks.concurrency_per_receiver,
        warm_ms: bench.effort.warm_ms,
        run_ms: bench.effort.run_ms,
    };
    let post = || -> anyhow::Result<_> {
        receiver.reset()?;
        let before = cpu_micros(receiver.server.process());
        let sent: Sent = role(0, "sender", &orders)?;
        let used = cpu_micros(receiver.server.process()) - before;
        let counts = receiver.counts(sent.requests)?;
        ensure!(counts.distinct == sent.requests && counts.wrong == 0, "of {sent:?} came {counts:?}");
        Ok((used / counts.span as f64 * 100.0, sent.sample))
    };
    let (drained, sent) = bench.alternate(drain, post)?;
    let pairs = Pairs {
        ours: drained.iter().map(|(_, sample)| *sample).collect(),
        other: sent.iter().map(|(_, sample)| *sample).collect(),
    };
    bench.judge(&format!("{title}: deliveries to requests of a bare sender"), 1, Bar::None, &pairs);
    // A receiver that has no time left would be the ceiling itself.
    let busy = median(sent.iter().map(|(busy, _)| *busy));
    bench.figure(&format!("{title}: how busy the bare sender's receiver is"), busy, 80.0, "%");
    faults(bench, &title, drained.iter().map(|(counts, _)| (deliveries, *counts)));
    Ok(())
}

/// A closed database with deliveries that are due, all of them as partyline made them, and the form of one.
fn make_backlog(base: &Filled, receiver: &Receiver, deliveries: u64) -> anyhow::Result<(PathBuf, String)> {
    let hooked = Hooked::start(base, "backlog.db", receiver)?;
    receiver.reset()?;
    hooked.server.load(&Plan {
        address: hooked.server.caller.address,
        clients: 64,
        warm_ms: 0,
        run_ms: 600_000,
        operations: hooked.calls().post_messages(CHANNELS),
        first: 0,
        at_most: deliveries,
    })?;
    receiver.counts(deliveries)?;
    settle(&hooked.database)?;
    hooked.server.stop()?;
    let connection = Connection::open(&hooked.database)?;
    connection.execute_batch(
        "PRAGMA journal_mode = DELETE;
         DELETE FROM delivery_attempt;
         UPDATE delivery SET state = 'waiting', attempts = 0, due_at = created_at, finished_at = NULL;",
    )?;
    let due: i64 = connection.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0))?;
    ensure!(u64::try_from(due)? == deliveries, "{deliveries} messages left {due} deliveries");
    let form: String =
        connection.query_row("SELECT parameters FROM delivery LIMIT 1", [], |row| row.get(0))?;
    connection.close().map_err(|(_, error)| error)?;
    Ok((hooked.database, format!("{form}&RetryCount=0")))
}

/// The line that says whether each delivery came, once, and signed right.
fn faults(bench: &mut Bench<'_>, title: &str, rounds: impl Iterator<Item = (u64, Counts)>) {
    let mut faults = 0;
    for (due, counts) in rounds {
        let (missing, extra) = (due.abs_diff(counts.distinct), counts.received.abs_diff(counts.distinct));
        if missing + extra > 0 {
            // The table has room for their number only.
            let _ = writeln!(std::io::stderr(), "{title}: {due} deliveries were due, came {counts:?}");
        }
        faults += missing + extra;
    }
    bench.figure(&format!("{title}: lost, repeated or signed wrong"), faults as f64, 0.0, "deliveries");
}

fn per_second(count: u64, micros: u64) -> f64 {
    count as f64 / micros as f64 * 1e6
}

/// The process that webhooks are sent to.
struct Receiver {
    server: Server,
    auth_token: String,
}

impl Receiver {
    fn url(&self) -> String {
        format!("http://{}/events", self.server.caller.address)
    }

    fn ask(&self, path: &str) -> anyhow::Result<Counts> {
        Ok(serde_json::from_str(&self.server.caller.send(&self.server.caller.get(path, 200))?)?)
    }

    fn reset(&self) -> anyhow::Result<()> {
        self.ask("/reset").map(drop)
    }

    fn stall(&self, ms: u64) -> anyhow::Result<()> {
        self.ask(&format!("/stall/{ms}")).map(drop)
    }

    /// What has come, once so many different deliveries have, or none for a while.
    fn counts(&self, until: u64) -> anyhow::Result<Counts> {
        self.ask(&format!("/counts/{until}"))
    }
}

/// A server that tells the receiver of every message.
struct Hooked<'a> {
    server: Server,
    /// Whose calls webhooks hear of.
    caller: Caller,
    database: PathBuf,
    filled: &'a Filled,
    receiver: &'a Receiver,
}

/// Posts, and what came of their webhooks.
struct Round {
    sample: Sample,
    posts: u64,
    /// When the posts had ended.
    at_end: Counts,
    /// When everything was delivered.
    drained: Counts,
    /// The server's CPU time until then.
    cpu_micros: f64,
}

impl<'a> Hooked<'a> {
    fn start(filled: &'a Filled, name: &str, receiver: &'a Receiver) -> anyhow::Result<Self> {
        let database = disk::copy(&filled.path, name)?;
        let server = Server::partyline(&database)?;
        let form = format!("PostWebhookUrl={}&WebhookFilters=onMessageSent", receiver.url());
        server.caller.send(&server.caller.post(&format!("/v2/Services/{}", filled.service), &form, 200))?;
        Ok(Self { caller: server.caller.told(), server, database, filled, receiver })
    }

    fn calls(&self) -> Calls<'_> {
        Calls { caller: &self.caller, filled: self.filled }
    }

    /// Posts for a while, to a receiver that stalls so long, and then waits until a fast one has everything.
    fn round(&self, bench: &Bench<'_>, clients: usize, stall_ms: u64) -> anyhow::Result<Round> {
        self.receiver.reset()?;
        self.receiver.stall(stall_ms)?;
        let before = cpu_micros(self.server.process());
        let side = Side { server: &self.server, operations: self.calls().post_messages(1) };
        let Outcome { sample, operations, .. } = bench.one(&side, clients)?;
        let at_end = self.receiver.counts(0)?;
        self.receiver.stall(0)?;
        let drained = self.receiver.counts(operations)?;
        settle(&self.database)?;
        let cpu_micros = cpu_micros(self.server.process()) - before;
        Ok(Round { sample, posts: operations, at_end, drained, cpu_micros })
    }
}

/// Waits until a server has nothing open in its database: the last deliveries are recorded after they were answered.
fn settle(database: &Path) -> anyhow::Result<()> {
    const OPEN: &str = "SELECT EXISTS (SELECT 1 FROM delivery WHERE due_at IS NOT NULL)";
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let begin = Instant::now();
    while connection.query_row(OPEN, [], |row| row.get(0))? {
        ensure!(begin.elapsed() < PATIENCE, "deliveries stay open in {}", database.display());
        // Nobody unparks this thread: between two looks it leaves the cores alone.
        std::thread::park_timeout(Duration::from_millis(10));
    }
    Ok(())
}
