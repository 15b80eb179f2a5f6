//! Which parameters each event of webhooks was seen with: the second table of `docs/COVERAGE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use partyline::time::Clock;
use url::form_urlencoded;

use crate::hooked::{Hooked, POST_EVENTS, PRE_EVENTS};

/// What waits for the media service.
const MEDIA: [&str; 2] = ["onMediaMessageSend", "onMediaMessageSent"];

/// Does once what each event tells of.
async fn cause_everything(hooked: &Hooked) {
    let names = &[("FriendlyName", "General"), ("UniqueName", "general")];
    let channel = format!("Channels/{}", hooked.told("Channels", names).await.str("sid"));
    hooked.told(&channel, &[("FriendlyName", "Everybody")]).await;
    let messages = format!("{channel}/Messages");
    let message =
        format!("{messages}/{}", hooked.told(&messages, &[("Body", "Hi"), ("From", "ann")]).await.str("sid"));
    hooked.told(&message, &[("Body", "Hello")]).await;
    hooked.tell("DELETE", &message, &[]).await.expect(204);
    let members = format!("{channel}/Members");
    let member = format!("{members}/{}", hooked.told(&members, &[("Identity", "ann")]).await.str("sid"));
    let read = &[("LastConsumedMessageIndex", "0"), ("LastConsumptionTimestamp", "2020-03-14T17:04:44Z")];
    hooked.told(&member, read).await;
    hooked.tell("DELETE", &member, &[]).await.expect(204);
    hooked.told("Users/ann", &[("FriendlyName", "Ann")]).await;
    hooked.told("Users", &[("Identity", "bob"), ("FriendlyName", "Bob")]).await;
    hooked.tell("DELETE", &channel, &[]).await.expect(204);
}

/// The table, from what a server sent.
pub(crate) async fn table() -> String {
    let hooked = Hooked::bare(Clock::System, |config| config.webhooks.pre_on_rest = true).await;
    let urls =
        [("PreWebhookUrl", hooked.receiver.url("/pre")), ("PostWebhookUrl", hooked.receiver.url("/post"))];
    let urls: Vec<_> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
    hooked.settings(&urls, &[&PRE_EVENTS[..], &POST_EVENTS[..]].concat()).await;
    cause_everything(&hooked).await;
    let wanted: BTreeSet<&str> =
        PRE_EVENTS.into_iter().chain(POST_EVENTS).filter(|event| !MEDIA.contains(event)).collect();
    let all = hooked
        .logged("every event", |all| {
            all.iter().map(|one| one.event.as_str()).collect::<BTreeSet<_>>() == wanted
                && all.iter().all(|one| one.finished_at.is_some())
        })
        .await;
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for delivery in &all {
        let form = delivery.form();
        let names = form_urlencoded::parse(form.as_bytes()).map(|(name, _)| name.into_owned());
        seen.entry(&delivery.event).or_default().extend(names);
    }
    let mut text = String::from(
        "## Webhook events\n\nEach event is caused once over REST, by `webhooks_coverage`, and its request is looked at. What each \
         parameter holds is looked at by `webhooks_events` and `webhooks_pre`.\n\n| event | parameters |\n|---|---|\n",
    );
    for event in PRE_EVENTS.into_iter().chain(POST_EVENTS) {
        let parameters = match seen.get(event) {
            Some(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            None => "not yet: comes with media".to_owned(),
        };
        let _ = writeln!(text, "| `{event}` | {parameters} |");
    }
    text
}
