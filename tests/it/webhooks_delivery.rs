//! What becomes of deliveries: retries, order, receivers that hang or are down, policy, replay, the log's upkeep
//! (WEBHOOKS.md section 8).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use partyline::config::WebhookRetries;
use partyline::domain::delivery::{Prune, Replay, State, Which};
use partyline::time::{Clock, Timestamp};

use crate::hooked::{HEADER, Hooked, POST_EVENTS};
use crate::receiver::{Receiver, Reply};

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

#[actix_web::test]
async fn hosted_retries_are_few_and_only_of_what_may_pass() {
    for retries in 0..=3_i64 {
        let hooked = Hooked::new().await;
        hooked.settings(&[("PostWebhookRetryCount", &retries.to_string())], &POST_EVENTS).await;
        hooked.receiver.answer(|hook| Reply::status(hook.get("Body").parse().unwrap()));
        let channel = hooked.channel().await;
        let statuses = [503, 429, 504, 500, 502, 400, 404, 302];
        for status in statuses {
            hooked.told(&format!("{channel}/Messages"), &[("Body", &status.to_string())]).await;
        }
        let all = hooked.settled().await;
        for (one, status) in all.iter().zip(statuses) {
            let wanted = if [503, 429, 504].contains(&status) { retries + 1 } else { 1 };
            assert_eq!((one.state, one.attempts), (State::Failed, wanted), "{status}");
            let attempts = hooked.attempts(one.number).await;
            let numbers: Vec<_> = attempts.iter().map(|attempt| attempt.number).collect();
            assert_eq!(numbers, (0..wanted).collect::<Vec<_>>(), "{status}");
            for attempt in attempts {
                assert_eq!(attempt.status, Some(status));
                assert!(attempt.reason.unwrap().contains(&status.to_string()));
            }
        }
        let came = hooked.receiver.hooks();
        assert_eq!(came.len(), 3 * usize::try_from(retries + 1).unwrap() + 5);
    }
}

#[actix_web::test]
async fn hosted_retries_what_timed_out_and_not_what_was_refused() {
    let mut hooked = Hooked::post(|config| config.limits.webhook_timeout_ms = 1_000).await;
    hooked.settings(&[("PostWebhookRetryCount", "1")], &POST_EVENTS).await;
    hooked.receiver.answer(|_| Reply::Hang);
    hooked.told("Users", &[("Identity", "ann")]).await;
    let all = hooked.settled().await;
    assert_eq!((all[0].state, all[0].attempts), (State::Failed, 2));
    for reply in [Reply::Reset, Reply::Garbage] {
        hooked.receiver.answer(move |_| reply.clone());
        hooked.told("Users/ann", &[("FriendlyName", "x")]).await;
        hooked.settled().await;
    }
    hooked.receiver.down().await;
    hooked.told("Users/ann", &[("FriendlyName", "x")]).await;
    let all = hooked.settled().await;
    for one in &all[1..] {
        assert_eq!((one.state, one.attempts), (State::Failed, 1));
        let attempt = &hooked.attempts(one.number).await[0];
        assert!(attempt.status.is_none() && attempt.reason.is_some(), "{attempt:?}");
    }
}

#[actix_web::test]
async fn a_body_without_end_is_read_as_far_as_the_log_keeps_it() {
    let hooked = Hooked::post(|config| config.webhooks.log_answer_bytes = 100).await;
    hooked.receiver.answer(|_| Reply::Endless);
    hooked.told("Users", &[("Identity", "ann")]).await;
    let begin = Instant::now();
    let all = hooked.settled().await;
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert_eq!(all[0].state, State::Delivered, "a status of 200 was received");
    assert_eq!(hooked.attempts(all[0].number).await[0].answer.as_ref().unwrap().len(), 100);
}

async fn durable() -> Hooked {
    Hooked::at_rest(|config| {
        config.webhooks.retries = WebhookRetries::Durable;
        config.webhooks.give_up_after_h = 2;
    })
    .await
}

