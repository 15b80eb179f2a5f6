//! Sends a request and reads its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{ClientBuilder, Request, Response, StatusCode, redirect, retry};
use thiserror::Error;
use url::Position;

use super::challenge;
use super::failure::Failure;
use super::policy::Policy;
use super::resolver::{Lookup, Resolver};
use super::target::Target;

/// Connections kept open for the next request, per host.
const IDLE_CONNECTIONS: usize = 64;
/// How long. Common servers close after 2 to 5 s without a request; a request that meets the closing connection would be
/// lost.
const IDLE: Duration = Duration::from_secs(1);

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// What holds for all requests of a client.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The time from the lookup of the name to the last byte read, a repetition with credentials included.
    pub timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Whether certificates are accepted that are self-signed, expired or another host's.
    pub accept_invalid_certs: bool,
}

/// Sends requests over HTTP/1.1. It goes through no proxy, follows no redirect, keeps no cookies, unpacks no compressed
/// answer and calls no address that its [`Policy`] refuses. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    policy: Arc<Policy>,
    timeout: Duration,
}

/// The client cannot be set up: the user agent is no header value, or TLS cannot be.
#[derive(Debug, Error)]
#[error("outgoing requests cannot be set up")]
pub struct SetupError(#[from] reqwest::Error);

/// How the form travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// In the query string.
    Get,
    /// In the body.
    Post,
}

impl Method {
    /// The method as HTTP has it: `GET`, `POST`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
        }
    }
}

/// A request to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// How the form travels.
    pub method: Method,
    /// Where to.
    pub target: &'a Target,
    /// The form, already urlencoded.
    pub form: &'a str,
    /// More headers, names and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// How many bytes of the answer's body are read.
    pub read_limit: usize,
}

/// An answer of any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status: 200, 302, 503.
    pub status: u16,
    /// The body, at most as long as the limit.
    pub body: Vec<u8>,
    /// Whether there was more, which was not read.
    pub truncated: bool,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The answer, or why there is none.
    pub result: Result<Answer, Failure>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

impl Client {
    /// A client that asks `lookup` for the addresses of names.
    ///
    /// # Errors
    /// The user agent is no header value, or TLS cannot be set up.
    pub fn new(policy: Policy, lookup: Arc<dyn Lookup>, settings: &Settings) -> Result<Self, SetupError> {
        // Fails only when another part of the process has chosen a provider, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let policy = Arc::new(policy);
        let resolver = Arc::new(Resolver { policy: policy.clone(), lookup });
        let http = builder(resolver.clone(), settings).build().or_else(|error| {
            // A container often has no CA certificates. It shall start, and call http:// all the same.
            let http = builder(resolver, settings).tls_certs_only([]).build().map_err(|_| error)?;
            tracing::warn!(
                "no CA certificates on this machine: https:// cannot be called; install ca-certificates"
            );
            Ok::<_, reqwest::Error>(http)
        })?;
        Ok(Self { http, policy, timeout: settings.timeout })
    }

    /// Sends the request and reads the answer. Credentials of the URL are kept back until the other side asks for them
    /// with a 401; the request is then repeated with them, once (WEBHOOKS.md section 4).
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Exchange {
        let begin = Instant::now();
        let result = tokio::time::timeout(self.timeout, self.answer(outgoing)).await;
        let late = || Failure::Timeout { host: outgoing.target.authority(), after: self.timeout };
        let micros = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        Exchange { result: result.unwrap_or_else(|_| Err(late())), micros }
    }

    async fn answer(&self, outgoing: &Outgoing<'_>) -> Result<Answer, Failure> {
        self.check(outgoing.target)?;
        let request = request(outgoing)?;
        let uri = request.url()[Position::BeforePath..].to_owned();
        let mut response = self.execute(request, outgoing.target).await?;
        if let Some(authorization) = authorization(&response, outgoing, &uri) {
            // Closes the connection rather than read what a 401 has to say.
            drop(response);
            let mut request = self::request(outgoing)?;
            request.headers_mut().insert(AUTHORIZATION, authorization);
            response = self.execute(request, outgoing.target).await?;
        }
        read(response, outgoing.read_limit)
            .await
            .map_err(|error| Failure::of(&error, outgoing.target.authority()))
    }

    /// A host that is an address already is seen by no resolver, so it is checked here.
    fn check(&self, target: &Target) -> Result<(), Failure> {
        let Some(address) = target.address() else { return Ok(()) };
        let refused = |refusal| Failure::Refused { host: target.authority(), refusal };
        self.policy.check(address, false).map_err(refused)
    }

