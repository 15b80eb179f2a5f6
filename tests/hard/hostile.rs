//! What nobody should send: each request is refused in the protocol's own form, and nothing is changed by it.
#![expect(
    clippy::similar_names,
    clippy::type_complexity,
    reason = "tables of cases, and heads that are held"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufReader, Read as _, Write as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Answer, Client, Database, Server, basic, dial, encode, pause, program, read_answer};

/// The routes, read from the router itself so that a new one cannot be forgotten.
const ROUTER: &str = include_str!("../../src/rest/routes.rs");

/// Where the names of parameters are read from.
const HANDLERS: [&str; 12] = [
    include_str!("../../src/rest/bindings.rs"),
    include_str!("../../src/rest/call.rs"),
    include_str!("../../src/rest/channel_webhooks.rs"),
    include_str!("../../src/rest/channels.rs"),
    include_str!("../../src/rest/credentials.rs"),
    include_str!("../../src/rest/invites.rs"),
    include_str!("../../src/rest/members.rs"),
    include_str!("../../src/rest/messages.rs"),
    include_str!("../../src/rest/roles.rs"),
    include_str!("../../src/rest/services.rs"),
    include_str!("../../src/rest/user_channels.rs"),
    include_str!("../../src/rest/users.rs"),
];

#[derive(Debug, Clone)]
struct Route {
    versions: Vec<String>,
    /// `Services`, or `{is}`.
    segments: Vec<String>,
    methods: Vec<(&'static str, String)>,
}

fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for line in ROUTER.lines().map(str::trim) {
        if line.starts_with("(V") && line.contains("by_method!") {
            let (versions, rest) = line[1..].split_once(", [").expect("a pattern");
            let segments = rest.split_once(']').expect("a pattern").0;
            let segment = |text: &str| match text.strip_prefix('"') {
                Some(literal) => literal.trim_end_matches('"').to_owned(),
                None => format!("{{{text}}}"),
            };
            routes.push(Route {
                versions: versions.split(" | ").map(str::to_lowercase).collect(),
                segments: segments.split(", ").map(segment).collect(),
                methods: Vec::new(),
            });
        }
        for (word, method) in [("Get \"", "GET"), ("Post \"", "POST"), ("Delete \"", "DELETE")] {
            if let (Some(rest), Some(route)) = (line.strip_prefix(word), routes.last_mut()) {
                route.methods.push((method, rest.split('"').next().expect("a name").to_owned()));
            }
        }
    }
    let operations: usize = routes.iter().map(|route| route.methods.len()).sum();
    assert!(routes.len() >= 20 && operations >= 55, "the router reads differently: {operations} operations");
    routes
}

impl Route {
    fn path(&self, version: &str, names: &Names) -> String {
        let segments = self.segments.iter().map(|segment| match segment.strip_prefix('{') {
            Some(name) => names[name.trim_end_matches('}')].as_str(),
            None => segment,
        });
        format!("/{version}/{}", segments.collect::<Vec<_>>().join("/"))
    }

    fn variables(&self) -> Vec<&str> {
        let inner = |segment: &'_ String| segment.starts_with('{');
        self.segments.iter().filter(|s| inner(s)).map(|s| s.trim_matches(['{', '}'])).collect()
    }
}

/// The SIDs of one service and what is in it, by the names of the router's variables.
type Names = BTreeMap<String, String>;

const KINDS: [(&str, &str); 10] = [
    ("is", "IS"),
    ("ch", "CH"),
    ("mb", "MB"),
    ("im", "IM"),
    ("sid", "IN"),
    ("wh", "WH"),
    ("rl", "RL"),
    ("us", "US"),
    ("bs", "BS"),
    ("cr", "CR"),
];

const WEBHOOK: [(&str, &str); 3] = [
    ("Type", "webhook"),
    ("Configuration.Url", "https://example.com/hook"),
    ("Configuration.Filters", "onMessageSent"),
];

fn populate(client: &mut Client, mark: &str) -> (Names, Names) {
    let is = client.post("/v2/Services", &[("FriendlyName", mark)]).expect(201).sid();
    let at = format!("/v2/Services/{is}");
    let cr = client.post("/v2/Credentials", &[("Type", "gcm"), ("Secret", "s")]).expect(201).sid();
    let role = [("FriendlyName", "r"), ("Type", "channel"), ("Permission", "sendMessage")];
    let rl = client.post(&format!("{at}/Roles"), &role).expect(201).sid();
    let us = client.post(&format!("{at}/Users"), &[("Identity", "ann")]).expect(201).sid();
    client.post(&format!("{at}/Users"), &[("Identity", "guest")]).expect(201);
    client.post(&format!("{at}/Users"), &[("Identity", "stranger")]).expect(201);
    let mut channel = |name: &str, member: &str| {
        let ch = client.post(&format!("{at}/Channels"), &[("UniqueName", name)]).expect(201).sid();
        let at = format!("{at}/Channels/{ch}");
        let mb = client.post(&format!("{at}/Members"), &[("Identity", member)]).expect(201).sid();
        let im = client.post(&format!("{at}/Messages"), &[("Body", "hello")]).expect(201).sid();
        client.post(&format!("{at}/Messages"), &[("Body", "again")]).expect(201);
        let sid = client.post(&format!("{at}/Invites"), &[("Identity", "guest")]).expect(201).sid();
        let wh = client.post(&format!("{at}/Webhooks"), &WEBHOOK).expect(201).sid();
        let bs = format!("BS{}", "0".repeat(32));
        [
            ("is", &is),
            ("ch", &ch),
            ("mb", &mb),
            ("im", &im),
            ("sid", &sid),
            ("wh", &wh),
            ("rl", &rl),
            ("us", &us),
        ]
        .into_iter()
        .chain([("bs", &bs), ("cr", &cr)])
        .map(|(name, sid)| (name.to_owned(), sid.clone()))
        .collect::<Names>()
    };
    (channel("lobby", "ann"), channel("attic", "bob"))
}

/// A server with two accounts, two services of the first, and one of the second.
struct Stage {
    server: Server,
    /// The first account's client.
    client: Client,
    other: Client,
    names: Names,
    /// Another channel of the same service.
    sibling: Names,
    /// Another service of the same account.
    neighbour: Names,
    /// A service of the other account.
    foreign: Names,
    _database: Database,
}

const ACCOUNTS: [(&str, &str); 2] = [
    ("AC0123456789abcdef0123456789abcdef", "8f3c1e9ab47d20655be1c7f09a34d8e2"),
    ("ACfedcba9876543210fedcba9876543210", "00112f8e4b7da9c35566e0a1f2b3c4d5"),
];

impl Stage {
    fn new(more: &[&str]) -> Self {
        let database = Database::sqlite();
        let config = database.file().expect("a file").with_file_name("chat.toml");
        let text =
            ACCOUNTS.map(|(sid, token)| format!("[[accounts]]\nsid = \"{sid}\"\nauth_token = \"{token}\"\n"));
        std::fs::write(&config, text.concat()).expect("a file");
        let mut command = program();
        command
            .args(["ci", "--listen", "127.0.0.1:0", "--database", &database.url(), "--config"])
            .arg(&config);
        let server = Server::spawn(command.args(more).stderr(Stdio::null()));
        let [mut client, mut other] =
            ACCOUNTS.map(|(sid, token)| Client::new(&server.address, &basic(sid, token)));
        let (names, sibling) = populate(&mut client, "first");
        let (neighbour, _) = populate(&mut client, "second");
        let (foreign, _) = populate(&mut other, "other account");
        Self { server, client, other, names, sibling, neighbour, foreign, _database: database }
    }

