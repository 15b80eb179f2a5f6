//! The two signatures of a webhook: the vendor's `X-Twilio-Signature`, and that of Standard Webhooks.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac as _};
use sha1::Sha1;
use sha2::Sha256;
use thiserror::Error;
use url::form_urlencoded;

/// The value of `X-Twilio-Signature`: base64 of the HMAC-SHA1, keyed with the account's primary auth token, over the URL
/// and, for a POST, each parameter's name and value (WEBHOOKS.md section 9; fixtures/webhooks/vectors.json).
///
/// `url` is the URL as it is sent; that of a GET has the parameters in its query string. `form` is the urlencoded body of
/// a POST. Parameters are taken decoded, in the byte order of their names; of a repeated name each distinct value once,
/// in ascending order.
#[must_use]
pub fn sign(auth_token: &str, url: &str, form: Option<&str>) -> String {
    let mut mac: Hmac<Sha1> = keyed(auth_token.as_bytes());
    mac.update(url.as_bytes());
    let parameters: BTreeSet<_> = form_urlencoded::parse(form.unwrap_or_default().as_bytes()).collect();
    for (name, value) in parameters {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64.encode(mac.finalize().into_bytes())
}

/// One signature of a `webhook-signature` header: `v1,` and the base64 of the HMAC-SHA256 over `{id}.{timestamp}.{body}`
/// (Standard Webhooks, symmetric scheme). `id` is that of the `webhook-id` header, `timestamp_s` that of
/// `webhook-timestamp`, in seconds since 1970; `body` the bytes as they are sent.
#[must_use]
pub fn standard(secret: &StandardSecret, id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let mut mac: Hmac<Sha256> = keyed(&secret.0);
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body);
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// The key of the Standard Webhooks signature. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct StandardSecret(Vec<u8>);

/// A text that is no secret. It says what one looks like and does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "write whsec_ and the base64 of 24 to 64 random bytes as `webhooks.standard_secret`; `openssl rand -base64 32` makes \
     such base64"
)]
pub struct BadSecret;

impl StandardSecret {
    /// Parses `whsec_` and the base64 of 24 to 64 bytes, the lengths that the scheme allows.
    ///
    /// # Errors
    /// Another prefix, another alphabet, another length.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.strip_prefix("whsec_").ok_or(BadSecret)?;
        let key = BASE64.decode(encoded).map_err(|_| BadSecret)?;
        if (24..=64).contains(&key.len()) { Ok(Self(key)) } else { Err(BadSecret) }
    }
}

