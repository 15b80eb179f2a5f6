//! What is absent from places of the code, as docs/ARCHITECTURE.md promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]

use std::path::{Path, PathBuf};

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The files below `src` that `inside` accepts must hold none of the words.
fn absent(inside: impl Fn(&str) -> bool, words: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut read = 0;
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        if inside(&name) {
            read += 1;
            let text = std::fs::read_to_string(&file).unwrap();
            for word in words {
                assert!(!text.contains(word), "{name} has {word}");
            }
        }
    }
    assert!(read > 0, "no file was looked at");
}

#[test]
fn the_domain_knows_no_http_no_engine_and_no_sql() {
    let words =
        ["actix", "rusqlite", "tokio_postgres", "serde_json::Value", "SELECT ", "UPDATE ", "INSERT INTO"];
    absent(|name| name.starts_with("domain"), &words);
}

#[test]
fn sql_is_written_in_the_store_only() {
    absent(
        |name| !name.starts_with("store"),
        &[" FROM channel", " FROM message", "INSERT INTO", "DELETE FROM"],
    );
}

#[test]
fn the_store_knows_no_http() {
    absent(|name| name.starts_with("store"), &["actix_web", "crate::rest", "crate::render"]);
}

#[test]
fn answers_are_rendered_without_the_store() {
    absent(|name| name.starts_with("render"), &["crate::store", "actix_web"]);
}
