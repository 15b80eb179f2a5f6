//! Merging the sources of configuration, and remembering for each key where its value came from.

use std::collections::BTreeMap;
use std::fmt;

use toml::{Table, Value};

use super::schema::{Row, Section};
use super::{Config, Profile, limits};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default(Profile),
    /// `limits.profile = "hosted"` chose it.
    Hosted,
    /// The file of that path.
    File(String),
    /// The environment variable of that name.
    Env(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default(profile) => write!(f, "default of {profile}"),
            Self::Hosted => f.write_str("limits.profile = \"hosted\""),
            Self::File(path) => f.write_str(path),
            Self::Env(name) => write!(f, "environment: {name}"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// Every section and key there is, in the order of the reference page.
pub(crate) fn sections() -> Vec<Section> {
    let mut sections = Vec::new();
    Config::sections("", &mut sections);
    sections
}

/// The values of all keys so far. Layers are laid on it from the weakest to the strongest.
pub(crate) struct Layers {
    pub(crate) rows: Vec<Row>,
    values: BTreeMap<String, (Value, Origin)>,
    pub(crate) problems: Vec<String>,
}

impl Layers {
    /// The defaults of a profile.
    pub(crate) fn defaults(profile: Profile) -> Self {
        let rows: Vec<Row> = sections().into_iter().flat_map(|section| section.rows).collect();
        let default =
            |row: &Row| Some((row.key.clone(), ((row.default)(profile)?, Origin::Default(profile))));
        let values = rows.iter().filter_map(default).collect();
        Self { rows, values, problems: Vec::new() }
    }

    /// Lays one value of the right type on its key.
    pub(crate) fn set(&mut self, key: &str, value: Value, origin: Origin) {
        let Some(row) = self.rows.iter().find(|row| row.key == key) else {
            return self.unknown(key, &origin);
        };
        match row.kind.check(&value) {
            Ok(()) => {
                self.values.insert(key.to_owned(), (value, origin));
            }
            Err(reason) => self.problems.push(format!("{key}: {reason} (from {origin})")),
        }
    }

    /// Lays one value given as text, as the environment and flags have it.
    pub(crate) fn set_text(&mut self, key: &str, text: &str, origin: Origin) {
        let Some(row) = self.rows.iter().find(|row| row.key == key) else {
            return self.unknown(key, &origin);
        };
        match row.kind.parse(text) {
            Ok(value) => {
                self.values.insert(key.to_owned(), (value, origin));
            }
            Err(reason) => self.problems.push(format!("{key}: {reason} (from {origin})")),
        }
    }

    /// Lays a parsed file. `accounts` is not a key and must have been taken out.
    pub(crate) fn set_table(&mut self, prefix: &str, table: Table, origin: &Origin) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value {
                Value::Table(inner) => self.set_table(&key, inner, origin),
                value => self.set(&key, value, origin.clone()),
            }
        }
    }

    fn unknown(&mut self, key: &str, origin: &Origin) {
        let hint = if key == "profile" {
            "the profile is the subcommand: remove the key and run `partyline dev`, `ci` or `serve`"
                .to_owned()
        } else if key == "accounts" || key.starts_with("accounts.") {
            "accounts come from `[[accounts]]` in the file, or TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
                .to_owned()
        } else if self.rows.iter().any(|row| row.key.starts_with(&format!("{key}."))) {
            let inner = self.rows.iter().filter_map(|row| row.key.strip_prefix(&format!("{key}.")));
            format!("it is a section, with {}", inner.collect::<Vec<_>>().join(", "))
        } else {
            nearest(key, self.rows.iter().map(|row| row.key.as_str())).map_or_else(
                || "`partyline check-config --explain` lists the known ones".to_owned(),
                |near| format!("did you mean `{near}`?"),
            )
        };
        self.problems.push(format!("{key}: unknown key (from {origin}); {hint}"));
    }

    /// Puts the hosted product's counters in place of the defaults, if `limits.profile` asks for them.
    pub(crate) fn apply_limits_profile(&mut self) {
        if self.text("limits.profile") != Some("hosted") {
            return;
        }
        for &(key, number) in limits::HOSTED {
            if let Some((value, origin @ Origin::Default(_))) = self.values.get_mut(key) {
                (*value, *origin) = (Value::Integer(number), Origin::Hosted);
            }
        }
    }

    /// The value of a key that holds text.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.0.as_str()
    }

    /// The value of a key, and where it came from.
    pub(crate) fn get(&self, key: &str) -> Option<&(Value, Origin)> {
        self.values.get(key)
    }

    /// All values as one nested table.
    pub(crate) fn to_table(&self) -> Table {
        let mut root = Table::new();
        for (key, (value, _)) in &self.values {
            let mut path: Vec<&str> = key.split('.').collect();
            let name = path.pop().unwrap_or_default();
            let mut table = &mut root;
            for part in path {
                let inner = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
                match inner {
                    Value::Table(inner) => table = inner,
                    _ => unreachable!("no key is the prefix of another: a test holds it so"),
                }
            }
            table.insert(name.to_owned(), value.clone());
        }
        root
    }
}

/// The candidate that a mistyped name most likely meant, if any is near.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let name = name.replace('-', "_").to_ascii_lowercase();
    let distance = |candidate: &str| {
        let whole = strsim::damerau_levenshtein(&name, candidate);
        let tail = strsim::damerau_levenshtein(&last(&name), &last(candidate)) + 1;
        whole.min(tail)
    };
    let (distance, near) =
        candidates.map(|candidate| (distance(candidate), candidate)).min_by_key(|pair| pair.0)?;
    (distance <= 3.max(name.len() / 4)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_the_prefix_of_another_or_there_twice() {
        let keys: Vec<String> = Layers::defaults(Profile::Dev).rows.into_iter().map(|row| row.key).collect();
        for key in &keys {
            assert_eq!(keys.iter().filter(|other| *other == key).count(), 1, "{key}");
            assert!(!keys.iter().any(|other| other.starts_with(&format!("{key}."))), "{key}");
        }
    }

    #[test]
    fn every_default_passes_its_own_check() {
        for profile in [Profile::Dev, Profile::Ci, Profile::Serve] {
            for row in Layers::defaults(profile).rows {
                if let Some(value) = (row.default)(profile) {
                    assert_eq!(row.kind.check(&value), Ok(()), "{}", row.key);
                }
            }
        }
    }

    #[test]
    fn a_near_name_is_suggested() {
        let keys = ["limits.message_body_bytes", "listen", "database"];
        assert_eq!(nearest("lisen", keys.into_iter()), Some("listen"));
        assert_eq!(nearest("message-body-bytes", keys.into_iter()), Some("limits.message_body_bytes"));
        assert_eq!(nearest("something_else_altogether", keys.into_iter()), None);
    }
}
