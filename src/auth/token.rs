//! Access tokens: the JWTs that chat clients sign in with, made by the vendor's server SDKs.
//!
//! [`verify`] runs its checks in a fixed order, so that a token with two faults always gets the same code. [`explain`]
//! runs the same checks and reports on each. `fixtures/token_vectors.json` holds tokens that the official SDKs made.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};

use crate::config::Config;

/// Content type of the header; the version must be this one exactly.
const CTY: &str = "twilio-fpa;v=1";

/// The documented minimum lifetime, in seconds (vendor page "Access Token Lifecycle").
const MIN_TTL_S: i64 = 180;

/// The identity that the system itself writes under.
const RESERVED: &str = "system";

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// API key that signed it, `SK...`.
    pub key_sid: String,
    /// Account of that key, `AC...`.
    pub account_sid: String,
    /// Who the client is.
    pub identity: String,
    /// Chat service, `IS...`. Whether it exists in the account is for the caller to check (50050).
    pub service_sid: String,
    /// Device id that the application made up.
    pub endpoint_id: Option<String>,
    /// Role for a user who signs in for the first time, `RL...`. Whether it exists is for the caller to check (50102).
    pub deployment_role_sid: Option<String>,
    /// Push credential for this client, `CR...`; looked at when it registers for push.
    pub push_credential_sid: Option<String>,
    /// Region of the header, such as `au1`.
    pub region: Option<String>,
    /// When it was made, in seconds since 1970; SDKs other than Node's leave it out.
    pub issued_at: Option<i64>,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

/// What the server allows.
#[derive(Clone, Copy, Debug)]
pub struct TokenRules {
    /// How far the signer's clock may be ahead, in seconds.
    pub clock_skew_s: i64,
    /// The longest lifetime, in seconds.
    pub max_ttl_s: i64,
    /// Whether a lifetime below 180 seconds is refused.
    pub enforce_min_ttl: bool,
    /// The longest identity, in characters.
    pub identity_chars: usize,
}

impl TokenRules {
    /// The rules that a configuration sets.
    #[must_use]
    pub fn from_config(config: &Config) -> Self {
        let seconds = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            clock_skew_s: seconds(config.tokens.clock_skew_s),
            max_ttl_s: seconds(config.tokens.max_ttl_s),
            enforce_min_ttl: config.tokens.enforce_min_ttl,
            identity_chars: config.limits.identity_chars,
        }
    }
}

/// What is known of an API key.
#[derive(Clone)]
pub struct KeyInfo {
    /// The one account it belongs to.
    pub account_sid: String,
    /// What it signs with.
    pub secret: String,
    /// False once it has been revoked.
    pub active: bool,
}

impl fmt::Debug for KeyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account_sid, active, .. } = self;
        f.debug_struct("KeyInfo")
            .field("account_sid", account_sid)
            .field("active", active)
            .finish_non_exhaustive()
    }
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct TokenError {
    /// Code of the vendor's error dictionary.
    pub code: u32,
    /// HTTP status that goes with it.
    pub status: u16,
    /// What is wrong, and what to do about it.
    pub reason: String,
}

fn refuse<T>(code: u32, reason: impl Into<String>) -> Result<T, TokenError> {
    let status = if code < 50_000 { 401 } else { 403 };
    Err(TokenError { code, status, reason: reason.into() })
}

/// A token to be made.
#[derive(Clone)]
pub struct NewToken<'a> {
    /// Account of the key.
    pub account_sid: &'a str,
    /// Key that signs.
    pub key_sid: &'a str,
    /// Secret of that key.
    pub secret: &'a str,
    /// Who the client is.
    pub identity: &'a str,
    /// Chat service.
    pub service_sid: &'a str,
    /// Device id.
    pub endpoint_id: Option<&'a str>,
    /// Role for a user who signs in for the first time.
    pub deployment_role_sid: Option<&'a str>,
    /// Push credential for this client.
    pub push_credential_sid: Option<&'a str>,
    /// Lifetime, in seconds.
    pub ttl_s: i64,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Makes a token, byte for byte as the Node SDK does.
