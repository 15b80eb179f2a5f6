//! Members and invites: whom they make, what they count, which roles they get and how they end.

use serde_json::json;

use crate::app::TestApp;
use crate::world::World;

async fn counts(app: &TestApp, world: &World, identity: &str) -> (i64, i64) {
    let channel = app.get(&world.inside()).await.int("members_count");
    (channel, app.get(&format!("{}/Users/{identity}", world.base())).await.int("joined_channels_count"))
}

#[actix_web::test]
async fn c18_c20_a_member_makes_its_user_and_is_counted() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let members = format!("{}/Members", world.inside());
    let before = app.get(&world.inside()).await;
    let member = app.post(&members, &[("Identity", "new one")]).await.expect(201);
    assert_eq!(member.str("role_sid"), world.channel_role);
    let user = app.get(&format!("{}/Users/new%20one", world.base())).await.expect(200);
    assert_eq!((user.at("friendly_name"), user.str("role_sid")), (&json!(null), world.service_role.clone()));
    assert_eq!(counts(&app, &world, "new%20one").await, (2, 1));
    let after = app.get(&world.inside()).await;
    assert_eq!(after.str("date_updated"), before.str("date_updated"));
    app.delete(&format!("{members}/new%20one")).await.expect(204);
    assert_eq!(counts(&app, &world, "new%20one").await, (1, 0));
    app.delete(&format!("{members}/new%20one")).await.refused(404, 20404);
    let again = app.post(&members, &[("Identity", "new one")]).await.expect(201);
    assert_ne!(again.str("sid"), member.str("sid"));
    app.delete(&format!("{}/Users/new%20one/Channels/general", world.base())).await.expect(204);
    assert_eq!(counts(&app, &world, "new%20one").await, (1, 0));
}

#[actix_web::test]
async fn c20_an_invite_makes_no_user_and_is_not_counted() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let invites = format!("{}/Invites", world.inside());
    app.post(&invites, &[("Identity", "nobody")]).await.refused(404, 20404);
    app.get(&format!("{}/Users/nobody", world.base())).await.refused(404, 20404);
    assert_eq!(counts(&app, &world, "guest").await, (1, 0));
    app.post(&invites, &[("Identity", "guest")]).await.refused(409, 50212);
    app.post(&invites, &[("Identity", "jane")]).await.refused(409, 50404);
    let invite = app.get(&format!("{invites}/{}", world.invite)).await.expect(200);
    assert_eq!(
        (invite.str("created_by"), invite.str("role_sid")),
        ("system".into(), world.channel_role.clone())
    );
    // An invite becomes void with the membership.
    app.post(&format!("{}/Members", world.inside()), &[("Identity", "guest")]).await.expect(201);
    app.get(&format!("{invites}/{}", world.invite)).await.refused(404, 20404);
    app.delete(&format!("{}/Members/guest", world.inside())).await.expect(204);
    let invite = app.post(&invites, &[("Identity", "guest"), ("RoleSid", &world.role)]).await.expect(201);
    assert_eq!(invite.str("role_sid"), world.role);
    app.delete(&format!("{invites}/{}", invite.str("sid"))).await.expect(204);
    app.delete(&format!("{invites}/{}", invite.str("sid"))).await.refused(404, 20404);
}

#[actix_web::test]
async fn c19_roles_of_the_wrong_type_are_refused() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let unknown = "RL00000000000000000000000000000000";
    let channel_things = [format!("{}/Members", world.inside()), format!("{}/Invites", world.inside())];
    app.post(&format!("{}/Users", world.base()), &[("Identity", "x")]).await.expect(201);
    for role in [&*world.service_role, unknown, "garbage"] {
        for path in &channel_things {
            app.post(path, &[("Identity", "x"), ("RoleSid", role)]).await.refused(400, 50101);
        }
        app.post(&format!("{}/Members/jane", world.inside()), &[("RoleSid", role)]).await.refused(400, 50101);
        app.post(&world.base(), &[("DefaultChannelRoleSid", role)]).await.refused(400, 50101);
        app.post(&world.base(), &[("DefaultChannelCreatorRoleSid", role)]).await.refused(400, 50106);
    }
    for role in [&*world.role, unknown] {
        app.post(&format!("{}/Users", world.base()), &[("Identity", "y"), ("RoleSid", role)])
            .await
            .refused(400, 50102);
        app.post(&format!("{}/Users/x", world.base()), &[("RoleSid", role)]).await.refused(400, 50102);
        app.post(&world.base(), &[("DefaultServiceRoleSid", role)]).await.refused(400, 50102);
    }
    // A refused member leaves no user behind.
    app.get(&format!("{}/Users/y", world.base())).await.refused(404, 20404);
}

#[actix_web::test]
async fn c16_identities_that_are_refused_make_nothing() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let like_a_sid = "US0123456789abcdef0123456789abcdef";
    for path in [format!("{}/Users", world.base()), format!("{}/Members", world.inside())] {
        app.post(&path, &[("Identity", "system")]).await.refused(400, 50203);
        app.post(&path, &[("Identity", like_a_sid)]).await.refused(400, 50206);
        app.post(&path, &[("Identity", &"x".repeat(10_000))]).await.refused(400, 50207);
        app.post(&path, &[("Identity", "")]).await.refused(400, 20001);
    }
    assert_eq!(app.get(&format!("{}/Users", world.base())).await.rows("identity"), ["jane", "guest"]);
    // Case matters.
    app.post(&format!("{}/Users", world.base()), &[("Identity", "Jane")]).await.expect(201);
}

#[actix_web::test]
async fn c35_counter_limits_are_403() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    app.post(&world.base(), &[("Limits.ChannelMembers", "2"), ("Limits.UserChannels", "1")])
        .await
        .expect(200);
    let members = format!("{}/Members", world.inside());
    app.post(&members, &[("Identity", "guest")]).await.expect(201);
    app.post(&members, &[("Identity", "third")]).await.refused(403, 50403);
    app.get(&format!("{}/Users/third", world.base())).await.refused(404, 20404);
    let other = app.post(&format!("{}/Channels", world.base()), &[("UniqueName", "other")]).await.str("sid");
    let path = format!("{}/Channels/{other}/Members", world.base());
    app.post(&path, &[("Identity", "jane")]).await.refused(403, 50208);
    // A conflict is told before a limit.
    app.post(&members, &[("Identity", "jane")]).await.refused(409, 50404);
    app.delete(&format!("{members}/jane")).await.expect(204);
    app.post(&path, &[("Identity", "jane")]).await.expect(201);
}

#[actix_web::test]
async fn v1_names_members_by_sid_only_in_its_documents_and_shows_no_attributes() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let v1 = world.inside().replace("v2", "v1");
    let member = app.get(&format!("{v1}/Members/{}", world.member)).await.expect(200);
    assert_eq!(member.json.get("attributes"), None);
    let form = [("LastConsumedMessageIndex", "4"), ("Attributes", "{"), ("DateCreated", "never")];
    let member = app.post(&format!("{v1}/Members/{}", world.member), &form).await.expect(200);
    assert_eq!(member.int("last_consumed_message_index"), 4);
    assert_eq!(member.at("last_consumption_timestamp"), &json!(null));
}
