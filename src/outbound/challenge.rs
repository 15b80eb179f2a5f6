//! Answers a 401 with the credentials of the URL: Basic (RFC 7617), Digest (RFC 7616, and RFC 2617 and 2069 before it).

use http_auth::{PasswordClient, PasswordClientBuilder, PasswordParams};
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::client::Method;
use super::target::Credentials;

/// The `Authorization` that answers the challenges of a 401, or nothing where none of them is one we know.
///
/// Digest is taken before Basic, whatever their order, because it keeps the password off the wire; of several Digest
/// challenges the first with a known algorithm, since the server lists them in its order of preference (RFC 7616 3.7).
/// `uri` is the path and query of the request.
pub(super) fn authorization(
    headers: &HeaderMap,
    credentials: &Credentials,
    method: Method,
    uri: &str,
) -> Option<HeaderValue> {
    let Credentials { username, password } = credentials;
    let params = PasswordParams { username, password, uri, method: method.as_str(), body: None };
    let mut value = HeaderValue::try_from(chosen(headers)?.respond(&params).ok()?).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn chosen(headers: &HeaderMap) -> Option<PasswordClient> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|line| line.to_str().ok());
    lines.fold(PasswordClient::builder(), PasswordClientBuilder::challenges).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap())).collect()
    }

    /// What we would answer, with a `cnonce` that makes the digest one that can be looked up.
    fn digest(lines: &[&str], password: &str, cnonce: &str) -> String {
        let Some(PasswordClient::Digest(mut client)) = chosen(&headers(lines)) else { panic!("no digest") };
        let uri = "/dir/index.html";
        let params = PasswordParams { username: "Mufasa", password, uri, method: "GET", body: None };
        client.respond_with_testing_cnonce(&params, cnonce).unwrap()
    }

    fn answer(lines: &[&str]) -> Option<String> {
        let credentials = Credentials { username: "Aladdin".to_owned(), password: "open sesame".to_owned() };
        let value = authorization(&headers(lines), &credentials, Method::Post, "/chat")?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn basic_of_rfc_7617() {
        let expected = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        for line in [r#"Basic realm="WallyWorld""#, r#"bAsIc realm="a, b", charset="UTF-8""#] {
            assert_eq!(answer(&[line]).as_deref(), expected, "{line}");
        }
        assert_eq!(answer(&["Negotiate", r#"Basic realm="x""#]).as_deref(), expected);
    }

    #[test]
    fn digest_of_rfc_7616() {
        let challenge = |algorithm| {
            format!(
                r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
            )
        };
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let (md5, sha256) = (challenge("MD5"), challenge("SHA-256"));
        let md5_response = r#"response="8ca523f5e9506fed4657c9700eebdbec""#;
        let sha256_response =
            r#"response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1""#;
        let answer = |lines: &[&str]| digest(lines, "Circle of Life", cnonce);
        assert!(answer(&[&md5]).contains(md5_response));
        assert!(answer(&[&sha256]).contains(sha256_response));
        assert!(answer(&[&sha256, &md5]).contains(sha256_response), "the server's order");
        assert!(answer(&[&challenge("SHA-3"), &md5]).contains(md5_response), "the first known one");
        assert!(answer(&[&format!(r#"Basic realm="x", {md5}"#)]).contains(md5_response), "before Basic");
    }

    #[test]
    fn digest_of_rfc_2617() {
        let challenge = r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let answer = digest(&[challenge], "Circle Of Life", "0a4f113b");
        assert!(answer.contains(r#"response="6629fae49393a05397450978507c4ef1""#), "{answer}");
        assert!(answer.contains("nc=00000001") && answer.contains("qop=auth"), "{answer}");
    }

    #[test]
    fn other_challenges_are_left_alone() {
        for line in [
            "",
            "Bearer",
            "Digest",
            r#"Digest realm="x""#,
            r#"Digest realm="x", nonce="y", algorithm=X"#,
            "=,\"",
            "Basic",
        ] {
            assert_eq!(answer(&[line]), None, "{line}");
        }
        assert_eq!(answer(&[]), None);
    }
}