    /// Every list of both accounts.
    fn snapshot(&mut self) -> String {
        let mut text = String::new();
        for client in [&mut self.client, &mut self.other] {
            let mut add = |client: &mut Client, path: String, key: &str| {
                let rows = client.list(&path, key);
                text.push_str(&format!("{path}\n"));
                for row in &rows {
                    text.push_str(&format!("  {row}\n"));
                }
                rows.iter().map(|row| row["sid"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
            };
            add(client, "/v2/Credentials".to_owned(), "credentials");
            for service in add(client, "/v2/Services".to_owned(), "services") {
                let at = format!("/v2/Services/{service}");
                add(client, format!("{at}/Roles"), "roles");
                add(client, format!("{at}/Bindings"), "bindings");
                for user in add(client, format!("{at}/Users"), "users") {
                    add(client, format!("{at}/Users/{user}/Channels"), "channels");
                }
                for channel in add(client, format!("{at}/Channels"), "channels") {
                    let at = format!("{at}/Channels/{channel}");
                    for (path, key) in [
                        ("Members", "members"),
                        ("Messages", "messages"),
                        ("Invites", "invites"),
                        ("Webhooks", "webhooks"),
                    ] {
                        add(client, format!("{at}/{path}"), key);
                    }
                }
            }
        }
        text
    }

    /// Runs a test that must not change anything.
    fn unchanged(&mut self, test: impl FnOnce(&mut Self)) {
        let before = self.snapshot();
        test(self);
        assert_eq!(self.snapshot(), before, "something was changed by what was refused");
    }
}

/// A refusal in the protocol's form.
#[track_caller]
fn refused(answer: &Answer, context: &str) {
    assert!((400..500).contains(&answer.status), "{context}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{context}: {answer:?}");
    let body = answer.json();
    assert_eq!(body["status"].as_u64(), Some(answer.status.into()), "{context}: {answer:?}");
    let code = body["code"].as_u64().unwrap_or_else(|| panic!("{context}: no code in {answer:?}"));
    assert!(code >= 10_000, "{context}: {answer:?}");
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{context}: {answer:?}");
    let info = format!("https://www.twilio.com/docs/errors/{code}");
    assert_eq!(body["more_info"].as_str(), Some(info.as_str()), "{context}: {answer:?}");
    let names: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    let wanted: &[&str] = &["code", "detail", "message", "more_info", "status"];
    assert!(names.iter().all(|name| wanted.contains(name)), "{context}: {answer:?}");
    assert!(answer.body.len() < 600_000, "{context}: an answer of {} bytes", answer.body.len());
}

#[track_caller]
fn refused_with(answer: &Answer, outcome: (u16, i64), context: &str) {
    refused(answer, context);
    assert_eq!(answer.outcome(), outcome, "{context}: {answer:?}");
}

/// One POST operation: path, a form that passes, and its parameters.
struct Operation {
    path: &'static str,
    passes: &'static [(&'static str, &'static str)],
    parameters: &'static [&'static str],
}

const OPERATIONS: &[Operation] = &[
    Operation { path: "/Services", passes: &[("FriendlyName", "x")], parameters: &["FriendlyName"] },
    Operation {
        path: "/Services/{is}",
        passes: &[("FriendlyName", "x")],
        parameters: &[
            "FriendlyName",
            "DefaultServiceRoleSid",
            "DefaultChannelRoleSid",
            "DefaultChannelCreatorRoleSid",
            "ReadStatusEnabled",
            "ReachabilityEnabled",
            "TypingIndicatorTimeout",
            "ConsumptionReportInterval",
            "Notifications.NewMessage.Enabled",
            "Notifications.NewMessage.Template",
            "Notifications.NewMessage.Sound",
            "Notifications.NewMessage.BadgeCountEnabled",
            "Notifications.AddedToChannel.Enabled",
            "Notifications.AddedToChannel.Template",
            "Notifications.AddedToChannel.Sound",
            "Notifications.RemovedFromChannel.Enabled",
            "Notifications.RemovedFromChannel.Template",
            "Notifications.RemovedFromChannel.Sound",
            "Notifications.InvitedToChannel.Enabled",
            "Notifications.InvitedToChannel.Template",
            "Notifications.InvitedToChannel.Sound",
            "Notifications.LogEnabled",
            "PreWebhookUrl",
            "PostWebhookUrl",
            "WebhookMethod",
            "WebhookFilters",
            "Limits.ChannelMembers",
            "Limits.UserChannels",
            "Media.CompatibilityMessage",
            "PreWebhookRetryCount",
            "PostWebhookRetryCount",
        ],
    },
    Operation {
        path: "/Services/{is}/Channels",
        passes: &[("FriendlyName", "x")],
        parameters: &[
            "FriendlyName",
            "UniqueName",
            "Attributes",
            "Type",
            "DateCreated",
            "DateUpdated",
            "CreatedBy",
        ],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}",
        passes: &[("FriendlyName", "x")],
        parameters: &["FriendlyName", "UniqueName", "Attributes", "DateCreated", "DateUpdated", "CreatedBy"],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}/Members",
        passes: &[("Identity", "stranger")],
        parameters: &[
            "Identity",
            "RoleSid",
            "LastConsumedMessageIndex",
            "LastConsumptionTimestamp",
            "DateCreated",
            "DateUpdated",
            "Attributes",
        ],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}/Members/{mb}",
        passes: &[("Attributes", "{}")],
        parameters: &[
            "RoleSid",
            "LastConsumedMessageIndex",
            "LastConsumptionTimestamp",
            "DateCreated",
            "DateUpdated",
            "Attributes",
        ],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}/Messages",
        passes: &[("Body", "x")],
        parameters: &[
            "Body",
            "From",
            "Attributes",
            "DateCreated",
            "DateUpdated",
            "LastUpdatedBy",
            "MediaSid",
        ],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}/Messages/{im}",
        passes: &[("Attributes", "{}")],
        parameters: &["Body", "Attributes", "DateCreated", "DateUpdated", "LastUpdatedBy", "From"],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}/Invites",
        passes: &[("Identity", "stranger")],
        parameters: &["Identity", "RoleSid"],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}/Webhooks",
        passes: &WEBHOOK,
        parameters: &[
            "Type",
            "Configuration.Url",
            "Configuration.Method",
            "Configuration.Filters",
            "Configuration.Triggers",
            "Configuration.FlowSid",
            "Configuration.RetryCount",
        ],
    },
    Operation {
        path: "/Services/{is}/Channels/{ch}/Webhooks/{wh}",
        passes: &[("Configuration.Url", "https://example.com/other")],
        parameters: &[
            "Configuration.Url",
            "Configuration.Method",
            "Configuration.Filters",
            "Configuration.Triggers",
            "Configuration.FlowSid",
            "Configuration.RetryCount",
        ],
    },
    Operation {
        path: "/Services/{is}/Roles",
        passes: &[("FriendlyName", "x"), ("Type", "channel"), ("Permission", "sendMessage")],
        parameters: &["FriendlyName", "Type", "Permission"],
    },
    Operation {
        path: "/Services/{is}/Roles/{rl}",
        passes: &[("Permission", "sendMessage")],
        parameters: &["Permission"],
    },
    Operation {
        path: "/Services/{is}/Users",
        passes: &[("Identity", "nobody yet")],
        parameters: &["Identity", "RoleSid", "Attributes", "FriendlyName"],
    },
    Operation {
        path: "/Services/{is}/Users/{us}",
        passes: &[("FriendlyName", "x")],
        parameters: &["RoleSid", "Attributes", "FriendlyName"],
    },
    Operation {
        path: "/Services/{is}/Users/{us}/Channels/{ch}",
        passes: &[("NotificationLevel", "muted")],
        parameters: &["NotificationLevel", "LastConsumedMessageIndex", "LastConsumptionTimestamp"],
    },
    Operation {
        path: "/Credentials",
        passes: &[("Type", "gcm"), ("Secret", "x")],
        parameters: &["Type", "FriendlyName", "Certificate", "PrivateKey", "Sandbox", "ApiKey", "Secret"],
    },
    Operation {
        path: "/Credentials/{cr}",
        passes: &[("FriendlyName", "x")],
        parameters: &["FriendlyName", "Certificate", "PrivateKey", "Sandbox", "ApiKey", "Secret"],
    },
];

