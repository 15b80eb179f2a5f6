//! `partyline webhooks`: the log of deliveries for people, and sending them once more. It works on the database, beside a
//! running server, which notices within a second what is due again.

mod tail;
mod text;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::run::{open, print};
use crate::config::Config;
use crate::domain::delivery::{Attempt, Delivery, Replay, State, Which};
use crate::domain::delivery_log::{Search, Start};
use crate::store::{Store, StoreResult, Tx, deliveries};
use crate::time::Timestamp;
use crate::webhook::sample::Event;

pub(super) use self::text::{outcome, request};

/// What to do with the log of webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum WebhooksAction {
    /// List deliveries and questions to pre-hooks, the newest first
    #[command(after_help = "Example:\n  partyline webhooks list --lost --limit 20")]
    List(ListArgs),
    /// Show one with its request and every attempt
    #[command(after_help = "Example:\n  partyline webhooks show 17")]
    Show {
        /// Its number, as `list` shows it
        #[arg(value_name = "NUMBER")]
        number: i64,
    },
    /// Send deliveries that are over once more, with the identity they had
    #[command(after_help = "\
Examples:
  partyline webhooks replay 17
  partyline webhooks replay 100..250
  partyline webhooks replay --lost-since 2h")]
    Replay(ReplayArgs),
    /// Print deliveries and what becomes of them as it happens
    #[command(after_help = "Example:\n  partyline webhooks tail --json")]
    Tail {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

/// What to list.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct ListArgs {
    /// waiting, sending, delivered, failed, dead, accepted or refused
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<State>,
    /// Only what was given up: failed or dead
    #[arg(long)]
    lost: bool,
    /// Only this event
    #[arg(long, value_name = "EVENT", value_parser = event)]
    event: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Only below this number
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
}

/// What to send once more.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[group(required = true, multiple = false)]
pub struct ReplayArgs {
    /// One number, or the first and the last
    #[arg(value_name = "NUMBER|FROM..TO", value_parser = numbers)]
    numbers: Option<(i64, i64)>,
    /// What was given up and is no older: a date, or a span such as 2h
    #[arg(long, value_name = "TIME")]
    lost_since: Option<String>,
}

fn state(word: &str) -> Result<State, String> {
    State::from_word(word)
        .ok_or_else(|| format!("a state is one of {}", State::ALL.map(State::as_str).join(", ")))
}

fn event(name: &str) -> Result<String, String> {
    Event::parse(name).map(|event| event.as_str().to_owned())
}

fn numbers(text: &str) -> Result<(i64, i64), String> {
    let number =
        |text: &str| text.parse().map_err(|_| "write a number, such as 17, or two, such as 100..250");
    match text.split_once("..") {
        None => number(text).map(|number| (number, number)).map_err(str::to_owned),
        Some((from, to)) => match (number(from)?, number(to)?) {
            (from, to) if from <= to => Ok((from, to)),
            (from, to) => Err(format!("write the lower number first: {to}..{from}")),
        },
    }
}

/// Does what was asked for.
pub(super) async fn run(action: WebhooksAction, config: &Config) -> anyhow::Result<()> {
    if config.database == ":memory:" {
        bail!(
            "the database `:memory:` of a `partyline ci` lives in its process: ask it with \
             GET /_partyline/v1/webhooks, or name a database that is kept with --database"
        );
    }
    let (store, env) = open(config).await?;
    let result = match action {
        WebhooksAction::List(args) => list(&store, args).await,
        WebhooksAction::Show { number } => show(&store, number).await,
        WebhooksAction::Replay(args) => replay(&store, args, env.clock.now()).await,
        WebhooksAction::Tail { json } => tail::run(&store, json).await,
    };
    store.close().await;
    result
}

/// A delivery and its last attempt.
type Row = (Delivery, Option<Attempt>);

async fn with_last_attempt(tx: &Tx<'_>, delivery: Delivery) -> StoreResult<Row> {
    let attempt = deliveries::last_attempt(tx, delivery.number).await?;
    Ok((delivery, attempt))
}

