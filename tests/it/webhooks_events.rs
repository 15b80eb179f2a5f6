//! Post-events: which there are, whom they reach, and every parameter and header of them (WEBHOOKS.md sections 1 to 6
//! and 10).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partyline::domain::delivery::State;

use crate::app::{ACCOUNT, Ask};
use crate::hooked::{HEADER, Hooked, POST_EVENTS, client};
use crate::receiver::{Hook, Receiver, Reply, standard_signature};

/// Checks every parameter of a request, but those that every event has.
#[track_caller]
fn says(hooked: &Hooked, hook: &Hook, event: &str, wanted: &[(&str, &str)]) {
    let common = [
        ("EventType", event),
        ("InstanceSid", &hooked.service),
        ("AccountSid", ACCOUNT),
        ("Source", "API"),
        ("RetryCount", "0"),
    ];
    let wanted: BTreeMap<_, _> =
        common.iter().chain(wanted).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(hook.parameters, wanted);
}

/// Hands out requests in the order of their arrival.
struct Next<'a> {
    hooked: &'a Hooked,
    seen: usize,
}

impl Next<'_> {
    /// The next request, which is the only one: time goes on after it by a bit more than a second.
    async fn says(&mut self, event: &str, wanted: &[(&str, &str)]) {
        let hook = self.hooked.receiver.nth(self.seen).await;
        self.seen += 1;
        assert_eq!(self.hooked.receiver.hooks().len(), self.seen, "{event}");
        says(self.hooked, &hook, event, wanted);
        self.hooked.clock.advance(1_001_000);
    }

    /// The time now, in the form of the wire.
    fn now(&self) -> String {
        self.hooked.clock.now().to_millis_text()
    }
}

