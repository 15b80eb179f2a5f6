//! The program as a child process, a small HTTP client over a socket, and databases that clean up after themselves.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::Value;

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with an environment that no developer's settings leak into.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partyline"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A database of one test.
pub(crate) enum Database {
    /// A file in a directory of its own.
    Sqlite(tempfile::TempDir),
    /// A database made for the test, on the server that `PARTYLINE_TEST_PG` names.
    Postgres { admin: String, name: String, url: String },
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a directory"))
    }

    /// `None` when the environment names no PostgreSQL.
    pub(crate) fn postgres() -> Option<Self> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let admin = std::env::var("PARTYLINE_TEST_PG").ok().filter(|url| !url.is_empty())?;
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("partyline_hard_{}_{number}", std::process::id());
        administer(&admin, &format!("CREATE DATABASE {name}"));
        let (address, query) = admin.split_once('?').map_or((admin.as_str(), None), |(a, q)| (a, Some(q)));
        let slash = address.rfind('/').filter(|at| *at > "postgresql://".len()).unwrap_or(address.len());
        let mut url = format!("{}/{name}", &address[..slash]);
        if let Some(query) = query {
            url = format!("{url}?{query}");
        }
        Some(Self::Postgres { admin, name, url })
    }

    /// What `--database` is given.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(_) => self.file().expect("a file").to_str().expect("a UTF-8 path").to_owned(),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        match self {
            Self::Sqlite(_) => {
                let connection = rusqlite::Connection::open(self.url()).expect("a database");
                connection.query_row(&sql, [], |row| row.get(0)).expect("a count")
            }
            Self::Postgres { url, .. } => {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
                    let (client, connection) = connected.expect("PostgreSQL answers");
                    tokio::spawn(connection);
                    client.query_one(&sql, &[]).await.expect("a count").get(0)
                })
            }
        }
    }

    /// The file of SQLite.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(dir) => Some(dir.path().join("chat.db")),
            Self::Postgres { .. } => None,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { admin, name, .. } = self {
            administer(admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn administer(url: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PARTYLINE_TEST_PG answers");
        tokio::spawn(connection);
        client.batch_execute(sql).await.expect(sql);
    });
}

