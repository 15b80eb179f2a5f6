//! The load generator: keep-alive connections that send requests made beforehand and read of each answer only its
//! status and its length.

use std::cell::RefCell;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::net::TcpStream;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::stats::{Sample, quantile};

/// What stands in a request for a number that no other operation has.
pub(crate) const NUMBER: &str = "##########";

/// A request and the status that it must be answered with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) text: String,
    pub(crate) status: u16,
}

/// What counts as one operation: steps one after the other, each of them requests at the same time.
pub(crate) type Operation = Vec<Vec<Request>>;

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) clients: usize,
    pub(crate) warm_ms: u64,
    pub(crate) run_ms: u64,
    /// Done in turn, by all clients together.
    pub(crate) operations: Vec<Operation>,
    /// Where the numbers of the operations begin.
    pub(crate) first: u64,
    /// Ends after so many operations; 0 when only time ends it.
    pub(crate) at_most: u64,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Rate and times of what was done after warming up; the server's CPU time is for the caller to add.
    pub(crate) sample: Sample,
    /// Everything done, warming up included.
    pub(crate) operations: u64,
    /// Answers with another status than expected, and one of them.
    pub(crate) wrong: u64,
    pub(crate) example: String,
}

/// Reads a plan from standard input, follows it, writes the outcome.
pub(crate) fn main() -> anyhow::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let outcome = actix_web::rt::System::new().block_on(run(serde_json::from_str(&text)?))?;
    Ok(serde_json::to_writer(io::stdout(), &outcome)?)
}

struct Prepared {
    parts: Vec<Vec<u8>>,
    status: u16,
}

struct Shared {
    operations: Vec<Vec<Vec<Prepared>>>,
    begin: Instant,
    end: Instant,
    at_most: u64,
    first: u64,
    done: RefCell<Done>,
}

#[derive(Default)]
struct Done {
    started: u64,
    finished: u64,
    micros: Vec<u32>,
    last: Option<Instant>,
    wrong: u64,
    example: String,
}

async fn run(plan: Plan) -> anyhow::Result<Outcome> {
    let width = plan.operations.iter().flatten().map(Vec::len).max().unwrap_or(1);
    let mut clients = Vec::with_capacity(plan.clients);
    for _ in 0..plan.clients {
        let mut lanes = Vec::with_capacity(width);
        for _ in 0..width {
            lanes.push(Lane::connect(plan.address).await?);
        }
        clients.push(lanes);
    }
    let prepare = |request: Request| Prepared {
        parts: request.text.split(NUMBER).map(|part| part.as_bytes().to_vec()).collect(),
        status: request.status,
    };
    let step = |step: Vec<Request>| step.into_iter().map(prepare).collect();
    let begin = Instant::now() + Duration::from_millis(plan.warm_ms);
    let shared = Rc::new(Shared {
        operations: plan
            .operations
            .into_iter()
            .map(|operation| operation.into_iter().map(step).collect())
            .collect(),
        begin,
        end: begin + Duration::from_millis(plan.run_ms),
        at_most: if plan.at_most == 0 { u64::MAX } else { plan.at_most },
        first: plan.first,
        done: RefCell::default(),
    });
    let clients: Vec<_> =
        clients.into_iter().map(|lanes| actix_web::rt::spawn(client(shared.clone(), lanes))).collect();
    for client in clients {
        client.await??;
    }
    let mut done = shared.done.take();
    done.micros.sort_unstable();
    let seconds = done.last.map_or(f64::NAN, |last| last.duration_since(begin).as_secs_f64());
    Ok(Outcome {
        sample: Sample {
            rate: done.micros.len() as f64 / seconds,
            p50: quantile(&done.micros, 0.5),
            p99: quantile(&done.micros, 0.99),
            cpu: 0.0,
        },
        operations: done.finished,
        wrong: done.wrong,
        example: done.example,
    })
}

async fn client(shared: Rc<Shared>, mut lanes: Vec<Lane>) -> anyhow::Result<()> {
    let mut number = Vec::with_capacity(NUMBER.len());
    loop {
        let (started, turn) = {
            let mut done = shared.done.borrow_mut();
            let now = Instant::now();
            if now >= shared.end || done.started == shared.at_most {
                return Ok(());
            }
            done.started += 1;
            (now, done.started)
        };
        number.clear();
        write!(number, "{:0width$}", shared.first + turn, width = NUMBER.len())?;
        let place = usize::try_from(turn)? % shared.operations.len();
        for step in &shared.operations[place] {
            for (lane, request) in lanes.iter_mut().zip(step) {
                lane.send(request, &number).await?;
            }
            for (lane, request) in lanes.iter_mut().zip(step) {
                let status = lane.receive().await?;
                if status != request.status {
                    let mut done = shared.done.borrow_mut();
                    done.wrong += 1;
                    done.example = String::from_utf8_lossy(&lane.input).into_owned();
                }
                lane.input.clear();
            }
        }
        let mut done = shared.done.borrow_mut();
        done.finished += 1;
        if started >= shared.begin {
            let now = Instant::now();
            done.micros.push(u32::try_from(now.duration_since(started).as_micros())?);
            done.last = Some(now);
        }
    }
}

/// One connection.
struct Lane {
    stream: TcpStream,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Lane {
    async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, input: Vec::with_capacity(128 * 1024), output: Vec::new() })
    }

    async fn send(&mut self, request: &Prepared, number: &[u8]) -> io::Result<()> {
        let mut rest = match request.parts.as_slice() {
            [whole] => whole.as_slice(),
            parts => {
                self.output.clear();
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        self.output.extend_from_slice(number);
                    }
                    self.output.extend_from_slice(part);
                }
                &self.output
            }
        };
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads one answer and leaves it in `input`.
    async fn receive(&mut self) -> anyhow::Result<u16> {
        let mut whole = None;
        loop {
            self.stream.readable().await?;
            match self.stream.try_read_buf(&mut self.input) {
                Ok(0) => anyhow::bail!("the server closed the connection"),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            if whole.is_none() {
                whole = length(&self.input);
            }
            if whole.is_some_and(|whole| self.input.len() >= whole) {
                let status = std::str::from_utf8(&self.input[9..12])?;
                return status.parse().context("a status");
            }
        }
    }
}

/// The length of a message, head and body, when the head is there.
pub(crate) fn length(input: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let head = input.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let at = input[..head].windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME));
    let digits = at.map_or(&b""[..], |at| &input[at + NAME.len()..head]);
    let body = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Some(head + body)
}
