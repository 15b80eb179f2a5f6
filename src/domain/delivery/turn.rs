//! A dispatcher's turn: what has ended is recorded and what is due is claimed, in one transaction.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::{Asked, Delivery, Finished, ReceiverId};
use crate::error::ApiError;
use crate::sid::AccountSid;
use crate::store::{Command, Tx, accounts, deliveries};
use crate::time::Timestamp;

/// How long a dispatcher may hold a claimed delivery, beyond the longest an attempt can take.
const LEASE_SLACK: Duration = Duration::from_secs(10);

/// The most receivers that one turn looks at; the next turn goes on behind them.
const RECEIVERS_PER_TURN: usize = 512;

/// The matter in which the turns of several nodes exclude each other, where deliveries keep an order.
const TURNS: i64 = 0x7475_726e;

/// How many deliveries a dispatcher can take on.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// All together.
    pub total: usize,
    /// Of a receiver that none is under way of.
    pub per_receiver: usize,
    /// Of receivers that some are under way of, or that have been slow.
    pub of: HashMap<ReceiverId, usize>,
    /// The receiver that the last turn ended at.
    pub after: ReceiverId,
}

/// A dispatcher's turn: records what has ended and claims what is due, in one transaction.
pub struct Turn {
    /// Attempts that have ended.
    pub finished: Vec<Finished>,
    /// Pre-hooks that were asked.
    pub asked: Vec<Asked>,
    /// What can be taken on.
    pub room: Room,
    /// The longest that an attempt takes.
    pub timeout: Duration,
}

/// What a turn has claimed.
#[derive(Default)]
pub struct Claimed {
    /// The deliveries to send.
    pub deliveries: Vec<Delivery>,
    /// The secrets that sign them.
    pub auth_tokens: HashMap<AccountSid, String>,
    /// Where the next turn begins.
    pub after: ReceiverId,
    /// Whether every receiver was looked at.
    pub all: bool,
    /// When the next delivery is due of the receivers that were looked at and had nothing due.
    pub next_due: Option<Timestamp>,
}

impl Command for Turn {
    type Output = Claimed;

    /// What is lost is sent again: deliveries arrive at least once.
    const DURABLE: bool = false;

    async fn run(&self, tx: &Tx<'_>) -> Result<Claimed, ApiError> {
        if tx.env().webhooks.ordered || self.finished.iter().any(|finished| finished.lane.is_some()) {
            // One node must not park what another is about to let go on.
            tx.be_exclusive(TURNS).await?;
        }
        try_join_all(self.finished.iter().map(|finished| deliveries::finish(tx, finished))).await?;
        for asked in &self.asked {
            deliveries::insert_asked(tx, asked).await?;
        }
        let mut claimed = self.claim(tx).await?;
        for delivery in &claimed.deliveries {
            if !claimed.auth_tokens.contains_key(&delivery.account)
                && let Some(account) = accounts::find(tx, delivery.account).await?
            {
                claimed.auth_tokens.insert(account.sid, account.auth_token);
            }
        }
        Ok(claimed)
    }
}

impl Turn {
    /// Goes round the receivers once, from the one that the last turn ended at.
    async fn claim(&self, tx: &Tx<'_>) -> Result<Claimed, ApiError> {
        let now = tx.now();
        let lease = now.plus(self.timeout + LEASE_SLACK);
        let start = self.room.after;
        let mut past_the_last = start == ReceiverId::default();
        let mut claimed = Claimed { after: start, ..Claimed::default() };
        for _ in 0..RECEIVERS_PER_TURN {
            let left = self.room.total.saturating_sub(claimed.deliveries.len());
            if left == 0 {
                return Ok(claimed);
            }
            let (receiver, due_at) = match deliveries::next_receiver(tx, &claimed.after).await? {
                Some((receiver, _))
                    if past_the_last && receiver > start && start != ReceiverId::default() =>
                {
                    claimed.all = true;
                    return Ok(claimed);
                }
                Some(next) => next,
                None if past_the_last => {
                    claimed.all = true;
                    return Ok(claimed);
                }
                None => {
                    past_the_last = true;
                    claimed.after = ReceiverId::default();
                    continue;
                }
            };
            claimed.after = receiver;
            let room = self.room.of.get(&receiver).copied().unwrap_or(self.room.per_receiver).min(left);
            if due_at > now {
                claimed.next_due = Some(claimed.next_due.map_or(due_at, |next| next.min(due_at)));
            } else if room > 0 {
                claimed.deliveries.extend(deliveries::claim(tx, &receiver, now, lease, room).await?);
            }
        }
        Ok(claimed)
    }
}

/// Makes every claim due again; answers how many there were. Only where no other dispatcher can hold one.
pub struct Release;

impl Command for Release {
    type Output = u64;

    async fn run(&self, tx: &Tx<'_>) -> Result<u64, ApiError> {
        Ok(deliveries::release(tx).await?)
    }
}