///
/// # Panics
///
/// Never: texts always serialize, and HMAC takes a key of any length.
#[must_use]
pub fn make(token: &NewToken<'_>) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        jti: String,
        grants: Grants<'a>,
        iat: i64,
        exp: i64,
        iss: &'a str,
        sub: &'a str,
    }
    #[derive(Serialize)]
    struct Grants<'a> {
        identity: &'a str,
        chat: Chat<'a>,
    }
    #[derive(Serialize)]
    struct Chat<'a> {
        service_sid: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        endpoint_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        deployment_role_sid: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        push_credential_sid: Option<&'a str>,
    }
    let payload = Payload {
        jti: format!("{}-{}", token.key_sid, token.now),
        grants: Grants {
            identity: token.identity,
            chat: Chat {
                service_sid: token.service_sid,
                endpoint_id: token.endpoint_id,
                deployment_role_sid: token.deployment_role_sid,
                push_credential_sid: token.push_credential_sid,
            },
        },
        iat: token.now,
        exp: token.now.saturating_add(token.ttl_s),
        iss: token.key_sid,
        sub: token.account_sid,
    };
    let payload = serde_json::to_string(&payload).expect("texts and numbers always serialize");
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","cty":"{CTY}"}}"#);
    let signed = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(payload));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(token.secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", BASE64URL.encode(mac.finalize().into_bytes()))
}

/// Checks a token at the time `now`, in seconds since 1970. `lookup` finds the API key of a SID.
///
/// What needs the database stays with the caller: whether the service and the role exist.
pub fn verify(
    token: &str,
    now: i64,
    rules: &TokenRules,
    lookup: impl Fn(&str) -> Option<KeyInfo>,
) -> Result<Claims, TokenError> {
    let mut candidate = Candidate::parse(token, now, rules)?;
    candidate.check_header()?;
    candidate.look_up(lookup);
    for (_, check) in CHECKS {
        check(&candidate)?;
    }
    candidate.claims()
}

/// A report for a person: header, claims, and how each check went.
#[must_use]
pub fn explain(
    token: &str,
    now: i64,
    rules: &TokenRules,
    lookup: impl Fn(&str) -> Option<KeyInfo>,
) -> String {
    let mut lines = Vec::new();
    let mut candidate = match Candidate::parse(token, now, rules) {
        Ok(candidate) => candidate,
        Err(error) => return format!("FAIL  form       {}: {}\n", error.code, error.reason),
    };
    candidate.look_up(lookup);
    for (name, object) in [("header", &candidate.header), ("claims", &candidate.claims)] {
        let text = serde_json::to_string_pretty(object).unwrap_or_default();
        lines.push(format!("{name} {text}"));
    }
    lines.push(String::new());
    lines.push("ok    form       three base64url parts, JSON header and claims".into());
    let first: [(&str, Check); 1] = [("header", Candidate::check_header)];
    let mut failure = None;
    for (name, check) in first.into_iter().chain(CHECKS) {
        match check(&candidate) {
            Ok(()) => lines.push(format!("ok    {name:<10} {}", candidate.detail(name))),
            Err(error) => {
                lines.push(format!("FAIL  {name:<10} {}: {}", error.code, error.reason));
                failure.get_or_insert(error);
            }
        }
    }
    lines.push(String::new());
    lines.push(match failure {
        None => {
            "The token is good. Whether the service and the role exist is checked when a client connects."
                .into()
        }
        Some(error) => format!("The token is refused with {}, HTTP {}.", error.code, error.status),
    });
    lines.push(String::new());
    lines.join("\n")
}

type Check = fn(&Candidate) -> Result<(), TokenError>;

/// The checks that follow form and header, in their order.
const CHECKS: [(&str, Check); 8] = [
    ("key", Candidate::check_key),
    ("account", Candidate::check_account),
    ("signature", Candidate::check_signature),
    ("expiry", Candidate::check_expiry),
    ("lifetime", Candidate::check_lifetime),
    ("not before", Candidate::check_not_before),
    ("grants", |candidate| candidate.grants().map(drop)),
    ("identity", Candidate::check_identity),
];

/// A token that has the right form, and nothing more until it has been checked.
struct Candidate {
    rules: TokenRules,
    now: i64,
    signed: String,
    signature: Vec<u8>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key: Option<KeyInfo>,
}

