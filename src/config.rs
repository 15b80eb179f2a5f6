//! The configuration: one struct, whose doc comments are the reference page `docs/CONFIGURATION.md`.
//!
//! Flags beat the environment, which beats the file, which beats the defaults; the defaults depend on the [`Profile`]. An
//! unknown key anywhere is an error with a suggestion. All mistakes are reported at once.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::Deserialize;
use toml::{Table, Value};

use crate::outbound::{Policy, Target};
use crate::webhook::signature::StandardSecret;

mod accounts;
mod layers;
mod limits;
mod reference;
mod schema;
pub mod secrets;
mod sections;

pub use accounts::{AccountConfig, KeyConfig, check_sid};
pub use layers::Origin;
pub(crate) use layers::nearest;
pub use limits::{ChannelMembers, Limits, LimitsProfile, Page, Rate, UserChannels};
pub use reference::reference;
pub use sections::{
    Channels, DeleteInUse, Http, ListDefault, Log, LogFormat, Postgres, PreOn5xx, Roles, Sqlite, Tokens,
    WebhookRetries, Webhooks,
};

use layers::Layers;
use schema::{default_value, section};

/// What the program was started for. It is the subcommand and decides nothing but defaults and what `serve` refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// A person at a desk.
    #[default]
    Dev,
    /// A test suite.
    Ci,
    /// Production.
    Serve,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dev => "dev",
            Self::Ci => "ci",
            Self::Serve => "serve",
        })
    }
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Keys whose values are hidden wherever the configuration is shown.
const SECRET_KEYS: [&str; 1] = ["webhooks.standard_secret"];

section! {
    /// Where the server listens, where it keeps its data and what it calls itself.
    Config (Clone, Deserialize) {
        /// Address and port to listen on; port 0 picks a free one.
        listen: String = "127.0.0.1:8080";
        /// A file for SQLite, `:memory:`, or a `postgres://` URL.
        database: String = {dev: "partyline.db", ci: ":memory:", serve: "partyline.db"};
        /// What the URLs in answers begin with, such as `https://chat.example.com`: scheme and host, with no path. When it is
        /// not set, each answer uses the host that its request named. Use a host name of one label or of three to five, or
        /// an address: twilio-node and twilio-java rewrite others.
        base_url: Option<String> = none;
        /// Makes SIDs and secrets repeat from run to run, for tests. Only with `:memory:`, since a database that stays would
        /// meet the same SIDs again.
        seed: Option<u64> = none;
    }
    sections {
        /// The HTTP listener.
        http: Http;
        /// Counters, sizes and rates.
        limits: Limits;
        /// Page sizes of lists.
        page: Page;
        /// Roles.
        roles: Roles;
        /// Channels.
        channels: Channels;
        /// The log.
        log: Log;
        /// SQLite.
        sqlite: Sqlite;
        /// PostgreSQL.
        postgres: Postgres;
        /// Webhooks.
        webhooks: Webhooks;
        /// Access tokens of chat clients.
        tokens: Tokens;
    }
    also {
        /// What the program was started for: the subcommand, never a key.
        profile: Profile;
        /// The accounts of `[[accounts]]`, and the one of `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN`.
        accounts: Vec<AccountConfig>;
    }
}

impl fmt::Debug for Config {
    /// Everything but secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("profile", &self.profile)
            .field("listen", &self.listen)
            .field("database", &hide_password(&self.database))
            .field("base_url", &self.base_url)
            .field("seed", &self.seed)
            .field("accounts", &self.accounts)
            .field("http", &self.http)
            .field("limits", &self.limits)
            .field("page", &self.page)
            .field("roles", &self.roles)
            .field("channels", &self.channels)
            .field("log", &self.log)
            .field("sqlite", &self.sqlite)
            .field("postgres", &self.postgres)
            .field("webhooks", &self.webhooks)
            .field("tokens", &self.tokens)
            .finish()
    }
}

/// Everything that configuration is made from. The caller has read it: nothing here looks at the process or the disk.
#[derive(Clone, Default)]
pub struct Sources {
    /// What the program was started for.
    pub profile: Profile,
    /// Path and text of the file, if one was named.
    pub file: Option<(String, String)>,
    /// The environment; variables that are not ours are skipped.
    pub env: Vec<(String, String)>,
    /// Key, text and name of each flag (`--listen`, `--set`), the strongest last.
    pub flags: Vec<(String, String, String)>,
}

