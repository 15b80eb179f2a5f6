//! The processes of a measurement: servers and bare senders on core 0, load generator and receiver on
//! core 1.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Caller;
use crate::load::{Outcome, Plan};
use crate::stats::cpu_micros;

/// A command that runs on one core, where there are two and `taskset` is there.
fn pinned(core: usize, program: &Path) -> Command {
    if pins() {
        let mut command = Command::new("taskset");
        command.arg("-c").arg(core.to_string()).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// Whether server and load generator get a core each.
pub(crate) fn pins() -> bool {
    static PINS: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *PINS.get_or_init(|| {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let works = || Command::new("taskset").args(["-c", "1", "true"]).status().is_ok_and(|s| s.success());
        cores >= 2 && works()
    })
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) caller: Caller,
    started: Instant,
}

impl Server {
    /// partyline over a database file.
    pub(crate) fn partyline(database: &Path) -> anyhow::Result<Self> {
        let mut command = pinned(0, Path::new(env!("CARGO_BIN_EXE_partyline")));
        command.args(["ci", "--listen", "127.0.0.1:0", "--set", "http.workers=1"]);
        command.args(["--set", "log.requests=false"]).arg("--database").arg(database);
        Self::start(command)
    }

    /// The server that sets the ceiling, whose constant answers have this size.
    pub(crate) fn ceiling(database: &Path, answer: usize) -> anyhow::Result<Self> {
        let mut command = pinned(0, &std::env::current_exe()?);
        command.arg("ceiling").arg(database).arg(answer.to_string());
        Self::start(command)
    }

    /// The receiver of webhooks, beside the load generator.
    pub(crate) fn receiver(auth_token: &str) -> anyhow::Result<Self> {
        let mut command = pinned(1, &std::env::current_exe()?);
        command.arg("receiver").arg(auth_token);
        Self::start(command)
    }

    fn start(mut command: Command) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().context("the server's output")?;
        BufReader::new(out).read_line(&mut line)?;
        let told: serde_json::Value = serde_json::from_str(&line).context("the server did not start")?;
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let address: SocketAddr = text("url").trim_start_matches("http://").parse()?;
        let caller = Caller::new(address, &text("account_sid"), &text("auth_token"));
        Ok(Self { child, caller, started })
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Since the process was started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Stops it as an operator would, so that it leaves a clean database.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Puts load on it; the outcome's CPU time is this server's per operation.
    pub(crate) fn load(&self, plan: &Plan) -> anyhow::Result<Outcome> {
        let before = cpu_micros(self.process());
        let mut outcome: Outcome = role(1, "load", plan)?;
        let used = cpu_micros(self.process()) - before;
        ensure!(outcome.wrong == 0, "{} wrong answers, such as {}", outcome.wrong, outcome.example);
        outcome.sample.cpu = used / outcome.operations as f64;
        Ok(outcome)
    }
}

/// Runs this executable in another role, from its input to its outcome.
pub(crate) fn role<T: DeserializeOwned>(
    core: usize,
    name: &str,
    input: &impl Serialize,
) -> anyhow::Result<T> {
    let mut child = pinned(core, &std::env::current_exe()?)
        .arg(name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut pipe = child.stdin.take().context("the input of another role")?;
    pipe.write_all(&serde_json::to_vec(input)?)?;
    drop(pipe);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the role {name} failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