/// The one operation of v3.
const MAKE_PRIVATE: Operation = Operation {
    path: "/Services/{is}/Channels/{ch}",
    passes: &[("Type", "private")],
    parameters: &["Type", "MessagingServiceSid"],
};

fn fill(template: &str, names: &Names) -> String {
    names.iter().fold(template.to_owned(), |path, (name, sid)| path.replace(&format!("{{{name}}}"), sid))
}

fn operations() -> impl Iterator<Item = (&'static str, &'static Operation)> {
    OPERATIONS.iter().map(|operation| ("v2", operation)).chain([("v3", &MAKE_PRIVATE)])
}

impl Operation {
    /// The passing form with one parameter changed, the value as it stands on the wire.
    fn with(&self, name: &str, value: &str) -> String {
        let others: Vec<_> = self.passes.iter().copied().filter(|(key, _)| *key != name).collect();
        let mut form = encode(&others);
        if !form.is_empty() {
            form.push('&');
        }
        form + name + "=" + value
    }
}

#[test]
fn the_table_of_this_test_knows_every_post_of_the_router() {
    for route in routes().iter().filter(|route| route.methods.iter().any(|(method, _)| *method == "POST")) {
        for version in &route.versions {
            let path = format!("/{}", route.segments.join("/"));
            let known = operations().any(|(v, operation)| {
                operation.path == path && (v == version || (v == "v2" && version == "v1"))
            });
            assert!(known, "{version} {path} is new: add it to OPERATIONS");
        }
    }
}

#[test]
fn malformed_text_is_refused_in_every_parameter_of_every_operation() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        let broken =
            ["%", "%4", "%zz", "%+1", "%ff", "%c3%28", "%c0%80", "%ed%a0%80", "%f4%90%80%80", "%00", "a%00b"];
        for (version, operation) in operations() {
            let path = format!("/{version}{}", fill(operation.path, &stage.names));
            for name in operation.parameters {
                for value in broken {
                    let form = operation.with(name, value);
                    let answer = stage.client.send("POST", &path, &form).expect("an answer");
                    refused_with(&answer, (400, 20_001), &format!("POST {path} {form}"));
                }
            }
            for form in ["%ff=1", "%=1", "%00=1", "a%zz"] {
                let answer = stage.client.send("POST", &path, form).expect("an answer");
                refused_with(&answer, (400, 20_001), &format!("POST {path} {form}"));
            }
        }
    });
}

#[test]
fn raw_bytes_that_are_no_utf8_are_refused() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
        for (version, operation) in operations() {
            let path = format!("/{version}{}", fill(operation.path, &stage.names));
            for body in
                [&b"FriendlyName=\xff\xfe"[..], b"Identity=\0", b"\xc3=1", b"Body=\xed\xa0\x80", b"\0"]
            {
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let answer = stage.client.raw(&[head.as_bytes(), body].concat(), false).expect("an answer");
                refused_with(&answer, (400, 20_001), &format!("POST {path} {body:?}"));
            }
        }
    });
}