#[actix_web::test]
async fn durable_goes_on_after_every_failure() {
    let mut hooked = durable().await;
    let failures = [Reply::status(500), Reply::status(404), Reply::Reset, Reply::Garbage];
    hooked.receiver.answer(move |hook| {
        failures.get(hook.get("RetryCount").parse::<usize>().unwrap()).cloned().unwrap_or_else(Reply::ok)
    });
    hooked.told("Users", &[("Identity", "ann")]).await;
    for attempts in 1..=4 {
        let all =
            hooked.logged("an attempt", |all| all[0].attempts == attempts && all[0].state == State::Waiting);
        let one = &all.await[0];
        let pause = one.due_at.unwrap().after(hooked.clock.now());
        let middle = 5.0 * f64::from(1 << (attempts - 1));
        assert!(
            (0.5 * middle..=1.5 * middle).contains(&pause.as_secs_f64()),
            "attempt {attempts}: {pause:?}"
        );
        if attempts == 4 {
            // Nobody listens for one attempt.
            hooked.receiver.down().await;
        }
        hooked.clock.advance(i64::try_from(pause.as_micros()).unwrap());
    }
    hooked.logged("a refused connection", |all| all[0].attempts == 5 && all[0].state == State::Waiting).await;
    hooked.receiver.up().await;
    hooked.clock.advance(HOUR / 10);
    let one = &hooked.settled().await[0];
    assert_eq!((one.state, one.attempts), (State::Delivered, 6));
    let hooks = hooked.receiver.hooks();
    let counts: Vec<_> = hooks.iter().map(|hook| hook.get("RetryCount")).collect();
    assert_eq!(counts, ["0", "1", "2", "3", "5"]);
    assert!(hooks.iter().all(|hook| hook.token() == hooks[0].token()));
}

#[actix_web::test]
async fn durable_gives_up_in_the_end_and_a_replay_counts_on() {
    let hooked = durable().await;
    hooked.receiver.answer(|_| Reply::status(500));
    hooked.told("Users", &[("Identity", "ann")]).await;
    hooked.logged("an attempt", |all| all[0].attempts == 1 && all[0].state == State::Waiting).await;
    hooked.clock.advance(2 * HOUR);
    let dead = hooked.settled().await[0].clone();
    assert_eq!((dead.state, dead.attempts), (State::Dead, 2));
    // By number; the receiver still fails, and is given as long as at first.
    let store = hooked.app.store();
    let one = Which::Numbers(dead.number, dead.number);
    let replayed = store.write(Replay { which: one, account: None, after: 0 }).await.unwrap();
    assert_eq!((replayed.count, replayed.next), (1, None));
    hooked.logged("another attempt", |all| all[0].attempts == 3 && all[0].state == State::Waiting).await;
    assert_eq!(
        store.write(Replay { which: one, account: None, after: 0 }).await.unwrap().count,
        0,
        "it is not over"
    );
    hooked.clock.advance(2 * HOUR);
    assert_eq!(hooked.settled().await[0].state, State::Dead);
    // All that were lost since a time.
    hooked.receiver.answer(|_| Reply::ok());
    let since = Which::LostSince(dead.created_at);
    assert_eq!(store.write(Replay { which: since, account: None, after: 0 }).await.unwrap().count, 1);
    let all = hooked.settled().await;
    assert_eq!((all[0].state, all[0].attempts), (State::Delivered, 5));
    let hooks = hooked.receiver.hooks();
    let counts: Vec<_> = hooks.iter().map(|hook| hook.get("RetryCount")).collect();
    assert_eq!(counts, ["0", "1", "2", "3", "4"]);
    assert!(hooks.iter().all(|hook| hook.token() == hooks[0].token()), "it is the same event");
    assert_eq!(hooked.attempts(dead.number).await.len(), 5);
    let later = Which::LostSince(Timestamp::LAST);
    assert_eq!(store.write(Replay { which: later, account: None, after: 0 }).await.unwrap().count, 0);
    // What was delivered can be sent again too.
    assert_eq!(store.write(Replay { which: one, account: None, after: 0 }).await.unwrap().count, 1);
    assert_eq!(hooked.receiver.nth(5).await.get("RetryCount"), "5");
}

/// The indexes that arrived, by channel, those that were answered with success.
fn taken(hooked: &Hooked) -> BTreeMap<String, Vec<usize>> {
    let mut taken: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for hook in hooked.receiver.hooks() {
        if hook.get("RetryCount") != "0" || !fails(hook.get("Index")) {
            let index = hook.get("Index").parse().unwrap();
            taken.entry(hook.get("ChannelSid").to_owned()).or_default().push(index);
        }
    }
    taken
}

