//! The contract of deliveries: who claims what, what comes after, and by which index it is found.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use partyline::config::{Config, Profile};
use partyline::domain::cause::Cause;
use partyline::domain::delivery::{
    Attempt, Claimed, Delivery, Finished, Next, Prune, Replay, Room, State, Turn, Which,
};
use partyline::domain::service::{NotificationPatch, UpdateService};
use partyline::form::Patch;
use partyline::store::{Env, Store, deliveries};
use partyline::time::{Clock, Timestamp};

use crate::{Bed, Engine, on_with};

/// Makes of `async fn body(Bed)` one test per engine, with a clock that the test moves.
macro_rules! contract {
    ($($(#[$doc:meta])* $name:ident = $body:path, ordered $ordered:literal;)*) => {$(
        $(#[$doc])*
        mod $name {
            #[test]
            fn sqlite_in_memory() {
                crate::on_with(crate::Engine::Memory, super::env($ordered), $body);
            }

            #[test]
            fn sqlite_in_a_file() {
                crate::on_with(crate::Engine::File, super::env($ordered), $body);
            }

            #[test]
            fn postgres() {
                crate::on_with(crate::Engine::Postgres, super::env($ordered), $body);
            }
        }
    )*};
}

contract! {
    two_dispatchers_never_claim_the_same_delivery = super::claimed_once, ordered false;
    two_dispatchers_never_claim_the_same_ordered_delivery = super::claimed_once, ordered true;
    a_claim_whose_lease_has_ended_is_claimed_again = super::lease, ordered false;
    an_attempt_whose_claim_was_taken_over_ends_nothing_twice = super::taken_over, ordered false;
    only_what_is_due_is_claimed_and_no_more_than_there_is_room_for = super::due, ordered false;
    a_parked_delivery_is_let_go_by_the_end_of_the_one_before = super::parked, ordered true;
    a_lane_goes_through_one_by_one_under_concurrency = super::lanes, ordered true;
    a_retry_keeps_its_place_in_its_lane = super::retried, ordered true;
    a_replay_makes_due_what_is_over_and_nothing_else = super::replayed, ordered false;
    pruning_takes_no_delivery_that_is_open = super::pruned, ordered false;
}

fn env(ordered: bool) -> Arc<Env> {
    let mut config = Config::defaults(Profile::Ci);
    config.webhooks.ordered = ordered;
    let clock = Clock::fixed(Timestamp::from_micros(1_600_000_000_000_000));
    partyline::server::environment(&config, clock)
}

const URL: &str = "http://127.0.0.1:9/";
const TIMEOUT: Duration = Duration::from_secs(5);

/// Gives the service a receiver.
async fn hook(bed: &Bed) {
    let command = UpdateService {
        at: bed.at,
        friendly_name: Patch::Keep,
        default_service_role: None,
        default_channel_role: None,
        default_channel_creator_role: None,
        read_status_enabled: None,
        reachability_enabled: None,
        typing_indicator_timeout: None,
        consumption_report_interval: None,
        new_message: NotificationPatch::default(),
        added_to_channel: NotificationPatch::default(),
        removed_from_channel: NotificationPatch::default(),
        invited_to_channel: NotificationPatch::default(),
        log_enabled: None,
        pre_webhook_url: Patch::Keep,
        post_webhook_url: Patch::Set(URL.to_owned()),
        webhook_method: Patch::Keep,
        webhook_filters: Patch::Set(vec!["onMessageSent".to_owned()]),
        pre_webhook_retry_count: None,
        post_webhook_retry_count: None,
        channel_members_limit: None,
        user_channels_limit: None,
        compatibility_message: Patch::Keep,
        event_webhooks: Vec::new(),
    };
    bed.store.write(command).await.expect("a service");
}

/// Sends so many messages that are told.
async fn send(bed: &Bed, channel: partyline::sid::ChannelSid, n: usize) {
    for _ in 0..n {
        bed.store.write_for(Cause::Api, bed.message(channel)).await.expect("a message");
    }
}

fn turn(finished: Vec<Finished>, per_receiver: usize) -> Turn {
    let room = Room { total: 1_000, per_receiver, ..Room::default() };
    Turn { finished, asked: Vec::new(), room, timeout: TIMEOUT }
}

async fn claim(store: &Store, room: usize) -> Vec<Delivery> {
    let Claimed { deliveries, .. } = store.write(turn(Vec::new(), room)).await.expect("a turn");
    deliveries
}

fn ended(delivery: &Delivery, next: Next) -> Finished {
    let attempt = Attempt {
        number: delivery.attempts,
        started_at: delivery.created_at,
        micros: 1,
        status: Some(200),
        reason: None,
        answer: None,
    };
    Finished { delivery: delivery.number, lane: delivery.lane, attempt, next }
}

async fn finish(store: &Store, delivery: &Delivery, next: Next) {
    // No room: nothing is claimed on the way.
    store.write(turn(vec![ended(delivery, next)], 0)).await.expect("a turn");
}

const DONE: Next = Next::End(State::Delivered);

fn numbers(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries.iter().map(|one| one.number).collect()
}

async fn all(store: &Store) -> Vec<Delivery> {
    store.read(async |tx| Ok(deliveries::above(tx, 0, 10_000).await?)).await.expect("deliveries")
}

async fn claimed_once(bed: Bed) {
    hook(&bed).await;
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for _ in 0..20 {
        let channel = bed.channel().await.sid;
        send(&bed, channel, 1).await;
    }
    for _ in 0..5 {
        let turns = join_all((0..4).map(|_| bed.store.write(turn(Vec::new(), 3)))).await;
        for claimed in turns {
            for delivery in claimed.expect("a turn").deliveries {
                assert_eq!(delivery.state, State::Sending);
                assert!(seen.insert(delivery.number), "{} was claimed twice", delivery.number);
                count += 1;
            }
        }
    }
    assert_eq!(count, 20);
}

async fn lease(bed: Bed) {
    hook(&bed).await;
    let channel = bed.channel().await.sid;
    send(&bed, channel, 3).await;
    let first = claim(&bed.store, 9).await;
    assert_eq!(first.len(), 3);
    assert!(claim(&bed.store, 9).await.is_empty());
    let lease = first[0].due_at.expect("a lease").after(bed.env.clock.now());
    assert!(lease > TIMEOUT, "the longest attempt fits into the lease");
    bed.env.clock.advance(i64::try_from(lease.as_micros()).expect("short") - 1);
    assert!(claim(&bed.store, 9).await.is_empty(), "the lease holds to its end");
    bed.env.clock.advance(1);
    assert_eq!(numbers(&claim(&bed.store, 9).await), numbers(&first));
    assert!(claim(&bed.store, 9).await.is_empty());
}

async fn taken_over(bed: Bed) {
    hook(&bed).await;
    let channel = bed.channel().await.sid;
    send(&bed, channel, 1).await;
    let slow = claim(&bed.store, 9).await.remove(0);
    bed.env.clock.advance(60_000_000);
    let other = claim(&bed.store, 9).await.remove(0);
    finish(&bed.store, &other, DONE).await;
    finish(&bed.store, &slow, Next::RetryIn(Duration::from_secs(1))).await;
    let one = all(&bed.store).await.remove(0);
    assert_eq!((one.state, one.attempts, one.due_at), (State::Delivered, 1, None));
    bed.env.clock.advance(60_000_000);
    assert!(claim(&bed.store, 9).await.is_empty(), "what was delivered is not sent again");
}

async fn due(bed: Bed) {
    hook(&bed).await;
    let channel = bed.channel().await.sid;
    send(&bed, channel, 10).await;
    let first = claim(&bed.store, 4).await;
    assert_eq!(first.len(), 4);
    let pauses = [1, 30].map(Duration::from_secs);
    for (delivery, pause) in first.iter().zip(pauses) {
        finish(&bed.store, delivery, Next::RetryIn(pause)).await;
    }
    for delivery in &first[2..] {
        finish(&bed.store, delivery, DONE).await;
    }
    assert_eq!(claim(&bed.store, 100).await.len(), 6, "the rest, and no retry");
    bed.env.clock.advance(1_000_000);
    let again = claim(&bed.store, 100).await;
    assert_eq!(numbers(&again), [first[0].number]);
    assert_eq!(again[0].attempts, 1);
    let waiting = &all(&bed.store).await[1];
    assert_eq!(waiting.due_at.map(|due_at| due_at.after(bed.env.clock.now())), Some(Duration::from_secs(29)));
}

async fn parked(bed: Bed) {
    hook(&bed).await;
    let (a, b) = (bed.channel().await.sid, bed.channel().await.sid);
    send(&bed, a, 3).await;
    send(&bed, b, 1).await;
    let first = claim(&bed.store, 9).await;
    let channels: Vec<_> = first.iter().map(|one| one.channel.expect("a channel")).collect();
    assert_eq!(channels, [a, b], "the first of each");
    for _ in 0..3 {
        bed.env.clock.advance(1_000_000);
        assert!(claim(&bed.store, 9).await.is_empty());
    }
    finish(&bed.store, &first[1], DONE).await;
    assert!(claim(&bed.store, 9).await.is_empty(), "the other channel's end lets nothing go");
    // The end and the next claim are one turn.
    let more = bed.store.write(turn(vec![ended(&first[0], DONE)], 9)).await.expect("a turn").deliveries;
    assert_eq!(numbers(&more), [first[0].number + 1]);
    finish(&bed.store, &more[0], Next::End(State::Failed)).await;
    assert_eq!(numbers(&claim(&bed.store, 9).await), [first[0].number + 2]);
}

async fn lanes(bed: Bed) {
    hook(&bed).await;
    let mut channels = Vec::new();
    for _ in 0..4 {
        channels.push(bed.channel().await.sid);
    }
    for n in 0..10 {
        // What comes later is parked or not, as it happens.
        for channel in &channels {
            send(&bed, *channel, 1).await;
        }
        if n == 4 {
            claim(&bed.store, 2).await;
        }
    }
    // Four dispatchers, each with what it claimed; the first claims are those of one that died.
    bed.env.clock.advance(60_000_000);
    let mut mine: Vec<Vec<Delivery>> = vec![Vec::new(); 4];
    let mut done: Vec<Delivery> = Vec::new();
    for round in 0..200 {
        let turns = mine.drain(..).map(|claimed| {
            let finished = claimed.iter().map(|delivery| ended(delivery, DONE)).collect();
            bed.store.write(turn(finished, 2))
        });
        let claimed = join_all(turns).await;
        mine = claimed.into_iter().map(|claimed| claimed.expect("a turn").deliveries).collect();
        let under_way: Vec<_> = mine.iter().flatten().cloned().collect();
        let lanes: BTreeSet<_> = under_way.iter().map(|one| one.lane).collect();
        assert_eq!(lanes.len(), under_way.len(), "round {round}: two of one lane at once");
        done.extend(under_way);
        if done.len() == 40 && mine.iter().all(Vec::is_empty) {
            break;
        }
    }
    assert_eq!(done.len(), 40, "something stayed parked");
    for channel in channels {
        let of: Vec<_> =
            done.iter().filter(|one| one.channel == Some(channel)).map(|one| one.number).collect();
        assert!(of.is_sorted() && of.len() == 10, "{of:?}");
    }
}

async fn retried(bed: Bed) {
    hook(&bed).await;
    let channel = bed.channel().await.sid;
    send(&bed, channel, 2).await;
    let first = claim(&bed.store, 9).await.remove(0);
    finish(&bed.store, &first, Next::RetryIn(Duration::from_secs(1))).await;
    assert!(claim(&bed.store, 9).await.is_empty(), "the second waits for the retry of the first");
    bed.env.clock.advance(1_000_000);
    let again = claim(&bed.store, 9).await;
    assert_eq!(numbers(&again), [first.number]);
    finish(&bed.store, &again[0], DONE).await;
    assert_eq!(numbers(&claim(&bed.store, 9).await), [first.number + 1]);
}

async fn replayed(bed: Bed) {
    hook(&bed).await;
    let channel = bed.channel().await.sid;
    send(&bed, channel, 1_203).await;
    let claimed = claim(&bed.store, 1_000).await;
    let ends = |delivery: &Delivery| match delivery.number % 3 {
        0 => State::Delivered,
        1 => State::Failed,
        _ => State::Dead,
    };
    // The last ones stay under way.
    let finished = claimed[..900].iter().map(|one| ended(one, Next::End(ends(one)))).collect();
    bed.store.write(turn(finished, 0)).await.expect("a turn");
    let step =
        async |which, after| bed.store.write(Replay { which, account: None, after }).await.expect("a step");
    let since = Which::LostSince(claimed[0].created_at);
    let first = step(since, 0).await;
    assert_eq!(first.count, 500);
    let second = step(since, first.next.expect("more")).await;
    assert_eq!((second.count, second.next), (100, None));
    assert_eq!(step(since, 0).await.count, 0);
    let (from, to) = (claimed[0].number, claimed[8].number);
    assert_eq!(step(Which::Numbers(from, to), 0).await.count, 3, "those that were delivered");
    let after = all(&bed.store).await;
    let one = &after[0];
    assert_eq!((one.state, one.attempts, one.finished_at), (State::Waiting, 1, None));
    assert_eq!(one.token, claimed[0].token);
    assert_eq!(after.iter().filter(|one| one.state == State::Sending).count(), 100);
}

async fn pruned(bed: Bed) {
    hook(&bed).await;
    let channel = bed.channel().await.sid;
    send(&bed, channel, 600).await;
    let claimed = claim(&bed.store, 400).await;
    let finished = claimed[..300].iter().map(|one| ended(one, DONE)).collect();
    bed.store.write(turn(finished, 0)).await.expect("a turn");
    let mut after = 0;
    while let Some(next) =
        bed.store.write(Prune { before: Timestamp::LAST, keep: 0, after }).await.expect("a step")
    {
        after = next;
    }
    let left = all(&bed.store).await;
    assert_eq!(left.len(), 300);
    assert!(left.iter().all(|one| one.finished_at.is_none()));
}

/// The statements of a source file, as far as they are texts in it.
fn statements(source: &str) -> Vec<String> {
    let columns = source.split_once("() => {\n        \"").expect("the columns").1;
    let columns = columns.split_once('"').expect("an end").0;
    let source = source.replace("columns!()", &format!("\"{columns}\""));
    let mut found: Vec<String> = Vec::new();
    let mut rest = source.as_str();
    while let Some((before, after)) = rest.split_once('"') {
        let (text, next) = after.split_once('"').expect("a text that ends");
        match found.last_mut() {
            // Parts of one `concat!`.
            Some(last) if before.trim() == "," && (last.ends_with(' ') || text.starts_with(' ')) => {
                last.push_str(text);
            }
            _ => found.push(text.to_owned()),
        }
        rest = next;
    }
    found.retain(|text| ["SELECT ", "UPDATE ", "DELETE "].iter().any(|word| text.starts_with(word)));
    found
}

#[test]
fn no_statement_of_deliveries_looks_through_the_table() {
    on_with(Engine::File, env(true), async |bed: Bed| {
        let connection = rusqlite::Connection::open(&bed.url).expect("the file");
        let source = include_str!("../../src/store/deliveries.rs");
        let statements = statements(source);
        assert!(statements.len() >= 12, "{statements:#?}");
        let mut indexes = BTreeSet::new();
        for sql in statements {
            let sql = sql.replace('$', "?").replace(" FOR UPDATE SKIP LOCKED", "");
            let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect(&sql);
            let mut rows = explained.raw_query();
            while let Some(row) = rows.next().expect("a plan") {
                let step: String = row.get("detail").expect("a text");
                // The newest row is found at the end of the table.
                let newest = step == "SCAN delivery" && sql.ends_with("ORDER BY number DESC LIMIT 1");
                let due = step.starts_with("SCAN delivery USING") && step.ends_with("delivery_due");
                assert!(newest || due || !step.contains("SCAN"), "{step}: {sql}");
                assert!(!step.contains("TEMP B-TREE"), "{step}: {sql}");
                indexes
                    .extend(step.split(' ').filter(|word| word.starts_with("delivery_")).map(str::to_owned));
            }
        }
        for index in ["delivery_due", "delivery_lane", "delivery_lost"] {
            assert!(indexes.contains(index), "{index} is not used: {indexes:?}");
        }
    });
}
