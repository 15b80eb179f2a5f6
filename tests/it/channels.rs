//! Channels: names, conversion to private, deletion.

use serde_json::json;

use crate::app::{Ask, IP_MESSAGING, TestApp, encode};
use crate::world::World;

#[actix_web::test]
async fn c15_c16_unique_names() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let channels = format!("{}/Channels", world.base());
    for name in ["a b/c", "ü", "100%25", "general.json.x"] {
        let made = app.post(&channels, &[("UniqueName", name)]).await.expect(201);
        let found = app.get(&format!("{channels}/{}", encode(name))).await.expect(200);
        assert_eq!(found.str("sid"), made.str("sid"));
        assert!(found.str("url").ends_with(&made.str("sid")));
        app.get(&format!("{channels}/{}/Messages", encode(name))).await.expect(200);
    }
    app.post(&channels, &[("UniqueName", "CH0123456789abcdef0123456789abcdef")]).await.refused(400, 50306);
    app.post(&channels, &[("UniqueName", &"x".repeat(10_000))]).await.refused(400, 50004);
    app.post(&channels, &[("FriendlyName", &"x".repeat(10_000))]).await.refused(400, 50003);
    app.post(&channels, &[("UniqueName", "general")]).await.refused(409, 50307);
    app.post(&channels, &[("Type", "secret")]).await.refused(400, 20001);
    // Its own name is no conflict, another's is, and an empty one clears it.
    app.post(&world.inside(), &[("UniqueName", "general")]).await.expect(200);
    app.post(&world.inside(), &[("UniqueName", "ü")]).await.refused(409, 50307);
    assert_eq!(
        app.post(&world.inside(), &[("UniqueName", "")]).await.expect(200).at("unique_name"),
        &json!(null)
    );
    app.get(&format!("{channels}/general")).await.refused(404, 20404);
    app.post(&channels, &[("UniqueName", "general")]).await.expect(201);
    // Case matters.
    app.post(&channels, &[("UniqueName", "General")]).await.expect(201);
}

#[actix_web::test]
async fn an_absent_parameter_changes_nothing_and_type_is_fixed() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let before = app.get(&world.inside()).await;
    let after = app.post(&world.inside(), &[("FriendlyName", "new"), ("Type", "private")]).await.expect(200);
    for name in ["unique_name", "attributes", "type", "created_by", "date_created", "members_count"] {
        assert_eq!(before.at(name), after.at(name), "{name}");
    }
    assert_eq!(after.str("friendly_name"), "new");
    assert_eq!(app.post(&world.inside(), &[("FriendlyName", "")]).await.at("friendly_name"), &json!(null));
}

#[actix_web::test]
async fn c24_v3_makes_a_channel_private() {
    let known = "MG0123456789abcdef0123456789abcdef";
    let app = TestApp::with(|config| config.channels.messaging_services = vec![known.to_owned()]).await;
    let world = World::new(&app).await;
    let path = world.inside().replace("v2", "v3");
    for form in [&[("Type", "public")][..], &[], &[("Type", "x")], &[("FriendlyName", "x")]] {
        app.post(&path, form).await.refused(400, 50393);
    }
    let answer = app.post(&path, &[("Type", "private")]).await.expect(200);
    assert_eq!((answer.str("type"), answer.json.get("links")), ("private".into(), None));
    assert_eq!(answer.at("messaging_service_sid"), &json!(null));
    assert_eq!(app.get(&world.inside()).await.str("type"), "private");
    let private = ("Type", "private");
    app.post(&path, &[private, ("MessagingServiceSid", "MG1")]).await.refused(400, 50341);
    let unknown = "MG00000000000000000000000000000000";
    assert_eq!(app.post(&path, &[private, ("MessagingServiceSid", unknown)]).await.int("code"), 50342);
    let answer = app.post(&path, &[private, ("MessagingServiceSid", known)]).await.expect(200);
    assert_eq!(answer.str("messaging_service_sid"), known);
    let by_name = path.replace(&world.channel, "general");
    let ask = Ask { method: "POST", path: &by_name, form: &[private], host: IP_MESSAGING, ..Ask::default() };
    assert!(app.send(ask).await.expect(200).str("url").contains("/ip-messaging.twilio.com/v3/"));
    let missing = path.replace(&world.channel, "nope");
    app.post(&missing, &[("Type", "public")]).await.refused(404, 20404);
}

#[actix_web::test]
async fn c31_a_deleted_channel_takes_what_is_in_it() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for _ in 0..450 {
        app.post(&format!("{}/Messages", world.inside()), &[("Body", "x")]).await.expect(201);
    }
    app.delete(&world.inside()).await.expect(204);
    app.delete(&world.inside()).await.refused(404, 20404);
    for part in ["", "/Members/jane", "/Messages", "/Invites", "/Webhooks", "/Webhooks/x"] {
        app.get(&format!("{}{part}", world.inside())).await.refused(404, 20404);
    }
    app.post(&format!("{}/Messages", world.inside()), &[("Body", "x")]).await.refused(404, 20404);
    let user = format!("{}/Users/jane", world.base());
    assert_eq!(app.get(&user).await.int("joined_channels_count"), 0);
    assert_eq!(app.get(&format!("{user}/Channels")).await.rows("status"), Vec::<String>::new());
    assert_eq!(
        app.get(&format!("{}/Users/guest/Channels", world.base())).await.rows("status"),
        Vec::<String>::new()
    );
    // The name is free at once.
    app.post(&format!("{}/Channels", world.base()), &[("UniqueName", "general")]).await.expect(201);
    app.purged().await;
    for sql in [
        "SELECT COUNT(*) FROM message WHERE channel_sid = $1",
        "SELECT COUNT(*) FROM message_removed WHERE channel_sid = $1",
        "SELECT COUNT(*) FROM member WHERE channel_sid = $1",
        "SELECT COUNT(*) FROM invite WHERE channel_sid = $1",
        "SELECT COUNT(*) FROM channel_webhook WHERE channel_sid = $1",
        "SELECT COUNT(*) FROM tombstone WHERE owner_sid = $1",
    ] {
        assert_eq!(app.number(sql, &world.channel).await, 0, "{sql}");
    }
}
