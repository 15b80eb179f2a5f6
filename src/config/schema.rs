//! The shape of a configuration key, and the macro that declares a section once: struct, documentation, default, bounds.

use toml::Value;

use super::{Profile, Secret};

/// What a key's value looks like; each layer is checked against it before the layers are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number between two bounds, both included.
    Int {
        /// The smallest value taken.
        min: i64,
        /// The largest value taken.
        max: i64,
    },
    /// Any text.
    Text,
    /// A list of texts; in the environment and with `--set` separated by commas.
    List,
    /// One of a few words.
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// The same kind with another lower bound, if it is a number.
    pub(crate) const fn at_least(self, min: i64) -> Self {
        match self {
            Self::Int { max, .. } => Self::Int { min, max },
            other => other,
        }
    }

    /// The same kind with another upper bound, if it is a number.
    pub(crate) const fn at_most(self, max: i64) -> Self {
        match self {
            Self::Int { min, .. } => Self::Int { min, max },
            other => other,
        }
    }

    /// How the reference page and error messages name the kind.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Bool => "true or false".into(),
            Self::Int { min, max } if max >= i64::from(i32::MAX) => format!("whole number from {min}"),
            Self::Int { min, max } => format!("whole number from {min} to {max}"),
            Self::Text => "text".into(),
            Self::List => "list of texts".into(),
            Self::OneOf(words) => {
                words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
            }
        }
    }

    /// Reads the text of an environment variable or a flag as a value of this kind.
    pub(crate) fn parse(self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        let wanted = || format!("expected {}, found `{text}`", self.describe());
        let value = match self {
            Self::Bool => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Value::Boolean(true),
                "false" | "0" | "no" | "off" => Value::Boolean(false),
                _ => return Err(wanted()),
            },
            Self::Int { .. } => match text.replace('_', "").parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => return Err(wanted()),
            },
            Self::Text | Self::OneOf(_) => Value::String(text.to_owned()),
            Self::List => {
                let inner = text.trim_start_matches('[').trim_end_matches(']');
                let items = inner.split(',').map(|item| item.trim().trim_matches(['"', '\'']));
                Value::Array(items.filter(|item| !item.is_empty()).map(Value::from).collect())
            }
        };
        self.check(&value)?;
        Ok(value)
    }

    /// Says what is wrong with `value`, if anything.
    pub(crate) fn check(self, value: &Value) -> Result<(), String> {
        let fits = match (self, value) {
            (Self::Bool, Value::Boolean(_)) | (Self::Text, Value::String(_)) => true,
            (Self::Int { min, max }, Value::Integer(number)) => (min..=max).contains(number),
            (Self::List, Value::Array(items)) => items.iter().all(Value::is_str),
            (Self::OneOf(words), Value::String(word)) => words.contains(&word.as_str()),
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("expected {}, found `{value}`", self.describe())) }
    }
}

/// A Rust type that a key can have.
pub(crate) trait Setting {
    /// What its value looks like.
    const KIND: Kind;
}

impl Setting for bool {
    const KIND: Kind = Kind::Bool;
}
impl Setting for u32 {
    const KIND: Kind = Kind::Int { min: 0, max: Self::MAX as i64 };
}
impl Setting for u64 {
    const KIND: Kind = Kind::Int { min: 0, max: i64::MAX };
}
impl Setting for i64 {
    const KIND: Kind = Kind::Int { min: 0, max: Self::MAX };
}
impl Setting for usize {
    const KIND: Kind = Kind::Int { min: 0, max: i64::MAX };
}
impl Setting for String {
    const KIND: Kind = Kind::Text;
}
impl Setting for Secret {
    const KIND: Kind = Kind::Text;
}
impl Setting for Vec<String> {
    const KIND: Kind = Kind::List;
}
impl<T: Setting> Setting for Option<T> {
    const KIND: Kind = T::KIND;
}

/// One configuration key.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Dotted name: `limits.rate.enabled`.
    pub(crate) key: String,
    /// Its documentation, one line per doc comment line.
    pub(crate) about: &'static str,
    /// What its value looks like.
    pub(crate) kind: Kind,
    /// Its value when nobody sets it; `None` for a key that may stay unset.
    pub(crate) default: fn(Profile) -> Option<Value>,
}

