//! HTTP Basic: the account's SID with its auth token, or an API key's SID with its secret.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use moka::sync::Cache;
use subtle::ConstantTimeEq as _;

use crate::error::ApiError;
use crate::sid::AccountSid;
use crate::store::{Store, accounts};

/// How long a looked-up secret is believed: a revoked key opens nothing after this.
const BELIEVED: Duration = Duration::from_secs(2);
/// As many user names are remembered as this.
const REMEMBERED: u64 = 10_000;

/// Checks credentials against the store, with a short memory in front.
pub struct Authenticator {
    known: Cache<String, Arc<Known>>,
    /// Requests under way, by account; kept while the account is in use.
    turns: Cache<AccountSid, Arc<AtomicU32>>,
    /// Tells what a thread remembers of this one from what it remembers of another.
    id: u64,
}

/// The header that a thread accepted last: callers send the same one again and again, and reading it costs as much as
/// finding what they ask for.
struct Last {
    of: u64,
    header: Box<[u8]>,
    known: Arc<Known>,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

struct Known {
    until: Instant,
    account: AccountSid,
    secret: String,
    turns: Arc<AtomicU32>,
}

/// An account whose credentials a request had.
pub struct Caller {
    /// The account.
    pub account: AccountSid,
    turns: Arc<AtomicU32>,
}

impl Caller {
    /// Counts the request among those under way until the answer is dropped.
    #[must_use]
    pub fn begin(&self) -> Turn {
        Turn { concurrent: self.turns.fetch_add(1, Ordering::Relaxed) + 1, turns: self.turns.clone() }
    }
}

/// A request under way.
pub struct Turn {
    concurrent: u32,
    turns: Arc<AtomicU32>,
}

impl Turn {
    /// How many requests of the account were under way when this one began, itself included.
    #[must_use]
    pub fn concurrent(&self) -> u32 {
        self.concurrent
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Authenticator {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build(),
            turns: Cache::builder().max_capacity(REMEMBERED).time_to_idle(Duration::from_hours(1)).build(),
        }
    }
}

impl Authenticator {
    /// Whose credentials these are.
    pub async fn authenticate(&self, store: &Store, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let header = headers.get(AUTHORIZATION).ok_or(ApiError::NoCredentials)?;
        if let Some(known) = self.last(header.as_bytes()) {
            return Ok(known.caller());
        }
        let (name, password) = header.to_str().ok().and_then(credentials).ok_or(ApiError::NoCredentials)?;
        let known = match self.known.get(&name) {
            Some(known) => known,
            None => self.look_up(store, &name).await?.ok_or(ApiError::UnknownUsername)?,
        };
        if !bool::from(known.secret.as_bytes().ct_eq(password.as_bytes())) {
            return Err(ApiError::WrongSecret);
        }
        let last = Last { of: self.id, header: header.as_bytes().into(), known: known.clone() };
        LAST.set(Some(last));
        Ok(known.caller())
    }

    /// Whose credentials the header has, if this thread accepted it a moment ago.
    fn last(&self, header: &[u8]) -> Option<Arc<Known>> {
        LAST.with_borrow(|last| {
            let last =
                last.as_ref().filter(|last| last.of == self.id && Instant::now() < last.known.until)?;
            bool::from(last.header.ct_eq(header)).then(|| last.known.clone())
        })
    }

    async fn look_up(&self, store: &Store, name: &str) -> Result<Option<Arc<Known>>, ApiError> {
        let found = store
            .read(async |tx| {
                if let Ok(sid) = name.parse() {
                    return Ok(accounts::find(tx, sid)
                        .await?
                        .map(|account| (account.sid, account.auth_token)));
                }
                let Ok(sid) = name.parse() else { return Ok(None) };
                let key = accounts::find_key(tx, sid).await?.filter(|key| key.revoked_at.is_none());
                Ok(key.map(|key| (key.account_sid, key.secret)))
            })
            .await?;
        let Some((account, secret)) = found else { return Ok(None) };
        let known = Arc::new(Known {
            until: Instant::now() + BELIEVED,
            account,
            secret,
            turns: self.turns.get_with(account, Arc::default),
        });
        self.known.insert(name.to_owned(), known.clone());
        Ok(Some(known))
    }
}

impl Known {
    fn caller(&self) -> Caller {
        Caller { account: self.account, turns: self.turns.clone() }
    }
}

/// User name and password of a header's value.
fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_basic_with_a_colon_is_read() {
        assert_eq!(credentials("Basic QUM6dG9r"), Some(("AC".to_owned(), "tok".to_owned())));
        assert_eq!(credentials("basic QUM6YTpi"), Some(("AC".to_owned(), "a:b".to_owned())));
        for header in ["", "Basic", "Basic !!!", "Bearer abc", "Basic QUM=", "Basic /w=="] {
            assert_eq!(credentials(header), None, "{header}");
        }
    }
}
