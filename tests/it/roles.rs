//! Roles: permissions, defaults, and what their deletion leaves.

use serde_json::json;

use crate::app::TestApp;
use crate::world::World;

#[actix_web::test]
async fn a_service_begins_with_four_roles() {
    let app = TestApp::new().await;
    let service = app.post("/v2/Services", &[("FriendlyName", "s")]).await.expect(201);
    let roles = app.get(&format!("/v2/Services/{}/Roles", service.str("sid"))).await.expect(200);
    let mut names: Vec<_> = roles.rows("friendly_name").into_iter().zip(roles.rows("type")).collect();
    names.sort();
    let wanted = [
        ("channel admin", "channel"),
        ("channel user", "channel"),
        ("service admin", "deployment"),
        ("service user", "deployment"),
    ];
    assert_eq!(names, wanted.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    for (member, name) in [
        ("default_service_role_sid", "service user"),
        ("default_channel_role_sid", "channel user"),
        ("default_channel_creator_role_sid", "channel admin"),
    ] {
        let role =
            app.get(&format!("/v2/Services/{}/Roles/{}", service.str("sid"), service.str(member))).await;
        assert_eq!(role.str("friendly_name"), name);
    }
}

#[actix_web::test]
async fn c9_permissions_keep_their_order_and_are_merged() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let roles = format!("{}/Roles", world.base());
    let base = [("FriendlyName", "r"), ("Type", "channel")];
    let with = |permissions: &[&'static str]| {
        let mut form = base.to_vec();
        form.extend(permissions.iter().map(|permission| ("Permission", *permission)));
        form
    };
    let made = app.post(&roles, &with(&["sendMessage", "leaveChannel", "sendMessage"])).await.expect(201);
    assert_eq!(made.at("permissions"), &json!(["sendMessage", "leaveChannel"]));
    let path = format!("{roles}/{}", made.str("sid"));
    let updated =
        app.post(&path, &[("Permission", "leaveChannel"), ("FriendlyName", "no")]).await.expect(200);
    assert_eq!(
        (updated.at("permissions"), updated.str("friendly_name")),
        (&json!(["leaveChannel"]), "r".into())
    );
    app.post(&roles, &with(&["fly"])).await.refused(400, 50104);
    app.post(&roles, &with(&["createChannel"])).await.refused(400, 50104);
    app.post(&roles, &with(&[])).await.refused(400, 20001);
    app.post(&roles, &[("FriendlyName", "r"), ("Type", "x"), ("Permission", "fly")])
        .await
        .refused(400, 50105);
    // Permissions are all that an update knows.
    app.post(&path, &[("FriendlyName", "r")]).await.refused(400, 20161);
    let filters = [("WebhookFilters", "onUserAdded"), ("WebhookFilters", "onChannelAdded")];
    let service = app.post(&world.base(), &filters).await.expect(200);
    assert_eq!(service.at("webhook_filters"), &json!(["onUserAdded", "onChannelAdded"]));
}

#[actix_web::test]
async fn holders_of_a_deleted_role_fall_back_to_the_default() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let roles = format!("{}/Roles", world.base());
    let form = [("FriendlyName", "d"), ("Type", "deployment"), ("Permission", "joinChannel")];
    let deployment = app.post(&roles, &form).await.expect(201).str("sid");
    let user = format!("{}/Users/jane", world.base());
    app.post(&user, &[("RoleSid", &deployment)]).await.expect(200);
    let member = format!("{}/Members/jane", world.inside());
    app.post(&member, &[("RoleSid", &world.role)]).await.expect(200);
    app.delete(&format!("{}/Invites/{}", world.inside(), world.invite)).await.expect(204);
    let form = [("Identity", "guest"), ("RoleSid", world.role.as_str())];
    let invite = app.post(&format!("{}/Invites", world.inside()), &form).await.expect(201).str("sid");
    for role in [&deployment, &world.role] {
        app.delete(&format!("{roles}/{role}")).await.expect(204);
        app.get(&format!("{roles}/{role}")).await.refused(404, 20404);
    }
    assert_eq!(app.get(&user).await.str("role_sid"), world.service_role);
    assert_eq!(app.get(&member).await.str("role_sid"), world.channel_role);
    let invite = app.get(&format!("{}/Invites/{invite}", world.inside())).await;
    assert_eq!(invite.str("role_sid"), world.channel_role);
    for role in [&world.service_role, &world.channel_role, &world.creator_role] {
        let answer = app.delete(&format!("{roles}/{role}")).await;
        assert_eq!(answer.str("message"), format!("Role {role} is in use"));
        answer.refused(400, 20001);
    }
}

#[actix_web::test]
async fn the_creator_of_a_channel_is_its_admin() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    app.post(&format!("{}/Channels", world.base()), &[("UniqueName", "own"), ("CreatedBy", "guest")])
        .await
        .expect(201);
    let members = format!("{}/Channels/own/Members", world.base());
    let creator = app.post(&members, &[("Identity", "guest")]).await.expect(201);
    assert_eq!(creator.str("role_sid"), world.creator_role);
    let other = app.post(&members, &[("Identity", "jane")]).await.expect(201);
    assert_eq!(other.str("role_sid"), world.channel_role);
}
