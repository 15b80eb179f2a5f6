//! Lists: their envelope, the way through their pages while rows come and go, and filters.

use partyline::domain::binding::BindingType;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp, encode};
use crate::openapi::documents;
use crate::world::World;

/// Every page from a path on, and the texts of a member of all rows.
async fn walk(app: &TestApp, path: &str, member: &str) -> (Vec<Answer>, Vec<String>) {
    let (mut pages, mut rows) = (vec![app.get(path).await.expect(200)], Vec::new());
    loop {
        let page = pages.last().unwrap();
        rows.extend(page.rows(member));
        let Some(next) = page.json["meta"]["next_page_url"].as_str().map(str::to_owned) else { break };
        assert!(pages.len() < 100, "the pages of {path} do not end");
        pages.push(app.follow(&next).await.expect(200));
    }
    (pages, rows)
}

async fn many_channels(app: &TestApp, base: &str, n: usize) -> Vec<String> {
    let mut sids = Vec::new();
    for _ in 0..n {
        sids.push(
            app.post(&format!("{base}/Channels"), &[("FriendlyName", "x")]).await.expect(201).str("sid"),
        );
    }
    sids
}

#[actix_web::test]
async fn c5_meta_has_seven_members_with_nulls_at_the_ends() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for document in documents() {
        for operation in document.operations().iter().filter(|it| it.id().starts_with("List")) {
            let list = app.get(&world.path(operation.path)).await.expect(200);
            let meta = list.json["meta"].as_object().unwrap();
            let mut names: Vec<_> = meta.keys().map(String::as_str).collect();
            names.sort_unstable();
            let wanted =
                ["first_page_url", "key", "next_page_url", "page", "page_size", "previous_page_url", "url"];
            assert_eq!(names, wanted, "{}", list.what);
            assert_eq!(list.json.as_object().unwrap().len(), 2);
            assert_eq!((&meta["previous_page_url"], &meta["next_page_url"]), (&Value::Null, &Value::Null));
            assert_eq!(meta["page"], json!(0));
            let size = if operation.id() == "ListChannelWebhook" { 5 } else { 50 };
            assert_eq!(meta["page_size"], json!(size), "{}", list.what);
        }
    }
}

#[actix_web::test]
async fn page_sizes_are_clamped_and_checked() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (v1, v2) = (world.base().replace("v2", "v1"), world.base());
    for (path, size) in [
        (format!("{v2}/Channels"), 100),
        (format!("{v1}/Channels"), 1000),
        ("/v1/Services".into(), 100),
        ("/v2/Services".into(), 100),
        ("/v2/Credentials".into(), 1000),
        (format!("{v2}/Users/jane/Channels"), 50),
        (format!("{v1}/Users/jane/Channels"), 1000),
        (format!("{v2}/Bindings"), 50),
        (format!("{}/Webhooks", world.inside()), 5),
    ] {
        let list = app.get(&format!("{path}?PageSize=1000")).await.expect(200);
        assert_eq!(list.int("/meta/page_size"), size, "{path}");
    }
    for bad in [
        "PageSize=0",
        "PageSize=-1",
        "PageSize=x",
        "Page=x",
        "PageToken=x",
        "PageToken=PTxx",
        "PageToken=PTIS1",
    ] {
        app.get(&format!("{v2}/Channels?{bad}")).await.refused(400, 20001);
    }
    app.get(&format!("{}/Messages?PageToken=PT-1", world.inside())).await.refused(400, 19038);
    app.get(&format!("{}/Messages?Order=up", world.inside())).await.refused(400, 20001);
}

