//! What each subcommand does.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use rand::RngExt as _;

use super::banner::{self, Credentials};
use super::{Action, KeyAction, TokenAction, check_config, trigger, webhooks};
use crate::auth::token::{self, KeyInfo, NewToken, TokenRules};
use crate::config::{Config, LogFormat, Profile, secrets};
use crate::domain::account::{Account, ApiKey, PutAccount, PutKey, RevokeKey};
use crate::server::{self, Running};
use crate::sid::{AccountSid, KeySid};
use crate::store::{Env, Store, accounts};
use crate::time::Clock;

/// The name of the key that `dev` and `ci` make up.
const MADE_UP_KEY: &str = "made up by partyline";

/// Does what the command line asked for.
pub fn run(action: Action) -> anyhow::Result<()> {
    if let Action::CheckConfig { loaded, explain } = &action {
        return print(&check_config(loaded, *explain)?);
    }
    actix_web::rt::System::new().block_on(async {
        match action {
            Action::Dev(config) | Action::Ci(config) | Action::Serve(config) => serve(config).await,
            Action::Key(action, config) => key(action, config).await,
            Action::Token(action, config) => access_token(action, config).await,
            Action::Webhooks(action, config) => webhooks::run(action, &config).await,
            Action::Trigger(args, config) => trigger::run(args, &config).await,
            Action::CheckConfig { .. } => Ok(()),
        }
    })
}

pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn start_log(config: &Config) {
    // The HTTP library says at every start how many threads it has; a filter of the operator's own beats this.
    let filter = tracing_subscriber::EnvFilter::try_new(format!("actix_server=warn,{}", config.log.level))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // A second subscriber in one process can only be a test's.
    let _ = match config.log.format {
        LogFormat::Pretty => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}

pub(super) async fn open(config: &Config) -> anyhow::Result<(Store, std::sync::Arc<Env>)> {
    if config.seed.is_some() && config.database != ":memory:" {
        bail!("a seed makes the same SIDs in every run: use it with --database :memory:, or leave it out");
    }
    let env = server::environment(config, Clock::System);
    let store = Store::open(&config.database, env.clone()).await?;
    Ok((store, env))
}

/// Writes the configuration's accounts and keys into the store.
pub(super) async fn put_configured(config: &Config, store: &Store) -> anyhow::Result<()> {
    for account in &config.accounts {
        let sid: AccountSid = account.sid.parse()?;
        store.write(PutAccount { sid, auth_token: account.auth_token.clone(), made_up: false }).await?;
        for key in &account.keys {
            let (key_sid, secret) = (key.sid.parse()?, key.secret.clone());
            store
                .write(PutKey {
                    sid: key_sid,
                    account_sid: sid,
                    secret,
                    friendly_name: Some(key.name.clone()).filter(|name| !name.is_empty()),
                })
                .await?;
        }
    }
    Ok(())
}

fn secret(random: &mut impl rand::Rng) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz0123456";
    (0..32).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

/// Credentials for `dev` and `ci`: those of the configuration, or made up once and kept in the database.
async fn credentials(config: &Config, store: &Store, env: &Env) -> anyhow::Result<Credentials> {
    let configured: Option<AccountSid> =
        config.accounts.first().map(|account| account.sid.parse()).transpose()?;
    let known = store
        .read(async |tx| match configured {
            Some(sid) => Ok(accounts::find(tx, sid).await?),
            None => Ok(accounts::made_up(tx).await?),
        })
        .await?;
    let account = if let Some(account) = known {
        account
    } else {
        let sid = env.sids.next(env.clock.now());
        let auth_token = match config.seed {
            Some(seed) => secret(&mut <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(seed)),
            None => secret(&mut rand::rng()),
        };
        store.write(PutAccount { sid, auth_token, made_up: true }).await?
    };
    let configured_key = config.accounts.first().and_then(|account| account.keys.first());
    let keys = store.read(async |tx| Ok(accounts::keys(tx, account.sid).await?)).await?;
    let usable = |key: &&ApiKey| key.revoked_at.is_none();
    let key = match configured_key {
        Some(wanted) => {
            keys.iter().filter(usable).find(|key| key.sid.to_string().eq_ignore_ascii_case(&wanted.sid))
        }
        None => keys.iter().find(usable),
    };
    let key = if let Some(key) = key {
        key.clone()
    } else {
        let secret = match config.seed {
            Some(seed) => secret(&mut <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(!seed)),
            None => secret(&mut rand::rng()),
        };
        let (sid, friendly_name) = (env.sids.next(env.clock.now()), Some(MADE_UP_KEY.to_owned()));
        store.write(PutKey { sid, account_sid: account.sid, secret, friendly_name }).await?
    };
    Ok(Credentials {
        url: String::new(),
        account_sid: account.sid.to_string(),
        auth_token: account.auth_token,
        api_key_sid: key.sid.to_string(),
        api_key_secret: key.secret,
    })
}

/// True when credentials that partyline made up would open the database: an account whose token the configuration does
/// not replace, or a key that was not revoked.
async fn knows_made_up(config: &Config, store: &Store) -> anyhow::Result<bool> {
    let replaced = |account: &Account| {
        config.accounts.iter().any(|configured| {
            configured.sid.parse() == Ok(account.sid) && configured.auth_token != account.auth_token
        })
    };
    for account in store.read(async |tx| Ok(accounts::all(tx).await?)).await? {
        if account.made_up && !replaced(&account) {
            return Ok(true);
        }
        let keys = store.read(async |tx| Ok(accounts::keys(tx, account.sid).await?)).await?;
        let made_up =
            |key: &ApiKey| key.revoked_at.is_none() && key.friendly_name.as_deref() == Some(MADE_UP_KEY);
        if keys.iter().any(made_up) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    start_log(&config);
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let refuse = |made_up| {
        let refusals = secrets::serve_refusals(&config, made_up);
        if config.profile != Profile::Serve || refusals.is_empty() {
            return Ok(());
        }
        bail!("serve refuses to start:\n- {}", refusals.join("\n- "))
    };
    // Before the database is touched, and again with what it knows.
    refuse(false)?;
    let (store, env) = open(&config).await?;
    refuse(config.profile == Profile::Serve && knows_made_up(&config, &store).await?)?;
    put_configured(&config, &store).await?;
    let profile = config.profile;
    let printed = match profile {
        Profile::Serve => None,
        Profile::Dev | Profile::Ci => Some(credentials(&config, &store, &env).await?),
    };
    let database = config.database.clone();
    let running = server::start(config, store, env).await?;
    if let Some(mut credentials) = printed {
        credentials.url = running.url();
        match profile {
            Profile::Ci => print(&banner::ci_line(&credentials))?,
            _ => print(&banner::dev(&credentials, &database))?,
        }
    }
    tracing::info!(address = %running.address, "serving on {}", running.url());
    stop_on_signal(&running);
    running.join().await?;
    tracing::info!("stopped; everything that was accepted is kept");
    Ok(())
}

/// SIGTERM and SIGINT finish what was accepted.
fn stop_on_signal(running: &Running) {
    let handle = running.handle();
    actix_web::rt::spawn(async move {
        let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(error) => return tracing::error!(%error, "cannot listen for SIGTERM"),
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        handle.stop(true).await;
    });
}

async fn key(action: KeyAction, config: Config) -> anyhow::Result<()> {
    let (store, env) = open(&config).await?;
    put_configured(&config, &store).await?;
    match action {
        KeyAction::Create { account, name } => {
            let account_sid: AccountSid =
                account.parse().context("--account takes an account SID: AC and 32 digits")?;
            let (sid, secret) = (env.sids.next(env.clock.now()), secret(&mut rand::rng()));
            let key = store
                .write(PutKey {
                    sid,
                    account_sid,
                    secret,
                    friendly_name: Some(name).filter(|name| !name.is_empty()),
                })
                .await
                .with_context(|| {
                    format!("the database {} knows no account {account_sid}", config.database)
                })?;
            print(&format!("sid     {}\nsecret  {}\nThe secret is not shown again.", key.sid, key.secret))?;
        }
        KeyAction::List => {
            let mut text = String::new();
            for account in store.read(async |tx| Ok(accounts::all(tx).await?)).await? {
                for key in store.read(async |tx| Ok(accounts::keys(tx, account.sid).await?)).await? {
                    let state = if key.revoked_at.is_some() { "revoked" } else { "active" };
                    let name = key.friendly_name.unwrap_or_default();
                    let _ = writeln!(text, "{}  {}  {state:7}  {name}", key.sid, key.account_sid);
                }
            }
            print(if text.is_empty() {
                "no keys: make one with `partyline key create --account AC...`"
            } else {
                &text
            })?;
        }
        KeyAction::Revoke { sid } => {
            let sid: KeySid =
                sid.parse().context("a key SID is SK and 32 digits: `partyline key list` shows them")?;
            store.write(RevokeKey { sid }).await.with_context(|| format!("there is no active key {sid}"))?;
            print(&format!("{sid} opens nothing from now on"))?;
        }
    }
    store.close().await;
    Ok(())
}

async fn access_token(action: TokenAction, config: Config) -> anyhow::Result<()> {
    let (store, env) = open(&config).await?;
    put_configured(&config, &store).await?;
    let now = env.clock.now().as_micros() / 1_000_000;
    match action {
        TokenAction::Make { identity, service, key, ttl, role, endpoint, push_credential } => {
            let key = signing_key(&config, &store, &env, key).await?;
            let (account_sid, key_sid) = (key.account_sid.to_string(), key.sid.to_string());
            print(&token::make(&NewToken {
                account_sid: &account_sid,
                key_sid: &key_sid,
                secret: &key.secret,
                identity: &identity,
                service_sid: &service,
                ttl_s: ttl,
                now,
                deployment_role_sid: role.as_deref(),
                endpoint_id: endpoint.as_deref(),
                push_credential_sid: push_credential.as_deref(),
            }))?;
        }
        TokenAction::Explain { token } => {
            let mut keys = Vec::new();
            for account in store.read(async |tx| Ok(accounts::all(tx).await?)).await? {
                keys.extend(store.read(async |tx| Ok(accounts::keys(tx, account.sid).await?)).await?);
            }
            let lookup = |sid: &str| {
                let key = keys.iter().find(|key| key.sid.to_string() == sid)?;
                Some(KeyInfo {
                    account_sid: key.account_sid.to_string(),
                    secret: key.secret.clone(),
                    active: key.revoked_at.is_none(),
                })
            };
            print(&token::explain(&token, now, &TokenRules::from_config(&config), lookup))?;
        }
    }
    store.close().await;
    Ok(())
}

/// The key to sign with: the one asked for, or the first that works.
async fn signing_key(
    config: &Config,
    store: &Store,
    env: &Env,
    asked: Option<String>,
) -> anyhow::Result<ApiKey> {
    let sid: KeySid = match asked {
        Some(sid) => sid.parse().context("--key takes a key SID: SK and 32 digits")?,
        None => credentials(config, store, env).await?.api_key_sid.parse()?,
    };
    let key = store.read(async |tx| Ok(accounts::find_key(tx, sid).await?)).await?;
    key.filter(|key| key.revoked_at.is_none())
        .with_context(|| format!("the database {} knows no active key {sid}", config.database))
}
