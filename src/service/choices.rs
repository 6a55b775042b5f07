//! What can be chosen of a service beside its tariff: the parameters of its type and the tariff's
//! add-ons. Forms get a field for each; what comes back is checked against the tariff, not the form.

use super::Till;
use super::buyer::Chosen;
use super::tariff::{Extra, Tariff};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::rpc::meta::{Field, Meta, Val, ValueKind};
use crate::seal::Column;
use crate::tariff::addon::{AddonType, BillType};

/// Characters of a parameter; several lines hold a request for a certificate.
const TEXT_MAX: usize = 1024;
const LINES_MAX: usize = 16_384;

/// The fields of a type's parameters, without those that the form has by itself.
pub fn params(conn: &mut Conn, meta: &Meta, itemtype_id: i64, lang: &str) -> Result<Vec<Field>> {
    let name = if lang == "ru" { "name_ru" } else { "name" };
    let sql = Sql::new("SELECT id, intname, type, defaultvalue, required, CASE WHEN ").word(name);
    let sql = sql.sql(" = '' THEN name ELSE ").word(name).sql(" END FROM itemtype_param");
    let sql = sql.sql(" WHERE NOT deleted AND clientshow AND itemtype_id = ").bind(itemtype_id);
    let kinds = [Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Flag, Kind::Text];
    let mut fields = Vec::new();
    for row in sql.sql(" ORDER BY orderpriority, id").load(conn, &kinds)? {
        if meta.field(row[1].str()).is_none() {
            let vals = values(conn, row[0].int(), lang)?;
            fields.push(param_field(&row, vals));
        }
    }
    Ok(fields)
}

/// Error `missed` by the name of what a type demands, also of what the form has by itself.
pub fn need_params(cx: &mut Ctx, itemtype_id: i64) -> Result<()> {
    let sql = Sql::new("SELECT intname FROM itemtype_param WHERE NOT deleted AND clientshow AND required");
    let sql = sql.sql(" AND itemtype_id = ").bind(itemtype_id).sql(" ORDER BY orderpriority, id");
    let names = sql.load(cx.conn, &[Kind::Text])?;
    match names.iter().map(|row| row[0].str()).find(|name| cx.params.get(name).trim().is_empty()) {
        Some(name) => Err(Error::missed(name)),
        None => Ok(()),
    }
}

fn param_field(row: &[Raw], vals: Vec<Val>) -> Field {
    let kind = match row[2].str() {
        "flag" => ValueKind::Flag,
        "number" => ValueKind::Int,
        "select" if !vals.is_empty() => ValueKind::Msg,
        "textarea" => ValueKind::Lines,
        _ => ValueKind::Text,
    };
    let first = || vals.first().map(|val| val.key.clone()).unwrap_or_default();
    let default =
        if kind == ValueKind::Msg && row[3].str().is_empty() { first() } else { row[3].str().into() };
    Field {
        name: row[1].str().to_owned(),
        kind,
        default,
        required: row[4].on(),
        virtual_: true,
        max: Some(if kind == ValueKind::Lines { LINES_MAX } else { TEXT_MAX }),
        label: row[5].str().to_owned(),
        vals,
        ..Field::default()
    }
}

fn values(conn: &mut Conn, param_id: i64, lang: &str) -> Result<Vec<Val>> {
    let sql = Sql::new("SELECT intname, name, name_ru FROM itemtype_param_value WHERE NOT deleted");
    let sql = sql.sql(" AND itemtype_param_id = ").bind(param_id).sql(" ORDER BY orderpriority, id");
    Ok(sql.load(conn, &[Kind::Text; 3])?.iter().map(|row| val(row[0].str(), row, 1, lang)).collect())
}

fn val(key: &str, row: &[Raw], name_at: usize, lang: &str) -> Val {
    let (name, name_ru) = (row[name_at].str(), row[name_at + 1].str());
    let text = if lang == "ru" && !name_ru.is_empty() { name_ru } else { name };
    Val { key: key.to_owned(), text: text.to_owned(), ..Val::default() }
}

/// The fields of the add-ons that a client can choose.
pub fn addons(conn: &mut Conn, tariff: &Tariff, lang: &str) -> Result<Vec<Field>> {
    let can_choose = |extra: &&Extra| matches!(extra.rule.billtype, BillType::Order | BillType::Compound);
    tariff.addons.iter().filter(can_choose).map(|extra| addon_field(conn, extra, lang)).collect()
}

fn addon_field(conn: &mut Conn, extra: &Extra, lang: &str) -> Result<Field> {
    let (kind, vals) = match extra.rule.addontype {
        AddonType::Flag => (ValueKind::Flag, Vec::new()),
        AddonType::Number => (ValueKind::Int, Vec::new()),
        AddonType::Enumeration => (ValueKind::Msg, items(conn, extra.enumeration_id, lang)?),
    };
    // Nothing is chosen where the tariff names nothing: that is one of the answers.
    let nothing = Val { key: "0".into(), text: "—".into(), ..Val::default() };
    let is_open = kind == ValueKind::Msg && extra.default == 0;
    let vals = is_open.then_some(nothing).into_iter().chain(vals).collect();
    let default = match kind {
        ValueKind::Flag => if extra.default > 0 { "on" } else { "off" }.to_owned(),
        _ => extra.default.to_string(),
    };
    let (name, label) = (extra.rule.field(), extra.title(lang).to_owned());
    Ok(Field { name, kind, vals, default, label, virtual_: true, ..Field::default() })
}

