//! Deliveries as text: one line each, or everything about one.

use std::fmt::Write as _;

use url::form_urlencoded;

use super::{ListArgs, Row};
use crate::domain::delivery::{Attempt, Delivery, State};
use crate::domain::{redact, token};
use crate::time::Timestamp;

/// What an empty log says.
pub(super) const EMPTY: &str = "\
no deliveries yet. They come with writes that ask for webhooks:
1. give a service a target:    POST /v2/Services/IS... with PostWebhookUrl and
                               WebhookFilters=onMessageSent
2. write with the header       X-Twilio-Webhook-Enabled: true
Or try a receiver at once:     partyline trigger onMessageSent --url http://...
";

/// The longest reason of a line, in characters.
const REASON: usize = 40;

/// How wide the columns of lines are.
pub(super) struct Widths {
    number: usize,
    event: usize,
    last: usize,
}

impl Widths {
    /// Of lines whose neighbours are not known yet.
    pub(super) const FIXED: Self = Self { number: 7, event: 19, last: 12 };

    fn of(rows: &[Row]) -> Self {
        let widest = |of: &dyn Fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or_default();
        Self {
            number: widest(&|(delivery, _)| delivery.number.to_string().len()),
            event: widest(&|(delivery, _)| delivery.event.chars().count()),
            last: widest(&|(_, attempt)| last(attempt.as_ref()).chars().count()),
        }
    }
}

/// One aligned line for each: number, time, state, event, attempts, how the last one ended, method and receiver.
pub(super) fn table(rows: &[Row]) -> String {
    let widths = Widths::of(rows);
    rows.iter().fold(String::new(), |mut text, row| {
        line(&mut text, &widths, row);
        text
    })
}

/// One line.
pub(super) fn line(out: &mut String, widths: &Widths, (delivery, attempt): &Row) {
    let _ = writeln!(
        out,
        "{:>number$}  {}  {:<9}  {:<event$}  {}x  {:<last$}  {:<4} {}",
        delivery.number,
        delivery.created_at.to_millis_text(),
        delivery.state.as_str(),
        printable(&delivery.event),
        delivery.attempts,
        last(attempt.as_ref()),
        delivery.method,
        redact::url(&delivery.url),
        number = widths.number,
        event = widths.event,
        last = widths.last,
    );
}

/// How the last attempt ended: its status, or the beginning of the reason why there is none.
fn last(attempt: Option<&Attempt>) -> String {
    let Some(attempt) = attempt else { return "-".to_owned() };
    match (attempt.status, &attempt.reason) {
        (Some(status), _) => status.to_string(),
        (None, Some(reason)) if reason.chars().count() > REASON => {
            printable(&reason.chars().take(REASON - 3).chain("...".chars()).collect::<String>())
        }
        (None, Some(reason)) => printable(reason),
        (None, None) => "no answer".to_owned(),
    }
}

/// How to see what is older.
pub(super) fn older(args: &ListArgs, next: i64) -> String {
    let mut command = "partyline webhooks list".to_owned();
    if let Some(state) = args.state {
        let _ = write!(command, " --state {}", state.as_str());
    }
    if args.lost {
        command.push_str(" --lost");
    }
    if let Some(event) = &args.event {
        let _ = write!(command, " --event {event}");
    }
    if args.limit != 50 {
        let _ = write!(command, " --limit {}", args.limit);
    }
    format!("older ones: {command} --before {next}\n")
}

/// Everything about one.
pub(super) fn whole(delivery: &Delivery, attempts: &[Attempt]) -> String {
    let mut text = format!(
        "delivery  {}\nid        {}\nevent     {}\nmade      {}\nstate     {}\nservice   {}\n",
        delivery.number,
        token::uuid(&delivery.token),
        printable(&delivery.event),
        delivery.created_at.to_millis_text(),
        state(delivery),
        delivery.service,
    );
    if let Some(channel) = delivery.channel {
        let _ = writeln!(text, "channel   {channel}");
    }
    if let Some(webhook) = delivery.webhook {
        let _ = writeln!(text, "webhook   {webhook}");
    }
    text.push('\n');
    request(&mut text, &delivery.method, &delivery.url, &delivery.form());
    if attempts.is_empty() {
        text.push_str("\nno attempt has ended yet\n");
    }
    for attempt in attempts {
        text.push('\n');
        outcome(&mut text, attempt);
    }
    text
}

/// A request: method and receiver, then each parameter decoded on a line of its own.
pub(in crate::cli) fn request(out: &mut String, method: &str, url: &str, form: &str) {
    let pairs: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let place = if method == "GET" { "in the query" } else { "in the body" };
    let _ = writeln!(out, "{method} {}, {place}:", redact::url(url));
    for (name, value) in &pairs {
        let _ = writeln!(out, "  {name:<width$}  {}", printable(value));
    }
}

/// An attempt: when, how long, status, reason, and how the answer begins.
pub(in crate::cli) fn outcome(out: &mut String, attempt: &Attempt) {
    let status = attempt.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
    let _ = write!(
        out,
        "attempt {}  {}  {} ms  {status}",
        attempt.number,
        attempt.started_at.to_millis_text(),
        attempt.micros / 1_000
    );
    if let Some(reason) = &attempt.reason {
        let _ = write!(out, "  {}", printable(reason));
    }
    out.push('\n');
    for line in attempt.answer.iter().flat_map(|answer| answer.lines()) {
        let _ = writeln!(out, "  | {}", printable(line));
    }
}

