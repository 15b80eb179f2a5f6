//! A server of a test's own, and a client that speaks to it.

use partyline::config::{Config, Profile};
use partyline::domain::account::PutAccount;
use partyline::error::ApiError;
use partyline::server::{self, App, Running};
use partyline::store::{Command, Store, Tx};
use partyline::time::Clock;
use serde_json::Value;

use crate::openapi;

/// The account of the tests.
pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// Its secret.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Another account, which must never see the first one's things.
pub(crate) const STRANGER: &str = "AC00000000000000000000000000000002";
/// The host of the product.
pub(crate) const CHAT: &str = "chat.twilio.com";
/// The older name of it.
pub(crate) const IP_MESSAGING: &str = "ip-messaging.twilio.com";

/// A server that listens, with two accounts.
pub(crate) struct TestApp {
    /// Address and port.
    pub(crate) address: String,
    running: Running,
    client: reqwest::Client,
    _database: Option<PgDatabase>,
}

/// A request before it is sent.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) form: &'a [(&'a str, &'a str)],
    pub(crate) host: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// User name and password.
    pub(crate) auth: Option<(&'a str, &'a str)>,
    /// A body that is no form of ours: its type and text.
    pub(crate) body: Option<(&'a str, &'a str)>,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self {
            method: "GET",
            path: "/",
            form: &[],
            host: CHAT,
            headers: &[],
            auth: Some((ACCOUNT, TOKEN)),
            body: None,
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) what: String,
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    /// Null for an empty body.
    pub(crate) json: Value,
}

impl Answer {
    /// Fails the test unless this is the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self
    }

    /// Fails the test unless this is the refusal.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: i64) {
        assert_eq!(
            (self.status, self.json["code"].as_i64()),
            (status, Some(code)),
            "{}: {}",
            self.what,
            self.text
        );
    }

    /// The text of a member.
    #[track_caller]
    pub(crate) fn str(&self, pointer: &str) -> String {
        let value = self.at(pointer);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{}: {pointer} is no text: {}", self.what, self.text))
            .to_owned()
    }

    /// The number of a member.
    #[track_caller]
    pub(crate) fn int(&self, pointer: &str) -> i64 {
        let value = self.at(pointer);
        value.as_i64().unwrap_or_else(|| panic!("{}: {pointer} is no number: {}", self.what, self.text))
    }

    /// A member, by its name or by a JSON pointer.
    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        let path = if pointer.starts_with('/') { pointer.to_owned() } else { format!("/{pointer}") };
        self.json.pointer(&path).unwrap_or_else(|| panic!("{}: no {pointer} in {}", self.what, self.text))
    }

    /// The texts of a member in every row of a list.
    #[track_caller]
    pub(crate) fn rows(&self, member: &str) -> Vec<String> {
        let key = self.str("/meta/key");
        let text = |row: &Value| row[member].as_str().map_or_else(|| row[member].to_string(), str::to_owned);
        self.json[&key].as_array().unwrap().iter().map(text).collect()
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl TestApp {
    /// Starts a server with the defaults of `ci`.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts a server with some settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::at(Clock::System, change).await
    }

    /// Starts a server with a clock and some settings.
    pub(crate) async fn at(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::defaults(Profile::Ci);
        "127.0.0.1:0".clone_into(&mut config.listen);
        config.http.workers = 1;
        config.postgres.pool_size = 4;
        let database = match std::env::var("PARTYLINE_TEST_PG") {
            Ok(url) if !url.is_empty() => Some(PgDatabase::create(url).await),
            _ => None,
        };
        if let Some(database) = &database {
            config.database = database.url();
        }
        change(&mut config);
        let env = server::environment(&config, clock);
        let store = Store::open(&config.database, env.clone()).await.unwrap();
        for sid in [ACCOUNT, STRANGER] {
            let (sid, auth_token) = (sid.parse().unwrap(), TOKEN.to_owned());
            store.write(PutAccount { sid, auth_token, made_up: false }).await.unwrap();
        }
        let running = server::start(config, store, env).await.unwrap();
        // The tests' own client is built with the server's TLS, which is set up only when a webhook is sent.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { address: running.address.to_string(), running, client, _database: database }
    }

    /// Sends a request; the answer is checked against the API description.
    pub(crate) async fn send(&self, ask: Ask<'_>) -> Answer {
        let method = reqwest::Method::from_bytes(ask.method.as_bytes()).unwrap();
        let mut request = self
            .client
            .request(method, format!("http://{}{}", self.address, ask.path))
            .header("Host", ask.host);
        if let Some((user, password)) = ask.auth {
            request = request.basic_auth(user, Some(password));
        }
        for (name, value) in ask.headers {
            request = request.header(*name, *value);
        }
        if let Some((kind, body)) = ask.body {
            request = request.header("Content-Type", kind).body(body.to_owned());
        } else if !ask.form.is_empty() {
            request = request.form(ask.form);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or(Value::Null),
        };
        let what = format!("{} {} {:?}", ask.method, ask.path, ask.form);
        let answer = Answer { what, status, headers, text, json };
        openapi::check(ask.method, ask.host, ask.path, &answer);
        answer
    }

    /// GET on the chat host.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Ask { path, ..Ask::default() }).await
    }

    /// GET of a URL that an answer gave, on the host that it names.
    pub(crate) async fn follow(&self, url: &str) -> Answer {
        let rest = url.strip_prefix("http://").unwrap();
        let (host, _) = rest.split_once('/').unwrap();
        self.send(Ask { path: &rest[host.len()..], host, ..Ask::default() }).await
    }

    /// POST on the chat host.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(Ask { method: "POST", path, form, ..Ask::default() }).await
    }

    /// DELETE on the chat host.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Ask { method: "DELETE", path, ..Ask::default() }).await
    }

    /// What the server's requests share.
    pub(crate) fn shared(&self) -> &App {
        &self.running.app
    }

    /// The store behind the server.
    pub(crate) fn store(&self) -> &Store {
        &self.running.app.store
    }

    /// The number that a statement answers first; it may name a SID as `$1`.
    pub(crate) async fn number(&self, sql: &'static str, sid: &str) -> i64 {
        let bytes = sid_bytes(sid);
        let args = [partyline::store::Arg::Bytes(&bytes)];
        let args = if sql.contains("$1") { &args[..] } else { &[] };
        let number = self.store().read(async |tx| Ok(tx.first::<i64>(sql, args).await?)).await.unwrap();
        number.unwrap_or_else(|| panic!("no row: {sql} of {sid}"))
    }

    /// Changes rows that no request of the API can change.
    pub(crate) async fn write_sql(&self, sql: &'static str, sid: &str) {
        self.store().write(Sql { sql, sid: sid_bytes(sid) }).await.unwrap();
    }

    /// Waits until nothing that was deleted is left to be taken away.
    pub(crate) async fn purged(&self) {
        for _ in 0..600 {
            let waiting = self.number("SELECT COUNT(*) FROM purge", "").await;
            if waiting == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("what was deleted is still there after 15 s");
    }
}

