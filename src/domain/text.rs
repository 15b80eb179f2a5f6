//! Texts with rules: read once at the edge, never checked again.

use std::fmt;
use std::ops::Deref;

use crate::config::Limits;
use crate::error::ApiError;
use crate::sid::{ChannelSid, UserSid};
use crate::store::{Arg, ToArg};

/// Whose doing a write over REST is when nobody is named (REST.md 8.2, recorded).
pub const SYSTEM: &str = "system";

/// JSON nested deeper than this is refused: readers with a call stack could not take it.
const MAX_JSON_DEPTH: usize = 128;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl ToArg for $name {
            fn to_arg(&self) -> Arg<'_> {
                Arg::Text(&self.0)
            }
        }
    )*};
}

texts! {
    /// Who a user is, in the words of the application. Case counts.
    Identity;
    /// A second key of a channel, unique in its service. Case counts.
    UniqueName;
    /// JSON text, kept to the letter.
    Attributes;
}

/// True when the text has at most so many characters (Unicode scalar values).
#[must_use]
pub fn fits(text: &str, chars: usize) -> bool {
    // A text of n bytes has at most n characters: most texts need no count.
    text.len() <= chars || text.chars().count() <= chars
}

impl Identity {
    /// An identity that a user may have.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, ApiError> {
        if !fits(text, limits.identity_chars) {
            return Err(ApiError::IdentityTooLong);
        }
        if text.parse::<UserSid>().is_ok() {
            return Err(ApiError::IdentityLooksLikeSid);
        }
        // The list of reserved words is inferred: the dictionary names the error and no word.
        if text == SYSTEM {
            return Err(ApiError::IdentityReserved);
        }
        Ok(Self(text.to_owned()))
    }
}

impl UniqueName {
    /// A unique name of at most so many characters.
    pub fn parse(text: &str, chars: usize) -> Result<Self, ApiError> {
        if !fits(text, chars) {
            return Err(ApiError::UniqueNameTooLong);
        }
        if text.parse::<ChannelSid>().is_ok() {
            return Err(ApiError::UniqueNameLooksLikeSid);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Attributes {
    /// JSON text of at most so many bytes; any JSON value counts.
    pub fn parse(text: &str, bytes: usize) -> Result<Self, ApiError> {
        if text.len() > bytes {
            return Err(ApiError::AttributesTooLong);
        }
        let valid =
            depth_within(text, MAX_JSON_DEPTH) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        if valid { Ok(Self(text.to_owned())) } else { Err(ApiError::AttributesNotJson) }
    }
}

fn depth_within(text: &str, max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > max {
            return false;
        }
    }
    true
}

/// A friendly name of at most so many characters.
pub fn friendly_name(text: &str, chars: usize) -> Result<String, ApiError> {
    if fits(text, chars) { Ok(text.to_owned()) } else { Err(ApiError::FriendlyNameTooLong) }
}

/// Who wrote something: need neither be a member nor exist.
pub fn author(text: &str, limits: &Limits) -> Result<String, ApiError> {
    if fits(text, limits.identity_chars) { Ok(text.to_owned()) } else { Err(ApiError::AuthorTooLong) }
}

/// Who changed something last: need neither be a member nor exist.
pub fn last_updated_by(text: &str, limits: &Limits) -> Result<String, ApiError> {
    if fits(text, limits.identity_chars) { Ok(text.to_owned()) } else { Err(ApiError::LastUpdatedByTooLong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_any_json_and_nothing_else() {
        for text in ["{}", "[1, 2]", "\"a\"", "12", "null", "true", r#"{ "a": "\u00e9[[[" }"#] {
            assert_eq!(&*Attributes::parse(text, 100).unwrap(), text);
        }
        for text in ["", "{", "{a:1}", "[1,]", "nul", "1 2", "\u{feff}{}"] {
            assert!(matches!(Attributes::parse(text, 100), Err(ApiError::AttributesNotJson)), "{text}");
        }
        assert!(matches!(Attributes::parse("[0000000]", 4), Err(ApiError::AttributesTooLong)));
    }

    #[test]
    fn deep_json_is_refused_and_brackets_in_strings_are_not_depth() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(Attributes::parse(&deep(128), 16_384).is_ok());
        assert!(Attributes::parse(&deep(129), 16_384).is_err());
        assert!(Attributes::parse(&format!("\"{}\"", "[".repeat(1_000)), 16_384).is_ok());
    }

    #[test]
    fn names_count_characters() {
        let limits = crate::config::Config::defaults(crate::config::Profile::Ci).limits;
        assert!(Identity::parse(&"é".repeat(256), &limits).is_ok());
        assert!(matches!(Identity::parse(&"é".repeat(257), &limits), Err(ApiError::IdentityTooLong)));
        assert!(matches!(Identity::parse("system", &limits), Err(ApiError::IdentityReserved)));
        let sid = "US0123456789abcdef0123456789abcdef";
        assert!(matches!(Identity::parse(sid, &limits), Err(ApiError::IdentityLooksLikeSid)));
    }
}
