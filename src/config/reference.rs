//! Renders `docs/CONFIGURATION.md` from the doc comments of the configuration.

use std::fmt::Write as _;

use toml::Value;

use super::schema::{Row, Section};
use super::{Profile, layers, limits};

const HEAD: &str = "\
# Configuration

<!-- Made from the doc comments in src/config.rs and src/config/. To remake it: PARTYLINE_BLESS=1 cargo test reference -->

Flags beat the environment, the environment beats the file, the file beats the default. An unknown key is an error with a
suggestion, in all three. `partyline check-config --explain` prints every value and where it came from.

* **File**: `--config FILE.toml`, or `PARTYLINE_CONFIG`. TOML; `limits.rate.enabled` may be written as it stands or under
  `[limits.rate]`.
* **Environment**: the variable below each key. Two underscores stand for the dot. Lists are separated by commas.
* **Flags**: `--listen`, `--database`, `--base-url`, `--seed`, and `--set key=value` for any key, as often as needed.
  `PARTYLINE_SET` takes several, separated by `;`.

The profile (`dev`, `ci`, `serve`) is the subcommand and no key.
";

const ACCOUNTS: &str = r#"
## Accounts

`TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN`, the SDKs' own names, give one account, or a new token to one that the file
has. The file gives any number, each with its API keys:

```toml
[[accounts]]
sid = "AC..."           # AC and 32 lower-case hexadecimal digits
auth_token = "..."      # letters and digits; make one with `openssl rand -hex 16`

[[accounts.keys]]
sid = "SK..."           # SK and 32 lower-case hexadecimal digits
secret = "..."          # signs access tokens; also a REST password with the SID as user name
name = "web"            # optional
```

`serve` refuses secrets that are short, guessable or made up by `dev`. `dev` and `ci` make up what is missing.
"#;

/// The text of `docs/CONFIGURATION.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for section in layers::sections() {
        section_text(&mut page, &section);
    }
    page.push_str(ACCOUNTS);
    page
}

fn section_text(page: &mut String, section: &Section) {
    let title =
        if section.prefix.is_empty() { "The server".to_owned() } else { format!("`{}`", section.prefix) };
    let _ = writeln!(page, "\n## {title}\n\n{}\n", one_line(section.about));
    for row in &section.rows {
        let _ = writeln!(
            page,
            "* **`{}`** = {}  \n  {}  \n  {}, `{}`",
            row.key,
            default_text(row),
            one_line(row.about),
            row.kind.describe(),
            row.env(),
        );
    }
}

/// The default, per profile where they differ.
fn default_text(row: &Row) -> String {
    let shown =
        |value: Option<Value>| value.map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
    let [dev, ci, serve] =
        [Profile::Dev, Profile::Ci, Profile::Serve].map(|profile| shown((row.default)(profile)));
    if dev == ci && ci == serve {
        match limits::HOSTED.iter().find(|(key, _)| *key == row.key) {
            Some((_, hosted)) => format!("{dev} (with `limits.profile = \"hosted\"`: `{hosted}`)"),
            None => dev,
        }
    } else {
        format!("{dev} in `dev`, {ci} in `ci`, {serve} in `serve`")
    }
}

fn one_line(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `PARTYLINE_BLESS=1` rewrites the page.
    #[test]
    fn the_reference_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/CONFIGURATION.md");
        if std::env::var_os("PARTYLINE_BLESS").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == reference(),
            "docs/CONFIGURATION.md is stale: run PARTYLINE_BLESS=1 cargo test reference"
        );
    }

    #[test]
    fn every_key_is_on_it_with_its_variable() {
        let page = reference();
        for row in layers::sections().into_iter().flat_map(|section| section.rows) {
            assert!(page.contains(&format!("**`{}`**", row.key)) && page.contains(&row.env()), "{}", row.key);
        }
        assert!(page.contains("`1000` (with `limits.profile = \"hosted\"`: `250`)"));
        assert!(
            page.contains(
                "`\"partyline.db\"` in `dev`, `\":memory:\"` in `ci`, `\"partyline.db\"` in `serve`"
            )
        );
    }
}
