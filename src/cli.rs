//! The command line: its types, and what they ask for as an [`Action`].

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Loaded, Profile, Sources, check_sid, secrets};

pub mod banner;
pub mod run;
pub mod trigger;
pub mod webhooks;

use self::trigger::TriggerArgs;
use self::webhooks::WebhooksAction;

/// A self-hosted, drop-in replacement for Twilio's Programmable Chat
#[derive(Debug, Parser)]
#[command(name = "partyline", version, disable_help_subcommand = true)]
// Closer together than by default, so that it fits a screen.
#[command(help_template = "{about-with-newline}{usage-heading} {usage}\n\n{all-args}{after-help}")]
#[command(after_help = "Example: partyline serve --config chat.toml")]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options of every command. They beat the environment, which beats the file.
#[derive(Debug, Args)]
struct Options {
    /// Port 0 picks one [default: 127.0.0.1:8080]
    #[arg(long, global = true, display_order = 100, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// A file, `:memory:`, or postgres://...
    #[arg(long, global = true, display_order = 100, value_name = "DB")]
    database: Option<String>,
    /// What URLs in answers begin with
    #[arg(long, global = true, display_order = 100, value_name = "URL")]
    base_url: Option<String>,
    /// Read this file
    #[arg(long, global = true, display_order = 100, value_name = "FILE.toml")]
    config: Option<String>,
    /// Set any key; may be repeated
    #[arg(long, global = true, display_order = 100, value_name = "KEY=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Make SIDs and secrets repeat from run to run
    #[arg(long, global = true, display_order = 100, value_name = "NUMBER")]
    seed: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve at a desk: credentials made up and printed (default)
    #[command(after_help = "\
Examples:
  partyline dev
  partyline dev --listen 127.0.0.1:0 --database :memory:
  partyline dev --set limits.rate.enabled=true")]
    Dev,
    /// Serve a test suite: in memory, quiet, one JSON line when ready
    #[command(after_help = "\
Example:
  partyline ci --listen 127.0.0.1:0 --seed 1")]
    Ci,
    /// Serve in production: refuses weak secrets and open plain HTTP
    #[command(after_help = "\
Examples:
  partyline serve --config chat.toml
  partyline serve --database postgres://chat@db/chat --set http.tls_proxy=true")]
    Serve,
    /// Check the configuration and, with --explain, show every value
    #[command(after_help = "\
Example:
  partyline check-config --explain --for serve --config chat.toml")]
    CheckConfig {
        /// Show every key with its value and where that came from
        #[arg(long)]
        explain: bool,
        /// The command it is for: dev, ci or serve
        #[arg(
            long = "for",
            value_enum,
            default_value_t,
            hide_possible_values = true,
            value_name = "COMMAND"
        )]
        profile: Profile,
    },
    /// Create, list and revoke API keys
    #[command(subcommand)]
    Key(KeyAction),
    /// Make and explain access tokens
    #[command(subcommand)]
    Token(TokenAction),
    /// List, show, replay and follow deliveries of webhooks
    #[command(subcommand)]
    Webhooks(WebhooksAction),
    /// Send a sample event, signed, to a receiver of webhooks
    #[command(after_help = "\
Examples:
  partyline trigger onMessageSent --url http://127.0.0.1:3000/chat
  partyline trigger onMessageSend --service IS...")]
    Trigger(TriggerArgs),
}

/// What to do with API keys.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum KeyAction {
    /// Create a key; its secret is shown once
    #[command(after_help = "Example:\n  partyline key create --account AC... --name web")]
    Create {
        /// Account that the key is for
        #[arg(long, value_name = "AC...", value_parser = sid::<'A', 'C'>)]
        account: String,
        /// What a person calls it
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
    },
    /// List the keys, without their secrets
    #[command(after_help = "Example:\n  partyline key list --database partyline.db")]
    List,
    /// Revoke a key: tokens that it signed stop working
    #[command(after_help = "Example:\n  partyline key revoke SK...")]
    Revoke {
        /// The key
        #[arg(value_name = "SK...", value_parser = sid::<'S', 'K'>)]
        sid: String,
    },
}

