//! Accounts and their API keys, as the file and the SDKs' own environment variables give them.

use std::fmt;

use serde::Deserialize;
use toml::{Table, Value};

use super::layers::nearest;

/// How to get a secret that is strong enough, for error messages.
pub(crate) const MAKE_SECRET: &str = "make one with `openssl rand -hex 16`";

/// An account: what a client of the REST API signs in with.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// `AC` and 32 lower-case hexadecimal digits.
    pub sid: String,
    /// Letters and digits only, because twilio-go refuses anything else.
    pub auth_token: String,
    /// The keys that sign access tokens, and that REST clients may use in place of the token.
    #[serde(default)]
    pub keys: Vec<KeyConfig>,
}

/// An API key of an account.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// `SK` and 32 lower-case hexadecimal digits.
    pub sid: String,
    /// Letters and digits only, because twilio-go refuses anything else.
    pub secret: String,
    /// What a person calls it; may be empty.
    #[serde(default)]
    pub name: String,
}

impl fmt::Debug for AccountConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountConfig")
            .field("sid", &self.sid)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyConfig").field("sid", &self.sid).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Checks the form of a SID: the prefix and 32 lower-case hexadecimal digits.
///
/// The error is a sentence that says what to write.
pub fn check_sid(prefix: &str, text: &str) -> Result<(), String> {
    let digits = text.strip_prefix(prefix);
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digits.is_some_and(|digits| digits.len() == 32 && digits.bytes().all(is_hex)) {
        return Ok(());
    }
    Err(format!(
        "`{text}` is no SID of this kind: write `{prefix}` and 32 lower-case hexadecimal digits, such as `{prefix}{}`",
        "0123456789abcdef0123456789abcdef"
    ))
}

/// Checks the form of an auth token or a key's secret, without saying what it is.
fn check_secret(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("is empty: {MAKE_SECRET}"));
    }
    if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(format!("may hold letters and digits only (twilio-go refuses anything else): {MAKE_SECRET}"))
}

/// Reads `[[accounts]]`; what is wrong goes to `problems`, with `origin` to say where.
pub(crate) fn from_file(value: &Value, origin: &str, problems: &mut Vec<String>) -> Vec<AccountConfig> {
    let Value::Array(entries) = value else {
        problems.push(format!("accounts: expected a list of tables (from {origin}): write `[[accounts]]`"));
        return Vec::new();
    };
    let before = problems.len();
    let mut accounts = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = format!("accounts[{index}]");
        if !check_names(entry, &["sid", "auth_token", "keys"], &place, origin, problems) {
            continue;
        }
        if let Some(Value::Array(keys)) = entry.get("keys") {
            for (number, key) in keys.iter().enumerate() {
                check_names(
                    key,
                    &["sid", "secret", "name"],
                    &format!("{place}.keys[{number}]"),
                    origin,
                    problems,
                );
            }
        }
        match entry.clone().try_into::<AccountConfig>() {
            Ok(account) => accounts.push(account),
            Err(error) if problems.len() == before => {
                problems.push(format!("{place}: {} (from {origin})", error.message()));
            }
            Err(_) => {}
        }
    }
    accounts
}

