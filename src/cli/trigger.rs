//! `partyline trigger`: sends a sample of an event at once, signed as a real one, and says what came of it.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use clap::Args;

use super::run::{open, print, put_configured};
use super::webhooks::{outcome, request};
use crate::config::{Config, check_sid};
use crate::domain::account::Account;
use crate::domain::at::ServiceAt;
use crate::domain::delivery::Outcome;
use crate::domain::event::{Changes, PreEvent};
use crate::domain::redact;
use crate::domain::service::Service;
use crate::sid::{AccountSid, RequestSid, ServiceSid, Sid as _};
use crate::store::{Store, accounts, services};
use crate::webhook::call::{Call, Called, Caller};
use crate::webhook::pre::{self, Verdict};
use crate::webhook::sample::{self, Event};

/// What to send where.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct TriggerArgs {
    /// Any event, such as onMessageSent or onMessageSend
    #[arg(value_name = "EVENT", value_parser = Event::parse)]
    event: Event,
    /// The receiver [default: that of the service]
    #[arg(long, value_name = "URL", required_unless_present = "service")]
    url: Option<String>,
    /// The service that it happens in
    #[arg(long, value_name = "IS...", value_parser = service_sid)]
    service: Option<String>,
    /// GET or POST [default: as the service says, else POST]
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<String>,
}

fn service_sid(text: &str) -> Result<String, String> {
    check_sid("IS", text).map(|()| text.to_owned())
}

fn method(text: &str) -> Result<String, String> {
    let upper = text.to_ascii_uppercase();
    if matches!(upper.as_str(), "GET" | "POST") { Ok(upper) } else { Err("write GET or POST".to_owned()) }
}

/// Whom the sample is of, and where it goes.
struct Plan {
    account: Account,
    service: ServiceSid,
    url: String,
    method: String,
}

/// Sends the sample. A receiver that does not answer with success is an error.
pub(super) async fn run(args: TriggerArgs, config: &Config) -> anyhow::Result<()> {
    let (store, env) = open(config).await?;
    put_configured(config, &store).await?;
    let plan = plan(&args, config, &store).await;
    store.close().await;
    let plan = plan?;
    let now = env.clock.now();
    let parameters = sample::parameters(args.event, plan.account.sid, plan.service, now);
    let mut text = String::new();
    request(&mut text, &plan.method, &plan.url, &parameters.with_retry_count(0));
    print(&text)?;
    let call = Call {
        url: &plan.url,
        method: &plan.method,
        parameters: &parameters,
        token: *env.sids.next::<RequestSid>(now).as_bytes(),
        retry_count: 0,
        auth_token: &plan.account.auth_token,
        now,
        read_limit: pre::ANSWER_BYTES,
    };
    let called = Caller::new(config)?.call(&call).await;
    let mut text = String::new();
    outcome(&mut text, &called.attempt);
    if let Event::Pre(event) = args.event {
        let _ = writeln!(text, "{}", meaning(event, pre::verdict(&called, config.webhooks.pre_on_5xx)));
    }
    print(&text)?;
    advice(&called, &plan, config)
}

async fn plan(args: &TriggerArgs, config: &Config, store: &Store) -> anyhow::Result<Plan> {
    let Some(sid) = &args.service else {
        let url = args.url.clone().context("name a receiver with --url, or a service with --service")?;
        let method = args.method.clone().unwrap_or_else(|| "POST".to_owned());
        return Ok(Plan {
            account: an_account(config, store).await?,
            service: sample::service(),
            url,
            method,
        });
    };
    let sid: ServiceSid = sid.parse().context("--service takes a service SID: IS and 32 digits")?;
    let found = store
        .read(async |tx| {
            let Some(settings) = services::post_webhook(tx, sid).await? else { return Ok(None) };
            let service = services::find(tx, ServiceAt { account: settings.account, service: sid }).await?;
            Ok(service.zip(accounts::find(tx, settings.account).await?))
        })
        .await?;
    let (service, account) = found.with_context(|| {
        format!("the database {} knows no service {sid}: --database names another", config.database)
    })?;
    let (url, method) = receiver(&service, args.event);
    let url = args.url.clone().or(url).with_context(|| {
        let name = match args.event {
            Event::Pre(_) => "PreWebhookUrl",
            Event::Post(_) => "PostWebhookUrl",
        };
        format!("service {sid} has no {name}: set it, or name a receiver with --url")
    })?;
    let method = args.method.clone().or(method).unwrap_or_else(|| "POST".to_owned());
    Ok(Plan { account, service: sid, url, method })
}

/// The account whose token signs where no service says: that of the configuration, or the one that was made up.
async fn an_account(config: &Config, store: &Store) -> anyhow::Result<Account> {
    let configured: Option<AccountSid> =
        config.accounts.first().map(|account| account.sid.parse()).transpose()?;
    let found = store
        .read(async |tx| match configured {
            Some(sid) => Ok(accounts::find(tx, sid).await?),
            None => match accounts::made_up(tx).await? {
                None => Ok(accounts::all(tx).await?.into_iter().next()),
                found => Ok(found),
            },
        })
        .await?;
    found.with_context(|| {
        format!(
            "the database {} has no account whose token could sign: run `partyline dev` once, or set \
             TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
            config.database
        )
    })
}

