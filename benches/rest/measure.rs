//! What is measured, line by line of the table.

mod webhooks;

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Effort;
use crate::client::Caller;
use crate::load::{NUMBER, Operation, Outcome, Plan, Request};
use crate::preload::{BODY, Filled, Rows};
use crate::process::Server;
use crate::report::{Figures, Line, Verdict};
use crate::stats::{Sample, median, resident_mib, typical};
use crate::{disk, preload};

/// A server and what to ask of it.
struct Side<'a> {
    server: &'a Server,
    operations: Vec<Operation>,
}

/// Measurements of two sides, taken in turn.
struct Pairs {
    ours: Vec<Sample>,
    other: Vec<Sample>,
}

impl Pairs {
    fn ratio(&self, figure: fn(&Sample) -> f64) -> f64 {
        median(self.ours.iter().zip(&self.other).map(|(ours, other)| figure(ours) / figure(other)))
    }
}

/// What a ratio is of.
#[derive(Clone, Copy)]
enum Bar {
    /// At least so much of the other's rate.
    Rate(f64),
    /// At least so much of the other's rate, whatever CPU time it takes: it does more than the other.
    Kept(f64),
    /// At most so many times the other's CPU time per operation.
    Cpu(f64),
    /// At most so many times the other's p99.
    Tail(f64),
    /// A figure to know.
    None,
}

struct Bench<'a> {
    effort: Effort,
    only: Option<&'a str>,
    lines: Vec<Line>,
}

fn rate(sample: &Sample) -> f64 {
    sample.rate
}

fn p99(sample: &Sample) -> f64 {
    sample.p99
}

fn cpu(sample: &Sample) -> f64 {
    sample.cpu
}

impl Bench<'_> {
    fn wants(&self, what: &str) -> bool {
        self.only.is_none_or(|only| what.contains(only))
    }

    fn one(&self, side: &Side<'_>, clients: usize) -> anyhow::Result<Outcome> {
        static FIRST: AtomicU64 = AtomicU64::new(0);
        side.server.load(&Plan {
            address: side.server.caller.address,
            clients,
            warm_ms: self.effort.warm_ms,
            run_ms: self.effort.run_ms,
            operations: side.operations.clone(),
            first: FIRST.fetch_add(10_000_000, Ordering::Relaxed),
            at_most: 0,
        })
    }

    /// Measures in turn, A B, then B A, and so on.
    fn alternate<A, B>(
        &self,
        mut ours: impl FnMut() -> anyhow::Result<A>,
        mut other: impl FnMut() -> anyhow::Result<B>,
    ) -> anyhow::Result<(Vec<A>, Vec<B>)> {
        let (mut all_ours, mut all_others) = (Vec::new(), Vec::new());
        for round in 0..self.effort.rounds {
            if round % 2 == 0 {
                all_ours.push(ours()?);
                all_others.push(other()?);
            } else {
                all_others.push(other()?);
                all_ours.push(ours()?);
            }
        }
        Ok((all_ours, all_others))
    }

    fn pairs(&self, clients: usize, ours: &Side<'_>, other: &Side<'_>) -> anyhow::Result<Pairs> {
        let sample = |side| Ok(self.one(side, clients)?.sample);
        let (ours, other) = self.alternate(|| sample(ours), || sample(other))?;
        Ok(Pairs { ours, other })
    }

    fn compare(
        &mut self,
        what: &str,
        (clients, bar, tail): (usize, Bar, Option<f64>),
        ours: &Side<'_>,
        other: &Side<'_>,
    ) -> anyhow::Result<()> {
        if !self.wants(what) {
            return Ok(());
        }
        let pairs = self.pairs(clients, ours, other)?;
        self.judge(what, clients, bar, &pairs);
        if let Some(most) = tail {
            let ratio = pairs.ratio(p99);
            let (bar, measured) = (format!("p99 at most {most}"), format!("{ratio:.2}"));
            self.push(Line {
                what: format!("{what}, p99"),
                bar,
                measured,
                verdict: Verdict::of(ratio <= most),
                figures: None,
            });
        }
        Ok(())
    }

    fn judge(&mut self, what: &str, clients: usize, bar: Bar, pairs: &Pairs) {
        let (ours, other) = (typical(&pairs.ours), typical(&pairs.other));
        let by_cpu = pairs.ratio(cpu);
        let (bar, measured, verdict, by_cpu) = match bar {
            Bar::Rate(least) => {
                let (ratio, by_cpu) = (pairs.ratio(rate), 1.0 / by_cpu);
                // One client waits for the disk more than for the server: its CPU time says nothing of the bar.
                let agree = clients == 1 || (ratio >= least) == (by_cpu >= least);
                let verdict = if agree { Verdict::of(ratio >= least) } else { Verdict::Unclear };
                (format!("rate at least {least}"), ratio, verdict, by_cpu)
            }
            Bar::Kept(least) => {
                let ratio = pairs.ratio(rate);
                (format!("rate at least {least}"), ratio, Verdict::of(ratio >= least), 1.0 / by_cpu)
            }
            Bar::Tail(most) => {
                let ratio = pairs.ratio(p99);
                (format!("p99 at most {most}"), ratio, Verdict::of(ratio <= most), 1.0 / by_cpu)
            }
            Bar::Cpu(most) => (format!("CPU at most {most}"), by_cpu, Verdict::of(by_cpu <= most), by_cpu),
            Bar::None => ("none".to_owned(), pairs.ratio(rate), Verdict::None, 1.0 / by_cpu),
        };
        self.push(Line {
            what: what.to_owned(),
            bar,
            measured: format!("{measured:.2}"),
            verdict,
            figures: Some(Figures { ours, other, by_cpu }),
        });
    }

    fn figure(&mut self, what: &str, value: f64, most: f64, unit: &str) {
        let (bar, measured) = (format!("at most {most} {unit}"), format!("{value:.0} {unit}"));
        self.push(Line {
            what: what.to_owned(),
            bar,
            measured,
            verdict: Verdict::of(value <= most),
            figures: None,
        });
    }

    /// A line without a bar.
    fn known(&mut self, what: &str, value: f64, unit: &str) {
        self.push(Line {
            what: what.to_owned(),
            bar: "none".to_owned(),
            measured: format!("{value:.0} {unit}"),
            verdict: Verdict::None,
            figures: None,
        });
    }

    fn push(&mut self, line: Line) {
        // Progress is for a person who waits; the table comes at the end.
        let _ = writeln!(std::io::stderr(), "{}: {} ({})", line.what, line.measured, line.bar);
        self.lines.push(line);
    }
}