/// Says which names of a table are unknown; true if it is a table at all.
fn check_names(value: &Value, known: &[&str], place: &str, origin: &str, problems: &mut Vec<String>) -> bool {
    let Value::Table(table) = value else {
        problems.push(format!("{place}: expected a table, found `{}` (from {origin})", value.type_str()));
        return false;
    };
    for name in unknown_names(table, known) {
        let hint = nearest(name, known.iter().copied()).map_or_else(
            || format!("known here are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        problems.push(format!("{place}.{name}: unknown key (from {origin}); {hint}"));
    }
    true
}

fn unknown_names<'a>(table: &'a Table, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
    table.keys().map(String::as_str).filter(|name| !known.contains(name))
}

/// Adds the account of `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN`, or overrides the token of one that the file has.
pub(crate) fn apply_env(
    accounts: &mut Vec<AccountConfig>,
    sid: Option<&str>,
    auth_token: Option<&str>,
    problems: &mut Vec<String>,
) {
    match (sid, auth_token) {
        (None, None) => {}
        (Some(sid), Some(auth_token)) => {
            if let Some(account) = accounts.iter_mut().find(|account| account.sid == sid) {
                auth_token.clone_into(&mut account.auth_token);
            } else {
                let (sid, auth_token) = (sid.to_owned(), auth_token.to_owned());
                accounts.insert(0, AccountConfig { sid, auth_token, keys: Vec::new() });
            }
        }
        (Some(sid), None) if accounts.iter().any(|account| account.sid == sid) => {}
        (Some(_), None) => problems.push(
            "TWILIO_ACCOUNT_SID is set and TWILIO_AUTH_TOKEN is not: set both, or unset TWILIO_ACCOUNT_SID"
                .into(),
        ),
        (None, Some(_)) => problems.push(
            "TWILIO_AUTH_TOKEN is set and TWILIO_ACCOUNT_SID is not: set both, or unset TWILIO_AUTH_TOKEN"
                .into(),
        ),
    }
}

/// Checks every SID and secret, and that no SID is there twice.
pub(crate) fn check(accounts: &[AccountConfig], problems: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    for account in accounts {
        if let Err(reason) = check_sid("AC", &account.sid) {
            problems.push(format!("account {}: sid: {reason}", account.sid));
        }
        if let Err(reason) = check_secret(&account.auth_token) {
            problems.push(format!("account {}: auth_token {reason}", account.sid));
        }
        if !seen.insert(account.sid.as_str()) {
            problems.push(format!("account {}: given twice; keep one entry", account.sid));
        }
        for key in &account.keys {
            if let Err(reason) = check_sid("SK", &key.sid) {
                problems.push(format!("account {}: key sid: {reason}", account.sid));
            }
            if let Err(reason) = check_secret(&key.secret) {
                problems.push(format!("API key {}: secret {reason}", key.sid));
            }
            if !seen.insert(key.sid.as_str()) {
                problems
                    .push(format!("API key {}: given twice; a key belongs to exactly one account", key.sid));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AC: &str = "AC00000000000000000000000000000001";

    fn read(text: &str) -> (Vec<AccountConfig>, Vec<String>) {
        let table: Table = toml::from_str(text).unwrap();
        let mut problems = Vec::new();
        let accounts = from_file(&table["accounts"], "p.toml", &mut problems);
        check(&accounts, &mut problems);
        (accounts, problems)
    }

    #[test]
    fn accounts_with_keys_are_read() {
        let (accounts, problems) = read(&format!(
            "[[accounts]]\nsid = '{AC}'\nauth_token = 'abc123'\n\
             [[accounts.keys]]\nsid = 'SK00000000000000000000000000000002'\nsecret = 'hush42'\nname = 'ci'\n"
        ));
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((accounts[0].keys[0].name.as_str(), accounts.len()), ("ci", 1));
        let shown = format!("{accounts:?}");
        assert!(!shown.contains("abc123") && !shown.contains("hush42"), "{shown}");
    }

    #[test]
    fn each_mistake_says_what_to_do() {
        let (_, problems) = read("[[accounts]]\nsid = 'AC1'\nauth_token = 'has-dash'\n");
        assert!(problems[0].contains("32 lower-case hexadecimal digits"), "{problems:?}");
        assert!(problems[1].contains("letters and digits only") && !problems[1].contains("has-dash"));
        let (_, problems) = read("[[accounts]]\nsid = 'AC1'\nauth_tokn = 'x'\n");
        assert_eq!(
            problems,
            ["accounts[0].auth_tokn: unknown key (from p.toml); did you mean `auth_token`?"]
        );
        let (_, problems) = read(&format!("[[accounts]]\nsid = '{AC}'\n"));
        assert!(problems[0].contains("auth_token"), "{problems:?}");
        let (_, problems) = read("accounts = 3");
        assert!(problems[0].contains("[[accounts]]"));
    }

    #[test]
    fn the_environment_adds_or_overrides_one() {
        let mut accounts = Vec::new();
        let mut problems = Vec::new();
        apply_env(&mut accounts, Some(AC), Some("one"), &mut problems);
        apply_env(&mut accounts, Some(AC), Some("two"), &mut problems);
        apply_env(&mut accounts, Some(AC), None, &mut problems);
        assert_eq!((accounts.len(), accounts[0].auth_token.as_str(), problems.len()), (1, "two", 0));
        apply_env(&mut accounts, None, Some("x"), &mut problems);
        assert!(problems[0].contains("set both"));
    }
}