/// What to do with access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum TokenAction {
    /// Make a token for a chat client
    #[command(after_help = "Example:\n  partyline token make --identity ann --service IS...")]
    Make {
        /// Who the client is
        #[arg(long)]
        identity: String,
        /// Chat service
        #[arg(long, value_name = "IS...", value_parser = sid::<'I', 'S'>)]
        service: String,
        /// Key that signs, if there are several
        #[arg(long, value_name = "SK...", value_parser = sid::<'S', 'K'>)]
        key: Option<String>,
        /// Lifetime in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
        ttl: i64,
        /// Role of a user who is new
        #[arg(long, value_name = "RL...", value_parser = sid::<'R', 'L'>)]
        role: Option<String>,
        /// Device id, any text
        #[arg(long, value_name = "ID")]
        endpoint: Option<String>,
        /// Push credential
        #[arg(long, value_name = "CR...", value_parser = sid::<'C', 'R'>)]
        push_credential: Option<String>,
    },
    /// Say what a token holds and why it is accepted or refused
    #[command(after_help = "Example:\n  partyline token explain eyJhbGciOi...")]
    Explain {
        /// The token
        token: String,
    },
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Action {
    /// Serve a person at a desk.
    Dev(Config),
    /// Serve a test suite.
    Ci(Config),
    /// Serve in production. [`secrets::serve_refusals`] is for the caller, who knows the database.
    Serve(Config),
    /// Say whether the configuration is sound; see [`check_config`].
    CheckConfig {
        /// The configuration, and where each value came from.
        loaded: Box<Loaded>,
        /// Whether to show every value.
        explain: bool,
    },
    /// Work on API keys in the database of the configuration.
    Key(KeyAction, Config),
    /// Work on access tokens.
    Token(TokenAction, Config),
    /// Work on the log of webhooks.
    Webhooks(WebhooksAction, Config),
    /// Send a sample event.
    Trigger(TriggerArgs, Config),
}

/// Reads the process's command line; prints help and leaves the process where that is what was asked for.
#[must_use]
pub fn parse() -> Cli {
    <Cli as Parser>::parse()
}

impl Cli {
    /// Reads the environment and the file, and merges them with the flags.
    pub fn into_action(self) -> anyhow::Result<Action> {
        // A variable that is not UTF-8 is none of ours, or will be missed by name.
        let env = std::env::vars_os()
            .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        self.into_action_with(env.collect())
    }

    fn into_action_with(self, env: Vec<(String, String)>) -> anyhow::Result<Action> {
        let command = self.command.unwrap_or(Command::Dev);
        let profile = match &command {
            Command::Dev
            | Command::Key(_)
            | Command::Token(_)
            | Command::Webhooks(_)
            | Command::Trigger(_) => Profile::Dev,
            Command::Ci => Profile::Ci,
            Command::Serve => Profile::Serve,
            Command::CheckConfig { profile, .. } => *profile,
        };
        let loaded = self.options.load(profile, env)?;
        Ok(match command {
            Command::Dev => Action::Dev(loaded.config),
            Command::Ci => Action::Ci(loaded.config),
            Command::Serve => Action::Serve(loaded.config),
            Command::CheckConfig { explain, .. } => Action::CheckConfig { loaded: Box::new(loaded), explain },
            Command::Key(action) => Action::Key(action, loaded.config),
            Command::Token(action) => Action::Token(action, loaded.config),
            Command::Webhooks(action) => Action::Webhooks(action, loaded.config),
            Command::Trigger(args) => Action::Trigger(args, loaded.config),
        })
    }
}

