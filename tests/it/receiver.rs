//! A receiver of webhooks: a small HTTP server in the test's process that checks every signature on its own, keeps what
//! it was told, and answers as the test says.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::app::TOKEN;

/// Longer than anything that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) method: String,
    /// Path and query, as they came.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// What the body says, or the query where there is no body.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Hook {
    /// A parameter's value; none is the empty text.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    pub(crate) fn event(&self) -> &str {
        self.get("EventType")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn token(&self) -> &str {
        self.header("I-Twilio-Idempotency-Token")
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// How a request is answered.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// With this status and body.
    Status(u16, String),
    /// The same, after a while.
    Late(Duration, u16),
    /// With 200, but not before the receiver is [released](Receiver::release).
    Hang,
    /// The connection is reset.
    Reset,
    /// With bytes that are no HTTP.
    Garbage,
    /// With 200 and a body that has no end.
    Endless,
    /// With 302 to this URL.
    Redirect(String),
    /// With 401 and this challenge, unless the request has an `Authorization`.
    Challenge(&'static str),
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Self::Status(200, String::new())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status, String::new())
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::Status(200, body.to_owned())
    }
}

type Script = Box<dyn Fn(&Hook) -> Reply + Send>;

struct Shared {
    hooks: Mutex<Vec<Hook>>,
    /// What is wrong with what came.
    faults: Mutex<Vec<String>>,
    script: Mutex<Script>,
    count: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

/// A receiver that listens on loopback until it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: String,
    shared: Arc<Shared>,
    serving: Option<actix_web::rt::task::JoinHandle<()>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// A receiver that answers 200 to everything.
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener)
    }

    fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            hooks: Mutex::default(),
            faults: Mutex::default(),
            script: Mutex::new(Box::new(|_| Reply::ok())),
            count: watch::Sender::new(0),
            released: watch::Sender::new(false),
        });
        let mut receiver = Self { address, shared, serving: None };
        receiver.serve(listener);
        receiver
    }

    fn serve(&mut self, listener: TcpListener) {
        let shared = self.shared.clone();
        self.serving = Some(actix_web::rt::spawn(async move {
            // Connections end with the listener.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(shared.clone(), stream));
            }
        }));
    }

    /// Refuses connections from now on, and ends those that are open.
    pub(crate) async fn down(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Listens again where it did.
    pub(crate) async fn up(&mut self) {
        let listener = TcpListener::bind(&self.address).await.unwrap();
        self.serve(listener);
    }

    /// A URL of it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How requests are answered from now on.
    pub(crate) fn answer(&self, script: impl Fn(&Hook) -> Reply + Send + 'static) {
        *held(&self.shared.script) = Box::new(script);
    }

    /// Lets the answers go that hang, and those that would.
    pub(crate) fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// What has come so far.
    #[track_caller]
    pub(crate) fn hooks(&self) -> Vec<Hook> {
        let faults = held(&self.shared.faults);
        assert!(faults.is_empty(), "{faults:#?}");
        held(&self.shared.hooks).clone()
    }

    /// Waits until so many requests have come, and answers all that have.
    pub(crate) async fn arrived(&self, n: usize) -> Vec<Hook> {
        self.until(&format!("{n} requests"), move |hooks| hooks.len() >= n).await
    }

    /// Waits until what has come fits.
    pub(crate) async fn until(&self, what: &str, fits: impl Fn(&[Hook]) -> bool) -> Vec<Hook> {
        let mut count = self.shared.count.subscribe();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let hooks = self.hooks();
            if fits(&hooks) {
                return hooks;
            }
            let waited = tokio::time::timeout_at(deadline, count.changed()).await;
            if waited.is_err() {
                let events: Vec<_> = hooks.iter().map(|hook| (hook.event(), hook.get("Body"))).collect();
                panic!("{what} did not come within {PATIENCE:?}, but {}: {events:?}", events.len());
            }
        }
    }

    /// Waits for the next request after the first `n`.
    pub(crate) async fn nth(&self, n: usize) -> Hook {
        self.arrived(n + 1).await[n].clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
        if !std::thread::panicking() {
            self.hooks();
        }
    }
}

