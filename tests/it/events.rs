//! The numbers that real-time clients will follow: each change moves the counter of what it changes and of nothing else,
//! no counter goes back, and what was removed leaves a tombstone.

use crate::app::TestApp;
use crate::world::World;

/// A request, and which counters it must move (true), must not (false), or may.
type Step<'a> = (&'a str, &'a [(&'a str, &'a str)], [Option<bool>; 5]);

/// Document, roster and messages of the channel; channels and info of jane.
async fn counters(app: &TestApp, world: &World) -> [i64; 5] {
    [
        app.number("SELECT document_event FROM channel WHERE sid = $1", &world.channel).await,
        app.number("SELECT roster_event FROM channel WHERE sid = $1", &world.channel).await,
        app.number("SELECT messages_event FROM channel WHERE sid = $1", &world.channel).await,
        app.number("SELECT my_channels_event FROM chat_user WHERE sid = $1", &world.user).await,
        app.number("SELECT info_event FROM chat_user WHERE sid = $1", &world.user).await,
    ]
}

#[actix_web::test]
async fn each_change_moves_the_counter_of_what_it_changes() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (base, inside) = (world.base(), world.inside());
    let message = format!("{inside}/Messages/{}", world.message);
    let user = format!("{base}/Users/jane");
    let member = format!("{inside}/Members/jane");
    let messages = format!("{inside}/Messages");
    // What is done, and which counters must move and which must not; None where either will do.
    let (yes, no, any) = (Some(true), Some(false), None);
    let steps: &[Step<'_>] = &[
        (&inside, &[("FriendlyName", "new")], [yes, no, no, no, no]),
        (&messages, &[("Body", "x")], [any, no, yes, no, no]),
        (&message, &[("Body", "y")], [no, no, yes, no, no]),
        (&message, &[("Attributes", "{}")], [no, no, yes, no, no]),
        (&member, &[("Attributes", "{\"a\": 1}")], [no, yes, no, any, no]),
        (&member, &[("LastConsumedMessageIndex", "0")], [no, yes, no, any, no]),
        (&format!("{user}/Channels/general"), &[("NotificationLevel", "muted")], [no, any, no, yes, no]),
        (&user, &[("FriendlyName", "Jane")], [no, no, no, no, yes]),
        (&user, &[("Attributes", "{\"b\": 1}")], [no, no, no, no, yes]),
        (&format!("{inside}/Members"), &[("Identity", "third")], [any, yes, no, no, no]),
        (&format!("{base}/Channels"), &[("UniqueName", "another")], [no, no, no, no, no]),
        (&format!("{base}/Channels/another/Members"), &[("Identity", "jane")], [no, no, no, yes, no]),
    ];
    for (path, form, moved) in steps {
        let before = counters(&app, &world).await;
        let answer = app.post(path, form).await;
        assert!(answer.status < 300, "{}: {}", answer.what, answer.text);
        let after = counters(&app, &world).await;
        for ((before, after), moved) in before.iter().zip(&after).zip(moved) {
            assert!(
                after >= before && moved.is_none_or(|moved| moved == (after > before)),
                "{path} {form:?}: {before} {after} {moved:?}"
            );
        }
        // A refused change moves nothing.
        let before = counters(&app, &world).await;
        app.post(
            path,
            &[
                ("Attributes", "{"),
                ("DateCreated", "x"),
                ("NotificationLevel", "x"),
                ("Identity", "jane"),
                ("Body", "z"),
            ],
        )
        .await;
        assert_eq!(counters(&app, &world).await, before, "{path}");
    }
}

#[actix_web::test]
async fn what_is_removed_leaves_a_tombstone() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let before = counters(&app, &world).await;
    app.delete(&format!("{}/Messages/{}", world.inside(), world.message)).await.expect(204);
    let after = counters(&app, &world).await;
    assert!(after[2] > before[2]);
    let of_messages = "SELECT event FROM tombstone WHERE object = 'messages' AND item_sid = $1";
    assert_eq!(app.number(of_messages, &world.message).await, after[2]);
    app.delete(&format!("{}/Members/jane", world.inside())).await.expect(204);
    let last = counters(&app, &world).await;
    assert!(last[1] > after[1] && last[3] > after[3]);
    let of_roster = "SELECT event FROM tombstone WHERE object = 'roster' AND item_sid = $1";
    assert_eq!(app.number(of_roster, &world.member).await, last[1]);
    let of_user = "SELECT event FROM tombstone WHERE object = 'my_channels' AND owner_sid = $1";
    assert_eq!(app.number(of_user, &world.user).await, last[3]);
    // An invite that is revoked leaves the list of its user.
    app.delete(&format!("{}/Invites/{}", world.inside(), world.invite)).await.expect(204);
    let mine = app.number("SELECT my_channels_event FROM chat_user WHERE sid = $1", &world.guest).await;
    assert_eq!(app.number(of_user, &world.guest).await, mine);
}

#[actix_web::test]
async fn a_deleted_channel_is_gone_from_its_members_lists() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    app.delete(&world.inside()).await.expect(204);
    for user in [&world.user, &world.guest] {
        let mine = app.number("SELECT my_channels_event FROM chat_user WHERE sid = $1", user).await;
        let event = "SELECT event FROM tombstone WHERE object = 'my_channels' AND owner_sid = $1";
        assert_eq!(app.number(event, user).await, mine);
    }
}

#[actix_web::test]
async fn counters_of_rows_stand_in_the_order_of_changes() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let messages = format!("{}/Messages", world.inside());
    let mut last = 0;
    for n in 0..5 {
        let sid = app.post(&messages, &[("Body", "x")]).await.str("sid");
        let created = app.number("SELECT created_event FROM message WHERE sid = $1", &sid).await;
        assert!(created > last, "message {n}");
        app.post(&format!("{messages}/{sid}"), &[("Body", "y")]).await.expect(200);
        last = app.number("SELECT changed_event FROM message WHERE sid = $1", &sid).await;
        assert!(last > created);
        assert_eq!(
            last,
            app.number("SELECT messages_event FROM channel WHERE sid = $1", &world.channel).await
        );
    }
}
