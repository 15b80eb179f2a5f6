//! What holds for every route: methods, hosts, credentials, paths, headers, and the order in which a request is refused.

use std::io::{Read as _, Write as _};

use crate::app::{ACCOUNT, Ask, CHAT, IP_MESSAGING, STRANGER, TOKEN, TestApp};
use crate::openapi::documents;
use crate::world::World;

#[actix_web::test]
async fn c1_every_path_refuses_the_methods_it_does_not_have() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for document in documents() {
        let operations = document.operations();
        for operation in &operations {
            let path = world.path(operation.path);
            let has = |method| operations.iter().any(|it| it.path == operation.path && it.method == method);
            for method in ["GET", "POST", "DELETE", "PUT", "PATCH"].into_iter().filter(|method| !has(*method))
            {
                let answer =
                    app.send(Ask { method, path: &path, host: document.host, ..Ask::default() }).await;
                let allow = answer.header("allow").unwrap_or_default().to_owned();
                for other in ["GET", "POST", "DELETE"] {
                    assert_eq!(allow.contains(other), has(other), "{}: Allow: {allow}", answer.what);
                }
                assert!(allow.contains("OPTIONS"), "{allow}");
                answer.refused(405, 20004);
            }
        }
    }
}

#[actix_web::test]
async fn c1_every_get_is_answered_to_head_without_a_body() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for operation in documents()[1].operations().iter().filter(|operation| operation.method == "GET") {
        let path = world.path(operation.path);
        let get = app.get(&path).await.expect(200);
        let head = app.send(Ask { method: "HEAD", path: &path, ..Ask::default() }).await.expect(200);
        assert_eq!(head.text, "", "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("content-length"), Some(get.text.len().to_string().as_str()), "{path}");
    }
}

#[actix_web::test]
async fn c4_urls_name_the_host_and_the_version_of_the_request() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for (document, host) in documents().iter().map(|document| (document, document.host)) {
        for operation in document.operations().iter().filter(|operation| operation.method == "GET") {
            let path = world.path(operation.path);
            let answer = app.send(Ask { path: &path, host, ..Ask::default() }).await.expect(200);
            let wanted = format!("http://{host}/{}/", document.version);
            let urls = answer.text.split('"').filter(|text| text.starts_with("http://"));
            let mut seen = 0;
            for url in urls {
                assert!(url.starts_with(&wanted), "{}: {url}", answer.what);
                seen += 1;
            }
            // User channels of v1 have links only.
            assert!(seen > 0, "{}", answer.what);
        }
    }
    let own = format!("{}:7777", "localhost");
    let service = app.send(Ask { path: &world.base(), host: &own, ..Ask::default() }).await;
    assert_eq!(service.str("url"), format!("http://localhost:7777{}", world.base()));
}

#[actix_web::test]
async fn c4_a_base_url_beats_the_host() {
    let app = TestApp::with(|config| config.base_url = Some("https://chat.example.com".into())).await;
    let answer = app.send(Ask { path: "/v2/Credentials", host: "other", ..Ask::default() }).await;
    assert!(
        answer.str("/meta/url").starts_with("https://chat.example.com/v2/Credentials?"),
        "{}",
        answer.text
    );
}

#[actix_web::test]
async fn c25_credentials_come_before_everything() {
    let app = TestApp::new().await;
    for path in ["/v2/Services", "/nothing", "/v2/Services/", "/v9/x"] {
        for auth in [None, Some((ACCOUNT, "wrong")), Some(("AC123", TOKEN)), Some(("", ""))] {
            let answer = app.send(Ask { path, auth, ..Ask::default() }).await;
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"Twilio API\""));
            answer.refused(401, 20003);
        }
    }
    let headers = [("Authorization", "Bearer abc")];
    app.send(Ask { path: "/v2/Services", auth: None, headers: &headers, ..Ask::default() })
        .await
        .refused(401, 20003);
}

#[actix_web::test]
async fn another_account_sees_nothing() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let auth = Some((STRANGER, TOKEN));
    for operation in documents()[1].operations() {
        let path = world.path(operation.path);
        if path.matches('/').count() == 2 {
            continue;
        }
        let form: &[_] =
            if operation.method == "POST" { &[("FriendlyName", "x"), ("Body", "x")] } else { &[] };
        let ask = Ask { method: operation.method, path: &path, auth, form, ..Ask::default() };
        app.send(ask).await.refused(404, 20404);
    }
    for list in ["/v2/Services", "/v2/Credentials"] {
        let list = app.send(Ask { path: list, auth, ..Ask::default() }).await.expect(200);
        assert_eq!(list.rows("sid"), Vec::<String>::new());
    }
}

#[actix_web::test]
async fn paths_are_exact_but_for_json() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let base = world.base();
    let with = app.get(&format!("{base}/Channels/general.json")).await.expect(200);
    let without = app.get(&format!("{base}/Channels/general")).await.expect(200);
    assert_eq!(with.text, without.text);
    let list = app.get(&format!("{base}/Channels.json?PageSize=5")).await.expect(200);
    assert!(list.str("/meta/url").contains("/Channels?PageSize=5"), "{}", list.text);
    let upper = world.channel[2..].to_uppercase();
    let shouted = app.get(&format!("{base}/Channels/CH{upper}")).await.expect(200);
    assert_eq!(shouted.str("sid"), world.channel);
    for path in [
        format!("{base}/Channels/"),
        format!("{base}//Channels"),
        format!("{base}/channels"),
        format!("/v2/services/{}", world.service),
        format!("/V2/Services/{}", world.service),
        format!("/v4/Services/{}", world.service),
        format!("/v3/Services/{}", world.service),
        format!("{base}/Channels/general/Members/jane/More"),
        format!("/v1/Services/{}/Bindings", world.service),
        format!("/v1/Services/{}/Channels/general/Webhooks", world.service),
        "/".to_owned(),
    ] {
        app.get(&path).await.refused(404, 20404);
    }
    let answer = app.get(&format!("{base}/Channels/a%20b%2Fc.json?PageSize=1")).await;
    let wanted = format!("The requested resource /Services/{}/Channels/a b/c was not found", world.service);
    assert_eq!(answer.str("message"), wanted);
}