async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(hook)) = read(&mut stream).await {
        for fault in faults(&hook) {
            held(&shared.faults).push(fault);
        }
        let reply = held(&shared.script)(&hook);
        held(&shared.hooks).push(hook.clone());
        shared.count.send_modify(|count| *count += 1);
        if !write(&shared, &mut stream, &hook, reply).await {
            break;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Hook>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.trim_end().splitn(3, ' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut hook = Hook { method, target, headers, body: String::new(), parameters: BTreeMap::new() };
    let mut body = vec![0; hook.header("Content-Length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    hook.body = String::from_utf8_lossy(&body).into_owned();
    let query = hook.target.split_once('?').map_or("", |(_, query)| query);
    let form = if hook.method == "GET" { query } else { &hook.body };
    hook.parameters = pairs(form).into_iter().collect();
    Ok(Some(hook))
}

fn pairs(form: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

/// What a receiver with the official validators would refuse.
fn faults(hook: &Hook) -> Vec<String> {
    let mut faults = Vec::new();
    let form = if hook.method == "GET" { "" } else { hook.body.as_str() };
    let mut sorted = pairs(form);
    sorted.sort();
    if sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        faults.push(format!("a name comes twice: {form}"));
    }
    let mut signed = format!("http://{}{}", hook.header("Host"), hook.target);
    for (name, value) in &sorted {
        signed.push_str(name);
        signed.push_str(value);
    }
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    if STANDARD.encode(mac.finalize().into_bytes()) != hook.header("X-Twilio-Signature") {
        faults.push(format!("wrong signature {} of {signed}", hook.header("X-Twilio-Signature")));
    }
    faults
}

/// The signature of Standard Webhooks over a request, by its specification.
pub(crate) fn standard_signature(secret: &[u8], hook: &Hook) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    let (id, time) = (hook.header("webhook-id"), hook.header("webhook-timestamp"));
    mac.update(format!("{id}.{time}.{}", hook.body).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Answers; false ends the connection.
fn write<'a>(
    shared: &'a Shared,
    stream: &'a mut BufReader<TcpStream>,
    hook: &'a Hook,
    reply: Reply,
) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
    Box::pin(async move {
        match reply {
            Reply::Status(status, body) => answer(stream, status, "", &body).await,
            Reply::Late(time, status) => {
                tokio::time::sleep(time).await;
                answer(stream, status, "", "").await
            }
            Reply::Hang => {
                let mut released = shared.released.subscribe();
                let _ = released.wait_for(|released| *released).await;
                answer(stream, 200, "", "").await
            }
            Reply::Reset => {
                let _ = stream.get_ref().set_zero_linger();
                false
            }
            Reply::Garbage => {
                let _ = stream.write_all(b"\x00\xff\x16\x03 this is not HTTP\r\n\r\n").await;
                false
            }
            Reply::Endless => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n{\"body\": \"";
                let mut open = stream.write_all(head).await.is_ok();
                while open {
                    open = stream.write_all(&[b'x'; 4096]).await.is_ok();
                }
                false
            }
            Reply::Redirect(to) => answer(stream, 302, &format!("Location: {to}\r\n"), "").await,
            Reply::Challenge(challenge) if hook.header("Authorization").is_empty() => {
                answer(stream, 401, &format!("WWW-Authenticate: {challenge}\r\n"), "who?").await
            }
            Reply::Challenge(_) => answer(stream, 200, "", "").await,
        }
    })
}

async fn answer(stream: &mut BufReader<TcpStream>, status: u16, headers: &str, body: &str) -> bool {
    let length = body.len();
    // A 204 has no body and says no length.
    let length = if status == 204 { String::new() } else { format!("Content-Length: {length}\r\n") };
    let text = format!("HTTP/1.1 {status} As asked\r\n{length}{headers}\r\n{body}");
    stream.write_all(text.as_bytes()).await.is_ok()
}
