//! Who pays: one of the client's payers, or a new one.

use super::ask::Ask;
use crate::billing::payment::amount::Payer;
use crate::db::{Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::record::Record;
use crate::rpc::handler::Ctx;

pub struct Chosen {
    /// 0: it is to be made.
    id: i64,
    kind: i64,
    country_id: i64,
}

impl Chosen {
    pub fn as_payer(&self) -> Payer {
        Payer { kind: self.kind, country_id: self.country_id }
    }
}

/// The payer that `profile` names, the new one that `name` begins, else the client's first.
pub fn chosen(cx: &mut Ctx, ask: &Ask, record: &Record) -> Result<Chosen> {
    let (asked, name) = (record.int("profile"), record.str("name").trim());
    if asked == 0 && !name.is_empty() {
        if !(1..=3).contains(&record.int("profiletype")) {
            return Err(Error::value("profiletype", record.int("profiletype").to_string()));
        }
        return match record.int("country") {
            0 => Err(Error::missed("country")),
            country_id => Ok(Chosen { id: 0, kind: record.int("profiletype"), country_id }),
        };
    }
    match known(cx, ask, asked)? {
        Some(chosen) => Ok(chosen),
        None if asked == 0 => Err(Error::missed("profile")),
        None => Err(Error::value("profile", asked.to_string())),
    }
}

/// What is known of the payer while the steps are filled in.
pub fn so_far(cx: &mut Ctx, ask: &Ask, record: &Record) -> Result<Payer> {
    if record.int("profile") != 0 {
        return Ok(
            known(cx, ask, record.int("profile"))?.map_or_else(Payer::default, |payer| payer.as_payer())
        );
    }
    Ok(Payer { kind: 0, country_id: record.int("country") })
}

/// Does nobody need to be asked who pays?
pub fn is_known(cx: &mut Ctx, ask: &Ask, record: &Record) -> Result<bool> {
    let is_new = record.int("profile") == 0 && !record.str("name").trim().is_empty();
    Ok(!is_new && known(cx, ask, record.int("profile"))?.is_some())
}

fn known(cx: &mut Ctx, ask: &Ask, id: i64) -> Result<Option<Chosen>> {
    let sql = Sql::new(
        "SELECT id, profiletype, CASE WHEN country_physical = 0 THEN country_legal ELSE country_physical END \
         FROM profile WHERE NOT deleted AND account_id = ",
    );
    let sql = sql.bind(ask.subaccount.account_id);
    let sql = if id == 0 { sql } else { sql.sql(" AND id = ").bind(id) };
    let row = sql.sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Int; 3])?;
    Ok(row.map(|row| Chosen { id: row[0].int(), kind: row[1].int(), country_id: row[2].int() }))
}

/// The fields of a new payer beside its name, kind and country.
const TEXTS: [&str; 7] =
    ["person", "email", "phone", "vatnum", "postcode_physical", "city_physical", "address_physical"];

/// The payer's id; a new one is made now.
pub fn keep(cx: &mut Ctx, ask: &Ask, chosen: Chosen) -> Result<i64> {
    if chosen.id != 0 {
        return Ok(chosen.id);
    }
    let of = &ask.subaccount;
    let text = |name: &str| cx.params.get(name).trim().to_owned();
    let name = text("name");
    let mut columns =
        vec!["account_id", "reseller_id", "profiletype", "country_physical", "name", "name_fold"];
    let mut values: Vec<Raw> =
        [of.account_id, of.reseller_id, chosen.kind, chosen.country_id].map(Raw::from).into();
    values.extend([name.as_str().into(), name.to_lowercase().into()]);
    if chosen.kind != 1 {
        columns.push("country_legal");
        values.push(chosen.country_id.into());
    }
    columns.extend(["email_fold", "vatnum_fold"]);
    values.extend(["email", "vatnum"].map(|name| Raw::from(text(name).to_lowercase())));
    columns.extend(TEXTS);
    values.extend(TEXTS.map(|name| Raw::from(text(name))));
    let sql = Sql::new("INSERT INTO profile (").words(columns).sql(") VALUES (").binds(values);
    let row = sql.sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
    let id = row.ok_or_else(|| Error::system("a payer got no id"))?[0].int();
    history::write_of(cx, "profile", id, (of.account_id, of.reseller_id), "")?;
    Ok(id)
}
