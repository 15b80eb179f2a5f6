//! The recorded bodies and the documentation's examples against what the server answers to the same operation: names,
//! JSON types and nulls of all of them, the order of members of those that are dated, and every word of the errors.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::app::{ACCOUNT, Answer, Ask, CHAT, IP_MESSAGING, TOKEN, TestApp};
use crate::world::World;

/// Members that the product's own tables let be null: an example may have a value where a test's object has none.
const NULLABLE: &[&str] = &[
    "friendly_name",
    "unique_name",
    "last_message",
    "last_consumed_message_index",
    "last_consumption_timestamp",
    "unread_messages_count",
    "last_updated_by",
    "is_online",
    "is_notifiable",
    "next_page_url",
    "previous_page_url",
    "pre_webhook_url",
    "post_webhook_url",
    "webhook_method",
    "webhook_filters",
    "messaging_service_sid",
];

/// Where an example is wrong, old or another's edit: part of the file's name, end of the member's path, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "/service.",
        "/notifications",
        "examples show {} or one kind; recorded services of 2020 and 2021 have five members",
    ),
    (
        "_v1/service.",
        "/webhooks",
        "examples show {}; the recorded service of 2021 has null while nothing is set",
    ),
    (
        "_v1/service.",
        "/limits/actions_per_second",
        "examples lack it; the recorded v1 service of 2021 has it",
    ),
    ("_v1/service.", "/links", "examples show {} or lack links; the recorded v1 service of 2021 has three"),
    ("_v1/channel.list", "/attributes", "v1 lists have null (recorded 2017)"),
    ("_v1/message.list", "/attributes", "v1 lists have null (recorded 2017)"),
    ("_v1/user.list", "/attributes", "v1 lists have null (recorded 2017)"),
    ("_v1/user_channel.list", "/links", "the example lacks what the API description has"),
    ("message.", "/attributes", "some examples show null; unset is {} (recorded 2022)"),
    ("user.", "/attributes", "some examples show null; unset is {} (recorded 2022)"),
    ("user.", "/role_sid", "some examples show null; new users have the default role (recorded 2022)"),
    (
        "channel_webhook.",
        "/configuration/filters",
        "a trigger's words are under `triggers`, as clients read them",
    ),
    (
        "channel_webhook.",
        "/configuration/triggers",
        "a trigger's words are under `triggers`, as clients read them",
    ),
    ("captured/chat_v2.2020-06", "/date_updated", "set to null by whoever recorded it"),
    ("snippets.", "/attributes", "early samples show null or lack it; unset is {} (recorded 2022)"),
    (
        "snippets.",
        "/role_sid",
        "null in samples of 2015; new users and members have the default role (recorded 2022)",
    ),
    ("snippets.", "/webhooks", "channels' webhooks came in 2018"),
    ("snippets.", "/user_bindings", "came in 2017-10, after the samples"),
    ("snippets.", "/bindings", "came in 2017-10, after the samples"),
    ("snippets.messages", "/type", "came in 2017-09, after the samples"),
    ("snippets.messages", "/media", "came in 2017-09, after the samples"),
    ("snippets.messages", "/last_updated_by", "came after the samples"),
    ("snippets.members.retrieve", "/last_consumption_timestamp", "came after the sample of 2015"),
    ("snippets.members.retrieve", "/last_consumed_message_index", "came after the sample of 2015"),
    ("snippets.services", "/media", "came in 2017-09, after the samples"),
    ("snippets.services", "/pre_webhook_retry_count", "came in 2017-09, after the samples"),
    ("snippets.services", "/post_webhook_retry_count", "came in 2017-09, after the samples"),
    ("snippets.services", "/log_enabled", "came in 2018, after the samples"),
    ("snippets.services", "/links/roles", "the sample of 2016 lacks it"),
    ("snippets.credentials.update", "/sandbox", "the sample shows it for gcm; a recorded creation does not"),
];

/// Bodies that no operation of this build answers.
const NOT_DRIVEN: &[(&str, &str)] = &[
    (
        "message.create_media",
        "refused with 50507 until the media service is built; fetch_media is driven from rows",
    ),
    ("captured/mcs_v1", "the media service is not built"),
];

fn directory() -> String {
    format!("{}/fixtures/responses", env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder, as `folder/name` without the ending.
fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(format!("{}/{folder}", directory())).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| format!("{folder}/{}", name(entry.unwrap()).trim_end_matches(".json")))
        .filter(|file| !NOT_DRIVEN.iter().any(|(part, _)| file.contains(part)))
        .collect();
    files.sort();
    files
}