impl Row {
    /// The environment variable that sets it: `PARTYLINE_LIMITS__RATE__ENABLED`.
    #[must_use]
    pub(crate) fn env(&self) -> String {
        format!("PARTYLINE_{}", self.key.replace('.', "__").to_ascii_uppercase())
    }
}

/// A group of keys under one prefix, in the order of declaration.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// What every key of it begins with, without the last dot; empty for the top.
    pub(crate) prefix: String,
    /// Its documentation.
    pub(crate) about: &'static str,
    /// Its keys.
    pub(crate) rows: Vec<Row>,
}

/// The default of a key: one value, `none`, a list, or one value per profile.
macro_rules! default_value {
    ($profile:ident, none) => {
        None
    };
    ($profile:ident, [$($item:expr),* $(,)?]) => {
        Some(toml::Value::Array(vec![$(toml::Value::from($item)),*]))
    };
    ($profile:ident, {dev: $dev:expr, ci: $ci:expr, serve: $serve:expr}) => {
        Some(match $profile {
            $crate::config::Profile::Dev => toml::Value::from($dev),
            $crate::config::Profile::Ci => toml::Value::from($ci),
            $crate::config::Profile::Serve => toml::Value::from($serve),
        })
    };
    ($profile:ident, $value:tt) => {
        Some(toml::Value::from($value))
    };
}

/// Declares a section: `field: type = default, min lower, max upper;`, then its sub-sections, then fields that are no keys.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident ($($derive:ident),*) {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $ty:ty = $default:tt $(, min $min:literal)? $(, max $max:literal)?;
            )*
        }
        $( sections {$( $(#[doc = $subdoc:literal])+ $sub:ident: $subty:ty; )*} )?
        $( also {$( $(#[doc = $alsodoc:literal])+ $also:ident: $alsoty:ty; )*} )?
    ) => {
        $(#[doc = $about])+
        #[derive($($derive),*)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $ty, )*
            $($( $(#[doc = $subdoc])+ pub $sub: $subty, )*)?
            $($( $(#[doc = $alsodoc])+ #[serde(skip)] pub $also: $alsoty, )*)?
        }

        impl $name {
            /// Appends this section and those under it.
            pub(crate) fn sections(prefix: &str, sections: &mut Vec<$crate::config::schema::Section>) {
                let dotted = if prefix.is_empty() { String::new() } else { format!("{prefix}.") };
                sections.push($crate::config::schema::Section {
                    prefix: prefix.to_owned(),
                    about: concat!($($about, "\n"),+),
                    rows: vec![$( $crate::config::schema::Row {
                        key: format!("{dotted}{}", stringify!($field)),
                        about: concat!($($doc, "\n"),+),
                        kind: <$ty as $crate::config::schema::Setting>::KIND $(.at_least($min))? $(.at_most($max))?,
                        default: |_profile| default_value!(_profile, $default),
                    } ),*],
                });
                $($( <$subty>::sections(&format!("{dotted}{}", stringify!($sub)), sections); )*)?
            }
        }
    };
}

/// Declares an enum whose variants are words of the configuration.
macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
        pub enum $name {
            $( $(#[doc = $doc])+ #[serde(rename = $word)] $variant, )+
        }

        impl $crate::config::schema::Setting for $name {
            const KIND: $crate::config::schema::Kind = $crate::config::schema::Kind::OneOf(&[$($word),+]);
        }
    };
}

pub(crate) use {choice, default_value, section};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_kind() {
        assert_eq!(Kind::Bool.parse("yes").unwrap(), Value::Boolean(true));
        assert_eq!(u64::KIND.parse("1_000").unwrap(), Value::Integer(1000));
        assert_eq!(Kind::List.parse("a, b,").unwrap(), Value::Array(vec!["a".into(), "b".into()]));
        assert_eq!(Kind::List.parse("[\"a\"]").unwrap(), Value::Array(vec!["a".into()]));
        assert!(Kind::Bool.parse("maybe").unwrap_err().contains("true or false"));
    }

    #[test]
    fn bounds_are_told() {
        let kind = u64::KIND.at_least(100).at_most(200);
        assert_eq!(kind.parse("99").unwrap_err(), "expected whole number from 100 to 200, found `99`");
        assert!(u64::KIND.parse("-1").is_err());
        assert!(kind.parse("100").is_ok() && kind.parse("200").is_ok());
    }
}
