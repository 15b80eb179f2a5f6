//! The log of webhooks over `/_partyline/v1`, and sending deliveries once more.

use partyline::config::Profile;
use partyline::domain::cause::Cause;
use partyline::domain::delivery::NewDelivery;
use partyline::domain::event::Parameters;
use partyline::error::ApiError;
use partyline::sid::{AccountSid, ChannelSid, ServiceSid, Sid as _};
use partyline::store::{Arg, Command, Tx, deliveries};
use serde_json::{Value, json};

use crate::app::{ACCOUNT, Answer, Ask, STRANGER, TOKEN, TestApp};

const LOG: &str = "/_partyline/v1/webhooks";

/// Leaves some deliveries that have come to this state, each with one attempt.
#[derive(Clone)]
struct Leave {
    account: &'static str,
    event: &'static str,
    method: &'static str,
    state: &'static str,
    count: usize,
}

const FAILED: Leave =
    Leave { account: ACCOUNT, event: "onMessageSent", method: "POST", state: "failed", count: 1 };

impl Command for Leave {
    /// The last one's number.
    type Output = i64;

    async fn run(&self, tx: &Tx<'_>) -> Result<i64, ApiError> {
        let account: AccountSid = self.account.parse().unwrap();
        let service = ServiceSid::from_bytes([2; 16]);
        let mut parameters = Parameters::of(self.event, account, service, &Cause::Api);
        parameters.text("Body", "Hi & \"ho\" ä");
        let mut last = 0;
        for _ in 0..self.count {
            let delivery = NewDelivery {
                token: [0xab; 16],
                account,
                service,
                channel: Some(ChannelSid::from_bytes([3; 16])),
                webhook: None,
                subject: [3; 16],
                event: self.event,
                url: "http://ann:secret@127.0.0.1:9/hook?key=secret",
                method: self.method,
                retries: 0,
                parameters: &parameters,
            };
            deliveries::insert(tx, &delivery).await?;
            last = tx.one("SELECT MAX(number) FROM delivery", &[]).await?;
            if self.state != "waiting" {
                tx.run(
                    "UPDATE delivery SET state = $2, due_at = NULL, finished_at = created_at, attempts = 1 WHERE number = $1",
                    &[Arg::Int(last), Arg::Text(self.state)],
                )
                .await?;
                tx.run(
                    "INSERT INTO delivery_attempt (delivery, attempt, started_at, micros, status, reason, answer)
                     VALUES ($1, 0, 1584205484742000, 12900, 500, 'answered 500', 'oh no')",
                    &[Arg::Int(last)],
                )
                .await?;
            }
        }
        Ok(last)
    }
}

/// A server that sends nothing.
async fn quiet() -> TestApp {
    TestApp::with(|config| config.webhooks.concurrency = 0).await
}

async fn leave(app: &TestApp, leave: Leave) -> i64 {
    app.store().write(leave).await.unwrap()
}

fn numbers(answer: &Answer) -> Vec<i64> {
    let rows = answer.at("webhooks").as_array().unwrap();
    rows.iter().map(|row| row["number"].as_i64().unwrap()).collect()
}

#[actix_web::test]
async fn an_empty_log_is_an_empty_page() {
    let app = quiet().await;
    let page = app.get(LOG).await.expect(200);
    assert_eq!(page.json, json!({"webhooks": [], "next": null}));
}

#[actix_web::test]
async fn one_is_shown_whole_and_without_secrets() {
    let app = quiet().await;
    let number = leave(&app, FAILED).await;
    let shown = app.get(&format!("{LOG}/{number}")).await.expect(200);
    assert!(!shown.text.contains("secret"), "{}", shown.text);
    let wanted = json!({
        "number": number,
        "id": "abababab-abab-7bab-abab-abababababab",
        "event": "onMessageSent",
        "state": "failed",
        "service_sid": "IS02020202020202020202020202020202",
        "channel_sid": "CH03030303030303030303030303030303",
        "webhook_sid": null,
        "method": "POST",
        "url": "http://***@127.0.0.1:9/hook?key=***",
        "attempts": 1,
        "created_at": shown.at("created_at"),
        "due_at": null,
        "finished_at": shown.at("created_at"),
        "parameters": {
            "EventType": "onMessageSent",
            "InstanceSid": "IS02020202020202020202020202020202",
            "AccountSid": ACCOUNT,
            "Source": "API",
            "Body": "Hi & \"ho\" ä",
            "RetryCount": "0",
        },
        "request": {
            "method": "POST",
            "url": "http://***@127.0.0.1:9/hook?key=***",
            "body": shown.at("/request/body"),
        },
        "log": [{
            "attempt": 0,
            "started_at": "2020-03-14T17:04:44.742Z",
            "milliseconds": 12,
            "status": 500,
            "reason": "answered 500",
            "answer": "oh no",
        }],
    });
    assert_eq!(shown.json, wanted);
    assert!(shown.str("/request/body").ends_with("&Body=Hi+%26+%22ho%22+%C3%A4&RetryCount=0"));
    assert!(shown.str("created_at").len() == 24 && shown.str("created_at").ends_with('Z'));
    // The list has the same, less what was sent and what came of it.
    let mut short = wanted;
    for member in ["parameters", "request", "log"] {
        short.as_object_mut().unwrap().remove(member);
    }
    assert_eq!(app.get(LOG).await.json, json!({"webhooks": [short], "next": null}));
    // A GET has its parameters in the URL.
    let number = leave(&app, Leave { method: "GET", ..FAILED }).await;
    let shown = app.get(&format!("{LOG}/{number}")).await.expect(200);
    assert_eq!(shown.at("/request/body"), &Value::Null);
    let url = shown.str("/request/url");
    assert!(url.starts_with("http://***@127.0.0.1:9/hook?key=***&EventType=onMessageSent&"), "{url}");
}