fn read(file: &str) -> String {
    fs::read_to_string(format!("{}/{file}.json", directory())).unwrap()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Compares names and types; what differs goes to `problems`.
fn compare(file: &str, at: &str, example: &Value, ours: &Value, problems: &mut Vec<String>) {
    let excused = |at: &str| EXCEPTIONS.iter().any(|(part, end, _)| file.contains(part) && at.ends_with(end));
    if excused(at) {
        return;
    }
    match (example, ours) {
        (Value::Object(example), Value::Object(ours)) => {
            let names: BTreeSet<_> = example.keys().chain(ours.keys()).collect();
            for name in names {
                let at = format!("{at}/{name}");
                match (example.get(name), ours.get(name)) {
                    (Some(example), Some(ours)) => compare(file, &at, example, ours, problems),
                    _ if excused(&at) => {}
                    (Some(_), None) => problems.push(format!("{file}: we lack {at}")),
                    (None, _) => problems.push(format!("{file}: we have {at} besides")),
                }
            }
        }
        (Value::Array(example), Value::Array(ours)) => {
            // How many texts an example lists is its own affair; a row of each kind must be there to be compared.
            if ours.len() < example.len() && example[0].is_object() {
                problems.push(format!("{file}: {at} has {} rows, the example {}", ours.len(), example.len()));
            }
            for (n, (example, ours)) in example.iter().zip(ours).enumerate() {
                compare(file, &format!("{at}/{n}"), example, ours, problems);
            }
        }
        _ if kind(example) == kind(ours) => {}
        _ => {
            let nullable = NULLABLE.iter().any(|name| at.ends_with(&format!("/{name}")));
            if !(nullable && (example.is_null() || ours.is_null())) {
                problems.push(format!("{file}: {at} is {} and {} in the example", kind(ours), kind(example)));
            }
        }
    }
}

/// The paths of an object's members in the order of the text.
fn order(text: &str) -> Vec<String> {
    let (mut paths, mut stack, mut chars) =
        (Vec::new(), Vec::<Option<String>>::new(), text.chars().peekable());
    let mut last = String::new();
    while let Some(c) = chars.next() {
        match c {
            '{' => stack.push(Some(String::new())),
            '[' => stack.push(None),
            '}' | ']' => drop(stack.pop()),
            '"' => {
                last.clear();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => drop(chars.next()),
                        c => last.push(c),
                    }
                }
            }
            ':' => {
                *stack.last_mut().unwrap() = Some(last.clone());
                paths.push(stack.iter().flatten().cloned().collect::<Vec<_>>().join("/"));
            }
            _ => {}
        }
    }
    paths
}

