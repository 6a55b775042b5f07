//! Values: what fits a field, and what fits none.

use billmgr::rpc::meta::{Field, ValueKind};

use super::odd::Dice;
use crate::bad_input::HOSTILE;
use crate::support::seed::PASSWORD;

pub type Bytes = Vec<u8>;

/// At and over the edges of what is stored, and what other readers take for numbers.
const NUMBERS: [&str; 26] = [
    "0",
    "-0",
    "-1",
    "1",
    "00",
    "+1",
    "1.5",
    "1,5",
    "1e3",
    "1e308",
    "NaN",
    "inf",
    "0x10",
    "٣",
    "127",
    "32768",
    "2147483648",
    "4294967296",
    "9223372036854",
    "9223372036854.775807",
    "-9223372036854.775807",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "99999999999999999999999999",
    "0.0000001",
];
const MOMENTS: [&str; 14] = [
    "0000-01-01",
    "0001-01-01",
    "1970-01-01",
    "9999-12-30",
    "9999-12-31",
    "9999-12-31 23:59:59",
    "2026-02-30",
    "2026-13-01",
    "26-01-01",
    "2026-06-15T12:00:00",
    "2026-06-15 24:00:00",
    "2026-06-15 23:59:60",
    "-9999-01-01",
    "2026-06-15 12:00:00.5",
];
const TEXTS: [&str; 12] = [
    "",
    " ",
    "null",
    "undefined",
    "on, off",
    "%",
    "_",
    "' OR 1=1 --",
    "\"",
    "\\",
    "../../etc/passwd",
    "\u{202e}\u{feff}\u{10ffff}",
];
const PERIODS: [&str; 10] = [
    "today",
    "currentweek",
    "lastmonth",
    "halfyear",
    "nodate",
    "other",
    "2026-06-15",
    "9999-12-30",
    "year",
    "x",
];

/// What belongs into no field, or only into some other.
pub fn odd(dice: &mut Dice) -> Bytes {
    match dice.below(21) {
        0..6 => text(dice.pick(&NUMBERS)),
        6..10 => text(dice.pick(&HOSTILE)),
        10..12 => text(dice.pick(&MOMENTS)),
        12..15 => text(dice.pick(&TEXTS)),
        15 => dice.bytes(40),
        16 => vec![dice.number() as u8 % 0x20],
        17 => "ж".repeat(*dice.pick(&[255, 256, 4096, 30_000])).into_bytes(),
        18 => numbers(*dice.pick(&[3, 300, 3000, 40_000])).into_bytes(),
        // What cannot be packed shows where a database limits the length of what it finds things by.
        19 => (0..200).map(|_| dice.number().to_string()).collect::<String>().into_bytes(),
        _ => (dice.number() as i64).to_string().into_bytes(),
    }
}

fn numbers(count: usize) -> String {
    (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
}

fn text(text: &&str) -> Bytes {
    text.as_bytes().to_vec()
}

/// Something that the field takes, more often than not.
pub fn fitting(dice: &mut Dice, field: &Field) -> Bytes {
    let small = dice.below(50);
    let text = match field.kind {
        ValueKind::Id | ValueKind::Int => small.to_string(),
        ValueKind::Ids => format!("{small}, {}", dice.below(9)),
        ValueKind::Money => format!("{small}.{}0", dice.below(10)),
        ValueKind::Percent | ValueKind::Rate => format!("{small}.5"),
        ValueKind::Date => format!("2026-0{}-1{}", 1 + dice.below(9), dice.below(10)),
        ValueKind::Time => format!("2026-06-1{} 12:00:0{}", dice.below(10), dice.below(10)),
        ValueKind::Flag => dice.pick(&["on", "off"]).to_string(),
        // So everybody can go on signing in.
        ValueKind::Password | ValueKind::Secret => PASSWORD.into(),
        ValueKind::Lines => dice.pick(&["", "127.0.0.1\n10.0.0.0/8", "a line"]).to_string(),
        ValueKind::Text | ValueKind::Msg => word(dice, field),
    };
    text.into_bytes()
}

/// Codes are short, zones are named, and most names are new.
fn word(dice: &mut Dice, field: &Field) -> String {
    match (field.name.as_str(), field.max) {
        ("timezone", _) => dice.pick(&["Europe/Riga", "UTC", ""]).to_string(),
        (_, Some(most @ 1..=3)) => (0..most).map(|_| (b'A' + dice.below(26) as u8) as char).collect(),
        _ => format!("{}{}", dice.pick(&["Name", "n@example.com", "word", "имя"]), dice.below(300)),
    }
}

pub fn period(dice: &mut Dice) -> Bytes {
    text(dice.pick(&PERIODS))
}
