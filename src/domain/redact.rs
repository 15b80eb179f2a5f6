//! Receivers' URLs for people: where a call goes, without what opens the door there.

use url::Url;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// A receiver's URL without its credentials and the values of its query; both say that they were left out. A text that is
/// no URL is left out altogether, since nobody knows where its secrets are.
#[must_use]
pub fn url(text: &str) -> String {
    let Some(mut url) = Url::parse(text).ok().filter(Url::has_host) else {
        return "(not a URL)".to_owned();
    };
    url.set_fragment(None);
    let query = url.query().map(|query| query.split('&').map(hidden_value).collect::<Vec<_>>().join("&"));
    url.set_query(query.as_deref());
    if !url.username().is_empty() || url.password().is_some() {
        // Only URLs that cannot have credentials refuse them, and this one had some.
        let _ = (url.set_password(None), url.set_username(HIDDEN));
    }
    url.into()
}

/// A pair of a query; one without a name is all value.
fn hidden_value(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, "")) => format!("{name}="),
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None if pair.is_empty() => String::new(),
        None => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn secrets_are_left_out_and_the_rest_stays() {
        for (text, shown) in [
            ("https://hooks.test/a/b", "https://hooks.test/a/b"),
            ("http://h:8080", "http://h:8080/"),
            (
                "https://ann:secret@hooks.test/a?key=secret&empty=&v=1#secret",
                "https://***@hooks.test/a?key=***&empty=&v=***",
            ),
            ("https://secret@hooks.test/", "https://***@hooks.test/"),
            ("https://:secret@hooks.test/", "https://***@hooks.test/"),
            ("https://hooks.test/?secret", "https://hooks.test/?***"),
            ("https:\\\\ann:secret@hooks.test\\x", "https://***@hooks.test/x"),
            ("secret", "(not a URL)"),
            ("mailto:secret@a", "(not a URL)"),
            ("", "(not a URL)"),
        ] {
            assert_eq!(url(text), shown, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_secret_is_shown(user in "[a-z]{0,3}", query in "[a-z&=?#]{0,12}") {
            let shown = url(&format!("https://{user}:SECRET@h.test/p?{query}=SECRET"));
            proptest::prop_assert!(!shown.contains("SECRET"), "{}", shown);
        }
    }
}
