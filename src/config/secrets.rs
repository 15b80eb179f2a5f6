//! What `serve` refuses: secrets that can be guessed, and settings that would give them away.

use super::accounts::MAKE_SECRET;
use super::{Config, Profile};

/// The shortest secret that `serve` takes. The SDKs' own are 32 characters; 24 hexadecimal digits are 96 bits.
const MIN_CHARS: usize = 24;

/// The fewest different characters. Of 32 random hexadecimal digits, one secret in about ten million has fewer than 7.
const MIN_DISTINCT: usize = 7;

/// The longest run of neighbours (`abcdefgh`, `87654321`) or of one character that a random secret may have.
const MAX_RUN: usize = 7;

/// Words that only a person writes. All have a letter beyond `f`, so no hexadecimal secret holds one.
const WORDS: [&str; 12] = [
    "changeme",
    "password",
    "secret",
    "example",
    "sample",
    "dummy",
    "default",
    "qwerty",
    "letmein",
    "partyline",
    "authtoken",
    "twilio",
];

/// Why a secret is too weak for production, as the end of a sentence; `None` if nothing speaks against it.
#[must_use]
pub fn weak_secret(secret: &str) -> Option<&'static str> {
    let chars: Vec<char> = secret.to_lowercase().chars().collect();
    let lower: String = chars.iter().collect();
    if lower == "test" || WORDS.iter().any(|word| lower.contains(word)) || lower.starts_with("your") {
        return Some("is a well-known example or holds a word that guessers try first");
    }
    if chars.len() < MIN_CHARS {
        return Some("is shorter than 24 characters");
    }
    if (1..=chars.len() / 2).any(|period| chars.iter().zip(&chars[period..]).all(|(a, b)| a == b)) {
        return Some("repeats itself");
    }
    if longest_run(&chars) > MAX_RUN {
        return Some("holds a run such as 12345678, abcdefgh or aaaaaaaa");
    }
    let distinct: std::collections::HashSet<_> = chars.iter().collect();
    (distinct.len() < MIN_DISTINCT).then_some("is made of too few different characters")
}

/// Length of the longest stretch in which every character is the one after, before, or the same as the last.
fn longest_run(chars: &[char]) -> usize {
    [-1, 0, 1]
        .into_iter()
        .map(|step| {
            let (mut run, mut longest) = (1, 1);
            for pair in chars.windows(2) {
                let follows = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == step;
                run = if follows { run + 1 } else { 1 };
                longest = longest.max(run);
            }
            longest
        })
        .max()
        .unwrap_or(0)
}

