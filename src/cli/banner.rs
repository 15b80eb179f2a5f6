//! What `dev` and `ci` print once they serve: credentials ready to paste.

use serde::Serialize;

/// Where the server is and how to sign in.
///
/// `ci` prints it as one line of JSON with these names in this order.
#[derive(Clone, Serialize)]
pub struct Credentials {
    /// Base URL, such as `http://127.0.0.1:8080`, with no slash at the end.
    pub url: String,
    /// Account, `AC...`.
    pub account_sid: String,
    /// The account's auth token.
    pub auth_token: String,
    /// An API key of the account, `SK...`.
    pub api_key_sid: String,
    /// The key's secret, which signs access tokens.
    pub api_key_secret: String,
}

/// The line that `ci` prints when it is ready to serve.
///
/// # Panics
///
/// Never: texts always serialize.
#[must_use]
pub fn ci_line(credentials: &Credentials) -> String {
    let mut line = serde_json::to_string(credentials).expect("texts always serialize");
    line.push('\n');
    line
}

/// What `dev` prints: 24 lines, to be pasted into a shell, a `.env` file, Node or Python.
///
/// The clients read account and token from the environment, as the SDKs do. Run with twilio 5 for Node and 9 for Python.
#[must_use]
pub fn dev(credentials: &Credentials, database: &str) -> String {
    let Credentials { url, account_sid, auth_token, api_key_sid, api_key_secret } = credentials;
    format!(
        r#"# partyline: {url}, data in {database}
export TWILIO_ACCOUNT_SID={account_sid}
export TWILIO_AUTH_TOKEN={auth_token}
export TWILIO_API_KEY={api_key_sid}
export TWILIO_API_SECRET={api_key_secret}
# --- .env
TWILIO_ACCOUNT_SID={account_sid}
TWILIO_AUTH_TOKEN={auth_token}
TWILIO_API_KEY={api_key_sid}
TWILIO_API_SECRET={api_key_secret}
// --- Node, with the variables above
const url = '{url}', real = 'https://chat.twilio.com';
const httpClient = new (require('twilio/lib/base/RequestClient'))();
const send = httpClient.request.bind(httpClient);
httpClient.request = o => send({{...o, uri: o.uri.replace(real, url)}});
const client = require('twilio')(undefined, undefined, {{ httpClient }});
# --- Python, with the variables above
from twilio.rest import Client
from twilio.http.http_client import TwilioHttpClient
class Partyline(TwilioHttpClient):
    def request(self, method, url, *args, **kw):
        url = url.replace("https://chat.twilio.com", "{url}")
        return super().request(method, url, *args, **kw)
client = Client(http_client=Partyline())
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            url: "http://127.0.0.1:8080".into(),
            account_sid: format!("AC{}", "1".repeat(32)),
            auth_token: "2".repeat(32),
            api_key_sid: format!("SK{}", "3".repeat(32)),
            api_key_secret: "4".repeat(32),
        }
    }

    #[test]
    fn the_ci_line_is_one_line_of_json_in_this_order() {
        let line = ci_line(&credentials());
        assert_eq!(line.lines().count(), 1);
        assert!(
            line.starts_with(r#"{"url":"http://127.0.0.1:8080","account_sid":"AC1"#)
                && line.ends_with("\"}\n")
        );
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        for name in ["url", "account_sid", "auth_token", "api_key_sid", "api_key_secret"] {
            assert!(json[name].is_string(), "{name}");
        }
        assert_eq!(json.as_object().unwrap().len(), 5);
    }

    #[test]
    fn the_dev_banner_fits_a_screen() {
        let banner = dev(&credentials(), "partyline.db");
        assert!(banner.lines().count() <= 24, "{}", banner.lines().count());
        for line in banner.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert_eq!(banner.matches("http://127.0.0.1:8080").count(), 3);
        assert!(banner.contains(&format!("\nexport TWILIO_AUTH_TOKEN={}\n", "2".repeat(32))));
        assert!(banner.contains(&format!("\nTWILIO_API_SECRET={}\n", "4".repeat(32))));
        assert!(banner.contains("{...o, uri:") && banner.contains("{ httpClient }"));
    }
}