#[actix_web::test]
async fn c6_pages_visit_each_row_once_and_lead_back() {
    let app = TestApp::new().await;
    let base =
        format!("/v2/Services/{}", app.post("/v2/Services", &[("FriendlyName", "s")]).await.str("sid"));
    let sids = many_channels(&app, &base, 10).await;
    let (pages, rows) = walk(&app, &format!("{base}/Channels?PageSize=3"), "sid").await;
    assert_eq!(rows, sids);
    assert_eq!(pages.len(), 4);
    assert_eq!(pages.iter().map(|page| page.int("/meta/page")).collect::<Vec<_>>(), [0, 1, 2, 3]);
    for (n, page) in pages.iter().enumerate().skip(1) {
        let previous = app.follow(&page.str("/meta/previous_page_url")).await.expect(200);
        assert_eq!(previous.rows("sid"), pages[n - 1].rows("sid"));
        assert_eq!(previous.int("/meta/page"), i64::try_from(n).unwrap() - 1);
        let first = app.follow(&page.str("/meta/first_page_url")).await.expect(200);
        assert_eq!(first.rows("sid"), pages[0].rows("sid"));
        let again = app.follow(&page.str("/meta/url")).await.expect(200);
        assert_eq!(again.text, page.text);
    }
    // A full last page has no empty one behind it.
    let (pages, _) = walk(&app, &format!("{base}/Channels?PageSize=5"), "sid").await;
    assert_eq!(pages.len(), 2);
}

#[actix_web::test]
async fn c6_rows_that_come_and_go_disturb_no_other() {
    let app = TestApp::new().await;
    let base =
        format!("/v2/Services/{}", app.post("/v2/Services", &[("FriendlyName", "s")]).await.str("sid"));
    let sids = many_channels(&app, &base, 9).await;
    let first = app.get(&format!("{base}/Channels?PageSize=3")).await;
    let next = first.str("/meta/next_page_url");
    // The row that the token names, one before it and one after it go; two come.
    for gone in [3, 1, 5] {
        app.delete(&format!("{base}/Channels/{}", sids[gone])).await.expect(204);
    }
    let late = many_channels(&app, &base, 2).await;
    let path = next.strip_prefix("http://chat.twilio.com").unwrap();
    let (pages, rows) = walk(&app, path, "sid").await;
    let wanted: Vec<_> = [4, 6, 7, 8].iter().map(|n| sids[*n].clone()).chain(late).collect();
    assert_eq!(rows, wanted);
    let back = app.follow(&pages[0].str("/meta/previous_page_url")).await.expect(200);
    // A page is full where the list allows: two rows are left before the page, and the next one fills it up.
    assert_eq!(back.rows("sid"), [sids[0].clone(), sids[2].clone(), sids[4].clone()]);
}

#[actix_web::test]
async fn c7_filters_survive_in_urls() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let base = world.base();
    let channels = format!("{base}/Channels");
    for n in 0..5 {
        let kind = if n == 2 { "public" } else { "private" };
        app.post(&channels, &[("Type", kind)]).await.expect(201);
    }
    let (pages, rows) = walk(&app, &format!("{channels}?Type=private&PageSize=1"), "type").await;
    assert_eq!(rows, ["private"; 4]);
    for page in &pages {
        assert!(page.str("/meta/url").contains("/Channels?Type=private&PageSize=1&Page="), "{}", page.text);
        assert!(page.str("/meta/first_page_url").ends_with("/Channels?Type=private&PageSize=1&Page=0"));
    }
    let (pages, rows) = walk(&app, &format!("{channels}?Type=public&Type=private&PageSize=4"), "sid").await;
    assert_eq!((pages.len(), rows.len()), (2, 6));
    assert!(pages[1].str("/meta/url").contains("?Type=public&Type=private&PageSize=4&Page=1"));
    app.get(&format!("{channels}?Type=secret")).await.refused(400, 20001);
    let members = format!("{}/Members", world.inside());
    let names = ["a@b", "c d&e", "f+g", "ü"];
    for name in names {
        app.post(&members, &[("Identity", name)]).await.expect(201);
    }
    let query: Vec<_> =
        names.iter().chain(&["nobody"]).map(|name| format!("Identity={}", encode(name))).collect();
    let (pages, rows) = walk(&app, &format!("{members}?{}&PageSize=2", query.join("&")), "identity").await;
    assert_eq!(rows, names);
    assert!(
        pages[0].str("/meta/next_page_url").contains("Identity=a%40b&Identity=c%20d%26e"),
        "{}",
        pages[0].text
    );
    let none = app.get(&format!("{members}?Identity=nobody")).await.expect(200);
    assert_eq!(none.rows("sid"), Vec::<String>::new());
}

