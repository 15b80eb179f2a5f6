//! The subcommands, as a person, a test suite and an operator use them.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Client, Database, Server, basic, on_both_engines, pause, program};

const SID: &str = "AC0123456789abcdef0123456789abcdef";
const STRONG: &str = "8f3c1e9ab47d20655be1c7f09a34d8e2";

on_both_engines! {
    keys_are_made_listed_and_revoked_beside_a_running_server = super::keys;
    tokens_are_made_and_explained = super::tokens;
    a_newer_schema_is_refused = super::newer_schema;
    dev_keeps_its_credentials = super::dev;
    the_log_of_webhooks_is_read_beside_a_running_server = super::webhooks;
}

/// Runs to the end, or is killed: nothing here may take long.
fn run(command: &mut Command) -> Output {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let started = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            let _ = child.kill();
            panic!("still running: {:?}", child.wait_with_output());
        }
        pause(Duration::from_millis(10));
    }
    child.wait_with_output().expect("its output")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs a command that must succeed.
#[track_caller]
fn succeeds(args: &[&str]) -> String {
    let output = run(program().args(args));
    assert!(output.status.success(), "{args:?}: {output:?}");
    out(&output)
}

/// Runs a command that must refuse, with these words in its text.
#[track_caller]
fn refuses(command: &mut Command, words: &[&str]) {
    let output = run(command);
    assert!(!output.status.success() && output.status.code().is_some(), "{command:?}: {output:?}");
    let text = err(&output);
    for word in words {
        assert!(text.contains(word), "{command:?} says nothing of {word:?}: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn ci_prints_one_line_of_json_when_it_serves() {
    let started = Instant::now();
    let mut server = Server::start(":memory:", &["--seed", "7"]);
    server.client().get("/v2/Services").expect(200);
    let cold = started.elapsed();
    assert!(cold < Duration::from_secs(2), "{cold:?} from nothing to the first answer");
    let line = server.credentials.clone();
    let names: Vec<_> = line.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["account_sid", "api_key_secret", "api_key_sid", "auth_token", "url"]);
    let text = |name: &str| line[name].as_str().expect(name).to_owned();
    let mut key = Client::new(&server.address, &basic(&text("api_key_sid"), &text("api_key_secret")));
    let service = key.post("/v2/Services", &[("FriendlyName", "x")]).expect(201);
    assert_eq!(service.text("account_sid"), text("account_sid"));
    assert!(service.text("url").starts_with(&text("url")));
    // The same seed, the same secrets.
    let again = Server::start(":memory:", &["--seed", "7"]);
    assert_eq!(again.credentials["auth_token"], line["auth_token"]);
    let other = Server::start(":memory:", &[]);
    assert_ne!(other.credentials["auth_token"], line["auth_token"]);
    server.signal("INT");
    assert_eq!(server.ended_within(Duration::from_secs(10)).code(), Some(0));
}

#[test]
fn a_port_in_use_and_a_directory_as_database_are_refused_in_words() {
    let server = Server::start(":memory:", &[]);
    refuses(program().args(["ci", "--listen", &server.address]), &["cannot listen on", "--listen"]);
    let dir = tempfile::tempdir().expect("a directory");
    refuses(
        program().args(["ci", "--listen", "127.0.0.1:0", "--database"]).arg(dir.path()),
        &["cannot open"],
    );
    let text = dir.path().join("text.db");
    std::fs::write(&text, "this is no database, and long enough to be read as the header of one by mistake")
        .expect("a file");
    refuses(program().args(["ci", "--listen", "127.0.0.1:0", "--database"]).arg(&text), &["cannot open"]);
    refuses(
        program().args([
            "ci",
            "--database",
            "postgres://nobody@127.0.0.1:1/none",
            "--set",
            "postgres.connect_timeout_ms=500",
        ]),
        &["PostgreSQL"],
    );
    refuses(program().args(["ci", "--set", "lisen=x"]), &["listen"]);
    refuses(program().arg("perform"), &["perform"]);
}

#[test]
fn serve_refuses_what_is_not_safe_and_says_how_to_mend_it() {
    let database = Database::sqlite();
    let url = database.url();
    let serve = |token: &str, more: &[&str]| {
        let mut command = program();
        command.args(["serve", "--database", &url]).args(more);
        if !more.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if !token.is_empty() {
            command.env("TWILIO_ACCOUNT_SID", SID).env("TWILIO_AUTH_TOKEN", token);
        }
        command
    };
    refuses(&mut serve("", &[]), &["no account is configured", "TWILIO_ACCOUNT_SID"]);
    for weak in
        ["secret", "short", "changemechangemechangeme", "0123456789abcdef0123456789abcdef", &"ab".repeat(16)]
    {
        refuses(&mut serve(weak, &[]), &[SID, "openssl rand -hex 16"]);
    }
    refuses(&mut serve(STRONG, &["--listen", "0.0.0.0:0"]), &["plain HTTP", "http.tls_proxy=true"]);
    refuses(&mut serve(STRONG, &["--listen", "[::]:0"]), &["plain HTTP", "http.tls_proxy=true"]);
    refuses(&mut serve(STRONG, &["--seed", "1"]), &["seed"]);
    // A refusal shows no secret and touches no database.
    let shown = err(&run(&mut serve("changemechangemechangeme", &[])));
    assert!(!shown.contains("changemechangemechangeme"), "{shown}");
    assert!(!database.file().expect("a file").exists());
    // A database with made-up credentials.
    drop(Server::start(&url, &[]));
    refuses(&mut serve(STRONG, &[]), &["made up", "--database"]);
}

#[test]
fn serve_serves_with_a_strong_secret() {
    let database = Database::sqlite();
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let mut child = program()
        .args(["serve", "--listen", &port.to_string(), "--database", &database.url()])
        .env("TWILIO_ACCOUNT_SID", SID)
        .env("TWILIO_AUTH_TOKEN", STRONG)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut client = Client::new(&port.to_string(), &basic(SID, STRONG));
    let started = Instant::now();
    let status = loop {
        match client.send("GET", "/v2/Services", "") {
            Ok(answer) => break answer.status,
            Err(_) if started.elapsed() < Duration::from_secs(5) => pause(Duration::from_millis(20)),
            Err(error) => panic!("{error}; {:?}", child.try_wait()),
        }
    };
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(status, 200);
}

#[test]
fn check_config_shows_and_judges() {
    let text = succeeds(&["check-config", "--explain", "--set", "limits.message_body_bytes=1234"]);
    assert!(
        text.contains("limits.message_body_bytes") && text.contains("1234") && text.contains("--set"),
        "{text}"
    );
    assert!(text.contains("sound"), "{text}");
    refuses(
        program().args(["check-config", "--set", "limits.mesage_body_bytes=1"]),
        &["limits.message_body_bytes"],
    );
    refuses(program().args(["check-config", "--set", "http.workers=many"]), &["http.workers"]);
    refuses(program().args(["check-config", "--for", "serve"]), &["no account", "TWILIO_AUTH_TOKEN"]);
    refuses(program().args(["check-config", "--config", "/nowhere/chat.toml"]), &["/nowhere/chat.toml"]);
    let shown = run(program()
        .args(["check-config", "--explain"])
        .env("TWILIO_ACCOUNT_SID", SID)
        .env("TWILIO_AUTH_TOKEN", STRONG)
        .env("PARTYLINE_DATABASE", "postgres://chat:hunter2@db/chat"));
    assert!(shown.status.success(), "{shown:?}");
    assert!(!out(&shown).contains(STRONG) && !out(&shown).contains("hunter2"), "{}", out(&shown));
}

fn keys(database: &Database) {
    let url = database.url();
    let server = Server::start(&url, &[]);
    let account = server.credentials["account_sid"].as_str().expect("a SID");
    let made = succeeds(&["key", "create", "--account", account, "--name", "web", "--database", &url]);
    let word = |name: &str| {
        let line = made.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{made}"));
        line.trim().to_owned()
    };
    let (sid, secret) = (word("sid"), word("secret"));
    let mut client = Client::new(&server.address, &basic(&sid, &secret));
    client.get("/v2/Services").expect(200);
    let list = succeeds(&["key", "list", "--database", &url]);
    let line = list.lines().find(|line| line.contains(&sid)).expect("the key");
    assert!(line.contains("active") && line.contains("web") && !list.contains(&secret), "{list}");

    succeeds(&["key", "revoke", &sid, "--database", &url]);
    let started = Instant::now();
    while client.get("/v2/Services").status == 200 {
        assert!(started.elapsed() < Duration::from_secs(3), "a revoked key still opens");
        pause(Duration::from_millis(20));
    }
    assert_eq!(client.get("/v2/Services").outcome(), (401, 20_003));
    let list = succeeds(&["key", "list", "--database", &url]);
    assert!(list.lines().any(|line| line.contains(&sid) && line.contains("revoked")), "{list}");
    refuses(program().args(["key", "revoke", &sid, "--database", &url]), &[&sid]);
    refuses(program().args(["key", "create", "--account", SID, "--database", &url]), &[SID]);
    refuses(program().args(["key", "create", "--account", "ACME", "--database", &url]), &["ACME"]);
    // The other key and the token are none the worse.
    server.client().get("/v2/Services").expect(200);
    let word = |name: &str| server.credentials[name].as_str().expect(name).to_owned();
    let mut other = Client::new(&server.address, &basic(&word("api_key_sid"), &word("api_key_secret")));
    other.get("/v2/Services").expect(200);
}

fn tokens(database: &Database) {
    let url = database.url();
    let server = Server::start(&url, &[]);
    let service = server.client().post("/v2/Services", &[("FriendlyName", "x")]).expect(201).sid();
    let make = ["token", "make", "--identity", "ann", "--service", &service, "--database", &url];
    let token = succeeds(&make);
    let token = token.trim();
    assert_eq!(token.split('.').count(), 3, "{token}");
    let told = succeeds(&["token", "explain", token, "--database", &url]);
    let key = server.credentials["api_key_sid"].as_str().expect("a SID");
    for word in ["ann", &service, key] {
        assert!(told.contains(word), "{word}: {told}");
    }
    // One letter of the signature changed.
    let (head, signature) = token.rsplit_once('.').expect("a signature");
    let turned = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{head}.{turned}{}", &signature[1..]);
    let output = run(program().args(["token", "explain", &forged, "--database", &url]));
    assert_ne!(out(&output), told, "a forged token reads like a good one");
    for nonsense in ["", "x", "a.b.c", &"x".repeat(100_000)] {
        let output = run(program().args(["token", "explain", nonsense, "--database", &url]));
        assert!(output.status.code().is_some() && !err(&output).contains("panicked"), "{output:?}");
    }
    succeeds(&["key", "revoke", key, "--database", &url]);
    let told_again = succeeds(&["token", "explain", token, "--database", &url]);
    assert_ne!(told_again, told, "a token of a revoked key reads like a good one");
}

fn webhooks(database: &Database) {
    let url = database.url();
    let at = ["--database", &url];
    let _server = Server::start(&url, &[]);
    let command = |words: &[&str]| {
        let mut command = program();
        command.arg("webhooks").args(words).args(at);
        command
    };
    let list = succeeds(&["webhooks", "list", "--database", &url]);
    assert!(list.contains("no deliveries yet") && list.contains("X-Twilio-Webhook-Enabled: true"), "{list}");
    let given_up = succeeds(&["webhooks", "list", "--lost", "--database", &url]);
    assert!(given_up.contains("nothing"), "{given_up}");
    let none = succeeds(&["webhooks", "replay", "--lost-since", "2h", "--database", &url]);
    assert!(none.contains("nothing was given up since"), "{none}");
    refuses(&mut command(&["list", "--state", "lost"]), &["waiting, sending"]);
    refuses(&mut command(&["list", "--event", "onMesageSent"]), &["did you mean onMessageSent?"]);
    refuses(&mut command(&["show", "17"]), &["no delivery 17", "partyline webhooks list"]);
    refuses(&mut command(&["replay", "17"]), &["no delivery 17"]);
    refuses(&mut command(&["replay", "1..17"]), &["1 to 17", "partyline webhooks list --before 18"]);
    refuses(&mut command(&["replay", "17..1"]), &["1..17"]);
    refuses(&mut command(&["replay"]), &["--lost-since"]);
    refuses(&mut command(&["replay", "--lost-since", "yesterday"]), &["such as 2h"]);
    refuses(
        program().args(["webhooks", "list", "--database", ":memory:"]),
        &["lives in its process", "/_partyline/v1/webhooks"],
    );
}

#[test]
fn trigger_says_what_it_lacks() {
    let database = Database::sqlite();
    let url = database.url();
    let trigger = |words: &[&str]| {
        let mut command = program();
        command.arg("trigger").args(words).args(["--database", &url]);
        command
    };
    refuses(
        &mut trigger(&["onMesageSent", "--url", "http://127.0.0.1:1"]),
        &["did you mean onMessageSent?", "onUserUpdated", "onMediaMessageSend"],
    );
    refuses(&mut trigger(&["onMessageSent"]), &["--url"]);
    refuses(
        &mut trigger(&["onMessageSent", "--url", "http://127.0.0.1:1", "--method", "PUT"]),
        &["GET or POST"],
    );
    refuses(&mut trigger(&["onMessageSent", "--url", "http://127.0.0.1:1"]), &["partyline dev"]);
    let server = Server::start(&url, &[]);
    let service = server.client().post("/v2/Services", &[("FriendlyName", "x")]).expect(201).sid();
    refuses(&mut trigger(&["onMessageSent", "--service", &service]), &["PostWebhookUrl", "--url"]);
    refuses(&mut trigger(&["onMessageSend", "--service", &service]), &["PreWebhookUrl", "--url"]);
    let unknown = format!("IS{}", "0".repeat(32));
    refuses(&mut trigger(&["onMessageSend", "--service", &unknown]), &["knows no service"]);
}

fn newer_schema(database: &Database) {
    let url = database.url();
    drop(Server::start(&url, &[]));
    if let Some(file) = database.file() {
        let connection = rusqlite::Connection::open(file).expect("a database");
        connection.pragma_update(None, "user_version", 1_000).expect("a version");
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("PostgreSQL");
            tokio::spawn(connection);
            client.batch_execute("UPDATE schema_version SET version = 1000").await.expect("a version");
        });
    }
    for command in ["ci", "dev"] {
        refuses(
            program().args([command, "--listen", "127.0.0.1:0", "--database", &url]),
            &["schema 1000", "newer partyline"],
        );
    }
    refuses(program().args(["key", "list", "--database", &url]), &["newer partyline"]);
}

fn dev(database: &Database) {
    let url = database.url();
    let shown = || {
        let mut child = program()
            .args(["dev", "--listen", "127.0.0.1:0", "--database", &url])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let lines: Vec<String> = lines.map_while(Result::ok).take(12).collect();
        let address = lines[0].split(['/', ',']).nth(2).unwrap_or_else(|| panic!("{lines:?}")).to_owned();
        let value = |name: &str| {
            let found = lines.iter().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            found.unwrap_or_else(|| panic!("{lines:?}")).to_owned()
        };
        let credentials =
            ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET"].map(value);
        let mut client = Client::new(&address, &basic(&credentials[0], &credentials[1]));
        let status = client.get("/v2/Services").status;
        let mut client = Client::new(&address, &basic(&credentials[2], &credentials[3]));
        let with_key = client.get("/v2/Services").status;
        let _ = child.kill();
        let _ = child.wait();
        assert_eq!((status, with_key), (200, 200));
        credentials
    };
    let first = shown();
    assert_eq!(shown(), first, "a restart made other credentials");
}