/// Which messages fail at first: some in a row, some alone.
fn fails(index: &str) -> bool {
    matches!(index.parse::<usize>().unwrap() % 25, 3 | 4 | 20)
}

#[actix_web::test]
async fn ordered_deliveries_keep_the_order_of_their_channel() {
    let hooked = Hooked::post(|config| config.webhooks.ordered = true).await;
    hooked.settings(&[("PostWebhookRetryCount", "1")], &["onMessageSent"]).await;
    hooked.receiver.answer(|hook| match hook.get("Index").parse::<u64>().unwrap() {
        _ if hook.get("RetryCount") == "0" && fails(hook.get("Index")) => Reply::status(503),
        index if index % 10 == 7 => Reply::Late(Duration::from_millis(20), 200),
        _ => Reply::ok(),
    });
    let mut channels = Vec::new();
    for _ in 0..4 {
        channels.push(hooked.channel().await);
    }
    // All channels at once, each in a row of its own.
    let sending = channels.iter().map(async |channel| {
        for _ in 0..50 {
            hooked.told(&format!("{channel}/Messages"), &[("Body", "x")]).await;
        }
    });
    futures_util::future::join_all(sending).await;
    let all = hooked.settled().await;
    assert!(all.len() == 200 && all.iter().all(|one| one.state == State::Delivered));
    let taken = taken(&hooked);
    assert_eq!(taken.len(), 4);
    for (channel, indexes) in taken {
        assert_eq!(indexes, (0..50).collect::<Vec<_>>(), "{channel}");
    }
}

#[actix_web::test]
async fn a_stuck_channel_stops_no_other_and_no_other_receiver() {
    let hooked = Hooked::post(|config| config.webhooks.ordered = true).await;
    hooked.settings(&[], &["onMessageSent"]).await;
    hooked.receiver.answer(|hook| if hook.get("Body") == "stuck" { Reply::Hang } else { Reply::ok() });
    let (stuck, free) = (hooked.channel().await, hooked.channel().await);
    let other = Receiver::new().await;
    let elsewhere = hooked.app.post("/v2/Services", &[("FriendlyName", "other")]).await.str("sid");
    let elsewhere = format!("/v2/Services/{elsewhere}");
    let form = [("PostWebhookUrl", other.url("/")), ("WebhookFilters", "onUserAdded".to_owned())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    hooked.app.post(&elsewhere, &form).await.expect(200);
    hooked.told(&format!("{stuck}/Messages"), &[("Body", "stuck")]).await;
    hooked.receiver.nth(0).await;
    for n in 0..10 {
        hooked.told(&format!("{stuck}/Messages"), &[("Body", "behind")]).await;
        hooked.told(&format!("{free}/Messages"), &[("Body", "free")]).await;
        let (path, who) = (format!("{elsewhere}/Users"), format!("u{n}"));
        let (form, headers) = ([("Identity", who.as_str())], [HEADER]);
        let ask = crate::app::Ask {
            method: "POST",
            path: &path,
            form: &form,
            headers: &headers,
            ..crate::app::Ask::default()
        };
        hooked.app.send(ask).await.expect(201);
    }
    let free = hooked.receiver.arrived(11).await;
    other.arrived(10).await;
    assert!(free[1..].iter().all(|hook| hook.get("Body") == "free"), "nothing overtakes what is stuck");
    hooked.receiver.release();
    let hooks = hooked.receiver.arrived(21).await;
    assert!(hooks[11..].iter().all(|hook| hook.get("Body") == "behind"));
    let indexes: Vec<_> = hooks[11..].iter().map(|hook| hook.get("Index")).collect();
    assert_eq!(indexes, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
}

#[actix_web::test]
async fn what_was_given_up_lets_the_next_of_its_channel_go() {
    let hooked = Hooked::post(|config| config.webhooks.ordered = true).await;
    hooked.settings(&[], &["onMessageSent"]).await;
    hooked.receiver.answer(|hook| Reply::status(if hook.get("Index") == "0" { 500 } else { 200 }));
    let channel = hooked.channel().await;
    for _ in 0..3 {
        hooked.told(&format!("{channel}/Messages"), &[("Body", "x")]).await;
    }
    let states: Vec<_> = hooked.settled().await.iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Failed, State::Delivered, State::Delivered]);
}