#[actix_web::test]
async fn c26_c27_headers_of_every_answer() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let preflight =
        app.send(Ask { method: "OPTIONS", path: &world.base(), auth: None, ..Ask::default() }).await;
    assert!(matches!(preflight.status, 200 | 204), "{}", preflight.status);
    let deleted = app.delete(&format!("{}/Users/guest", world.base())).await.expect(204);
    assert_eq!(deleted.header("content-type"), None);
    let missing = app.get("/nothing").await;
    let listed = app.get("/v2/Services").await;
    for answer in [preflight, deleted, missing, listed] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        for name in ["methods", "headers", "credentials"] {
            assert!(answer.header(&format!("access-control-allow-{name}")).is_some(), "{name}");
        }
        let id = answer.header("twilio-request-id").unwrap();
        assert!(crate::openapi::is_sid("RQ", id), "{id}");
        assert!(answer.header("twilio-concurrent-requests").unwrap().parse::<u32>().is_ok());
    }
}

#[actix_web::test]
async fn c28_odd_headers_of_sdks_are_served() {
    let app = TestApp::new().await;
    for encoding in ["utf-8", "gzip", "identity", "*;q=0"] {
        let headers =
            [("Accept-Encoding", encoding), ("Accept-Charset", "utf-8"), ("Accept", "application/json")];
        let answer =
            app.send(Ask { path: "/v2/Services", headers: &headers, ..Ask::default() }).await.expect(200);
        assert_eq!(answer.header("content-encoding"), None);
    }
    let basic =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{ACCOUNT}:{TOKEN}"));
    let head = format!(
        "POST /v2/Services HTTP/1.1\r\nHost: {CHAT}\r\nAuthorization: Basic {basic}\r\nExpect: 100-continue\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\nConnection: close\r\n\r\n"
    );
    // On a thread of its own: this one may be what the database's connections are served by.
    let address = app.address.clone();
    let talk = move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 100");
        stream.write_all(b"FriendlyName=a").unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        rest
    };
    let rest = actix_web::rt::task::spawn_blocking(talk).await.unwrap();
    assert!(rest.contains("HTTP/1.1 201"), "{rest}");
}

#[actix_web::test]
async fn what_is_wrong_is_told_in_one_order() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let base = world.base();
    let nowhere = "/v2/Services/IS00000000000000000000000000000000";
    let bad = [("Attributes", "{"), ("DateCreated", "never"), ("PageSize", "0")];
    // An unknown parent beats a wrong method's form, a missing and a malformed parameter.
    for path in [
        format!("{nowhere}/Channels"),
        format!("{nowhere}/Users"),
        format!("{nowhere}/Roles"),
        format!("{base}/Channels/nope/Members"),
        format!("{base}/Channels/nope/Messages"),
        format!("{base}/Channels/nope/Invites"),
        format!("{base}/Channels/nope/Webhooks"),
        format!("{base}/Channels/nope"),
        format!("{base}/Users/nope"),
        format!("{base}/Users/nope/Channels/general"),
        format!("{}/Members/nope", world.inside()),
        format!("{}/Messages/nope", world.inside()),
        format!("{base}/Roles/nope"),
    ] {
        app.post(&path, &bad).await.refused(404, 20404);
        if !path.ends_with("nope") && !path.ends_with("general") {
            app.get(&format!("{path}?PageSize=0")).await.refused(404, 20404);
        }
    }
    // The method beats the parent.
    let method = "DELETE";
    app.send(Ask { method, path: &format!("{nowhere}/Channels"), ..Ask::default() })
        .await
        .refused(405, 20004);
    // A missing parameter beats a malformed one; a malformed one beats a reference; a reference beats a conflict.
    let members = format!("{}/Members", world.inside());
    app.post(&members, &[("LastConsumedMessageIndex", "x")]).await.refused(400, 20001);
    app.post(&members, &[("Identity", "jane"), ("RoleSid", "RL1"), ("Attributes", "{")])
        .await
        .refused(400, 50304);
    app.post(&members, &[("Identity", "jane"), ("RoleSid", &world.service_role)]).await.refused(400, 50101);
    app.post(&members, &[("Identity", "jane")]).await.refused(409, 50404);
    // Nothing recognised in an update.
    for path in [base.clone(), world.inside(), format!("{members}/jane"), format!("{base}/Users/jane")] {
        app.post(&path, &[("Nonsense", "1")]).await.refused(400, 20161);
    }
}

#[actix_web::test]
async fn both_hosts_show_the_same_things() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = world.inside();
    let chat = app.get(&path).await;
    let older = app.send(Ask { path: &path, host: IP_MESSAGING, ..Ask::default() }).await;
    assert_eq!(chat.text.replace(CHAT, IP_MESSAGING), older.text);
}
