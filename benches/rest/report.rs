//! The table, on the terminal and as a page.

use std::fmt::Write as _;

use crate::Effort;
use crate::process::pins;
use crate::stats::Sample;

/// One line of the table.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) bar: String,
    pub(crate) measured: String,
    pub(crate) verdict: Verdict,
    pub(crate) figures: Option<Figures>,
}

/// What a ratio says of its bar.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// Rate and CPU time say different things: something else was busy.
    Unclear,
    /// There is no bar.
    None,
}

impl Verdict {
    pub(crate) fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Unclear => "unclear",
            Self::None => "",
        }
    }
}

/// What stands behind a ratio.
pub(crate) struct Figures {
    pub(crate) ours: Sample,
    pub(crate) other: Sample,
    /// The same ratio by CPU time: what the rates would say on a machine that does nothing else.
    pub(crate) by_cpu: f64,
}

const HEAD: [&str; 11] =
    ["what", "bar", "measured", "", "by CPU", "per s", "other", "CPU us", "other", "p99 us", "other"];

/// The lines as a Markdown table that is aligned for terminals.
pub(crate) fn table(lines: &[Line]) -> String {
    let rows: Vec<[String; 11]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(lines.iter().map(cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0).max(3);
    let widths: [usize; 11] = std::array::from_fn(width);
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let _ =
                if column < 2 { write!(out, "| {cell:width$} ") } else { write!(out, "| {cell:>width$} ") };
        }
        out.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.into_iter().enumerate() {
                let dashes = "-".repeat(width);
                let _ =
                    if column < 2 { write!(out, "| {dashes} ") } else { write!(out, "| {}: ", &dashes[1..]) };
            }
            out.push_str("|\n");
        }
    }
    out
}

fn cells(line: &Line) -> [String; 11] {
    let figures = line.figures.as_ref().map_or_else(Default::default, |Figures { ours, other, by_cpu }| {
        let p99 = |sample: &Sample| {
            // A drained backlog has none.
            if sample.p99.is_nan() { String::new() } else { format!("{:.0}", sample.p99) }
        };
        [
            format!("{by_cpu:.2}"),
            format!("{:.0}", ours.rate),
            format!("{:.0}", other.rate),
            format!("{:.1}", ours.cpu),
            format!("{:.1}", other.cpu),
            p99(ours),
            p99(other),
        ]
    });
    let mut cells =
        [line.what.clone(), line.bar.clone(), line.measured.clone(), line.verdict.as_str().to_owned()]
            .into_iter()
            .chain(figures);
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.and_then(|line| line.split(':').nth(1)).unwrap_or("an unknown processor").trim().to_owned()
}

/// Writes `docs/PERFORMANCE.md`.
pub(crate) fn write_page(effort: Effort, table: &str, others: f64) -> std::io::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let place = if pins() {
        "the server on core 0, the load generator and the receiver of webhooks on core 1"
    } else {
        "server and load generator on the same cores, which blurs every figure"
    };
    let page = format!(
        "# Performance

`make bench` writes this page, and so does the shorter `cargo bench --bench rest`. What counts are ratios to a ceiling
that is measured in the same run: rates depend on the machine, ratios hardly do.

{table}
`by CPU` is the same ratio from CPU times instead of rates, `per s` is partyline's rate, `CPU us` the CPU time its process
used per operation, `p99 us` the microseconds that 99 of 100 operations stayed below, `other` the same of what it is
compared with. CPU time moves less with other load on the machine than rates do: it is the figure to compare from commit
to commit. A line is `unclear` when rate and CPU time are on different sides of the bar. While this page was measured,
other processes used {others:.0} % of the machine: rates and p99s mean something when that is close to none.

## How it was taken

* {cores} cores of {processor}; {place}.
* `partyline ci` over a SQLite file, `http.workers=1`, `log.requests=false`, every other setting at its default. Every
  write is durable before it is answered.
* Effort `{name}`: {rounds} rounds of {run} ms after {warm} ms of warming up, both sides in turn (A B, B A, ...); the
  ratio is the median of the rounds' ratios, the figures are medians too.
* `POST Messages` and the find-or-create flow are compared with an actix-web server of the same settings that inserts
  the same row in group commits (WAL, `synchronous=FULL`, up to 256 to a commit, SIDs in time order, a checkpointer of
  its own) and answers constant bytes. It has no accounts, no forms, no counters and no answer to render. The flow is
  four requests and a pair: look for a channel, make it, set attributes, add two members at once; its ceiling is three
  inserts one after the other.
* `GET Channel`, `GET Message` and the page are compared with the same server doing one look-up by SID, or one page
  query, with JSON written by hand.
* The receiver of webhooks is a bare server that recomputes every `X-Twilio-Signature` and notes every message's index;
  each line ends when all deliveries are made, and says how many were lost, repeated or signed wrong. With no receiver
  set, posts with `X-Twilio-Webhook-Enabled: true` are compared with posts without it, on one service. With a fast
  receiver they are compared with the same posts on a service without one; the CPU per delivery is what the server used
  until all were made, less what the posts alone take. A receiver that stalls answers each request after 1 s.
* A backlog is what a server finds when it starts: {backlog} deliveries, and nobody posts. It is compared with a bare
  reqwest client of the same settings on the server's core that posts a form of the same size, signed each time, with
  as many requests under way as `webhooks.concurrency_per_receiver`; it reads and writes no database.
* Lines that say \"at .. to ..\" and the one on members compare partyline with itself.
* A cold start runs from the start of the process to the first authorised 200. Memory is `VmRSS`; disk is what the
  closed database grew by.
",
        processor = processor(),
        name = effort.name,
        rounds = effort.rounds,
        run = effort.run_ms,
        warm = effort.warm_ms,
        backlog = effort.backlog,
    );
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/PERFORMANCE.md"), page)
}