/// Environment variables that begin like a key and are none.
const NOT_KEYS: [&str; 3] = ["PARTYLINE_CONFIG", "PARTYLINE_SET", "PARTYLINE_BLESS"];

/// All that is wrong with a configuration, one sentence per mistake.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is wrong:\n  {}", .problems.join("\n  "))]
pub struct ConfigError {
    /// Each names the key, where it came from, and what to do.
    pub problems: Vec<String>,
}

/// A configuration, and where each value of it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    explained: Vec<Explained>,
}

#[derive(Clone, Debug)]
struct Explained {
    key: String,
    value: Option<String>,
    origin: Option<Origin>,
}

impl Config {
    /// The defaults of a profile, with no account.
    ///
    /// # Panics
    ///
    /// Never: a test loads them all.
    #[must_use]
    pub fn defaults(profile: Profile) -> Self {
        let sources = Sources { profile, ..Sources::default() };
        sources.load().expect("a test loads the defaults of every profile").config
    }

    /// What is allowed but likely a mistake, one sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(base_url) = &self.base_url {
            warnings.extend(host_warning(host_of(base_url)));
        }
        if self.profile == Profile::Serve && self.database == ":memory:" {
            warnings.push(
                "database = \":memory:\" loses everything when the process ends; name a file or a postgres:// URL".into(),
            );
        }
        warnings
    }

    /// Whether `listen` can be reached from this machine only.
    #[must_use]
    pub fn listens_on_loopback(&self) -> bool {
        let host = self.listen.rsplit_once(':').map_or(self.listen.as_str(), |(host, _)| host);
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl Sources {
    /// Merges the layers and checks the result.
    pub fn load(self) -> Result<Loaded, ConfigError> {
        let mut layers = Layers::defaults(self.profile);
        let mut accounts = Vec::new();
        if let Some((path, text)) = self.file {
            match text.parse::<Table>() {
                Ok(mut table) => {
                    if let Some(value) = table.remove("accounts") {
                        accounts = accounts::from_file(&value, &path, &mut layers.problems);
                    }
                    layers.set_table("", table, &Origin::File(path));
                }
                Err(error) => {
                    layers.problems.push(format!("{path} is not TOML: {}", error.to_string().trim_end()));
                }
            }
        }

        let (mut account_sid, mut auth_token) = (None, None);
        for (name, text) in self.env {
            if name == "TWILIO_ACCOUNT_SID" {
                account_sid = Some(text).filter(|text| !text.is_empty());
            } else if name == "TWILIO_AUTH_TOKEN" {
                auth_token = Some(text).filter(|text| !text.is_empty());
            } else if name == "PARTYLINE_SET" {
                for assignment in text.split(';').filter(|part| !part.trim().is_empty()) {
                    set_assignment(&mut layers, assignment, &Origin::Env(name.clone()));
                }
            } else if let Some(key) = name.strip_prefix("PARTYLINE_") {
                // PARTYLINE_TEST_... steers our own tests.
                if !NOT_KEYS.contains(&name.as_str()) && !key.starts_with("TEST_") {
                    let key = key.to_ascii_lowercase().replace("__", ".");
                    layers.set_text(&key, &text, Origin::Env(name));
                }
            }
        }
        for (key, text, flag) in self.flags {
            layers.set_text(&key, &text, Origin::Flag(flag));
        }
        layers.apply_limits_profile();

        accounts::apply_env(
            &mut accounts,
            account_sid.as_deref(),
            auth_token.as_deref(),
            &mut layers.problems,
        );
        accounts::check(&accounts, &mut layers.problems);
        check_values(&mut layers);
        if !layers.problems.is_empty() {
            return Err(ConfigError { problems: layers.problems });
        }

        let mut config: Config = Value::Table(layers.to_table())
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError { problems: vec![error.to_string()] })?;
        config.base_url = config.base_url.map(|url| url.trim_end_matches('/').to_owned());
        config.profile = self.profile;
        config.accounts = accounts;
        Ok(Loaded { config, explained: explain_rows(&layers) })
    }
}

