//! The receiver of webhooks: checks every signature, counts what is new, answers 200 with an empty body, at once or after
//! a while.
//!
//! It is told what to do by requests too: `GET /stall/1000` makes it answer after so many milliseconds, `GET /reset`
//! begins to count anew, `GET /counts/20000` answers the counts as soon as so many different deliveries have come, or
//! when none has come for long.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, Write as _};
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::net::{TcpListener, TcpStream};
use actix_web::rt::time::sleep;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::load::length;
use crate::signature::Signer;

/// When nothing has come for so long, nothing more will: longer than a stall and the pauses between retries.
const PATIENCE: Duration = Duration::from_secs(10);

const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// What has come since the last reset.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Requests.
    pub(crate) received: u64,
    /// Different messages among those that were signed right.
    pub(crate) distinct: u64,
    /// Requests that are no signed event of a message.
    pub(crate) wrong: u64,
    /// Microseconds since the first request.
    pub(crate) age: u64,
    /// Microseconds from the first request to the last.
    pub(crate) span: u64,
}

struct State {
    signer: Signer,
    stall_ms: Cell<u64>,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    counts: Counts,
    first: Option<Instant>,
    last: Option<Instant>,
    /// For each channel a bit per index.
    channels: HashMap<Vec<u8>, Vec<u64>>,
}

impl Seen {
    fn count(&mut self, message: Option<(&[u8], usize)>) {
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        self.counts.received += 1;
        let Some((channel, index)) = message else {
            self.counts.wrong += 1;
            return;
        };
        if !self.channels.contains_key(channel) {
            self.channels.insert(channel.to_owned(), Vec::new());
        }
        let Some(bits) = self.channels.get_mut(channel) else { return };
        let (word, bit) = (index / 64, 1 << (index % 64));
        if bits.len() <= word {
            bits.resize(word + 1, 0);
        }
        if bits[word] & bit == 0 {
            bits[word] |= bit;
            self.counts.distinct += 1;
        }
    }

    fn counts(&self) -> Counts {
        let since = |end: Option<Instant>| {
            let time = self.first.zip(end).map(|(first, end)| end.duration_since(first).as_micros());
            time.and_then(|micros| micros.try_into().ok()).unwrap_or_default()
        };
        Counts { age: since(Some(Instant::now())), span: since(self.last), ..self.counts }
    }
}

/// Receives until it is killed.
pub(crate) fn main(auth_token: &str) -> anyhow::Result<()> {
    let signer = Signer::new(auth_token)?;
    let state = Rc::new(State { signer, stall_ms: Cell::default(), seen: RefCell::default() });
    actix_web::rt::System::new().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut out = io::stdout();
        writeln!(out, r#"{{"url": "http://{}"}}"#, listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            actix_web::rt::spawn(serve(stream, state.clone()));
        }
    })
}

/// One connection, until the other side closes it.
async fn serve(stream: TcpStream, state: Rc<State>) -> anyhow::Result<()> {
    let mut input = Vec::with_capacity(16 * 1024);
    while let Some(whole) = request(&stream, &mut input).await? {
        if input.starts_with(b"POST ") {
            let message = message(&state.signer, &input[..whole]);
            state.seen.borrow_mut().count(message.as_ref().map(|(channel, index)| (&channel[..], *index)));
            let until = Instant::now() + Duration::from_millis(state.stall_ms.get());
            if until > Instant::now() {
                sleep(until.duration_since(Instant::now())).await;
            }
            write(&stream, TAKEN).await?;
        } else {
            let line = input.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            let answer = control(&state, &String::from_utf8_lossy(line)).await?;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
            write(&stream, format!("{head}{answer}").as_bytes()).await?;
        }
        input.drain(..whole);
    }
    Ok(())
}

/// Reads until a request is whole; answers its length.
async fn request(stream: &TcpStream, input: &mut Vec<u8>) -> io::Result<Option<usize>> {
    loop {
        if let Some(whole) = length(input).filter(|whole| input.len() >= *whole) {
            return Ok(Some(whole));
        }
        stream.readable().await?;
        match stream.try_read_buf(input) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

async fn write(stream: &TcpStream, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        match stream.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Channel and index of the message that a request is about, if its signature is right.
fn message(signer: &Signer, request: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (&request[..end], &request[end + 4..]);
    let header = |name: &[u8]| {
        let is_it = |line: &&[u8]| line.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
        Some(head.split(|byte| *byte == b'\n').find(is_it)?[name.len()..].trim_ascii())
    };
    let path = head.split(|byte| *byte == b' ').nth(1)?;
    let mut parameters: Vec<_> = form_urlencoded::parse(body).collect();
    parameters.sort_unstable();
    let bytes: Vec<_> = parameters.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    if signer.sign(&[b"http://", header(b"host:")?, path], &bytes).as_bytes()
        != header(b"x-twilio-signature:")?
    {
        return None;
    }
    let value = |name| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    Some((value("ChannelSid")?.as_bytes().to_vec(), value("Index")?.parse().ok()?))
}

async fn control(state: &State, path: &str) -> anyhow::Result<String> {
    let (what, number) = path[1..].split_once('/').unwrap_or((&path[1..], "0"));
    let number: u64 = number.parse().context("a number")?;
    match what {
        "stall" => state.stall_ms.set(number),
        "reset" => *state.seen.borrow_mut() = Seen::default(),
        _ => {
            let (mut last, mut since) = (0, Instant::now());
            loop {
                let counts = state.seen.borrow().counts();
                if counts.received > last {
                    (last, since) = (counts.received, Instant::now());
                }
                if counts.distinct >= number || since.elapsed() > PATIENCE {
                    break;
                }
                sleep(Duration::from_millis(2)).await;
            }
        }
    }
    Ok(serde_json::to_string(&state.seen.borrow().counts())?)
}