#[test]
fn a_hundred_thousand_characters_are_refused_in_every_parameter_of_every_operation() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        let long = "x".repeat(100_000);
        let wide = "%F0%9F%8E%88".repeat(25_000);
        for (version, operation) in operations() {
            let path = format!("/{version}{}", fill(operation.path, &stage.names));
            for name in operation.parameters {
                for value in [&long, &wide] {
                    let answer =
                        stage.client.send("POST", &path, &operation.with(name, value)).expect("an answer");
                    refused(&answer, &format!("POST {path} {name}=(100,000 characters)"));
                    assert!(answer.body.len() < 2_000, "POST {path} {name}: the answer echoes the text");
                }
            }
        }
        for (version, path, name) in [
            ("v1", "/Services", "FriendlyName"),
            ("v1", "/Services/{is}/Channels", "FriendlyName"),
            ("v1", "/Services/{is}/Channels", "UniqueName"),
            ("v1", "/Services/{is}/Channels", "Attributes"),
            ("v1", "/Services/{is}/Users", "Identity"),
            ("v1", "/Services/{is}/Channels/{ch}/Members", "Identity"),
            ("v1", "/Services/{is}/Channels/{ch}/Messages", "Body"),
            ("v1", "/Services/{is}", "Webhooks.OnMessageSend.Url"),
            ("v1", "/Services/{is}", "Webhooks.OnMessageSend.Format"),
        ] {
            let path = format!("/{version}{}", fill(path, &stage.names));
            refused(&stage.client.post(&path, &[(name, &long)]), &format!("POST {path} {name}"));
        }
    });
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    const NUMBERS: &[&str] =
        &["12.5", "abc", "-1", "1e3", "99999999999999999999", "0x10", "+1", " 1", "NaN", "१"];
    const BOOLEANS: &[&str] = &["yes", "2", "on", "null", "tru"];
    const DATES: &[&str] = &[
        "yesterday",
        "0",
        "2015-13-01T00:00:00Z",
        "2015-02-30T00:00:00Z",
        "2015-01-01T25:00:00Z",
        "99999-01-01T00:00:00Z",
        "2015-01-01",
    ];
    const JSON: &[&str] = &["{", "{a:1}", "nul", "'x'", "[1,]", "\"\u{7}\"", "{}{}", "NaN"];
    const WORDS: &[&str] = &["PUBLIC", "other", "0"];
    const URLS: &[&str] =
        &["ftp://example.com", "example.com", "/hook", "http://", "javascript:alert(1)", "http:// x"];
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        for (version, operation) in operations() {
            let path = format!("/{version}{}", fill(operation.path, &stage.names));
            for name in operation.parameters {
                let values = match *name {
                    "Attributes" => JSON,
                    name if name.starts_with("Date") || name.ends_with("Timestamp") => DATES,
                    name if name.ends_with("Enabled") || name == "Sandbox" => BOOLEANS,
                    name if name.ends_with("Url") => URLS,
                    "Type"
                    | "NotificationLevel"
                    | "WebhookMethod"
                    | "Configuration.Method"
                    | "WebhookFilters"
                    | "Configuration.Filters"
                    | "Permission" => WORDS,
                    name if name.ends_with("Sid") => &["x", "RL0", "0123456789abcdef0123456789abcdef"],
                    name if name.starts_with("Limits.")
                        || name.ends_with("RetryCount")
                        || name.ends_with("Index")
                        || name.ends_with("Timeout")
                        || name.ends_with("Interval") =>
                    {
                        NUMBERS
                    }
                    _ => continue,
                };
                for value in values {
                    let form = operation.with(name, &encode(&[("", value)])[1..]);
                    let answer = stage.client.send("POST", &path, &form).expect("an answer");
                    refused(&answer, &format!("POST {path} {form}"));
                }
            }
        }
    });
}

#[test]
fn methods_and_paths_that_do_not_exist_are_refused() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        for route in routes() {
            for version in &route.versions {
                let path = route.path(version, &stage.names);
                for method in ["PUT", "PATCH", "TRACE", "POST", "DELETE", "GET", "FOO", "get", "PROPFIND"] {
                    if route.methods.iter().any(|(known, _)| *known == method) {
                        continue;
                    }
                    let answer = stage.client.send(method, &path, "").expect("an answer");
                    refused_with(&answer, (405, 20_004), &format!("{method} {path}"));
                    let allow = answer.header("allow").unwrap_or_default().to_owned();
                    let named: Vec<_> = allow.split(", ").collect();
                    let all = route.methods.iter().all(|(known, _)| named.contains(known));
                    assert!(all && !named.contains(&method), "{method} {path}: Allow: {allow}");
                }
                for end in ["/", "//", "/x", "/.json", "/%00", "/..", "%2F"] {
                    let longer = format!("{path}{end}");
                    let answer = stage.client.send("PUT", &longer, "").expect("an answer");
                    refused(&answer, &format!("PUT {longer}"));
                }
            }
        }
        let long = format!("/v2/{}", "x".repeat(20_000));
        for path in [
            "/",
            "/v2",
            "/v2/",
            "/v4/Services",
            "/V2/Services",
            "/v2/services",
            "/v2//Services",
            "//v2/Services",
            "/v2/Services/",
            "/2010-04-01/Accounts",
            "/v2/Services/..",
            "/v2/Services/%2e%2e",
            "/v2/Services/%2F",
            "/v2/Services/%00",
            "/v2/Services/IS",
            "/v2/Services/%",
            "/v2/Services/%zz",
            "/v2/Services/%ff",
            "/v1/Services/x/Media",
            "/v3/Services",
            "/favicon.ico",
            "/v2/Services;x=1",
            "/v2/Services%3F",
            &long,
        ] {
            for method in ["GET", "POST", "DELETE", "PUT"] {
                let answer = stage.client.send(method, path, "FriendlyName=x").expect("an answer");
                refused(&answer, &format!("{method} {path}"));
                let fits = match answer.outcome() {
                    (404, 20_404) | (400, 20_001) => true,
                    // The path has the form of a service's.
                    outcome => outcome == (405, 20_004) && method == "PUT",
                };
                assert!(fits, "{method} {path}: {answer:?}");
            }
        }
    });
}

#[test]
fn foreign_sids_are_unknown_everywhere() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        for route in routes() {
            for (variable, version) in route
                .variables()
                .into_iter()
                .flat_map(|variable| route.versions.iter().map(move |v| (variable, v)))
            {
                let prefix = KINDS.iter().find(|(name, _)| *name == variable).expect("a known kind").1;
                let random = format!("{prefix}00112233445566778899aabbccddeeff");
                let mut wrong: Vec<String> =
                    vec![random.clone(), random[..33].to_owned(), format!("{random}0")];
                // A SID of every other kind.
                wrong.extend(
                    stage.names.iter().filter(|(name, _)| *name != variable).map(|(_, sid)| sid.clone()),
                );
                wrong.push(stage.foreign[variable].clone());
                if !matches!(variable, "is" | "cr") {
                    wrong.push(stage.neighbour[variable].clone());
                }
                if matches!(variable, "mb" | "im" | "sid" | "wh") {
                    wrong.push(stage.sibling[variable].clone());
                }
                for sid in wrong {
                    let mut names = stage.names.clone();
                    names.insert(variable.to_owned(), sid);
                    let path = route.path(version, &names);
                    for (method, operation) in &route.methods {
                        let known = operations().find(|(v, operation)| {
                            let same = operation.path == format!("/{}", route.segments.join("/"));
                            same && (*v == "v3") == (version == "v3")
                        });
                        let form = known.map_or(String::new(), |(_, operation)| encode(operation.passes));
                        let answer = stage.client.send(method, &path, &form).expect("an answer");
                        refused_with(&answer, (404, 20_404), &format!("{operation}: {method} {path} {form}"));
                    }
                }
            }
        }
        // The other account's credentials see nothing of this one.
        for route in routes().iter().filter(|route| !route.variables().is_empty()) {
            let path = route.path(&route.versions[0], &stage.names);
            for (method, _) in &route.methods {
                let answer =
                    stage.other.send(method, &path, "FriendlyName=x&Identity=x&Body=x").expect("an answer");
                refused_with(&answer, (404, 20_404), &format!("{method} {path} by another account"));
            }
        }
        // In parameters.
        let at = fill("/v2/Services/{is}", &stage.names);
        let channel = fill("/v2/Services/{is}/Channels/{ch}", &stage.names);
        let own = fill("{rl}", &stage.names);
        for role in [&stage.neighbour["rl"], &stage.foreign["rl"], &stage.names["us"], &own] {
            // The own role is a channel role: it fits members and invites, and no user.
            let cases: &[(&str, &str, &[(&str, &str)], i64)] = &[
                (&format!("{at}/Users"), "RoleSid", &[("Identity", "nobody yet")], 50_102),
                (&format!("{at}/Users/ann"), "RoleSid", &[], 50_102),
                (&at, "DefaultServiceRoleSid", &[], 50_102),
                (&format!("{channel}/Members"), "RoleSid", &[("Identity", "stranger")], 50_101),
                (&format!("{channel}/Members/ann"), "RoleSid", &[], 50_101),
                (&format!("{channel}/Invites"), "RoleSid", &[("Identity", "stranger")], 50_101),
                (&at, "DefaultChannelRoleSid", &[], 50_101),
                (&at, "DefaultChannelCreatorRoleSid", &[], 50_106),
            ];
            for (path, name, rest, code) in cases.iter().take(if *role == own { 3 } else { 8 }) {
                let mut form = rest.to_vec();
                form.push((name, role));
                refused_with(&stage.client.post(path, &form), (400, *code), &format!("POST {path} {form:?}"));
            }
        }
        let media = format!("ME{}", "1".repeat(32));
        let answer = stage.client.post(&format!("{channel}/Messages"), &[("MediaSid", &media)]);
        refused_with(&answer, (404, 50_507), "an unknown media SID");
    });
}

