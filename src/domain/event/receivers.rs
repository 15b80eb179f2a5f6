//! Who is told of an event: the service's target, and the webhooks of the channel it happened in.

use super::{Parameters, PostEvent, PreEvent, Question};
use crate::domain::channel_webhook::{ChannelWebhook, ChannelWebhookType};
use crate::domain::delivery::NewDelivery;
use crate::domain::service::{EventWebhook, Service};
use crate::error::ApiError;
use crate::sid::{AccountSid, ChannelSid, ServiceSid, Sid, WebhookSid};
use crate::store::{StoreResult, Tx, channel_webhooks, deliveries, services};

/// Where an event happened.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The service.
    pub service: ServiceSid,
    /// The channel, for an event of one.
    pub channel: Option<ChannelSid>,
    /// How many webhooks the channel has, so that none is looked for where there are none.
    pub channel_webhooks: i64,
    /// Whether the service may have a target of its own; false where it is known to have none.
    pub service_target: bool,
    /// What the event is kept in order with: its channel, or its user.
    pub subject: [u8; 16],
}

impl Place {
    /// In a channel, which the transaction has locked.
    #[must_use]
    pub fn in_channel(service: ServiceSid, channel: ChannelSid, channel_webhooks: i64) -> Self {
        Self {
            service,
            channel: Some(channel),
            channel_webhooks,
            service_target: true,
            subject: *channel.as_bytes(),
        }
    }

    /// Outside of channels, about one user.
    #[must_use]
    pub fn of_user(service: ServiceSid, user: crate::sid::UserSid) -> Self {
        Self { service, channel: None, channel_webhooks: 0, service_target: true, subject: *user.as_bytes() }
    }
}

/// One receiver of an event.
struct Receiver {
    webhook: Option<(WebhookSid, ChannelWebhookType)>,
    url: String,
    method: String,
    retries: i64,
}

/// Leaves a delivery of the event for each of its receivers; costs nothing when nobody is to be told. `text` is what
/// triggers look into.
pub async fn report(
    tx: &Tx<'_>,
    event: PostEvent,
    place: Place,
    text: Option<&str>,
    fill: impl FnOnce(&mut Parameters),
) -> Result<(), ApiError> {
    if !tx.cause().is_told() || (!place.service_target && place.channel_webhooks == 0) {
        return Ok(());
    }
    let Some((account, mut receivers)) = of_service(tx, event, place.service).await? else {
        return Ok(());
    };
    if let Some(channel) = place.channel.filter(|_| place.channel_webhooks > 0 && event.is_of_channel()) {
        let webhooks = channel_webhooks::of_channel(tx, channel).await?;
        receivers.extend(webhooks.into_iter().filter_map(|webhook| of_webhook(tx, webhook, event, text)));
    }
    if receivers.is_empty() {
        return Ok(());
    }
    let mut parameters = Parameters::of(event.as_str(), account, place.service, tx.cause());
    fill(&mut parameters);
    let token = tx.new_token();
    for receiver in receivers {
        let mut parameters = parameters.clone();
        if let Some((sid, kind)) = receiver.webhook {
            parameters.text("WebhookType", kind.as_str()).sid("WebhookSid", &sid);
        }
        let delivery = NewDelivery {
            token,
            account,
            service: place.service,
            channel: place.channel,
            webhook: receiver.webhook.map(|(sid, _)| sid),
            subject: place.subject,
            event: event.as_str(),
            url: &receiver.url,
            method: &receiver.method,
            retries: receiver.retries,
            parameters: &parameters,
        };
        deliveries::insert(tx, &delivery).await?;
    }
    Ok(())
}

/// The account of a service, and the receiver that the service names for the event.
async fn of_service(
    tx: &Tx<'_>,
    event: PostEvent,
    service: ServiceSid,
) -> StoreResult<Option<(AccountSid, Vec<Receiver>)>> {
    let Some(settings) = services::post_webhook(tx, service).await? else { return Ok(None) };
    let receiver = chosen(
        event.v1_name().and_then(|name| settings.event_webhooks.get(name)),
        settings.url,
        settings.filters.iter().flatten().any(|name| name == event.as_str()),
        settings.method,
        settings.retries,
    );
    Ok(Some((settings.account, receiver.into_iter().collect())))
}

