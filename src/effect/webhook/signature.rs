//! `t=<unix>,v1=<hex>`: HMAC-SHA-256 over `t.body`. The time is signed too, so that a message that
//! somebody overheard cannot be sent again later.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::auth::session::hex;

fn mac(secret: &str, body: &str, at_s: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(format!("{at_s}.").as_bytes());
    mac.update(body.as_bytes());
    mac
}

/// The header for a body that is sent at `at_s`, seconds of Unix.
pub fn sign(secret: &str, body: &str, at_s: i64) -> String {
    format!("t={at_s},v1={}", hex(&mac(secret, body, at_s).finalize().into_bytes()))
}

/// Is the header the signature of the body, made at most `tolerance_s` from now? Several `v1` may
/// stand in it while a sender changes his secret. Takes as long for a wrong signature as for a
/// right one.
pub fn verify_signature(secret: &str, header: &str, body: &str, now_s: i64, tolerance_s: u64) -> bool {
    let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
    let mut times = fields().filter(|(name, _)| *name == "t").map(|(_, value)| value);
    let (Some(time), None) = (times.next(), times.next()) else { return false };
    let Ok(at_s) = time.parse::<i64>() else { return false };
    if at_s.to_string() != time || at_s.abs_diff(now_s) > tolerance_s {
        return false;
    }
    let given = fields().filter(|(name, _)| *name == "v1").filter_map(|(_, digits)| bytes(digits));
    given.fold(false, |is_right, given| {
        let is_same = mac(secret, body, at_s).verify_slice(&given).is_ok();
        is_same | is_right
    })
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) || !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    pairs.collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf '1760000000.{"a":1}' | openssl dgst -sha256 -hmac secret`.
    const KNOWN: &str = "t=1760000000,v1=b6c2583f8204bec09d6388c3b4ef4be121e880606c4f1b491d6f295dc76b09c9";

    #[test]
    fn a_known_signature() {
        assert_eq!(sign("secret", "{\"a\":1}", 1_760_000_000), KNOWN);
    }

    #[test]
    fn what_is_right() {
        let now = 1_760_000_000;
        let hex = KNOWN.split("v1=").nth(1).expect("a signature");
        let other = "00".repeat(32);
        let rows = [
            (KNOWN.to_owned(), "{\"a\":1}", now, true),
            (KNOWN.to_owned(), "{\"a\":1}", now + 300, true),
            (KNOWN.to_owned(), "{\"a\":1}", now - 300, true),
            (KNOWN.to_owned(), "{\"a\":1}", now + 301, false),
            (KNOWN.to_owned(), "{\"a\":1}", now - 301, false),
            (KNOWN.to_owned(), "{\"a\":2}", now, false),
            (KNOWN.to_uppercase().replace("T=", "t=").replace("V1=", "v1="), "{\"a\":1}", now, true),
            (format!("t={now}, v1={other}, v1={hex}, v0=x"), "{\"a\":1}", now, true),
            (format!("t={now},v1={other}"), "{\"a\":1}", now, false),
            (format!("t={},v1={hex}", now + 1), "{\"a\":1}", now, false),
            (format!("t=+{now},v1={hex}"), "{\"a\":1}", now, false),
            (format!("t={now},t={now},v1={hex}"), "{\"a\":1}", now, false),
            (format!("v1={hex}"), "{\"a\":1}", now, false),
            (format!("t={now},v1={}", &hex[2..]), "{\"a\":1}", now, false),
            (format!("t={now},v1=é{}", &hex[2..]), "{\"a\":1}", now, false),
            (format!("t={now},v1="), "{\"a\":1}", now, false),
            (format!("t={now}"), "{\"a\":1}", now, false),
            (format!("t={},v1={hex}", i64::MIN), "{\"a\":1}", now, false),
            (String::new(), "{\"a\":1}", now, false),
        ];
        for (header, body, now_s, expected) in rows {
            assert_eq!(verify_signature("secret", &header, body, now_s, 300), expected, "{header} {now_s}");
        }
        assert!(!verify_signature("Secret", KNOWN, "{\"a\":1}", now, 300));
    }
}
