//! A delivery of the log, as the control API and `webhooks tail --json` show it. Credentials and query values of receivers
//! are left out; dates have milliseconds.

use url::form_urlencoded;

use super::json::Object;
use crate::domain::delivery::{Attempt, Delivery};
use crate::domain::{redact, token};
use crate::time::Timestamp;

/// Appends a delivery as lists show it.
pub fn write(out: &mut String, delivery: &Delivery) {
    Object::write(out, |o| summary(o, delivery));
}

/// Appends a delivery with what was sent and every attempt.
pub fn write_whole(out: &mut String, delivery: &Delivery, attempts: &[Attempt]) {
    Object::write(out, |o| {
        summary(o, delivery);
        let form = delivery.form();
        o.object("parameters", |o| {
            for (name, value) in form_urlencoded::parse(form.as_bytes()) {
                o.text(&name, &value);
            }
        });
        o.object("request", |o| {
            let url = redact::url(&delivery.url);
            o.text("method", &delivery.method);
            if delivery.method == "GET" {
                let joint = if url.contains('?') { '&' } else { '?' };
                o.text("url", &format!("{url}{joint}{form}"));
                o.null("body");
            } else {
                o.text("url", &url);
                o.text("body", &form);
            }
        });
        o.array("log", attempts, attempt);
    });
}

/// Appends a page of deliveries and where the next one begins.
pub fn write_page(out: &mut String, deliveries: &[Delivery], next: Option<i64>) {
    Object::write(out, |o| {
        o.array("webhooks", deliveries, write);
        o.int_or_null("next", next);
    });
}

fn summary(o: &mut Object<'_>, delivery: &Delivery) {
    o.int("number", delivery.number);
    o.plain("id", &[&token::uuid(&delivery.token)]);
    o.text("event", &delivery.event);
    o.text("state", delivery.state.as_str());
    o.sid("service_sid", delivery.service);
    o.sid_or_null("channel_sid", delivery.channel);
    o.sid_or_null("webhook_sid", delivery.webhook);
    o.text("method", &delivery.method);
    o.text("url", &redact::url(&delivery.url));
    o.int("attempts", delivery.attempts);
    date(o, "created_at", Some(delivery.created_at));
    date(o, "due_at", delivery.next_attempt());
    date(o, "finished_at", delivery.finished_at);
}

fn attempt(out: &mut String, attempt: &Attempt) {
    Object::write(out, |o| {
        o.int("attempt", attempt.number);
        date(o, "started_at", Some(attempt.started_at));
        o.int("milliseconds", attempt.micros / 1_000);
        o.int_or_null("status", attempt.status);
        o.text_or_null("reason", attempt.reason.as_deref());
        o.text_or_null("answer", attempt.answer.as_deref());
    });
}

fn date(o: &mut Object<'_>, name: &str, at: Option<Timestamp>) {
    o.text_or_null(name, at.map(Timestamp::to_millis_text).as_deref());
}
