//! Tax rules, and which of them holds for a sale.

use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::rounding::{Tax, WHOLE_E4};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] =
    &[("taxrule.edit", Handler::Form(record::FORM.check(check))), ("taxrule.resume", Handler::Each(resume))];

/// What a tax rule asks of a sale; 0 asks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Buyer {
    pub country_id: i64,
    pub profiletype: i64,
    pub company_id: i64,
}

/// A rule that holds for a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub id: i64,
    /// 10⁻⁴ of a percent.
    pub rate_e4: i64,
    pub tax: Tax,
}

/// Of the rules in use that fit, the one with most conditions; among equals one with the company goes
/// before one with the country, and that before one with the kind of payer. Nothing: no tax.
pub fn find(conn: &mut Conn, buyer: Buyer) -> Result<Option<Rule>> {
    let sql = Sql::new("SELECT id, rate, included FROM taxrule WHERE active AND country_id IN (0, ");
    let sql = sql.bind(buyer.country_id).sql(") AND profiletype IN (0, ").bind(buyer.profiletype);
    let sql = sql.sql(") AND company_id IN (0, ").bind(buyer.company_id).sql(
        ") ORDER BY CASE WHEN company_id = 0 THEN 0 ELSE 1 END + CASE WHEN country_id = 0 THEN 0 ELSE 1 END \
         + CASE WHEN profiletype = 0 THEN 0 ELSE 1 END DESC, company_id = 0, country_id = 0 LIMIT 1",
    );
    let row = sql.first(conn, &[Kind::Int, Kind::Int, Kind::Flag])?;
    let tax = |included| if included { Tax::Included } else { Tax::Added };
    Ok(row.map(|row| Rule { id: row[0].int(), rate_e4: row[1].int(), tax: tax(row[2].on()) }))
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.int("rate") > WHOLE_E4 {
        return Err(Error::value("rate", cx.params.get("rate")));
    }
    let conditions = ["country_id", "profiletype", "company_id"].map(|column| record.int(column));
    if record.get("active").on() { refuse_twin(cx, record.id, conditions) } else { Ok(()) }
}

/// Two rules in use with the same conditions would leave the rate undecided.
fn refuse_twin(cx: &mut Ctx, id: i64, [country, profiletype, company]: [i64; 3]) -> Result<()> {
    let sql = Sql::new("SELECT name FROM taxrule WHERE active AND id <> ").bind(id);
    let sql = sql.sql(" AND country_id = ").bind(country).sql(" AND profiletype = ").bind(profiletype);
    let twin = sql.sql(" AND company_id = ").bind(company).first(cx.conn, &[Kind::Text])?;
    match twin {
        Some(row) => Err(Error::exists("taxrule", row[0].str())),
        None => Ok(()),
    }
}

fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let sql = Sql::new("SELECT country_id, profiletype, company_id FROM taxrule WHERE id = ").bind(id);
    if let Some(row) = sql.first(cx.conn, &[Kind::Int; 3])? {
        refuse_twin(cx, id, [row[0].int(), row[1].int(), row[2].int()])?;
    }
    record::resume(cx, elid)
}
