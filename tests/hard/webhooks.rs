//! Webhooks of the built program: what was answered is delivered, whatever happens to the program and to the receiver.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};

use crate::support::{Client, Database, Server, at_once, on_both_engines, pause};

on_both_engines! {
    kill_nine_loses_no_delivery_of_what_was_answered = super::kill_nine;
    sigterm_records_what_was_under_way = super::sigterm;
    a_receiver_that_was_down_gets_everything_once_it_is_up = super::down;
    deliveries_that_pile_up_stay_in_the_database = super::piling;
}

const DEADLINE: Duration = Duration::from_mins(1);

/// How a receiver answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    After(Duration),
    Never,
}

#[derive(Default)]
struct Log {
    /// How often each message arrived and was answered, by SID; where nothing is answered, how often it arrived.
    messages: BTreeMap<String, usize>,
    faults: Vec<String>,
}

/// A receiver on loopback, a thread per connection.
struct Receiver {
    address: String,
    log: Arc<Mutex<Log>>,
    stopped: Arc<AtomicBool>,
    /// How often the server has crashed: what it waited for then counts for nothing.
    crashes: Arc<AtomicUsize>,
}

impl Receiver {
    fn start(token: &str, answers: Answers) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a port"), token, answers)
    }

    fn on(listener: TcpListener, token: &str, answers: Answers) -> Self {
        let address = listener.local_addr().expect("an address").to_string();
        let (log, stopped) = (Arc::new(Mutex::new(Log::default())), Arc::new(AtomicBool::new(false)));
        let crashes = Arc::new(AtomicUsize::new(0));
        let (shared, stop, token, counter) =
            (log.clone(), stopped.clone(), token.to_owned(), crashes.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let (log, token, crashes) = (shared.clone(), token.clone(), counter.clone());
                std::thread::spawn(move || serve(&log, &token, answers, &crashes, stream));
            }
        });
        Self { address, log, stopped, crashes }
    }

    fn messages(&self) -> BTreeMap<String, usize> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(log.faults.is_empty(), "{:#?}", log.faults);
        log.messages.clone()
    }

    /// Waits until so many different messages have arrived.
    fn arrived(&self, n: usize) -> BTreeMap<String, usize> {
        let started = Instant::now();
        loop {
            let messages = self.messages();
            if messages.len() >= n {
                return messages;
            }
            assert!(started.elapsed() < DEADLINE, "{} of {n} messages arrived", messages.len());
            pause(Duration::from_millis(5));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(&self.address);
    }
}

/// Answers the requests of one connection until it ends.
fn serve(log: &Mutex<Log>, token: &str, answers: Answers, crashes: &AtomicUsize, stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    while let Some((target, host, signature, body)) = read(&mut stream) {
        let before = crashes.load(Ordering::SeqCst);
        let mut form: Vec<(String, String)> = serde_urlencoded::from_str(&body).expect("a form");
        form.sort();
        let mut signed = format!("http://{host}{target}");
        for (name, value) in &form {
            signed.push_str(name);
            signed.push_str(value);
        }
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).expect("any key will do");
        mac.update(signed.as_bytes());
        let wanted = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let sid = form.iter().find(|(name, _)| name == "MessageSid").map(|(_, sid)| sid.clone());
        let held = || log.lock().unwrap_or_else(PoisonError::into_inner);
        if signature != wanted {
            held().faults.push(format!("wrong signature of {signed}"));
        }
        let count = || *held().messages.entry(sid.clone().unwrap_or_default()).or_default() += 1;
        match answers {
            Answers::After(time) => pause(time),
            Answers::Never => {
                count();
                // Until the other side gives up.
                let _ = stream.read(&mut [0]);
                return;
            }
        }
        if crashes.load(Ordering::SeqCst) != before {
            return;
        }
        count();
        if stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
            return;
        }
    }
}

/// Target, host, signature and body of the next request.
fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, String, String, String)> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let (mut host, mut signature, mut length) = (String::new(), String::new(), 0);
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "host" => value.trim().clone_into(&mut host),
            "x-twilio-signature" => value.trim().clone_into(&mut signature),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((target, host, signature, String::from_utf8(body).ok()?))
}

/// A secret of a server's account.
fn token(server: &Server) -> String {
    server.credentials["auth_token"].as_str().expect("a secret").to_owned()
}

/// A service whose messages are told to the receiver, with some channels.
struct World {
    service: String,
    channels: Vec<String>,
}

impl World {
    fn new(client: &mut Client, receiver: &str) -> Self {
        let service = client.post("/v2/Services", &[("FriendlyName", "hooks")]).expect(201).sid();
        let path = format!("/v2/Services/{service}");
        let url = format!("http://{receiver}/hook?a=b");
        client.post(&path, &[("PostWebhookUrl", &url), ("WebhookFilters", "onMessageSent")]).expect(200);
        let channel = |_| client.post(&format!("{path}/Channels"), &[]).expect(201).sid();
        let channels = (0..4).map(channel).collect();
        Self { service, channels }
    }

