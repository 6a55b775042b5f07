//! What the second step is made of: secrets that the server has made, codes of an app, recovery codes.

use subtle::ConstantTimeEq;
use totp_rs::{Builder, Secret as Key, Totp};

use crate::auth::session;
use crate::seal::Sealer;
use crate::time::{MINUTE_US, SECOND_US};

/// What apps take without being told (RFC 6238).
const PERIOD_SEC: u64 = 30;
const DIGITS: usize = 6;
/// Periods that a clock may be slow or fast.
const SKEW: u16 = 1;
/// 160 bits (RFC 4226, R6): one half is random, the other says that the server made it.
const SECRET_BYTES: usize = 20;
const RANDOM_BYTES: usize = SECRET_BYTES / 2;
/// A secret that was shown can be switched on for this long, and up to twice as long.
const SHOWN_US: i64 = 30 * MINUTE_US;
const PURPOSE: &str = "billmgr totp secret";

pub const RECOVERY_COUNT: usize = 10;
/// 80 bits in base32.
const RECOVERY_BYTES: usize = 10;
const RECOVERY_CHARS: usize = 16;

/// A secret of a user, as an app knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    pub fn new(sealer: &Sealer, user_id: i64, now_us: i64) -> Self {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).expect("the system has random bytes");
        Self::marked(sealer, random, user_id, now_us / SHOWN_US)
    }

    /// The mark is of the user and of the time, so nobody can bring a secret of his own, that of another
    /// user, or one that was shown long ago.
    fn marked(sealer: &Sealer, random: [u8; RANDOM_BYTES], user_id: i64, shown: i64) -> Self {
        let text = format!("{user_id}:{shown}:{}", session::hex(&random));
        let sign = session::digest(&sealer.sign(PURPOSE, &text));
        let mut bytes = [0; SECRET_BYTES];
        bytes[..RANDOM_BYTES].copy_from_slice(&random);
        bytes[RANDOM_BYTES..].copy_from_slice(&sign[..RANDOM_BYTES]);
        Self(bytes)
    }

    /// A secret that comes back from a form, if it was shown to this user not long ago.
    pub fn shown(sealer: &Sealer, text: &str, user_id: i64, now_us: i64) -> Option<Self> {
        let secret = Self::read(text)?;
        let random = *secret.0.first_chunk::<RANDOM_BYTES>()?;
        let now = now_us / SHOWN_US;
        let is_ours = [now, now - 1].into_iter().fold(false, |is_ours, shown| {
            let own = Self::marked(sealer, random, user_id, shown);
            is_ours | bool::from(own.0.ct_eq(&secret.0))
        });
        is_ours.then_some(secret)
    }

    pub fn read(text: &str) -> Option<Self> {
        Some(Self(base32_read(&plain(text))?.try_into().ok()?))
    }

    pub fn text(&self) -> String {
        base32(&self.0)
    }

    /// What an app reads from a picture. The issuer is how the server was addressed.
    pub fn address(&self, issuer: &str, name: &str) -> String {
        let word = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        // `+` is a blank in a form alone.
        let (issuer, name) = (word(issuer).replace('+', "%20"), word(name).replace('+', "%20"));
        format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", self.text())
    }

    /// The period of a code, if it is one of now.
    pub fn period_of(&self, digits: &str, now_us: i64) -> Option<i64> {
        let found = self.totp().check(digits, seconds(now_us))?;
        i64::try_from(found).ok()
    }

    /// What an app shows at a moment.
    pub fn digits_at(&self, at_us: i64) -> String {
        self.totp().generate(seconds(at_us)).to_string()
    }

    fn totp(&self) -> Totp {
        let builder = Builder::new().with_secret(Key::new_stack(self.0));
        let builder = builder.with_skew(SKEW).with_step_duration(PERIOD_SEC);
        builder.build().expect("160 bits are enough")
    }
}

fn seconds(now_us: i64) -> u64 {
    u64::try_from(now_us / SECOND_US).unwrap_or_default()
}

/// A code as somebody typed it.
#[derive(Debug, PartialEq, Eq)]
pub enum Code {
    App(String),
    Recovery(String),
}

impl Code {
    pub fn read(text: &str) -> Option<Self> {
        let text = plain(text);
        match text.len() {
            DIGITS if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::App(text)),
            RECOVERY_CHARS if base32_read(&text).is_some() => Some(Self::Recovery(text)),
            _ => None,
        }
    }
}

/// Codes for who has lost his phone, in groups of four.
pub fn recovery_codes() -> Vec<String> {
    let code = || {
        let mut bytes = [0; RECOVERY_BYTES];
        getrandom::fill(&mut bytes).expect("the system has random bytes");
        let text = base32(&bytes);
        let groups: Vec<&str> = [0, 4, 8, 12].into_iter().map(|at| &text[at..at + 4]).collect();
        groups.join("-")
    };
    (0..RECOVERY_COUNT).map(|_| code()).collect()
}