/// Where the service has the event sent, if anywhere, whether its filters list it or not.
fn receiver(service: &Service, event: Event) -> (Option<String>, Option<String>) {
    let own = event.v1_name().and_then(|name| service.event_webhooks.get(name));
    let settings = &service.webhooks;
    let shared = match event {
        Event::Pre(_) => &settings.pre_url,
        Event::Post(_) => &settings.post_url,
    };
    match own.and_then(|own| Some((own.url.clone()?, own.method.clone()))) {
        Some((url, method)) => (Some(url), method.or_else(|| settings.method.clone())),
        None => (shared.clone(), settings.method.clone()),
    }
}

/// What a pre-hook's answer would mean for the action.
fn meaning(event: PreEvent, verdict: Verdict) -> String {
    match verdict {
        Verdict::Go(changes) => {
            let (heard, ignored): (Vec<_>, Vec<_>) =
                names(&changes).into_iter().partition(|name| may_change(event).contains(name));
            let mut text = if heard.is_empty() {
                "accepted: the action happens as it is".to_owned()
            } else {
                format!("changed: the action happens with the hook's {}", heard.join(", "))
            };
            if !ignored.is_empty() {
                let _ = write!(text, "; {} lets no hook change {}", event.as_str(), ignored.join(", "));
            }
            text
        }
        Verdict::GoAnyway => "accepted: the action happens, since a failing hook counts as none".to_owned(),
        Verdict::Refused => {
            "refused: the action does not happen; its caller gets 403 with code 50056".to_owned()
        }
        Verdict::Failed => {
            "refused: the action does not happen; its caller gets 403 with code 50057 (webhooks.pre_on_5xx)"
                .to_owned()
        }
    }
}

fn names(changes: &Changes) -> Vec<&'static str> {
    let Changes { body, author, attributes, friendly_name, unique_name, role_sid } = changes;
    let all = [
        ("body", body),
        ("author", author),
        ("attributes", attributes),
        ("friendly_name", friendly_name),
        ("unique_name", unique_name),
        ("role_sid", role_sid),
    ];
    all.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
}

/// What a hook may change (WEBHOOKS.md section 7).
fn may_change(event: PreEvent) -> &'static [&'static str] {
    match event {
        PreEvent::MessageSend | PreEvent::MessageUpdate => &["body", "author", "attributes"],
        PreEvent::MediaMessageSend => &["author", "attributes"],
        PreEvent::ChannelAdd | PreEvent::ChannelUpdate => &["friendly_name", "unique_name", "attributes"],
        PreEvent::MemberAdd | PreEvent::MemberUpdate => &["role_sid", "attributes"],
        PreEvent::UserUpdate => &["friendly_name", "attributes"],
        PreEvent::MessageRemove | PreEvent::ChannelDestroy | PreEvent::MemberRemove => &[],
    }
}

/// Nothing after success; else an error that says what to do.
fn advice(called: &Called, plan: &Plan, config: &Config) -> anyhow::Result<()> {
    let url = redact::url(&plan.url);
    match called.outcome {
        Outcome::Status(200..300) => Ok(()),
        Outcome::Status(status @ 300..=399) => {
            bail!("{url} answered {status}, and redirects are not followed: name the final URL")
        }
        Outcome::Status(status @ (401 | 403)) => bail!(
            "{url} answered {status}: if it checks X-Twilio-Signature, it needs the auth token of account {} and \
             exactly this URL; if it wants a password, write it into the URL",
            plan.account.sid
        ),
        Outcome::Status(status @ 404..=405) => bail!(
            "{url} answered {status}: check the path, and whether it takes {} (--method chooses)",
            plan.method
        ),
        Outcome::Status(status) => bail!("{url} answered {status}: its own log says why"),
        Outcome::Timeout => bail!(
            "{url} has not answered within {} ms (limits.webhook_timeout_ms): answer first and work afterwards",
            config.limits.webhook_timeout_ms
        ),
        Outcome::NoAnswer => bail!(
            "{url} gave no answer: {}. Check that it runs and that its host and port are right",
            called.attempt.reason.as_deref().unwrap_or("the connection failed")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_explained() {
        let changes = Changes { body: Some("b".into()), role_sid: Some("RL".into()), ..Changes::default() };
        assert_eq!(
            meaning(PreEvent::MessageSend, Verdict::Go(changes.clone())),
            "changed: the action happens with the hook's body; onMessageSend lets no hook change role_sid"
        );
        assert_eq!(
            meaning(PreEvent::MessageRemove, Verdict::Go(changes)),
            "accepted: the action happens as it is; onMessageRemove lets no hook change body, role_sid"
        );
        assert!(meaning(PreEvent::MessageSend, Verdict::Refused).contains("50056"));
        assert!(meaning(PreEvent::MessageSend, Verdict::Failed).contains("50057"));
    }

    #[test]
    fn methods_are_two() {
        assert_eq!(method("get"), Ok("GET".to_owned()));
        assert!(method("PUT").is_err());
    }
}