    async fn execute(&self, request: Request, target: &Target) -> Result<Response, Failure> {
        self.http.execute(request).await.map_err(|error| Failure::of(&error, target.authority()))
    }
}

/// What holds whichever features of reqwest another part of the program has switched on.
fn builder(resolver: Arc<Resolver>, settings: &Settings) -> ClientBuilder {
    reqwest::Client::builder()
        .dns_resolver(resolver)
        .user_agent(&settings.user_agent)
        .tls_danger_accept_invalid_certs(settings.accept_invalid_certs)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        // `X-Twilio-Signature`, as receivers have always seen it; some compare the names of headers by their case.
        .http1_title_case_headers()
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE)
}

fn request(outgoing: &Outgoing<'_>) -> Result<Request, Failure> {
    let unsendable = |reason| Failure::Unsendable { host: outgoing.target.authority(), reason };
    let url = outgoing.target.sent(outgoing.method, outgoing.form);
    let mut request = Request::new(outgoing.method.into(), url);
    *request.headers_mut() = headers(outgoing.headers).map_err(unsendable)?;
    request.headers_mut().insert(ACCEPT, ANYTHING);
    if outgoing.method == Method::Post {
        request.headers_mut().insert(CONTENT_TYPE, FORM);
        *request.body_mut() = Some(outgoing.form.to_owned().into());
    }
    Ok(request)
}

