//! Credentials: what is shown, and what never is.

use crate::app::TestApp;

#[actix_web::test]
async fn c22_sandbox_is_a_text_of_apple_only_and_secrets_stay() {
    let app = TestApp::new().await;
    let secret = "-----BEGIN SECRET-----";
    let apn = [("Type", "apn"), ("Certificate", secret), ("PrivateKey", secret)];
    let made = app.post("/v2/Credentials", &apn).await.expect(201);
    assert_eq!(made.str("sandbox"), "False");
    let path = format!("/v1/Credentials/{}", made.str("sid"));
    let updated = app.post(&path, &[("Sandbox", "true"), ("Type", "gcm")]).await.expect(200);
    assert_eq!((updated.str("sandbox"), updated.str("type")), ("True".into(), "apn".into()));
    for (kind, name) in [("gcm", "ApiKey"), ("fcm", "Secret")] {
        let made = app
            .post("/v2/Credentials", &[("Type", kind), (name, secret), ("Sandbox", "true")])
            .await
            .expect(201);
        assert_eq!(made.json.get("sandbox"), None);
        assert!(!made.text.contains("SECRET"));
    }
    assert!(!app.get("/v2/Credentials").await.text.contains("SECRET"));
    app.post("/v2/Credentials", &[("Type", "sms")]).await.refused(400, 20001);
    app.post("/v2/Credentials", &[("FriendlyName", "x")]).await.refused(400, 20001);
    app.delete(&path).await.expect(204);
    app.get(&path).await.refused(404, 20404);
}

#[actix_web::test]
async fn secrets_are_kept() {
    let app = TestApp::new().await;
    let form = [("Type", "apn"), ("Certificate", "the certificate"), ("PrivateKey", "the key")];
    let sid = app.post("/v2/Credentials", &form).await.expect(201).str("sid");
    let sql = "SELECT COUNT(*) FROM credential
               WHERE sid = $1 AND certificate = 'the certificate' AND private_key = 'the key'";
    assert_eq!(app.number(sql, &sid).await, 1);
}
