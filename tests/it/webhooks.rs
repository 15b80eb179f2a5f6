//! Channel webhooks.

use serde_json::json;

use crate::app::TestApp;
use crate::world::World;

#[actix_web::test]
async fn c23_three_types_with_configurations_of_their_own() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let webhooks = format!("{}/Webhooks", world.inside());
    let url = ("Configuration.Url", "https://hooks.example.com/b");
    let flow = "FW0123456789abcdef0123456789abcdef";
    let trigger =
        [("Type", "trigger"), url, ("Configuration.Triggers", "b"), ("Configuration.Triggers", "a")];
    let made = app.post(&webhooks, &trigger).await.expect(201);
    let wanted = json!({"url": url.1, "retry_count": 0, "method": "POST", "triggers": ["b", "a"]});
    assert_eq!(made.at("configuration"), &wanted);
    let studio =
        app.post(&webhooks, &[("Type", "studio"), ("Configuration.FlowSid", flow)]).await.expect(201);
    assert_eq!(studio.at("configuration"), &json!({"flow_sid": flow}));
    let path = format!("{webhooks}/{}", world.webhook);
    let form = [
        ("Configuration.Method", "GET"),
        ("Configuration.RetryCount", "3"),
        ("Configuration.Filters", "onMemberAdded"),
    ];
    let merged = app.post(&path, &form).await.expect(200);
    let wanted = json!({"url": "https://hooks.example.com/a", "retry_count": 3, "method": "GET", "filters": ["onMemberAdded"]});
    assert_eq!(merged.at("configuration"), &wanted);
    for _ in 0..2 {
        app.post(&webhooks, &trigger).await.expect(201);
    }
    app.post(&webhooks, &trigger).await.refused(403, 50321);
    app.delete(&path).await.expect(204);
    app.delete(&path).await.refused(404, 20404);
    app.post(&webhooks, &trigger).await.expect(201);
    assert_eq!(app.get(&webhooks).await.rows("sid").len(), 5);
}

#[actix_web::test]
async fn what_is_missing_or_wrong() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let webhooks = format!("{}/Webhooks", world.inside());
    let url = ("Configuration.Url", "https://hooks.example.com/b");
    let filter = ("Configuration.Filters", "onMessageSent");
    let hook = ("Type", "webhook");
    let trigger = ("Type", "trigger");
    let long = format!("https://hooks.example.com/{}", "x".repeat(100_000));
    let word = ("Configuration.Triggers", "a");
    let cases: &[(&[(&str, &str)], i64)] = &[
        (&[("Type", "x"), url, filter], 50324),
        (&[hook, filter], 50329),
        (&[hook, url], 50330),
        (&[hook, url, ("Configuration.Filters", "onNothing")], 50325),
        (&[hook, url, filter, ("Configuration.RetryCount", "4")], 50065),
        (&[hook, filter, ("Configuration.Url", &long)], 50332),
        (&[trigger, word], 50329),
        (&[trigger, url], 50331),
        (&[trigger, url, word, word, word, word, word, word], 50322),
        (&[("Type", "studio"), ("Configuration.FlowSid", "FW1")], 50327),
    ];
    for (form, code) in cases {
        app.post(&webhooks, form).await.refused(400, *code);
    }
    let missing = app.post(&webhooks, &[url]).await;
    assert!(matches!(missing.json["code"].as_i64(), Some(20001 | 50328)), "{}", missing.text);
    app.get(&format!("{webhooks}/WH00000000000000000000000000000000")).await.refused(404, 20404);
}