    /// Sends a message that is told; its SID, if it was answered.
    fn send(&self, client: &mut Client, address: &str, auth: &str, n: usize) -> Option<String> {
        let channel = &self.channels[n % self.channels.len()];
        let body = format!("Body={n}");
        let length = body.len();
        let request = format!(
            "POST /v2/Services/{}/Channels/{channel}/Messages HTTP/1.1\r\nHost: {address}\r\nAuthorization: {auth}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
             X-Twilio-Webhook-Enabled: true\r\n\r\n{body}",
            self.service
        );
        let answer = client.raw(request.as_bytes(), false).ok()?;
        (answer.status == 201).then(|| answer.sid())
    }

    /// Sends so many, with four clients; those that were answered.
    fn send_many(&self, server: &Server, n: usize) -> Vec<String> {
        let (address, auth) = (server.address.clone(), server.auth.clone());
        let sent = at_once(4, |thread, _| {
            let mut client = Client::new(&address, &auth);
            let send = |i| self.send(&mut client, &address, &auth, thread + 4 * i);
            (0..n / 4).map_while(send).collect::<Vec<_>>()
        });
        sent.into_iter().flatten().collect()
    }
}

/// A server; its account is kept in the database, so that signatures are the same over restarts.
fn start(database: &Database, more: &[&str]) -> Server {
    Server::start(&database.url(), more)
}

fn kill_nine(database: &Database) {
    let mut server = start(database, &["--set", "limits.webhook_timeout_ms=1000"]);
    let receiver = Receiver::start(&token(&server), Answers::After(Duration::from_millis(50)));
    let world = World::new(&mut server.client(), &receiver.address);
    let mut answered = Vec::new();
    for round in 0..3 {
        answered.extend(world.send_many(&server, 300));
        let arrived = receiver.messages().len();
        server.crash();
        receiver.crashes.fetch_add(1, Ordering::SeqCst);
        assert!(arrived < answered.len(), "round {round}: nothing was under way");
        server = start(database, &["--set", "limits.webhook_timeout_ms=1000"]);
    }
    assert_eq!(answered.len(), 900);
    let arrived = receiver.arrived(answered.len());
    assert!(answered.iter().all(|sid| arrived.contains_key(sid)));
    let twice = arrived.values().filter(|count| **count > 1).count();
    assert!(twice <= 3 * 32, "{twice} came more than once: only what was under way may");
}

fn sigterm(database: &Database) {
    let mut server = start(database, &[]);
    let receiver = Receiver::start(&token(&server), Answers::After(Duration::from_millis(100)));
    let world = World::new(&mut server.client(), &receiver.address);
    let answered = world.send_many(&server, 200);
    assert!(receiver.messages().len() < 200, "nothing is under way");
    server.signal("TERM");
    let status = server.ended_within(Duration::from_secs(15));
    assert_eq!(status.code(), Some(0), "{status:?}");
    let before = receiver.messages();
    assert!(before.len() < 200, "what was not under way waits");
    let _server = start(database, &[]);
    // Until nothing is open: what was sent again would come last.
    let started = Instant::now();
    while database.count("delivery WHERE due_at IS NOT NULL") > 0 {
        assert!(started.elapsed() < DEADLINE, "something stays open");
        pause(Duration::from_millis(20));
    }
    let arrived = receiver.arrived(200);
    assert!(answered.iter().all(|sid| arrived.contains_key(sid)));
    let twice: Vec<_> = arrived.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{} came twice", twice.len());
}

fn down(database: &Database) {
    let server = start(database, &["--set", "webhooks.retries=durable"]);
    // A port that was free a moment ago, and that nobody listens on.
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    let world = World::new(&mut server.client(), &address);
    let answered = world.send_many(&server, 100);
    assert_eq!(answered.len(), 100);
    let started = Instant::now();
    while database.count("delivery_attempt") < 100 {
        assert!(started.elapsed() < DEADLINE, "not every delivery was tried");
        pause(Duration::from_millis(20));
    }
    let listener = TcpListener::bind(&address).expect("the port is still free");
    let receiver = Receiver::on(listener, &token(&server), Answers::After(Duration::ZERO));
    let arrived = receiver.arrived(100);
    assert!(answered.iter().all(|sid| arrived.contains_key(sid)));
}

/// The memory of a process that is in use, in KiB.
fn resident(server: &Server) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}

fn piling(database: &Database) {
    let server = start(database, &["--set", "sqlite.cache_mib=4", "--set", "sqlite.mmap_mib=0"]);
    let receiver = Receiver::start(&token(&server), Answers::Never);
    let world = World::new(&mut server.client(), &receiver.address);
    assert_eq!(world.send_many(&server, 400).len(), 400);
    receiver.arrived(32);
    let before = resident(&server);
    assert_eq!(world.send_many(&server, 5_000).len(), 5_000);
    let grown = resident(&server) - before;
    let arrived = receiver.messages().len();
    assert!(arrived < 1_000, "{arrived} were sent to a receiver that answers none");
    assert!(grown < 24 * 1024, "5,000 deliveries that wait take {grown} KiB");
}