/// An event's own target in v1 goes before the service's, and is never retried (WEBHOOKS.md section 3).
fn chosen(
    own: Option<&EventWebhook>,
    url: Option<String>,
    listed: bool,
    method: Option<String>,
    retries: i64,
) -> Option<Receiver> {
    let own = own.and_then(|own| Some((own.url.clone()?, own.method.clone())));
    let (url, method, retries) = match own {
        Some((url, own_method)) => (url, own_method.or(method), 0),
        None => (url.filter(|_| listed)?, method, retries),
    };
    let method = method.unwrap_or_else(|| "POST".to_owned());
    Some(Receiver { webhook: None, url, method, retries })
}

/// The receiver that a channel webhook is, if it is one of this event.
fn of_webhook(
    tx: &Tx<'_>,
    webhook: ChannelWebhook,
    event: PostEvent,
    text: Option<&str>,
) -> Option<Receiver> {
    let sent = matches!(event, PostEvent::MessageSent | PostEvent::MediaMessageSent);
    let (wanted, url) = match webhook.kind {
        ChannelWebhookType::Webhook => {
            (webhook.filters.iter().flatten().any(|name| name == event.as_str()), webhook.url)
        }
        ChannelWebhookType::Trigger => (sent && is_triggered(webhook.triggers.as_deref(), text), webhook.url),
        ChannelWebhookType::Studio => (sent, tx.env().webhooks.executions_of(webhook.flow_sid?)),
    };
    Some(Receiver {
        webhook: Some((webhook.sid, webhook.kind)),
        url: url.filter(|_| wanted)?,
        method: webhook.method.unwrap_or_else(|| "POST".to_owned()),
        retries: webhook.retry_count,
    })
}

/// True when one of the words is in the text, in whatever case (WEBHOOKS.md section 10; the case is inferred).
fn is_triggered(words: Option<&[String]>, text: Option<&str>) -> bool {
    let Some(text) = text.map(str::to_lowercase) else { return false };
    words.unwrap_or_default().iter().any(|word| text.contains(&word.to_lowercase()))
}

/// A question for the service's pre-hook, if it has one for the event; `fill` says what the event is about.
pub(super) fn question(
    tx: &Tx<'_>,
    event: PreEvent,
    service: &Service,
    channel: Option<ChannelSid>,
    fill: impl FnOnce(&mut Parameters),
) -> Option<Question> {
    let settings = &service.webhooks;
    let receiver = chosen(
        event.v1_name().and_then(|name| service.event_webhooks.get(name)),
        settings.pre_url.clone(),
        settings.filters.iter().flatten().any(|name| name == event.as_str()),
        settings.method.clone(),
        settings.pre_retry_count,
    )?;
    let mut parameters = Parameters::of(event.as_str(), service.account_sid, service.sid, tx.cause());
    fill(&mut parameters);
    Some(Question {
        event,
        account: service.account_sid,
        service: service.sid,
        channel,
        url: receiver.url,
        method: receiver.method,
        retries: receiver.retries,
        parameters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_match_anywhere_and_in_any_case() {
        let words = ["Stop".to_owned(), "straße".to_owned()];
        assert!(is_triggered(Some(&words), Some("please STOP it")));
        assert!(is_triggered(Some(&words), Some("Hauptstraße 1")));
        assert!(!is_triggered(Some(&words), Some("go on")) && !is_triggered(Some(&words), None));
    }

    #[test]
    fn an_events_own_target_wins_and_is_not_retried() {
        let own = EventWebhook { url: Some("http://own".to_owned()), ..EventWebhook::default() };
        let service = || Some("http://service".to_owned());
        let receiver = chosen(Some(&own), service(), true, Some("GET".to_owned()), 3).unwrap();
        assert_eq!(
            (receiver.url.as_str(), receiver.method.as_str(), receiver.retries),
            ("http://own", "GET", 0)
        );
        let receiver = chosen(Some(&EventWebhook::default()), service(), true, None, 3).unwrap();
        assert_eq!(
            (receiver.url.as_str(), receiver.method.as_str(), receiver.retries),
            ("http://service", "POST", 3)
        );
        assert!(chosen(None, service(), false, None, 0).is_none());
    }
}
