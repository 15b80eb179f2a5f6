//! What sets the ceiling of deliveries: a bare client that posts signed forms as fast as it can, with nothing to read
//! from a database and nothing to write to one.

use std::cell::{Cell, RefCell};
use std::io::{self, Read as _};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{redirect, retry};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::signature::Signer;
use crate::stats::{Sample, cpu_micros, quantile};

/// What to send.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) url: String,
    pub(crate) auth_token: String,
    /// A form as partyline sent it; `Index` is counted up.
    pub(crate) form: String,
    /// Requests under way at once.
    pub(crate) in_flight: usize,
    pub(crate) warm_ms: u64,
    pub(crate) run_ms: u64,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sent {
    /// The CPU time is the sender's own.
    pub(crate) sample: Sample,
    /// Everything sent, warming up included.
    pub(crate) requests: u64,
}

struct Shared {
    client: reqwest::Client,
    url: reqwest::Url,
    signer: Signer,
    /// In the order of their names.
    parameters: Vec<(String, String)>,
    begin: Instant,
    end: Instant,
    requests: Cell<u64>,
    micros: RefCell<Vec<u32>>,
    last: Cell<Option<Instant>>,
}

/// Reads its orders from standard input, follows them, writes what came of it.
pub(crate) fn main() -> anyhow::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let sent = actix_web::rt::System::new().block_on(run(serde_json::from_str(&text)?))?;
    Ok(serde_json::to_writer(io::stdout(), &sent)?)
}

/// The settings that partyline's own client has.
fn client() -> reqwest::Result<reqwest::Client> {
    // Nobody else in this process chooses one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent("partyline")
        .tls_certs_only([])
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .http1_only()
        .http1_title_case_headers()
        .pool_max_idle_per_host(64)
        .pool_idle_timeout(Duration::from_secs(1))
        .build()
}

async fn run(orders: Orders) -> anyhow::Result<Sent> {
    let mut parameters: Vec<_> = form_urlencoded::parse(orders.form.as_bytes()).into_owned().collect();
    parameters.sort_unstable();
    let begin = Instant::now() + Duration::from_millis(orders.warm_ms);
    let shared = Rc::new(Shared {
        client: client()?,
        url: orders.url.parse()?,
        signer: Signer::new(&orders.auth_token)?,
        parameters,
        begin,
        end: begin + Duration::from_millis(orders.run_ms),
        requests: Cell::new(0),
        micros: RefCell::default(),
        last: Cell::default(),
    });
    let before = cpu_micros(std::process::id());
    let lanes: Vec<_> =
        (0..orders.in_flight).map(|_| actix_web::rt::spawn(send_on(shared.clone()))).collect();
    for lane in lanes {
        lane.await??;
    }
    let (used, requests) = (cpu_micros(std::process::id()) - before, shared.requests.get());
    let mut micros = shared.micros.take();
    micros.sort_unstable();
    let seconds = shared.last.get().map_or(f64::NAN, |last| last.duration_since(begin).as_secs_f64());
    let sample = Sample {
        rate: micros.len() as f64 / seconds,
        p50: quantile(&micros, 0.5),
        p99: quantile(&micros, 0.99),
        cpu: used / requests as f64,
    };
    Ok(Sent { sample, requests })
}

/// One request after the other.
async fn send_on(shared: Rc<Shared>) -> anyhow::Result<()> {
    let url = [shared.url.as_str().as_bytes()];
    loop {
        let (started, number) = (Instant::now(), shared.requests.get());
        if started >= shared.end {
            return Ok(());
        }
        shared.requests.set(number + 1);
        let number = number.to_string();
        let value_of = |name: &str, value| if name == "Index" { &number } else { value };
        let parameters = shared.parameters.iter().map(|(name, value)| (name, value_of(name, value)));
        let parameters: Vec<(&String, &String)> = parameters.collect();
        let form = form_urlencoded::Serializer::new(String::with_capacity(1024))
            .extend_pairs(parameters.iter().copied())
            .finish();
        let signature = shared.signer.sign(&url, &parameters);
        let request = shared
            .client
            .post(shared.url.clone())
            .header("X-Twilio-Signature", signature)
            .header("I-Twilio-Idempotency-Token", "01927d3c-0000-7000-8000-000000000000")
            .header(ACCEPT, "*/*")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
            .body(form);
        let response = request.send().await?;
        ensure!(response.status() == 200, "the receiver answered {}", response.status());
        response.bytes().await?;
        if started >= shared.begin {
            let now = Instant::now();
            shared.micros.borrow_mut().push(u32::try_from(now.duration_since(started).as_micros())?);
            shared.last.set(Some(now));
        }
    }
}
