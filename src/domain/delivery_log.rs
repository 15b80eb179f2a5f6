//! The log of deliveries, looked through in pages: as much of it at a time as costs little, whatever is looked for.

use super::delivery::{Delivery, State};
use crate::sid::AccountSid;
use crate::store::{StoreResult, Tx, deliveries};

/// Rows per statement.
const BATCH: usize = 100;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Below this number, the newest first.
    Below(i64),
    /// Above this number, the oldest first.
    Above(i64),
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Deliveries of this account only.
    pub account: Option<AccountSid>,
    /// In this state.
    pub state: Option<State>,
    /// Given up, in either way.
    pub lost: bool,
    /// Of this event.
    pub event: Option<String>,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was looked for, in the order of the page.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins, unless this was the last. A page can be short, or empty, and still have a next one: only
    /// [`deliveries::STEP`] rows are looked at.
    pub next: Option<i64>,
}

impl Search {
    fn takes(&self, delivery: &Delivery) -> bool {
        self.account.is_none_or(|account| account == delivery.account)
            && self.state.is_none_or(|state| state == delivery.state)
            && (!self.lost || delivery.state.is_lost())
            && self.event.as_ref().is_none_or(|event| *event == delivery.event)
    }

    async fn batch(&self, tx: &Tx<'_>, start: Start) -> StoreResult<Vec<Delivery>> {
        match start {
            // What was given up has an index.
            Start::Below(number) if self.lost || self.state.is_some_and(State::is_lost) => {
                deliveries::lost_below(tx, number, BATCH).await
            }
            Start::Below(number) => deliveries::below(tx, number, BATCH).await,
            Start::Above(number) => deliveries::above(tx, number, BATCH).await,
        }
    }

    /// A page of at most so many deliveries.
    pub async fn page(&self, tx: &Tx<'_>, mut start: Start, limit: usize) -> StoreResult<Found> {
        let mut found = Found { deliveries: Vec::new(), next: None };
        for _ in 0..deliveries::STEP / BATCH {
            let batch = self.batch(tx, start).await?;
            let is_last = batch.len() < BATCH;
            for delivery in batch {
                let number = delivery.number;
                if self.takes(&delivery) {
                    if found.deliveries.len() == limit {
                        return Ok(found);
                    }
                    found.deliveries.push(delivery);
                }
                found.next = Some(number);
                start = match start {
                    Start::Below(_) => Start::Below(number),
                    Start::Above(_) => Start::Above(number),
                };
            }
            if is_last {
                found.next = None;
                break;
            }
        }
        Ok(found)
    }
}
