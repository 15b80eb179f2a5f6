//! Looks host names up and lets only checked addresses through.
//!
//! The connection is made to the very addresses that were checked, so a name server that answers with a public address
//! first and a private one a moment later gains nothing.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::policy::Policy;

/// Finds the addresses of a host name. Tests bring their own.
pub trait Lookup: Send + Sync {
    /// All addresses of `host`. Whoever calls bounds the time it may take.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// What the operating system knows: its hosts file, then its name servers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(
            async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) },
        )
    }
}

/// A name that has no address.
#[derive(Debug, Error)]
pub(super) enum Unresolved {
    #[error("{0}")]
    Failed(#[from] io::Error),
    #[error("it has no address")]
    Empty,
}

/// Checks every answer of a lookup; one refused address refuses the whole answer, since a name that mixes public and
/// private addresses is an attempt to get in, or a mistake.
pub(super) struct Resolver {
    pub(super) policy: Arc<Policy>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (policy, lookup) = (self.policy.clone(), self.lookup.clone());
        Box::pin(async move { checked(&policy, &*lookup, host).await })
    }
}

async fn checked(
    policy: &Policy,
    lookup: &dyn Lookup,
    host: String,
) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    let host_allowed = policy.allows_host(&host);
    let addresses = lookup.lookup(host).await.map_err(Unresolved::Failed)?;
    if addresses.is_empty() {
        return Err(Unresolved::Empty.into());
    }
    for &address in &addresses {
        policy.check(address, host_allowed)?;
    }
    // Port 0 stands for the port of the URL.
    Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))))
}

/// Name servers for tests.
#[cfg(test)]
pub(super) mod fake {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;

    /// Gives its answers in turn, to whatever name, and the last one again and again.
    pub(in crate::outbound) enum Answers {
        These(Mutex<VecDeque<Vec<IpAddr>>>),
        Failing,
        Never,
    }

    impl Answers {
        pub(in crate::outbound) fn new(answers: &[&[&str]]) -> Arc<Self> {
            let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
            Arc::new(Self::These(Mutex::new(answers.iter().map(parse).collect())))
        }

        pub(in crate::outbound) fn failing() -> Arc<Self> {
            Arc::new(Self::Failing)
        }

        pub(in crate::outbound) fn never() -> Arc<Self> {
            Arc::new(Self::Never)
        }
    }

    impl Lookup for Answers {
        fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let answer = match self {
                Self::These(answers) => {
                    let mut answers = answers.lock().unwrap();
                    let next = answers.pop_front().unwrap();
                    if answers.is_empty() {
                        answers.push_back(next.clone());
                    }
                    Ok(next)
                }
                Self::Failing => Err(io::Error::other("no such name")),
                Self::Never => return Box::pin(std::future::pending()),
            };
            Box::pin(std::future::ready(answer))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fake::Answers;
    use super::*;
    use crate::outbound::Refusal;

    async fn resolve(resolver: &Resolver, host: &str) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        let addresses = resolver.resolve(host.parse().unwrap()).await?;
        Ok(addresses.map(|address| address.to_string()).collect())
    }

    fn resolver(allow: &[&str], answers: &[&[&str]]) -> Resolver {
        let allow: Vec<String> = allow.iter().map(ToString::to_string).collect();
        Resolver { policy: Arc::new(Policy::from(false, &allow).unwrap()), lookup: Answers::new(answers) }
    }

    fn refused(result: Result<Vec<String>, Box<dyn Error + Send + Sync>>) -> IpAddr {
        match result.unwrap_err().downcast_ref::<Refusal>() {
            Some(Refusal::NotPublic { address, .. } | Refusal::Never { address, .. }) => *address,
            None => panic!("not refused by the policy"),
        }
    }

    #[tokio::test]
    async fn all_checked_addresses_go_through_and_no_others() {
        let resolver = resolver(&[], &[&["8.8.8.8", "2606:4700::1111"]]);
        assert_eq!(resolve(&resolver, "h.example").await.unwrap(), ["8.8.8.8:0", "[2606:4700::1111]:0"]);
    }

    #[tokio::test]
    async fn an_answer_that_changes_is_refused_the_second_time() {
        let resolver = resolver(&[], &[&["8.8.8.8"], &["127.0.0.1"]]);
        assert_eq!(resolve(&resolver, "h.example").await.unwrap(), ["8.8.8.8:0"]);
        assert_eq!(refused(resolve(&resolver, "h.example").await).to_string(), "127.0.0.1");
    }

    #[tokio::test]
    async fn one_refused_address_refuses_the_answer() {
        for mixed in [&["8.8.8.8", "10.0.0.7"], &["10.0.0.7", "8.8.8.8"]] {
            let resolver = resolver(&[], &[mixed]);
            assert_eq!(refused(resolve(&resolver, "h.example").await).to_string(), "10.0.0.7");
        }
    }

    #[tokio::test]
    async fn an_allowed_name_may_be_private_but_not_metadata() {
        let resolver =
            resolver(&["app.internal"], &[&["10.0.0.7"], &["10.0.0.7", "169.254.169.254"], &["10.0.0.7"]]);
        assert_eq!(resolve(&resolver, "App.internal").await.unwrap(), ["10.0.0.7:0"]);
        assert_eq!(refused(resolve(&resolver, "app.internal").await).to_string(), "169.254.169.254");
        assert_eq!(refused(resolve(&resolver, "other.internal").await).to_string(), "10.0.0.7");
    }

    #[tokio::test]
    async fn no_address_is_an_error() {
        let error = resolve(&resolver(&[], &[&[]]), "h.example").await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Unresolved::Empty)));
    }

    #[tokio::test]
    async fn the_system_knows_localhost() {
        let found = SystemLookup.lookup("localhost".to_owned()).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