impl Options {
    fn load(self, profile: Profile, env: Vec<(String, String)>) -> anyhow::Result<Loaded> {
        let from_env = || {
            let found = env.iter().find(|(name, text)| name == "PARTYLINE_CONFIG" && !text.is_empty());
            found.map(|(_, path)| (path.clone(), "PARTYLINE_CONFIG"))
        };
        let file = match self.config.map(|path| (path, "--config")).or_else(from_env) {
            None => None,
            Some((path, source)) => {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read `{path}`, which {source} names; check the path"))?;
                Some((path, text))
            }
        };
        let mut flags: Vec<_> =
            self.set.into_iter().map(|(key, text)| (key, text, "--set".to_owned())).collect();
        for (key, flag, text) in [
            ("listen", "--listen", self.listen),
            ("database", "--database", self.database),
            ("base_url", "--base-url", self.base_url),
            ("seed", "--seed", self.seed),
        ] {
            flags.extend(text.map(|text| (key.to_owned(), text, flag.to_owned())));
        }
        Ok(Sources { profile, file, env, flags }.load()?)
    }
}

/// What `check-config` prints. It is an error if `serve` would refuse what the configuration alone shows; secrets in the
/// database are checked when it starts.
pub fn check_config(loaded: &Loaded, explain: bool) -> anyhow::Result<String> {
    let config = &loaded.config;
    let mut report = if explain { loaded.explain() } else { String::new() };
    for warning in config.warnings() {
        let _ = writeln!(report, "# warning: {warning}");
    }
    let refusals = secrets::serve_refusals(config, false);
    if !refusals.is_empty() {
        anyhow::bail!("{report}`partyline serve` would refuse to start:\n  {}", refusals.join("\n  "));
    }
    let _ = writeln!(report, "# the configuration is sound for `partyline {}`", config.profile);
    Ok(report)
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) => Ok((key.trim().to_owned(), value.to_owned())),
        None => Err("write KEY=VALUE, such as limits.message_body_bytes=65536".into()),
    }
}

