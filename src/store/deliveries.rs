//! Deliveries of webhooks and their attempts: the queue and the log in one.

use futures_util::future::try_join_all;
use sha2::{Digest as _, Sha256};

use super::{Columns, FromRow, Row, StoreError, StoreResult, Tx};
use crate::args;
use crate::config::WebhookRetries;
use crate::domain::delivery::{
    Asked, Attempt, Delivery, Finished, NewDelivery, Next, ReceiverId, State, Which,
};
use crate::domain::event::Parameters;
use crate::sid::{AccountSid, ServiceSid};
use crate::time::Timestamp;

/// Rows per step of a replay, of the log's upkeep, and of a list that looks for something.
pub const STEP: usize = 500;

/// When a delivery is due that waits for another one of its lane.
const PARKED: Timestamp = Timestamp::LAST;

macro_rules! columns {
    () => {
        "number, token, account_sid, service_sid, channel_sid, webhook_sid, receiver, lane, event, url, method,
         parameters, state, attempts, retries_left, give_up_at, due_at, created_at, finished_at"
    };
}

impl FromRow for Delivery {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            number: columns.take()?,
            token: columns.take()?,
            account: columns.take()?,
            service: columns.take()?,
            channel: columns.take()?,
            webhook: columns.take()?,
            receiver: columns.take()?,
            lane: columns.take()?,
            event: columns.take()?,
            url: columns.take()?,
            method: columns.take()?,
            parameters: Parameters::stored(columns.take()?),
            state: {
                let word = columns.take::<&str>()?;
                State::from_word(word)
                    .ok_or_else(|| StoreError::Decode(format!("state of a delivery {word}")))?
            },
            attempts: columns.take()?,
            retries_left: columns.take()?,
            give_up_at: columns.take()?,
            due_at: columns.take()?,
            created_at: columns.take()?,
            finished_at: columns.take()?,
        })
    }
}

impl FromRow for Attempt {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            number: columns.take()?,
            started_at: columns.take()?,
            micros: columns.take()?,
            status: columns.take()?,
            reason: columns.take()?,
            answer: columns.take()?,
        })
    }
}

fn digest(parts: [&[u8]; 2]) -> [u8; 16] {
    let hash = Sha256::new().chain_update(parts[0]).chain_update(parts[1]).finalize();
    let mut short = [0; 16];
    short.copy_from_slice(&hash[..16]);
    short
}

/// The receiver that a URL is for a service.
fn receiver_of(service: ServiceSid, url: &str) -> ReceiverId {
    digest([crate::sid::Sid::as_bytes(&service), url.as_bytes()])
}

/// Leaves a new delivery, due at once.
pub async fn insert(tx: &Tx<'_>, delivery: &NewDelivery<'_>) -> StoreResult<()> {
    let (now, webhooks) = (tx.now(), &tx.env().webhooks);
    let receiver = receiver_of(delivery.service, delivery.url);
    let lane = webhooks.ordered.then(|| digest([&receiver, &delivery.subject]));
    let durable = webhooks.retries == WebhookRetries::Durable;
    tx.run(
        "INSERT INTO delivery (token, account_sid, service_sid, channel_sid, webhook_sid, receiver, lane, event, url,
             method, parameters, state, attempts, retries_left, give_up_at, due_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', 0, $12, $13, $14, $14)",
        args![
            delivery.token,
            delivery.account,
            delivery.service,
            delivery.channel,
            delivery.webhook,
            receiver,
            lane,
            delivery.event,
            delivery.url,
            delivery.method,
            delivery.parameters.as_str(),
            delivery.retries,
            durable.then(|| now.plus(webhooks.give_up_after())),
            now
        ],
    )
    .await?;
    tx.leave_due();
    Ok(())
}

