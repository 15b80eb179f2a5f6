#![allow(missing_docs, dead_code)]
use super::policy::Policy;
use super::target::Target;
pub struct Client;
pub struct Settings {
    pub timeout: std::time::Duration,
    pub user_agent: String,
    pub accept_invalid_certs: bool,
}
pub enum Method {
    Get,
    Post,
}
pub struct Outgoing<'a> {
    pub method: Method,
    pub target: &'a Target,
    pub form: &'a str,
    pub headers: &'a [(String, String)],
    pub read_limit: usize,
}
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("t")]
    Timeout,
    #[error("{0}")]
    Target(String),
}
pub struct Exchange {
    pub result: Result<Answer, Failure>,
    pub micros: u64,
}
impl Client {
    pub fn new(_: Policy, _: Settings) -> anyhow::Result<Self> {
        Ok(Self)
    }
    pub async fn send(&self, _: &Outgoing<'_>) -> Exchange {
        unimplemented!()
    }
}