#[test]
fn page_tokens_of_every_list_are_checked_and_stale_ones_go_on() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        for route in
            routes().iter().filter(|route| route.methods.iter().any(|(_, name)| name.starts_with("List")))
        {
            for version in &route.versions {
                let path = route.path(version, &stage.names);
                for query in [
                    "PageToken=x",
                    "PageToken=PT",
                    "PageToken=PTx",
                    "PageToken=PT-1",
                    "PageToken=pt1",
                    "PageToken=PTAC0123456789abcdef0123456789abcdef",
                    "PageToken=PT99999999999999999999",
                    "PageToken=%ff",
                    "PageToken=%",
                    "PageToken=PT%00",
                    "PageToken=PT1.5",
                    "PageSize=0",
                    "PageSize=-1",
                    "PageSize=x",
                    "PageSize=",
                    "PageSize=99999999999999999999",
                    "PageSize=1.0",
                    "PageSize=%2B5",
                    "Page=-1",
                    "Page=x",
                    "Page=99999999999",
                    "%zz=1",
                ] {
                    let answer = stage.client.get(&format!("{path}?{query}"));
                    refused(&answer, &format!("GET {path}?{query}"));
                }
                let messages = path.ends_with("/Messages");
                let stale = |digit: &str| match (messages, digit) {
                    (true, "0") => "PT0".to_owned(),
                    (true, _) => format!("PT{}", i64::MAX),
                    (false, _) => {
                        let kinds = [
                            ("/Services", "IS"),
                            ("/Channels", "CH"),
                            ("/Members", "MB"),
                            ("/Invites", "IN"),
                            ("/Webhooks", "WH"),
                            ("/Roles", "RL"),
                            ("/Users", "US"),
                            ("/Bindings", "BS"),
                            ("/Credentials", "CR"),
                        ];
                        let kind = kinds.iter().find(|(end, _)| path.ends_with(end)).expect("a list").1;
                        format!("PT{kind}{}", digit.repeat(32))
                    }
                };
                for digit in ["0", "7", "f"] {
                    let token = stale(digit);
                    for query in [
                        format!("PageToken={token}"),
                        format!("PageToken={token}&PageSize=1&Page=7"),
                        format!("PageToken={token}&PageSize=9223372036854775807"),
                        "Page=0&PageToken=&PageSize=100000&Order=".to_owned(),
                    ] {
                        let page = stage.client.get(&format!("{path}?{query}")).expect(200).json();
                        let key = page["meta"]["key"].as_str().expect("a key");
                        assert!(page[key].is_array(), "GET {path}?{query}: {page}");
                    }
                }
            }
        }
    });
    // A token whose row is deleted names the place where it was.
    let at = fill("/v2/Services/{is}/Users", &stage.names);
    for i in 0..6 {
        stage.client.post(&at, &[("Identity", &format!("page{i}"))]).expect(201);
    }
    let all: Vec<_> = stage.client.list(&at, "users").iter().map(|row| row["sid"].clone()).collect();
    let first = stage.client.get(&format!("{at}?PageSize=4")).expect(200).json();
    let next = first["meta"]["next_page_url"].as_str().expect("more").to_owned();
    let gone = all[4].as_str().expect("a SID");
    assert!(next.ends_with(gone), "{next}");
    stage.client.delete(&format!("{at}/{gone}")).expect(204);
    let path = next.split_once(&stage.server.address).expect("this server").1;
    let second = stage.client.get(path).expect(200).json();
    let rows: Vec<_> =
        second["users"].as_array().expect("rows").iter().map(|row| row["sid"].clone()).collect();
    assert_eq!(rows, all[5..9.min(all.len())]);
    let back = second["meta"]["previous_page_url"].as_str().expect("a page before").to_owned();
    let again =
        stage.client.get(back.split_once(&stage.server.address).expect("this server").1).expect(200).json();
    assert_eq!(again["users"], first["users"]);
}

#[test]
fn repeated_parameters_count_once_and_too_many_are_refused() {
    let mut stage = Stage::new(&[]);
    let channels = fill("/v2/Services/{is}/Channels", &stage.names);
    let made =
        stage.client.send("POST", &channels, "FriendlyName=a&FriendlyName=b&&=x&Type=public&Type=private");
    let made = made.expect("an answer").expect(201);
    assert_eq!((made.text("friendly_name").as_str(), made.text("type").as_str()), ("b", "private"));
    stage.unchanged(|stage| {
        let many = "FriendlyName=x&".repeat(1_001);
        let answer = stage.client.send("POST", &channels, &many).expect("an answer");
        refused_with(&answer, (400, 20_001), "1,001 parameters");
        let answer = stage.client.get(&format!("{channels}?{}", "Type=public&".repeat(1_001)));
        refused_with(&answer, (400, 20_001), "1,001 parameters of a query");
        let path = fill("/v2/Services/{is}/Channels/{ch}/Webhooks", &stage.names);
        let six = "Type=trigger&Configuration.Url=http://a.example&".to_owned()
            + &"Configuration.Triggers=a&".repeat(6);
        refused_with(
            &stage.client.send("POST", &path, &six).expect("an answer"),
            (400, 50_322),
            "six triggers",
        );
        // A thousand different values of a repeated filter.
        let identities: String = (0..990).map(|i| format!("Identity=i{i}")).collect::<Vec<_>>().join("&");
        let members = fill("/v2/Services/{is}/Channels/{ch}/Members", &stage.names);
        stage.client.get(&format!("{members}?{identities}")).expect(200);
    });
}