fn headers(pairs: &[(&str, &str)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(pairs.len() + 2);
    for (name, value) in pairs {
        let key = HeaderName::try_from(*name).map_err(|_| format!("{name:?} is no name of a header"))?;
        let value = HeaderValue::try_from(*value)
            .map_err(|_| format!("the header {name} has a forbidden character"))?;
        headers.append(key, value);
    }
    Ok(headers)
}

/// The `Authorization` to repeat the request with, if the other side asks for one and the URL has credentials.
fn authorization(response: &Response, outgoing: &Outgoing<'_>, uri: &str) -> Option<HeaderValue> {
    let credentials = outgoing.target.credentials()?;
    if response.status() != StatusCode::UNAUTHORIZED {
        return None;
    }
    challenge::authorization(response.headers(), credentials, outgoing.method, uri)
}

/// Reads at most `limit` bytes; dropping the response then closes the connection on the rest.
async fn read(mut response: Response, limit: usize) -> Result<Answer, reqwest::Error> {
    let mut answer = Answer { status: response.status().as_u16(), body: Vec::new(), truncated: false };
    while let Some(chunk) = response.chunk().await? {
        let room = limit - answer.body.len();
        answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            answer.truncated = true;
            break;
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Mutex;

    use http_auth::{PasswordClient, PasswordParams};
    use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::outbound::resolver::fake::Answers;

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

    /// A server on a port of its own that hands its connections to `serve`, one after the other.
    async fn server<F: Future<Output = ()> + Send>(
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream).await;
            }
        });
        address
    }

    /// Reads one request, with its body, and returns it as text; nothing where the connection was closed.
    async fn received(stream: &mut (impl AsyncRead + Unpin)) -> String {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        loop {
            let length = stream.read(&mut buffer).await.unwrap_or(0);
            text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                if length == 0 {
                    return text;
                }
                continue;
            };
            let expected = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            if body.len() >= expected.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
    }

    async fn answer_with(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &[u8]) -> String {
        let request = received(stream).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        request
    }

    /// A server that answers with the texts in turn, the last one again and again, and the requests it received.
    async fn answering(answers: &[&str]) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<String> = answers.iter().map(ToString::to_string).collect();
        let seen = requests.clone();
        let address = server(move |mut stream| {
            let seen = seen.clone();
            let turn = seen.lock().unwrap().len().min(answers.len() - 1);
            let answer = answers[turn].clone();
            async move {
                let request = answer_with(&mut stream, answer.as_bytes()).await;
                seen.lock().unwrap().push(request);
            }
        })
        .await;
        (address, requests)
    }

    fn client_with(
        allow: &[&str],
        lookup: Arc<dyn Lookup>,
        timeout: u64,
        accept_invalid_certs: bool,
    ) -> Client {
        let allow: Vec<String> = allow.iter().map(ToString::to_string).collect();
        let timeout = Duration::from_millis(timeout);
        let settings = Settings { timeout, user_agent: "partyline/test".to_owned(), accept_invalid_certs };
        Client::new(Policy::from(false, &allow).unwrap(), lookup, &settings).unwrap()
    }

    fn client() -> Client {
        client_with(&["127.0.0.1"], Answers::new(&[&["127.0.0.1"]]), 5000, false)
    }

    fn post(target: &Target) -> Outgoing<'_> {
        Outgoing { method: Method::Post, target, form: "Body=hi", headers: &[], read_limit: 65_536 }
    }

    async fn call(client: &Client, url: &str) -> Result<Answer, Failure> {
        client.send(&post(&Target::parse(url).unwrap())).await.result
    }

    fn at(address: SocketAddr) -> String {
        format!("http://{address}/chat?token=secret")
    }

    /// What [`OK`] is read as.
    fn ok() -> Answer {
        Answer { status: 200, body: b"{}".to_vec(), truncated: false }
    }

    #[tokio::test]
    async fn a_post_is_written_as_the_vendor_writes_it() {
        let (address, requests) = answering(&[OK]).await;
        let target = Target::parse(&format!("http://{address}/chat?x=1#top")).unwrap();
        let headers = &[("X-Twilio-Signature", "abc="), ("I-Twilio-Idempotency-Token", "1-2")];
        let exchange = client().send(&Outgoing { headers, ..post(&target) }).await;
        assert_eq!(exchange.result, Ok(ok()));
        assert!(exchange.micros > 0);
        let expected = format!(
            "POST /chat?x=1 HTTP/1.1\r\nX-Twilio-Signature: abc=\r\nI-Twilio-Idempotency-Token: 1-2\r\nAccept: */*\r\n\
             Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nUser-Agent: partyline/test\r\n\
             Host: {address}\r\nContent-Length: 7\r\n\r\nBody=hi"
        );
        assert_eq!(requests.lock().unwrap()[0], expected);
    }

    #[tokio::test]
    async fn a_get_carries_the_form_in_its_query() {
        let (address, requests) = answering(&[OK]).await;
        let target = Target::parse(&format!("http://{address}?x=1")).unwrap();
        let exchange = client().send(&Outgoing { method: Method::Get, ..post(&target) }).await;
        assert_eq!(exchange.result, Ok(ok()));
        let request = requests.lock().unwrap()[0].clone();
        assert!(request.starts_with("GET /?x=1&Body=hi HTTP/1.1\r\n"), "{request}");
        assert!(!request.contains("Content-"), "{request}");
        assert_eq!(target.url_with_query("Body=hi"), format!("http://{address}/?x=1&Body=hi"));
    }

    #[tokio::test]
    async fn a_connection_serves_the_next_request() {
        let connections = Arc::new(Mutex::new(0));
        let seen = connections.clone();
        let address = server(move |mut stream| {
            *seen.lock().unwrap() += 1;
            async move {
                while !received(&mut stream).await.is_empty() {
                    stream.write_all(OK.as_bytes()).await.unwrap();
                }
            }
        })
        .await;
        let client = client();
        for _ in 0..3 {
            assert_eq!(call(&client, &at(address)).await, Ok(ok()));
        }
        assert_eq!(*connections.lock().unwrap(), 1);
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let redirect = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        let (address, requests) = answering(&[redirect]).await;
        assert_eq!(call(&client(), &at(address)).await.unwrap().status, 302);
        assert_eq!(requests.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_refused_address_is_not_called() {
        let (address, requests) = answering(&[OK]).await;
        let strict = client_with(&[], Answers::new(&[&["8.8.8.8", "127.0.0.1"]]), 5000, false);
        for host in ["127.0.0.1", "2130706433", "[::ffff:7f00:1]", "h.example"] {
            let failure = call(&strict, &format!("http://user:pass@{host}:{}/?secret", address.port()))
                .await
                .unwrap_err();
            let text = failure.to_string();
            assert!(
                matches!(failure, Failure::Refused { .. }) && text.contains("`webhooks.allow`"),
                "{text}"
            );
            assert!(!text.contains("secret") && !text.contains("pass"), "{text}");
        }
        let metadata = call(&client(), "http://169.254.169.254/latest/").await.unwrap_err();
        assert_eq!(
            metadata.to_string(),
            "169.254.169.254:80 was not called: 169.254.169.254 is a link-local or cloud metadata address and is never \
             called"
        );
        assert_eq!(requests.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn the_connection_goes_to_the_address_that_was_checked() {
        let (address, requests) = answering(&[OK]).await;
        let client =
            client_with(&["127.0.0.1"], Answers::new(&[&["127.0.0.1"], &["127.0.0.2"]]), 5000, false);
        let url = format!("http://hooks.example.com:{}/", address.port());
        assert_eq!(call(&client, &url).await, Ok(ok()));
        // The server closed the connection, so the name is looked up again.
        let failure = call(&client, &url).await.unwrap_err();
        assert!(failure.to_string().contains("127.0.0.2 is a loopback address"), "{failure}");
        assert_eq!(requests.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_keeps_silent_is_late() {
        let hanging = server(|stream| async move {
            std::future::pending::<()>().await;
            drop(stream);
        });
        let dripping = server(|mut stream| async move {
            received(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        let hasty = client_with(&["127.0.0.1"], Answers::never(), 200, false);
        let port = hanging.await.port();
        let urls =
            [at(dripping.await), format!("http://127.0.0.1:{port}/"), format!("https://127.0.0.1:{port}/")];
        for url in urls.into_iter().chain(["http://a-name-nobody-answers-for/".to_owned()]) {
            let target = Target::parse(&url).unwrap();
            let exchange = hasty.send(&post(&target)).await;
            let expected = format!("{} did not answer within 200 ms", target.authority());
            assert_eq!(exchange.result.unwrap_err().to_string(), expected);
            assert!((200_000..5_000_000).contains(&exchange.micros), "{}", exchange.micros);
        }
    }

    #[tokio::test]
    async fn what_breaks_is_told() {
        let resetting = server(|mut stream| async move {
            received(&mut stream).await;
            stream.set_zero_linger().unwrap();
        })
        .await;
        let (garbage, _) = answering(&["+OK this is POP3\r\n\r\n"]).await;
        let (silent, _) = answering(&[""]).await;
        let (short, _) = answering(&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"]).await;
        for (address, expected) in [
            (resetting, "connection reset"),
            (garbage, "invalid HTTP version parsed"),
            (silent, "connection closed before message completed"),
            (short, "end of file before message length reached"),
        ] {
            let failure = call(&client(), &at(address)).await.unwrap_err();
            assert_eq!(failure, Failure::Broken { host: address.to_string(), reason: expected.to_owned() });
        }
    }

    #[tokio::test]
    async fn a_host_that_cannot_be_reached_is_told() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let failure = call(&client(), &at(free)).await.unwrap_err();
        assert_eq!(failure.to_string(), format!("no connection to {free}: connection refused"));
        let nameless = client_with(&[], Answers::failing(), 5000, false);
        let failure = call(&nameless, "https://h.example/?secret").await.unwrap_err();
        assert_eq!(failure.to_string(), "the address of h.example:443 was not found: no such name");
    }

    #[tokio::test]
    async fn no_more_is_read_than_asked_for() {
        let endless = server(|mut stream| async move {
            received(&mut stream).await;
            let mut result = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while result.is_ok() {
                result = stream.write_all(&[b'x'; 8192]).await;
            }
        })
        .await;
        let answer = call(&client(), &at(endless)).await.unwrap();
        assert_eq!((answer.status, answer.body.len(), answer.truncated), (200, 65_536, true));

        let (address, _) = answering(&[OK]).await;
        let target = Target::parse(&at(address)).unwrap();
        for (read_limit, body, truncated) in
            [(0, "", true), (1, "{", true), (2, "{}", false), (3, "{}", false)]
        {
            let answer = client().send(&Outgoing { read_limit, ..post(&target) }).await.result.unwrap();
            assert_eq!((answer.body.as_slice(), answer.truncated), (body.as_bytes(), truncated));
        }
    }

    #[tokio::test]
    async fn a_compressed_answer_stays_as_it_is() {
        let (address, requests) =
            answering(&["HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"]).await;
        assert_eq!(call(&client(), &at(address)).await, Ok(ok()));
        assert!(!requests.lock().unwrap()[0].contains("Accept-Encoding"));
    }

    const BASIC: &str =
        "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";
    const DIGEST: &str = "Digest realm=\"r\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\", opaque=\"o\"";

    fn authorized(request: &str) -> Option<&str> {
        request.lines().find_map(|line| line.strip_prefix("Authorization: "))
    }

    #[tokio::test]
    async fn basic_credentials_are_sent_when_asked_for() {
        let (address, requests) = answering(&[BASIC, OK]).await;
        let url = format!("http://Aladdin:open%20sesame@{address}/");
        assert_eq!(call(&client(), &url).await, Ok(ok()));
        let requests = requests.lock().unwrap();
        assert_eq!(authorized(&requests[0]), None);
        assert_eq!(authorized(&requests[1]), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert!(requests[1].ends_with("\r\n\r\nBody=hi"));
    }

    #[tokio::test]
    async fn digest_credentials_are_sent_when_asked_for() {
        let unauthorized =
            format!("HTTP/1.1 401 X\r\nwww-authenticate: {DIGEST}\r\ncontent-length: 0\r\n\r\n");
        let (address, requests) = answering(&[&unauthorized, OK]).await;
        assert_eq!(call(&client(), &format!("http://us:pa@{address}/chat?x=1")).await, Ok(ok()));
        let requests = requests.lock().unwrap();
        let sent = authorized(&requests[1]).unwrap();
        let cnonce = sent.split("cnonce=\"").nth(1).unwrap().split('"').next().unwrap();
        let PasswordClient::Digest(mut digest) = PasswordClient::try_from(DIGEST).unwrap() else { panic!() };
        let params =
            PasswordParams { username: "us", password: "pa", uri: "/chat?x=1", method: "POST", body: None };
        assert_eq!(sent, digest.respond_with_testing_cnonce(&params, cnonce).unwrap());
    }

    #[tokio::test]
    async fn credentials_are_tried_once_and_only_if_there_are_any() {
        let (address, requests) = answering(&[BASIC]).await;
        for (user, calls) in [("us:pa@", 2), ("", 3)] {
            assert_eq!(call(&client(), &format!("http://{user}{address}/")).await.unwrap().status, 401);
            assert_eq!(requests.lock().unwrap().len(), calls);
        }
    }

    #[tokio::test]
    async fn the_repetition_shares_the_time_limit() {
        let address = server(|mut stream| async move {
            received(&mut stream).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let _ = stream.write_all(BASIC.as_bytes()).await;
        })
        .await;
        let hasty = client_with(&["127.0.0.1"], Answers::never(), 300, false);
        let failure = call(&hasty, &format!("http://us:pa@{address}/")).await.unwrap_err();
        assert!(matches!(failure, Failure::Timeout { .. }), "{failure}");
    }

    /// A server whose certificate for `h.example` nobody vouches for.
    async fn self_signed() -> SocketAddr {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let signed = rcgen::generate_simple_self_signed(["h.example".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        server(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    answer_with(&mut stream, OK.as_bytes()).await;
                }
            }
        })
        .await
    }

    #[tokio::test]
    async fn a_certificate_must_be_vouched_for_unless_the_configuration_says_otherwise() {
        let url = format!("https://h.example:{}/?secret", self_signed().await.port());
        let failure = call(&client(), &url).await.unwrap_err();
        assert!(matches!(failure, Failure::Tls { .. }), "{failure}");
        assert!(
            failure.to_string().contains("certificate") && !failure.to_string().contains("secret"),
            "{failure}"
        );
        let trusting = client_with(&["127.0.0.1"], Answers::new(&[&["127.0.0.1"]]), 5000, true);
        assert_eq!(call(&trusting, &url).await, Ok(ok()));
    }

    #[tokio::test]
    async fn tls_with_a_server_that_has_none_fails() {
        let plain = server(|mut stream| async move {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = stream.shutdown().await;
        })
        .await;
        let failure = call(&client(), &format!("https://{plain}/")).await.unwrap_err();
        assert!(matches!(failure, Failure::Tls { .. }), "{failure}");
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_told() {
        let target = Target::parse("http://127.0.0.1:1/").unwrap();
        for headers in [[("X-A", "a\r\nX-B: b")], [("X A", "a")], [("", "")]] {
            let failure =
                client().send(&Outgoing { headers: &headers, ..post(&target) }).await.result.unwrap_err();
            assert!(matches!(failure, Failure::Unsendable { .. }), "{failure}");
        }
        let form = &"x".repeat(70_000);
        let long = Outgoing { method: Method::Get, form, ..post(&target) };
        let failure = client().send(&long).await.result.unwrap_err();
        assert!(matches!(failure, Failure::Unsendable { .. }), "{failure}");
        // Hosts that a parser of URLs lets through and HTTP does not.
        for host in ["a\"b", "a{b}", "a`b", "a'b", "a!b", "a$b", "a_b", "-", "xn--a"] {
            if let Ok(target) = Target::parse(&format!("http://{host}/|^[]{{}}?`{{|}}~^[]\\")) {
                let nameless = client_with(&[], Answers::failing(), 5000, false);
                let failure = nameless.send(&post(&target)).await.result.unwrap_err();
                assert!(
                    matches!(failure, Failure::Unsendable { .. } | Failure::Dns { .. }),
                    "{host}: {failure}"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_user_agent_with_a_line_break_is_refused() {
        let settings = Settings {
            timeout: Duration::from_secs(5),
            user_agent: "a\nb".to_owned(),
            accept_invalid_certs: false,
        };
        assert!(Client::new(Policy::default(), Answers::never(), &settings).is_err());
    }
}