/// Runs everything.
pub(crate) fn all(effort: Effort, only: Option<&str>) -> anyhow::Result<Vec<Line>> {
    let directory = disk::directory()?;
    let empty = preload::empty(directory.path().join("empty.db"))?;
    let rows = |channels, messages| Rows { channels, messages, members: 0 };
    let small = preload::more(&empty, "small.db", rows(1_000, 1_000))?;
    let middle = preload::more(&empty, "middle.db", rows(1_000, 10_000))?;
    let large = preload::more(&empty, "large.db", rows(effort.large.1, effort.large.0))?;
    let mut bench = Bench { effort, only, lines: Vec::new() };
    ceilings(&mut bench, &small)?;
    sizes(&mut bench, &small, &middle, &large)?;
    members(&mut bench, &empty)?;
    starts(&mut bench, &empty, &large)?;
    memory(&mut bench, &empty)?;
    webhooks::all(&mut bench, &empty)?;
    Ok(bench.lines)
}

fn single(request: Request) -> Operation {
    vec![vec![request]]
}

/// The requests of one service.
struct Calls<'a> {
    caller: &'a Caller,
    filled: &'a Filled,
}

impl Calls<'_> {
    fn channel(&self, channel: &str) -> String {
        format!("/v2/Services/{}/Channels/{channel}", self.filled.service)
    }

    fn post_messages(&self, channels: usize) -> Vec<Operation> {
        let post = |channel: &String| {
            self.caller.post(&format!("{}/Messages", self.channel(channel)), &format!("Body={BODY}"), 201)
        };
        self.filled.channels.iter().take(channels).map(post).map(single).collect()
    }

    fn get_channels(&self) -> Vec<Operation> {
        let channels = every(&self.filled.channels, 1_000);
        channels.map(|channel| single(self.caller.get(&self.channel(channel), 200))).collect()
    }

    fn get_messages(&self) -> Vec<Operation> {
        let get = |(channel, message): &(String, String)| {
            single(self.caller.get(&format!("{}/Messages/{message}", self.channel(channel)), 200))
        };
        self.filled.messages.iter().map(get).collect()
    }

    fn pages(&self) -> Vec<Operation> {
        let page = |channel: &String| {
            single(self.caller.get(&format!("{}/Messages?PageSize=50", self.channel(channel)), 200))
        };
        self.filled.channels.iter().take(preload::TURN).map(page).collect()
    }

    fn create_channel(&self) -> Vec<Operation> {
        let path = format!("/v2/Services/{}/Channels", self.filled.service);
        let form = format!("UniqueName=new-{NUMBER}&FriendlyName=New");
        vec![single(self.caller.post(&path, &form, 201))]
    }

    fn add_member(&self, channels: &[String]) -> Vec<Operation> {
        let form = format!("Identity=new-{NUMBER}");
        let add =
            |channel: &String| self.caller.post(&format!("{}/Members", self.channel(channel)), &form, 201);
        channels.iter().map(add).map(single).collect()
    }

    /// Two people begin to talk: their channel is looked for, made, described, and joined by both at once.
    fn find_or_create(&self) -> Vec<Operation> {
        let (list, one) = (
            format!("/v2/Services/{}/Channels", self.filled.service),
            self.channel(&format!("flow-{NUMBER}")),
        );
        let join = |identity: &str| {
            self.caller.post(&format!("{one}/Members"), &format!("Identity={identity}-{NUMBER}"), 201)
        };
        vec![vec![
            vec![self.caller.get(&one, 404)],
            vec![self.caller.post(&list, &format!("UniqueName=flow-{NUMBER}&FriendlyName=Flow"), 201)],
            vec![self.caller.post(&one, &format!("Attributes=%7B%22order%22%3A%22{NUMBER}%22%7D"), 200)],
            vec![join("buyer"), join("seller")],
        ]]
    }
}