fn items(conn: &mut Conn, enumeration_id: i64, lang: &str) -> Result<Vec<Val>> {
    let sql = Sql::new("SELECT id, name, name_ru FROM enumerationitem WHERE NOT deleted AND active");
    let sql = sql.sql(" AND enumeration_id = ").bind(enumeration_id).sql(" ORDER BY orderpriority, id");
    let rows = sql.load(conn, &[Kind::Int, Kind::Text, Kind::Text])?;
    Ok(rows.iter().map(|row| val(&row[0].int().to_string(), row, 1, lang)).collect())
}

/// What a form says of the add-ons; what it does not have stays as it was or as the tariff gives it.
pub fn chosen(tariff: &Tariff, record: &Record, have: &[Chosen]) -> Vec<Chosen> {
    let count = |extra: &Extra| match record.get(&extra.rule.field()) {
        Raw::Flag(on) => Some(i64::from(*on)),
        Raw::Int(count) => Some(*count),
        Raw::Text(text) => text.parse().ok(),
        Raw::Null => None,
    };
    let had = |id: i64| have.iter().find(|chosen| chosen.detail_id == id).map(|chosen| chosen.count);
    let of = |extra: &Extra| Chosen {
        detail_id: extra.rule.id,
        count: count(extra).or_else(|| had(extra.rule.id)).unwrap_or(extra.default),
    };
    tariff.addons.iter().map(of).collect()
}

/// Keeps what was chosen.
pub fn keep(conn: &mut Conn, item_id: i64, tariff: &Tariff, chosen: &[Chosen]) -> Result<()> {
    Sql::new("DELETE FROM item_addon WHERE item_id = ").bind(item_id).execute(conn)?;
    for choice in chosen {
        let Some(extra) = tariff.extra(choice.detail_id) else { continue };
        let (count, item) = match extra.rule.addontype {
            AddonType::Enumeration => (0, choice.count),
            _ => (choice.count, 0),
        };
        let sql = Sql::new("INSERT INTO item_addon (item_id, detail_id, count, enumerationitem_id) VALUES (");
        sql.binds([item_id, choice.detail_id, count, item].map(Raw::from)).sql(")").execute(conn)?;
    }
    Ok(())
}

/// Keeps a parameter of a service; a secret one is sealed for this service and name.
pub fn set_param(till: &mut Till, item_id: i64, name: &str, value: &str, is_secret: bool) -> Result<()> {
    let kept = match is_secret {
        true => till.app.sealer.seal(value, &SEALED.context(&[&item_id, &name])),
        false => value.to_owned(),
    };
    let sql =
        Sql::new("UPDATE itemparam SET value = ").bind(kept.as_str()).sql(", sealed = ").bind(is_secret);
    let sql = sql.sql(" WHERE item_id = ").bind(item_id).sql(" AND name = ").bind(name);
    if sql.execute(till.conn)? == 0 {
        let sql = Sql::new("INSERT INTO itemparam (item_id, name, value, sealed) VALUES (");
        let values = [item_id.into(), name.into(), kept.into(), is_secret.into()];
        sql.binds(values).sql(")").execute(till.conn)?;
    }
    Ok(())
}

/// A sealed parameter is bound to its service and its name.
pub const SEALED: Column =
    Column { table: "itemparam", column: "value", context: "item:{item_id}:{name}", only: "sealed" };

/// The parameters of a service that are no secrets.
pub fn open_params(conn: &mut Conn, item_id: i64) -> Result<Vec<(String, String)>> {
    let sql = Sql::new("SELECT name, value FROM itemparam WHERE NOT sealed AND item_id = ").bind(item_id);
    let rows = sql.sql(" ORDER BY name").load(conn, &[Kind::Text, Kind::Text])?;
    Ok(rows.iter().map(|row| (row[0].str().to_owned(), row[1].str().to_owned())).collect())
}

/// The one form of a domain name: in small letters of its own script, however it was written. Else a
/// name in ASCII (`xn--…`) could be sold beside the same name in letters.
pub fn canonical_domain(name: &str) -> String {
    let small = name.trim().trim_end_matches('.').to_lowercase();
    match idna::domain_to_unicode(&small) {
        (unicode, Ok(())) => unicode,
        (_, Err(_)) => small, // no name, as whoever checks it will find
    }
}

/// Error `value(domain)` unless it can be a domain name: labels of letters, digits and hyphens, in
/// any script (an internationalized name may come unencoded), 253 characters at most.
pub fn check_domain(name: &str) -> Result<()> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let labels: Vec<&str> = name.split('.').collect();
    match name.len() <= 253 && labels.len() >= 2 && labels.into_iter().all(is_label) {
        true => Ok(()),
        false => Err(Error::value("domain", name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_domains() {
        for (name, good) in [
            ("example.com", true),
            ("a-b.example.co.uk", true),
            ("пример.рф", true),
            ("example", false),
            ("-a.example.com", false),
            ("a..example.com", false),
            ("a b.example.com", false),
            ("a_b.example.com", false),
            ("", false),
        ] {
            assert_eq!(check_domain(name).is_ok(), good, "{name}");
        }
        assert!(check_domain(&format!("{}.com", "a".repeat(64))).is_err());
    }

    #[test]
    fn one_form_of_a_domain() {
        for (written, kept) in [
            (" Example.COM. ", "example.com"),
            ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
            ("XN--E1AFMKFD.рф", "пример.рф"),
            ("ПРИМЕР.РФ", "пример.рф"),
            ("a_b.example.com", "a_b.example.com"),
            ("xn--a.example.com", "xn--a.example.com"),
            ("", ""),
        ] {
            assert_eq!(canonical_domain(written), kept, "{written}");
        }
    }
}