#[test]
fn bodies_that_are_too_long_are_refused_whatever_they_hold() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
        let path = fill("/v2/Services/{is}/Channels/{ch}/Messages", &stage.names);
        let ten = vec![b'x'; 10 << 20];
        for kind in ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                ten.len()
            );
            let answer = stage.client.raw(&[head.as_bytes(), &ten].concat(), false).expect("an answer");
            refused_with(&answer, (413, 20_413), &format!("10 MB of {kind}"));
        }
        let mut chunked = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        .into_bytes();
        for _ in 0..10 {
            chunked.extend_from_slice(b"100000\r\n");
            chunked.extend_from_slice(&ten[..1 << 20]);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        let answer = stage.client.raw(&chunked, false).expect("an answer");
        refused_with(&answer, (413, 20_413), "10 MB in chunks");
        // Beyond what is read and thrown away: the connection is closed, in time.
        let started = Instant::now();
        let mut stream = dial(&stage.server.address).expect("a connection");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nContent-Length: 1000000000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("a head");
        while stream.write_all(&ten).is_ok() {
            assert!(started.elapsed() < Duration::from_secs(20), "the server reads for ever");
        }
        // Just below the limit a body is read.
        let fits = format!("Body={}", "x".repeat(1_048_000));
        refused_with(&stage.client.send("POST", &path, &fits).expect("an answer"), (400, 50_504), "1 MiB");
    });
}

#[test]
fn multipart_bodies_good_and_broken() {
    let mut stage = Stage::new(&[]);
    let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
    let path = fill("/v2/Services/{is}/Channels/{ch}/Messages", &stage.names);
    let send = |client: &mut Client, kind: &str, body: &[u8]| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        client.raw(&[head.as_bytes(), body].concat(), false).expect("an answer")
    };
    let part = |name: &str, value: &str| {
        format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let good = part("Body", "a=b&c %zz\r\nπ") + &part("From", "ann") + "--X--\r\n";
    let made = send(&mut stage.client, "multipart/form-data; boundary=X", good.as_bytes()).expect(201);
    assert_eq!((made.text("body").as_str(), made.text("from").as_str()), ("a=b&c %zz\r\nπ", "ann"));
    let made = send(&mut stage.client, "Multipart/Form-Data; charset=utf-8; boundary=\"X\"", good.as_bytes());
    assert_eq!(made.expect(201).text("from"), "ann");
    stage.unchanged(|stage| {
        let body = part("Body", "x");
        let kind = "multipart/form-data; boundary=X";
        let many = part("Body", "x").repeat(1_001) + "--X--\r\n";
        let huge = format!(
            "--X\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\nx\r\n--X--\r\n",
            "n".repeat(500_000)
        );
        let cases: &[(&str, &[u8])] = &[
            ("multipart/form-data", good.as_bytes()),
            ("multipart/form-data; boundary=", good.as_bytes()),
            ("multipart/form-data; boundary=Y", good.as_bytes()),
            (kind, body.as_bytes()),
            (kind, b"--X"),
            (kind, b"--X\r\n"),
            (kind, b"--X\r\n\r\nx\r\n--X--\r\n"),
            (kind, b"--X\r\nContent-Disposition: form-data\r\n\r\nx\r\n--X--\r\n"),
            (kind, b"--X\r\nContent-Disposition: form-data; name=\"Body\"\r\n\r\n\xff\xfe\r\n--X--\r\n"),
            (kind, b"--X\r\nContent-Disposition: form-data; name=\"Body\"\r\n\r\na\0b\r\n--X--\r\n"),
            (kind, b"--X\r\nContent-Disposition: \xff\r\n\r\nx\r\n--X--\r\n"),
            (kind, b"garbage"),
            (kind, b"\r\n\r\n\r\n"),
            (kind, many.as_bytes()),
            (kind, huge.as_bytes()),
        ];
        for (kind, body) in cases {
            let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
            let answer = send(&mut stage.client, kind, body);
            refused_with(&answer, (400, 20_001), &format!("{kind}: {shown:?}"));
        }
    });
}

#[test]
fn deep_json_is_refused() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        let deep = |n: usize, open: &str, close: &str| format!("{}{}", open.repeat(n), close.repeat(n));
        for (_, operation) in
            operations().filter(|(_, operation)| operation.parameters.contains(&"Attributes"))
        {
            let path = format!("/v2{}", fill(operation.path, &stage.names));
            for text in [deep(1_000, "[", "]"), deep(400, "{\"a\":[", "]}"), "[".repeat(4_000)] {
                let mut form: Vec<_> =
                    operation.passes.iter().copied().filter(|(k, _)| *k != "Attributes").collect();
                form.push(("Attributes", &text));
                refused_with(&stage.client.post(&path, &form), (400, 50_304), &format!("POST {path}"));
            }
        }
    });
}

#[test]
fn odd_headers_change_nothing() {
    let mut stage = Stage::new(&[]);
    stage.unchanged(|stage| {
        let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
        let huge = basic(ACCOUNTS[0].0, &"x".repeat(50_000));
        let unknown = basic("AC00000000000000000000000000000000", ACCOUNTS[0].1);
        let crossed = basic(ACCOUNTS[0].0, ACCOUNTS[1].1);
        for value in [
            "", "Basic", "Basic ", "Basic !!!", "Basic QUM=", "Basic /w==", "Bearer abc", "Digest username=x",
            "Basic Og==", &huge, &unknown, &crossed, &basic("", ""), &basic("SK0", "x"), &auth[6..],
            &basic(&ACCOUNTS[0].0.to_lowercase(), ACCOUNTS[0].1), &basic(ACCOUNTS[0].0, ""),
        ] {
            let text = format!("GET /v2/Services HTTP/1.1\r\nHost: x\r\nAuthorization: {value}\r\n\r\n");
            let answer = stage.client.raw(text.as_bytes(), false).expect("an answer");
            refused_with(&answer, (401, 20_003), value);
            assert!(answer.header("www-authenticate").is_some(), "{value}");
            assert!(answer.json()["detail"].is_string(), "{value}");
        }
        let path = fill("/v2/Services/{is}/Channels/{ch}/Members", &stage.names);
        for kind in [
            "application/json", "text/plain; charset=utf-16", "application/xml", "x", "", ";;;", "multipart/mixed",
            "application/x-www-form-urlencoded; charset=\"",
        ] {
            let body = r#"{"Identity":"x"}"#;
            let text = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nContent-Type: {kind}\r\n\
                 Content-Encoding: gzip\r\nX-Twilio-Webhook-Enabled: perhaps\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let answer = stage.client.raw(text.as_bytes(), false).expect("an answer");
            refused_with(&answer, (400, 20_001), kind);
        }
        // A hostile host stays out of the answer.
        for host in ["evil\"host", "evil<script>", "a/evil", "evil host", "evil@x", &"evil".repeat(1_000)] {
            let text = format!(
                "GET /v2/Services HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.example\r\n\
                 X-Forwarded-Proto: evil\r\nAccept-Encoding: utf-8\r\nAuthorization: {auth}\r\n\r\n"
            );
            let answer = stage.client.raw(text.as_bytes(), false).expect("an answer");
            assert!(answer.status < 500 && !answer.body.contains("evil"), "{host}: {answer:?}");
        }
    });
}

