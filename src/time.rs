//! Points in time: microseconds inside, whole seconds on the REST wire. The only file that knows the calendar library.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A point in time, in microseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The years 0001 to 9999: what four digits of a year can show, and a calendar computes with.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

impl Timestamp {
    /// The last one there is.
    pub const LAST: Self = Self(*RANGE.end());

    /// So much later.
    #[must_use]
    pub fn plus(self, later: std::time::Duration) -> Self {
        Self::from_micros(self.0.saturating_add(i64::try_from(later.as_micros()).unwrap_or(i64::MAX)))
    }

    /// So much earlier.
    #[must_use]
    pub fn minus(self, earlier: std::time::Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(i64::try_from(earlier.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long it is from now until then; nothing when it has passed.
    #[must_use]
    pub fn after(self, now: Self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0.saturating_sub(now.0)).unwrap_or(0))
    }

    /// So many microseconds after 1970 began; beyond the years 0001 to 9999 the nearest point inside.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Microseconds since 1970 began.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads a date as clients write it: `2015-12-16T22:18:37Z`, also with one to nine fractional digits, with an
    /// offset (`+02:00`, `+0200`), and without any zone, which means UTC. (Java sends milliseconds or no zone, Go an
    /// offset.)
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The calendar library reads several other forms (bracketed zones, dates alone) that no client sends.
        if text.len() < 19
            || text.contains(['[', ' '])
            || !matches!(text.as_bytes().get(10), Some(b'T' | b't'))
        {
            return None;
        }
        let zoned = text.parse::<jiff::Timestamp>().ok();
        let instant = match zoned {
            Some(instant) => instant,
            None => Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
        };
        let micros = instant.as_microsecond();
        RANGE.contains(&micros).then_some(Self(micros))
    }

    /// Reads a time as people name it: a date as [`Timestamp::parse`] reads it, or how long ago that is in seconds, minutes,
    /// hours or days: `45s`, `30m`, `2h`, `3d`.
    #[must_use]
    pub fn parse_since(text: &str, now: Self) -> Option<Self> {
        let seconds_of = |unit| match unit {
            's' => Some(1),
            'm' => Some(60),
            'h' => Some(3_600),
            'd' => Some(86_400),
            _ => None,
        };
        let span = text.char_indices().next_back().and_then(|(at, unit)| {
            let (digits, unit) = (&text[..at], seconds_of(unit)?);
            let count =
                digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok())??;
            count.checked_mul(unit)
        });
        match span {
            Some(seconds) => Some(now.minus(std::time::Duration::from_secs(seconds))),
            None => Self::parse(text),
        }
    }

    /// Appends `YYYY-MM-DDTHH:MM:SSZ`, the only form that twilio-node and twilio-python parse. Written out here, since a
    /// page of a list shows a hundred dates.
    pub fn write_seconds(self, out: &mut String) {
        let seconds = self.0.div_euclid(1_000_000);
        let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, date) = civil_date(day);
        let mut text = *b"0000-00-00T00:00:00Z";
        put_digits(&mut text[..4], year);
        put_digits(&mut text[5..7], month);
        put_digits(&mut text[8..10], date);
        put_digits(&mut text[11..13], second / 3_600);
        put_digits(&mut text[14..16], second / 60 % 60);
        put_digits(&mut text[17..19], second % 60);
        out.push_str(std::str::from_utf8(&text).unwrap_or_default());
    }

    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form of webhooks and of the real-time protocol.
    #[must_use]
    pub fn to_millis_text(self) -> String {
        let mut out = String::with_capacity(24);
        self.write_seconds(&mut out);
        out.pop();
        let _ = write!(out, ".{:03}Z", self.0.rem_euclid(1_000_000) / 1000);
        out
    }
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar. Years are counted from March, so that
/// the leap day is the last of its year, in cycles of 400 years of 146,097 days.
fn civil_date(day: i64) -> (i64, i64, i64) {
    let from_march_0 = day + 719_468;
    let (cycle, day_of_cycle) = (from_march_0.div_euclid(146_097), from_march_0.rem_euclid(146_097));
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (cycle * 400 + year_of_cycle + i64::from(month <= 2), month, date)
}

fn put_digits(place: &mut [u8], mut value: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
    }
}

/// Where the server takes the time from: the machine, or a test's hand.
#[derive(Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands where it was set.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at this time.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.0)))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the injected clock")]
            Self::System => Timestamp(jiff::Timestamp::now().as_microsecond()),
            Self::Fixed(micros) => Timestamp(micros.load(Ordering::Relaxed)),
        }
    }

    /// Moves a fixed clock forward; the machine's clock is left alone.
    pub fn advance(&self, micros: i64) {
        if let Self::Fixed(at) = self {
            at.fetch_add(micros, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(at: Timestamp) -> String {
        let mut out = String::new();
        at.write_seconds(&mut out);
        out
    }

    #[test]
    fn dates_are_read_in_every_form_the_sdks_send() {
        for text in [
            "2015-12-16T22:18:37Z",
            "2015-12-16T22:18:37",
            "2015-12-16T22:18:37.000Z",
            "2015-12-16T22:18:37.123456789Z",
            "2015-12-17T00:18:37+02:00",
            "2015-12-17T00:18:37+0200",
            "2015-12-16T22:18:37.5",
        ] {
            let at = Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(seconds(at), "2015-12-16T22:18:37Z", "{text}");
        }
        for text in
            ["", "yesterday", "2015-12-16", "2015-13-16T22:18:37Z", "1450304317", "2015-12-16T22:18:37Z[UTC]"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn people_name_a_time_by_its_date_or_by_how_long_ago_it_is() {
        let now = Timestamp::parse("2020-03-14T12:00:00Z").unwrap();
        for (text, wanted) in [
            ("45s", "2020-03-14T11:59:15Z"),
            ("30m", "2020-03-14T11:30:00Z"),
            ("2h", "2020-03-14T10:00:00Z"),
            ("3d", "2020-03-11T12:00:00Z"),
            ("0d", "2020-03-14T12:00:00Z"),
            ("2020-03-01T00:00:00Z", "2020-03-01T00:00:00Z"),
            ("99999999999d", "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp::parse_since(text, now).map(seconds).as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "h", "2", "-2h", "+2h", "2 h", "2w", "2ä", "yesterday", "99999999999999999999d"] {
            assert_eq!(Timestamp::parse_since(text, now), None, "{text}");
        }
    }

    #[test]
    fn milliseconds_are_shown_where_the_wire_has_them() {
        assert_eq!(
            Timestamp::from_micros(1_584_205_484_742_999).to_millis_text(),
            "2020-03-14T17:04:44.742Z"
        );
    }

    proptest! {
        #[test]
        fn dates_are_those_of_the_calendar(micros in -62_135_596_800_000_000i64..=253_402_300_799_999_999) {
            let at = jiff::Timestamp::from_microsecond(micros).unwrap();
            let wanted = Offset::UTC.to_datetime(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            prop_assert_eq!(seconds(Timestamp::from_micros(micros)), wanted);
        }

        #[test]
        fn seconds_survive_the_wire(micros in -62_135_596_800_000_000i64..=253_402_300_799_999_999) {
            let at = Timestamp::from_micros(micros);
            let back = Timestamp::parse(&seconds(at)).unwrap();
            prop_assert_eq!(back.as_micros(), at.as_micros().div_euclid(1_000_000) * 1_000_000);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _ = Timestamp::parse(&text);
        }
    }
}
