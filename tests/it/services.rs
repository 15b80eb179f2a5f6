//! Services: settings by version, their limits, and deletion.

use partyline::store::purge;
use serde_json::json;

use crate::app::TestApp;
use crate::world::World;

#[actix_web::test]
async fn settings_are_checked() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let service = world.base();
    for (name, value, code) in [
        ("ConsumptionReportInterval", "x", 50052),
        ("TypingIndicatorTimeout", "x", 50053),
        ("PreWebhookUrl", "ftp://a", 50054),
        ("PostWebhookUrl", "no url", 50054),
        ("WebhookFilters", "onNothing", 50054),
        ("WebhookMethod", "PUT", 50055),
        ("Limits.UserChannels", "0", 50060),
        ("Limits.ChannelMembers", "0", 50061),
        ("Limits.ChannelMembers", "x", 50061),
        ("PreWebhookRetryCount", "4", 50065),
        ("PostWebhookRetryCount", "-1", 50065),
        ("ReachabilityEnabled", "maybe", 20001),
        ("FriendlyName", &"x".repeat(10_000), 50003),
        ("Notifications.NewMessage.Template", &"x".repeat(100_000), 50058),
        ("Notifications.NewMessage.Sound", &"x".repeat(100_000), 50059),
    ] {
        app.post(&service, &[(name, value)]).await.refused(400, code);
    }
    app.post("/v2/Services", &[]).await.refused(400, 20001);
    app.post("/v2/Services", &[("FriendlyName", "")]).await.refused(400, 20001);
    app.post(&service, &[("PreWebhookUrl", "https://a.example.com/")]).await.expect(200);
    let cleared = app.post(&service, &[("PreWebhookUrl", "")]).await.expect(200);
    assert_eq!(cleared.at("pre_webhook_url"), &json!(null));
}

#[actix_web::test]
async fn each_version_takes_its_own_settings() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (v1, v2) = (world.base().replace("v2", "v1"), world.base());
    let hook = ("Webhooks.OnMessageSend.Url", "https://hooks.example.com/a");
    app.post(&v2, &[hook]).await.refused(400, 20161);
    assert_eq!(app.get(&v1).await.at("webhooks"), &json!(null));
    app.post(&v1, &[hook, ("Webhooks.OnMessageSend.Format", "flat")]).await.expect(200);
    let shown = app.get(&v1).await;
    assert_eq!(shown.at("/webhooks/on_message_send/url"), &json!(hook.1));
    assert_eq!(shown.at("/limits/actions_per_second"), &json!(30));
    for (name, value) in [
        ("PreWebhookRetryCount", "9"),
        ("Notifications.LogEnabled", "x"),
        ("Media.CompatibilityMessage", "x"),
    ] {
        app.post(&v1, &[(name, value)]).await.refused(400, 20161);
        app.post(&v1, &[(name, value), ("FriendlyName", "a")]).await.expect(200);
    }
    let v2 = app.get(&v2).await;
    assert_eq!(v2.json.get("webhooks"), None);
    assert_eq!(v2.at("/media/size_limit_mb"), &json!(150));
    assert_eq!(v2.json["limits"].as_object().unwrap().len(), 2);
    assert_eq!(v2.str("friendly_name"), "a");
}

#[actix_web::test]
async fn c31_a_deleted_service_leaves_nothing() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for n in 0..60 {
        let user = n.to_string();
        let channel =
            app.post(&format!("{}/Channels", world.base()), &[("FriendlyName", &user)]).await.str("sid");
        let members = format!("{}/Channels/{channel}/Members", world.base());
        app.post(&members, &[("Identity", &user)]).await.expect(201);
    }
    app.post(&format!("{}/Messages/{}", world.inside(), world.message), &[("Body", "x")]).await.expect(200);
    app.delete(&format!("{}/Messages/{}", world.inside(), world.message)).await.expect(204);
    app.delete(&world.base()).await.expect(204);
    app.delete(&world.base()).await.refused(404, 20404);
    for part in ["", "/Channels", "/Users/jane", "/Roles", "/Bindings", "/Channels/general/Messages"] {
        app.get(&format!("{}{part}", world.base())).await.refused(404, 20404);
    }
    app.get(&world.inside()).await.refused(404, 20404);
    assert_eq!(app.get("/v2/Services").await.rows("sid"), Vec::<String>::new());
    app.get(&format!("/v2/Credentials/{}", world.credential)).await.expect(200);
    app.purged().await;
    let sid = world.service.parse().unwrap();
    assert!(app.store().read(async |tx| Ok(purge::is_gone(tx, sid).await?)).await.unwrap());
    for sql in [
        "SELECT COUNT(*) FROM message",
        "SELECT COUNT(*) FROM message_removed",
        "SELECT COUNT(*) FROM member",
        "SELECT COUNT(*) FROM invite",
        "SELECT COUNT(*) FROM channel_webhook",
        "SELECT COUNT(*) FROM binding",
        "SELECT COUNT(*) FROM tombstone",
        "SELECT COUNT(*) FROM service",
    ] {
        assert_eq!(app.number(sql, "").await, 0, "{sql}");
    }
}