impl Candidate {
    fn parse(token: &str, now: i64, rules: &TokenRules) -> Result<Self, TokenError> {
        let token = token.trim();
        let fix = "pass on what toJwt() of the server SDK returns, whole and unchanged";
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return refuse(20101, format!("the token does not have three parts divided by dots; {fix}"));
        };
        let object = |part: &str, name: &str| match BASE64URL
            .decode(part)
            .ok()
            .map(|json| serde_json::from_slice(&json))
        {
            Some(Ok(Value::Object(object))) => Ok(object),
            Some(_) => refuse(20101, format!("the token's {name} is no JSON object; {fix}")),
            None => refuse(20101, format!("the token's {name} is not base64url; {fix}")),
        };
        let Ok(signature_bytes) = BASE64URL.decode(signature) else {
            return refuse(20101, format!("the token's signature is not base64url; {fix}"));
        };
        Ok(Self {
            rules: *rules,
            now,
            signed: format!("{header}.{claims}"),
            signature: signature_bytes,
            header: object(header, "header")?,
            claims: object(claims, "payload")?,
            key: None,
        })
    }

    fn look_up(&mut self, lookup: impl Fn(&str) -> Option<KeyInfo>) {
        self.key = text(&self.claims, "iss").filter(|sid| sid.starts_with("SK")).and_then(lookup);
    }

    fn check_header(&self) -> Result<(), TokenError> {
        if text(&self.header, "typ") != Some("JWT") {
            return refuse(
                20102,
                "typ in the header is not `JWT`; make the token with a server SDK's AccessToken",
            );
        }
        if text(&self.header, "cty") != Some(CTY) {
            return refuse(
                20102,
                format!("cty in the header is not `{CTY}`; make the token with a server SDK's AccessToken"),
            );
        }
        match text(&self.header, "alg") {
            Some("HS256" | "HS384" | "HS512") => {}
            _ => {
                return refuse(
                    20102,
                    "alg in the header is not HS256, HS384 or HS512; sign with one of them",
                );
            }
        }
        if self.header.contains_key("crit") {
            return refuse(20102, "crit in the header asks for extensions, and none is known; leave it out");
        }
        Ok(())
    }

    fn check_key(&self) -> Result<(), TokenError> {
        match (&self.key, text(&self.claims, "iss")) {
            (Some(key), _) if key.active => Ok(()),
            (Some(_), _) => refuse(20103, "the API key in iss was revoked; sign with one that is active"),
            (None, Some(sid)) if sid.starts_with("AC") => refuse(
                20103,
                "iss is an account SID; sign with an API key and its secret (`partyline key create`), not the auth token",
            ),
            (None, Some(_)) => refuse(
                20103,
                "iss is no API key of this server; use one that `partyline key list` shows, or make one with \
                 `partyline key create`",
            ),
            (None, None) => refuse(20103, "iss is missing; it must be the SID of the API key that signs"),
        }
    }

    fn check_account(&self) -> Result<(), TokenError> {
        let Some(key) = &self.key else { return refuse(20103, "not known, because the key is not") };
        if text(&self.claims, "sub") == Some(key.account_sid.as_str()) {
            return Ok(());
        }
        refuse(20103, format!("sub is not the account of the key in iss; it must be {}", key.account_sid))
    }

    fn check_signature(&self) -> Result<(), TokenError> {
        let Some(key) = &self.key else { return refuse(20103, "not known, because the key is not") };
        let (secret, message) = (key.secret.as_bytes(), self.signed.as_bytes());
        // `verify_slice` compares in constant time, and a shortened signature is not accepted.
        macro_rules! signed_with {
            ($hash:ty) => {
                <Hmac<$hash>>::new_from_slice(secret)
                    .is_ok_and(|mac| mac.chain_update(message).verify_slice(&self.signature).is_ok())
            };
        }
        let good = match text(&self.header, "alg") {
            Some("HS256") => signed_with!(Sha256),
            Some("HS384") => signed_with!(Sha384),
            Some("HS512") => signed_with!(Sha512),
            _ => false,
        };
        if good {
            return Ok(());
        }
        refuse(
            20107,
            "the signature is not of the secret of the key in iss; sign with the secret shown with that key",
        )
    }

    fn expires_at(&self) -> Result<i64, TokenError> {
        match self.claims.get("exp").map(seconds) {
            Some(Some(exp)) => Ok(exp),
            Some(None) => refuse(20104, "exp is not a number; it must be seconds since 1970"),
            None => refuse(20104, "exp is missing; a token must end, at most 24 hours after it was made"),
        }
    }

    fn check_expiry(&self) -> Result<(), TokenError> {
        let exp = self.expires_at()?;
        if exp > self.now {
            return Ok(());
        }
        let ago = self.now.saturating_sub(exp);
        refuse(
            20104,
            format!("the token ended {ago} s ago; fetch a new one before tokenAboutToExpire runs out"),
        )
    }

    /// Lifetime: `exp` less `iat`, or less `nbf`, or less now, whichever is there first.
    fn lifetime(&self) -> Result<i64, TokenError> {
        let start = ["iat", "nbf"].into_iter().find_map(|name| self.claims.get(name).and_then(seconds));
        Ok(self.expires_at()?.saturating_sub(start.unwrap_or(self.now)))
    }

    fn check_lifetime(&self) -> Result<(), TokenError> {
        let (ttl, max) = (self.lifetime()?, self.rules.max_ttl_s);
        if ttl > max {
            return refuse(
                20157,
                format!("the token's lifetime of {ttl} s is above {max} s; make it with a lower ttl"),
            );
        }
        if self.rules.enforce_min_ttl && ttl < MIN_TTL_S {
            return refuse(
                20157,
                format!(
                    "the token's lifetime of {ttl} s is below {MIN_TTL_S} s; make it with a higher ttl, or set \
                     tokens.enforce_min_ttl = false"
                ),
            );
        }
        Ok(())
    }

    /// `iat` counts too: dated far ahead, it would make the lifetime look short.
    fn check_not_before(&self) -> Result<(), TokenError> {
        let latest = self.now.saturating_add(self.rules.clock_skew_s);
        for name in ["nbf", "iat"] {
            match self.claims.get(name).map(seconds) {
                Some(None) => {
                    return refuse(20105, format!("{name} is not a number; it must be seconds since 1970"));
                }
                Some(Some(start)) if start > latest => {
                    let ahead = start.saturating_sub(self.now);
                    return refuse(
                        20105,
                        format!(
                            "{name} is {ahead} s in the future; set the clock of the machine that makes tokens"
                        ),
                    );
                }
                None | Some(Some(_)) => {}
            }
        }
        Ok(())
    }

    /// The identity and the chat grant; `chat` wins over the older `ip_messaging`.
    fn grants(&self) -> Result<(&str, &Map<String, Value>), TokenError> {
        let Some(Value::Object(grants)) = self.claims.get("grants") else {
            return refuse(20106, "grants is no object; make the token with a server SDK's AccessToken");
        };
        let Some(identity) = text(grants, "identity").filter(|identity| !identity.is_empty()) else {
            return refuse(20106, "grants.identity is no text or empty; give the AccessToken an identity");
        };
        let Some(Value::Object(chat)) = grants.get("chat").or_else(|| grants.get("ip_messaging")) else {
            return refuse(20106, "grants has no chat; add a ChatGrant to the AccessToken");
        };
        if text(chat, "service_sid").is_none_or(str::is_empty) {
            return refuse(
                20106,
                "the chat grant has no service_sid; give the ChatGrant the SID of the service",
            );
        }
        for name in ["endpoint_id", "deployment_role_sid", "push_credential_sid"] {
            if !matches!(chat.get(name), None | Some(Value::Null | Value::String(_))) {
                return refuse(
                    20106,
                    format!("{name} of the chat grant is no text; give it as text or leave it out"),
                );
            }
        }
        Ok((identity, chat))
    }

    fn check_identity(&self) -> Result<(), TokenError> {
        let (identity, _) = self.grants()?;
        let (chars, most) = (identity.chars().count(), self.rules.identity_chars);
        if chars > most {
            return refuse(50207, format!("the identity has {chars} characters; use at most {most}"));
        }
        let digits = identity.strip_prefix("US");
        if digits.is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())) {
            return refuse(
                50206,
                "the identity looks like the SID of a user; use the application's own name",
            );
        }
        if identity == RESERVED {
            return refuse(50203, format!("the identity `{RESERVED}` is reserved; use another"));
        }
        Ok(())
    }

    fn claims(&self) -> Result<Claims, TokenError> {
        let (identity, chat) = self.grants()?;
        let own = |object, name| text(object, name).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Claims {
            key_sid: own(&self.claims, "iss").unwrap_or_default(),
            account_sid: own(&self.claims, "sub").unwrap_or_default(),
            identity: identity.to_owned(),
            service_sid: own(chat, "service_sid").unwrap_or_default(),
            endpoint_id: own(chat, "endpoint_id"),
            deployment_role_sid: own(chat, "deployment_role_sid"),
            push_credential_sid: own(chat, "push_credential_sid"),
            region: own(&self.header, "twr"),
            issued_at: self.claims.get("iat").and_then(seconds),
            expires_at: self.expires_at()?,
        })
    }

    /// What [`explain`] adds to a check that went well.
    fn detail(&self, check: &str) -> String {
        let claim = |name| text(&self.claims, name).unwrap_or_default().to_owned();
        match check {
            "header" => format!("{}, {CTY}", text(&self.header, "alg").unwrap_or_default()),
            "key" => claim("iss"),
            "account" => claim("sub"),
            "expiry" => self
                .expires_at()
                .map_or(String::new(), |exp| format!("{} s left", exp.saturating_sub(self.now))),
            "lifetime" => self.lifetime().map_or(String::new(), |ttl| format!("{ttl} s")),
            "grants" => self.grants().map_or(String::new(), |(_, chat)| {
                format!("service {}", text(chat, "service_sid").unwrap_or_default())
            }),
            "identity" => self.grants().map_or(String::new(), |(identity, _)| format!("{identity:?}")),
            _ => String::new(),
        }
    }
}

