//! What somebody wants sent, checked, and for whom.

use sha2::{Digest, Sha256};

use super::gsm::{self, Encoding};
use super::reason;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx};
use crate::telecom::client;
use crate::telecom::party::{Closed, Party};

/// Parts of one message.
const PARTS_MAX: usize = 10;
/// Characters of a sender that is a name, and digits of one that is a number.
const NAME_MAX: usize = 11;
const NUMBER_MAX: usize = 15;

/// A text as it will leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub sender: String,
    pub text: String,
    pub is_unicode: bool,
    pub parts: i64,
}

impl Text {
    /// Errors `missed(text)`, `limit(text)`, `value(sender)`.
    pub fn checked(sender: &str, text: &str) -> Result<Self> {
        let text = text.replace("\r\n", "\n");
        if text.trim().is_empty() {
            return Err(Error::missed("text"));
        }
        let parts = gsm::parts(&text).len();
        if parts > PARTS_MAX {
            return Err(Error::limit("text", PARTS_MAX.to_string()));
        }
        let is_unicode = gsm::encoding(&text) == Encoding::Ucs2;
        Ok(Self { sender: checked_sender(sender)?, text, is_unicode, parts: parts as i64 })
    }

    /// What is stored is what was checked.
    pub fn stored(sender: String, text: String) -> Self {
        let (parts, is_unicode) = (gsm::parts(&text).len() as i64, gsm::encoding(&text) == Encoding::Ucs2);
        Self { sender, text, is_unicode, parts }
    }
}

fn checked_sender(sender: &str) -> Result<String> {
    let sender = sender.trim();
    let digits = sender.strip_prefix('+').unwrap_or(sender);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .-_&".contains(&byte);
    let fits = match is_number {
        true => digits.len() <= NUMBER_MAX,
        false => sender.len() <= NAME_MAX && sender.bytes().all(is_plain),
    };
    if fits { Ok(sender.to_owned()) } else { Err(Error::value("sender", sender)) }
}

/// E.164 by its shape: + and 7–15 digits (decisions.md, Telecom).
pub fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

pub fn phone(text: &str) -> Result<String> {
    let phone = text.trim();
    if is_phone(phone) {
        Ok(phone.to_owned())
    } else {
        Err(Error::value("phone", phone).with("desc", "desc_sms_phone"))
    }
}

/// What of one client may wait at once: nobody fills the queues alone.
pub enum Waits {
    Scheduled,
    Campaigns,
}

impl Waits {
    const fn most(&self) -> i64 {
        match self {
            Self::Scheduled => 10_000,
            Self::Campaigns => 100,
        }
    }

    /// Error `limit(sms_waiting)` where he has as many as he may.
    pub fn need_room(&self, conn: &mut Conn, account_id: i64) -> Result<()> {
        let sql = Sql::new(match self {
            Self::Scheduled => "SELECT COUNT(*) FROM sms_scheduled WHERE status = 'SCHEDULED'",
            Self::Campaigns => {
                "SELECT COUNT(*) FROM sms_campaign WHERE status IN ('PREPARING', 'QUEUED', 'RUNNING')"
            }
        });
        let row = sql.sql(" AND account_id = ").bind(account_id).first(conn, &[Kind::Int])?;
        match row.is_some_and(|row| row[0].int() >= self.most()) {
            true => Err(Error::limit("sms_waiting", self.most().to_string())),
            false => Ok(()),
        }
    }
}

/// Tells two requests under one name apart.
pub fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Why nothing is sent for a client.
pub fn closed(party: &Party) -> Option<&'static str> {
    party.closed().map(|closed| match closed {
        Closed::Client => reason::DISABLED,
        Closed::Reseller => reason::UNAVAILABLE,
    })
}

/// The client whom a call outside of transactions is about.
pub fn party(call: &Call) -> Result<Party> {
    let account_id = call.input("account")?.map_or(0, |raw| raw.int());
    call.app.db.read(BUDGET_SLOW, |conn| {
        let client = client::named(&mut Ctx::new(conn, call), account_id)?;
        Party::load(conn, client.account_id)
    })
}

/// A refusal in the words of a call, with the number or the price that it is about; a reseller's affairs are
/// none of his client's.
pub fn refused(reason: &str, value: &str) -> Error {
    match reason {
        reason::NO_BALANCE => Error::limit("balance", value),
        reason::NO_RATE => Error::value("phone", value).with("desc", "desc_sms_rate"),
        reason::DISABLED => Error::limit("client", ""),
        _ => Error::limit("service", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones() {
        for good in ["+1234567", "+447575396991", "+123456789012345", " +1234567890 "] {
            assert!(phone(good).is_ok(), "{good}");
        }
        for bad in
            ["", "+", "1234567890", "+123456", "+1234567890123456", "+12345x78", "++1234567", "+٣٤٥٦٧٨٩"]
        {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn senders() {
        for good in ["", "MyBrand", "ABCDEFGHIJK", "123456789012345", "+491701234567", "A & B"] {
            assert!(checked_sender(good).is_ok(), "{good}");
        }
        for bad in [
            "ABCDEFGHIJKL",
            "1234567890123456",
            "My\nBrand",
            "My\rBrand",
            "Бренд",
            "a<b",
            "+",
            "12345678901a",
        ] {
            assert!(checked_sender(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts() {
        let parts = |text: &str| Text::checked("", text).map(|text| (text.parts, text.is_unicode));
        assert_eq!(parts("a").unwrap(), (1, false));
        assert_eq!(parts(&"a".repeat(1_530)).unwrap(), (10, false));
        assert_eq!(parts(&"a".repeat(1_531)).unwrap_err().kind, "limit");
        assert_eq!(parts(&"я".repeat(670)).unwrap(), (10, true));
        assert_eq!(parts(&"я".repeat(671)).unwrap_err().kind, "limit");
        assert_eq!(parts(" \r\n").unwrap_err().kind, "missed");
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
