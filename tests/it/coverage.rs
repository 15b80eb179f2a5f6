//! Every parameter of every operation of the five API descriptions is sent once, and what it did is looked at. The table
//! of what was sent is `docs/COVERAGE.md`; `PARTYLINE_BLESS=1` rewrites it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::app::{Answer, Ask, TestApp, encode};
use crate::openapi::{Operation, documents};
use crate::world::World;

/// What a parameter is expected to do.
#[derive(Clone, PartialEq)]
enum Effect {
    /// The answer shows it, at this pointer.
    Echo(String),
    /// The list's own URL shows it.
    Listed,
    /// It is stored and never shown.
    Secret,
    /// It is part of the path, so every request of the operation sends it.
    Path,
    /// Nothing in the answer tells; the reason says where it is looked at, if anywhere.
    Unseen(&'static str),
    /// It is refused with this status and code, for this reason.
    Refused(u16, i64, &'static str),
}

/// A parameter as the description has it.
struct Parameter {
    name: String,
    place: String,
    kind: String,
}

fn parameters(operation: &Operation<'_>) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for parameter in operation.json["parameters"].as_array().into_iter().flatten() {
        let text = |key: &str| parameter[key].as_str().unwrap().to_owned();
        parameters.push(Parameter { name: text("name"), place: text("in"), kind: String::new() });
    }
    let form = &operation.json["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    for (name, schema) in form["properties"].as_object().into_iter().flatten() {
        let kind = schema["type"].as_str().unwrap_or("string").to_owned();
        parameters.push(Parameter { name: name.clone(), place: "body".into(), kind });
    }
    parameters
}

/// A valid value for a parameter; `{n}` is a number that no other request uses.
#[expect(clippy::match_same_arms, reason = "an order in which the first fitting row counts")]
fn sample(operation: &str, name: &str) -> Option<&'static str> {
    let value = match (operation, name) {
        ("ListBinding", "Identity") => "jane",
        ("ListInvite" | "ListMember", "Identity") => "a@b c",
        ("CreateInvite", "Identity") => "{new_user}",
        (_, "Identity") => "identity {n}",
        ("CreateUser" | "UpdateUser", "RoleSid") => "{service_role}",
        (_, "RoleSid") => "{role}",
        ("CreateCredential", "Type") => "fcm",
        ("CreateChannelWebhook", "Type") => "webhook",
        ("CreateRole", "Type") => "channel",
        (_, "Type") => "private",
        (_, "UniqueName") => "unique {n}",
        (_, "BindingType") => "apn",
        (_, "Order") => "desc",
        (_, "PageSize") => "3",
        (_, "Page") => "3",
        ("ListMessage", "PageToken") => "PT0",
        (_, "PageToken") => "{token}",
        (_, "Permission") => "leaveChannel",
        (_, "Attributes") => r#"{"a": [1, "ü"]}"#,
        (_, "DefaultServiceRoleSid") => "{service_role}",
        (_, "DefaultChannelRoleSid" | "DefaultChannelCreatorRoleSid") => "{role}",
        (_, "WebhookFilters" | "Configuration.Filters") => "onMessageSent",
        (_, "Configuration.Triggers") => "keyword",
        (_, "Configuration.FlowSid") => "FW0123456789abcdef0123456789abcdef",
        (_, "MessagingServiceSid") => "MG0123456789abcdef0123456789abcdef",
        (_, "MediaSid") => "ME0123456789abcdef0123456789abcdef",
        (_, "NotificationLevel") => "muted",
        (_, "X-Twilio-Webhook-Enabled" | "ReadStatusEnabled" | "ReachabilityEnabled" | "Sandbox") => "true",
        (_, "TypingIndicatorTimeout" | "ConsumptionReportInterval" | "LastConsumedMessageIndex") => "7",
        (_, "DateCreated" | "DateUpdated" | "LastConsumptionTimestamp") => "2015-12-16T22:18:37Z",
        (_, "Limits.ChannelMembers" | "Limits.UserChannels") => "77",
        (_, name) if name.ends_with("Enabled") => "true",
        (_, name) if name.ends_with("RetryCount") => "2",
        (_, name) if name.ends_with("Url") => "https://hooks.example.com/b?c=d",
        (_, name) if name.ends_with("Method") => "GET",
        (_, name) if name.ends_with("Template") || name.ends_with("Sound") => "${{CHANNEL}} ring",
        (
            _,
            "FriendlyName" | "Body" | "From" | "CreatedBy" | "LastUpdatedBy" | "Media.CompatibilityMessage",
        ) => "some text",
        (_, "Certificate" | "PrivateKey" | "ApiKey" | "Secret") => "top-secret-value",
        _ => return None,
    };
    Some(value)
}

