//! Requests as text, and a blocking client for what happens once.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, ensure};
use base64::Engine as _;

use crate::load::Request;

/// Who calls whom.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) address: SocketAddr,
    /// The account's auth token, which signs what webhooks are sent.
    pub(crate) auth_token: String,
    credentials: String,
    /// Whether webhooks shall hear of its calls.
    told: bool,
}

impl Caller {
    pub(crate) fn new(address: SocketAddr, account: &str, token: &str) -> Self {
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{account}:{token}"));
        Self { address, auth_token: token.to_owned(), credentials, told: false }
    }

    /// The same caller, with the header that lets webhooks hear of what it does.
    pub(crate) fn told(&self) -> Self {
        Self { told: true, ..self.clone() }
    }

    fn head(&self, method: &str, path: &str) -> String {
        let told = if self.told { "x-twilio-webhook-enabled: true\r\n" } else { "" };
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Basic {}\r\naccept: application/json\r\n{told}",
            self.address, self.credentials
        )
    }

    pub(crate) fn get(&self, path: &str, status: u16) -> Request {
        Request { text: format!("{}\r\n", self.head("GET", path)), status }
    }

    pub(crate) fn post(&self, path: &str, form: &str, status: u16) -> Request {
        let text = format!(
            "{}content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.head("POST", path),
            form.len()
        );
        Request { text, status }
    }

    /// Sends one request on a connection of its own; answers the body.
    pub(crate) fn send(&self, request: &Request) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(request.text.as_bytes())?;
        let mut stream = BufReader::new(stream);
        let (mut first, mut length) = (String::new(), 0);
        stream.read_line(&mut first)?;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse()?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let body = String::from_utf8(body).context("a body in UTF-8")?;
        ensure!(
            first.get(9..12) == Some(&request.status.to_string()),
            "{} was answered with {first}{body}",
            request.text
        );
        Ok(body)
    }
}
