//! The identity of an event, as receivers and people see it.

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The token as a UUID, as `I-Twilio-Idempotency-Token` has it: its bytes begin with a time, as version 7 has it.
#[must_use]
pub fn uuid(token: &[u8; 16]) -> String {
    let mut bytes = *token;
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_as_a_uuid() {
        let token = [0, 1, 2, 3, 4, 5, 0xff, 7, 0xff, 9, 10, 11, 12, 13, 14, 15];
        assert_eq!(uuid(&token), "00010203-0405-7f07-bf09-0a0b0c0d0e0f");
    }
}
