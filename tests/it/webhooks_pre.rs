//! Pre-events: what a hook is asked, and what its answer does (WEBHOOKS.md sections 5, 7 and 8). REST calls ask here, by
//! `webhooks.pre_on_rest`; one test asks as a client.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use partyline::config::PreOn5xx;
use partyline::domain::delivery::State;
use partyline::error::ApiError;
use serde_json::json;

use crate::app::{ACCOUNT, Ask};
use crate::hooked::{HEADER, Hooked, POST_EVENTS, PRE_EVENTS, Step, client};
use crate::receiver::{Hook, Reply};

/// Checks every parameter of a question, but those that each one has.
#[track_caller]
fn asks(hooked: &Hooked, hook: &Hook, event: &str, wanted: &[(&str, &str)]) {
    let common = [
        ("EventType", event),
        ("InstanceSid", &hooked.service),
        ("AccountSid", ACCOUNT),
        ("Source", "API"),
        ("RetryCount", "0"),
    ];
    let wanted: BTreeMap<_, _> =
        common.iter().chain(wanted).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut found = hook.parameters.clone();
    // Dates are the post-events' test; here they are to be there, with milliseconds.
    for (name, value) in &mut found {
        if name.starts_with("Date") && value.len() == 24 && value.ends_with('Z') && &value[19..20] == "." {
            "date".clone_into(value);
        }
    }
    assert_eq!(found, wanted);
}

#[actix_web::test]
async fn questions_say_what_the_table_lists() {
    let hooked = Hooked::pre(|_| {}).await;
    let mut seen = 0;
    let mut next = async |event: &str, wanted: &[(&str, &str)]| {
        let hook = hooked.receiver.nth(seen).await;
        seen += 1;
        assert_eq!(hooked.receiver.hooks().len(), seen, "{event}");
        asks(&hooked, &hook, event, wanted);
    };
    let date = "date";
    let form = [("UniqueName", "u"), ("FriendlyName", "f"), ("Type", "private"), ("CreatedBy", "ann")];
    let channel = hooked.told("Channels", &form).await.str("sid");
    let of_new =
        [("Attributes", "{}"), ("UniqueName", "u"), ("ChannelType", "private"), ("CreatedBy", "ann")];
    next("onChannelAdd", &[&of_new[..], &[("FriendlyName", "f")]].concat()).await;
    let path = format!("Channels/{channel}");
    hooked.told(&path, &[("FriendlyName", "g")]).await;
    let known = [("ChannelSid", channel.as_str()), ("DateCreated", date), ("FriendlyName", "g")];
    let of_channel = [&of_new[..], &known].concat();
    next("onChannelUpdate", &of_channel).await;
    // Users are made without a question.
    let ann = hooked.told("Users", &[("Identity", "ann")]).await;
    let (user, role) = (ann.str("sid"), ann.str("role_sid"));
    hooked.told("Users/ann", &[("FriendlyName", "Ann")]).await;
    let of_user = [
        ("UserSid", user.as_str()),
        ("Identity", "ann"),
        ("RoleSid", &role),
        ("FriendlyName", "Ann"),
        ("Attributes", "{}"),
        ("DateCreated", date),
        ("DateUpdated", date),
    ];
    next("onUserUpdate", &of_user).await;
    let joined = hooked.told(&format!("{path}/Members"), &[("Identity", "ann")]).await;
    let (member, role) = (joined.str("sid"), joined.str("role_sid"));
    let of_new = [("ChannelSid", channel.as_str()), ("Identity", "ann"), ("Reason", "ADDED")];
    next("onMemberAdd", &of_new).await;
    hooked.told(&format!("{path}/Members"), &[("Identity", "bob"), ("RoleSid", &role)]).await;
    let of_new =
        [("ChannelSid", channel.as_str()), ("Identity", "bob"), ("Reason", "ADDED"), ("RoleSid", &role)];
    next("onMemberAdd", &of_new).await;
    hooked.told(&format!("{path}/Members/ann"), &[("LastConsumedMessageIndex", "3")]).await;
    let of_member = [
        ("ChannelSid", channel.as_str()),
        ("MemberSid", &member),
        ("Identity", "ann"),
        ("RoleSid", &role),
        ("Attributes", "{}"),
        ("LastConsumedMessageIndex", "3"),
        ("DateCreated", date),
        ("DateUpdated", date),
    ];
    next("onMemberUpdate", &of_member).await;
}

