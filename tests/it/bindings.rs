//! Bindings: one thing seen from the service and from its user.

use crate::app::TestApp;
use crate::world::World;

#[actix_web::test]
async fn a_binding_is_seen_from_both_sides_and_deleted_from_either() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (base, sid) = (world.base(), &world.binding);
    let of_service = app.get(&format!("{base}/Bindings/{sid}")).await.expect(200);
    let of_user = app.get(&format!("{base}/Users/jane/Bindings/{sid}")).await.expect(200);
    assert_eq!(of_service.str("/links/user"), format!("http://chat.twilio.com{base}/Users/jane"));
    assert_eq!((of_service.json.get("user_sid"), of_user.json.get("links")), (None, None));
    assert_eq!(of_user.str("user_sid"), world.user);
    assert!(of_user.str("url").ends_with(&format!("/Users/{}/Bindings/{sid}", world.user)));
    assert!(of_service.str("url").ends_with(&format!("/Services/{}/Bindings/{sid}", world.service)));
    assert_eq!(of_service.str("credential_sid"), world.credential);
    // Of another user it is unknown.
    app.get(&format!("{base}/Users/guest/Bindings/{sid}")).await.refused(404, 20404);
    app.delete(&format!("{base}/Users/guest/Bindings/{sid}")).await.refused(404, 20404);
    app.delete(&format!("{base}/Users/jane/Bindings/{sid}")).await.expect(204);
    app.get(&format!("{base}/Bindings/{sid}")).await.refused(404, 20404);
}