/// Splits `key=value` of `--set` and lays it.
fn set_assignment(layers: &mut Layers, assignment: &str, origin: &Origin) {
    match assignment.split_once('=') {
        Some((key, text)) => layers.set_text(key.trim(), text, origin.clone()),
        None => layers
            .problems
            .push(format!("`{}` has no `=`: write key=value (from {origin})", assignment.trim())),
    }
}

type Check = fn(&str) -> Result<(), String>;

/// Checks what the type of a key does not: forms of texts, and numbers against each other.
fn check_values(layers: &mut Layers) {
    let mut found = Vec::new();
    let checks: [(&str, Check); 7] = [
        ("listen", check_listen),
        ("database", check_database),
        ("base_url", check_base_url),
        ("log.level", check_level),
        ("webhooks.executions_url", check_executions_url),
        ("webhooks.standard_secret", check_standard_secret),
        ("webhooks.user_agent", check_user_agent),
    ];
    for (key, check) in checks {
        if let Some((Value::String(text), origin)) = layers.get(key)
            && let Err(reason) = check(text)
        {
            found.push(format!("{key}: {reason} (from {origin})"));
        }
    }
    if let Some((Value::Array(entries), origin)) = layers.get("webhooks.allow") {
        let entries: Vec<_> = entries.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if let Err(reason) = Policy::from(false, &entries) {
            found.push(format!("webhooks.allow: {reason} (from {origin})"));
        }
    }
    let pairs = [
        ("limits.channel_members.default", "limits.channel_members.max"),
        ("limits.user_channels.default", "limits.user_channels.max"),
        ("page.default", "page.max_v2"),
        ("page.default_webhooks", "page.max_webhooks"),
        ("http.max_body_bytes", "http.drain_body_bytes"),
    ];
    for (low, high) in pairs {
        if let (Some((Value::Integer(a), from)), Some((Value::Integer(b), to))) =
            (layers.get(low), layers.get(high))
            && a > b
        {
            found.push(format!(
                "{low} = {a} (from {from}) is above {high} = {b} (from {to}): lower the first or raise the second"
            ));
        }
    }
    layers.problems.append(&mut found);
}

fn check_listen(text: &str) -> Result<(), String> {
    let wanted =
        "write ADDRESS:PORT, such as 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for every interface";
    let (host, port) = text.rsplit_once(':').ok_or_else(|| format!("`{text}` has no port; {wanted}"))?;
    if port.parse::<u16>().is_err() {
        return Err(format!("`{port}` is no port from 0 to 65535; {wanted}"));
    }
    let bracketed = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || (host.contains(':') && !bracketed) || host.contains(['/', ' ']) {
        return Err(format!("`{host}` is no address; {wanted}"));
    }
    Ok(())
}

fn check_database(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty; name a file, `:memory:`, or a postgres:// URL".into());
    }
    match text.split_once("://") {
        None | Some(("postgres" | "postgresql", _)) => Ok(()),
        Some((scheme, _)) => {
            Err(format!("`{scheme}://` is not supported; name a file, `:memory:`, or a postgres:// URL"))
        }
    }
}

fn check_base_url(text: &str) -> Result<(), String> {
    let wanted = "write scheme and host, such as https://chat.example.com or http://localhost:8080";
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(authority) = rest else {
        return Err(format!("`{text}` does not begin with http:// or https://; {wanted}"));
    };
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    if authority.contains(['/', '?', '#']) {
        return Err(format!("`{text}` has a path, which the SDKs drop; {wanted}"));
    }
    if authority.contains(['@', ' ', '\\']) || !authority.is_ascii() {
        return Err(format!("`{authority}` is no host; {wanted}"));
    }
    let end_of_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match authority[end_of_host..].split_once(':') {
        Some((host, port)) => (&authority[..end_of_host + host.len()], Some(port)),
        None => (authority, None),
    };
    if host.is_empty() || host.split('.').any(str::is_empty) {
        return Err(format!("`{text}` names no host; {wanted}"));
    }
    match port.map(str::parse::<u16>) {
        Some(Ok(0) | Err(_)) => {
            Err(format!("`{text}` has no port from 1 to 65535 after the colon; {wanted}"))
        }
        _ => Ok(()),
    }
}

fn check_level(text: &str) -> Result<(), String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) if !text.trim().is_empty() => Ok(()),
        _ => Err(format!(
            "`{text}` is no log filter; write error, warn, info, debug or trace, or such as `warn,partyline=debug`"
        )),
    }
}