/// What happens to bytes that are no HTTP: an answer, or the end of the connection; `None` is a hang.
fn fate(address: &str, bytes: &[u8]) -> Option<String> {
    let mut stream = dial(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                if answer.is_empty() {
                    return None;
                }
                break;
            }
            Err(_) => break,
        }
    }
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// The HTTP library answers these by itself, before the API sees a request: status and end of connection are all there
/// is, and there is no body to be JSON.
#[test]
fn bytes_that_are_no_http_end_the_connection_and_harm_nobody() {
    let mut stage = Stage::new(&["--set", "http.request_timeout_ms=1000"]);
    stage.unchanged(|stage| {
        let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
        let path = fill("/v2/Services/{is}/Channels/{ch}/Messages", &stage.names);
        let post = |more: &str| format!("POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\n{more}");
        let cases = [
            "\r\n\r\n\r\n".to_owned(),
            "garbage\r\n\r\n".to_owned(),
            "GET\r\n\r\n".to_owned(),
            "GET /v2/Services\r\n\r\n".to_owned(),
            "GET /v2/Services HTTP/9.9\r\n\r\n".to_owned(),
            "GET  /v2/Services HTTP/1.1\r\n\r\n".to_owned(),
            "GET /v2/Ser vices HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}".to_owned(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            "CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
            post("Content-Length: -1\r\n\r\nBody=x"),
            post("Content-Length: x\r\n\r\nBody=x"),
            post("Content-Length: 6\r\nContent-Length: 7\r\n\r\nBody=x"),
            post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nBody=x"),
            post("Transfer-Encoding: chunked\r\n\r\nzz\r\nBody=x\r\n0\r\n\r\n"),
            post("Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nBody=x\r\n0\r\n\r\n"),
            post("Transfer-Encoding: gzip\r\n\r\nBody=x"),
            post("Content-Length: 100\r\n\r\nBody=x"),
            post("Bad Header: x\r\n\r\n"),
            post("X: a\u{1}b\r\n\r\n"),
            post(&format!("X-Long: {}\r\n\r\n", "x".repeat(200_000))),
            post(&"X-Many: x\r\n".repeat(5_000)),
            format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "x".repeat(100_000)),
        ];
        for case in &cases {
            let shown: String = case.chars().take(160).collect();
            let Some(answer) = fate(&stage.server.address, case.as_bytes()) else {
                panic!("{shown:?}: no answer and no end for 5 s");
            };
            if !answer.is_empty() {
                let status = answer.split(' ').nth(1).unwrap_or_default();
                assert!(status.starts_with('4') || status == "204", "{shown:?}: {answer}");
            }
        }
    });
}

#[test]
fn slow_callers_are_cut_off_and_idle_ones_cost_nothing() {
    let mut stage = Stage::new(&["--set", "http.request_timeout_ms=1000"]);
    stage.unchanged(|stage| {
        let address = stage.server.address.clone();
        let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
        let path = fill("/v2/Services/{is}/Channels/{ch}/Messages", &stage.names);
        let idle: Vec<_> = (0..300).map(|_| dial(&address).expect("a connection")).collect();
        let started = Instant::now();
        stage.client.get("/v2/Services").expect(200);
        assert!(started.elapsed() < Duration::from_secs(2), "300 idle connections are in the way");

        // A head that arrives a byte a second.
        let head = std::thread::spawn({
            let address = address.clone();
            move || {
                let mut stream = dial(&address).expect("a connection");
                let started = Instant::now();
                for byte in b"GET /v2/Services HTTP/1.1\r\n" {
                    if stream.write_all(&[*byte]).is_err() {
                        break;
                    }
                    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a timeout");
                    match stream.read(&mut [0; 512]) {
                        Ok(0) => break,
                        Ok(_) => {}
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(_) => break,
                    }
                }
                started.elapsed()
            }
        });
        // A body that arrives a byte a second.
        let mut stream = dial(&address).expect("a connection");
        let started = Instant::now();
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nContent-Length: 1000\r\n\r\n"
        );
        stream.write_all(text.as_bytes()).expect("a head");
        let mut writing = stream.try_clone().expect("a handle");
        let drip = std::thread::spawn(move || {
            for _ in 0..20 {
                if writing.write_all(b"x").is_err() {
                    break;
                }
                pause(Duration::from_millis(500));
            }
        });
        let answer = read_answer(
            &mut BufReader::new(&mut stream).get_mut().try_clone().map(BufReader::new).expect("a handle"),
            false,
        );
        refused_with(&answer.expect("an answer"), (408, 20_001), "a slow body");
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "a slow body held on for {:?}",
            started.elapsed()
        );
        let held = head.join().expect("no panic");
        assert!(held < Duration::from_secs(6), "a slow head held on for {held:?}");
        drop(idle);
        drip.join().expect("no panic");
    });
}

#[test]
fn rates_are_refused_with_their_codes() {
    let stage = |more: &[&str]| {
        let mut all = vec!["--set", "limits.rate.enabled=true"];
        all.extend(more.iter().flat_map(|setting| ["--set", setting]));
        Stage::new(&all)
    };
    let mut stage = stage(&[
        "limits.rate.channel_aps=8",
        "limits.rate.service_aps=8",
        "limits.rate.window_s=2",
        "limits.rate.concurrent=4",
    ]);
    let (names, sibling) = (stage.names.clone(), stage.sibling.clone());
    pause(Duration::from_millis(2_500));
    let messages = fill("/v2/Services/{is}/Channels/{ch}/Messages", &names);
    let answers: Vec<_> = (0..40).map(|_| stage.client.post(&messages, &[("Body", "x")])).collect();
    let passed = answers.iter().filter(|answer| answer.status == 201).count();
    assert!((16..32).contains(&passed), "{passed} of 40 passed at 8 a second over 2 s");
    let refusal = answers.iter().find(|answer| answer.status != 201).expect("a refusal");
    refused_with(refusal, (429, 50_063), "messages");
    assert_eq!(refusal.header("retry-after"), Some("1"));
    // Reads are not counted, another channel has a window of its own, and so has the service.
    stage.client.get(&messages).expect(200);
    stage
        .client
        .post(&fill("/v2/Services/{is}/Channels/{ch}/Messages", &sibling), &[("Body", "x")])
        .expect(201);
    let users = fill("/v2/Services/{is}/Users", &names);
    let answers: Vec<_> =
        (0..40).map(|i| stage.client.post(&users, &[("Identity", &format!("u{i}"))])).collect();
    let refusal = answers.iter().find(|answer| answer.status != 201).expect("a refusal");
    refused_with(refusal, (429, 50_074), "users");

    // Four requests under way, held open by bodies that do not come.
    let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
    let head =
        format!("POST {users} HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\nContent-Length: 10\r\n\r\n");
    let held: Vec<_> = (0..4)
        .map(|_| {
            let mut stream = dial(&stage.server.address).expect("a connection");
            stream.write_all(head.as_bytes()).expect("a head");
            stream
        })
        .collect();
    let started = Instant::now();
    let refusal = loop {
        let answer = stage.client.get("/v2/Services");
        if answer.status != 200 {
            break answer;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "nothing was refused");
    };
    refused_with(&refusal, (429, 20_429), "concurrency");
    // The other account is another one.
    stage.other.get("/v2/Services").expect(200);
    drop(held);
    let started = Instant::now();
    while stage.client.get("/v2/Services").status != 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "the turns are never given back");
    }
}

