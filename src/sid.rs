//! SIDs: a two-letter prefix that names the kind, and 32 hexadecimal digits.
//!
//! The digits are 16 bytes made of a time, a counter and randomness, in this order, so that a SID made later sorts
//! after one made earlier: inserts stay at the right edge of their index, and a list in order of creation is one scan.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::time::Timestamp;

/// A text that is not a SID of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SID of this kind")]
pub struct ParseSidError;

/// What every kind of SID can do; the store binds and decodes through it.
pub trait Sid: Copy + FromStr<Err = ParseSidError> + fmt::Display {
    /// The two letters of the kind.
    const PREFIX: &'static str;
    /// A SID of these bytes.
    fn from_bytes(bytes: [u8; 16]) -> Self;
    /// The 16 bytes that the 32 digits stand for.
    fn as_bytes(&self) -> &[u8; 16];
}

fn hex_digit(digit: u8) -> Result<u8, ParseSidError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(ParseSidError),
    }
}

fn parse(prefix: &str, text: &str) -> Result<[u8; 16], ParseSidError> {
    let digits = text.strip_prefix(prefix).ok_or(ParseSidError)?.as_bytes();
    if digits.len() != 32 {
        return Err(ParseSidError);
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Ok(bytes)
}

/// The 34 characters of a SID, without an allocation.
#[derive(Clone, Copy)]
pub struct SidText([u8; 34]);

impl SidText {
    fn new(prefix: &str, bytes: &[u8; 16]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 34];
        text[..2].copy_from_slice(prefix.as_bytes());
        for (pair, byte) in text[2..].chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(text)
    }

    /// The text of a SID of any kind.
    pub fn of<S: Sid>(sid: &S) -> Self {
        Self::new(S::PREFIX, sid.as_bytes())
    }

    /// The text.
    ///
    /// # Panics
    ///
    /// Never: the bytes are letters and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a SID is ASCII")
    }
}

macro_rules! sids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The 34 characters, on the stack.
            #[must_use]
            pub fn text(&self) -> SidText {
                SidText::new($prefix, &self.0)
            }
        }

        impl Sid for $name {
            const PREFIX: &'static str = $prefix;

            fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseSidError;

            fn from_str(text: &str) -> Result<Self, ParseSidError> {
                parse($prefix, text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text().as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text().as_str())
            }
        }
    )*};
}

sids! {
    /// An account: what credentials belong to, and what services belong to.
    AccountSid = "AC";
    /// An API key of an account.
    KeySid = "SK";
    /// A Programmable Chat service: the tenant that owns users, roles and channels.
    ServiceSid = "IS";
    /// A channel.
    ChannelSid = "CH";
    /// A member of a channel: one user's membership of it.
    MemberSid = "MB";
    /// A message in a channel.
    MessageSid = "IM";
    /// An invite of a user to a channel.
    InviteSid = "IN";
    /// A role.
    RoleSid = "RL";
    /// A user of a service.
    UserSid = "US";
    /// A push registration of a user's device.
    BindingSid = "BS";
    /// A push credential of an account.
    CredentialSid = "CR";
    /// A webhook of one channel.
    WebhookSid = "WH";
    /// A stored file.
    MediaSid = "ME";
    /// A Studio flow, only ever echoed.
    FlowSid = "FW";
    /// A messaging service, only ever echoed.
    MessagingServiceSid = "MG";
    /// One request, in the header `Twilio-Request-Id`.
    RequestSid = "RQ";
}

/// Makes SIDs: six bytes of milliseconds, two of a counter, eight of randomness.
pub struct SidSource {
    state: Mutex<State>,
}

struct State {
    last: u64,
    random: StdRng,
    /// Whether SIDs begin with the time; otherwise they only count.
    timed: bool,
}

impl SidSource {
    /// SIDs nobody can guess.
    #[must_use]
    pub fn new() -> Self {
        Self::from_rng(StdRng::from_rng(&mut rand::rng()), true)
    }

    /// The same SIDs in the same order for the same seed, for test suites. They only count, so a database that outlives
    /// the process would meet them twice.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::from_rng(StdRng::seed_from_u64(seed), false)
    }

    fn from_rng(random: StdRng, timed: bool) -> Self {
        Self { state: Mutex::new(State { last: 0, random, timed }) }
    }

    /// A SID that sorts after every other one this source has made.
    pub fn next<S: Sid>(&self, now: Timestamp) -> S {
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0) & 0xffff_ffff_ffff;
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // The counter is the low half of `last`: it carries into the time when a millisecond has no room left, and
        // holds its order when the clock steps back.
        let least = if state.timed { millis << 16 } else { 0 };
        state.last = (state.last + 1).max(least);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&state.last.to_be_bytes());
        bytes[8..].copy_from_slice(&state.random.random::<u64>().to_be_bytes());
        S::from_bytes(bytes)
    }
}

impl Default for SidSource {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_hexadecimal_digits_make_a_sid() {
        let digits = "0123456789abcdef0123456789ABCDEF";
        assert_eq!(
            format!("CH{digits}").parse::<ChannelSid>().unwrap().to_string(),
            format!("CH{}", digits.to_lowercase())
        );
        for text in [
            "",
            "CH",
            "CH+1",
            &format!("MB{digits}"),
            &format!("CH{digits}0"),
            &format!("CH+{}", &digits[1..]),
        ] {
            assert_eq!(text.parse::<ChannelSid>(), Err(ParseSidError), "{text}");
        }
    }

    #[test]
    fn later_sids_sort_after_earlier_ones_even_when_the_clock_steps_back() {
        let source = SidSource::new();
        let mut last = source.next::<MessageSid>(Timestamp::from_micros(1_000_000));
        for micros in [1_000_000, 999_000, 1_000_001, 5_000_000, 0] {
            let next = source.next::<MessageSid>(Timestamp::from_micros(micros));
            assert!(next > last);
            assert!(next.to_string() > last.to_string());
            last = next;
        }
    }

    #[test]
    fn a_seed_gives_the_same_sids_at_any_time() {
        let (one, other) = (SidSource::seeded(7), SidSource::seeded(7));
        for micros in [0, 5_000_000_000, 1] {
            let at = Timestamp::from_micros(micros);
            assert_eq!(one.next::<ChannelSid>(at), other.next::<ChannelSid>(Timestamp::from_micros(1)));
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_can_be_parsed(bytes: [u8; 16]) {
            let sid = MemberSid::from_bytes(bytes);
            prop_assert_eq!(sid.to_string().parse(), Ok(sid));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<ChannelSid>();
            let _ = format!("CH{text}").parse::<ChannelSid>();
        }
    }
}
