//! The REST API of chat v1, v2 and v3, on whichever host a request names.
//!
//! A request goes through the same steps in the same order: credentials, path, method, rate, body, then the resource's
//! own file, which reads the form into a command, runs it and renders what it answers.

pub mod bindings;
pub mod body;
pub mod call;
pub mod channel_webhooks;
pub mod channels;
pub mod credentials;
pub mod invites;
pub mod members;
pub mod messages;
pub mod rate;
pub mod roles;
pub mod routes;
pub mod services;
pub mod user_channels;
pub mod users;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{StatusCode, header};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use self::call::{Call, Method};
use crate::control;
use crate::domain::cause::Cause;
use crate::error::ApiError;
use crate::form::{Form, decode};
use crate::render::json::Object;
use crate::render::{Version, View};
use crate::server::App;
use crate::sid::RequestSid;

/// What an operation answers.
#[derive(Debug)]
pub enum Answer {
    /// 200 with an object.
    Ok(String),
    /// 201 with the new object.
    Created(String),
    /// 204: it is gone.
    Deleted,
}

/// What the path says: the version and the segments behind it, decoded once.
struct Path<'r> {
    version: Version,
    segments: Vec<Cow<'r, str>>,
}

fn parse_path(path: &str) -> Result<Path<'_>, ApiError> {
    let mut raw = path.split('/').skip(1);
    let version = match raw.next() {
        Some("v1") => Version::V1,
        Some("v2") => Version::V2,
        Some("v3") => Version::V3,
        _ => return Err(ApiError::NotFound),
    };
    let mut segments = raw.map(|segment| decode(segment.as_bytes(), false)).collect::<Result<Vec<_>, _>>()?;
    // `.json` behind the last segment is accepted everywhere and never echoed.
    if let Some(last) = segments.last_mut() {
        match last {
            Cow::Borrowed(text) => *text = text.strip_suffix(".json").unwrap_or(text),
            Cow::Owned(text) => {
                if let Some(length) = text.strip_suffix(".json").map(str::len) {
                    text.truncate(length);
                }
            }
        }
    }
    if segments.iter().any(|segment| segment.is_empty() || segment.contains('\0')) {
        return Err(ApiError::NotFound);
    }
    Ok(Path { version, segments })
}

/// The path as errors name it: without version, query and `.json`, decoded.
fn named_path(path: &str) -> String {
    let path = match path.as_bytes() {
        [b'/', b'v', b'1'..=b'3', b'/', ..] => &path[3..],
        _ => path,
    };
    let path = path.strip_suffix(".json").unwrap_or(path);
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// Scheme, host and version that the answer's URLs begin with.
fn base(app: &App, request: &HttpRequest, version: Version) -> String {
    let mut base = String::with_capacity(64);
    if let Some(configured) = &app.config.base_url {
        base.push_str(configured);
    } else {
        let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        let trusted = app.config.http.trust_forwarded;
        let forwarded = |name| if trusted { header(name).map(first_of_list) } else { None };
        let host = forwarded(FORWARDED_HOST).or_else(|| header(header::HOST)).filter(|host| is_host(host));
        base.push_str(forwarded(FORWARDED_PROTO).unwrap_or("http"));
        base.push_str("://");
        base.push_str(host.unwrap_or(&app.address));
    }
    base.push('/');
    base.push_str(version.as_str());
    base
}

fn first_of_list(value: &str) -> &str {
    value.split(',').next().unwrap_or(value).trim()
}

/// Only what a host may consist of goes into URLs; a hostile `Host` header stays out of answers.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 255
        && host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']' | b'_')
        })
}

/// Answers a request of the API.
pub async fn handle(app: &App, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let id: RequestSid = app.env.sids.next(app.env.clock.now());
    let started = std::time::Instant::now();
    let method = Method::from(request.method());
    if method == Method::Options {
        return finish(HttpResponse::NoContent().finish(), id, 0);
    }
    let operation = Cell::new("none");
    let (result, concurrent) = answer(app, request, payload, method, &operation).await;
    let response = match result {
        Ok(Answer::Ok(body)) => json(StatusCode::OK, body),
        Ok(Answer::Created(body)) => json(StatusCode::CREATED, body),
        Ok(Answer::Deleted) => HttpResponse::NoContent().finish(),
        Err(error) => refusal(&error, request.path(), id),
    };
    let status = response.status().as_u16();
    measure(operation.get(), class(status), started.elapsed().as_secs_f64());
    if app.config.log.requests {
        tracing::info!(
            request.id = %id, method = %request.method(), path = request.path(), status,
            micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX), "answered"
        );
    }
    finish(response, id, concurrent)
}

/// Counts the request. Looking a metric up by its labels costs more than counting, so each thread keeps those it met.
fn measure(operation: &'static str, class: &'static str, seconds: f64) {
    type Metrics = (metrics::Counter, metrics::Histogram);
    thread_local! {
        static MET: RefCell<HashMap<(&'static str, &'static str), Metrics>> = RefCell::default();
    }
    MET.with_borrow_mut(|met| {
        let (requests, times) = met.entry((operation, class)).or_insert_with(|| {
            let requests =
                metrics::counter!("partyline_requests_total", "operation" => operation, "class" => class);
            (requests, metrics::histogram!("partyline_request_seconds", "operation" => operation))
        });
        requests.increment(1);
        times.record(seconds);
    });
}

