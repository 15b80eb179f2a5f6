//! Users and the channels that they are in.

use serde_json::json;

use crate::app::{TestApp, encode};
use crate::world::World;

#[actix_web::test]
async fn c15_identities_of_every_kind_are_found_and_urls_hold_sids() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for identity in ["a b@c/d", "ü😀", "a%20b", "100%", "x.json.y", "?&=#+", "..."] {
        let user = app.post(&format!("{}/Users", world.base()), &[("Identity", identity)]).await.expect(201);
        let path = format!("{}/Users/{}", world.base(), encode(identity));
        let found = app.get(&path).await.expect(200);
        assert_eq!(found.str("sid"), user.str("sid"), "{identity}");
        assert_eq!(found.str("identity"), identity);
        let wanted = format!("http://chat.twilio.com{}/Users/{}", world.base(), user.str("sid"));
        assert_eq!(found.str("url"), wanted);
        assert_eq!(found.str("/links/user_channels"), format!("{wanted}/Channels"));
        app.post(&format!("{}/Members", world.inside()), &[("Identity", identity)]).await.expect(201);
        app.get(&format!("{}/Members/{}", world.inside(), encode(identity))).await.expect(200);
        let list = app.get(&format!("{path}/Channels")).await.expect(200);
        assert!(list.str("/meta/url").starts_with(&format!("{wanted}/Channels?")), "{}", list.text);
        app.post(&format!("{}/Users", world.base()), &[("Identity", identity)]).await.refused(409, 50201);
    }
}

#[actix_web::test]
async fn c31_a_deleted_user_leaves_its_channels_and_its_messages_stay() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let user = format!("{}/Users/jane", world.base());
    app.delete(&user).await.expect(204);
    for path in [
        user.clone(),
        format!("{}/Users/{}", world.base(), world.user),
        format!("{user}/Channels"),
        format!("{}/Members/jane", world.inside()),
        format!("{}/Members/{}", world.inside(), world.member),
        format!("{}/Bindings/{}", world.base(), world.binding),
    ] {
        app.get(&path).await.refused(404, 20404);
    }
    app.delete(&format!("{}/Users/guest", world.base())).await.expect(204);
    app.get(&format!("{}/Invites/{}", world.inside(), world.invite)).await.refused(404, 20404);
    let channel = app.get(&world.inside()).await;
    assert_eq!((channel.int("members_count"), channel.int("messages_count")), (0, 1));
    assert_eq!(app.get(&format!("{}/Messages/{}", world.inside(), world.message)).await.str("from"), "jane");
    let again = app.post(&format!("{}/Users", world.base()), &[("Identity", "jane")]).await.expect(201);
    assert_ne!(again.str("sid"), world.user);
    assert_eq!(again.int("joined_channels_count"), 0);
}

#[actix_web::test]
async fn c32_user_channels_joined_invited_and_left() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = |who: &str| format!("{}/Users/{who}/Channels/general", world.base());
    let joined = app.get(&path("jane")).await.expect(200);
    assert_eq!((joined.str("status"), joined.str("member_sid")), ("joined".into(), world.member.clone()));
    assert!(joined.str("/links/member").ends_with(&format!("/Members/{}", world.member)));
    assert_eq!(joined.str("notification_level"), "default");
    let invited = app.get(&path("guest")).await.expect(200);
    assert_eq!((invited.str("status"), invited.at("member_sid")), ("invited".into(), &json!(null)));
    assert_eq!(invited.at("/links/member"), &json!(null));
    assert_eq!(app.get(&format!("{}/Users/guest/Channels", world.base())).await.rows("status"), ["invited"]);
    let muted = app.post(&path("jane"), &[("NotificationLevel", "muted")]).await.expect(200);
    assert_eq!(muted.str("notification_level"), "muted");
    app.post(&path("jane"), &[("NotificationLevel", "loud")]).await.refused(400, 50210);
    app.delete(&path("jane")).await.expect(204);
    app.get(&path("jane")).await.refused(404, 20404);
    app.post(&format!("{}/Members", world.inside()), &[("Identity", "jane")]).await.expect(201);
    assert_eq!(app.get(&path("jane")).await.str("notification_level"), "default");
    let v1 = app.get(&format!("{}/Users/jane/Channels", world.base().replace("v2", "v1"))).await.expect(200);
    assert_eq!(v1.json["channels"][0].get("url"), None);
}

#[actix_web::test]
async fn c33_reachability_is_shown_by_single_users_only() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let user = format!("{}/Users/jane", world.base());
    assert_eq!(app.get(&user).await.at("is_notifiable"), &json!(null));
    app.post(&world.base(), &[("ReachabilityEnabled", "true")]).await.expect(200);
    let one = app.get(&user).await;
    assert_eq!((one.at("is_online"), one.at("is_notifiable")), (&json!(null), &json!(true)));
    app.delete(&format!("{}/Bindings/{}", world.base(), world.binding)).await.expect(204);
    assert_eq!(app.get(&user).await.at("is_notifiable"), &json!(false));
    let list = app.get(&format!("{}/Users", world.base())).await;
    assert_eq!(
        (list.rows("is_online"), list.rows("is_notifiable")),
        (vec!["null".to_owned(); 2], vec!["null".into(); 2])
    );
}
