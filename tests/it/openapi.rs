//! The vendor's API descriptions, and the check that every answer of the test run goes through.

use std::sync::OnceLock;

use serde_json::Value;

use crate::app::{Answer, IP_MESSAGING};

/// One of the five documents.
pub(crate) struct Document {
    /// Its name in `fixtures/openapi`.
    pub(crate) name: &'static str,
    /// The host it describes.
    pub(crate) host: &'static str,
    /// `v1`, `v2` or `v3`.
    pub(crate) version: &'static str,
    /// The document.
    pub(crate) json: Value,
}

/// One operation of a document.
pub(crate) struct Operation<'a> {
    pub(crate) document: &'a Document,
    pub(crate) path: &'a str,
    pub(crate) method: &'static str,
    pub(crate) json: &'a Value,
}

/// Where recorded answers or the product's pages beat the document: schema, member, and why.
pub(crate) const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "user_channel_enum_channel_status",
        "not_participating",
        "chat v2 alone writes notParticipating, since 2025-10; every other document and all SDKs have not_participating",
    ),
    ("chat.v1.credential", "sandbox", "a text, True or False, as the examples have it"),
];

/// The five documents.
pub(crate) fn documents() -> &'static [Document] {
    static DOCUMENTS: OnceLock<Vec<Document>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        let read = |name: &'static str, host, version| {
            let file = format!("{}/fixtures/openapi/twilio_{name}.json", env!("CARGO_MANIFEST_DIR"));
            let json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            Document { name, host, version, json }
        };
        vec![
            read("chat_v1", crate::app::CHAT, "v1"),
            read("chat_v2", crate::app::CHAT, "v2"),
            read("chat_v3", crate::app::CHAT, "v3"),
            read("ip_messaging_v1", IP_MESSAGING, "v1"),
            read("ip_messaging_v2", IP_MESSAGING, "v2"),
        ]
    })
}

impl Document {
    /// Every operation, by path and method.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = Vec::new();
        for (path, item) in self.json["paths"].as_object().unwrap() {
            for (key, method) in [("get", "GET"), ("post", "POST"), ("delete", "DELETE")] {
                if let Some(json) = item.get(key) {
                    operations.push(Operation { document: self, path, method, json });
                }
            }
        }
        operations
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> (&'a str, &'a Value) {
        match schema["$ref"].as_str() {
            Some(link) => {
                let name = link.rsplit('/').next().unwrap();
                (name, &self.json["components"]["schemas"][name])
            }
            None => ("", schema),
        }
    }
}

impl Operation<'_> {
    /// The vendor's name for it.
    pub(crate) fn id(&self) -> &str {
        self.json["operationId"].as_str().unwrap()
    }

    /// The status of success.
    pub(crate) fn success(&self) -> u16 {
        self.json["responses"].as_object().unwrap().keys().next().unwrap().parse().unwrap()
    }

    fn takes(&self, path: &str) -> bool {
        let (mine, theirs): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        mine.len() == theirs.len()
            && mine.iter().zip(&theirs).all(|(mine, theirs)| mine.starts_with('{') || mine == theirs)
    }
}

/// Checks an answer against the description of its operation. A host that is neither of the two is held to chat's.
#[track_caller]
pub(crate) fn check(method: &str, host: &str, path: &str, answer: &Answer) {
    if answer.status >= 400 {
        return check_error(method, answer);
    }
    let path = path.split('?').next().unwrap();
    let path = path.strip_suffix(".json").unwrap_or(path);
    let ip_messaging = host == IP_MESSAGING;
    let document = documents().iter().find(|document| {
        (document.host == IP_MESSAGING) == ip_messaging && path[1..].starts_with(document.version)
    });
    // v3 is not described for the older host; it is the same product.
    let Some(document) = document.or_else(|| documents().iter().find(|it| path[1..].starts_with(it.version)))
    else {
        return;
    };
    let operations = document.operations();
    let Some(operation) = operations.iter().find(|it| it.method == method && it.takes(path)) else {
        assert!(matches!(method, "OPTIONS" | "HEAD"), "{}: not in {}", answer.what, document.name);
        return;
    };
    assert_eq!(answer.status, operation.success(), "{}: {}", answer.what, answer.text);
    if answer.status == 204 {
        assert_eq!(answer.text, "", "{}", answer.what);
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.what);
    let schema =
        &operation.json["responses"][answer.status.to_string()]["content"]["application/json"]["schema"];
    let mut problems = Vec::new();
    validate(document, schema, &answer.json, "", &mut problems);
    assert!(problems.is_empty(), "{}: {problems:#?}\n{}", answer.what, answer.text);
}

