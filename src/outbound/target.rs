//! A URL to call, as it will be sent and signed.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::{Host, Url};

use super::client::Method;

/// A URL to call. The spelling it is sent in is settled when it is parsed, and the signature is made over that spelling,
/// because a receiver computes it from what it received (WEBHOOKS.md section 9): lower-case host, `/` for an empty path,
/// no dot segments, no fragment, no lone `?`, non-ASCII characters percent-encoded, no port where it is the scheme's own.
///
/// The credentials of the URL are kept apart. Neither they nor the query string are in its `Display` and `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    credentials: Option<Credentials>,
}

/// User name and password of a URL, percent-decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// Why a text is no URL to call. The text is for the person who wrote the URL and does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadTarget {
    /// Not an absolute URL of http or https.
    #[error(
        "write an absolute URL that begins with http:// or https://, such as https://hooks.example.com/chat"
    )]
    NotAbsolute,
    /// It begins like a URL and cannot be one.
    #[error("not a URL: {0}")]
    Malformed(#[from] url::ParseError),
}

impl Target {
    /// Parses an absolute http or https URL.
    ///
    /// # Errors
    /// The text does not begin with `http://` or `https://`, or host or port cannot be read.
    pub fn parse(text: &str) -> Result<Self, BadTarget> {
        // The URL standard also reads `https:host` and `https:/host` as absolute; whoever writes that made a mistake.
        let (scheme, _) = text.trim().split_once("://").ok_or(BadTarget::NotAbsolute)?;
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Err(BadTarget::NotAbsolute);
        }
        let mut url = Url::parse(text)?;
        let credentials = take_credentials(&mut url);
        url.set_fragment(None);
        if url.query() == Some("") {
            // Receivers in Python rebuild the URL without a lone `?` (WEBHOOKS.md section 9, vector d10).
            url.set_query(None);
        }
        Ok(Self { url, credentials })
    }

    /// What is sent, and what is signed for a POST.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// What is sent and signed for a GET: the query of the URL is kept and the urlencoded `form` follows it.
    #[must_use]
    pub fn url_with_query(&self, form: &str) -> String {
        self.with_query(form).into()
    }

    /// The URL to send a request to.
    pub(super) fn sent(&self, method: Method, form: &str) -> Url {
        match method {
            Method::Get => self.with_query(form),
            Method::Post => self.url.clone(),
        }
    }

    fn with_query(&self, form: &str) -> Url {
        let mut url = self.url.clone();
        match url.query() {
            _ if form.is_empty() => {}
            Some(query) => url.set_query(Some(&format!("{query}&{form}"))),
            None => url.set_query(Some(form)),
        }
        url
    }

    /// Host and port, the port always written: `hooks.example.com:443`, `[::1]:3000`.
    #[must_use]
    pub fn authority(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }

    /// The address of a host that is written as one, in whatever spelling.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

/// Takes user name and password out of the URL.
fn take_credentials(url: &mut Url) -> Option<Credentials> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (username, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
    // Both setters fail only for URLs that have no host, and those of http and https have one.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    (!username.is_empty() || !password.is_empty()).then_some(Credentials { username, password })
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.url.clone();
        shown.set_query(self.url.query().map(|_| "..."));
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> String {
        Target::parse(text).unwrap().url().to_owned()
    }

    #[test]
    fn a_url_is_spelled_as_it_is_sent() {
        let spellings = [
            ("https://Hooks.Example.COM", "https://hooks.example.com/"),
            ("HTTPS://hooks.example.com/Chat/Post", "https://hooks.example.com/Chat/Post"),
            ("https://h.example/a/../chat/./x/", "https://h.example/chat/x/"),
            ("https://h.example/chat?", "https://h.example/chat"),
            ("https://h.example/chat?#top", "https://h.example/chat"),
            ("https://h.example/chat?a=1#top", "https://h.example/chat?a=1"),
            ("https://h.example/чат?q=é", "https://h.example/%D1%87%D0%B0%D1%82?q=%C3%A9"),
            ("https://h.example/chat%20room?z=1&a=b+c", "https://h.example/chat%20room?z=1&a=b+c"),
            ("https://h.example/chat?n=O'Neil", "https://h.example/chat?n=O%27Neil"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://h.example:443/", "https://h.example/"),
            ("http://h.example:80/", "http://h.example/"),
            ("https://h.example:80/", "https://h.example:80/"),
            ("http://[::1]:3000/chat", "http://[::1]:3000/chat"),
            ("  https://h.example/  ", "https://h.example/"),
        ];
        for (text, sent) in spellings {
            assert_eq!(url(text), sent, "{text}");
        }
    }

    #[test]
    fn credentials_are_kept_apart() {
        let target = Target::parse("https://us%40er:p%3Ass@h.example:8443/chat?token=secret").unwrap();
        let credentials = target.credentials().unwrap();
        assert_eq!((credentials.username.as_str(), credentials.password.as_str()), ("us@er", "p:ss"));
        assert_eq!(target.url(), "https://h.example:8443/chat?token=secret");
        assert_eq!(target.to_string(), "https://h.example:8443/chat?...");
        assert_eq!(
            format!("{target:?} {credentials:?}"),
            "Target(https://h.example:8443/chat?...) Credentials(..)"
        );
        for without in ["https://h.example/", "https://@h.example/", "https://:@h.example/"] {
            assert_eq!(Target::parse(without).unwrap().credentials(), None, "{without}");
        }
    }

    #[test]
    fn a_get_appends_the_form() {
        let with = |text| Target::parse(text).unwrap().url_with_query("Body=a+b&To=%2B1");
        assert_eq!(with("https://h.example"), "https://h.example/?Body=a+b&To=%2B1");
        assert_eq!(with("https://h.example/c?x=1"), "https://h.example/c?x=1&Body=a+b&To=%2B1");
        assert_eq!(with("https://h.example/c?"), "https://h.example/c?Body=a+b&To=%2B1");
        assert_eq!(
            Target::parse("https://h.example/c?x").unwrap().url_with_query(""),
            "https://h.example/c?x"
        );
    }

    #[test]
    fn host_and_port_are_told_in_full() {
        assert_eq!(Target::parse("https://u:p@H.example/x").unwrap().authority(), "h.example:443");
        assert_eq!(Target::parse("http://[::1]/x").unwrap().authority(), "[::1]:80");
    }

    #[test]
    fn other_texts_are_refused() {
        let relative = [
            "",
            "hooks.example.com",
            "/chat",
            "//h.example/",
            "https:h.example",
            "https:/h.example",
            "ftp://h.example/",
        ];
        for text in relative {
            assert_eq!(Target::parse(text), Err(BadTarget::NotAbsolute), "{text}");
        }
        for text in [
            "https://",
            "http://?x",
            "https://h.example:99999/",
            "https://a b/",
            "http://[::1/",
            "http://1.2.3.4.5/",
        ] {
            assert!(matches!(Target::parse(text), Err(BadTarget::Malformed(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_parses_to_itself(text in ".{0,60}", form in "[a-z+%=&]{0,20}") {
            if let Ok(target) = Target::parse(&format!("https://{text}")) {
                prop_assert_eq!(url(target.url()), target.url());
                let with_query = target.url_with_query(&form);
                prop_assert_eq!(url(&with_query), with_query);
            }
        }
    }
}
