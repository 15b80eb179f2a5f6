//! `X-Twilio-Signature` once more, from its description: what the receiver checks partyline's signatures with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Signs with one auth token; the key is taken in once.
pub(crate) struct Signer {
    keyed: Hmac<Sha1>,
}

impl Signer {
    pub(crate) fn new(auth_token: &str) -> anyhow::Result<Self> {
        Ok(Self { keyed: Hmac::new_from_slice(auth_token.as_bytes())? })
    }

    /// The signature of a URL, given in pieces, and of parameters that are in the order of their names.
    pub(crate) fn sign<T: AsRef<[u8]>>(&self, url: &[&[u8]], parameters: &[(T, T)]) -> String {
        let mut mac = self.keyed.clone();
        for piece in url {
            mac.update(piece);
        }
        for (name, value) in parameters {
            mac.update(name.as_ref());
            mac.update(value.as_ref());
        }
        BASE64.encode(mac.finalize().into_bytes())
    }
}