/// A recovery code as it is kept.
pub fn recovery_hash(text: &str) -> String {
    session::hash(&plain(text))
}

/// Without what only helps to read it.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_uppercase()
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648 without padding, of whole groups of five bytes.
fn base32(bytes: &[u8]) -> String {
    let group = |group: &[u8]| group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let char_at = |bits: u64, at: u32| char::from(ALPHABET[(bits >> (35 - 5 * at) & 31) as usize]);
    bytes.chunks_exact(5).flat_map(|five| (0..8).map(move |at| char_at(group(five), at))).collect()
}

fn base32_read(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(8) {
        return None;
    }
    let value = |byte: &u8| ALPHABET.iter().position(|have| have == byte).map(|at| at as u64);
    let mut bytes = Vec::with_capacity(text.len() / 8 * 5);
    for eight in text.as_bytes().chunks_exact(8) {
        let bits = eight.iter().try_fold(0_u64, |bits, byte| Some(bits << 5 | value(byte)?))?;
        bytes.extend_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_US: i64 = 24 * 60 * MINUTE_US;

    fn sealer() -> Sealer {
        Sealer::in_memory([3; 32])
    }

    /// RFC 6238, appendix B, whose secret is the digits as text; six of its eight digits.
    #[test]
    fn codes_of_the_rfc() {
        let secret = Secret(*b"12345678901234567890");
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = |offset: i64| secret.period_of(code, (seconds + offset) * SECOND_US);
            assert_eq!(at(0), Some(seconds / 30), "{code}");
            assert_eq!((at(30), at(-30)), (Some(seconds / 30), Some(seconds / 30)), "a period more or less");
            // Before 1970 there are no periods.
            let early = (seconds >= 60).then(|| at(-60)).flatten();
            assert_eq!((at(60), early), (None, None), "and no more");
        }
    }

    #[test]
    fn base32_of_the_rfc() {
        for (bytes, text) in [("fooba", "MZXW6YTB"), ("12345", "GEZDGNBV")] {
            assert_eq!(base32(bytes.as_bytes()), text);
            assert_eq!(base32_read(text).as_deref(), Some(bytes.as_bytes()));
        }
        for bad in ["", "MZXW6YT", "MZXW6YT1", "MZXW6YTBA", "mzxw6ytb", "ЯZXW6YT"] {
            assert_eq!(base32_read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_is_ours_his_and_new() {
        let (sealer, now_us) = (sealer(), 1_000 * DAY_US);
        let secret = Secret::new(&sealer, 7, now_us);
        let shown = |user_id, at_us| Secret::shown(&sealer, &secret.text(), user_id, at_us).is_some();
        assert!(shown(7, now_us) && shown(7, now_us + SHOWN_US));
        assert!(!shown(8, now_us), "another user's");
        assert!(!shown(7, now_us + 2 * SHOWN_US), "too old");
        assert!(Secret::shown(&sealer, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 7, now_us).is_none(), "made up");
        let other = Sealer::in_memory([4; 32]);
        assert!(Secret::shown(&other, &secret.text(), 7, now_us).is_none(), "another server's");
        let spaced = secret.text().to_lowercase().replace("A", "a ");
        assert!(Secret::shown(&sealer, &spaced, 7, now_us) == Some(secret));
    }

    #[test]
    fn codes_as_they_are_typed() {
        assert_eq!(Code::read(" 123 456 "), Some(Code::App("123456".into())));
        assert_eq!(Code::read("abcd-efgh-2345-wxyz"), Some(Code::Recovery("ABCDEFGH2345WXYZ".into())));
        for bad in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "ABCD-EFGH-2345-WXY1", "ABCDEFGH"] {
            assert_eq!(Code::read(bad), None, "{bad}");
        }
        let codes = recovery_codes();
        assert_eq!(codes.len(), RECOVERY_COUNT);
        assert!(codes.iter().all(|code| matches!(Code::read(code), Some(Code::Recovery(_)))));
        assert_eq!(recovery_hash(&codes[0]), recovery_hash(&codes[0].to_lowercase().replace('-', " ")));
    }

    #[test]
    fn addresses_are_escaped() {
        let address = Secret(*b"12345678901234567890").address("panel.example.com", "a b:c&d@example.com");
        let label = "panel.example.com:a%20b%3Ac%26d%40example.com";
        let secret = "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=panel.example.com";
        assert_eq!(address, format!("otpauth://totp/{label}?{secret}"));
    }
}
