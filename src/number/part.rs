//! Messages as they come over SMPP: decoded, and put together where they come in parts.

use std::sync::Arc;

use super::inbox::{self, Incoming};
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::jobs::Report;
use crate::rpc::BUDGET_SLOW;
use crate::telecom::sms::gsm;
use crate::telecom::sms::transport::smpp::pdu::{Delivery, UCS2};
use crate::time::{MINUTE_US, SECOND_US};

/// The job that gives up waiting for parts.
pub const NAME: &str = "number-parts";

/// So long a message waits for what is missing of it: its code is mostly in the first part.
const WAIT_US: i64 = 20 * SECOND_US;
/// A part that comes again is known for so long.
const KNOWN_US: i64 = 10 * MINUTE_US;
const PARTS_MAX: u16 = 20;
/// Messages that one run gives up waiting for.
const LATE_MAX: i64 = 500;
/// What stands before a message in it (SMPP 3.4 §5.2.12).
const HAS_HEADER: u8 = 0x40;
const LATIN1: u8 = 3;

/// Which message a part is of, how many parts that has, and which it is: from 1.
type Place = [u16; 3];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mobile {
    pub phone: String,
    pub sender: String,
    pub text: String,
    pub place: Option<Place>,
}

impl Mobile {
    pub fn of(delivery: &Delivery) -> Self {
        let (header, octets) = match delivery.esm_class & HAS_HEADER != 0 {
            true => parted(&delivery.octets),
            false => (None, delivery.octets.as_slice()),
        };
        let place = header.or(Some(delivery.sar));
        let is_part =
            |[_, total, number]: &Place| (2..=PARTS_MAX).contains(total) && (1..=*total).contains(number);
        Self {
            phone: delivery.destination.clone(),
            sender: delivery.source.clone(),
            text: decoded(octets, delivery.data_coding),
            place: place.filter(is_part),
        }
    }

    fn incoming(self, supplier_id: i64, received_us: i64, provider_ref: String) -> Incoming {
        let Self { phone, sender, text, .. } = self;
        Incoming { supplier_id, phone, sender, text, received_us, provider_ref }
    }

    /// The message where this is all of it, or the last part that was missing.
    pub fn whole(&self, conn: &mut Conn, supplier_id: i64, now_us: i64) -> Result<Option<Incoming>> {
        let Some([reference, total, number]) = self.place else {
            return Ok(Some(self.clone().incoming(supplier_id, now_us, String::new())));
        };
        let reference = format!("{}/{}/{reference}/{total}", self.phone, self.sender);
        // The parts of one supplier take turns: two that come at once must see each other.
        let sql = Sql::new("UPDATE num_supplier SET version = version WHERE id = ").bind(supplier_id);
        sql.execute(conn)?;
        if is_known(conn, (supplier_id, &reference), number, &self.text)? {
            return Ok(None);
        }
        let sql = Sql::new(
            "INSERT INTO num_sms_part (supplier_id, reference, number, total, phone, sender, text, received_at) \
             VALUES (",
        );
        let values: [Raw; 8] = [
            supplier_id.into(),
            reference.as_str().into(),
            i64::from(number).into(),
            i64::from(total).into(),
            self.phone.as_str().into(),
            self.sender.as_str().into(),
            self.text.as_str().into(),
            now_us.into(),
        ];
        sql.binds(values).sql(")").execute(conn)?;
        joined(conn, (supplier_id, &reference), usize::from(total))
    }
}

/// Did this part come before? A part of an older message that was joined by the same goes.
fn is_known(conn: &mut Conn, (supplier_id, reference): (i64, &str), number: u16, text: &str) -> Result<bool> {
    let of = Sql::new(" FROM num_sms_part WHERE supplier_id = ").bind(supplier_id);
    let of = of.sql(" AND reference = ").bind(reference);
    let sql = Sql::new("SELECT text").append(&of).sql(" AND number = ").bind(i64::from(number));
    let row = sql.first(conn, &[Kind::Text])?;
    match row {
        Some(row) if row[0].str() == text => Ok(true),
        Some(_) => Sql::new("DELETE").append(&of).execute(conn).map(|_| false),
        None => Ok(false),
    }
}

/// The message, once so many of its parts are there.
fn joined(conn: &mut Conn, (supplier_id, reference): (i64, &str), least: usize) -> Result<Option<Incoming>> {
    let of = Sql::new(" WHERE NOT joined AND supplier_id = ").bind(supplier_id);
    let of = of.sql(" AND reference = ").bind(reference);
    let sql = Sql::new("SELECT id, phone, sender, text, received_at FROM num_sms_part").append(&of);
    let (int, text) = (Kind::Int, Kind::Text);
    let rows = sql.sql(" ORDER BY number").load(conn, &[int, text, text, text, int])?;
    let Some(first) = rows.first().filter(|_| rows.len() >= least) else { return Ok(None) };
    Sql::new("UPDATE num_sms_part SET joined = TRUE").append(&of).execute(conn)?;
    Ok(Some(Incoming {
        supplier_id,
        phone: first[1].str().to_owned(),
        sender: first[2].str().to_owned(),
        text: rows.iter().map(|row| row[3].str()).collect(),
        received_us: first[4].int(),
        provider_ref: format!("parts-{}", first[0].int()),
    }))
}