/// A channel's rate is the channel's, by whichever of its names it is called.
#[test]
fn a_channels_rate_counts_all_its_names_together() {
    let settings = ["limits.rate.enabled=true", "limits.rate.channel_aps=4", "limits.rate.window_s=5"];
    let more: Vec<_> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
    let mut stage = Stage::new(&more);
    pause(Duration::from_millis(5_500));
    let (is, ch) = (stage.names["is"].clone(), stage.names["ch"].clone());
    let upper = format!("CH{}", ch[2..].to_uppercase());
    let mut passed = 0;
    for name in [ch.as_str(), "lobby", &upper] {
        let path = format!("/v2/Services/{is}/Channels/{name}/Messages");
        passed += (0..20).filter(|_| stage.client.post(&path, &[("Body", "x")]).status == 201).count();
    }
    assert!(passed <= 24, "{passed} messages passed where 20 may: each spelling has a window of its own");
}

/// Every name that a handler mentions, and some that none does.
fn parameter_names() -> Vec<String> {
    let mut names: Vec<String> = HANDLERS
        .iter()
        .flat_map(|text| text.split('"').skip(1).step_by(2))
        .filter(|text| text.len() > 2 && text.starts_with(|first: char| first.is_ascii_uppercase()))
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'))
        .map(str::to_owned)
        .chain(
            ["Body", "From", "PageSize", "Page", "PageToken", "Order", "Webhooks.OnMessageSend.Url", "x"]
                .map(str::to_owned),
        )
        .collect();
    names.sort();
    names.dedup();
    assert!(names.len() > 50, "the handlers read differently: {names:?}");
    names
}

#[test]
#[expect(clippy::too_many_lines, reason = "what is thrown, how, and what must come of it")]
fn random_forms_at_every_route_are_answered_in_form() {
    const CASES: u32 = 1_500;
    let stage = Stage::new(&[]);
    let routes = routes();
    let names = parameter_names();
    let name = prop_oneof![8 => prop::sample::select(names), 1 => "\\PC{0,12}"];
    let known: Vec<String> = stage.names.values().chain(stage.foreign.values()).cloned().collect();
    let values = prop::sample::select(known);
    let words = prop::sample::select(vec![
        "",
        "true",
        "1",
        "0",
        "-1",
        "9223372036854775807",
        "{}",
        "[1]",
        "null",
        "2015-12-16T22:18:37Z",
        "channel",
        "deployment",
        "private",
        "public",
        "webhook",
        "trigger",
        "studio",
        "apn",
        "gcm",
        "fcm",
        "sendMessage",
        "createChannel",
        "onMessageSent",
        "https://example.com/x",
        "http://[::1]:1/",
        "http://x:99999/",
        "GET",
        "POST",
        "muted",
        "default",
        "desc",
        "asc",
        "ann",
        "system",
        "PT0",
        "PT1",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "0000-01-01T00:00:00+23:59",
        "-0001-01-01T00:00:00Z",
    ]);
    let value = prop_oneof![
        4 => words.prop_map(str::to_owned),
        2 => values.clone(),
        2 => "\\PC{0,40}",
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<String>(),
        1 => "[a\u{e9}\u{1f388}]{250,300}",
    ];
    let form = prop::collection::vec((name, value), 0..8);
    let segment = prop_oneof![6 => Just(None), 1 => values.prop_map(Some), 1 => "\\PC{1,20}".prop_map(Some)];
    let strategy = (
        0..routes.len(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        form,
        prop::collection::vec(segment, 4),
        prop::option::weighted(0.05, any::<Vec<u8>>()),
    );
    let client = RefCell::new(Client::new(&stage.server.address, &stage.server.auth));
    *client.borrow_mut() = Client::new(&stage.server.address, &basic(ACCOUNTS[0].0, ACCOUNTS[0].1));
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(route, version, method, form, segments, junk)| {
        let route = &routes[route];
        let version = version.get(&route.versions);
        let (method, operation) = method.get(&route.methods);
        let mut names = stage.names.clone();
        let mut changed = false;
        for (variable, other) in route.variables().into_iter().zip(segments) {
            if let Some(other) = other {
                let text = percent_encoding::utf8_percent_encode(&other, percent_encoding::NON_ALPHANUMERIC);
                names.insert(variable.to_owned(), text.to_string());
                changed = true;
            }
        }
        if *method == "DELETE" && !changed {
            return Ok(());
        }
        let mut path = route.path(version, &names);
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut text = encode(&form).into_bytes();
        if let Some(junk) = junk {
            text.extend(junk);
        }
        if *method == "GET" {
            path = format!("{path}?{}", encode(&form));
        }
        let auth = basic(ACCOUNTS[0].0, ACCOUNTS[0].1);
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {auth}\r\n",
            stage.server.address
        )
        .into_bytes();
        if *method == "POST" {
            request.extend(format!("Content-Length: {}\r\n\r\n", text.len()).into_bytes());
            request.extend(text);
        } else {
            request.extend(b"\r\n");
        }
        let answer = client.borrow_mut().raw(&request, false);
        let answer = answer.map_err(|error| TestCaseError::fail(format!("{operation}: {error}")))?;
        prop_assert!(answer.status < 500, "{operation}: {method} {path}: {answer:?}");
        if answer.status >= 400 {
            refused(&answer, &format!("{operation}: {method} {path}"));
        } else if answer.status != 204 {
            let body: Result<serde_json::Value, _> = serde_json::from_str(&answer.body);
            prop_assert!(body.is_ok_and(|body| body.is_object()), "{operation}: {method} {path}: {answer:?}");
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // What came of it is still consistent.
    let mut stage = stage;
    stage.snapshot();
    for service in stage.client.list("/v2/Services", "services") {
        let at = format!("/v2/Services/{}", service["sid"].as_str().expect("a SID"));
        for channel in stage.client.list(&format!("{at}/Channels"), "channels") {
            let at = format!("{at}/Channels/{}", channel["sid"].as_str().expect("a SID"));
            let members = stage.client.list(&format!("{at}/Members"), "members").len();
            let messages = stage.client.list(&format!("{at}/Messages"), "messages").len();
            assert_eq!(channel["members_count"], members, "{channel}");
            assert_eq!(channel["messages_count"], messages, "{channel}");
        }
    }
}
