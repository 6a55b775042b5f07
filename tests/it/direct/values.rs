//! Values to fill a form in with.

use billmgr::rpc::meta::{Field, Op, ValueKind};

use super::Answered;

/// What every password of these tests is.
pub const PASSWORD: &str = "walk-password";

/// Fields that take only some texts: two of those each.
const TEXTS: [(&str, [&str; 2]); 18] = [
    ("data", ["<paper title=\"One\" lang=\"en\"/>", "<paper title=\"Two\" lang=\"en\"/>"]),
    ("iso", ["WKA", "WKB"]),
    ("iso2", ["WA", "WB"]),
    ("langcode", ["wa", "wb"]),
    ("timezone", ["Asia/Tokyo", "Europe/Riga"]),
    ("TimeZone", ["Asia/Tokyo", "Europe/Riga"]),
    ("addr", ["192.0.2.0/24", "198.51.100.0/24"]),
    ("RestrictAuthinfoRange", ["192.0.2.0/24", "198.51.100.0/24"]),
    ("value", ["61", "62"]),
    ("url", ["https://one.example.com/panel", "http://two.example.com"]),
    ("discountamount", ["1.50", "2.50"]),
    ("newname", ["walk-line", "walk-line-2"]),
    ("JanusServer", ["wss://one.example.com:8989", "wss://two.example.com"]),
    ("address", ["pbx1.example.com:5038", "192.0.2.9:5038"]),
    ("context", ["phones", "office"]),
    ("codecs", ["g722,alaw", "ulaw"]),
    ("ca", [include_str!("one.pem"), include_str!("two.pem")]),
    ("faction", ["payment.edit", "profile.edit"]),
];

/// A valid value for the field, other than the one it has; none where there is no other.
/// `mark` makes texts differ from each other.
pub fn other(field: &Field, form: &Answered, mark: usize) -> Option<String> {
    let now = form.text(&field.name);
    let owned = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
    if form.doc.get_attr("func") == Some("tld.edit") && field.name == "name" {
        return Some(format!("walk{mark}"));
    }
    let choices = match TEXTS.iter().find(|(name, _)| *name == field.name) {
        Some((_, texts)) => owned(*texts),
        None if !field.vals.is_empty() => field.vals.iter().map(|val| val.key.clone()).collect(),
        // From the other end, so that no rate is of a currency in itself.
        None if field.name == "relatedcurrency" => form.offered(&field.name).into_iter().rev().collect(),
        None if !field.options.is_empty() => form.offered(&field.name),
        // Such a form has choices of its own.
        None if field.control == "select" => form.offered(&field.name),
        None if field.op == Op::Period => owned(["today", "lastmonth"]),
        None => of_kind(field, now, mark),
    };
    choices.into_iter().find(|choice| choice != now && !choice.is_empty())
}

fn of_kind(field: &Field, now: &str, mark: usize) -> Vec<String> {
    let flag = if now == "on" { "off" } else { "on" };
    let day = |month: usize| format!("2026-{month:02}-{:02}", 1 + mark % 28);
    let choices = match field.kind {
        ValueKind::Text if field.name == "intname" => return vec![format!("walk{mark}")],
        ValueKind::Text if field.name.contains("email") => return vec![format!("walk{mark}@example.com")],
        ValueKind::Text if field.name == "url" => return vec![format!("https://example.com/walk{mark}")],
        ValueKind::Text if ["phone", "mobile", "fax"].contains(&field.name.as_str()) => {
            return vec![format!("+371 2{mark:07}")];
        }
        ValueKind::Text if field.max.is_some_and(|max| max < 16) => return vec![format!("w{mark}")],
        ValueKind::Text | ValueKind::Msg => return vec![format!("Walk {mark} & <{}>", field.name)],
        ValueKind::Lines => return vec![format!("Walk {mark}\nand \"on\"")],
        ValueKind::Date => return vec![day(3), day(5)],
        ValueKind::Time => return [3, 5].map(|month| format!("{} 10:11:12", day(month))).to_vec(),
        ValueKind::Password | ValueKind::Secret => [PASSWORD, PASSWORD],
        ValueKind::Id | ValueKind::Int | ValueKind::Ids => ["1", "2"],
        ValueKind::Money => ["12.34", "23.45"],
        ValueKind::Percent => ["12.5", "7.25"],
        ValueKind::Rate => ["1.5", "2.125"],
        ValueKind::Flag => [flag, flag],
    };
    choices.map(str::to_owned).to_vec()
}