/// Hands on what has waited too long for the rest of it, and forgets what was handed on.
pub fn run(app: &Arc<App>, now_us: i64) -> Result<Report> {
    let sql = Sql::new(
        "SELECT DISTINCT supplier_id, reference FROM num_sms_part WHERE NOT joined AND received_at <= ",
    );
    let sql = sql.bind(now_us - WAIT_US).sql(" LIMIT ").bind(LATE_MAX);
    let mut report = Report::default();
    for row in app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int, Kind::Text]))? {
        let (supplier_id, reference) = (row[0].int(), row[1].str().to_owned());
        let done = app.db.write(move |conn| match joined(conn, (supplier_id, &reference), 1)? {
            Some(incoming) => inbox::receive(conn, &incoming, now_us).map(|_| 1),
            None => Ok(0),
        })?;
        report.done += done;
    }
    app.db.write(move |conn| {
        let sql =
            Sql::new("DELETE FROM num_sms_part WHERE joined AND received_at <= ").bind(now_us - KNOWN_US);
        sql.execute(conn).map(drop)
    })?;
    Ok(report)
}

/// What a header says of parts (3GPP TS 23.040 §9.2.3.24), and what stands behind it.
fn parted(octets: &[u8]) -> (Option<Place>, &[u8]) {
    let Some((length, rest)) = octets.split_first() else { return (None, octets) };
    let Some((mut header, text)) = rest.split_at_checked(usize::from(*length)) else { return (None, octets) };
    let mut place = None;
    while let [name, length, rest @ ..] = header {
        let Some((value, behind)) = rest.split_at_checked(usize::from(*length)) else { break };
        place = match (*name, value) {
            (0x00, [reference, total, number]) => Some([*reference, *total, *number].map(u16::from)),
            (0x08, [high, low, total, number]) => {
                Some([u16::from_be_bytes([*high, *low]), u16::from(*total), u16::from(*number)])
            }
            _ => place,
        };
        header = behind;
    }
    (place, text)
}

/// UTF-16, Latin-1 or the alphabet of GSM; some centres send UTF-8 or Latin-1 for the last.
fn decoded(octets: &[u8], data_coding: u8) -> String {
    let latin1 = || octets.iter().map(|octet| char::from(*octet)).collect();
    match data_coding {
        UCS2 | 0x18..=0x1B => {
            let units = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        }
        LATIN1 => latin1(),
        1 => String::from_utf8(octets.to_vec()).unwrap_or_else(|_| latin1()),
        _ if octets.is_ascii() => gsm::text(octets),
        _ => String::from_utf8(octets.to_vec()).unwrap_or_else(|_| latin1()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mobile(esm_class: u8, data_coding: u8, octets: &[u8]) -> Mobile {
        let delivery = Delivery { esm_class, data_coding, octets: octets.to_vec(), ..Delivery::default() };
        Mobile::of(&delivery)
    }

    #[test]
    fn alphabets() {
        for (coding, octets, text) in [
            (0, &b"Code\x00 12\x1B\x65 \x11"[..], "Code@ 12€ _"),
            (0, "Код".as_bytes(), "Код"),
            (0, b"\xE9", "é"),
            (1, b"a_@", "a_@"),
            (3, b"\xE9_", "é_"),
            (8, &[0x04, 0x16, 0xD8, 0x3D, 0xDE, 0x00], "Ж😀"),
            (8, &[0x04], ""),
            (0, b"\x1B", ""),
        ] {
            assert_eq!(mobile(0, coding, octets).text, text, "{coding} {octets:?}");
        }
    }

    #[test]
    fn headers() {
        for (octets, place, text) in [
            (&[5, 0, 3, 7, 2, 1, b'a'][..], Some([7, 2, 1]), "a"),
            (&[6, 8, 4, 1, 0, 3, 2, b'b'], Some([256, 3, 2]), "b"),
            (&[8, 0x24, 1, 0, 0, 3, 9, 2, 2, b'c'], Some([9, 2, 2]), "c"),
            // One part of one, or one beyond the last, is a message.
            (&[5, 0, 3, 7, 1, 1, b'd'], None, "d"),
            (&[5, 0, 3, 7, 2, 3, b'e'], None, "e"),
            (&[5, 0, 9, 7, 2, 1, b'f'], None, "f"),
            (&[200, b'g'], None, "Èg"),
            (&[], None, ""),
        ] {
            let mobile = mobile(0x40, 0, octets);
            assert_eq!((mobile.place, mobile.text.as_str()), (place, text), "{octets:?}");
        }
    }
}