/// Keeps a pre-hook that was asked in the log.
pub async fn insert_asked(tx: &Tx<'_>, asked: &Asked) -> StoreResult<()> {
    let (now, question) = (tx.now(), &asked.question);
    let number: i64 = tx
        .one(
            "INSERT INTO delivery (token, account_sid, service_sid, channel_sid, receiver, event, url, method,
                 parameters, state, attempts, retries_left, created_at, finished_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13) RETURNING number",
            args![
                asked.token,
                question.account,
                question.service,
                question.channel,
                receiver_of(question.service, &question.url),
                question.event.as_str(),
                question.url,
                question.method,
                question.parameters.as_str(),
                asked.state.as_str(),
                i64::try_from(asked.attempts.len()).unwrap_or(i64::MAX),
                asked.attempts.first().map_or(now, |attempt| attempt.started_at),
                now
            ],
        )
        .await?;
    for attempt in &asked.attempts {
        insert_attempt(tx, number, attempt).await?;
    }
    Ok(())
}

async fn insert_attempt(tx: &Tx<'_>, delivery: i64, attempt: &Attempt) -> StoreResult<()> {
    tx.run(
        "INSERT INTO delivery_attempt (delivery, attempt, started_at, micros, status, reason, answer)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (delivery, attempt) DO NOTHING",
        args![
            delivery,
            attempt.number,
            attempt.started_at,
            attempt.micros,
            attempt.status,
            attempt.reason,
            attempt.answer
        ],
    )
    .await
    .map(drop)
}

/// The next receiver in the order of their ids that anything is open for, and when its first delivery is due.
pub async fn next_receiver(tx: &Tx<'_>, after: &ReceiverId) -> StoreResult<Option<(ReceiverId, Timestamp)>> {
    let mut next = None;
    tx.each(
        "SELECT receiver, due_at FROM delivery WHERE due_at IS NOT NULL AND receiver > $1
         ORDER BY receiver, due_at LIMIT 1",
        args![after],
        &mut |row| {
            let mut columns = Columns::new(row);
            next = Some((columns.take()?, columns.take()?));
            Ok(())
        },
    )
    .await?;
    Ok(next)
}

/// When the next delivery of any receiver is due, as far as the first receivers tell.
pub async fn next_due(tx: &Tx<'_>, receivers: usize) -> StoreResult<Option<Timestamp>> {
    let (mut after, mut first) = (ReceiverId::default(), None);
    for _ in 0..receivers {
        let Some((receiver, due_at)) = next_receiver(tx, &after).await? else { break };
        first = Some(first.map_or(due_at, |first: Timestamp| first.min(due_at)));
        after = receiver;
    }
    Ok(first)
}

/// Claims due deliveries of a receiver until the lease ends, the longest due first. One that another of its lane is still
/// open before is parked instead.
pub async fn claim(
    tx: &Tx<'_>,
    receiver: &ReceiverId,
    now: Timestamp,
    lease: Timestamp,
    room: usize,
) -> StoreResult<Vec<Delivery>> {
    const DUE: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM delivery WHERE receiver = $1 AND due_at <= $2 ORDER BY due_at, number LIMIT $3 FOR UPDATE SKIP LOCKED"
    );
    let room = i64::try_from(room).unwrap_or(i64::MAX);
    let mut claimed: Vec<Delivery> = tx.all(DUE, args![receiver, now, room]).await?;
    // (`UPDATE ... RETURNING` would do both in one statement, and costs SQLite twice as much as the two.)
    let take = async |delivery: &mut Delivery| {
        (delivery.state, delivery.due_at) = (State::Sending, Some(lease));
        let take = "UPDATE delivery SET state = 'sending', due_at = $2 WHERE number = $1";
        tx.run(take, args![delivery.number, lease]).await
    };
    try_join_all(claimed.iter_mut().map(take)).await?;
    claimed.sort_by_key(|delivery| delivery.number);
    let mut free = Vec::with_capacity(claimed.len());
    for delivery in claimed {
        match &delivery.lane {
            Some(lane) if is_behind(tx, lane, delivery.number).await? => {
                tx.run(
                    "UPDATE delivery SET state = 'waiting', due_at = $2 WHERE number = $1",
                    args![delivery.number, PARKED],
                )
                .await?;
            }
            _ => free.push(delivery),
        }
    }
    Ok(free)
}