impl fmt::Debug for StandardSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StandardSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::Value;
    use sha2::Digest as _;
    use url::Url;

    use super::*;
    use crate::outbound::Target;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../fixtures/webhooks/vectors.json")).unwrap()
    }

    fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
        vector[key].as_str().unwrap()
    }

    /// The parameters of a vector as a form; a list is a repeated name.
    fn form(vector: &Value) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in vector["params"].as_object().unwrap() {
            match value {
                Value::Array(values) => {
                    form.extend_pairs(values.iter().map(|value| (name, value.as_str().unwrap())));
                }
                value => {
                    form.append_pair(name, value.as_str().unwrap());
                }
            }
        }
        form.finish()
    }

    /// The URL with its port written out, then without one: the two that the official validators try.
    fn with_and_without_port(url: &str) -> [String; 2] {
        let url = Url::parse(url).unwrap();
        let (scheme, host, rest) = (url.scheme(), url.host_str().unwrap(), &url[url::Position::BeforePath..]);
        let port = url.port_or_known_default().unwrap();
        [format!("{scheme}://{host}:{port}{rest}"), format!("{scheme}://{host}{rest}")]
    }

    /// What a validator does with the URL that it received the request under.
    fn accepted(auth_token: &str, received: &str, form: Option<&str>, signature: &str) -> bool {
        with_and_without_port(received).iter().any(|url| sign(auth_token, url, form) == signature)
    }

    /// The URL that a receiver puts together from the `Host` header and the request line.
    fn received(target: &Target) -> String {
        let sent = Url::parse(target.url()).unwrap();
        let port = sent.port().map_or(String::new(), |port| format!(":{port}"));
        let host = format!("{}{port}", sent.host_str().unwrap());
        format!("{}://{host}{}", sent.scheme(), &sent[url::Position::BeforePath..])
    }

    #[test]
    fn every_vector_is_signed_as_the_official_validators_sign_it() {
        let vectors = vectors();
        let list = vectors["vectors"].as_array().unwrap();
        assert_eq!(list.len(), 69);
        for vector in list {
            let body = form(vector);
            let form = (vector["body"].is_null() && text(vector, "http_method") == "POST").then_some(&*body);
            let (id, token, url) = (text(vector, "id"), text(vector, "auth_token"), text(vector, "url"));
            assert_eq!(sign(token, url, form), text(vector, "expected_signature"), "{id}");

            // What we send for that URL is accepted too, whatever we made of its spelling.
            let target = Target::parse(url).unwrap();
            assert_eq!(received(&target), target.url(), "{id}");
            assert!(accepted(token, url, form, &sign(token, target.url(), form)), "{id}");
        }
    }

    #[test]
    fn a_json_vector_has_the_hash_of_its_body_in_the_url() {
        let vectors = vectors();
        let json =
            vectors["vectors"].as_array().unwrap().iter().filter(|vector| text(vector, "group") == "json");
        for vector in json {
            let mut hash = String::new();
            for byte in Sha256::digest(text(vector, "body")) {
                write!(hash, "{byte:02x}").unwrap();
            }
            assert!(text(vector, "url").ends_with(&format!("bodySHA256={hash}")));
        }
    }

    #[test]
    fn a_get_vector_is_its_url_with_the_form_appended() {
        let vectors = vectors();
        let get =
            vectors["vectors"].as_array().unwrap().iter().filter(|vector| text(vector, "group") == "get");
        for vector in get {
            let url = text(vector, "url");
            let (configured, form) = url.split_once("EventType=").unwrap();
            let target = Target::parse(configured.trim_end_matches('&')).unwrap();
            let sent = target.url_with_query(&format!("EventType={form}"));
            assert_eq!(sent, url);
            assert_eq!(sign(text(vector, "auth_token"), &sent, None), text(vector, "expected_signature"));
        }
    }

    #[test]
    fn each_probe_is_signed_as_it_is_received() {
        let vectors = vectors();
        let probes = vectors["url_form_probes"]["probes"].as_array().unwrap();
        assert_eq!(probes.len(), 18);
        for probe in probes {
            let (id, token, body) = (text(probe, "id"), text(probe, "auth_token"), form(probe));
            let form = Some(&*body);
            assert_eq!(sign(token, text(probe, "signed_url"), form), text(probe, "signature"), "{id}");

            // The URL as somebody might configure it: what we sign is what the receiver sees.
            for configured in [text(probe, "signed_url"), text(probe, "receiver_url")] {
                let target = Target::parse(configured).unwrap();
                assert_eq!(received(&target), target.url(), "{id}");
                assert!(accepted(token, &received(&target), form, &sign(token, target.url(), form)), "{id}");
            }
        }
    }

    #[test]
    fn the_spellings_that_validators_refuse_are_not_produced() {
        let vectors = vectors();
        let probes = vectors["url_form_probes"]["probes"].as_array().unwrap();
        let refused = probes.iter().filter(|probe| {
            probe["verdicts"].as_object().unwrap().values().any(|verdict| verdict == &Value::Bool(false))
        });
        let refused: Vec<_> = refused.map(|probe| (text(probe, "id"), text(probe, "signed_url"))).collect();
        assert_eq!(refused.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ["d10", "d14", "d15", "d16"]);
        for (id, spelling) in refused {
            assert_ne!(Target::parse(spelling).unwrap().url(), spelling, "{id}");
        }
    }

    #[test]
    fn the_order_of_the_form_does_not_matter() {
        let signed = |form| sign("token", "https://h.example/", Some(form));
        assert_eq!(signed("a=1&B=2&a=0"), signed("a=0&a=1&B=2"));
        assert_eq!(signed("a=1&a=1"), signed("a=1"));
        assert_eq!(signed(""), sign("token", "https://h.example/", None));
        assert_ne!(signed("a=1"), signed("a=2"));
    }

    #[test]
    fn the_example_of_standard_webhooks_is_signed() {
        // The example that the scheme's own libraries are tested with.
        let secret = StandardSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            standard(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_bad_secret_is_explained_and_a_good_one_not_shown() {
        let of = |length| format!("whsec_{}", BASE64.encode(vec![7; length]));
        for bad in ["", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &of(23), &of(65)] {
            assert_eq!(StandardSecret::parse(bad), Err(BadSecret), "{bad}");
        }
        assert!(BadSecret.to_string().contains("24 to 64 random bytes"));
        for good in [of(24), of(64)] {
            assert_eq!(format!("{:?}", StandardSecret::parse(&good).unwrap()), "StandardSecret(..)");
        }
    }
}