#[actix_web::test]
async fn a_hanging_receiver_delays_no_other() {
    let hooked = Hooked::new().await;
    hooked.settings(&[], &["onMessageSent", "onUserAdded"]).await;
    let url = hooked.receiver.url("/hangs");
    hooked.receiver.answer(|hook| if hook.path() == "/hangs" { Reply::Hang } else { Reply::ok() });
    let channel = hooked.channel().await;
    let form = [
        ("Type", "webhook"),
        ("Configuration.Url", url.as_str()),
        ("Configuration.Filters", "onMessageSent"),
    ];
    hooked.quietly(&format!("{channel}/Webhooks"), &form).await;
    for _ in 0..20 {
        hooked.told(&format!("{channel}/Messages"), &[("Body", "x")]).await;
    }
    let hangs = |hooks: &[crate::receiver::Hook]| hooks.iter().filter(|hook| hook.path() == "/hangs").count();
    hooked.receiver.until("20 that hang", move |hooks| hangs(hooks) == 20).await;
    let begin = Instant::now();
    hooked.told("Users", &[("Identity", "ann")]).await;
    let is_ann = |hooks: &[crate::receiver::Hook]| hooks.iter().any(|hook| hook.event() == "onUserAdded");
    hooked.receiver.until("what is for the other one", is_ann).await;
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    hooked.receiver.release();
    assert!(hooked.settled().await.iter().all(|one| one.state == State::Delivered && one.attempts == 1));
}

#[actix_web::test]
async fn no_more_is_under_way_to_one_receiver_than_the_setting_says() {
    let hooked = Hooked::post(|config| config.webhooks.concurrency_per_receiver = 3).await;
    hooked.receiver.answer(|hook| if hook.get("Identity") == "last" { Reply::ok() } else { Reply::Hang });
    for n in 0..8 {
        hooked.told("Users", &[("Identity", &format!("u{n}"))]).await;
    }
    hooked.receiver.arrived(3).await;
    // Another receiver's delivery that is made later comes through: by then those above were looked at again.
    let other = hooked.receiver.url("/other");
    hooked.settings(&[("PostWebhookUrl", &other)], &POST_EVENTS).await;
    hooked.told("Users", &[("Identity", "last")]).await;
    let hooks = hooked.receiver.arrived(4).await;
    assert_eq!((hooks.len(), hooks[3].get("Identity")), (4, "last"));
    hooked.receiver.release();
    assert!(hooked.settled().await.iter().all(|one| one.attempts == 1));
}

#[actix_web::test]
async fn private_addresses_are_refused_unless_they_are_allowed() {
    for (allow, wanted) in [(&[][..], State::Failed), (&["127.0.0.1"], State::Delivered)] {
        let hooked = Hooked::post(|config| {
            config.webhooks.allow_private = false;
            config.webhooks.allow = allow.iter().map(|entry| (*entry).to_owned()).collect();
        })
        .await;
        hooked.told("Users", &[("Identity", "ann")]).await;
        let one = &hooked.settled().await[0];
        assert_eq!((one.state, one.attempts), (wanted, 1));
        let attempt = &hooked.attempts(one.number).await[0];
        if wanted == State::Failed {
            let reason = attempt.reason.as_deref().unwrap();
            assert!(reason.contains("127.0.0.1") && reason.contains("webhooks.allow"), "{reason}");
            assert!(hooked.receiver.hooks().is_empty());
        } else {
            assert_eq!((attempt.status, hooked.receiver.hooks().len()), (Some(200), 1));
        }
    }
}

#[actix_web::test]
async fn metadata_addresses_are_never_called_and_no_redirect_is_followed() {
    let hooked = Hooked::new().await;
    let urls = [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://2852039166/",
        "http://0xa9.0xfe.0xa9.0xfe/",
        "http://100.100.100.200/",
    ];
    for url in urls {
        hooked.settings(&[("PostWebhookUrl", url)], &POST_EVENTS).await;
        hooked.told("Channels", &[]).await;
    }
    for one in hooked.settled().await {
        assert_eq!(one.state, State::Failed, "{}", one.url);
        let attempt = &hooked.attempts(one.number).await[0];
        let reason = attempt.reason.as_deref().unwrap();
        assert!(attempt.status.is_none() && reason.contains("never called"), "{}: {reason}", one.url);
    }
    let hop = hooked.receiver.url("/hop");
    hooked.settings(&[("PostWebhookUrl", &hooked.receiver.url("/first"))], &POST_EVENTS).await;
    hooked.receiver.answer(move |_| Reply::Redirect(hop.clone()));
    hooked.told("Channels", &[]).await;
    let all = hooked.settled().await;
    assert_eq!(all[6].state, State::Failed);
    let attempt = &hooked.attempts(all[6].number).await[0];
    assert_eq!(attempt.status, Some(302));
    assert!(attempt.reason.as_deref().unwrap().contains("redirects are not followed"));
    assert_eq!(hooked.receiver.hooks().len(), 1);
}

