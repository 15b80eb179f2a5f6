//! The log of webhooks, and sending them once more. An account sees its own deliveries.

use super::Call;
use crate::domain::delivery::{Replay, State, Which};
use crate::domain::delivery_log::{Search, Start};
use crate::error::ApiError;
use crate::form::{Form, integer};
use crate::render::delivery as render;
use crate::rest::Answer;
use crate::store::deliveries;
use crate::time::Timestamp;

/// Deliveries of a page that names no limit.
const LIMIT: usize = 50;
/// Deliveries of the longest page.
const MAX_LIMIT: usize = 500;

/// Answers a call of a path behind `webhooks`.
pub(super) async fn route(call: Call<'_>, path: &[&str]) -> Result<Answer, ApiError> {
    match (path, call.method) {
        ([], "GET") => list(&call).await,
        (["replay"], "POST") => replay(&call).await,
        ([number, "replay"], "POST") => replay_one(&call, number).await,
        (["replay"] | [_, "replay"], _) => Err(ApiError::MethodNotAllowed { allow: "POST, OPTIONS" }),
        ([number], "GET") => fetch(&call, number).await,
        ([] | [_], _) => Err(ApiError::MethodNotAllowed { allow: "GET, OPTIONS" }),
        _ => Err(ApiError::NotFound),
    }
}

/// `GET ?state=&event=&before=&after=&limit=`: a page, the newest first, or with `after` the oldest first.
async fn list(call: &Call<'_>) -> Result<Answer, ApiError> {
    call.operation.set("ListWebhookLog");
    let query = call.query.as_ref().map_err(|error| ApiError::invalid("query", error.to_string()))?;
    let state = query.parsed("state", |word| {
        let words = State::ALL.map(State::as_str).join(", ");
        State::from_word(word).ok_or_else(|| ApiError::invalid("state", format!("must be one of {words}")))
    })?;
    let search = Search {
        account: Some(call.account),
        state,
        lost: false,
        event: query.get("event").filter(|event| !event.is_empty()).map(str::to_owned),
    };
    let start = match (number_of(query, "before")?, number_of(query, "after")?) {
        (Some(_), Some(_)) => return Err(ApiError::invalid("after", "cannot be given together with before")),
        (None, Some(after)) => Start::Above(after),
        (before, None) => Start::Below(before.unwrap_or(i64::MAX)),
    };
    let limit = match number_of(query, "limit")? {
        None => LIMIT,
        Some(limit) => usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| ApiError::invalid("limit", format!("must be 1 to {MAX_LIMIT}")))?,
    };
    let found = call.app.store.read(async |tx| Ok(search.page(tx, start, limit).await?)).await?;
    let mut out = String::with_capacity(512 * (found.deliveries.len() + 1));
    render::write_page(&mut out, &found.deliveries, found.next);
    Ok(Answer::Ok(out))
}

/// `GET /{number}`: everything about one.
async fn fetch(call: &Call<'_>, number: &str) -> Result<Answer, ApiError> {
    call.operation.set("FetchWebhookLog");
    let number = integer(number).ok_or(ApiError::NotFound)?;
    let read = call.app.store.read(async |tx| {
        let delivery = deliveries::find(tx, number).await?;
        let delivery = delivery.filter(|it| it.account == call.account).ok_or(ApiError::NotFound)?;
        Ok((delivery, deliveries::attempts(tx, number).await?))
    });
    let (delivery, attempts) = read.await?;
    let mut out = String::with_capacity(2_048);
    render::write_whole(&mut out, &delivery, &attempts);
    Ok(Answer::Ok(out))
}

/// `POST /{number}/replay`: sends one once more, if it is over and was no pre-hook.
async fn replay_one(call: &Call<'_>, number: &str) -> Result<Answer, ApiError> {
    call.operation.set("ReplayWebhook");
    let number = integer(number).ok_or(ApiError::NotFound)?;
    let found = call.app.store.read(async |tx| Ok(deliveries::find(tx, number).await?)).await?;
    let found = found.filter(|it| it.account == call.account).ok_or(ApiError::NotFound)?;
    if let Some(reason) = found.no_replay() {
        return Err(ApiError::invalid("number", reason));
    }
    replay_all(call, Which::Numbers(number, number)).await
}

/// `POST /replay` with `From` and `To`, or `LostSince` (a date, or a span such as `2h`): sends many once more.
async fn replay(call: &Call<'_>) -> Result<Answer, ApiError> {
    call.operation.set("ReplayWebhooks");
    let form = call.body.form().await?;
    let since = form.parsed("LostSince", |text| {
        Timestamp::parse_since(text, call.app.env.clock.now()).ok_or_else(|| {
            ApiError::invalid(
                "LostSince",
                "must be a date such as 2020-03-14T12:00:00Z, or a span such as 2h, 30m or 3d",
            )
        })
    })?;
    let which = match (number_of(&form, "From")?, number_of(&form, "To")?, since) {
        (None, None, Some(since)) => Which::LostSince(since),
        (Some(from), Some(to), None) if from <= to => Which::Numbers(from, to),
        (Some(_), Some(_), None) => return Err(ApiError::invalid("To", "must not be below From")),
        _ => return Err(ApiError::invalid("From", "give From and To, or LostSince alone")),
    };
    replay_all(call, which).await
}

async fn replay_all(call: &Call<'_>, which: Which) -> Result<Answer, ApiError> {
    let (mut replayed, mut after) = (0, 0);
    loop {
        let step = Replay { which, account: Some(call.account), after };
        let done = call.app.store.write(step).await?;
        replayed += done.count;
        match done.next {
            Some(next) => after = next,
            None => return Ok(Answer::Ok(format!(r#"{{"replayed": {replayed}}}"#))),
        }
    }
}

fn number_of(form: &Form, name: &'static str) -> Result<Option<i64>, ApiError> {
    form.integer(name, || ApiError::invalid(name, "must be a whole number"))
}