#[actix_web::test]
async fn questions_about_messages_and_removals_say_what_the_table_lists() {
    let hooked = Hooked::pre(|_| {}).await;
    let mut seen = 0;
    let mut next = async |event: &str, wanted: &[(&str, &str)]| {
        let hook = hooked.receiver.nth(seen).await;
        seen += 1;
        assert_eq!(hooked.receiver.hooks().len(), seen, "{event}");
        asks(&hooked, &hook, event, wanted);
    };
    let date = "date";
    let path = hooked.channel().await;
    let channel = &path["Channels/".len()..];
    let member = hooked.app.post(&hooked.path(&format!("{path}/Members")), &[("Identity", "ann")]).await;
    let (member, role) = (member.str("sid"), member.str("role_sid"));
    let form = [("Body", "b"), ("From", "ann"), ("Attributes", "{\"a\":1}")];
    let message = hooked.told(&format!("{path}/Messages"), &form).await.str("sid");
    let of_new = [("ChannelSid", channel), ("Attributes", "{\"a\":1}"), ("From", "ann")];
    next("onMessageSend", &[&of_new[..], &[("Body", "b")]].concat()).await;
    let at = format!("{path}/Messages/{message}");
    hooked.told(&at, &[("Body", "c"), ("LastUpdatedBy", "carl")]).await;
    let known = [("Body", "c"), ("MessageSid", message.as_str()), ("DateCreated", date)];
    let of_message = [&of_new[..], &known].concat();
    next("onMessageUpdate", &[&of_message[..], &[("ModifiedBy", "carl")]].concat()).await;
    hooked.tell("DELETE", &at, &[]).await.expect(204);
    next("onMessageRemove", &[&of_message[..], &[("RemovedBy", "system")]].concat()).await;
    hooked.tell("DELETE", &format!("{path}/Members/ann"), &[]).await.expect(204);
    let of_member = [
        ("ChannelSid", channel),
        ("MemberSid", member.as_str()),
        ("Identity", "ann"),
        ("RoleSid", &role),
        ("Reason", "REMOVED"),
    ];
    next("onMemberRemove", &of_member).await;
    hooked.tell("DELETE", &path, &[]).await.expect(204);
    let of_channel = [
        ("ChannelSid", channel),
        ("Attributes", "{}"),
        ("ChannelType", "public"),
        ("CreatedBy", "system"),
        ("DateCreated", date),
    ];
    next("onChannelDestroy", &of_channel).await;
}

#[actix_web::test]
async fn a_hook_is_asked_before_it_happens_and_only_where_it_is_to_be() {
    // Without the switch no call of REST asks.
    let hooked = Hooked::pre(|config| config.webhooks.pre_on_rest = false).await;
    hooked.receiver.answer(|_| Reply::status(403));
    hooked.told("Channels", &[]).await;
    // With it, those with the header do, about what is in the filters.
    let hooked = Hooked::pre(|_| {}).await;
    hooked.receiver.answer(|_| Reply::status(403));
    let channel = hooked.channel().await;
    hooked.settings(&[], &["onMessageSend", "onMessageSent"]).await;
    hooked.told("Channels", &[]).await;
    let messages = hooked.path(&format!("{channel}/Messages"));
    hooked.app.post(&messages, &[("Body", "x")]).await.expect(201);
    let v1 = messages.replace("/v2/", "/v1/");
    let form = [("Body", "x")];
    let ask = Ask { method: "POST", path: &v1, form: &form, headers: &[HEADER], ..Ask::default() };
    hooked.app.send(ask).await.expect(201);
    assert!(hooked.receiver.hooks().is_empty());
    hooked.tell("POST", &format!("{channel}/Messages"), &form).await.refused(403, 50056);
    assert_eq!(hooked.receiver.hooks().len(), 1);
}