#[actix_web::test]
async fn pages_go_both_ways_and_hold_what_was_asked_for() {
    let app = quiet().await;
    let last = leave(&app, Leave { count: 7, ..FAILED }).await;
    let sent = leave(&app, Leave { state: "delivered", event: "onMemberAdded", ..FAILED }).await;
    let waiting = leave(&app, Leave { state: "waiting", ..FAILED }).await;
    let first = last - 6;
    let get = async |query: &str| app.get(&format!("{LOG}?{query}")).await.expect(200);
    let all: Vec<i64> = (first..=waiting).rev().collect();
    assert_eq!(numbers(&get("").await), all);
    // Newest first.
    let (mut met, mut query) = (Vec::new(), "limit=4".to_owned());
    loop {
        let page = get(&query).await;
        met.extend(numbers(&page));
        match page.at("next").as_i64() {
            Some(next) => query = format!("limit=4&before={next}"),
            None => break,
        }
    }
    assert_eq!(met, all);
    // Oldest first.
    let page = get(&format!("limit=2&after={first}")).await;
    assert_eq!((numbers(&page), page.int("next")), (vec![first + 1, first + 2], first + 2));
    assert_eq!(numbers(&get(&format!("after={sent}")).await), [waiting]);
    assert_eq!(numbers(&get(&format!("after={waiting}")).await), [] as [i64; 0]);
    // What was asked for.
    assert_eq!(numbers(&get("state=delivered").await), [sent]);
    assert_eq!(numbers(&get("event=onMemberAdded").await), [sent]);
    assert_eq!(numbers(&get("state=waiting&event=onMemberAdded").await), [] as [i64; 0]);
    let page = get("state=failed&limit=3").await;
    assert_eq!((numbers(&page), page.int("next")), (vec![last, last - 1, last - 2], last - 2));
    for query in
        ["state=lost", "limit=0", "limit=501", "limit=x", "before=x", "before=1&after=1", "after=%zz"]
    {
        app.get(&format!("{LOG}?{query}")).await.refused(400, 20001);
    }
}

#[actix_web::test]
async fn a_page_looks_at_a_bounded_number_of_rows() {
    let app = quiet().await;
    let mine = leave(&app, FAILED).await;
    leave(&app, Leave { account: STRANGER, count: 510, ..FAILED }).await;
    let page = app.get(LOG).await.expect(200);
    assert_eq!(numbers(&page), [] as [i64; 0]);
    let page = app.get(&format!("{LOG}?before={}", page.int("next"))).await.expect(200);
    assert_eq!((numbers(&page), page.at("next")), (vec![mine], &Value::Null));
}

#[actix_web::test]
async fn what_is_over_is_sent_once_more() {
    let app = quiet().await;
    let number = leave(&app, FAILED).await;
    let path = format!("{LOG}/{number}");
    let replayed = app.post(&format!("{path}/replay"), &[]).await.expect(200);
    assert_eq!(replayed.json, json!({"replayed": 1}));
    let shown = app.get(&path).await.expect(200);
    assert_eq!((shown.str("state"), shown.int("attempts")), ("waiting".to_owned(), 1));
    assert!(shown.at("due_at").is_string() && shown.at("finished_at").is_null());
    // One that is open, and one whose moment has passed.
    let again = app.post(&format!("{path}/replay"), &[]).await;
    assert!(again.str("message").contains("still open (waiting)"), "{}", again.text);
    again.refused(400, 20001);
    let asked = leave(&app, Leave { state: "refused", event: "onMessageSend", ..FAILED }).await;
    let again = app.post(&format!("{LOG}/{asked}/replay"), &[]).await;
    assert!(again.str("message").contains("question to a pre-hook"), "{}", again.text);
    again.refused(400, 20001);
    app.post(&format!("{LOG}/999999/replay"), &[]).await.refused(404, 20404);
    app.post(&format!("{LOG}/x/replay"), &[]).await.refused(404, 20404);
}