fn check_executions_url(text: &str) -> Result<(), String> {
    Target::parse(&text.replace("{FlowSid}", "FW")).map(drop).map_err(|error| error.to_string())
}

/// Says nothing of the secret itself.
fn check_standard_secret(text: &str) -> Result<(), String> {
    StandardSecret::parse(text).map(drop).map_err(|error| error.to_string())
}

fn check_user_agent(text: &str) -> Result<(), String> {
    if !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Ok(())
    } else {
        Err("write printable ASCII, such as partyline".into())
    }
}

/// The host of a URL that [`check_base_url`] let through.
fn host_of(base_url: &str) -> &str {
    let authority = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// Warns of host names that twilio-node and twilio-java take apart and put together wrongly: they read a name as product,
/// edge, region and a domain of two labels, so that two labels are doubled and the middle of six or more is lost.
fn host_warning(host: &str) -> Option<String> {
    let labels = host.split('.').count();
    let broken = (labels == 2 || labels > 5) && !host.starts_with('[') && host.parse::<Ipv4Addr>().is_err();
    broken.then(|| {
        format!(
            "base_url: twilio-node and twilio-java rewrite host names of {labels} labels, so they will not find `{host}`; \
             use a name of three to five labels such as `chat.{}`, `localhost`, or an address",
            if labels == 2 { host } else { "example.com" }
        )
    })
}

/// A database URL with its password hidden; a file's name as it is.
fn hide_password(database: &str) -> String {
    let Some((scheme, rest)) = database.split_once("://") else {
        return database.to_owned();
    };
    let (rest, query) = match rest.split_once('?') {
        // `?password=...` is a parameter of its own, and what else may be secret there is not known.
        Some((rest, _)) => (rest, "?[hidden]"),
        None => (rest, ""),
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user.to_owned(), |(user, _)| format!("{user}:[hidden]"));
            format!("{scheme}://{user}@{host}{query}")
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}

fn explain_rows(layers: &Layers) -> Vec<Explained> {
    let explain = |row: &schema::Row| {
        let (value, origin) = layers.get(&row.key).cloned().unzip();
        let value = value.map(|value| match value {
            Value::String(text) if row.key == "database" => Value::String(hide_password(&text)).to_string(),
            Value::String(_) if SECRET_KEYS.contains(&row.key.as_str()) => "\"[hidden]\"".to_owned(),
            value => value.to_string(),
        });
        Explained { key: row.key.clone(), value, origin }
    };
    layers.rows.iter().map(explain).collect()
}

impl Loaded {
    /// One line per key, `key = value   # from ...`, then the accounts, secrets hidden. The lines are TOML.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut lines = Vec::new();
        for Explained { key, value, origin } in &self.explained {
            lines.push(match (value, origin) {
                (Some(value), Some(origin)) => format!("{:<52} # from {origin}", format!("{key} = {value}")),
                _ => format!("{:<52} # not set", format!("# {key} =")),
            });
        }
        for account in &self.config.accounts {
            lines.push(format!("\n[[accounts]]\nsid = \"{}\"\nauth_token = \"[hidden]\"", account.sid));
            for key in &account.keys {
                lines.push(format!("\n[[accounts.keys]]\nsid = \"{}\"\nsecret = \"[hidden]\"", key.sid));
                lines.push(format!("name = {}", Value::from(key.name.as_str())));
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// Where the value of a key came from; `None` for a key that is not set or not known.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.explained.iter().find(|row| row.key == key)?.origin.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AC: &str = "AC00000000000000000000000000000001";

    fn sources(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Sources {
        Sources {
            profile: Profile::Dev,
            file: Some(("p.toml".into(), file.into())),
            env: env.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
            flags: flags
                .iter()
                .map(|(key, text)| ((*key).into(), (*text).into(), format!("--set {key}")))
                .collect(),
        }
    }

    fn problems(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Vec<String> {
        sources(file, env, flags).load().unwrap_err().problems
    }

    #[test]
    fn defaults_depend_on_the_profile() {
        let [dev, ci, serve] = [Profile::Dev, Profile::Ci, Profile::Serve].map(Config::defaults);
        assert_eq!(dev.listen, "127.0.0.1:8080");
        assert_eq!((dev.database.as_str(), ci.database.as_str()), ("partyline.db", ":memory:"));
        assert!(!dev.limits.rate.enabled && !ci.limits.rate.enabled && serve.limits.rate.enabled);
        assert!(dev.log.requests && !ci.log.requests && !serve.log.requests);
        assert_eq!((ci.log.level.as_str(), serve.log.format), ("warn", LogFormat::Json));
        assert_eq!(dev.limits.channel_members.default, 1000);
        assert_eq!(dev.limits.user_channels.max, 2_147_483_647);
        assert_eq!(dev.limits.media_bytes, 157_286_400);
        assert_eq!((dev.base_url, dev.seed, dev.accounts.len()), (None, None, 0));
    }

    #[test]
    fn flags_beat_environment_beats_file_beats_default() {
        let key = "limits.channel_members.default";
        let file = "limits.channel_members.default = 10";
        let env = [("PARTYLINE_LIMITS__CHANNEL_MEMBERS__DEFAULT", "20"), ("HOME", "/root")];
        let of = |file, env: &[_], flags: &[_]| {
            let loaded = sources(file, env, flags).load().unwrap();
            (loaded.config.limits.channel_members.default, loaded.origin(key).unwrap().to_string())
        };
        assert_eq!(of("", &[], &[]), (1000, "default of dev".into()));
        assert_eq!(of(file, &[], &[]), (10, "p.toml".into()));
        assert_eq!(of(file, &env, &[]), (20, format!("environment: {}", env[0].0)));
        assert_eq!(of(file, &env, &[(key, "30")]), (30, format!("--set {key}")));
        let set = [("PARTYLINE_SET", "page.default=7; limits.channel_members.default=25")];
        assert_eq!(of(file, &set, &[]), (25, "environment: PARTYLINE_SET".into()));
    }

    #[test]
    fn the_hosted_profile_yields_to_explicit_keys() {
        let file = "[limits]\nprofile = 'hosted'\n[limits.user_channels]\nmax = 5000\n";
        let loaded = sources(file, &[], &[]).load().unwrap();
        let limits = &loaded.config.limits;
        assert_eq!((limits.channel_members.default, limits.channel_members.max), (100, 1000));
        assert_eq!((limits.user_channels.default, limits.user_channels.max), (250, 5000));
        assert!(loaded.explain().contains("limits.channel_members.default = 100"));
        assert_eq!(loaded.origin("limits.channel_members.max"), Some(&Origin::Hosted));
    }

    #[test]
    fn unknown_keys_are_errors_with_a_suggestion() {
        assert_eq!(
            problems("lisen = ''", &[], &[]),
            ["lisen: unknown key (from p.toml); did you mean `listen`?"]
        );
        assert_eq!(
            problems("", &[("PARTYLINE_LIMITS__RATE__ENABLD", "1")], &[("message_body_bytes", "1")]),
            [
                "limits.rate.enabld: unknown key (from environment: PARTYLINE_LIMITS__RATE__ENABLD); did you mean \
                 `limits.rate.enabled`?",
                "message_body_bytes: unknown key (from --set message_body_bytes); did you mean \
                 `limits.message_body_bytes`?"
            ]
        );
        assert!(problems("profile = 'ci'", &[], &[])[0].contains("the profile is the subcommand"));
        assert!(problems("channels = 'all'", &[], &[])[0].contains("it is a section, with list_default"));
    }

    #[test]
    fn wrong_values_name_the_key_and_the_source() {
        assert_eq!(
            problems("http.workers = 'two'\nhttp.keep_alive_s = 0\nlog.format = 'xml'", &[], &[]),
            [
                "http.keep_alive_s: expected whole number from 1, found `0` (from p.toml)",
                "http.workers: expected whole number from 0 to 1024, found `\"two\"` (from p.toml)",
                "log.format: expected \"pretty\" or \"json\", found `\"xml\"` (from p.toml)",
            ]
        );
        let both =
            problems("", &[], &[("limits.user_channels.default", "9"), ("limits.user_channels.max", "8")]);
        assert!(both[0].contains("is above limits.user_channels.max = 8"), "{both:?}");
        assert!(problems("listen = ", &[], &[])[0].starts_with("p.toml is not TOML"));
        assert!(problems("log.level = 'info,=='", &[], &[])[0].contains("no log filter"));
    }

    #[test]
    fn forms_of_listen_database_and_base_url() {
        for good in ["127.0.0.1:0", "[::1]:80", "localhost:8080", "0.0.0.0:1"] {
            assert_eq!(check_listen(good), Ok(()), "{good}");
        }
        for bad in ["8080", ":8080", "::1:80", "a:b", "1.2.3.4:70000", "http://a:1"] {
            assert!(check_listen(bad).is_err(), "{bad}");
        }
        assert!(check_database("mysql://x").unwrap_err().contains("postgres://"));
        for good in ["http://localhost:8080", "https://chat.example.com/", "http://[::1]:80", "http://[::1]"]
        {
            assert_eq!(check_base_url(good), Ok(()), "{good}");
        }
        for bad in [
            "chat.example.com",
            "ftp://a",
            "http://",
            "http://a/b",
            "http://a:0",
            "http://u@a",
            "http://a..b",
        ] {
            assert!(check_base_url(bad).is_err(), "{bad}");
        }
        let loaded = sources("base_url = 'https://chat.example.com/'", &[], &[]).load().unwrap();
        assert_eq!(loaded.config.base_url.as_deref(), Some("https://chat.example.com"));
    }

    #[test]
    fn what_webhooks_need_is_checked_at_start() {
        for (key, text, hint) in [
            ("webhooks.allow", "10.0.0.0/40", "CIDR"),
            ("webhooks.executions_url", "ftp://flows", "http://"),
            ("webhooks.standard_secret", "c2VjcmV0", "whsec_"),
            ("webhooks.user_agent", "a\nb", "ASCII"),
        ] {
            let found = problems("", &[], &[(key, text)]);
            assert!(found.len() == 1 && found[0].contains(key) && found[0].contains(hint), "{found:?}");
        }
        let flows = [("webhooks.executions_url", "https://flows.test/{FlowSid}/Executions")];
        let config = sources("", &[], &flows).load().unwrap().config;
        let flow = format!("FW{}", "0".repeat(32)).parse().unwrap();
        let wanted = format!("https://flows.test/{flow}/Executions");
        assert_eq!(config.webhooks.executions_of(flow), Some(wanted));
    }

    #[test]
    fn a_webhook_secret_is_shown_nowhere() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let loaded = sources("", &[], &[("webhooks.standard_secret", secret)]).load().unwrap();
        assert_eq!(loaded.config.webhooks.standard_secret.as_ref().unwrap().reveal(), secret);
        assert!(!format!("{loaded:?}{}", loaded.explain()).contains("MfKQ"));
    }

    #[test]
    fn host_names_that_sdks_rewrite_are_warned_of() {
        for fine in ["localhost", "127.0.0.1", "chat.example.com", "a.b.c.d.e", "[::1]"] {
            assert_eq!(host_warning(host_of(&format!("http://{fine}:80"))), None, "{fine}");
        }
        let loaded = sources("base_url = 'http://partyline.test:8080'", &[], &[]).load().unwrap();
        assert!(loaded.config.warnings()[0].contains("`chat.partyline.test`"));
        assert!(host_warning("a.b.c.d.e.f").is_some());
    }

    #[test]
    fn nothing_that_is_printed_holds_a_secret() {
        let file = format!(
            "database = 'postgres://ann:hunter2@db/chat?password=hunter2'\n[[accounts]]\nsid = '{AC}'\n\
             auth_token = 'hunter2hunter2'\nkeys = [{{sid = 'SK{}', secret = 'hunter2x'}}]",
            "0".repeat(32)
        );
        let loaded = sources(&file, &[], &[]).load().unwrap();
        let shown = format!("{}{:?}{:?}", loaded.explain(), loaded, loaded.config);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("postgres://ann:[hidden]@db/chat?[hidden]"));
    }

    #[test]
    fn what_explain_prints_can_be_loaded() {
        let loaded = sources("seed = 7", &[], &[]).load().unwrap();
        let again = sources(&loaded.explain(), &[], &[]).load().unwrap();
        assert_eq!(format!("{:?}", again.config), format!("{:?}", loaded.config));
    }

    #[test]
    fn loopback_is_told_from_the_rest() {
        let mut config = Config::defaults(Profile::Serve);
        for (listen, loopback) in [
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("localhost:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("chat.example.com:1", false),
        ] {
            listen.clone_into(&mut config.listen);
            assert_eq!(config.listens_on_loopback(), loopback, "{listen}");
        }
    }
}
