//! A byte for the kind of a field, eight for what stands in its column, and the text that somebody
//! enters. What is taken is shown, and what is shown is taken again as the same.
#![no_main]

use billmgr::db::Raw;
use billmgr::money::Money;
use billmgr::rpc::meta::{Field, ValueKind};
use billmgr::time::{SECOND_US, Zone};
use billmgr::value;
use billmgr_fuzz::target;

const KINDS: [ValueKind; 14] = [
    ValueKind::Text,
    ValueKind::Id,
    ValueKind::Int,
    ValueKind::Money,
    ValueKind::Percent,
    ValueKind::Rate,
    ValueKind::Date,
    ValueKind::Time,
    ValueKind::Flag,
    ValueKind::Msg,
    ValueKind::Ids,
    ValueKind::Password,
    ValueKind::Secret,
    ValueKind::Lines,
];

/// What is left of a value when it was shown: a day of a date, a second of a time.
fn shown_part(kind: ValueKind, raw: Raw, zone: &Zone) -> Raw {
    match (kind, raw) {
        (ValueKind::Date, Raw::Int(at_us)) => Raw::Int(zone.day_us(at_us)),
        (ValueKind::Time, Raw::Int(at_us)) => Raw::Int(at_us.div_euclid(SECOND_US) * SECOND_US),
        (_, raw) => raw,
    }
}

fn there_and_back(field: &Field, text: &str, zone: &Zone) {
    let Ok(raw) = value::parse(field, text, zone) else { return };
    let shown = value::shown(field, &raw, zone);
    if field.is_secret() {
        return assert_eq!(shown, "");
    }
    let again = value::parse(field, &shown, zone).expect("what is shown can be entered");
    assert_eq!(again, shown_part(field.kind, raw, zone), "{text:?} was shown as {shown:?}");
}

fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let Some((number, text)) = rest.split_first_chunk() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let field = Field { name: "field".into(), kind, ..Field::default() };
    let zone = Zone::utc();
    value::shown(&field, &Raw::Int(i64::from_le_bytes(*number)), &zone);
    there_and_back(&field, text, &zone);
    if let Some(amount) = Money::parse(text) {
        assert_eq!(Money::parse(&amount.plain()), Some(amount));
    }
}

target!(run);
