//! Messages: authors, dates, edits, and how many a member has not read.

use serde_json::json;

use crate::app::TestApp;
use crate::world::World;

#[actix_web::test]
async fn c14_overrides_are_honoured_in_v2_and_ignored_in_v1() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let overrides = [
        ("Body", "x"),
        ("From", "author"),
        ("DateCreated", "2015-12-16T22:18:37Z"),
        ("DateUpdated", "2016-12-16T22:18:37Z"),
        ("LastUpdatedBy", "editor"),
    ];
    let v2 = app.post(&format!("{}/Messages", world.inside()), &overrides).await.expect(201);
    assert_eq!((v2.str("from"), v2.str("last_updated_by")), ("author".into(), "editor".into()));
    assert_eq!(v2.str("date_created"), "2015-12-16T22:18:37Z");
    assert_eq!((v2.str("date_updated"), v2.at("was_edited")), ("2016-12-16T22:18:37Z".into(), &json!(true)));
    let path = format!("{}/Messages", world.inside().replace("v2", "v1"));
    let v1 = app.post(&path, &overrides).await.expect(201);
    assert_eq!((v1.str("from"), v1.at("was_edited")), ("author".into(), &json!(false)));
    assert!(v1.str("date_created").as_str() > "2026" && v1.str("date_updated") == v1.str("date_created"));
    let seen = app.get(&format!("{}/Messages/{}", world.inside(), v1.str("sid"))).await;
    assert_eq!(seen.at("last_updated_by"), &json!(null));
    let channel = [("CreatedBy", "someone"), ("DateCreated", "2015-12-16T22:18:37Z")];
    let v1 = app.post(&format!("{}/Channels", world.base().replace("v2", "v1")), &channel).await.expect(201);
    assert_eq!(v1.str("created_by"), "system");
    assert_ne!(v1.str("date_created"), "2015-12-16T22:18:37Z");
    let v2 = app.post(&format!("{}/Channels", world.base()), &channel).await.expect(201);
    assert_eq!(
        (v2.str("created_by"), v2.str("date_created")),
        ("someone".into(), "2015-12-16T22:18:37Z".into())
    );
    assert_eq!(v2.int("members_count"), 0);
}

#[actix_web::test]
async fn c20_an_author_need_not_exist_and_is_not_made() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let made = app.post(&format!("{}/Messages", world.inside()), &[("From", "ghost")]).await.expect(201);
    assert_eq!((made.str("body"), made.str("from")), (String::new(), "ghost".into()));
    app.get(&format!("{}/Users/ghost", world.base())).await.refused(404, 20404);
    let v1 = format!("{}/Messages", world.inside().replace("v2", "v1"));
    let answer = app.post(&v1, &[("From", "ghost")]).await;
    assert_eq!(answer.str("message"), "Missing required parameter Body in the post body");
    answer.refused(400, 20001);
}

#[actix_web::test]
async fn c30_what_an_edit_leaves_behind() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = format!("{}/Messages/{}", world.inside(), world.message);
    let fresh = app.get(&path).await;
    assert_eq!((fresh.at("was_edited"), fresh.at("last_updated_by")), (&json!(false), &json!(null)));
    assert_eq!(fresh.str("date_created"), fresh.str("date_updated"));
    let attributes = app.post(&path, &[("Attributes", "{\"a\": 1}")]).await.expect(200);
    assert_eq!(attributes.at("was_edited"), &json!(false));
    assert_eq!(attributes.str("last_updated_by"), "system");
    let edited = app.post(&path, &[("Body", "fixed"), ("LastUpdatedBy", "jane")]).await.expect(200);
    assert_eq!((edited.at("was_edited"), edited.str("last_updated_by")), (&json!(true), "jane".into()));
    assert_eq!((edited.str("from"), edited.int("index")), ("jane".into(), 0));
    assert_eq!(edited.str("attributes"), "{\"a\": 1}");
    let dated = app.post(&path, &[("DateUpdated", "2030-01-01T00:00:00Z")]).await.expect(200);
    assert_eq!(dated.str("date_updated"), "2030-01-01T00:00:00Z");
    assert_eq!(dated.str("date_created"), fresh.str("date_created"));
}