struct Sql {
    sql: &'static str,
    sid: Vec<u8>,
}

impl Command for Sql {
    type Output = ();

    async fn run(&self, tx: &Tx<'_>) -> Result<(), ApiError> {
        tx.run(self.sql, &[partyline::store::Arg::Bytes(&self.sid)]).await?;
        Ok(())
    }
}

/// The sixteen bytes that a SID is stored as.
pub(crate) fn sid_bytes(sid: &str) -> Vec<u8> {
    if sid.is_empty() {
        return Vec::new();
    }
    let digits = &sid[2..];
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

/// A database that lives as long as its test.
struct PgDatabase {
    server: String,
    name: String,
}

impl PgDatabase {
    async fn create(server: String) -> Self {
        let name = format!("partyline_test_{:016x}", rand::random::<u64>());
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        Self { server, name }
    }

    /// The server's URL with this database in the place of its own.
    fn url(&self) -> String {
        let (base, query) = match self.server.split_once('?') {
            Some((base, query)) => (base, format!("?{query}")),
            None => (self.server.as_str(), String::new()),
        };
        let host = base.find("://").map_or(0, |at| at + 3);
        let end = base[host..].find('/').map_or(base.len(), |at| host + at);
        format!("{}/{}{query}", &base[..end], self.name)
    }
}

impl Drop for PgDatabase {
    fn drop(&mut self) {
        let (server, sql) =
            (self.server.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        let dropping = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(execute(&server, &sql));
        });
        // A database that could not be dropped is an empty shell on a test server; the test's own outcome matters more.
        let _ = dropping.join();
    }
}

async fn execute(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    actix_web::rt::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

/// A path percent-encoded as the SDKs do.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
