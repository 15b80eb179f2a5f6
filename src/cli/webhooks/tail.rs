//! `webhooks tail`: what happens in the log, while it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use super::text::{self, Widths};
use super::{Row, with_last_attempt};
use crate::cli::run::print;
use crate::domain::delivery::{Delivery, State};
use crate::render::delivery as render;
use crate::store::{Store, StoreResult, Tx, deliveries};

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(500);
/// Rows per statement, and statements per look.
const BATCH: usize = 100;
const BATCHES: usize = 10;
/// Open deliveries whose changes are followed: of more, the newest.
const FOLLOWED: usize = 256;
/// How many looks a number that was left out is waited for. PostgreSQL gives numbers out before it commits, so that a later
/// one can be seen first.
const LOOKS: u8 = 20;

/// Prints what is new until the person or the reader of the pipe has had enough.
pub(super) async fn run(store: &Store, json: bool) -> anyhow::Result<()> {
    let mut tail = Tail::default();
    let newest = store.read(async |tx| Ok(deliveries::below(tx, i64::MAX, 1).await?)).await?;
    tail.last = newest.first().map_or(0, |delivery| delivery.number);
    eprintln!("waiting for deliveries after number {}; Ctrl-C ends it", tail.last);
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let rows = store.read(async |tx| Ok(tail.look(tx).await?)).await?;
        if !rows.is_empty()
            && let Err(error) = print(&lines(&rows, json))
        {
            let is_closed = error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe);
            return if is_closed { Ok(()) } else { Err(error) };
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = &mut interrupted => return Ok(()),
        }
    }
}

fn lines(rows: &[Row], json: bool) -> String {
    rows.iter().fold(String::new(), |mut out, row| {
        if json {
            render::write(&mut out, &row.0);
            out.push('\n');
        } else {
            text::line(&mut out, &Widths::FIXED, row);
        }
        out
    })
}

/// What was seen so far.
#[derive(Default)]
struct Tail {
    /// The highest number.
    last: i64,
    /// Those that were not over, as they were shown.
    open: BTreeMap<i64, (State, i64)>,
    /// Numbers that were left out, and how many looks they are still waited for.
    missing: BTreeMap<i64, u8>,
}

impl Tail {
    /// What has changed since the last look, and what is new.
    async fn look(&mut self, tx: &Tx<'_>) -> StoreResult<Vec<Row>> {
        let mut rows = Vec::new();
        for (number, shown) in self.open.clone() {
            match deliveries::find(tx, number).await? {
                Some(delivery) if (delivery.state, delivery.attempts) == shown => {}
                Some(delivery) => {
                    self.follow(&delivery);
                    rows.push(with_last_attempt(tx, delivery).await?);
                }
                None => drop(self.open.remove(&number)),
            }
        }
        for (number, looks) in std::mem::take(&mut self.missing) {
            match deliveries::find(tx, number).await? {
                Some(delivery) => {
                    self.follow(&delivery);
                    rows.push(with_last_attempt(tx, delivery).await?);
                }
                None if looks > 1 => drop(self.missing.insert(number, looks - 1)),
                None => {}
            }
        }
        for _ in 0..BATCHES {
            let new = deliveries::above(tx, self.last, BATCH).await?;
            let is_last = new.len() < BATCH;
            for delivery in new {
                self.meet(&delivery);
                rows.push(with_last_attempt(tx, delivery).await?);
            }
            if is_last {
                break;
            }
        }
        Ok(rows)
    }

    fn meet(&mut self, delivery: &Delivery) {
        for left_out in (self.last + 1..delivery.number).rev().take(FOLLOWED) {
            if self.missing.len() < FOLLOWED {
                self.missing.insert(left_out, LOOKS);
            }
        }
        self.last = delivery.number;
        self.follow(delivery);
    }

    fn follow(&mut self, delivery: &Delivery) {
        if !delivery.state.is_open() {
            self.open.remove(&delivery.number);
            return;
        }
        self.open.insert(delivery.number, (delivery.state, delivery.attempts));
        if self.open.len() > FOLLOWED {
            self.open.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::tests::delivery;
    use super::*;

    #[test]
    fn what_is_followed_is_bounded() {
        let mut tail = Tail::default();
        for number in 1..=1_000 {
            tail.meet(&delivery(number, State::Waiting));
        }
        assert_eq!((tail.open.len(), tail.last, tail.missing.len()), (FOLLOWED, 1_000, 0));
        assert!(tail.open.contains_key(&1_000) && !tail.open.contains_key(&1));
        tail.follow(&delivery(1_000, State::Delivered));
        assert!(!tail.open.contains_key(&1_000));
    }

    #[test]
    fn numbers_that_were_left_out_are_waited_for() {
        let mut tail = Tail { last: 10, ..Tail::default() };
        tail.meet(&delivery(13, State::Delivered));
        assert_eq!(tail.missing.keys().copied().collect::<Vec<_>>(), [11, 12]);
        tail.meet(&delivery(1_000_000_000, State::Delivered));
        assert_eq!(tail.missing.len(), FOLLOWED);
    }

    #[test]
    fn json_is_one_object_a_line() {
        let out = lines(&[(delivery(1, State::Waiting), None), (delivery(2, State::Dead), None)], true);
        let read: Vec<serde_json::Value> =
            out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((read[0]["number"].as_i64(), read[1]["state"].as_str()), (Some(1), Some("dead")));
        assert!(!out.contains("secret"));
    }
}