/// Makes of `fn body(&Database)` one test per engine.
macro_rules! on_both_engines {
    ($($(#[$doc:meta])* $name:ident = $body:path;)*) => {$(
        $(#[$doc])*
        mod $name {
            #[test]
            fn sqlite() {
                $body(&crate::support::Database::sqlite());
            }

            #[test]
            fn postgres() {
                match crate::support::Database::postgres() {
                    Some(database) => $body(&database),
                    None => eprintln!("skipped: PARTYLINE_TEST_PG is not set"),
                }
            }
        }
    )*};
}
pub(crate) use on_both_engines;

/// A running server.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) auth: String,
    pub(crate) credentials: Value,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// `partyline ci` on a free port.
    pub(crate) fn start(database: &str, more: &[&str]) -> Self {
        let mut command = program();
        command.args(["ci", "--listen", "127.0.0.1:0", "--database", database]).args(more);
        // The server's log, for whoever looks into a failure.
        let log = std::env::var_os("PARTYLINE_TEST_LOG").is_some();
        Self::spawn(command.stderr(if log { Stdio::inherit() } else { Stdio::null() }))
    }

    /// A command that prints the line of `ci`.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line of JSON");
        let credentials: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            let _ = child.kill();
            panic!("the server printed {line:?}: {error}; it ended with {:?}", child.wait())
        });
        let text = |name: &str| credentials[name].as_str().expect(name).to_owned();
        let address = text("url").strip_prefix("http://").expect("plain HTTP").to_owned();
        let auth = basic(&text("account_sid"), &text("auth_token"));
        Self { child, address, auth, credentials, _stdout: stdout }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address, &self.auth)
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end of the process.
    pub(crate) fn ended_within(&mut self, time: Duration) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(started.elapsed() < time, "the server has not ended within {time:?}");
            pause(Duration::from_millis(10));
        }
    }

    /// `kill -9`.
    pub(crate) fn crash(&mut self) {
        self.child.kill().expect("a running child");
        self.child.wait().expect("a child");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value of an `Authorization` header.
pub(crate) fn basic(name: &str, password: &str) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Basic {encoded}")
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no text {name} in {self:?}")).to_owned()
    }

    pub(crate) fn int(&self, name: &str) -> i64 {
        self.json()[name].as_i64().unwrap_or_else(|| panic!("no number {name} in {self:?}"))
    }

    pub(crate) fn sid(&self) -> String {
        self.text("sid")
    }

    /// Status and the error's code; 0 where there is none.
    pub(crate) fn outcome(&self) -> (u16, i64) {
        let code = if self.status < 400 { 0 } else { self.json()["code"].as_i64().unwrap_or(-1) };
        (self.status, code)
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// A client with one connection that is kept alive.
pub(crate) struct Client {
    address: String,
    auth: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) fn new(address: &str, auth: &str) -> Self {
        Self { address: address.to_owned(), auth: auth.to_owned(), stream: None }
    }

    /// Opens the connection now.
    pub(crate) fn connect(&mut self) -> io::Result<()> {
        self.stream = Some(BufReader::new(dial(&self.address)?));
        Ok(())
    }

    /// Sends a request; an error is one of the connection, and says nothing of what the server did.
    pub(crate) fn send(&mut self, method: &str, path: &str, form: &str) -> io::Result<Answer> {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n", self.address, self.auth);
        if method == "POST" {
            head.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            head.push_str(&format!("Content-Length: {}\r\n", form.len()));
        }
        head.push_str("\r\n");
        if method == "POST" {
            head.push_str(form);
        }
        self.raw(head.as_bytes(), method == "HEAD")
    }

    /// Sends bytes and reads one answer.
    pub(crate) fn raw(&mut self, bytes: &[u8], head_only: bool) -> io::Result<Answer> {
        if self.stream.is_none() {
            self.connect()?;
        }
        let mut stream = self.stream.take().expect("connected");
        // A server that refuses early may close before it has read all: its answer is still to be read.
        let written = stream.get_mut().write_all(bytes);
        let answer = match (read_answer(&mut stream, head_only), written) {
            (Ok(answer), _) => answer,
            (Err(_), Err(error)) | (Err(error), Ok(())) => return Err(error),
        };
        if answer.header("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "").expect(path)
    }

    #[track_caller]
    pub(crate) fn delete(&mut self, path: &str) -> Answer {
        self.send("DELETE", path, "").expect(path)
    }

    #[track_caller]
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &encode(form)).expect(path)
    }

    /// Every row of a list, following the links.
    #[track_caller]
    pub(crate) fn list(&mut self, path: &str, key: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut next = format!("{path}?PageSize=100");
        loop {
            let page = self.get(&next).expect(200).json();
            rows.extend(page[key].as_array().expect(key).iter().cloned());
            match page["meta"]["next_page_url"].as_str() {
                Some(url) => {
                    next = url.split_once(&self.address).expect("a URL of this server").1.to_owned();
                }
                None => return rows,
            }
        }
    }
}

/// A form as text.
pub(crate) fn encode(form: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(form).expect("a form")
}

/// A connection that no test waits on for ever.
pub(crate) fn dial(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

pub(crate) fn read_answer(stream: &mut BufReader<TcpStream>, head_only: bool) -> io::Result<Answer> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let status: u16 =
        line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| bad("no status line"))?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| bad("a header without a colon"))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: String::new() };
    if status == 100 {
        return read_answer(stream, head_only);
    }
    if head_only || status == 204 {
        return Ok(answer);
    }
    let mut bytes = Vec::new();
    if answer.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16).map_err(|_| bad("a chunk without a size"))?;
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk)?;
            if size == 0 {
                break;
            }
            bytes.extend_from_slice(&chunk[..size]);
        }
    } else if let Some(length) = answer.header("content-length") {
        bytes = vec![0; length.parse().map_err(|_| bad("a length that is no number"))?];
        stream.read_exact(&mut bytes)?;
    } else {
        stream.read_to_end(&mut bytes)?;
    }
    answer.body = String::from_utf8(bytes).map_err(|_| bad("a body that is not UTF-8"))?;
    Ok(answer)
}

/// Lets time pass, where a test is about time.
pub(crate) fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "the program under test runs on the machine's clock")]
    std::thread::sleep(time);
}

/// Numbers that look random and repeat from run to run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("below a usize")
    }
}

/// What SQLite itself thinks of a database file.
pub(crate) fn assert_intact(file: &Path) {
    let connection = rusqlite::Connection::open(file).expect("a database");
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a verdict");
    assert_eq!(verdict, "ok");
}

/// Runs a closure on `n` threads at once, and collects what each answers.
pub(crate) fn at_once<T: Send>(n: usize, run: impl Fn(usize, &std::sync::Barrier) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(n);
    std::thread::scope(|scope| {
        let (run, barrier) = (&run, &barrier);
        let threads: Vec<_> = (0..n).map(|i| scope.spawn(move || run(i, barrier))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}