#[actix_web::test]
async fn a_client_is_asked_about_without_any_switch() {
    let hooked = Hooked::pre(|config| config.webhooks.pre_on_rest = false).await;
    let channel = hooked.channel().await;
    hooked.receiver.answer(|hook| Reply::status(if hook.get("Identity") == "ann" { 200 } else { 404 }));
    let act = async |who: &str, joins: &str| {
        partyline::webhook::act(hooked.app.shared(), client(who), hooked.join(&channel, joins)).await
    };
    act("ann", "ann").await.unwrap();
    assert!(matches!(act("ann", "bob").await, Err(ApiError::WebhookRefused)));
    let hooks = hooked.receiver.hooks();
    let said: Vec<_> = hooks.iter().map(|hook| (hook.get("Reason"), hook.get("ClientIdentity"))).collect();
    assert_eq!(said, [("JOINED", "ann"), ("ADDED", "ann")]);
    assert!(hooks.iter().all(|hook| hook.get("Source") == "SDK"));
}

/// Everything that can be changed, in one answer, with keys that mean nothing.
const CHANGES: &str = r#"{"body": "new body", "author": "new author", "attributes": "{\"new\":1}", "friendly_name":
    "new name", "unique_name": "new-name", "Body": "no", "sid": "IM1", "index": 7, "identity": "no", "FriendlyName": "no",
    "created_by": "no", "date_created": "2001-01-01T00:00:00Z", "type": "private", "channel_sid": "CH1"}"#;

#[actix_web::test]
async fn an_answer_changes_the_fields_that_its_event_lets_it() {
    let hooked = Hooked::pre(|_| {}).await;
    let channel = hooked.channel().await;
    hooked.quietly("Users", &[("Identity", "ann")]).await;
    hooked.quietly("Users", &[("Identity", "bob")]).await;
    let role = [("FriendlyName", "r"), ("Type", "channel"), ("Permission", "sendMessage")];
    let role = hooked.quietly("Roles", &role).await;
    let mut answer: serde_json::Value = serde_json::from_str(CHANGES).unwrap();
    answer["role_sid"] = json!(role);
    let answer = answer.to_string();
    hooked.receiver.answer(move |_| Reply::json(&answer));
    let attributes = "{\"new\":1}";
    let messages = format!("{channel}/Messages");
    let sent = hooked.told(&messages, &[("Body", "b"), ("From", "f")]).await;
    assert_eq!(
        [sent.str("body"), sent.str("from"), sent.str("attributes")],
        ["new body", "new author", attributes]
    );
    assert_eq!((sent.int("index"), sent.at("was_edited")), (0, &json!(false)));
    let old = hooked.quietly(&messages, &[("Body", "b")]).await;
    let updated = hooked.told(&format!("{messages}/{old}"), &[("Body", "c")]).await;
    assert_eq!([updated.str("body"), updated.str("from")], ["new body", "new author"]);
    assert_eq!([updated.str("attributes"), updated.str("sid")], [attributes, &old]);
    let added = hooked.told("Channels", &[("FriendlyName", "f")]).await;
    let names = [added.str("friendly_name"), added.str("unique_name"), added.str("attributes")];
    assert_eq!(names, ["new name", "new-name", attributes]);
    assert_eq!([added.str("type"), added.str("created_by")], ["public", "system"]);
    hooked.app.delete(&hooked.path("Channels/new-name")).await.expect(204);
    let changed = hooked.told(&channel, &[("FriendlyName", "f")]).await;
    let names = [changed.str("friendly_name"), changed.str("unique_name"), changed.str("attributes")];
    assert_eq!(names, ["new name", "new-name", attributes]);
    let joined = hooked.told(&format!("{channel}/Members"), &[("Identity", "ann")]).await;
    assert_eq!([joined.str("role_sid"), joined.str("attributes")], [role.as_str(), attributes]);
    assert_eq!(joined.str("identity"), "ann");
    hooked.quietly(&format!("{channel}/Members"), &[("Identity", "bob")]).await;
    let moved = hooked.told(&format!("{channel}/Members/bob"), &[("LastConsumedMessageIndex", "0")]).await;
    assert_eq!([moved.str("role_sid"), moved.str("attributes")], [role.as_str(), attributes]);
    let user = hooked.told("Users/ann", &[("FriendlyName", "f")]).await;
    assert_eq!([user.str("friendly_name"), user.str("attributes")], ["new name", attributes]);
    // What is taken away cannot be changed.
    hooked.tell("DELETE", &format!("{channel}/Members/bob"), &[]).await.expect(204);
    hooked.tell("DELETE", &format!("{messages}/{old}"), &[]).await.expect(204);
    hooked.tell("DELETE", &channel, &[]).await.expect(204);
}

