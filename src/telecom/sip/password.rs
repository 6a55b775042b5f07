//! What SIP passwords may hold, and where they are kept.

use md5::{Digest, Md5};

use super::SECRET;
use crate::app::App;
use crate::auth::session::hex;
use crate::db::{Conn, Sql};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::telecom::client::drawn;

/// Letters and digits that nobody takes for one another when they are typed into a telephone.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
/// Characters of a made-up password.
pub const LEN: usize = 16;
const LEN_MIN: usize = 8;
const LEN_MAX: usize = 64;

/// A password that nobody guesses.
pub fn generated_password(len: usize) -> String {
    drawn(ALPHABET, len)
}

/// What a form was sent, if anything.
pub fn given(record: &Record) -> Option<String> {
    Some(record.str("passwd").to_owned()).filter(|password| !password.is_empty())
}

pub fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    given(record).map_or(Ok(()), |password| need_good(&password))
}

/// Printable ASCII without what ends or escapes a value in the configuration of a switch.
pub fn need_good(password: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b";\"\\".contains(&byte);
    match (LEN_MIN..=LEN_MAX).contains(&password.len()) && password.bytes().all(is_plain) {
        true => Ok(()),
        false => Err(Error::value("passwd", "").with("desc", "desc_sip_password")),
    }
}

/// What a switch checks with, by the realm as it is now.
pub fn ha1_of(app: &App, (id, name): (i64, &str), sealed: &str) -> Result<String> {
    let password = app.sealer.open(sealed, &SECRET.context(&[&id]))?;
    Ok(ha1(name, &app.config.load().sip_realm, &password))
}

/// RFC 2617, A1.
fn ha1(name: &str, realm: &str, password: &str) -> String {
    hex(&Md5::digest(format!("{name}:{realm}:{password}")))
}

pub fn set(conn: &mut Conn, app: &App, (id, name): (i64, &str), password: &str) -> Result<()> {
    let sealed = app.sealer.seal(password, &SECRET.context(&[&id]));
    let sql = Sql::new("UPDATE sip SET secret = ").bind(sealed);
    match sql.sql(" WHERE id = ").bind(id).execute(conn)? {
        0 => Err(Error::missed("elid").with("value", name)), // deleted meanwhile
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_password_may_hold() {
        let (least, most) = ("a".repeat(8), "~".repeat(64));
        for good in ["StrongSipPass123", "a!b#c$d%", least.as_str(), most.as_str()] {
            assert!(need_good(good).is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        let bad = [
            "",
            "short12",
            "has blank1",
            "semi;colon",
            "quo\"te123",
            "back\\slash",
            "new\nline1",
            "пароль12",
        ];
        for bad in bad.into_iter().chain([long.as_str()]) {
            assert!(need_good(bad).is_err(), "{bad}");
        }
        let made_up = generated_password(LEN);
        assert!(made_up.len() == LEN && need_good(&made_up).is_ok(), "{made_up}");
        assert_ne!(made_up, generated_password(LEN));
    }

    /// The example of RFC 2617, 3.5.
    #[test]
    fn ha1_is_the_one_of_the_standard() {
        let text = ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
        assert_eq!(text, "939e7578ed9e3c518a452acee763bce9");
    }
}