/// The state as a sentence: what comes next, or what can be done.
fn state(delivery: &Delivery) -> String {
    let at = |at: Option<Timestamp>| at.map(Timestamp::to_millis_text).unwrap_or_default();
    let word = delivery.state.as_str();
    let rest = match delivery.state {
        State::Waiting => {
            let next = match delivery.next_attempt() {
                Some(due) => format!("the next attempt is due at {}", due.to_millis_text()),
                None => "it waits for an earlier delivery of its channel".to_owned(),
            };
            let end = match (delivery.give_up_at, delivery.retries_left) {
                (Some(end), _) => format!("it is given up at {}", end.to_millis_text()),
                (None, 0) => "there is no retry after that".to_owned(),
                (None, left) => format!("retries left after that: {left}"),
            };
            format!("{next}; {end}")
        }
        State::Sending => format!("if the server dies it is due again at {}", at(delivery.next_attempt())),
        State::Delivered => format!("at {}", at(delivery.finished_at)),
        State::Failed | State::Dead => format!(
            "given up at {}; send it once more with `partyline webhooks replay {}`",
            at(delivery.finished_at),
            delivery.number
        ),
        State::Accepted => "the pre-hook let the action happen".to_owned(),
        State::Refused => "the pre-hook refused the action, or failed".to_owned(),
    };
    format!("{word}: {rest}")
}

/// A text that cannot move the terminal's cursor: what others wrote may hold anything.
fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, letter| {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
        shown
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::event::Parameters;
    use crate::sid::Sid as _;

    pub(in super::super) fn delivery(number: i64, state: State) -> Delivery {
        let mut parameters = Parameters::default();
        parameters.text("EventType", "onMessageSent").text("Body", "two\nlines \u{1b}[2J & ä");
        Delivery {
            number,
            token: [0xab; 16],
            account: crate::sid::AccountSid::from_bytes([1; 16]),
            service: crate::sid::ServiceSid::from_bytes([2; 16]),
            channel: Some(crate::sid::ChannelSid::from_bytes([3; 16])),
            webhook: None,
            receiver: [0; 16],
            lane: None,
            event: "onMessageSent".to_owned(),
            url: "https://ann:secret@hooks.test/a?key=secret".to_owned(),
            method: "POST".to_owned(),
            parameters,
            state,
            attempts: 2,
            retries_left: 1,
            give_up_at: None,
            due_at: state.is_open().then(|| Timestamp::from_micros(1_584_205_490_000_000)),
            created_at: Timestamp::from_micros(1_584_205_484_742_000),
            finished_at: (!state.is_open()).then(|| Timestamp::from_micros(1_584_205_485_000_000)),
        }
    }

    fn attempt(status: Option<i64>, reason: Option<&str>) -> Attempt {
        Attempt {
            number: 1,
            started_at: Timestamp::from_micros(1_584_205_484_800_000),
            micros: 12_900,
            status,
            reason: reason.map(str::to_owned),
            answer: status.map(|_| "<h1>\u{7}oh\nno".to_owned()),
        }
    }

    #[test]
    fn lines_are_aligned_and_hold_no_secret() {
        let rows = [
            (delivery(117, State::Delivered), Some(attempt(Some(200), None))),
            (
                delivery(9, State::Failed),
                Some(attempt(None, Some(&"no answer from anybody at all ".repeat(9)))),
            ),
            (delivery(8, State::Waiting), None),
        ];
        let text = table(&rows);
        assert!(!text.contains("secret"), "{text}");
        let lines: Vec<_> = text.lines().collect();
        assert!(
            lines[0].starts_with("117  2020-03-14T17:04:44.742Z  delivered  onMessageSent  2x  200 "),
            "{text}"
        );
        assert!(
            lines[1].starts_with("  9  2020-03-14T17:04:44.742Z  failed     onMessageSent  2x  no answer")
        );
        assert!(lines[1].contains("...  POST https://***@hooks.test/a?key=***"), "{text}");
        let column = lines[0].find("POST");
        assert!(lines.iter().all(|line| line.find("POST") == column), "{text}");
    }

    #[test]
    fn everything_about_one() {
        let text = whole(&delivery(7, State::Failed), &[attempt(Some(500), Some("answered 500"))]);
        for part in [
            "state     failed: given up at 2020-03-14T17:04:45.000Z; send it once more with `partyline webhooks replay 7`",
            "POST https://***@hooks.test/a?key=***, in the body:\n  EventType   onMessageSent\n",
            "  Body        two\\nlines \\u{1b}[2J & ä\n",
            "  RetryCount  1\n",
            "attempt 1  2020-03-14T17:04:44.800Z  12 ms  status 500  answered 500\n  | <h1>\\u{7}oh\n  | no\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }

    #[test]
    fn open_ones_say_what_comes_next() {
        let mut waiting = delivery(7, State::Waiting);
        assert!(whole(&waiting, &[]).contains("due at 2020-03-14T17:04:50.000Z; retries left after that: 1"));
        waiting.give_up_at = Some(Timestamp::from_micros(1_584_300_000_000_000));
        waiting.due_at = Some(Timestamp::LAST);
        let text = whole(&waiting, &[]);
        assert!(
            text.contains("waits for an earlier delivery of its channel; it is given up at 2020-03-15"),
            "{text}"
        );
        assert!(text.contains("no attempt has ended yet"), "{text}");
    }

    #[test]
    fn the_hint_repeats_what_was_asked_for() {
        let args =
            ListArgs { state: Some(State::Refused), lost: true, event: None, limit: 5, before: Some(3) };
        assert_eq!(
            older(&args, 70),
            "older ones: partyline webhooks list --state refused --lost --limit 5 --before 70\n"
        );
        assert!(EMPTY.lines().all(|line| line.len() <= 80));
    }
}