/// Why `serve` will not start with this configuration, each with the exact fix; empty if it will.
///
/// `made_up` says that the database holds credentials that `dev` made up. Other profiles refuse nothing.
#[must_use]
pub fn serve_refusals(config: &Config, made_up: bool) -> Vec<String> {
    let mut refusals = Vec::new();
    if config.profile != Profile::Serve {
        return refusals;
    }
    if !config.listens_on_loopback() && !config.http.tls_proxy {
        refusals.push(format!(
            "plain HTTP on {}, which other machines can reach, would show every secret. Fix: --listen 127.0.0.1:8080 \
             behind a TLS proxy on this machine; or, if a proxy elsewhere ends TLS, --set http.tls_proxy=true \
             (PARTYLINE_HTTP__TLS_PROXY=true)",
            config.listen
        ));
    }
    if config.accounts.is_empty() {
        refusals.push(format!(
            "no account is configured. Fix: set TWILIO_ACCOUNT_SID (AC and 32 hexadecimal digits) and TWILIO_AUTH_TOKEN \
             ({MAKE_SECRET}), or write [[accounts]] with sid and auth_token in the file of --config"
        ));
    }
    if made_up {
        refusals.push(format!(
            "{} holds credentials that `partyline dev` made up and printed. Fix: --database with a new file; or give \
             that account a new token with TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and `partyline key revoke` its key",
            super::hide_password(&config.database)
        ));
    }
    for account in &config.accounts {
        let sid = &account.sid;
        let digits = sid.get(2..).unwrap_or_default();
        let reason = if account.auth_token.contains(digits) {
            Some("is the account's SID")
        } else {
            weak_secret(&account.auth_token)
        };
        if let Some(reason) = reason {
            refusals.push(format!(
                "the auth token of {sid} {reason}. Fix: {MAKE_SECRET} and put it in TWILIO_AUTH_TOKEN, or auth_token of \
                 that [[accounts]] entry"
            ));
        }
        for key in &account.keys {
            if let Some(reason) = weak_secret(&key.secret) {
                refusals.push(format!(
                    "the secret of API key {} {reason}. Fix: {MAKE_SECRET} and put it in secret of that \
                     [[accounts.keys]] entry, or remove the entry and run `partyline key create --account {sid}`",
                    key.sid
                ));
            }
        }
    }
    if config.seed.is_some() {
        refusals.push(
            "seed makes SIDs and secrets predictable. Fix: remove --seed, PARTYLINE_SEED and `seed` of the file".into(),
        );
    }
    refusals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AccountConfig, KeyConfig};

    const STRONG: &str = "8f3c1e9ab47d20655be1c7f09a34d8e2";

    fn config() -> Config {
        let keys = vec![KeyConfig {
            sid: format!("SK{}", "b".repeat(32)),
            secret: STRONG.into(),
            name: String::new(),
        }];
        let account = AccountConfig { sid: format!("AC{}", "a".repeat(32)), auth_token: STRONG.into(), keys };
        Config { accounts: vec![account], ..Config::defaults(Profile::Serve) }
    }

    #[test]
    fn strong_secrets_pass() {
        for secret in [STRONG, "kX93mbQz71LpRt5vWc2yHd8n", "00112f8e4b7da9c35566e0a1f2b3c4d5"] {
            assert_eq!(weak_secret(secret), None, "{secret}");
        }
    }

    #[test]
    fn weak_secrets_are_named() {
        for (secret, reason) in [
            ("", "shorter"),
            ("abc", "shorter"),
            ("test", "well-known"),
            ("ChangeMeChangeMeChangeMe1", "well-known"),
            ("dummysecretdummysecretdummysecre", "well-known"),
            ("yourauthtoken00000000000000000", "well-known"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats"),
            ("9f3ka82m9f3ka82m9f3ka82m9f3k", "repeats"),
            ("8f3c1e9ab47d2012345678e1c7f09a34", "run"),
            ("8f3c1e9ab47d2087654321e1c7f09a34", "run"),
            ("8f3c1e9ab47d20aaaaaaaae1c7f09a34", "run"),
            ("abacabadabacabaeabacabadabac", "too few"),
        ] {
            assert!(
                weak_secret(secret).is_some_and(|found| found.contains(reason)),
                "{secret}: {:?}",
                weak_secret(secret)
            );
        }
    }

    #[test]
    fn a_sound_configuration_is_served() {
        assert_eq!(serve_refusals(&config(), false), Vec::<String>::new());
        let open = Config { listen: "0.0.0.0:8080".into(), ..config() };
        let mut behind = open.clone();
        behind.http.tls_proxy = true;
        assert_eq!(serve_refusals(&behind, false), Vec::<String>::new());
        assert!(serve_refusals(&open, false)[0].contains("http.tls_proxy=true"));
    }

    #[test]
    fn each_refusal_names_its_fix_and_no_secret() {
        let mut bad = Config { listen: "[::]:80".into(), seed: Some(1), ..config() };
        bad.accounts[0].auth_token = "secretsecretsecretsecret".into();
        bad.accounts[0].keys[0].secret = "hunter2".into();
        let refusals = serve_refusals(&bad, true);
        assert_eq!(refusals.len(), 5, "{refusals:#?}");
        for refusal in &refusals {
            assert!(
                refusal.contains(". Fix: ")
                    && !refusal.contains("hunter2")
                    && !refusal.contains("secretsecret")
            );
        }
        bad.accounts.clear();
        assert!(serve_refusals(&bad, false)[1].contains("TWILIO_ACCOUNT_SID"));
        bad.profile = Profile::Dev;
        assert!(serve_refusals(&bad, true).is_empty());
    }

    #[test]
    fn the_sid_is_no_token() {
        let mut bad = config();
        bad.accounts[0].sid = format!("AC{STRONG}");
        assert!(serve_refusals(&bad, false)[0].contains("is the account's SID"));
    }
}
