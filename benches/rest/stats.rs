//! Medians, quantiles, and what a process has used.

use std::fs;

/// One measurement of one server.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Sample {
    /// Operations per second.
    pub(crate) rate: f64,
    /// Microseconds that half of the operations stayed below.
    pub(crate) p50: f64,
    /// Microseconds that 99 of 100 operations stayed below.
    pub(crate) p99: f64,
    /// The server's CPU time per operation, in microseconds.
    pub(crate) cpu: f64,
}

/// The value that a share of the sorted values stays below.
pub(crate) fn quantile(sorted: &[u32], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or(0).into()
}

/// The middle of the values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length if length.is_multiple_of(2) => f64::midpoint(values[length / 2 - 1], values[length / 2]),
        length => values[length / 2],
    }
}

/// The middle of each figure by itself.
pub(crate) fn typical(samples: &[Sample]) -> Sample {
    let middle = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure));
    Sample {
        rate: middle(|sample| sample.rate),
        p50: middle(|sample| sample.p50),
        p99: middle(|sample| sample.p99),
        cpu: middle(|sample| sample.cpu),
    }
}

/// CPU time of all threads of a process, in microseconds: from the scheduler's account, which counts nanoseconds where
/// `/proc/PID/stat` counts ticks of 10 ms; from there when the kernel keeps no such account.
pub(crate) fn cpu_micros(process: u32) -> f64 {
    let of_thread = |thread: fs::DirEntry| -> Option<f64> {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let nanos: f64 = threads.filter_map(of_thread).sum();
    if nanos > 0.0 { nanos / 1e3 } else { ticks(process).unwrap_or(0.0) * 1e4 }
}

/// Ticks that a process has used.
fn ticks(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = text.rsplit_once(')')?.1.split_whitespace().skip(11).take(2);
    Some(fields.filter_map(|field| field.parse::<f64>().ok()).sum())
}

/// What the machine does beside this bench.
pub(crate) struct Busy {
    begin: Ticks,
}

struct Ticks {
    all: f64,
    busy: f64,
    /// Of this process and of those that it has waited for.
    own: f64,
}

impl Ticks {
    fn read() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let all: Vec<f64> =
            text.split_whitespace().skip(1).take(8).filter_map(|field| field.parse().ok()).collect();
        // The fourth and fifth are idleness and waiting for disks.
        let idle: f64 = all.iter().skip(3).take(2).sum();
        let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let fields = text.rsplit_once(')').unwrap_or_default().1.split_whitespace().skip(11).take(4);
        let own = fields.filter_map(|field| field.parse::<f64>().ok()).sum();
        let all: f64 = all.iter().sum();
        Self { all, busy: all - idle, own }
    }
}

impl Busy {
    pub(crate) fn begin() -> Self {
        Self { begin: Ticks::read() }
    }

    /// The share of the machine that others have used since the beginning, in percent.
    pub(crate) fn others(&self) -> f64 {
        let (begin, end) = (&self.begin, Ticks::read());
        let others = (end.busy - begin.busy) - (end.own - begin.own);
        (others / (end.all - begin.all) * 100.0).max(0.0)
    }
}

/// Resident memory of a process, in MiB.
pub(crate) fn resident_mib(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
