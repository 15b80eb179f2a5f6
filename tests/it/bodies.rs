//! How request bodies are read: form, multipart, what is neither, and values of each kind.

use serde_json::json;

use crate::app::{Ask, TestApp};
use crate::world::World;

const MULTIPART: &str = "--x\r\nContent-Disposition: form-data; name=\"FriendlyName\"\r\n\r\nü & =\r\n\
    --x\r\nContent-Disposition: form-data; name=\"UniqueName\"\r\n\r\nmulti\r\n--x--\r\n";

#[actix_web::test]
async fn c8_multipart_and_form_do_the_same_and_json_is_not_read() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = format!("{}/Channels", world.base());
    let body = Some(("multipart/form-data; boundary=x", MULTIPART));
    let multipart = app.send(Ask { method: "POST", path: &path, body, ..Ask::default() }).await.expect(201);
    assert_eq!(
        (multipart.str("friendly_name"), multipart.str("unique_name")),
        ("ü & =".into(), "multi".into())
    );
    for kind in ["application/x-www-form-urlencoded; charset=UTF-8", "", "text/plain"] {
        let body = Some((kind, "FriendlyName=%C3%BC+%26+%3D"));
        let form = app.send(Ask { method: "POST", path: &path, body, ..Ask::default() }).await.expect(201);
        assert_eq!(form.str("friendly_name"), "ü & =", "{kind}");
    }
    let path = format!("{}/Members", world.inside());
    let body = Some(("application/json", r#"{"Identity": "x"}"#));
    let answer = app.send(Ask { method: "POST", path: &path, body, ..Ask::default() }).await;
    assert_eq!(answer.str("message"), "Missing required parameter Identity in the post body");
    answer.refused(400, 20001);
    app.post(&format!("{path}?Identity=x"), &[("Other", "1")]).await.refused(400, 20001);
}

#[actix_web::test]
async fn bodies_that_cannot_be_read() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = format!("{}/Channels", world.base());
    let kind = "application/x-www-form-urlencoded";
    let body = Some((kind, "FriendlyName=%FF%FE"));
    app.send(Ask { method: "POST", path: &path, body, ..Ask::default() }).await.refused(400, 20001);
    let long = format!("FriendlyName={}", "x".repeat(3_000_000));
    let ask = Ask { method: "POST", path: &path, body: Some((kind, &long)), ..Ask::default() };
    let answer = app.send(ask).await;
    assert!(matches!(answer.json["code"].as_i64(), Some(20413 | 50003)), "{}", answer.text);
}

#[actix_web::test]
async fn values_of_each_kind() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let base = world.base();
    for (text, value) in [("true", true), ("FALSE", false), ("1", true), ("0", false), ("True", true)] {
        let answer = app.post(&base, &[("ReadStatusEnabled", text)]).await.expect(200);
        assert_eq!(answer.json["read_status_enabled"], json!(value), "{text}");
    }
    for text in ["yes", "2", "t"] {
        app.post(&base, &[("ReadStatusEnabled", text)]).await.refused(400, 20001);
    }
    for (text, code) in [("x", 50053), ("-1", 50053), ("1.5", 50053), ("99999999999999999999", 50053)] {
        app.post(&base, &[("TypingIndicatorTimeout", text)]).await.refused(400, code);
    }
    // The last of a repeated parameter wins.
    let twice = [("FriendlyName", "a"), ("FriendlyName", "b")];
    assert_eq!(app.post(&base, &twice).await.expect(200).str("friendly_name"), "b");
}

#[actix_web::test]
async fn c13_dates_of_every_form_are_read_and_one_form_is_written() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let channel = world.inside();
    for text in [
        "2015-12-16T22:18:37Z",
        "2015-12-16T22:18:37.1Z",
        "2015-12-16T22:18:37.999999999Z",
        "2015-12-17T00:18:37+02:00",
        "2015-12-17T00:18:37+0200",
        "2015-12-16T22:18:37",
        "2015-12-16T22:18:37.123",
    ] {
        let answer = app.post(&channel, &[("DateCreated", text), ("DateUpdated", text)]).await.expect(200);
        assert_eq!(answer.str("date_created"), "2015-12-16T22:18:37Z", "{text}");
        assert_eq!(answer.str("date_updated"), "2015-12-16T22:18:37Z", "{text}");
    }
    for text in ["yesterday", "2015-13-16T22:18:37Z", "2015-12-16", "1450304317"] {
        app.post(&channel, &[("DateCreated", text)]).await.refused(400, 50308);
        app.post(&channel, &[("DateUpdated", text)]).await.refused(400, 50309);
    }
}

#[actix_web::test]
async fn c10_attributes_come_back_byte_for_byte() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for path in [
        world.inside(),
        format!("{}/Users/jane", world.base()),
        format!("{}/Members/jane", world.inside()),
        format!("{}/Messages/{}", world.inside(), world.message),
    ] {
        for text in
            [r#"{ "b" :1,"a":"ü\u00fc\n\"😀" }"#, "[]", "null", "\"x\"", "1.50", "true", "{\"a\":1,\"a\":2}"]
        {
            let answer = app.post(&path, &[("Attributes", text)]).await.expect(200);
            assert_eq!(answer.str("attributes"), text, "{path}");
            assert_eq!(app.get(&path).await.str("attributes"), text, "{path}");
        }
        for text in ["{", "a", "{'a': 1}", "{\"a\":1}x", "NaN"] {
            app.post(&path, &[("Attributes", text)]).await.refused(400, 50304);
        }
        assert_eq!(app.post(&path, &[("Attributes", "")]).await.expect(200).str("attributes"), "{}");
    }
}

#[actix_web::test]
async fn c11_c12_attributes_by_version_and_in_lists() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for (list, one) in
        [("/Channels", "general"), ("/Users", "jane"), ("/Channels/general/Messages", &*world.message)]
    {
        let v1 = |path: String| format!("/v1/Services/{}{path}", world.service);
        let v2 = |path: String| format!("/v2/Services/{}{path}", world.service);
        let key = list.rsplit('/').next().unwrap().to_lowercase();
        let shown = app.get(&v2(format!("{list}/{one}"))).await.str("attributes");
        assert_eq!(app.get(&v1(format!("{list}/{one}"))).await.str("attributes"), shown);
        assert_eq!(app.get(&v1(list.into())).await.json[&key][0]["attributes"], json!(null), "{list}");
        assert_eq!(app.get(&v2(list.into())).await.json[&key][0]["attributes"], json!(shown), "{list}");
    }
}
