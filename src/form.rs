//! Forms: the parameters of a request, from a query string or a body. Decoding is strict: what is not well-formed
//! percent-encoded UTF-8 is refused, not repaired, so that what is stored is what was sent.

use std::borrow::Cow;

use crate::error::ApiError;
use crate::time::Timestamp;

/// More parameters than any operation has, and few enough to cost nothing.
const MAX_PARAMETERS: usize = 1_000;

/// What an update says of one stored value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The parameter is absent: the value stays.
    #[default]
    Keep,
    /// The parameter is present and empty: the value goes.
    Clear,
    /// The parameter has a value.
    Set(T),
}

impl<T> Patch<T> {
    /// Writes what the patch says into the stored value.
    pub fn apply(self, stored: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *stored = None,
            Self::Set(value) => *stored = Some(value),
        }
    }

    /// A `Patch` of another type, or the error of the conversion.
    pub fn try_map<U, E>(self, convert: impl FnOnce(T) -> Result<U, E>) -> Result<Patch<U>, E> {
        Ok(match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(convert(value)?),
        })
    }

    /// The value for a new object, where absent and empty are the same.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// The parameters of a request in the order they came, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn decode(text: &[u8]) -> Result<Self, ApiError> {
        let mut form = Self::default();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &b""[..]),
            };
            form.push(decode(name, true)?.into_owned(), decode(value, true)?.into_owned())?;
        }
        Ok(form)
    }

    /// Adds a parameter. NUL has no place in any text of this API, and one of the two databases cannot store it.
    pub fn push(&mut self, name: String, value: String) -> Result<(), ApiError> {
        if self.0.len() == MAX_PARAMETERS {
            return Err(ApiError::MalformedBody { reason: "more than 1000 parameters" });
        }
        if value.contains('\0') || name.contains('\0') {
            return Err(ApiError::invalid(name.replace('\0', ""), "contains a NUL character"));
        }
        // A value without a name is nobody's parameter.
        if !name.is_empty() {
            self.0.push((name, value));
        }
        Ok(())
    }

    /// The value of a parameter; of a repeated one the last.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a repeated parameter in order; `None` when it is absent.
    #[must_use]
    pub fn all(&self, name: &str) -> Option<Vec<&str>> {
        let values: Vec<_> =
            self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then_some(values)
    }

    /// The value of a parameter that must be there and not be empty.
    pub fn required(&self, name: &'static str) -> Result<&str, ApiError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or(ApiError::MissingParameter { name })
    }

    /// Absent, empty or given.
    #[must_use]
    pub fn patch(&self, name: &str) -> Patch<&str> {
        match self.get(name) {
            None => Patch::Keep,
            Some("") => Patch::Clear,
            Some(value) => Patch::Set(value),
        }
    }

    /// A value that is not empty, converted.
    pub fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, ApiError>,
    ) -> Result<Option<T>, ApiError> {
        self.get(name).filter(|value| !value.is_empty()).map(parse).transpose()
    }

    /// `true`, `false`, `1` or `0` in any letter case.
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        self.parsed(name, |value| match value.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(ApiError::invalid(name, "must be true or false")),
        })
    }

    /// A whole number, or the parameter's own error.
    pub fn integer(&self, name: &str, error: impl FnOnce() -> ApiError) -> Result<Option<i64>, ApiError> {
        self.parsed(name, |value| integer(value).ok_or_else(error))
    }

    /// A date, or the parameter's own error.
    pub fn date(&self, name: &str, error: impl FnOnce() -> ApiError) -> Result<Option<Timestamp>, ApiError> {
        self.parsed(name, |value| Timestamp::parse(value).ok_or_else(error))
    }

    /// An update needs at least one parameter that the operation knows.
    pub fn require_one_of(&self, names: &[&str]) -> Result<(), ApiError> {
        let known = self.0.iter().any(|(key, _)| names.contains(&key.as_str()));
        if known { Ok(()) } else { Err(ApiError::NothingToUpdate) }
    }
}

/// Decimal digits with an optional `-`. (`str::parse` takes a `+` as well.)
#[must_use]
pub fn integer(text: &str) -> Option<i64> {
    (!text.starts_with('+')).then(|| text.parse().ok())?
}

/// Percent-decodes a text that must be well-formed.
pub fn decode(text: &[u8], plus_is_space: bool) -> Result<Cow<'_, str>, ApiError> {
    let malformed = || ApiError::MalformedBody { reason: "malformed percent-encoding" };
    let no_utf8 = || ApiError::MalformedBody { reason: "text that is not UTF-8" };
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| no_utf8());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(*digit).to_digit(16));
                let (high, low) = (digit().ok_or_else(malformed)?, digit().ok_or_else(malformed)?);
                u8::try_from(high << 4 | low).map_err(|_| malformed())?
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| no_utf8())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repeated_parameter_has_its_last_value_and_all_of_them() {
        let form = Form::decode(b"Permission=a&Name=x+y%2B&Permission=b&Empty=").unwrap();
        assert_eq!(form.get("Permission"), Some("b"));
        assert_eq!(form.all("Permission"), Some(vec!["a", "b"]));
        assert_eq!(form.get("Name"), Some("x y+"));
        assert_eq!(form.patch("Empty"), Patch::Clear);
        assert_eq!(form.patch("Absent"), Patch::Keep);
        assert!(matches!(form.required("Empty"), Err(ApiError::MissingParameter { name: "Empty" })));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in ["a=%", "a=%4", "a=%zz", "%ff=1", "a=%ff", "a=%00", "a=%c3%28", "a=%+1"] {
            assert!(Form::decode(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Form::decode(&b"a&".repeat(1_001)).is_err());
    }

    #[test]
    fn numbers_are_digits_with_an_optional_minus() {
        assert_eq!(integer("-12"), Some(-12));
        for text in ["+1", "1.0", "", " 1", "0x1", "99999999999999999999", "--1"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_the_encoding(pairs in prop::collection::vec(("[^\0]{1,8}", "[^\0]{0,16}"), 0..8)) {
            let text = serde_urlencoded::to_string(&pairs).unwrap();
            prop_assert_eq!(Form::decode(text.as_bytes()).unwrap(), Form(pairs));
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes: Vec<u8>) {
            let _ = Form::decode(&bytes);
        }
    }
}