/// True while an earlier delivery of the lane is open.
async fn is_behind(tx: &Tx<'_>, lane: &[u8; 16], number: i64) -> StoreResult<bool> {
    let first: Option<i64> = tx
        .first(
            "SELECT number FROM delivery WHERE lane IS NOT NULL AND due_at IS NOT NULL AND lane = $1 AND number < $2
             ORDER BY lane, number LIMIT 1",
            args![lane, number],
        )
        .await?;
    Ok(first.is_some())
}

/// Records an attempt and what comes next; nothing when another dispatcher has taken the delivery over and ended it.
pub async fn finish(tx: &Tx<'_>, finished: &Finished) -> StoreResult<()> {
    let now = tx.now();
    let (state, due_at, retries) = match finished.next {
        Next::End(state) => (state, None, 0),
        Next::RetryIn(pause) => (State::Waiting, Some(now.plus(pause)), 1),
    };
    let changed = tx
        .run(
            "UPDATE delivery SET state = $2, due_at = $3, finished_at = $4, attempts = attempts + 1,
                 retries_left = retries_left - $5
             WHERE number = $1 AND state = 'sending'",
            args![finished.delivery, state.as_str(), due_at, due_at.is_none().then_some(now), retries],
        )
        .await?;
    insert_attempt(tx, finished.delivery, &finished.attempt).await?;
    if changed > 0
        && due_at.is_none()
        && let Some(lane) = &finished.lane
    {
        tx.run(
            "UPDATE delivery SET due_at = $2 WHERE state = 'waiting' AND number =
                     (SELECT number FROM delivery WHERE lane IS NOT NULL AND due_at IS NOT NULL AND lane = $1
                      ORDER BY lane, number LIMIT 1)",
            args![lane, now],
        )
        .await?;
    }
    Ok(())
}

/// Makes every claim due again. Only where no other dispatcher can hold one: on SQLite, when the server starts.
pub async fn release(tx: &Tx<'_>) -> StoreResult<u64> {
    tx.run(
        "UPDATE delivery SET state = 'waiting', due_at = $1 WHERE due_at IS NOT NULL AND state = 'sending'",
        args![tx.now()],
    )
    .await
}

/// The delivery of this number.
pub async fn find(tx: &Tx<'_>, number: i64) -> StoreResult<Option<Delivery>> {
    tx.first(concat!("SELECT ", columns!(), " FROM delivery WHERE number = $1"), args![number]).await
}

/// The attempts of a delivery, the first one first.
pub async fn attempts(tx: &Tx<'_>, delivery: i64) -> StoreResult<Vec<Attempt>> {
    tx.all(
        "SELECT attempt, started_at, micros, status, reason, answer FROM delivery_attempt WHERE delivery = $1
         ORDER BY delivery, attempt",
        args![delivery],
    )
    .await
}

/// The last attempt of a delivery, if there was one.
pub async fn last_attempt(tx: &Tx<'_>, delivery: i64) -> StoreResult<Option<Attempt>> {
    tx.first(
        "SELECT attempt, started_at, micros, status, reason, answer FROM delivery_attempt WHERE delivery = $1
         ORDER BY delivery DESC, attempt DESC LIMIT 1",
        args![delivery],
    )
    .await
}

/// At most so many deliveries below a number, the newest first.
pub async fn below(tx: &Tx<'_>, number: i64, limit: usize) -> StoreResult<Vec<Delivery>> {
    tx.all(
        concat!("SELECT ", columns!(), " FROM delivery WHERE number < $1 ORDER BY number DESC LIMIT $2"),
        args![number, i64::try_from(limit).unwrap_or(i64::MAX)],
    )
    .await
}

/// At most so many deliveries above a number, the oldest first.
pub async fn above(tx: &Tx<'_>, number: i64, limit: usize) -> StoreResult<Vec<Delivery>> {
    tx.all(
        concat!("SELECT ", columns!(), " FROM delivery WHERE number > $1 ORDER BY number LIMIT $2"),
        args![number, i64::try_from(limit).unwrap_or(i64::MAX)],
    )
    .await
}

