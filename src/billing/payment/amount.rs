//! What a payment costs by a method: its currency, limits and commission, and to whom it is open.

use crate::app::App;
use crate::books::{self, Subaccount};
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::gateway;
use crate::ledger::Scale;
use crate::ledger::rounding::{WHOLE_E4, share};
use crate::money::Money;
use crate::rpc::handler::Ctx;

/// A payment method as payments read it.
pub struct Method {
    pub id: i64,
    pub currency_id: i64,
    minamount: Money,
    maxamount: Money,
    percent_e4: i64,
    fixed: Money,
    active: bool,
    pub name: String,
    pub module: String,
    pub iso: String,
    profiletypes: String,
    pub image: String,
}

const METHOD: &str = "SELECT m.id, m.currency_id, m.minamount, m.maxamount, m.commissionpercent, \
     m.commissionamount, m.active AND NOT m.deleted, m.name, m.module, c.iso, m.profiletype, m.image \
     FROM paymethod m JOIN currency c ON c.id = m.currency_id WHERE";

impl Method {
    fn load_many(conn: &mut Conn, sql: Sql) -> Result<Vec<Self>> {
        let kinds: Vec<Kind> =
            [Kind::Int; 6].into_iter().chain([Kind::Flag]).chain([Kind::Text; 5]).collect();
        let rows = sql.load(conn, &kinds)?;
        let method = |row: &Vec<crate::db::Raw>| Self {
            id: row[0].int(),
            currency_id: row[1].int(),
            minamount: Money(row[2].int()),
            maxamount: Money(row[3].int()),
            percent_e4: row[4].int(),
            fixed: Money(row[5].int()),
            active: row[6].on(),
            name: row[7].str().to_owned(),
            module: row[8].str().to_owned(),
            iso: row[9].str().to_owned(),
            profiletypes: row[10].str().to_owned(),
            image: row[11].str().to_owned(),
        };
        Ok(rows.iter().map(method).collect())
    }

    pub fn load(conn: &mut Conn, id: i64) -> Result<Self> {
        let found = Self::load_many(conn, Sql::new(METHOD).sql(" m.id = ").bind(id))?;
        let found = found.into_iter().next();
        found.ok_or_else(|| Error::missed("paymethod").with("value", id.to_string()))
    }

    /// The methods of a provider that are in use, in their order.
    pub fn of_project(conn: &mut Conn, project_id: i64) -> Result<Vec<Self>> {
        let sql = Sql::new(METHOD)
            .sql(" m.active AND NOT m.deleted AND EXISTS (SELECT 1 FROM paymethod_project l WHERE ");
        let sql = sql.sql("l.paymethod_id = m.id AND l.project_id = ").bind(project_id);
        Self::load_many(conn, sql.sql(") ORDER BY m.orderpriority, m.id"))
    }

    fn scale(&self) -> Scale {
        Scale::minor(&self.iso)
    }

    /// What is paid beyond `net`: the percent of it and the fixed sum.
    pub fn commission(&self, net: Money) -> Result<Money> {
        share(net, self.percent_e4, WHOLE_E4, self.scale())?.plus(self.fixed)
    }

    /// The limits are in the currency of the method and hold for what is paid without commission.
    pub fn check_limits(&self, net: Money) -> Result<()> {
        let refused = |desc, limit: Money| {
            let limit = format!("{} {}", limit.shown(&self.iso), self.iso);
            Err(Error::value("amount", limit).with("desc", desc))
        };
        match net {
            _ if net < self.minamount => refused("desc_payment_small", self.minamount),
            _ if self.maxamount > Money::ZERO && net > self.maxamount => {
                refused("desc_payment_large", self.maxamount)
            }
            _ => Ok(()),
        }
    }
}

/// Who pays, as far as it is known.
#[derive(Clone, Copy, Default)]
pub struct Payer {
    /// 0 until it is known.
    pub kind: i64,
    pub country_id: i64,
}

/// The company that gets the money, when the method is open: for the provider, through one of its
/// companies that serves the payer's kind, and in the payer's country.
pub fn company(
    app: &App,
    conn: &mut Conn,
    method: &Method,
    project_id: i64,
    payer: Payer,
) -> Result<Option<i64>> {
    let takes = |kind: i64| method.profiletypes.split(", ").any(|own| own == kind.to_string());
    if !method.active
        || !gateway::is_usable(app, &method.module)
        || (payer.kind != 0 && !takes(payer.kind))
        || !is_open_in(conn, method, payer.country_id)?
    {
        return Ok(None);
    }
    let sql = Sql::new(
        "SELECT MIN(c.id) FROM company c JOIN project_company p ON p.company_id = c.id \
         JOIN paymethod_company m ON m.company_id = c.id \
         JOIN paymethod_project l ON l.paymethod_id = m.paymethod_id AND l.project_id = p.project_id \
         WHERE NOT c.deleted AND p.project_id = ",
    );
    let sql = sql.bind(project_id).sql(" AND m.paymethod_id = ").bind(method.id);
    let sql = match payer.kind {
        0 => sql,
        kind => sql
            .sql(" AND EXISTS (SELECT 1 FROM company_profiletype k WHERE k.company_id = c.id")
            .sql(" AND k.profiletype = ")
            .bind(kind)
            .sql(")"),
    };
    Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()).filter(|id| *id != 0))
}

/// A method without countries is open in all of them, and so is one to a payer without a country.
fn is_open_in(conn: &mut Conn, method: &Method, country_id: i64) -> Result<bool> {
    if country_id == 0 {
        return Ok(true);
    }
    let sql = Sql::new("SELECT country_id FROM paymethod_country WHERE paymethod_id = ").bind(method.id);
    let countries = sql.load(conn, &[Kind::Int])?;
    Ok(countries.is_empty() || countries.iter().any(|row| row[0].int() == country_id))
}

/// An amount of the client's balance in the currency of a method, by the provider's newest rate.
/// `field` is at fault where the amount is none of that currency.
pub fn in_method_currency(
    cx: &mut Ctx,
    subaccount: &Subaccount,
    amount: Money,
    field: &'static str,
    method: &Method,
) -> Result<Money> {
    if !Scale::minor(&subaccount.iso).fits(amount) {
        return Err(Error::value(field, amount.plain()));
    }
    let to = (method.currency_id, method.iso.as_str());
    convert(cx, subaccount.project_id, amount, subaccount.currency_id, to)
}

/// Error `missed(currency)` where there is no rate.
pub fn convert(
    cx: &mut Ctx,
    project_id: i64,
    amount: Money,
    from: i64,
    (to, iso): (i64, &str),
) -> Result<Money> {
    if from == to {
        return Ok(amount);
    }
    let rates = books::rates(cx.conn, project_id)?;
    let rates = books::with_age(&rates, cx.app.config.load().rate_max_age_days);
    Ok(rates.convert(amount, from, to, cx.now_us, Scale::minor(iso))?.to.amount)
}