#[actix_web::test]
async fn users_are_reported_with_what_the_table_lists() {
    let hooked = Hooked::at_rest(|_| {}).await;
    let mut next = Next { hooked: &hooked, seen: 0 };
    let made = next.now();
    assert_eq!(made, "2020-03-14T17:04:44.742Z");
    let form = [("Identity", "ann"), ("FriendlyName", "Ann Ö & Co"), ("Attributes", r#"{"a": 1}"#)];
    let ann = hooked.told("Users", &form).await;
    let (sid, role) = (ann.str("sid"), ann.str("role_sid"));
    let of_ann = [("UserSid", sid.as_str()), ("Identity", "ann"), ("RoleSid", &role), ("DateCreated", &made)];
    let more = [("FriendlyName", "Ann Ö & Co"), ("Attributes", r#"{"a": 1}"#)];
    next.says("onUserAdded", &[&of_ann[..], &more].concat()).await;
    let changed = next.now();
    hooked.told("Users/ann", &[("FriendlyName", "Anna")]).await;
    let more = [("FriendlyName", "Anna"), ("Attributes", r#"{"a": 1}"#), ("DateUpdated", changed.as_str())];
    next.says("onUserUpdated", &[&of_ann[..], &more].concat()).await;
    // What was never set: no name, and the attributes `{}`.
    let made = next.now();
    let bob = hooked.told("Users", &[("Identity", "bob")]).await.str("sid");
    let of_bob = [("UserSid", bob.as_str()), ("Identity", "bob"), ("RoleSid", &role), ("DateCreated", &made)];
    next.says("onUserAdded", &[&of_bob[..], &[("Attributes", "{}")]].concat()).await;
}

#[actix_web::test]
async fn reachability_is_told_where_the_service_has_it() {
    let hooked = Hooked::new().await;
    let ann = hooked.quietly("Users", &[("Identity", "ann")]).await;
    // Only real-time clients are online.
    let online = "UPDATE chat_user SET is_online = TRUE, is_notifiable = NULL WHERE sid = $1";
    hooked.app.write_sql(online, &ann).await;
    hooked.told("Users/ann", &[("FriendlyName", "a")]).await;
    hooked.settings(&[("ReachabilityEnabled", "true")], &POST_EVENTS).await;
    hooked.told("Users/ann", &[("FriendlyName", "b")]).await;
    hooked.app.write_sql("UPDATE chat_user SET is_notifiable = FALSE WHERE sid = $1", &ann).await;
    hooked.told("Users/ann", &[("FriendlyName", "c")]).await;
    let hooks = hooked.receiver.arrived(3).await;
    let of = |name: &str| {
        let hook = hooks.iter().find(|hook| hook.get("FriendlyName") == name).unwrap();
        (hook.get("IsOnline").to_owned(), hook.get("IsNotifiable").to_owned())
    };
    let pair = |online: &str, notifiable: &str| (online.to_owned(), notifiable.to_owned());
    assert_eq!([of("a"), of("b"), of("c")], [pair("", ""), pair("true", ""), pair("true", "false")]);
}

#[actix_web::test]
async fn channels_are_reported_with_what_the_table_lists() {
    let hooked = Hooked::at_rest(|_| {}).await;
    let mut next = Next { hooked: &hooked, seen: 0 };
    let made = next.now();
    let form = [
        ("UniqueName", "general"),
        ("FriendlyName", "General"),
        ("Attributes", r#"{"b":[]}"#),
        ("Type", "private"),
        ("CreatedBy", "ann"),
    ];
    let sid = hooked.told("Channels", &form).await.str("sid");
    let of_it = [
        ("ChannelSid", sid.as_str()),
        ("UniqueName", "general"),
        ("Attributes", r#"{"b":[]}"#),
        ("ChannelType", "private"),
        ("CreatedBy", "ann"),
        ("DateCreated", &made),
    ];
    next.says("onChannelAdded", &[&of_it[..], &[("FriendlyName", "General")]].concat()).await;
    let changed = next.now();
    hooked.told("Channels/general", &[("FriendlyName", "New")]).await;
    let more = [("FriendlyName", "New"), ("DateUpdated", changed.as_str())];
    next.says("onChannelUpdated", &[&of_it[..], &more].concat()).await;
    let gone = next.now();
    hooked.tell("DELETE", "Channels/general", &[]).await.expect(204);
    let more = [("FriendlyName", "New"), ("DateDestroyed", gone.as_str())];
    next.says("onChannelDestroyed", &[&of_it[..], &more].concat()).await;
    let made = next.now();
    let sid = hooked.told("Channels", &[]).await.str("sid");
    let bare = [
        ("ChannelSid", sid.as_str()),
        ("Attributes", "{}"),
        ("ChannelType", "public"),
        ("CreatedBy", "system"),
        ("DateCreated", &made),
    ];
    next.says("onChannelAdded", &bare).await;
}

#[actix_web::test]
async fn members_are_reported_with_what_the_table_lists() {
    let hooked = Hooked::at_rest(|_| {}).await;
    let mut next = Next { hooked: &hooked, seen: 0 };
    let channel = hooked.channel().await;
    let channel_sid = &channel["Channels/".len()..];
    hooked.quietly("Users", &[("Identity", "ann")]).await;
    let made = next.now();
    let member = hooked.told(&format!("{channel}/Members"), &[("Identity", "ann")]).await;
    let (sid, role) = (member.str("sid"), member.str("role_sid"));
    let of_it = [
        ("MemberSid", sid.as_str()),
        ("ChannelSid", channel_sid),
        ("Identity", "ann"),
        ("RoleSid", &role),
        ("DateCreated", &made),
    ];
    next.says("onMemberAdded", &[&of_it[..], &[("Reason", "ADDED")]].concat()).await;
    let changed = next.now();
    hooked.told(&format!("{channel}/Members/ann"), &[("Attributes", "{\"c\":2}")]).await;
    let more = [("Attributes", "{\"c\":2}"), ("DateUpdated", changed.as_str())];
    next.says("onMemberUpdated", &[&of_it[..], &more].concat()).await;
    let changed = next.now();
    let form = [("LastConsumedMessageIndex", "7"), ("LastConsumptionTimestamp", "2020-03-14T17:04:44Z")];
    hooked.told(&format!("{channel}/Members/{sid}"), &form).await;
    let more = [
        ("Attributes", "{\"c\":2}"),
        ("DateUpdated", changed.as_str()),
        ("LastConsumedMessageIndex", "7"),
        ("LastConsumptionTimestamp", "2020-03-14T17:04:44.000Z"),
    ];
    next.says("onMemberUpdated", &[&of_it[..], &more].concat()).await;
    let gone = next.now();
    hooked.tell("DELETE", &format!("{channel}/Members/ann"), &[]).await.expect(204);
    let more = [("Reason", "REMOVED"), ("DateRemoved", gone.as_str())];
    next.says("onMemberRemoved", &[&of_it[..], &more].concat()).await;
    // The other way out.
    let made = next.now();
    let member = hooked.quietly(&format!("{channel}/Members"), &[("Identity", "ann")]).await;
    hooked.tell("DELETE", &format!("Users/ann/{channel}"), &[]).await.expect(204);
    let wanted = [
        ("MemberSid", member.as_str()),
        ("ChannelSid", channel_sid),
        ("Identity", "ann"),
        ("RoleSid", &role),
        ("DateCreated", &made),
        ("Reason", "REMOVED"),
        ("DateRemoved", &made),
    ];
    next.says("onMemberRemoved", &wanted).await;
}

#[actix_web::test]
async fn messages_are_reported_with_what_the_table_lists() {
    let hooked = Hooked::at_rest(|_| {}).await;
    let mut next = Next { hooked: &hooked, seen: 0 };
    let channel = hooked.channel().await;
    let channel_sid = &channel["Channels/".len()..];
    let made = next.now();
    let text = "Grüße & 1+1=2\n%41 \u{1f600}";
    let form = [("Body", text), ("From", "ann"), ("Attributes", "{\"d\": null}")];
    let sid = hooked.told(&format!("{channel}/Messages"), &form).await.str("sid");
    let of_it = [
        ("MessageSid", sid.as_str()),
        ("Index", "0"),
        ("ChannelSid", channel_sid),
        ("From", "ann"),
        ("Attributes", "{\"d\": null}"),
        ("DateCreated", &made),
    ];
    next.says("onMessageSent", &[&of_it[..], &[("Body", text)]].concat()).await;
    let path = format!("{channel}/Messages/{sid}");
    let changed = next.now();
    hooked.told(&path, &[("Body", "b"), ("LastUpdatedBy", "carl")]).await;
    let more = [("Body", "b"), ("ModifiedBy", "carl"), ("DateUpdated", changed.as_str())];
    next.says("onMessageUpdated", &[&of_it[..], &more].concat()).await;
    let gone = next.now();
    hooked.tell("DELETE", &path, &[]).await.expect(204);
    let more = [("Body", "b"), ("RemovedBy", "system"), ("DateRemoved", gone.as_str())];
    next.says("onMessageRemoved", &[&of_it[..], &more].concat()).await;
    // An empty body is sent, and who nobody named is `system`.
    let made = next.now();
    let sid = hooked.told(&format!("{channel}/Messages"), &[("Body", "")]).await.str("sid");
    let bare = [
        ("MessageSid", sid.as_str()),
        ("Index", "1"),
        ("ChannelSid", channel_sid),
        ("From", "system"),
        ("Attributes", "{}"),
        ("Body", ""),
        ("DateCreated", &made),
    ];
    next.says("onMessageSent", &bare).await;
    let changed = next.now();
    hooked.told(&format!("{channel}/Messages/{sid}"), &[("Attributes", "{\"e\":1}")]).await;
    let bare = [
        ("MessageSid", sid.as_str()),
        ("Index", "1"),
        ("ChannelSid", channel_sid),
        ("From", "system"),
        ("Attributes", "{\"e\":1}"),
        ("Body", ""),
        ("DateCreated", &made),
        ("ModifiedBy", "system"),
        ("DateUpdated", &changed),
    ];
    next.says("onMessageUpdated", &bare).await;
}

#[actix_web::test]
async fn the_header_decides_whether_a_rest_call_is_told_of() {
    let hooked = Hooked::new().await;
    let channel = hooked.channel().await;
    let messages = hooked.path(&format!("{channel}/Messages"));
    let form = [("Body", "x")];
    hooked.app.post(&messages, &form).await.expect(201);
    for value in ["false", "yes", "1", "on", "truely", "", "true, true"] {
        let headers = [(HEADER.0, value)];
        let ask = Ask { method: "POST", path: &messages, form: &form, headers: &headers, ..Ask::default() };
        hooked.app.send(ask).await.expect(201);
    }
    let headers = [("x-tWiLiO-webhook-ENABLED", "True")];
    let form = [("Body", "told")];
    let ask = Ask { method: "POST", path: &messages, form: &form, headers: &headers, ..Ask::default() };
    hooked.app.send(ask).await.expect(201);
    assert_eq!(hooked.receiver.nth(0).await.get("Body"), "told");
    assert_eq!(hooked.deliveries().await.len(), 1);
}

#[actix_web::test]
async fn where_the_header_is_not_declared_nobody_is_told() {
    let hooked = Hooked::new().await;
    let channel = hooked.channel().await;
    hooked.quietly(&format!("{channel}/Members"), &[("Identity", "ann")]).await;
    hooked.quietly("Users", &[("Identity", "bob")]).await;
    hooked.told(&format!("{channel}/Invites"), &[("Identity", "bob")]).await;
    hooked.told(&format!("Users/ann/{channel}"), &[("LastConsumedMessageIndex", "0")]).await;
    let role = [("FriendlyName", "r"), ("Type", "channel"), ("Permission", "sendMessage")];
    hooked.told("Roles", &role).await;
    hooked.tell("DELETE", "Users/bob", &[]).await.expect(204);
    // The first version does not know the header.
    let v1 = |rest: &str| format!("/v1/Services/{}/{rest}", hooked.service);
    let calls: &[(&str, &[(&str, &str)])] = &[
        (&format!("{channel}/Messages"), &[("Body", "x")]),
        (&format!("{channel}/Members"), &[("Identity", "dora")]),
        ("Channels", &[]),
        ("Users", &[("Identity", "eve")]),
    ];
    for (path, form) in calls {
        let path = v1(path);
        let ask = Ask { method: "POST", path: &path, form, headers: &[HEADER], ..Ask::default() };
        hooked.app.send(ask).await.expect(201);
    }
    hooked.told(&format!("{channel}/Messages"), &[("Body", "told")]).await;
    assert_eq!(hooked.receiver.nth(0).await.get("Body"), "told");
    assert_eq!(hooked.deliveries().await.len(), 1);
}

#[actix_web::test]
async fn get_puts_everything_into_the_query() {
    let hooked = Hooked::new().await;
    let url = hooked.receiver.url("/get?key=a+b%20c&key=d");
    hooked.settings(&[("WebhookMethod", "GET"), ("PostWebhookUrl", &url)], &POST_EVENTS).await;
    let channel = hooked.channel().await;
    let body = "a b&c=ä";
    hooked.told(&format!("{channel}/Messages"), &[("Body", body)]).await;
    let hook = hooked.receiver.nth(0).await;
    assert_eq!((hook.method.as_str(), hook.path(), hook.body.as_str()), ("GET", "/get", ""));
    assert_eq!((hook.event(), hook.get("Body"), hook.get("RetryCount")), ("onMessageSent", body, "0"));
    assert!(hook.target.starts_with("/get?key=a+b%20c&key=d&"), "{}", hook.target);
    assert_eq!((hook.header("Content-Type"), hook.header("Content-Length")), ("", ""));
    hooked.settings(&[("WebhookMethod", "POST")], &POST_EVENTS).await;
    hooked.told(&format!("{channel}/Messages"), &[("Body", body)]).await;
    let hook = hooked.receiver.nth(1).await;
    assert_eq!((hook.method.as_str(), hook.target.as_str()), ("POST", "/get?key=a+b%20c&key=d"));
    assert_eq!(hook.get("Body"), body);
}

#[actix_web::test]
async fn only_what_the_filters_list_is_told() {
    let hooked = Hooked::new().await;
    // A service that never named a filter, and one whose filters were cleared.
    for form in [&[][..], &[("WebhookFilters", "")]] {
        let url = hooked.receiver.url("/none");
        let made = hooked.app.post("/v2/Services", &[("FriendlyName", "none")]).await.expect(201).str("sid");
        let path = format!("/v2/Services/{made}");
        let form: Vec<_> = [("PostWebhookUrl", url.as_str())].into_iter().chain(form.to_vec()).collect();
        hooked.app.post(&path, &form).await.expect(200);
        let channels = format!("{path}/Channels");
        let ask = Ask { method: "POST", path: &channels, headers: &[HEADER], ..Ask::default() };
        hooked.app.send(ask).await.expect(201);
    }
    // Pre-events go nowhere from here, whatever the filters.
    hooked.settings(&[], &["onMessageSend", "onMessageUpdated", "onMemberAdded"]).await;
    let channel = hooked.channel().await;
    let sid = hooked.told(&format!("{channel}/Messages"), &[("Body", "x")]).await.str("sid");
    hooked.told("Users", &[("Identity", "ann")]).await;
    hooked.told(&format!("{channel}/Members"), &[("Identity", "ann")]).await;
    hooked.told(&format!("{channel}/Messages/{sid}"), &[("Body", "y")]).await;
    hooked.tell("DELETE", &format!("{channel}/Messages/{sid}"), &[]).await.expect(204);
    let all = hooked.settled().await;
    let events: Vec<_> = all.iter().map(|one| one.event.as_str()).collect();
    assert_eq!(events, ["onMemberAdded", "onMessageUpdated"]);
    assert_eq!(hooked.receiver.hooks().len(), 2);
}

#[actix_web::test]
async fn an_events_own_settings_of_v1_go_before_the_services() {
    let hooked = Hooked::new().await;
    hooked.settings(&[("PostWebhookRetryCount", "3")], &["onMessageSent", "onMessageUpdated"]).await;
    let own = hooked.receiver.url("/own");
    let form = [
        ("Webhooks.OnMessageSent.Url", own.as_str()),
        ("Webhooks.OnMessageSent.Method", "GET"),
        ("Webhooks.OnMessageSent.Format", "json"),
        // In no filter: an event's own URL needs none.
        ("Webhooks.OnMessageRemoved.Url", &own),
    ];
    hooked.app.post(&format!("/v1/Services/{}", hooked.service), &form).await.expect(200);
    let channel = hooked.channel().await;
    let path = format!("{channel}/Messages");
    let sid = hooked.told(&path, &[("Body", "x")]).await.str("sid");
    let path = format!("{path}/{sid}");
    hooked.told(&path, &[("Body", "y")]).await;
    hooked.tell("DELETE", &path, &[]).await.expect(204);
    let all = hooked.settled().await;
    let told: Vec<_> =
        all.iter().map(|one| (one.event.as_str(), one.method.as_str(), one.retries_left)).collect();
    let wanted =
        [("onMessageSent", "GET", 0), ("onMessageUpdated", "POST", 3), ("onMessageRemoved", "POST", 0)];
    assert_eq!(told, wanted);
    let came: BTreeSet<_> = hooked
        .receiver
        .hooks()
        .iter()
        .map(|hook| (hook.event().to_owned(), hook.path().to_owned()))
        .collect();
    let wanted = [("onMessageSent", "/own"), ("onMessageUpdated", "/post"), ("onMessageRemoved", "/own")];
    assert_eq!(came, wanted.map(|(event, path)| (event.to_owned(), path.to_owned())).into());
}

/// A service with all kinds of channel webhooks, beside its own target.
async fn of_a_channel() -> (Hooked, String, BTreeMap<&'static str, String>) {
    let receiver = Receiver::new().await;
    let executions = receiver.url("/flows/{FlowSid}/run");
    let hooked = Hooked::post(move |config| config.webhooks.executions_url = Some(executions)).await;
    // The server had to know the receiver before it was made.
    let hooked = Hooked { receiver, ..hooked };
    hooked.settings(&[("PostWebhookUrl", &hooked.receiver.url("/post"))], &POST_EVENTS).await;
    let channel = hooked.channel().await;
    let path = format!("{channel}/Webhooks");
    let mut sids = BTreeMap::new();
    let (hook, word) = (hooked.receiver.url("/hook"), hooked.receiver.url("/word"));
    let form = [
        ("Type", "webhook"),
        ("Configuration.Url", hook.as_str()),
        ("Configuration.Filters", "onMessageSent"),
        ("Configuration.Filters", "onChannelDestroyed"),
        ("Configuration.Filters", "onMemberAdded"),
        ("Configuration.RetryCount", "2"),
    ];
    sids.insert("webhook", hooked.quietly(&path, &form).await);
    let form = [
        ("Type", "trigger"),
        ("Configuration.Url", word.as_str()),
        ("Configuration.Method", "GET"),
        ("Configuration.Triggers", "Keyword1"),
        ("Configuration.Triggers", "straße"),
    ];
    sids.insert("trigger", hooked.quietly(&path, &form).await);
    let form = [("Type", "studio"), ("Configuration.FlowSid", "FW0123456789abcdef0123456789abcdef")];
    sids.insert("studio", hooked.quietly(&path, &form).await);
    (hooked, channel, sids)
}

#[actix_web::test]
async fn webhooks_of_a_channel_are_told_beside_the_services() {
    let (hooked, channel, sids) = of_a_channel().await;
    let messages = format!("{channel}/Messages");
    let sid = hooked.told(&messages, &[("Body", "the kEYWORD1s")]).await.str("sid");
    let hooks = hooked.receiver.arrived(4).await;
    let by_path: BTreeMap<_, _> = hooks.iter().map(|hook| (hook.path(), hook)).collect();
    let flow = "/flows/FW0123456789abcdef0123456789abcdef/run";
    let wanted = [("/hook", "POST", "webhook"), ("/word", "GET", "trigger"), (flow, "POST", "studio")];
    let service = by_path["/post"];
    for (path, method, kind) in wanted {
        let hook = by_path[path];
        assert_eq!(hook.method, method, "{kind}");
        let mut parameters = service.parameters.clone();
        parameters.insert("WebhookType".to_owned(), kind.to_owned());
        parameters.insert("WebhookSid".to_owned(), sids[kind].clone());
        assert_eq!(hook.parameters, parameters, "{kind}");
        assert_eq!(hook.token(), service.token(), "{kind}: the event is the same");
    }
    let all = hooked.settled().await;
    let retries: BTreeSet<_> =
        all.iter().map(|one| (one.webhook.map(|sid| sid.to_string()), one.retries_left)).collect();
    let of = |kind: &str, retries| (Some(sids[kind].clone()), retries);
    assert_eq!(retries, [(None, 0), of("webhook", 2), of("trigger", 0), of("studio", 0)].into());
    // No word, and not in the filters; the service is told of both.
    hooked.told(&messages, &[("Body", "nothing of it")]).await;
    hooked.told(&format!("{messages}/{sid}"), &[("Body", "keyword1")]).await;
    // Without the header nobody is told.
    hooked.quietly(&messages, &[("Body", "keyword1")]).await;
    let all = hooked.settled().await;
    let told: Vec<_> = all[4..]
        .iter()
        .map(|one| {
            let to = one.webhook.map(|sid| sid.to_string());
            let kind = to.map_or("service", |to| {
                sids.iter().find(|(_, sid)| **sid == to).map_or("nobody", |(kind, _)| *kind)
            });
            (one.event.as_str(), kind)
        })
        .collect();
    let told: BTreeSet<_> = told.into_iter().collect();
    let wanted = [
        ("onMessageSent", "service"),
        ("onMessageSent", "webhook"),
        ("onMessageSent", "studio"),
        ("onMessageUpdated", "service"),
    ];
    assert_eq!(told, wanted.into());
    assert_eq!(all.len(), 8);
    // An event of another channel does not reach them.
    let other = hooked.channel().await;
    hooked.told(&format!("{other}/Messages"), &[("Body", "keyword1")]).await;
    assert_eq!(hooked.settled().await.len(), 9);
}

#[actix_web::test]
async fn the_end_of_a_channel_is_one_event_and_reaches_its_own_webhook() {
    let (hooked, channel, sids) = of_a_channel().await;
    hooked.quietly(&format!("{channel}/Members"), &[("Identity", "ann")]).await;
    hooked.quietly(&format!("{channel}/Messages"), &[("Body", "keyword1")]).await;
    hooked.quietly("Users", &[("Identity", "bob")]).await;
    hooked.quietly(&format!("{channel}/Invites"), &[("Identity", "bob")]).await;
    hooked.tell("DELETE", &channel, &[]).await.expect(204);
    let all = hooked.settled().await;
    let told: Vec<_> = all.iter().map(|one| one.event.as_str()).collect();
    assert_eq!(told, ["onChannelDestroyed", "onChannelDestroyed"]);
    let hooks = hooked.receiver.hooks();
    let own = hooks.iter().find(|hook| hook.path() == "/hook").unwrap();
    assert_eq!((own.get("WebhookSid"), own.event()), (sids["webhook"].as_str(), "onChannelDestroyed"));
    assert_eq!(own.get("ChannelSid"), &channel["Channels/".len()..]);
}

#[actix_web::test]
async fn a_user_made_on_the_way_is_reported_before_the_member() {
    let hooked = Hooked::new().await;
    let channel = hooked.channel().await;
    hooked.told(&format!("{channel}/Members"), &[("Identity", "new")]).await;
    let all = hooked.settled().await;
    let events: Vec<_> = all.iter().map(|one| one.event.as_str()).collect();
    assert_eq!(events, ["onUserAdded", "onMemberAdded"]);
    let hooks = hooked.receiver.hooks();
    assert!(hooks.iter().all(|hook| hook.get("Identity") == "new"));
    assert_ne!(hooks[0].token(), hooks[1].token(), "two events");
    hooked.quietly("Users", &[("Identity", "invited")]).await;
    hooked.told(&format!("{channel}/Invites"), &[("Identity", "invited")]).await;
    assert_eq!(hooked.settled().await.len(), 2, "an invite is no event");
}

/// `xxxxxxxx-xxxx-7xxx-[89ab]xxx-xxxxxxxxxxxx`, in lower case.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
        && matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b')
}

#[actix_web::test]
async fn headers_are_the_ones_receivers_know() {
    let hooked = Hooked::post(|config| "TwilioProxy/1.1".clone_into(&mut config.webhooks.user_agent)).await;
    hooked.told("Users", &[("Identity", "ann")]).await;
    let hook = hooked.receiver.nth(0).await;
    assert_eq!(hook.header("Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(hook.header("User-Agent"), "TwilioProxy/1.1");
    assert_eq!(hook.header("Accept"), "*/*");
    assert_eq!(hook.header("Host"), hooked.receiver.address);
    assert!(is_uuid(hook.token()), "{}", hook.token());
    for absent in ["Authorization", "Cookie", "Referer", "webhook-id", "X-Twilio-Webhooks-Signature-Settings"]
    {
        assert_eq!(hook.header(absent), "", "{absent}");
    }
    // As observed: a space is a plus, a colon is encoded.
    assert!(hook.body.contains("%3A") && !hook.body.contains(':'), "{}", hook.body);
}

#[actix_web::test]
async fn an_events_token_stays_the_same_over_retries() {
    let hooked = Hooked::new().await;
    hooked.settings(&[("PostWebhookRetryCount", "1")], &POST_EVENTS).await;
    hooked.receiver.answer(|hook| Reply::status(if hook.get("RetryCount") == "0" { 503 } else { 200 }));
    hooked.told("Users", &[("Identity", "ann")]).await;
    hooked.told("Users", &[("Identity", "bob")]).await;
    let hooks = hooked.receiver.arrived(4).await;
    let of = |who: &str| hooks.iter().filter(|hook| hook.get("Identity") == who).collect::<Vec<_>>();
    let (ann, bob) = (of("ann"), of("bob"));
    assert_eq!((ann[0].token(), bob[0].token()), (ann[1].token(), bob[1].token()));
    assert_ne!(ann[0].token(), bob[0].token());
    assert_eq!((ann[0].get("RetryCount"), ann[1].get("RetryCount")), ("0", "1"));
    let signatures = [ann[0], ann[1]].map(|hook| hook.header("X-Twilio-Signature"));
    assert_ne!(signatures[0], signatures[1], "the retry count is signed too");
    assert!(hooked.settled().await.iter().all(|one| one.state == State::Delivered && one.attempts == 2));
}

#[actix_web::test]
async fn standard_webhooks_headers_come_beside_when_there_is_a_secret() {
    let secret = b"a secret of at least 24 bytes";
    let text = format!("whsec_{}", STANDARD.encode(secret));
    let hooked = Hooked::post(move |config| {
        config.webhooks.standard_secret = serde_json::from_value(text.into()).unwrap();
    })
    .await;
    hooked.settings(&[("PostWebhookRetryCount", "1")], &POST_EVENTS).await;
    hooked.receiver.answer(|hook| Reply::status(if hook.get("RetryCount") == "0" { 503 } else { 200 }));
    hooked.told("Users", &[("Identity", "ann")]).await;
    let hooks = hooked.receiver.arrived(2).await;
    for hook in &hooks {
        assert_eq!(hook.header("webhook-signature"), standard_signature(secret, hook));
        let time: i64 = hook.header("webhook-timestamp").parse().unwrap();
        let now = hooked.clock.now().as_micros() / 1_000_000;
        assert!((now - 60..=now).contains(&time), "{time} is not now, {now}");
    }
    assert!(hooks[0].header("webhook-id").starts_with("msg_"));
    assert_eq!(hooks[0].header("webhook-id"), hooks[1].header("webhook-id"));
    assert_ne!(hooks[0].header("webhook-signature"), hooks[1].header("webhook-signature"));
}

#[actix_web::test]
async fn what_a_client_does_says_who_it_was() {
    let hooked = Hooked::new().await;
    let (store, channel) = (hooked.app.store(), hooked.channel().await);
    hooked.quietly("Users", &[("Identity", "ann")]).await;
    hooked.quietly("Users", &[("Identity", "bob")]).await;
    let mut seen = 0;
    let mut next = async |event: &str, reason: &str| {
        let hook = hooked.receiver.nth(seen).await;
        seen += 1;
        assert_eq!((hook.event(), hook.get("Reason")), (event, reason));
        assert_eq!((hook.get("Source"), hook.get("ClientIdentity")), ("SDK", "ann"));
    };
    store.write_for(client("ann"), hooked.join(&channel, "ann")).await.unwrap();
    next("onMemberAdded", "JOINED").await;
    store.write_for(client("ann"), hooked.join(&channel, "bob")).await.unwrap();
    next("onMemberAdded", "ADDED").await;
    store.write_for(client("ann"), hooked.leave(&channel, "bob")).await.unwrap();
    next("onMemberRemoved", "REMOVED").await;
    store.write_for(client("ann"), hooked.leave(&channel, "ann")).await.unwrap();
    next("onMemberRemoved", "LEFT").await;
    let message = partyline::domain::message::SendMessage {
        at: hooked.channel_at(&channel),
        body: "hi".into(),
        author: "ann".into(),
        attributes: None,
        media: None,
        dates: partyline::domain::channel::Dates::default(),
        last_updated_by: None,
    };
    let message = store.write_for(client("ann"), message).await.unwrap();
    next("onMessageSent", "").await;
    let at = partyline::domain::at::MessageAt { channel: hooked.channel_at(&channel), message: message.sid };
    store.write_for(client("ann"), partyline::domain::message::DeleteMessage { at }).await.unwrap();
    next("onMessageRemoved", "").await;
    assert_eq!(hooked.receiver.hooks()[5].get("RemovedBy"), "ann");
    assert_eq!(hooked.receiver.hooks().len(), 6);
}