/// `Notifications.NewMessage.Enabled` is `/notifications/new_message/enabled` in answers.
fn pointer(name: &str) -> String {
    let mut pointer = String::new();
    for part in name.split('.') {
        for (n, c) in part.chars().enumerate() {
            match (n, c.is_ascii_uppercase()) {
                (0, _) => pointer.push('/'),
                (_, true) => pointer.push('_'),
                _ => {}
            }
            pointer.push(c.to_ascii_lowercase());
        }
    }
    pointer
}

fn effect(operation: &str, parameter: &Parameter) -> Effect {
    match (operation, parameter.place.as_str(), parameter.name.as_str()) {
        (_, "path", _) => Effect::Path,
        (_, "header", _) => Effect::Unseen("accepted; what it makes happen: see Webhook events"),
        (_, "query", _) => Effect::Listed,
        (_, _, "MediaSid") => {
            Effect::Refused(404, 50507, "refused with 50507 until the media service is built")
        }
        (_, _, "Permission") => Effect::Echo("/permissions".into()),
        (_, _, "Certificate" | "PrivateKey" | "ApiKey" | "Secret") => Effect::Secret,
        ("UpdateUserChannel", _, "LastConsumptionTimestamp") => {
            Effect::Unseen("shown by the Member; looked at there")
        }
        (_, _, name) => Effect::Echo(pointer(name)),
    }
}

/// What has to be sent along for a parameter to be accepted.
#[expect(clippy::match_same_arms, reason = "an order in which the first fitting row counts")]
fn companions(operation: &Operation<'_>, name: &str) -> &'static [(&'static str, &'static str)] {
    match (operation.id(), name) {
        ("CreateService", _) => &[("FriendlyName", "some text")],
        ("CreateCredential", "Certificate" | "PrivateKey" | "Sandbox") => {
            &[("Type", "apn"), ("Certificate", "a certificate"), ("PrivateKey", "a key")]
        }
        ("CreateCredential", "ApiKey") => &[("Type", "gcm")],
        ("CreateCredential", _) => &[("Type", "fcm"), ("Secret", "a secret")],
        ("CreateInvite", _) => &[("Identity", "{new_user}")],
        ("CreateMember" | "CreateUser", _) => &[("Identity", "identity {n}")],
        ("CreateMessage", _) => &[("Body", "some text")],
        ("CreateRole", _) => {
            &[("FriendlyName", "some text"), ("Type", "channel"), ("Permission", "leaveChannel")]
        }
        ("CreateChannelWebhook", "Configuration.FlowSid") => &[("Type", "studio")],
        ("CreateChannelWebhook", "Configuration.Triggers") => {
            &[("Type", "trigger"), ("Configuration.Url", "https://hooks.example.com/a")]
        }
        ("CreateChannelWebhook", _) => &[
            ("Type", "webhook"),
            ("Configuration.Url", "https://hooks.example.com/a"),
            ("Configuration.Filters", "onMessageSent"),
        ],
        ("UpdateRole", _) => &[("Permission", "leaveChannel")],
        ("UpdateChannel", _) if operation.document.version == "v3" => &[("Type", "private")],
        ("UpdateMember", _) => &[("RoleSid", "{role}")],
        ("UpdateMessage", _) => &[("Body", "some text")],
        ("UpdateUserChannel", _) => &[("NotificationLevel", "muted")],
        ("UpdateChannelWebhook", "Configuration.FlowSid" | "Configuration.Triggers") => &[],
        ("UpdateChannelWebhook", _) => &[("Configuration.RetryCount", "2")],
        (id, _) if id.starts_with("Update") => &[("FriendlyName", "some text")],
        _ => &[],
    }
}

struct Driver<'a> {
    app: &'a TestApp,
    world: World,
    n: u32,
}