/// A refusal has the shape of every refusal.
#[track_caller]
fn check_error(method: &str, answer: &Answer) {
    if method == "HEAD" {
        return;
    }
    let what = &answer.what;
    let code = answer.json["code"].as_i64().unwrap_or_else(|| panic!("{what}: no code in {}", answer.text));
    let detail = if answer.status == 401 {
        r#""detail": "Your AccountSid or AuthToken was incorrect.", "#
    } else {
        ""
    };
    let expected = format!(
        r#"{{"code": {code}, {detail}"message": {}, "more_info": "https://www.twilio.com/docs/errors/{code}", "status": {}}}"#,
        answer.json["message"], answer.status
    );
    assert_eq!(answer.text, expected, "{what}");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{what}");
}

fn validate(document: &Document, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    let (name, schema) = document.resolve(schema);
    let mut problem = |text: String| problems.push(format!("{at}: {text}"));
    if value.is_null() {
        // A schema without a type says nothing; one that is not nullable must be filled.
        if schema["nullable"] != true && schema.get("type").is_some() {
            problem("is null".into());
        }
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
        && !EXCEPTIONS.iter().any(|(schema, word, _)| *schema == name && value == word)
    {
        problem(format!("{value} is none of {allowed:?}"));
    }
    let fits = match schema["type"].as_str() {
        None => true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(other) => panic!("the description has a type that the check does not know: {other}"),
    };
    if !fits {
        problem(format!("{value} is not of type {}", schema["type"]));
    }
    if let Some(text) = value.as_str() {
        check_text(schema, text, &mut problem);
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (n, value) in values.iter().enumerate() {
            validate(document, items, value, &format!("{at}/{n}"), problems);
        }
    }
    if let (Some(members), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for (key, value) in object {
            match members.get(key) {
                Some(schema) => validate(document, schema, value, &format!("{at}/{key}"), problems),
                None => problems.push(format!("{at}/{key}: not in the description")),
            }
        }
        for key in members.keys().filter(|key| !object.contains_key(*key)) {
            // Left out for credentials that are not Apple's (recorded).
            if key != "sandbox" {
                problems.push(format!("{at}/{key}: missing"));
            }
        }
    }
}

fn check_text(schema: &Value, text: &str, problem: &mut impl FnMut(String)) {
    match schema["format"].as_str() {
        Some("date-time") if !is_date(text) => problem(format!("{text} is no date")),
        Some("uri") if !text.starts_with("http://") && !text.starts_with("https://") => {
            problem(format!("{text} is no URL"));
        }
        _ => {}
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        let prefix = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix("[0-9a-fA-F]{32}$"));
        let prefix = prefix.unwrap_or_else(|| panic!("a pattern that the check does not know: {pattern}"));
        if !is_sid(prefix, text) {
            problem(format!("{text} does not match {pattern}"));
        }
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ` and nothing else.
pub(crate) fn is_date(text: &str) -> bool {
    let pattern = "0000-00-00T00:00:00Z";
    text.len() == pattern.len()
        && text
            .chars()
            .zip(pattern.chars())
            .all(|(c, wanted)| if wanted == '0' { c.is_ascii_digit() } else { c == wanted })
}

/// Two letters and 32 hexadecimal digits in lower case.
pub(crate) fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[test]
fn the_check_finds_what_is_wrong() {
    let document = &documents()[1];
    let schema = serde_json::json!({"$ref": "#/components/schemas/chat.v2.service.role"});
    let mut problems = Vec::new();
    let role = serde_json::json!({
        "sid": "RL1", "account_sid": null, "service_sid": null, "friendly_name": 1, "type": "other",
        "permissions": ["a", 2], "date_created": "2020-01-01", "date_updated": null, "surplus": true
    });
    validate(document, &schema, &role, "", &mut problems);
    for at in ["/sid", "/friendly_name", "/type", "/permissions/1", "/date_created", "/surplus", "/url"] {
        assert!(problems.iter().any(|problem| problem.starts_with(&format!("{at}:"))), "{at} {problems:#?}");
    }
    assert_eq!(problems.len(), 7, "{problems:#?}");
}