/// At most so many deliveries below a number that were given up, the newest first.
pub async fn lost_below(tx: &Tx<'_>, number: i64, limit: usize) -> StoreResult<Vec<Delivery>> {
    tx.all(
        concat!(
            "SELECT ",
            columns!(),
            " FROM delivery WHERE state IN ('failed', 'dead') AND number < $1 ORDER BY number DESC LIMIT $2"
        ),
        args![number, i64::try_from(limit).unwrap_or(i64::MAX)],
    )
    .await
}

/// The numbers of deliveries that are over and can be sent once more, with their accounts: not of pre-hooks, whose moment has
/// passed.
pub async fn over(tx: &Tx<'_>, which: Which, after: i64) -> StoreResult<Vec<(i64, AccountSid)>> {
    let step = i64::try_from(STEP).unwrap_or(i64::MAX);
    let mut over = Vec::new();
    let mut take = |row: &Row<'_>| {
        let mut columns = Columns::new(row);
        over.push((columns.take()?, columns.take()?));
        Ok(())
    };
    match which {
        Which::Numbers(from, to) => {
            tx.each(
                "SELECT number, account_sid FROM delivery WHERE number > $1 AND number >= $2 AND number <= $3
                     AND state IN ('delivered', 'failed', 'dead')
                 ORDER BY number LIMIT $4",
                args![after, from, to, step],
                &mut take,
            )
            .await?;
        }
        Which::LostSince(since) => {
            tx.each(
                "SELECT number, account_sid FROM delivery
                 WHERE state IN ('failed', 'dead') AND number > $1 AND created_at >= $2
                 ORDER BY number LIMIT $3",
                args![after, since, step],
                &mut take,
            )
            .await?;
        }
    }
    Ok(over)
}

/// Makes a delivery that is over due once more; its identity stays, and its attempts are counted on.
pub async fn replay(tx: &Tx<'_>, number: i64) -> StoreResult<()> {
    let (now, webhooks) = (tx.now(), &tx.env().webhooks);
    let durable = webhooks.retries == WebhookRetries::Durable;
    tx.run(
        "UPDATE delivery SET state = 'waiting', due_at = $2, finished_at = NULL, retries_left = 0, give_up_at = $3
         WHERE number = $1 AND due_at IS NULL",
        args![number, now, durable.then(|| now.plus(webhooks.give_up_after()))],
    )
    .await?;
    tx.leave_due();
    Ok(())
}

/// Deletes a step of the log: what ended before a time, or is not among the newest so many. Answers where the next step
/// goes on, unless this was the last.
pub async fn prune(tx: &Tx<'_>, before: Timestamp, keep: i64, after: i64) -> StoreResult<Option<i64>> {
    let newest: Option<i64> =
        tx.first("SELECT number FROM delivery ORDER BY number DESC LIMIT 1", &[]).await?;
    let below = newest.unwrap_or_default().saturating_sub(keep);
    let (mut old, mut last, mut looked_at, mut any_young) = (Vec::new(), after, 0, false);
    tx.each(
        "SELECT number, finished_at, created_at FROM delivery WHERE number > $1 ORDER BY number LIMIT $2",
        args![after, i64::try_from(STEP).unwrap_or(i64::MAX)],
        &mut |row| {
            let mut columns = Columns::new(row);
            let (number, finished_at) = (columns.take()?, columns.take::<Option<Timestamp>>()?);
            let created_at = columns.take::<Timestamp>()?;
            looked_at += 1;
            last = number;
            any_young |= created_at >= before && number > below;
            if finished_at.is_some_and(|at| at < before || number <= below) {
                old.push(number);
            }
            Ok(())
        },
    )
    .await?;
    for number in old {
        tx.run("DELETE FROM delivery_attempt WHERE delivery = $1", args![number]).await?;
        tx.run("DELETE FROM delivery WHERE number = $1", args![number]).await?;
    }
    // What comes after a young row is young too.
    Ok((looked_at == STEP && !any_young).then_some(last))
}
