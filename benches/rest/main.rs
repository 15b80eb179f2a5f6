//! `cargo bench --bench rest`: what the REST API costs, as ratios to ceilings that are measured in the same run.
//!
//! The executable runs itself again in more roles: as the load generator, on a core of its own, and beside it as the
//! receiver of webhooks; as the server and as the sender that set the ceilings. Nothing here asserts on time: it prints a table and writes `docs/PERFORMANCE.md`.
#![expect(clippy::cast_precision_loss, reason = "counts become figures of a report")]

mod ceiling;
mod client;
mod disk;
mod load;
mod measure;
mod preload;
mod process;
mod receiver;
mod report;
mod sender;
mod signature;
mod stats;

use std::io::Write as _;

use anyhow::bail;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Its name, for the report.
    name: &'static str,
    /// Pairs of measurements per line; the median pair counts.
    rounds: usize,
    /// How long each runs before it counts, in milliseconds.
    warm_ms: u64,
    /// How long it then counts.
    run_ms: u64,
    /// Starts of a server per cold-start line.
    starts: usize,
    /// Rows of the large database: messages and channels.
    large: (usize, usize),
    /// Deliveries that wait for a dispatcher that starts.
    backlog: u64,
}

const QUICK: Effort = Effort {
    name: "quick",
    rounds: 1,
    warm_ms: 150,
    run_ms: 500,
    starts: 3,
    large: (200_000, 20_000),
    backlog: 5_000,
};
const NORMAL: Effort = Effort {
    name: "normal",
    rounds: 3,
    warm_ms: 300,
    run_ms: 1_000,
    starts: 7,
    large: (1_000_000, 100_000),
    backlog: 20_000,
};
const FULL: Effort = Effort { name: "full", rounds: 7, warm_ms: 500, run_ms: 2_000, starts: 21, ..NORMAL };

const HELP: &str = "\
cargo bench --bench rest -- [--quick | --full] [--only TEXT] [--no-file]

  --quick      about a minute, a fifth of the rows: does it still work?
  --full       longer and more rounds
  --only TEXT  only the lines whose name contains TEXT
  --no-file    print the table, leave docs/PERFORMANCE.md alone (--quick and --only imply it)
";

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["load"] => load::main(),
        ["sender"] => sender::main(),
        ["receiver", auth_token] => receiver::main(auth_token),
        ["ceiling", database, answer] => ceiling::main(database, answer.parse()?),
        words => orchestrate(words),
    }
}

fn orchestrate(words: &[&str]) -> anyhow::Result<()> {
    let (mut effort, mut only, mut file) = (NORMAL, None, true);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            // What cargo adds.
            "--bench" => {}
            "--quick" => (effort, file) = (QUICK, false),
            "--full" => effort = FULL,
            "--no-file" => file = false,
            "--only" => (only, file) = (words.next().map(|text| (*text).to_owned()), false),
            "--help" => return Ok(std::io::stdout().write_all(HELP.as_bytes())?),
            other => bail!("unknown option {other}\n{HELP}"),
        }
    }
    let started = std::time::Instant::now();
    let busy = stats::Busy::begin();
    let lines = measure::all(effort, only.as_deref())?;
    let table = report::table(&lines);
    let (seconds, others) = (started.elapsed().as_secs(), busy.others());
    writeln!(
        std::io::stdout(),
        "\n{table}\n{seconds} s in total; other processes used {others:.0} % of the machine"
    )?;
    if file {
        report::write_page(effort, &table, others)?;
    }
    Ok(())
}