#[actix_web::test]
async fn many_are_sent_once_more() {
    let app = quiet().await;
    let last = leave(&app, Leave { count: 4, ..FAILED }).await;
    leave(&app, Leave { state: "delivered", ..FAILED }).await;
    leave(&app, Leave { state: "dead", count: 600, ..FAILED }).await;
    let replay = async |form: &[(&str, &str)]| app.post(&format!("{LOG}/replay"), form).await;
    let (from, to) = ((last - 3).to_string(), (last - 2).to_string());
    let done = replay(&[("From", &from), ("To", &to)]).await.expect(200);
    assert_eq!(done.json, json!({"replayed": 2}));
    let done = replay(&[("From", &from), ("To", &to)]).await.expect(200);
    assert_eq!(done.json, json!({"replayed": 0}));
    let done = replay(&[("LostSince", "2999-01-01T00:00:00Z")]).await.expect(200);
    assert_eq!(done.json, json!({"replayed": 0}));
    // In more steps than one; what was delivered stays.
    assert_eq!(replay(&[("LostSince", "1h")]).await.expect(200).json, json!({"replayed": 602}));
    assert_eq!(app.number("SELECT COUNT(*) FROM delivery WHERE state <> 'waiting'", "").await, 1);
    for form in [
        &[][..],
        &[("From", "1")],
        &[("From", "2"), ("To", "1")],
        &[("From", "x"), ("To", "1")],
        &[("LostSince", "yesterday")],
        &[("From", "1"), ("To", "2"), ("LostSince", "1h")],
    ] {
        replay(form).await.refused(400, 20001);
    }
}

#[actix_web::test]
async fn an_account_sees_and_replays_its_own() {
    let app = quiet().await;
    let mine = leave(&app, FAILED).await;
    let theirs = leave(&app, Leave { account: STRANGER, ..FAILED }).await;
    assert_eq!(numbers(&app.get(LOG).await), [mine]);
    app.get(&format!("{LOG}/{theirs}")).await.refused(404, 20404);
    app.post(&format!("{LOG}/{theirs}/replay"), &[]).await.refused(404, 20404);
    let range = [("From", &*mine.to_string()), ("To", &*theirs.to_string())];
    let done = app.post(&format!("{LOG}/replay"), &range).await.expect(200);
    assert_eq!(done.json, json!({"replayed": 1}));
    assert_eq!(app.post(&format!("{LOG}/replay"), &[("LostSince", "1h")]).await.json, json!({"replayed": 0}));
    let stranger = Ask { path: LOG, auth: Some((STRANGER, TOKEN)), ..Ask::default() };
    let seen = app.send(stranger).await.expect(200);
    assert_eq!(numbers(&seen), [theirs]);
    assert_eq!(seen.str("/webhooks/0/state"), "failed");
}

#[actix_web::test]
async fn credentials_methods_and_paths_are_as_in_the_api() {
    let app = quiet().await;
    app.send(Ask { path: LOG, auth: None, ..Ask::default() }).await.refused(401, 20003);
    app.send(Ask { path: LOG, auth: Some((ACCOUNT, "wrong")), ..Ask::default() }).await.refused(401, 20003);
    for (method, path) in [("POST", ""), ("DELETE", ""), ("PUT", "/1"), ("DELETE", "/1")] {
        let answer = app.send(Ask { method, path: &format!("{LOG}{path}"), ..Ask::default() }).await;
        assert_eq!(answer.header("allow"), Some("GET, OPTIONS"));
        answer.refused(405, 20004);
    }
    for path in ["/1/replay", "/replay"] {
        let answer = app.get(&format!("{LOG}{path}")).await;
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
        answer.refused(405, 20004);
    }
    app.send(Ask { method: "HEAD", path: LOG, ..Ask::default() }).await.expect(405);
    for path in ["/_partyline/v1", "/_partyline/v1/", "/_partyline/v1/nothing", "/_partyline/v1/webhooks/1/x"]
    {
        app.get(path).await.refused(404, 20404);
    }
    app.get(&format!("{LOG}/x")).await.refused(404, 20404);
    app.get(&format!("{LOG}/1")).await.refused(404, 20404);
}

#[actix_web::test]
async fn serve_knows_no_such_path() {
    let app = TestApp::with(|config| {
        config.profile = Profile::Serve;
        config.webhooks.concurrency = 0;
    })
    .await;
    let number = leave(&app, FAILED).await;
    for path in [LOG.to_owned(), format!("{LOG}/{number}")] {
        let answer = app.get(&path).await;
        assert_eq!(answer.str("message"), format!("The requested resource {path} was not found"));
        answer.refused(404, 20404);
    }
    app.post(&format!("{LOG}/{number}/replay"), &[]).await.refused(404, 20404);
}