fn class(status: u16) -> &'static str {
    match status {
        0..400 => "ok",
        400..500 => "refused",
        _ => "failed",
    }
}

async fn answer(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    method: Method,
    operation: &Cell<&'static str>,
) -> (Result<Answer, ApiError>, u32) {
    let caller = match app.authenticator.authenticate(&app.store, request.headers()).await {
        Ok(caller) => caller,
        Err(error) => return (Err(error), 0),
    };
    let turn = caller.begin();
    let concurrent = turn.concurrent();
    let rate = &app.config.limits.rate;
    if rate.enabled && concurrent > rate.concurrent {
        return (Err(ApiError::TooManyRequests), concurrent);
    }
    let result = async {
        let path = request.uri().path();
        if let Some(path) = control::path(&app.config, path) {
            let call = control::Call {
                app,
                account: caller.account,
                method: request.method().as_str(),
                query: Form::decode(request.query_string().as_bytes()),
                body: body_of(app, request, payload, method).await?,
                operation,
            };
            return Box::pin(control::route(call, path)).await;
        }
        let path = parse_path(path)?;
        let base = base(app, request, path.version);
        let view = View { version: path.version, base, account: caller.account, in_list: false };
        let call = Call {
            app,
            method,
            view,
            query: Form::decode(request.query_string().as_bytes()),
            body: body_of(app, request, payload, method).await?,
            cause: cause(path.version, request.headers()),
            operation,
        };
        routes::route(&call, &path.segments).await
    };
    (result.await, concurrent)
}

async fn body_of(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    method: Method,
) -> Result<body::Body, ApiError> {
    match method {
        Method::Post => body::read(&app.config.http, request, payload).await,
        _ => Ok(body::Body::default()),
    }
}

/// Whether webhooks hear of the call: only when it says so, so that a receiver which calls back makes no loop. v1 never had
/// the header; a value other than `true` is as none (WEBHOOKS.md section 2).
fn cause(version: Version, headers: &HeaderMap) -> Cause {
    let says_so = headers
        .get("x-twilio-webhook-enabled")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    if says_so && version != Version::V1 { Cause::Api } else { Cause::Silent }
}

fn json(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type(HeaderValue::from_static("application/json")).body(body)
}

fn refusal(error: &ApiError, path: &str, id: RequestSid) -> HttpResponse {
    let (code, status) = error.code_and_status();
    if status >= 500 {
        tracing::error!(request.id = %id, %error, "request {id} failed: {error}");
    }
    let mut body = String::with_capacity(256);
    Object::write(&mut body, |o| {
        o.int("code", code.into());
        if let Some(detail) = error.detail() {
            o.text("detail", detail);
        }
        o.text("message", &error.message(&named_path(path)));
        o.text("more_info", &format!("https://www.twilio.com/docs/errors/{code}"));
        o.int("status", status.into());
    });
    let mut response = json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body);
    let headers = response.headers_mut();
    match error {
        ApiError::MethodNotAllowed { allow } => put(headers, header::ALLOW, allow),
        ApiError::TooManyRequests | ApiError::ChannelRateExceeded | ApiError::ServiceRateExceeded => {
            put(headers, header::RETRY_AFTER, "1");
        }
        _ if status == 401 => put(headers, header::WWW_AUTHENTICATE, "Basic realm=\"Twilio API\""),
        _ => {}
    }
    if matches!(error, ApiError::BodyTooLarge) {
        put(headers, header::CONNECTION, "close");
    }
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const REQUEST_ID: HeaderName = HeaderName::from_static("twilio-request-id");
const CONCURRENT: HeaderName = HeaderName::from_static("twilio-concurrent-requests");
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
const ALLOWED: HeaderValue =
    HeaderValue::from_static("Accept, Authorization, Content-Type, X-Twilio-Webhook-Enabled");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const EXPOSED: HeaderValue = HeaderValue::from_static("Twilio-Request-Id, Twilio-Concurrent-Requests");

/// The headers of every answer, refusals too.
fn finish(mut response: HttpResponse, id: RequestSid, concurrent: u32) -> HttpResponse {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.text().as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CONCURRENT, concurrent.into());
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_and_decoded_once() {
        let path = parse_path("/v2/Services/IS1/Channels/a%20b%2540.json").unwrap();
        assert_eq!(path.segments, ["Services", "IS1", "Channels", "a b%40"]);
        for path in [
            "/",
            "/v4/Services",
            "/v2/Services/",
            "/v2//Services",
            "/v2/Services/%00",
            "/v2/",
            "/V2/Services",
        ] {
            assert!(matches!(parse_path(path), Err(ApiError::NotFound)), "{path}");
        }
        assert_eq!(parse_path("/v2/Services/%ff").err().unwrap().code_and_status(), (20001, 400));
    }

    #[test]
    fn errors_name_the_path_without_its_version() {
        assert_eq!(named_path("/v2/Services/IS1/Channels/a%20b.json"), "/Services/IS1/Channels/a b");
        assert_eq!(named_path("/nothing"), "/nothing");
    }

    #[test]
    fn only_host_characters_reach_an_answer() {
        assert!(is_host("chat.twilio.com:8080") && is_host("[::1]:80"));
        assert!(!is_host("evil\"host") && !is_host("a/b") && !is_host(""));
    }
}
