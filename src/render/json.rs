//! A writer of JSON objects: names are ours and need no escape, texts are escaped, nothing is built in between.

use crate::sid::{Sid, SidText};
use crate::time::Timestamp;

/// One object being written.
pub struct Object<'o> {
    out: &'o mut String,
    first: bool,
}

impl<'o> Object<'o> {
    /// Writes an object.
    pub fn write(out: &'o mut String, members: impl FnOnce(&mut Object<'_>)) {
        let mut object = Object { out, first: true };
        object.out.push('{');
        members(&mut object);
        object.out.push('}');
    }

    fn name(&mut self, name: &str) {
        self.out.push_str(if self.first { "\"" } else { ", \"" });
        self.first = false;
        self.out.push_str(name);
        self.out.push_str("\": ");
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        escape(self.out, value);
    }

    /// A text or null.
    pub fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.null(name),
        }
    }

    /// A text that needs no escape, such as a URL made of SIDs.
    pub fn plain(&mut self, name: &str, parts: &[&str]) {
        self.name(name);
        self.out.push('"');
        for part in parts {
            self.out.push_str(part);
        }
        self.out.push('"');
    }

    /// JSON that was rendered before.
    pub fn rendered(&mut self, name: &str, parts: &[&str]) {
        self.name(name);
        for part in parts {
            self.out.push_str(part);
        }
    }

    /// A SID.
    pub fn sid<S: Sid>(&mut self, name: &str, sid: S) {
        self.plain(name, &[SidText::of(&sid).as_str()]);
    }

    /// A SID or null.
    pub fn sid_or_null<S: Sid>(&mut self, name: &str, sid: Option<S>) {
        match sid {
            Some(sid) => self.sid(name, sid),
            None => self.null(name),
        }
    }

    /// A whole number.
    pub fn int(&mut self, name: &str, value: i64) {
        self.name(name);
        push_int(self.out, value);
    }

    /// A whole number or null.
    pub fn int_or_null(&mut self, name: &str, value: Option<i64>) {
        match value {
            Some(value) => self.int(name, value),
            None => self.null(name),
        }
    }

    /// A boolean.
    pub fn bool(&mut self, name: &str, value: bool) {
        self.name(name);
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// A boolean or null.
    pub fn bool_or_null(&mut self, name: &str, value: Option<bool>) {
        match value {
            Some(value) => self.bool(name, value),
            None => self.null(name),
        }
    }

    /// A date in whole seconds.
    pub fn date(&mut self, name: &str, at: Timestamp) {
        self.name(name);
        self.out.push('"');
        at.write_seconds(self.out);
        self.out.push('"');
    }

    /// A date or null.
    pub fn date_or_null(&mut self, name: &str, at: Option<Timestamp>) {
        match at {
            Some(at) => self.date(name, at),
            None => self.null(name),
        }
    }

    /// Null.
    pub fn null(&mut self, name: &str) {
        self.name(name);
        self.out.push_str("null");
    }

    /// An array of texts.
    pub fn texts<T: AsRef<str>>(&mut self, name: &str, values: &[T]) {
        self.array(name, values, |out, value| escape(out, value.as_ref()));
    }

    /// An array of texts or null.
    pub fn texts_or_null<T: AsRef<str>>(&mut self, name: &str, values: Option<&[T]>) {
        match values {
            Some(values) => self.texts(name, values),
            None => self.null(name),
        }
    }

    /// An array of anything.
    pub fn array<T>(&mut self, name: &str, values: &[T], mut write: impl FnMut(&mut String, &T)) {
        self.name(name);
        self.out.push('[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            write(self.out, value);
        }
        self.out.push(']');
    }

    /// An object within the object.
    pub fn object(&mut self, name: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        Object::write(self.out, members);
    }
}

/// Appends a decimal number.
pub(crate) fn push_int(out: &mut String, value: i64) {
    let mut digits = [0_u8; 20];
    let (mut at, mut rest) = (digits.len(), value.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push('-');
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// Appends a text in quotes; only what JSON demands is escaped.
pub(crate) fn escape(out: &mut String, text: &str) {
    out.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                out.push_str("\\u00");
                for digit in [control >> 4, control & 15] {
                    out.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
                }
            }
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_and_number_survives(text in "\\PC*|[\\x00-\\x7f]*", number: i64) {
            let mut out = String::new();
            Object::write(&mut out, |object| {
                object.text("text", &text);
                object.int("number", number);
            });
            let back: serde_json::Value = serde_json::from_str(&out).unwrap();
            prop_assert_eq!(back, serde_json::json!({"text": text, "number": number}));
        }
    }
}