fn sid<const A: char, const B: char>(text: &str) -> Result<String, String> {
    check_sid(&String::from_iter([A, B]), text).map(|()| text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn run(line: &str, env: &[(&str, &str)]) -> anyhow::Result<Action> {
        let cli = Cli::try_parse_from(line.split_whitespace())?;
        cli.into_action_with(env.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect())
    }

    fn error(line: &str, env: &[(&str, &str)]) -> String {
        format!("{:#}", run(line, env).unwrap_err())
    }

    #[test]
    fn dev_is_the_default() {
        assert!(
            matches!(run("partyline", &[]).unwrap(), Action::Dev(config) if config.database == "partyline.db")
        );
        assert!(
            matches!(run("partyline ci", &[]).unwrap(), Action::Ci(config) if config.database == ":memory:")
        );
        assert!(
            matches!(run("partyline serve", &[]).unwrap(), Action::Serve(config) if config.limits.rate.enabled)
        );
    }

    #[test]
    fn flags_stand_before_or_after_the_command_and_beat_the_environment() {
        let env = [("PARTYLINE_LISTEN", "127.0.0.1:1"), ("PARTYLINE_SEED", "5")];
        let line = "partyline --listen 127.0.0.1:2 ci --set page.default=9 --set limits.rate.window_s=2";
        let Action::Ci(config) = run(line, &env).unwrap() else { panic!("not ci") };
        assert_eq!((config.listen.as_str(), config.seed), ("127.0.0.1:2", Some(5)));
        assert_eq!((config.page.default, config.limits.rate.window_s), (9, 2));
    }

    #[test]
    fn the_file_is_read_by_flag_or_environment() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chat.toml");
        std::fs::write(&path, "database = 'chat.db'").unwrap();
        let path = path.to_str().unwrap();
        for (line, env) in [
            (format!("partyline --config {path}"), vec![]),
            ("partyline".into(), vec![("PARTYLINE_CONFIG", path)]),
        ] {
            assert!(matches!(run(&line, &env).unwrap(), Action::Dev(config) if config.database == "chat.db"));
        }
        assert!(error("partyline --config /nowhere.toml", &[]).contains("which --config names"));
    }

    #[test]
    fn mistakes_say_what_to_do() {
        assert!(error("partyline --set page.defalt=9", &[]).contains("did you mean `page.default`?"));
        assert!(error("partyline --set page.default", &[]).contains("write KEY=VALUE"));
        assert!(error("partyline --listen 8080", &[]).contains("(from --listen)"));
        assert!(error("partyline key revoke AC1", &[]).contains("`SK` and 32 lower-case"));
        assert!(error("partyline --seed x", &[]).contains("whole number"));
    }

    #[test]
    fn keys_and_tokens() {
        let (ac, service) = (format!("AC{}", "0".repeat(32)), format!("IS{}", "0".repeat(32)));
        let action = run(&format!("partyline key create --account {ac} --name web"), &[]).unwrap();
        let Action::Key(KeyAction::Create { account, name }, _) = action else { panic!("not key create") };
        assert_eq!((account, name.as_str()), (ac, "web"));
        let action =
            run(&format!("partyline token make --identity ann --service {service} --ttl 60"), &[]).unwrap();
        let Action::Token(TokenAction::Make { ttl, key, .. }, _) = action else { panic!("not token make") };
        assert_eq!((ttl, key), (60, None));
        assert!(matches!(run("partyline key list", &[]).unwrap(), Action::Key(KeyAction::List, _)));
        assert!(matches!(
            run("partyline token explain x", &[]).unwrap(),
            Action::Token(TokenAction::Explain { .. }, _)
        ));
    }

    #[test]
    fn webhooks_and_trigger() {
        let parsed = |line: &str| match run(line, &[]).unwrap() {
            Action::Webhooks(action, _) => format!("{action:?}"),
            Action::Trigger(args, _) => format!("{args:?}"),
            _ => panic!("another action"),
        };
        assert!(parsed("partyline webhooks list --state dead --before 9").contains("before: Some(9)"));
        assert!(parsed("partyline webhooks show 17").contains("17"));
        assert!(parsed("partyline webhooks replay 3..5").contains("Some((3, 5))"));
        assert!(parsed("partyline webhooks replay --lost-since 2h").contains("\"2h\""));
        assert!(parsed("partyline webhooks tail --json").contains("true"));
        assert!(parsed("partyline trigger onMessageSent --url http://a --method get").contains("\"GET\""));
        assert!(error("partyline webhooks replay 3 --lost-since 2h", &[]).contains("cannot be used with"));
        assert!(error("partyline webhooks list --limit 1001", &[]).contains("1..=1000"));
        assert!(error("partyline trigger onMesageSent", &[]).contains("did you mean onMessageSent?"));
    }

    #[test]
    fn check_config_reports() {
        let loaded = |line: &str, env: &[_]| match run(line, env).unwrap() {
            Action::CheckConfig { loaded, explain } => check_config(&loaded, explain),
            _ => panic!("not check-config"),
        };
        assert_eq!(
            loaded("partyline check-config", &[]).unwrap(),
            "# the configuration is sound for `partyline dev`\n"
        );
        let env = [("PARTYLINE_BASE_URL", "http://a.test")];
        let report = loaded("partyline check-config --explain --for ci", &env).unwrap();
        assert!(
            report.contains("# from environment: PARTYLINE_BASE_URL")
                && report.contains("# warning: base_url")
        );
        assert!(
            report
                .lines()
                .any(|line| line.starts_with("log.level = \"warn\" ") && line.ends_with("default of ci"))
        );
        let refused = loaded("partyline check-config --for serve", &[]).unwrap_err().to_string();
        assert!(refused.contains("no account is configured. Fix: "), "{refused}");
    }

    #[test]
    fn each_help_fits_a_screen() {
        fn check(command: &mut clap::Command, path: &str) {
            // By name, so that this is the text a person sees, global options included.
            let args: Vec<&str> = path.split(' ').chain(["--help"]).collect();
            let help = Cli::command().term_width(80).try_get_matches_from(args).unwrap_err().to_string();
            assert!(help.lines().count() <= 24, "{path}: {} lines\n{help}", help.lines().count());
            assert!(help.contains("Example") || command.has_subcommands(), "{path} has no example");
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{path}: {line}");
            }
            for inner in command.get_subcommands_mut() {
                let path = format!("{path} {}", inner.get_name());
                check(inner, &path);
            }
        }
        Cli::command().debug_assert();
        check(&mut Cli::command(), "partyline");
    }
}
