//! What somebody wants sent, checked, and for whom.

use sha2::{Digest, Sha256};

use super::gsm::{self, Encoding};
use super::reason;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::{Call, Ctx};
use crate::telecom::client;

/// Parts of one message.
const PARTS_MAX: usize = 10;
/// Characters of a sender that is a name, and digits of one that is a number.
const NAME_MAX: usize = 11;
const NUMBER_MAX: usize = 15;
/// Characters of a reference of the other side.
const REFERENCE_MAX: usize = 64;

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

/// The caller's own name of what he asks for; "" where he has none.
pub fn reference(text: &str) -> Result<String> {
    let reference = text.trim();
    match reference.chars().count() <= REFERENCE_MAX && !reference.chars().any(char::is_control) {
        true => Ok(reference.to_owned()),
        false => Err(Error::value("external_id", reference)),
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

/// A client, and who pays beside him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    pub account_id: i64,
    /// The owner column of his rows.
    pub reseller_id: i64,
    /// The reseller who pays the wholesale price; 0: nobody, the client is the provider's.
    pub payer_id: i64,
    is_open: bool,
    is_reseller_open: bool,
}

impl Party {
    pub fn load(conn: &mut Conn, account_id: i64) -> Result<Self> {
        let sql = Sql::new(
            "SELECT a.reseller_id, COALESCE(r.id, 0), a.active AND NOT a.deleted, \
             COALESCE(r.active AND NOT r.deleted, TRUE) FROM account a \
             LEFT JOIN account r ON r.id = a.reseller_id AND r.id <> a.id WHERE a.id = ",
        );
        let row = sql.bind(account_id).first(conn, &[Kind::Int, Kind::Int, Kind::Flag, Kind::Flag])?;
        let row = row.ok_or_else(|| Error::missed("account").with("value", account_id.to_string()))?;
        Ok(Self {
            account_id,
            reseller_id: row[0].int(),
            payer_id: row[1].int(),
            is_open: row[2].on(),
            is_reseller_open: row[3].on(),
        })
    }

    /// Why nothing is sent for him.
    pub fn refusal(&self) -> Option<&'static str> {
        match (self.is_open, self.is_reseller_open) {
            (false, _) => Some(reason::DISABLED),
            (true, false) => Some(reason::UNAVAILABLE),
            (true, true) => None,
        }
    }

    /// The client whom a call outside of transactions is about.
    pub fn of_call(call: &Call) -> Result<Self> {
        let account_id = call.input("account")?.map_or(0, |raw| raw.int());
        call.app.db.read(crate::rpc::BUDGET_SLOW, |conn| {
            let client = client::named(&mut Ctx::new(conn, call), account_id)?;
            Self::load(conn, client.account_id)
        })
    }
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
