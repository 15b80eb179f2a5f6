//! Many requests at once: of creations that collide one wins, and what is counted adds up.

use futures_util::future::join_all;

use crate::app::TestApp;
use crate::world::World;

async fn codes(app: &TestApp, path: &str, form: &[(&str, &str)], n: usize) -> Vec<i64> {
    let answers = join_all((0..n).map(|_| app.post(path, form))).await;
    let code = |answer: &crate::app::Answer| answer.json["code"].as_i64().unwrap_or(answer.status.into());
    let mut codes: Vec<_> = answers.iter().map(code).collect();
    codes.sort_unstable();
    codes
}

#[actix_web::test]
async fn of_creations_that_collide_one_wins() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for (path, form, conflict) in [
        (format!("{}/Users", world.base()), ("Identity", "same"), 50201),
        (format!("{}/Channels", world.base()), ("UniqueName", "same"), 50307),
        (format!("{}/Members", world.inside()), ("Identity", "new"), 50404),
        (format!("{}/Invites", world.inside()), ("Identity", "same"), 50212),
    ] {
        let codes = codes(&app, &path, &[form], 12).await;
        let mut wanted = vec![conflict; 12];
        wanted[0] = 201;
        assert_eq!(codes, wanted, "{path}");
    }
    let user = app.get(&format!("{}/Users/new", world.base())).await.expect(200);
    assert_eq!(user.int("joined_channels_count"), 1);
    assert_eq!(app.get(&world.inside()).await.int("members_count"), 2);
}

#[actix_web::test]
async fn limits_hold_when_many_ask_at_once() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    app.post(&world.base(), &[("Limits.ChannelMembers", "4")]).await.expect(200);
    let path = format!("{}/Members", world.inside());
    let names: Vec<_> = (0..12).map(|n| format!("user {n}")).collect();
    let forms: Vec<_> = names.iter().map(|name| [("Identity", name.as_str())]).collect();
    let answers = join_all(forms.iter().map(|form| app.post(&path, form))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.json["code"] == 50403));
    assert_eq!(app.get(&world.inside()).await.int("members_count"), 4);
    let webhooks = format!("{}/Webhooks", world.inside());
    let form = [("Type", "studio"), ("Configuration.FlowSid", "FW0123456789abcdef0123456789abcdef")];
    assert_eq!(codes(&app, &webhooks, &form, 8).await, [201, 201, 201, 201, 50321, 50321, 50321, 50321]);
}

#[actix_web::test]
async fn indexes_are_handed_out_once_and_counts_add_up() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = format!("{}/Messages", world.inside());
    let answers = join_all((0..40).map(|_| app.post(&path, &[("Body", "x")]))).await;
    let mut made: Vec<_> = answers.iter().map(|answer| (answer.int("index"), answer.str("sid"))).collect();
    made.sort();
    assert_eq!(made.iter().map(|(index, _)| *index).collect::<Vec<_>>(), (1..41).collect::<Vec<_>>());
    // Deleted while others are made, some twice.
    let paths: Vec<_> = made.iter().take(20).map(|(_, sid)| format!("{path}/{sid}")).collect();
    let deleting = join_all(paths.iter().chain(&paths).map(|path| app.delete(path)));
    let making = join_all((0..10).map(|_| app.post(&path, &[("Body", "x")])));
    let (deleted, _) = futures_util::future::join(deleting, making).await;
    assert_eq!(deleted.iter().filter(|answer| answer.status == 204).count(), 20);
    let channel = app.get(&world.inside()).await;
    assert_eq!(channel.int("messages_count"), 1 + 40 - 20 + 10);
    let newest = app.get(&format!("{path}?Order=desc&PageSize=1")).await;
    assert_eq!(channel.str("/links/last_message"), newest.rows("url")[0]);
    let counted = app.number("SELECT COUNT(*) FROM message WHERE channel_sid = $1", &world.channel).await;
    assert_eq!(counted, channel.int("messages_count"));
}

#[actix_web::test]
async fn a_channel_deleted_amid_writes_leaves_no_orphans() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let names: Vec<_> = (0..10).map(|n| format!("user {n}")).collect();
    let forms: Vec<_> = names.iter().map(|name| [("Identity", name.as_str())]).collect();
    let (members, messages) = (format!("{}/Members", world.inside()), format!("{}/Messages", world.inside()));
    let joining = join_all(forms.iter().map(|form| app.post(&members, form)));
    let writing = join_all((0..10).map(|_| app.post(&messages, &[("Body", "x")])));
    let inside = world.inside();
    let (_, _, deleted) = futures_util::future::join3(joining, writing, app.delete(&inside)).await;
    deleted.expect(204);
    app.purged().await;
    for sql in ["SELECT COUNT(*) FROM member", "SELECT COUNT(*) FROM message", "SELECT COUNT(*) FROM invite"]
    {
        assert_eq!(app.number(sql, "").await, 0, "{sql}");
    }
    assert_eq!(app.number("SELECT COALESCE(MAX(joined_channels_count), 0) FROM chat_user", "").await, 0);
}