#[actix_web::test]
async fn bindings_are_filtered_and_paged() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for (n, kind) in [BindingType::Fcm, BindingType::Gcm, BindingType::Fcm].into_iter().enumerate() {
        world.register(&app, if n == 1 { "guest" } else { "jane" }, kind, &format!("device {n}")).await;
    }
    let bindings = format!("{}/Bindings", world.base());
    let (_, rows) = walk(&app, &format!("{bindings}?PageSize=1"), "binding_type").await;
    assert_eq!(rows, ["apn", "fcm", "gcm", "fcm"]);
    let (_, rows) =
        walk(&app, &format!("{bindings}?BindingType=fcm&BindingType=gcm&PageSize=1"), "endpoint").await;
    assert_eq!(rows, ["device 0", "device 1", "device 2"]);
    let (_, rows) =
        walk(&app, &format!("{bindings}?Identity=jane&BindingType=fcm&PageSize=1"), "endpoint").await;
    assert_eq!(rows, ["device 0", "device 2"]);
    let (_, rows) =
        walk(&app, &format!("{}/Users/jane/Bindings?BindingType=apn", world.base()), "user_sid").await;
    assert_eq!(rows, [world.user]);
    app.get(&format!("{bindings}?BindingType=sms")).await.refused(400, 50209);
}

#[actix_web::test]
async fn c17_messages_are_paged_by_index() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let messages = format!("{}/Messages", world.inside());
    let mut sids = vec![world.message.clone()];
    for n in 1..12 {
        sids.push(app.post(&messages, &[("Body", &n.to_string())]).await.expect(201).str("sid"));
    }
    let (pages, rows) = walk(&app, &format!("{messages}?PageSize=5"), "index").await;
    assert_eq!(rows, (0..12).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(pages[0].str("/meta/next_page_url").ends_with("?PageSize=5&Page=1&PageToken=PT5"));
    let back = app.follow(&pages[2].str("/meta/previous_page_url")).await;
    assert_eq!(back.rows("index"), ["5", "6", "7", "8", "9"]);
    let (pages, rows) = walk(&app, &format!("{messages}?Order=desc&PageSize=5"), "index").await;
    assert_eq!(rows, (0..12).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(pages[0].str("/meta/next_page_url").ends_with("?Order=desc&PageSize=5&Page=1&PageToken=PT6"));
    let back = app.follow(&pages[1].str("/meta/previous_page_url")).await;
    assert_eq!(back.rows("index"), ["11", "10", "9", "8", "7"]);
    // Made by hand, also of a message that is gone.
    app.delete(&format!("{messages}/{}", sids[10])).await.expect(204);
    let by_hand = app.get(&format!("{messages}?PageToken=PT10")).await.expect(200);
    assert_eq!((by_hand.rows("index"), by_hand.int("/meta/page")), (vec!["11".to_owned()], 0));
    let by_hand = app.get(&format!("{messages}?Order=desc&PageToken=PT10&PageSize=2")).await.expect(200);
    assert_eq!(by_hand.rows("index"), ["9", "8"]);
    assert_eq!(
        app.get(&format!("{messages}?PageToken=PT99")).await.expect(200).rows("index"),
        Vec::<String>::new()
    );
    // An index is never used again.
    app.delete(&format!("{messages}/{}", sids[11])).await.expect(204);
    assert_eq!(app.post(&messages, &[("Body", "x")]).await.int("index"), 12);
}
