//! Request bodies: read within bounds, and read as a form whatever they call themselves.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::{StreamExt as _, stream};

use crate::config::Http;
use crate::error::ApiError;
use crate::form::Form;

/// A body as it came.
#[derive(Default)]
pub struct Body {
    bytes: Bytes,
    /// The request's headers when the body says that it is multipart.
    multipart: Option<HeaderMap>,
}

/// Reads a body. One that is too long is read on and thrown away, up to a bound, so that a client that writes first and
/// reads afterwards sees the answer.
pub async fn read(http: &Http, request: &HttpRequest, mut payload: Payload) -> Result<Body, ApiError> {
    let all = async {
        let mut bytes = BytesMut::new();
        let mut length = 0;
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| ApiError::MalformedBody { reason: "the body ended early" })?;
            length += chunk.len();
            if length <= http.max_body_bytes {
                bytes.extend_from_slice(&chunk);
            } else if length > http.drain_body_bytes {
                return Err(ApiError::BodyTooLarge);
            }
        }
        if length > http.max_body_bytes { Err(ApiError::BodyTooLarge) } else { Ok(bytes.freeze()) }
    };
    let bytes = tokio::time::timeout(Duration::from_millis(http.request_timeout_ms), all)
        .await
        .map_err(|_| ApiError::RequestTimeout)??;
    let headers = request.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let multipart = kind.to_ascii_lowercase().starts_with("multipart/form-data").then(|| headers.clone());
    Ok(Body { bytes, multipart })
}

impl Body {
    /// The parameters of the body.
    pub async fn form(&self) -> Result<Form, ApiError> {
        match &self.multipart {
            Some(headers) if !self.bytes.is_empty() => multipart(headers, self.bytes.clone()).await,
            _ => Form::decode(&self.bytes),
        }
    }
}

async fn multipart(headers: &HeaderMap, bytes: Bytes) -> Result<Form, ApiError> {
    let malformed = || ApiError::MalformedBody { reason: "malformed multipart/form-data" };
    let body = stream::iter([Ok::<_, actix_web::error::PayloadError>(bytes)]);
    let mut parts = actix_multipart::Multipart::new(headers, body);
    let mut form = Form::default();
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| malformed())?;
        let name = part.name().ok_or_else(malformed)?.to_owned();
        let mut value = Vec::new();
        while let Some(chunk) = part.next().await {
            value.extend_from_slice(&chunk.map_err(|_| malformed())?);
        }
        let value = String::from_utf8(value)
            .map_err(|_| ApiError::MalformedBody { reason: "text that is not UTF-8" })?;
        form.push(name, value)?;
    }
    Ok(form)
}