const FLOW: (&str, &str) = ("Configuration.FlowSid", "FW0123456789abcdef0123456789abcdef");
const HOOK: (&str, &str) = ("Configuration.Url", "https://hooks.example.com/a");
const ATTRIBUTES: (&str, &str) = ("Attributes", r#"{ "foo": "bar" }"#);
const DATES: [(&str, &str); 2] =
    [("DateCreated", "2015-12-16T22:18:37Z"), ("DateUpdated", "2015-12-16T22:18:38Z")];

/// Does what an example's name says, on its host and in its version.
#[expect(clippy::too_many_lines, reason = "a table of what each example's name means")]
async fn drive(app: &TestApp, host: &str, version: &str, resource: &str, action: &str) -> Answer {
    let empty = action == "list_empty";
    if empty && resource == "credential" {
        let app = TestApp::new().await;
        return app.send(Ask { path: &format!("/{version}/Credentials"), host, ..Ask::default() }).await;
    }
    let world = World::new(app).await;
    let mut base = format!("/{version}/Services/{}", world.service);
    let mut channel = world.channel.clone();
    if empty {
        let service = app.post("/v2/Services", &[("FriendlyName", "empty")]).await.expect(201).str("sid");
        base = format!("/{version}/Services/{service}");
        let v2 = format!("/v2/Services/{service}");
        if resource.contains("member")
            || resource.contains("message")
            || resource.contains("invite")
            || resource.contains("webhook")
        {
            channel = app.post(&format!("{v2}/Channels"), &[("UniqueName", "general")]).await.str("sid");
        } else if resource.starts_with("user_") {
            app.post(&format!("{v2}/Users"), &[("Identity", "jane")]).await.expect(201);
        }
    }
    let inside = format!("{base}/Channels/{channel}");
    let webhooks = format!("{inside}/Webhooks");
    let (collection, sid) = match resource {
        "service" => (format!("/{version}/Services"), &world.service),
        "channel" => (format!("{base}/Channels"), &world.channel),
        "member" => (format!("{inside}/Members"), &world.member),
        "message" => (format!("{inside}/Messages"), &world.message),
        "invite" => (format!("{inside}/Invites"), &world.invite),
        "channel_webhook" => (webhooks.clone(), &world.webhook),
        "role" => (format!("{base}/Roles"), &world.role),
        "user" => (format!("{base}/Users"), &world.user),
        "user_channel" => (format!("{base}/Users/jane/Channels"), &world.channel),
        "binding" => (format!("{base}/Bindings"), &world.binding),
        "user_binding" => (format!("{base}/Users/jane/Bindings"), &world.binding),
        "credential" => (format!("/{version}/Credentials"), &world.credential),
        other => panic!("no such resource: {other}"),
    };
    let mut one = format!("{collection}/{sid}");
    let mut form: Vec<(&str, &str)> = Vec::new();
    let verb = action.split('_').next().unwrap();
    match (resource, verb) {
        ("service", "create") => form.push(("FriendlyName", "friendly_name")),
        ("service", "update") => {
            form.extend([("ReadStatusEnabled", "false"), ("ConsumptionReportInterval", "100")]);
        }
        ("channel", "update") if version == "v3" => form.push(("Type", "private")),
        ("channel", "create" | "update") => {
            form.extend([("FriendlyName", "friendly_name"), ("UniqueName", "unique_name"), ATTRIBUTES]);
        }
        ("member", "create") => {
            app.post(&format!("{}/Users", world.base()), &[("Identity", "identity")]).await.expect(201);
            form.push(("Identity", "identity"));
            if version == "v2" {
                form.push(ATTRIBUTES);
            }
        }
        ("member", "update") => form.push(("LastConsumedMessageIndex", "666")),
        ("message", "create") => {
            form.extend([("Body", "Hello"), ATTRIBUTES]);
            if action == "create_with_all" {
                form.extend(DATES);
                form.push(("LastUpdatedBy", "username"));
            }
        }
        ("message", "update") => form.extend([("Body", "Hello"), ATTRIBUTES]),
        ("invite", "create") => {
            app.post(&format!("{}/Users", world.base()), &[("Identity", "identity")]).await.expect(201);
            form.push(("Identity", "identity"));
        }
        ("role", "create") => form.extend([
            ("FriendlyName", "channel user"),
            ("Type", "channel"),
            ("Permission", "sendMessage"),
        ]),
        ("role", "update") => form.push(("Permission", "sendMessage")),
        ("user", "create") => {
            form.extend([("Identity", "identity"), ("FriendlyName", "friendly_name"), ATTRIBUTES]);
        }
        ("user", "update") => form.extend([("FriendlyName", "friendly_name"), ATTRIBUTES]),
        ("user_channel", "update") if action.contains("level") => form.push(("NotificationLevel", "muted")),
        ("user_channel", "update") => form.push(("LastConsumedMessageIndex", "10")),
        ("credential", "create") => {
            form.extend([
                ("Type", "apn"),
                ("Certificate", "c"),
                ("PrivateKey", "k"),
                ("FriendlyName", "Test slow create"),
            ]);
        }
        ("credential", "update") => form.push(("FriendlyName", "Test slow create")),
        ("channel_webhook", "create") => {
            form.extend([("Type", "webhook"), HOOK, ("Configuration.Filters", "onMessageSent")]);
        }
        ("channel_webhook", "fetch") => {
            one = format!("{webhooks}/{}", app.post(&webhooks, &[("Type", "studio"), FLOW]).await.str("sid"));
        }
        ("channel_webhook", "update" | "list") if !empty => {
            let trigger = [("Type", "trigger"), HOOK, ("Configuration.Triggers", "keyword1")];
            one = format!("{webhooks}/{}", app.post(&webhooks, &trigger).await.str("sid"));
            app.post(&webhooks, &[("Type", "studio"), FLOW]).await.expect(201);
            form.push(("Configuration.RetryCount", "3"));
        }
        ("credential", "list") => {
            let form = [
                ("Type", "apn"),
                ("Certificate", "c"),
                ("PrivateKey", "k"),
                ("Sandbox", "true"),
                ("FriendlyName", "b"),
            ];
            app.post("/v2/Credentials", &form).await.expect(201);
        }
        _ => {}
    }
    if resource == "message" && action == "list" {
        let second = app.post(&collection, &[("Body", "Hello")]).await.expect(201).str("sid");
        let sql =
            "UPDATE message SET media_sid = sid, media_size = 1, media_content_type = 'application/pdf',
                   media_filename = 'hello.pdf' WHERE sid = $1";
        app.write_sql(sql, &second).await;
    }
    if action == "fetch_media" {
        let sql = "UPDATE message SET media_sid = sid, media_size = 99999999999999, media_content_type = 'application/pdf',
                   media_filename = 'hello.pdf' WHERE sid = $1";
        app.write_sql(sql, &world.message).await;
    }
    let (method, path, status) = match verb {
        "create" => ("POST", &collection, 201),
        "list" => ("GET", &collection, 200),
        "fetch" => ("GET", &one, 200),
        "update" => ("POST", &one, 200),
        other => panic!("no such action: {other}"),
    };
    let form = if method == "POST" { form.as_slice() } else { &[] };
    app.send(Ask { method, path, form, host, ..Ask::default() }).await.expect(status)
}

async fn examples(folder: &str) {
    let (host, version) = folder.rsplit_once('_').unwrap();
    let host = if host == "chat" { CHAT } else { IP_MESSAGING };
    let app = TestApp::new().await;
    let mut problems = Vec::new();
    let files = files(folder);
    for file in &files {
        let (resource, action) = file.split_once('/').unwrap().1.split_once('.').unwrap();
        let ours = drive(&app, host, version, resource, action).await;
        compare(file, "", &serde_json::from_str(&read(file)).unwrap(), &ours.json, &mut problems);
    }
    assert!(problems.is_empty(), "{} of {} files: {problems:#?}", problems.len(), files.len());
}

#[actix_web::test]
async fn examples_of_chat_v1() {
    examples("chat_v1").await;
}

#[actix_web::test]
async fn examples_of_chat_v2() {
    examples("chat_v2").await;
}

#[actix_web::test]
async fn examples_of_chat_v3() {
    examples("chat_v3").await;
}

#[actix_web::test]
async fn examples_of_ip_messaging_v1() {
    examples("ip_messaging_v1").await;
}

#[actix_web::test]
async fn examples_of_ip_messaging_v2() {
    examples("ip_messaging_v2").await;
}

/// The operation of a captured file: host, version, resource, action.
fn captured(file: &str) -> (&'static str, &'static str, &'static str, &'static str) {
    let name = file.strip_prefix("captured/").unwrap();
    match name {
        "chat_v2.2020-06.channel" => (CHAT, "v2", "channel", "fetch"),
        "chat_v2.2020-06.service" => (CHAT, "v2", "service", "create"),
        "chat_v2.2022-03.channel_webhook.create" => (CHAT, "v2", "channel_webhook", "create"),
        "chat_v2.2022-03.message.create" => (CHAT, "v2", "message", "create"),
        "chat_v2.2022-03.user.create" => (CHAT, "v2", "user", "create"),
        "ip_messaging_v1.2017-04.channel.list" => (IP_MESSAGING, "v1", "channel", "list"),
        "ip_messaging_v1.2021-07.service.fetch" => (IP_MESSAGING, "v1", "service", "fetch"),
        "snippets.members.retrieve-member" => (IP_MESSAGING, "v1", "member", "fetch"),
        "snippets.credentials.create-credentials" => (CHAT, "v2", "credential", "create_gcm"),
        "snippets.credentials.retrieve-credentials" => (CHAT, "v2", "credential", "fetch_gcm"),
        _ => {
            let (resource, action) = name.strip_prefix("snippets.").unwrap().split_once('.').unwrap();
            let resource = ["service", "channel", "member", "message", "role", "user", "credential"]
                .into_iter()
                .find(|known| resource.starts_with(known))
                .unwrap();
            let action = match action.split('-').next().unwrap() {
                "create" | "add" | "send" => "create",
                "list" => "list",
                "retrieve" => "fetch",
                _ => "update",
            };
            (CHAT, "v2", resource, action)
        }
    }
}

async fn gcm(action: &str) -> Answer {
    let app = TestApp::new().await;
    let made = app
        .post("/v2/Credentials", &[("Type", "gcm"), ("ApiKey", "k"), ("FriendlyName", "c")])
        .await
        .expect(201);
    if action == "create_gcm" { made } else { app.get(&format!("/v2/Credentials/{}", made.str("sid"))).await }
}

#[actix_web::test]
async fn captured_bodies() {
    let app = TestApp::new().await;
    let mut problems = Vec::new();
    for file in &files("captured") {
        let text = read(file);
        let example: Value = serde_json::from_str(&text).unwrap();
        if file.ends_with("service_notifications_default") {
            let service = drive(&app, CHAT, "v2", "service", "create").await;
            assert_eq!(service.json["notifications"], example);
            let ours = order(&service.text);
            let ours: Vec<_> = ours.iter().filter_map(|path| path.strip_prefix("notifications/")).collect();
            assert_eq!(ours, order(&text), "{file}");
            continue;
        }
        if file.ends_with("channel.in_list") {
            let list = drive(&app, CHAT, "v2", "channel", "list").await;
            compare(file, "", &example, &list.json["channels"][0], &mut problems);
            let ours = order(&list.text);
            let ours: Vec<_> = ours.iter().filter_map(|path| path.strip_prefix("channels/")).collect();
            assert_eq!(ours, order(&text), "{file}");
            continue;
        }
        let (host, version, resource, action) = captured(file);
        let ours = if action.ends_with("gcm") {
            gcm(action).await
        } else {
            drive(&app, host, version, resource, action).await
        };
        compare(file, "", &example, &ours.json, &mut problems);
        if !file.contains("snippets.") {
            assert_eq!(order(&ours.text), order(&text), "{file}: the order of members");
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[actix_web::test]
async fn a_new_service_has_the_recorded_values() {
    let app = TestApp::new().await;
    let service = drive(&app, CHAT, "v2", "service", "create").await;
    let example: Value = serde_json::from_str(&read("captured/chat_v2.2020-06.service")).unwrap();
    for (name, value) in example.as_object().unwrap() {
        let ours = &service.json[name];
        if name.ends_with("sid")
            || name.starts_with("date")
            || ["url", "links", "friendly_name"].contains(&name.as_str())
        {
            continue;
        }
        // The limits are the operator's; `limits.profile = "hosted"` sets the recorded ones.
        if name != "limits" {
            assert_eq!(ours, value, "{name}");
        }
    }
}

/// The text with each SID's digits replaced, so that bodies of different objects compare.
fn without_sids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_uppercase()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_sid = rest.get(..34).is_some_and(|sid| {
            sid.as_bytes()[1].is_ascii_uppercase()
                && sid.bytes().skip(2).all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        });
        if is_sid {
            out.push_str(&rest[..2]);
            out.push_str(&"a".repeat(32));
            rest = &rest[34..];
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out + rest
}

#[actix_web::test]
async fn error_bodies_are_equal_to_the_letter() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let inside = world.inside();
    let channels = format!("{}/Channels", world.base());
    for file in files("errors") {
        let ask = Ask { path: "/v2/Services", ..Ask::default() };
        let answer = match file.strip_prefix("errors/").unwrap() {
            "400.20001.missing_parameter" => app.post(&format!("{inside}/Members"), &[]).await,
            "400.50304.attributes_not_json" => app.post(&channels, &[("Attributes", "{a}")]).await,
            "401.20003.bad_credentials" => app.send(Ask { auth: Some((ACCOUNT, "wrong")), ..ask }).await,
            "401.20003.no_credentials" => app.send(Ask { auth: None, ..ask }).await,
            "401.20003.unknown_username" => {
                app.send(Ask { auth: Some(("AC00000000000000000000000000000009", TOKEN)), ..ask }).await
            }
            "404.20404.resource_not_found" => {
                app.post(&format!("{inside}/Invites"), &[("Identity", "nobody")]).await
            }
            "409.50201.user_exists" => {
                app.post(&format!("{}/Users", world.base()), &[("Identity", "jane")]).await
            }
            "409.50307.unique_name_exists" => app.post(&channels, &[("UniqueName", "general")]).await,
            "409.50404.member_exists" => {
                app.post(&format!("{inside}/Members"), &[("Identity", "jane")]).await
            }
            other => panic!("no test drives {other}"),
        };
        let recorded: Vec<_> = read(&file).lines().map(|line| line.trim().to_owned()).collect();
        let recorded = recorded.join(" ").replace("{ ", "{").replace(" }", "}");
        assert_eq!(without_sids(&answer.text), recorded, "{file}");
        assert!(file.starts_with(&format!("errors/{}.", answer.status)), "{file}: {}", answer.status);
    }
}

#[test]
fn order_is_read_from_the_text() {
    assert_eq!(
        order(r#"{"b": {"a": "x:{", "c": [1, {"d": null}]}, "a": "\":"}"#),
        ["b", "b/a", "b/c", "b/c/d", "a"]
    );
    assert_eq!(without_sids("a IS0123456789abcdef0123456789abcdef/X"), format!("a IS{}/X", "a".repeat(32)));
}