fn every<T>(all: &[T], about: usize) -> impl Iterator<Item = &T> {
    all.iter().step_by((all.len() / about).max(1))
}

/// partyline against the bare server.
fn ceilings(bench: &mut Bench<'_>, small: &Filled) -> anyhow::Result<()> {
    let partyline = Server::partyline(&disk::copy(&small.path, "ours.db")?)?;
    let calls = Calls { caller: &partyline.caller, filled: small };
    let probe = &calls.post_messages(1)[0][0][0];
    let answer = partyline.caller.send(probe)?.len();
    let bare = Server::ceiling(&disk::copy(&small.path, "ceiling.db")?, answer)?;
    let ours = |operations| Side { server: &partyline, operations };
    let other = |operations| Side { server: &bare, operations };
    let bare_post = |channel: &String| bare.caller.post(&format!("/{channel}"), &format!("Body={BODY}"), 201);
    let bare_get = |path: String| single(bare.caller.get(&path, 200));

    for channels in [1, 64] {
        for clients in [1, 16, 64] {
            let what = format!("POST Messages, channels: {channels}, clients: {clients}");
            let bar =
                if clients == 1 { (1, Bar::Rate(0.9), None) } else { (clients, Bar::Rate(0.75), Some(1.5)) };
            let inserts = small.channels.iter().take(channels).map(bare_post).map(single).collect();
            bench.compare(&what, bar, &ours(calls.post_messages(channels)), &other(inserts))?;
        }
    }
    let bar = (16, Bar::Rate(0.75), None);
    let look_ups = every(&small.channels, 1_000).map(|channel| bare_get(format!("/{channel}"))).collect();
    bench.compare("GET Channel, 16 clients", bar, &ours(calls.get_channels()), &other(look_ups))?;
    let look_ups = small.messages.iter().map(|(_, message)| bare_get(format!("/{message}"))).collect();
    bench.compare("GET Message, 16 clients", bar, &ours(calls.get_messages()), &other(look_ups))?;
    let pages = small.channels.iter().take(preload::TURN);
    let pages = pages.map(|channel| bare_get(format!("/{channel}/page"))).collect();
    let bar = (16, Bar::Rate(0.85), None);
    bench.compare("page of 50 messages, 16 clients", bar, &ours(calls.pages()), &other(pages))?;
    let commits = small.channels.iter().take(64).map(|channel| vec![vec![bare_post(channel)]; 3]).collect();
    let bar = (16, Bar::Rate(0.75), None);
    bench.compare("find-or-create flow, 16 clients", bar, &ours(calls.find_or_create()), &other(commits))?;
    let constant = vec![bare_get("/constant".to_owned())];
    let bar = (16, Bar::None, None);
    let what = "GET Message, 16 clients, to constant bytes";
    bench.compare(what, bar, &ours(calls.get_messages()), &other(constant))
}