#[actix_web::test]
async fn credentials_of_a_url_are_kept_back_until_they_are_asked_for() {
    let hooked = Hooked::new().await;
    let url = format!("http://ann:s%20cret@{}/in?a=1#part", hooked.receiver.address);
    hooked.settings(&[("PostWebhookUrl", &url)], &POST_EVENTS).await;
    hooked.receiver.answer(|_| Reply::Challenge("Basic realm=\"hooks\""));
    hooked.told("Users", &[("Identity", "ann")]).await;
    let one = &hooked.settled().await[0];
    assert_eq!((one.state, one.attempts), (State::Delivered, 1), "the challenge is a part of the attempt");
    let hooks = hooked.receiver.hooks();
    let said: Vec<_> = hooks.iter().map(|hook| hook.header("Authorization")).collect();
    // ann:s cret
    assert_eq!(said, ["", "Basic YW5uOnMgY3JldA=="]);
    assert!(hooks.iter().all(|hook| hook.target == "/in?a=1" && hook.token() == hooks[0].token()));
}

#[actix_web::test]
async fn the_log_is_cut_back_by_rows_and_by_days() {
    let hooked = Hooked::at_rest(|config| config.webhooks.log_rows = i64::MAX).await;
    hooked.receiver.answer(|hook| if hook.get("Identity") == "u0" { Reply::Hang } else { Reply::ok() });
    for n in 0..8 {
        hooked.told("Users", &[("Identity", &format!("u{n}"))]).await;
    }
    let over = |all: &[partyline::domain::delivery::Delivery]| {
        all.iter().filter(|one| one.finished_at.is_some()).count() == 7
    };
    let numbers: Vec<_> = hooked.logged("seven ends", over).await.iter().map(|one| one.number).collect();
    let prune = async |before: Timestamp, keep: i64| {
        let mut after = 0;
        while let Some(next) = hooked.app.store().write(Prune { before, keep, after }).await.unwrap() {
            after = next;
        }
        hooked.deliveries().await.iter().map(|one| one.number).collect::<Vec<_>>()
    };
    let ended = hooked.clock.now();
    assert_eq!(prune(ended, 8).await, numbers, "neither too old nor too many");
    // The first one is still open: nothing that is to be sent is taken away.
    let kept: Vec<_> = [&numbers[..1], &numbers[4..]].concat();
    assert_eq!(prune(ended, 4).await, kept);
    assert_eq!(hooked.attempts(numbers[1]).await, [], "attempts go with it");
    assert_eq!(hooked.attempts(numbers[4]).await.len(), 1);
    hooked.clock.advance(24 * HOUR);
    assert_eq!(prune(ended.plus(Duration::from_micros(1)), 100).await, numbers[..1]);
}

#[actix_web::test]
async fn the_log_is_cut_back_in_steps() {
    let hooked = Hooked::bare(Clock::System, |config| config.webhooks.log_rows = i64::MAX).await;
    // Rows of no meaning, all over, an hour old.
    let insert = "WITH RECURSIVE row(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < 1300)
        INSERT INTO delivery (token, account_sid, service_sid, receiver, event, url, method, parameters, state,
            attempts, retries_left, created_at, finished_at)
        SELECT $1, $1, $1, $1, 'e', 'u', 'POST', '', 'delivered', 0, 0, n, n FROM row";
    hooked.app.write_sql(insert, &hooked.service).await;
    let (store, mut after, mut steps) = (hooked.app.store(), 0, 0);
    let before = Timestamp::from_micros(0);
    while let Some(next) = store.write(Prune { before, keep: 10, after }).await.unwrap() {
        (after, steps) = (next, steps + 1);
    }
    assert!((1..=3).contains(&steps), "{steps}");
    assert_eq!(hooked.deliveries().await.len(), 10);
}