impl Driver<'_> {
    /// Sends one parameter to an operation; answers what was sent for it and what came back.
    async fn send(&mut self, operation: &Operation<'_>, parameter: Option<&Parameter>) -> (String, Answer) {
        self.n += 1;
        let (n, app) = (self.n, self.app);
        let name = parameter.map_or("", |parameter| parameter.name.as_str());
        let mut path = self.world.path(operation.path);
        let mut form: Vec<(String, String)> = companions(operation, name)
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        // An event without a URL has no settings.
        if let Some(event) = name.strip_prefix("Webhooks.").and_then(|rest| rest.strip_suffix(".Method")) {
            form.push((format!("Webhooks.{event}.Url"), "https://hooks.example.com/a".into()));
        }
        let mut value = parameter.map_or("", |parameter| {
            let unknown =
                || panic!("{} {}: no sample value for {name}", operation.document.name, operation.id());
            if parameter.place == "path" { "" } else { sample(operation.id(), name).unwrap_or_else(unknown) }
        });
        let token;
        if value == "{token}" {
            token = self.token(operation).await;
            value = &token;
        }
        let fill = |text: &str| {
            let new = format!("invited {n}");
            self.world.fill(text).replace("{n}", &n.to_string()).replace("{new_user}", &new)
        };
        let value = fill(value);
        let mut headers: Vec<(&str, &str)> = Vec::new();
        match parameter.map(|parameter| parameter.place.as_str()) {
            Some("query") => path = format!("{path}?{name}={}", encode(&value)),
            Some("header") => headers.push((name, &value)),
            Some("body") => {
                form.retain(|(known, _)| known != name);
                form.push((name.to_owned(), value.clone()));
            }
            _ => {}
        }
        for (_, value) in &mut form {
            *value = fill(value);
        }
        if form.iter().any(|(_, value)| value.starts_with("invited ")) {
            let identity = format!("invited {n}");
            app.post(&format!("{}/Users", self.world.base()), &[("Identity", &identity)]).await.expect(201);
        }
        if operation.id() == "CreateChannelWebhook" {
            self.without_webhooks().await;
        }
        if operation.id() == "UpdateChannelWebhook" {
            path = self.webhook_path(operation, name).await;
        }
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let ask = Ask {
            method: operation.method,
            path: &path,
            form: &form,
            host: operation.document.host,
            headers: &headers,
            ..Ask::default()
        };
        let answer = app.send(ask).await;
        (value, answer)
    }

    /// The token of the list's first row.
    async fn token(&self, operation: &Operation<'_>) -> String {
        let path = self.world.path(operation.path);
        let ask = Ask { path: &path, host: operation.document.host, ..Ask::default() };
        let list = self.app.send(ask).await.expect(200);
        let key = list.str("/meta/key");
        let row = &list.json[&key][0];
        let sid = row["sid"].as_str().or(row["channel_sid"].as_str()).unwrap();
        format!("PT{sid}")
    }

    /// A channel has five at most.
    async fn without_webhooks(&self) {
        let webhooks = format!("{}/Webhooks", self.world.inside());
        for sid in self.app.get(&webhooks).await.rows("sid") {
            self.app.delete(&format!("{webhooks}/{sid}")).await.expect(204);
        }
    }

    /// A webhook of the type that a parameter is for.
    async fn webhook_path(&self, operation: &Operation<'_>, name: &str) -> String {
        let url = ("Configuration.Url", "https://hooks.example.com/a");
        let form = match name {
            "Configuration.FlowSid" => {
                vec![("Type", "studio"), ("Configuration.FlowSid", "FW00000000000000000000000000000001")]
            }
            "Configuration.Triggers" => vec![("Type", "trigger"), url, ("Configuration.Triggers", "before")],
            _ => vec![("Type", "webhook"), url, ("Configuration.Filters", "onMemberAdded")],
        };
        self.without_webhooks().await;
        let webhooks = format!("{}/Webhooks", self.world.inside());
        let made = self.app.post(&webhooks, &form).await.expect(201).str("sid");
        let path = operation.path.replace("{Sid}", &made);
        self.world.path(&path)
    }
}

#[track_caller]
fn look(effect: &Effect, parameter: &Parameter, value: &str, success: u16, answer: Answer) {
    let what = answer.what.clone();
    match effect {
        Effect::Echo(pointer) => {
            let expected = match parameter.kind.as_str() {
                _ if parameter.name == "Sandbox" => json!("True"),
                "boolean" => json!(value == "true"),
                "integer" => json!(value.parse::<i64>().unwrap()),
                "array" => json!([value]),
                _ => json!(value),
            };
            let answer = answer.expect(success);
            assert_eq!(answer.json.pointer(pointer), Some(&expected), "{what}: {pointer} in {}", answer.text);
        }
        Effect::Listed => {
            let answer = answer.expect(success);
            let wanted = format!("{}={}", parameter.name, encode(value));
            assert!(answer.str("/meta/url").contains(&wanted), "{what}: no {wanted} in {}", answer.text);
        }
        Effect::Secret => {
            let answer = answer.expect(success);
            assert!(!answer.text.contains(value), "{what}: shows its secret: {}", answer.text);
        }
        Effect::Path | Effect::Unseen(_) => drop(answer.expect(success)),
        Effect::Refused(status, code, _) => answer.refused(*status, *code),
    }
}