#[actix_web::test]
async fn from_is_another_word_for_author_and_every_2xx_counts() {
    let hooked = Hooked::pre(|_| {}).await;
    let channel = hooked.channel().await;
    hooked.receiver.answer(|_| Reply::Status(201, r#"{"from": "carl"}"#.to_owned()));
    let sent = hooked.told(&format!("{channel}/Messages"), &[("Body", "b"), ("From", "f")]).await;
    assert_eq!([sent.str("from"), sent.str("body")], ["carl", "b"]);
    hooked.receiver.answer(|_| Reply::Status(204, String::new()));
    let sent = hooked.told(&format!("{channel}/Messages"), &[("Body", "b"), ("From", "f")]).await;
    assert_eq!([sent.str("from"), sent.str("body")], ["f", "b"]);
}

#[actix_web::test]
async fn what_a_hook_refuses_does_not_happen() {
    let hooked = Hooked::pre(|_| {}).await;
    let events = [&PRE_EVENTS[..], &POST_EVENTS].concat();
    hooked.settings(&[("PostWebhookUrl", &hooked.receiver.url("/post"))], &events).await;
    let channel = hooked.channel().await;
    let messages = format!("{channel}/Messages");
    let message = hooked.quietly(&messages, &[("Body", "kept")]).await;
    hooked.quietly(&format!("{channel}/Members"), &[("Identity", "ann")]).await;
    let mut asked = 0;
    for status in [400, 401, 403, 404, 410, 429, 499] {
        hooked.receiver.answer(move |_| Reply::Status(status, r#"{"body": "changed"}"#.to_owned()));
        let calls: [Step<'_>; 6] = [
            ("POST", messages.clone(), &[("Body", "x")]),
            ("POST", format!("{messages}/{message}"), &[("Body", "x")]),
            ("DELETE", format!("{messages}/{message}"), &[]),
            ("POST", format!("{channel}/Members"), &[("Identity", "new")]),
            ("DELETE", format!("{channel}/Members/ann"), &[]),
            ("POST", "Channels".to_owned(), &[]),
        ];
        for (method, path, form) in calls {
            let answer = hooked.tell(method, &path, form).await;
            assert_eq!(answer.str("message"), "Webhook cancelled processing of command");
            assert_eq!(answer.int("status"), 403);
            answer.refused(403, 50056);
            asked += 1;
        }
    }
    // Nothing is written: no message, user, channel, number or post-event.
    let all = hooked.logged("every question", |all| all.len() >= asked).await;
    assert!(all.iter().all(|one| one.state == State::Refused && one.due_at.is_none()));
    assert_eq!(hooked.receiver.hooks().len(), asked);
    assert!(hooked.receiver.hooks().iter().all(|hook| hook.path() == "/pre"));
    let list = hooked.app.get(&hooked.path(&messages)).await;
    assert_eq!((list.rows("body"), list.rows("index")), (vec!["kept".to_owned()], vec!["0".to_owned()]));
    assert_eq!(hooked.app.get(&hooked.path("Users")).await.rows("identity"), ["ann"]);
    assert_eq!(hooked.app.get(&hooked.path("Channels")).await.rows("sid").len(), 1);
    hooked.receiver.answer(|_| Reply::ok());
    assert_eq!(hooked.told(&messages, &[("Body", "x")]).await.int("index"), 1);
}

#[actix_web::test]
async fn a_hook_that_fails_refuses_or_accepts_by_setting() {
    for (setting, refuses) in [(PreOn5xx::Reject, true), (PreOn5xx::Accept, false)] {
        let hooked = Hooked::pre(|config| config.webhooks.pre_on_5xx = setting).await;
        let channel = hooked.channel().await;
        let messages = format!("{channel}/Messages");
        for status in [500, 502, 503, 504] {
            hooked.receiver.answer(move |_| Reply::Status(status, r#"{"body": "changed"}"#.to_owned()));
            let answer = hooked.tell("POST", &messages, &[("Body", "x")]).await;
            if refuses {
                answer.refused(403, 50057);
            } else {
                assert_eq!(answer.expect(201).str("body"), "x", "a failing hook changes nothing");
            }
        }
        let url = hooked.receiver.url("/elsewhere");
        hooked.receiver.answer(move |_| Reply::Redirect(url.clone()));
        assert_eq!(hooked.tell("POST", &messages, &[("Body", "x")]).await.status == 403, refuses);
        assert_eq!(hooked.receiver.hooks().len(), 5, "each is asked once, and no redirect is followed");
        let stored = hooked.app.get(&hooked.path(&messages)).await.rows("sid").len();
        assert_eq!(stored, if refuses { 0 } else { 5 });
    }
}

#[actix_web::test]
async fn a_hook_that_does_not_answer_changes_nothing() {
    let mut hooked = Hooked::pre(|config| config.limits.webhook_timeout_ms = 1_000).await;
    let channel = hooked.channel().await;
    let messages = format!("{channel}/Messages");
    let begin = Instant::now();
    hooked.receiver.answer(|_| Reply::Hang);
    let sent = hooked.told(&messages, &[("Body", "hung")]).await;
    let took = begin.elapsed();
    assert_eq!(sent.str("body"), "hung");
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(3), "{took:?}");
    hooked.receiver.answer(|_| Reply::Reset);
    assert_eq!(hooked.told(&messages, &[("Body", "reset")]).await.str("body"), "reset");
    hooked.receiver.answer(|_| Reply::Garbage);
    assert_eq!(hooked.told(&messages, &[("Body", "garbage")]).await.str("body"), "garbage");
    hooked.receiver.down().await;
    let begin = Instant::now();
    assert_eq!(hooked.told(&messages, &[("Body", "refused")]).await.str("body"), "refused");
    assert!(begin.elapsed() < Duration::from_millis(900), "a refused connection is known at once");
    let all = hooked.logged("four questions", |all| all.len() == 4).await;
    for one in &all {
        assert_eq!((one.state, one.attempts), (State::Accepted, 1));
        let attempts = hooked.attempts(one.number).await;
        assert!(attempts[0].status.is_none() && attempts[0].reason.is_some(), "{attempts:?}");
    }
}

#[actix_web::test]
async fn what_may_pass_is_asked_again_as_often_as_the_service_says() {
    let hooked = Hooked::pre(|_| {}).await;
    let channel = hooked.channel().await;
    let messages = format!("{channel}/Messages");
    for retries in 0..=3_usize {
        hooked.settings(&[("PreWebhookRetryCount", &retries.to_string())], &PRE_EVENTS).await;
        for (status, code) in [(429, 50056), (503, 50057), (504, 50057)] {
            let before = hooked.receiver.hooks().len();
            hooked.receiver.answer(move |_| Reply::status(status));
            hooked.tell("POST", &messages, &[("Body", "x")]).await.refused(403, code);
            let hooks = hooked.receiver.hooks().split_off(before);
            let counts: Vec<_> = hooks.iter().map(|hook| hook.get("RetryCount").to_owned()).collect();
            let wanted: Vec<_> = (0..=retries).map(|n| n.to_string()).collect();
            assert_eq!(counts, wanted, "{status}");
            let tokens: BTreeSet<_> = hooks.iter().map(Hook::token).collect();
            assert_eq!(tokens.len(), 1);
        }
        for status in [400, 500, 502] {
            let before = hooked.receiver.hooks().len();
            hooked.receiver.answer(move |_| Reply::status(status));
            hooked.tell("POST", &messages, &[("Body", "x")]).await.expect(403);
            assert_eq!(hooked.receiver.hooks().len(), before + 1, "{status} is not asked again");
        }
    }
    // The last answer is the one that counts.
    hooked.receiver.answer(|hook| match hook.get("RetryCount") {
        "2" => Reply::json(r#"{"body": "at last"}"#),
        _ => Reply::status(503),
    });
    assert_eq!(hooked.told(&messages, &[("Body", "x")]).await.str("body"), "at last");
    let all = hooked.logged("every question", |all| all.len() == 25).await;
    let last = all.last().unwrap();
    assert_eq!((last.state, last.attempts), (State::Accepted, 3));
    let statuses: Vec<_> = hooked.attempts(last.number).await.iter().map(|one| one.status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
}

#[actix_web::test]
async fn a_change_is_checked_as_the_callers_own_words() {
    let hooked = Hooked::pre(|_| {}).await;
    let channel = hooked.channel().await;
    let messages = format!("{channel}/Messages");
    let long = "x".repeat(32_769);
    let cases = [
        (json!({"body": long}), 50504),
        (json!({"attributes": "{"}), 50304),
        (json!({"attributes": format!("\"{long}\"")}), 50303),
        (json!({"author": "x".repeat(257)}), 50310),
    ];
    for (answer, code) in cases {
        let text = answer.to_string();
        hooked.receiver.answer(move |_| Reply::json(&text));
        hooked.tell("POST", &messages, &[("Body", "x")]).await.refused(400, code);
    }
    let text = json!({"role_sid": "RL00000000000000000000000000000000"}).to_string();
    hooked.receiver.answer(move |_| Reply::json(&text));
    let members = format!("{channel}/Members");
    hooked.tell("POST", &members, &[("Identity", "ann")]).await.refused(400, 50101);
    let longest = json!({"body": "x".repeat(32_768)}).to_string();
    hooked.receiver.answer(move |_| Reply::json(&longest));
    let sent = hooked.told(&messages, &[("Body", "x")]).await;
    assert_eq!((sent.str("body").len(), sent.int("index")), (32_768, 0), "the refused ones left nothing");
}

#[actix_web::test]
async fn an_answer_that_is_no_object_of_changes_changes_nothing() {
    let hooked = Hooked::pre(|_| {}).await;
    let channel = hooked.channel().await;
    let messages = format!("{channel}/Messages");
    let too_long = json!({"pad": "x".repeat(70_000), "body": "changed"}).to_string();
    let bodies = [
        "",
        "{}",
        "OK",
        "<html>no</html>",
        "[1]",
        "null",
        "\"body\"",
        "{\"body\": 1}",
        "{\"body\": null}",
        "{\"Body\": \"changed\", \"attributes\": {\"a\": 1}}",
        "{\"body\": \"chan",
        &too_long,
    ];
    for body in bodies {
        let text = body.to_owned();
        hooked.receiver.answer(move |_| Reply::json(&text));
        let sent = hooked.told(&messages, &[("Body", "b"), ("Attributes", "{}")]).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!([sent.str("body"), sent.str("attributes")], ["b", "{}"], "{shown}");
    }
    let begin = Instant::now();
    hooked.receiver.answer(|_| Reply::Endless);
    assert_eq!(hooked.told(&messages, &[("Body", "b")]).await.str("body"), "b");
    assert!(begin.elapsed() < Duration::from_secs(4), "no more is read than counts");
}

#[actix_web::test]
async fn nobody_is_asked_about_what_is_not_there() {
    let hooked = Hooked::pre(|_| {}).await;
    hooked.receiver.answer(|_| Reply::status(403));
    let channel = hooked.channel().await;
    let nowhere = "Channels/CH00000000000000000000000000000000";
    let nothing = "IM00000000000000000000000000000000";
    let calls: [Step<'_>; 10] = [
        ("POST", format!("{nowhere}/Messages"), &[("Body", "x")]),
        ("POST", format!("{nowhere}/Members"), &[("Identity", "x")]),
        ("POST", nowhere.to_owned(), &[("FriendlyName", "x")]),
        ("DELETE", nowhere.to_owned(), &[]),
        ("POST", format!("{channel}/Messages/{nothing}"), &[("Body", "x")]),
        ("DELETE", format!("{channel}/Messages/{nothing}"), &[]),
        ("POST", format!("{channel}/Members/nobody"), &[("Attributes", "{}")]),
        ("DELETE", format!("{channel}/Members/nobody"), &[]),
        ("POST", "Users/nobody".to_owned(), &[("FriendlyName", "x")]),
        ("DELETE", format!("Users/nobody/{channel}"), &[]),
    ];
    for (method, path, form) in calls {
        hooked.tell(method, &path, form).await.refused(404, 20404);
    }
    assert!(hooked.receiver.hooks().is_empty());
    assert!(hooked.deliveries().await.is_empty());
}

#[actix_web::test]
async fn questions_are_kept_in_the_log() {
    let hooked = Hooked::pre(|_| {}).await;
    let channel = hooked.channel().await;
    let messages = format!("{channel}/Messages");
    hooked.receiver.answer(|hook| match hook.get("Body") {
        "no" => Reply::Status(403, "never".to_owned()),
        _ => Reply::json("{}"),
    });
    hooked.told(&messages, &[("Body", "yes")]).await;
    hooked.tell("POST", &messages, &[("Body", "no")]).await.expect(403);
    let all = hooked.logged("two questions", |all| all.len() == 2).await;
    let hooks = hooked.receiver.hooks();
    for (one, (hook, state)) in all.iter().zip(hooks.iter().zip([State::Accepted, State::Refused])) {
        assert_eq!((one.event.as_str(), one.state, one.attempts), ("onMessageSend", state, 1));
        assert_eq!((one.url.as_str(), one.method.as_str()), (hooked.receiver.url("/pre").as_str(), "POST"));
        assert_eq!(one.channel.unwrap().to_string(), channel["Channels/".len()..]);
        assert!(one.finished_at.is_some() && one.due_at.is_none());
        assert_eq!(format!("{}&RetryCount=0", one.parameters.as_str()), hook.body);
    }
    let attempt = &hooked.attempts(all[1].number).await[0];
    assert_eq!((attempt.number, attempt.status, attempt.answer.as_deref()), (0, Some(403), Some("never")));
    assert!(attempt.micros > 0 && attempt.reason.is_some());
    // They are not sent again: their moment has passed.
    let which = partyline::domain::delivery::Which::Numbers(0, i64::MAX);
    let replay = partyline::domain::delivery::Replay { which, account: None, after: 0 };
    assert_eq!(hooked.app.store().write(replay).await.unwrap().count, 0);
}

#[actix_web::test]
async fn a_post_event_tells_what_the_pre_hook_made_of_it() {
    let hooked = Hooked::pre(|_| {}).await;
    let events = [&PRE_EVENTS[..], &POST_EVENTS].concat();
    hooked.settings(&[("PostWebhookUrl", &hooked.receiver.url("/post"))], &events).await;
    hooked.receiver.answer(|hook| match hook.path() {
        "/pre" => Reply::json(r#"{"body": "rewritten"}"#),
        _ => Reply::ok(),
    });
    let channel = hooked.channel().await;
    hooked.told(&format!("{channel}/Messages"), &[("Body", "x")]).await;
    let hooks = hooked.receiver.arrived(2).await;
    let told: Vec<_> = hooks.iter().map(|hook| (hook.event(), hook.get("Body"))).collect();
    assert_eq!(told, [("onMessageSend", "x"), ("onMessageSent", "rewritten")]);
    assert_ne!(hooks[0].token(), hooks[1].token());
}
