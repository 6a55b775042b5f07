//! Reports of providers. There is no session: each provider proves itself by the secret that was agreed
//! with it, and who proves nothing is told nothing.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Semaphore;

use super::{esim, sms};
use crate::app::App;
use crate::error::Result;
use crate::number;

/// A report as it arrived.
pub struct Report<'a> {
    /// Behind the name of the family: whose it is.
    pub path: &'a str,
    pub query: &'a str,
    pub is_json: bool,
    /// Empty of a GET.
    pub body: &'a [u8],
    /// The text of a header, or "".
    pub header: &'a dyn Fn(&str) -> String,
}

/// Those who report of one thing.
pub struct Family {
    /// Reports that are worked on at once: those of one family hold no other up.
    pub places: Semaphore,
    pub name: &'static str,
    /// As `Allow` names them.
    pub methods: &'static str,
    /// Blocks. Errors `missed` (no such provider), `access` (no proof), `value`; any other is ours, and the
    /// provider may come again.
    pub take: Take,
}

type Take = fn(&Arc<App>, &Report) -> Result<()>;

pub static FAMILIES: [Family; 3] = [
    Family::new("sms", "GET, POST", sms::hook::take),
    Family::new("esim", "POST", esim::hook::take),
    Family::new("number", "POST", number::hook::take),
];

const PLACES: usize = 8;

impl Family {
    const fn new(name: &'static str, methods: &'static str, take: Take) -> Self {
        Self { places: Semaphore::const_new(PLACES), name, methods, take }
    }
}

/// Is it the hexadecimal HMAC-SHA-256 of the text, with or without `sha256=` before it? A wrong one takes as
/// long as a right one.
pub fn is_signed(secret: &str, text: &[u8], signature: &str) -> bool {
    let digits = signature.trim().trim_start_matches("sha256=");
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(text);
    hex(digits).is_some_and(|given| mac.verify_slice(&given).is_ok())
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok());
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn hexadecimal() {
        assert_eq!(hex("00fF"), Some(vec![0, 255]));
        assert_eq!((hex("0"), hex("zz"), hex("é")), (None, None, None));
    }
}