/// The row of a parameter in the table: its effect, its sample, and the documents that have it.
struct Line {
    effect: Effect,
    sample: String,
    documents: Vec<&'static str>,
}

#[actix_web::test]
async fn every_parameter() {
    let known = sample("UpdateChannel", "MessagingServiceSid").unwrap();
    let app = TestApp::with(|config| config.channels.messaging_services = vec![known.to_owned()]).await;
    let mut lines: BTreeMap<(String, String), Line> = BTreeMap::new();
    for document in documents() {
        for operation in document.operations() {
            // A world of its own for each operation: what one deletes, the next does not miss.
            let mut driver = Driver { app: &app, world: World::new(&app).await, n: 0 };
            let mut parameters = parameters(&operation);
            if parameters.is_empty() {
                driver.send(&operation, None).await.1.expect(operation.success());
            }
            // The header and the path of a deletion are sent together: it can be done once.
            if operation.method == "DELETE" {
                parameters.sort_by_key(|parameter| parameter.place != "header");
            }
            for (n, parameter) in parameters.iter().enumerate() {
                let effect = effect(operation.id(), parameter);
                let again = effect == Effect::Path && n > 0;
                if !again {
                    let (value, answer) = driver.send(&operation, Some(parameter)).await;
                    look(&effect, parameter, &value, operation.success(), answer);
                }
                let sample = sample(operation.id(), &parameter.name).unwrap_or("a SID").to_owned();
                let key = (operation.id().to_owned(), parameter.name.clone());
                let line = Line { effect, sample, documents: Vec::new() };
                lines.entry(key).or_insert(line).documents.push(document.name);
            }
        }
    }
    compare(&format!("{}\n{}", table(&lines), crate::webhooks_coverage::table().await));
}

fn table(lines: &BTreeMap<(String, String), Line>) -> String {
    let mut text = String::from(
        "# Coverage\n\n\
         Made by `tests/it/coverage.rs` (`PARTYLINE_BLESS=1 cargo test --test it every_parameter` rewrites it); the test fails when an\n\
         operation or a parameter of the five documents in `fixtures/openapi` is missing here. Each row is a request that the test\n\
         `coverage::every_parameter` sends to each of the documents marked with x, with what it then looks at. The last table is of webhook events.\n",
    );
    let columns = ["chat_v1", "chat_v2", "chat_v3", "ip_messaging_v1", "ip_messaging_v2"];
    let mut present = "";
    for ((operation, parameter), line) in lines {
        if operation != present {
            write!(
                text,
                "\n## {operation}\n\n| parameter | chat v1 | v2 | v3 | ip-messaging v1 | v2 | sent | looked at |\n\
                 |---|---|---|---|---|---|---|---|\n"
            )
            .unwrap();
            present = operation;
        }
        let marks = columns.map(|column| if line.documents.contains(&column) { "x" } else { "" }).join(" | ");
        let looked = match &line.effect {
            Effect::Echo(pointer) => format!("the answer's `{pointer}`"),
            Effect::Listed => "the URLs in `meta`".into(),
            Effect::Secret => "accepted, and never shown".into(),
            Effect::Path => "the answer is of the thing named".into(),
            Effect::Unseen(reason) | Effect::Refused(_, _, reason) => (*reason).to_owned(),
        };
        writeln!(text, "| `{parameter}` | {marks} | `{}` | {looked} |", line.sample).unwrap();
    }
    text
}

fn compare(text: &str) {
    let file = format!("{}/docs/COVERAGE.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("PARTYLINE_BLESS").is_some() {
        return std::fs::write(file, text).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    let differs = committed.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(
        committed == text,
        "docs/COVERAGE.md is not what the test does, first at {differs:?}; PARTYLINE_BLESS=1 rewrites it"
    );
}

#[actix_web::test]
async fn what_a_user_channel_consumed_is_shown_by_the_member() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = format!("{}/Users/jane/Channels/general", world.base());
    app.post(&path, &[("LastConsumptionTimestamp", "2015-12-16T22:18:37Z")]).await.expect(200);
    let member = app.get(&format!("{}/Members/jane", world.inside())).await.expect(200);
    assert_eq!(member.json["last_consumption_timestamp"], Value::from("2015-12-16T22:18:37Z"));
}