#[actix_web::test]
async fn c18_unread_messages_leave_out_the_deleted_ones() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let messages = format!("{}/Messages", world.inside());
    let mut sids = vec![world.message.clone()];
    for _ in 1..10 {
        sids.push(app.post(&messages, &[("Body", "x")]).await.expect(201).str("sid"));
    }
    let view = format!("{}/Users/jane/Channels/general", world.base());
    let unread = async || app.get(&view).await.expect(200).at("unread_messages_count").clone();
    assert_eq!(unread().await, json!(null));
    app.post(&format!("{}/Members/jane", world.inside()), &[("LastConsumedMessageIndex", "3")])
        .await
        .expect(200);
    assert_eq!(unread().await, json!(6));
    for (gone, left) in [(2, 6), (3, 6), (4, 5), (9, 4), (7, 3)] {
        app.delete(&format!("{messages}/{}", sids[gone])).await.expect(204);
        assert_eq!(unread().await, json!(left), "after {gone}");
    }
    app.post(&messages, &[("Body", "x"), ("From", "jane")]).await.expect(201);
    assert_eq!(unread().await, json!(4));
    // Back, beyond the end, and to nothing.
    for (index, left) in [("0", json!(5)), ("7", json!(2)), ("1000", json!(0)), ("", json!(null))] {
        let answer = app.post(&view, &[("LastConsumedMessageIndex", index)]).await.expect(200);
        assert_eq!(answer.at("unread_messages_count"), &left, "{index}");
    }
    app.post(&view, &[("LastConsumedMessageIndex", "-1")]).await.refused(400, 50406);
    app.post(&view, &[("LastConsumptionTimestamp", "x")]).await.refused(400, 50405);
    // A whole block of 64 that is gone, across the levels of the count.
    app.post(&view, &[("LastConsumedMessageIndex", "0")]).await.expect(200);
    let mut more = Vec::new();
    for _ in 0..140 {
        more.push(app.post(&messages, &[("Body", "x")]).await.expect(201).str("sid"));
    }
    for sid in &more[50..130] {
        app.delete(&format!("{messages}/{sid}")).await.expect(204);
    }
    assert_eq!(unread().await, json!(5 + 60));
    let counted = app.get(&world.inside()).await.int("messages_count");
    assert_eq!(counted, 1 + 9 - 5 + 1 + 60);
}

#[actix_web::test]
async fn the_last_message_moves_on_and_back() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let channel = world.inside();
    let messages = format!("{channel}/Messages");
    let last = async || app.get(&channel).await.at("/links/last_message").clone();
    let url = |sid: &str| json!(format!("http://chat.twilio.com{messages}/{sid}"));
    assert_eq!(last().await, url(&world.message));
    let second = app.post(&messages, &[("Body", "x")]).await.str("sid");
    assert_eq!(last().await, url(&second));
    app.delete(&format!("{messages}/{second}")).await.expect(204);
    assert_eq!(last().await, url(&world.message));
    app.delete(&format!("{messages}/{}", world.message)).await.expect(204);
    assert_eq!(last().await, json!(null));
    app.delete(&format!("{messages}/{}", world.message)).await.refused(404, 20404);
    assert_eq!(app.get(&channel).await.int("messages_count"), 0);
}

#[actix_web::test]
async fn what_is_too_long_or_unknown() {
    let app = TestApp::with(|config| config.limits.message_body_bytes = 10).await;
    let world = World::new(&app).await;
    let messages = format!("{}/Messages", world.inside());
    app.post(&messages, &[("Body", "0123456789")]).await.expect(201);
    app.post(&messages, &[("Body", "01234567890")]).await.refused(400, 50504);
    app.post(&messages, &[("From", &"x".repeat(10_000))]).await.refused(400, 50310);
    app.post(&messages, &[("LastUpdatedBy", &"x".repeat(10_000))]).await.refused(400, 50505);
    app.post(&messages, &[("MediaSid", "ME1")]).await.refused(400, 50510);
    app.get(&format!("{messages}/IM00000000000000000000000000000000")).await.refused(404, 20404);
}