async fn list(store: &Store, args: ListArgs) -> anyhow::Result<()> {
    let search = Search { account: None, state: args.state, lost: args.lost, event: args.event.clone() };
    let start = Start::Below(args.before.unwrap_or(i64::MAX));
    let (rows, next) = store
        .read(async |tx| {
            let found = search.page(tx, start, args.limit.into()).await?;
            let mut rows = Vec::with_capacity(found.deliveries.len());
            for delivery in found.deliveries {
                rows.push(with_last_attempt(tx, delivery).await?);
            }
            Ok((rows, found.next))
        })
        .await?;
    let is_whole_log = search == Search::default() && args.before.is_none();
    let mut shown = match (rows.as_slice(), next) {
        ([], None) if is_whole_log => text::EMPTY.to_owned(),
        ([], None) => "nothing (more) of that kind in the log\n".to_owned(),
        ([], Some(_)) => format!("nothing of that kind among the {} that were looked at\n", deliveries::STEP),
        (rows, _) => text::table(rows),
    };
    if let Some(next) = next {
        shown.push_str(&text::older(&args, next));
    }
    print(&shown)
}

async fn show(store: &Store, number: i64) -> anyhow::Result<()> {
    let found = store
        .read(async |tx| {
            let delivery = deliveries::find(tx, number).await?;
            Ok(delivery.zip(Some(deliveries::attempts(tx, number).await?)))
        })
        .await?;
    let (delivery, attempts) = found.with_context(|| unknown(number))?;
    print(&text::whole(&delivery, &attempts))
}

fn unknown(number: i64) -> String {
    format!(
        "there is no delivery {number}, or the log has dropped it: `partyline webhooks list` shows what there is"
    )
}

async fn replay(store: &Store, args: ReplayArgs, now: Timestamp) -> anyhow::Result<()> {
    let which = match (args.numbers, args.lost_since) {
        (Some((from, to)), _) => Which::Numbers(from, to),
        (None, Some(text)) => Which::LostSince(Timestamp::parse_since(&text, now).with_context(|| {
            format!("--lost-since {text}: write a date such as 2020-03-14T12:00:00Z, or a span such as 2h, 30m or 3d")
        })?),
        (None, None) => bail!("name a number, FROM..TO or --lost-since TIME"),
    };
    if let Which::Numbers(from, to) = which
        && from == to
    {
        let found = store.read(async |tx| Ok(deliveries::find(tx, from).await?)).await?;
        if let Some(reason) = found.with_context(|| unknown(from))?.no_replay() {
            bail!("{reason}");
        }
    }
    let (mut count, mut after) = (0, 0);
    loop {
        let done = store.write(Replay { which, account: None, after }).await?;
        count += done.count;
        let Some(next) = done.next else { break };
        after = next;
        eprintln!("{count} are due again so far, up to number {next}");
    }
    match (count, which) {
        (0, Which::Numbers(from, to)) => bail!(
            "none of the deliveries {from} to {to} can be sent once more: they are unknown, still open, or were \
             questions to pre-hooks; `partyline webhooks list --before {}` shows them",
            to.saturating_add(1)
        ),
        (0, Which::LostSince(since)) => {
            print(&format!("nothing was given up since {}", since.to_millis_text()))
        }
        (1, _) => print("1 delivery is due again: a running server sends it within a second"),
        (count, _) => print(&format!("{count} deliveries are due again: a running server sends them now")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_one_or_a_range() {
        assert_eq!(numbers("17"), Ok((17, 17)));
        assert_eq!(numbers("100..250"), Ok((100, 250)));
        assert_eq!(numbers("250..100").unwrap_err(), "write the lower number first: 100..250");
        for text in ["", "..", "1..", "..2", "a", "1...2", "1-2", "99999999999999999999"] {
            assert!(numbers(text).unwrap_err().contains("such as 17"), "{text}");
        }
    }

    #[test]
    fn words_are_checked() {
        assert_eq!(state("dead"), Ok(State::Dead));
        assert!(state("Dead").unwrap_err().contains("waiting, sending"));
        assert!(event("onMessageSent").is_ok() && event("onmessagesent").is_err());
    }
}