type Ask = fn(&Calls<'_>) -> Vec<Operation>;

/// A large database against a small one; here `other` is partyline too.
fn sizes(bench: &mut Bench<'_>, small: &Filled, middle: &Filled, large: &Filled) -> anyhow::Result<()> {
    let few = Server::partyline(&disk::copy(&small.path, "few.db")?)?;
    let many = Server::partyline(&disk::copy(&large.path, "many.db")?)?;
    let (few_calls, many_calls) =
        (Calls { caller: &few.caller, filled: small }, Calls { caller: &many.caller, filled: large });
    let operations: [(&str, Ask); 5] = [
        ("POST Messages", |calls| calls.post_messages(1)),
        ("GET Message", |calls| calls.get_messages()),
        ("GET Channel", |calls| calls.get_channels()),
        ("page of 50", |calls| calls.pages()),
        ("POST Channels", |calls| calls.create_channel()),
    ];
    let (messages, channels) = (large.messages_count, large.channels.len());
    for (name, operations) in operations {
        let what = format!("{name} at {messages} messages and {channels} channels to 1000 of each");
        let ours = Side { server: &many, operations: operations(&many_calls) };
        let other = Side { server: &few, operations: operations(&few_calls) };
        bench.compare(&what, (16, Bar::Cpu(1.1), None), &ours, &other)?;
    }
    drop(few);
    let few = Server::partyline(&disk::copy(&middle.path, "ten-thousand.db")?)?;
    let few_calls = Calls { caller: &few.caller, filled: middle };
    let what = format!("load rate, 64 clients, at {messages} messages to 10000");
    let ours = Side { server: &many, operations: many_calls.post_messages(preload::TURN) };
    let other = Side { server: &few, operations: few_calls.post_messages(preload::TURN) };
    bench.compare(&what, (64, Bar::Rate(0.95), None), &ours, &other)
}

/// A new member of a full channel against one of an empty channel, in the same database.
fn members(bench: &mut Bench<'_>, empty: &Filled) -> anyhow::Result<()> {
    let what = "adding a member to a channel of 900 to adding one to an empty channel";
    if !bench.wants(what) {
        return Ok(());
    }
    let rows = Rows { channels: 200 * preload::STRIDE, messages: 0, members: 900 };
    let both = preload::more(empty, "members.db", rows)?;
    let server = Server::partyline(&both.path)?;
    let calls = Calls { caller: &server.caller, filled: &both };
    let every_from = |first| both.channels.iter().skip(first).step_by(preload::STRIDE).cloned();
    let full: Vec<String> = every_from(0).collect();
    let empty: Vec<String> = (1..preload::STRIDE).flat_map(every_from).collect();
    let ours = Side { server: &server, operations: calls.add_member(&full) };
    let other = Side { server: &server, operations: calls.add_member(&empty) };
    bench.compare(what, (16, Bar::Cpu(1.1), None), &ours, &other)
}

/// From the start of the process to the first answer.
fn starts(bench: &mut Bench<'_>, empty: &Filled, large: &Filled) -> anyhow::Result<()> {
    let large_start = format!("cold start with {} messages", large.messages_count);
    for (what, filled) in [("cold start, no database yet", None), (large_start.as_str(), Some(large))] {
        if !bench.wants(what) {
            continue;
        }
        let mut times = Vec::new();
        for number in 0..bench.effort.starts {
            let path = match filled {
                Some(filled) => filled.path.clone(),
                None => empty.path.with_file_name(format!("new-{number}.db")),
            };
            let server = Server::partyline(&path)?;
            server.caller.send(&server.caller.get("/v2/Services", 200))?;
            times.push(server.age().as_secs_f64() * 1e3);
            server.stop()?;
        }
        bench.figure(what, median(times), 30.0, "ms");
    }
    Ok(())
}

/// Memory and disk, before and after messages.
fn memory(bench: &mut Bench<'_>, empty: &Filled) -> anyhow::Result<()> {
    const MESSAGES: u64 = 100_000;
    if !bench.wants("memory and disk") {
        return Ok(());
    }
    let filled = preload::more(empty, "memory.db", Rows { channels: 1, messages: 0, members: 0 })?;
    let before = disk::bytes(&filled.path);
    let server = Server::partyline(&filled.path)?;
    server.caller.send(&server.caller.get("/v2/Services", 200))?;
    bench.figure("memory and disk: idle", resident_mib(server.process()), 25.0, "MiB");
    let calls = Calls { caller: &server.caller, filled: &filled };
    server.load(&Plan {
        address: server.caller.address,
        clients: 64,
        warm_ms: 0,
        run_ms: 600_000,
        operations: calls.post_messages(1),
        first: 0,
        at_most: MESSAGES,
    })?;
    let resident = resident_mib(server.process());
    bench.figure("memory and disk: with 100000 messages", resident, 60.0, "MiB");
    server.stop()?;
    let each = (disk::bytes(&filled.path) - before) as f64 / MESSAGES as f64;
    bench.figure("memory and disk: a message", each, 300.0, "bytes");
    Ok(())
}