fn text<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    object.get(name)?.as_str()
}

/// A JWT date: whole seconds, or a number with a fraction, which is cut off.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from a float saturates, and that is what a date far off should do"
)]
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|number| number.floor() as i64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const AC: &str = "AC00000000000000000000000000000001";
    const SK: &str = "SK0000000000000000000000000000000a";
    const SECRET: &str = "dummysecretdummysecretdummysecre";
    const IS: &str = "IS00000000000000000000000000000002";
    const NOW: i64 = 1_700_000_100;

    fn rules() -> TokenRules {
        TokenRules::from_config(&Config::defaults(crate::config::Profile::Dev))
    }

    fn lookup(sid: &str) -> Option<KeyInfo> {
        (sid == SK).then(|| KeyInfo { account_sid: AC.into(), secret: SECRET.into(), active: true })
    }

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../fixtures/token_vectors.json")).unwrap()
    }

    fn sign(header: &Value, claims: &Value) -> String {
        let signed =
            format!("{}.{}", BASE64URL.encode(header.to_string()), BASE64URL.encode(claims.to_string()));
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(signed.as_bytes());
        format!("{signed}.{}", BASE64URL.encode(mac.finalize().into_bytes()))
    }

    /// A good token, with the claims in `change` put in place of its own; null takes one out.
    fn with(change: &Value) -> String {
        let grants = json!({"identity": "alice", "chat": {"service_sid": IS}});
        let mut claims = json!({"iss": SK, "sub": AC, "iat": NOW, "exp": NOW + 3600, "grants": grants});
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        sign(&json!({"alg": "HS256", "typ": "JWT", "cty": CTY}), &claims)
    }

    fn code(token: &str) -> u32 {
        verify(token, NOW, &rules(), lookup).map_or_else(|error| error.code, |_| 0)
    }

    /// Every token of `fixtures/token_vectors.json`. Its one unknown service is the caller's to find.
    #[test]
    fn the_sdks_tokens_get_their_verdicts() {
        let vectors = vectors();
        let tokens = vectors["tokens"].as_array().unwrap();
        assert_eq!(tokens.len(), 66);
        for vector in tokens {
            let (id, jwt) = (vector["id"].as_str().unwrap(), vector["jwt"].as_str().unwrap());
            let got = verify(jwt, vectors["verify_at"].as_i64().unwrap(), &rules(), lookup);
            let report = explain(jwt, NOW, &rules(), lookup);
            if vector["expect"] == "accept" || id == "handmade/service-unknown" {
                let claims = got.unwrap_or_else(|error| panic!("{id}: {error}"));
                let grants = &vector["payload"]["grants"];
                let grant =
                    if grants["chat"].is_object() { &grants["chat"] } else { &grants["ip_messaging"] };
                assert_eq!(claims.identity, grants["identity"].as_str().unwrap(), "{id}");
                assert_eq!(claims.service_sid, grant["service_sid"].as_str().unwrap(), "{id}");
                assert_eq!(claims.endpoint_id.as_deref(), grant["endpoint_id"].as_str(), "{id}");
                assert_eq!(
                    claims.deployment_role_sid.as_deref(),
                    grant["deployment_role_sid"].as_str(),
                    "{id}"
                );
                assert_eq!(
                    claims.push_credential_sid.as_deref(),
                    grant["push_credential_sid"].as_str(),
                    "{id}"
                );
                assert_eq!(claims.region.as_deref(), vector["header"]["twr"].as_str(), "{id}");
                assert!(report.contains("The token is good") && !report.contains("FAIL"), "{id}: {report}");
            } else {
                let error = got.expect_err(id);
                let codes = vector["expect_error_codes"].as_array().unwrap();
                assert!(codes.contains(&json!(error.code)), "{id}: {error}");
                let first = report.lines().find(|line| line.starts_with("FAIL")).unwrap();
                assert!(first.contains(&error.code.to_string()), "{id}: {report}");
            }
        }
    }

    #[test]
    fn ours_are_the_node_sdks_to_the_byte() {
        let mut token = NewToken {
            account_sid: AC,
            key_sid: SK,
            secret: SECRET,
            identity: "alice",
            service_sid: IS,
            endpoint_id: None,
            deployment_role_sid: None,
            push_credential_sid: None,
            ttl_s: 3600,
            now: 1_700_000_000,
        };
        let of = |id: &str| {
            let vectors = vectors();
            let vector =
                vectors["tokens"].as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap();
            vector["jwt"].as_str().unwrap().to_owned()
        };
        assert_eq!(make(&token), of("twilio-node-6.2.0/chat-min"));
        token.endpoint_id = Some("HipFlowSlackDockRC:alice:someiosdevice");
        token.deployment_role_sid = Some("RL00000000000000000000000000000007");
        token.push_credential_sid = Some("CR0000000000000000000000000000000b");
        assert_eq!(make(&token), of("twilio-node-6.2.0/chat-full"));
    }

    #[test]
    fn checks_run_in_their_order() {
        let late = json!({"exp": NOW});
        assert_eq!(code(&with(&json!({}))), 0);
        assert_eq!(code(&with(&late)), 20104);
        assert_eq!(code(&with(&json!({"exp": NOW, "iss": "SKx", "grants": 1}))), 20103);
        let mut forged = with(&late);
        forged.truncate(forged.rfind('.').unwrap() + 1);
        assert_eq!(code(&forged), 20107);
        assert_eq!(code(&with(&json!({"exp": NOW + 90_000, "nbf": NOW + 3600}))), 20157);
        assert_eq!(code(&with(&json!({"nbf": NOW + 61, "grants": "chat"}))), 20105);
        assert_eq!(code(&with(&json!({"nbf": NOW + 60}))), 0);
    }

    #[test]
    fn dates_that_are_no_dates() {
        assert_eq!(code(&with(&json!({"exp": (NOW + 60).to_string()}))), 20104);
        assert_eq!(code(&with(&json!({"exp": 1e300, "iat": null}))), 20157);
        assert_eq!(code(&with(&json!({"exp": i64::MAX, "iat": i64::MIN}))), 20157);
        assert_eq!(code(&with(&json!({"iat": "now"}))), 20105);
        // Dated ahead, so that its lifetime looks like an hour.
        assert_eq!(code(&with(&json!({"iat": NOW + 1_000_000, "exp": NOW + 1_003_600}))), 20105);
        assert_eq!(code(&with(&json!({"iat": null, "exp": NOW + 86_401}))), 20157);
        let mut strict = rules();
        strict.enforce_min_ttl = true;
        assert_eq!(verify(&with(&json!({"exp": NOW + 179})), NOW, &strict, lookup).unwrap_err().code, 20157);
    }

    #[test]
    fn identities_are_checked_last() {
        let of = |identity: &str| {
            code(&with(&json!({"grants": {"identity": identity, "chat": {"service_sid": IS}}})))
        };
        assert_eq!((of(&"é".repeat(256)), of(&"é".repeat(257))), (0, 50207));
        assert_eq!((of(&format!("US{}", "0".repeat(32))), of("USA"), of("system")), (50206, 0, 50203));
    }

    #[test]
    fn revoked_keys_and_header_tricks() {
        let revoked = |sid: &str| lookup(sid).map(|key| KeyInfo { active: false, ..key });
        let error = verify(&with(&json!({})), NOW, &rules(), revoked).unwrap_err();
        assert_eq!((error.code, error.status), (20103, 401));
        let claims = json!({"iss": SK, "sub": AC, "exp": NOW + 60});
        for header in [
            json!({"alg": "hs256", "typ": "JWT", "cty": CTY}),
            json!({"alg": ["HS256"], "typ": "JWT", "cty": CTY}),
            json!({"alg": "HS256", "typ": "jwt", "cty": CTY}),
            json!({"alg": "HS256", "typ": "JWT", "cty": CTY, "crit": ["exp"]}),
        ] {
            assert_eq!(code(&sign(&header, &claims)), 20102, "{header}");
        }
        assert_eq!(code(&format!("{}.x", with(&json!({})))), 20101);
        assert_eq!(code(&format!("{}=", with(&json!({})))), 20101);
    }

    #[test]
    fn the_report_tells_every_failure() {
        let report = explain(&with(&json!({"exp": NOW - 5, "grants": {}})), NOW, &rules(), lookup);
        assert!(report.contains("FAIL  expiry     20104: the token ended 5 s ago"), "{report}");
        assert!(report.contains("FAIL  grants     20106") && report.contains("ok    signature"), "{report}");
        assert!(report.ends_with("The token is refused with 20104, HTTP 401.\n") && !report.contains(SECRET));
        assert!(explain("x", NOW, &rules(), lookup).starts_with("FAIL  form       20101"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(token in ".*", parts in prop::collection::vec("[A-Za-z0-9_-]{0,40}", 0..5)) {
            for token in [token, parts.join(".")] {
                prop_assert!(verify(&token, NOW, &rules(), lookup).is_err());
                let _ = explain(&token, NOW, &rules(), lookup);
            }
        }

        #[test]
        fn no_json_makes_it_panic(header in "[{\"a-z:,}]{0,30}", exp in any::<i64>(), iat in any::<f64>(), now: i64) {
            let token = with(&json!({"exp": exp, "iat": iat}));
            let _ = verify(&token, now, &rules(), lookup);
            let _ = explain(&token, now, &rules(), lookup);
            let (_, rest) = token.split_once('.').unwrap();
            let odd = format!("{}.{rest}", BASE64URL.encode(header));
            prop_assert!(verify(&odd, now, &rules(), lookup).is_err());
        }

        #[test]
        fn what_is_made_is_accepted(identity in "[^\u{0}]{1,64}", ttl_s in 1_i64..=86_400) {
            prop_assume!(identity != RESERVED);
            let token = NewToken {
                account_sid: AC, key_sid: SK, secret: SECRET, identity: &identity, service_sid: IS,
                endpoint_id: None, deployment_role_sid: None, push_credential_sid: None, ttl_s, now: NOW,
            };
            let claims = verify(&make(&token), NOW, &rules(), lookup).unwrap();
            prop_assert_eq!(claims.identity, identity);
            prop_assert_eq!(claims.expires_at, NOW + ttl_s);
        }
    }
}
