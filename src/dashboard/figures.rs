//! Key figures, each with the list that it comes from, and what is to be done first.

use std::collections::BTreeMap;

use super::money::payments;
use super::period::{Period, by_name, of_clients, text};
use super::state;
use super::{Rows, kept};
use crate::auth::Scope;
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::record::scope_sql;
use crate::rpc::describe;
use crate::rpc::handler::Ctx;
use crate::time::DAY_US;

/// How far ahead the ends of services are counted.
const SOON_DAYS: i64 = 14;

/// Figures with the columns name, amount, currency, count, link, place.
struct Figures<'c, 'a> {
    cx: &'c mut Ctx<'a>,
    rows: Rows,
}

pub fn figures(cx: &mut Ctx) -> Result<Rows> {
    let scope = cx.scope();
    let mut figures = Figures { cx, rows: Vec::new() };
    if let Scope::Account(id) | Scope::Reseller(id) = scope {
        figures.balances(id)?;
    }
    if !matches!(scope, Scope::Account(_)) {
        figures.takings()?;
    }
    figures.unpaid()?;
    figures.services()?;
    if !matches!(scope, Scope::Account(_)) {
        figures.clients()?;
        figures.low()?;
    }
    if scope == Scope::All {
        figures.failed()?;
    }
    Ok(figures.rows)
}

impl Figures<'_, '_> {
    fn may(&self, func: &str) -> bool {
        describe::may_call(&self.cx.app.registry, &self.cx.caller, func)
    }

    fn count(&mut self, name: &str, count: i64, link: &str) {
        self.row(name, Raw::Null, "", count.into(), link);
    }

    fn amount(&mut self, name: &str, (amount, iso): (i64, &str), count: Raw, link: &str) {
        self.row(name, amount.into(), iso, count, link);
    }

    fn row(&mut self, name: &str, amount: Raw, iso: &str, count: Raw, link: &str) {
        let place = self.rows.len() as i64;
        self.rows.push(vec![text(name), amount, text(iso), count, text(link), place.into()]);
    }

    fn one(&mut self, sql: Sql) -> Result<i64> {
        Ok(sql.first(self.cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
    }

    fn balances(&mut self, account_id: i64) -> Result<()> {
        if !self.may("dashboard.info") {
            return Ok(());
        }
        let sql = Sql::new("SELECT balance, currency_iso FROM subaccount_list WHERE account_id = ");
        for row in sql.bind(account_id).sql(" ORDER BY id").load(self.cx.conn, &[Kind::Int, Kind::Text])? {
            self.amount("balance", (row[0].int(), row[1].str()), Raw::Null, "func=dashboard.info");
        }
        Ok(())
    }

    fn takings(&mut self) -> Result<()> {
        if !self.may("dashboard.takings") {
            return Ok(());
        }
        let period = Period::of(self.cx)?;
        let source = payments(self.cx);
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for ((iso, _), values) in by_name(self.cx, &period, period.range(), &source)? {
            *sums.entry(iso).or_default() += values[0];
        }
        let link = format!("func=dashboard.takings&period={}", period.days);
        for (iso, amount) in sums {
            self.amount("takings", (amount, &iso), Raw::Null, &link);
        }
        Ok(())
    }

    fn unpaid(&mut self) -> Result<()> {
        if !self.may("payment") {
            return Ok(());
        }
        let sql = Sql::new(
            "SELECT c.iso, COUNT(*), CAST(SUM(p.subaccountamount) AS BIGINT) FROM (SELECT subaccount_id, \
             subaccountamount FROM payment WHERE status IN (1, 2, 3) AND NOT deleted",
        );
        let sql = sql.append(&of_clients(self.cx)).sql(") AS p").sql(super::period::OF_SUBACCOUNT);
        let kinds = [Kind::Text, Kind::Int, Kind::Int];
        for row in kept::load(self.cx, sql.sql(" GROUP BY 1 ORDER BY 1"), &kinds, 1)?.iter() {
            let sum = (row[2].int(), row[0].str());
            self.amount("unpaid", sum, row[1].clone(), "func=payment&filter=on&status=1, 2, 3");
        }
        Ok(())
    }

    fn services(&mut self) -> Result<()> {
        if !self.may("service") {
            return Ok(());
        }
        let scope = scope_sql(self.cx.scope(), "account_id");
        let active = Sql::new("SELECT COUNT(*) FROM item WHERE NOT deleted AND status = 2").append(&scope);
        let active = self.one(active)?;
        self.count("services", active, "func=service");
        let soon = Sql::new("SELECT COUNT(*) FROM item WHERE NOT deleted AND status = 2 AND expiredate > 0");
        let soon = soon.sql(" AND expiredate < ").bind(self.cx.now_us + SOON_DAYS * DAY_US).append(&scope);
        let soon = self.one(soon)?;
        if soon > 0 {
            self.count("expiring", soon, "func=dashboard.items");
        }
        Ok(())
    }

    fn clients(&mut self) -> Result<()> {
        if !self.may("account") {
            return Ok(());
        }
        let all = Sql::new("SELECT COUNT(*) FROM account WHERE NOT deleted").append(&match self.cx.scope() {
            Scope::Reseller(id) => Sql::new(" AND id <> ").bind(id).append(&scope_sql(self.cx.scope(), "id")),
            scope => scope_sql(scope, "id"),
        });
        let clients = self.one(all)?;
        self.count("clients", clients, "func=account");
        Ok(())
    }

    fn low(&mut self) -> Result<()> {
        if !self.may("dashboard.lowbalance") {
            return Ok(());
        }
        let sql = Sql::new("SELECT COUNT(*) FROM subaccount_list WHERE 1 = 1").append(&state::low_usual());
        let low = self.one(sql.append(&of_clients(self.cx)))?;
        self.count("low", low, "func=dashboard.lowbalance");
        Ok(())
    }

    fn failed(&mut self) -> Result<()> {
        if !self.may("dashboard.failed") {
            return Ok(());
        }
        let failed = self.one(Sql::new(
            "SELECT COUNT(*) FROM outbox o JOIN item i ON i.id = o.item_id WHERE o.kind = 'operation' AND o.state = 'failed'",
        ))?;
        self.count("failed", failed, "func=dashboard.failed");
        Ok(())
    }
}

/// What a provider needs before he can sell: the step, the condition that it is done, where to do it.
const STEPS: [(&str, &str, &str); 5] = [
    ("project", "SELECT 1 FROM project WHERE NOT deleted LIMIT 1", "project.edit"),
    ("company", "SELECT 1 FROM company WHERE NOT deleted LIMIT 1", "company.edit"),
    ("paymethod", "SELECT 1 FROM paymethod WHERE active AND NOT deleted LIMIT 1", "paymethod.add"),
    ("pricelist", "SELECT 1 FROM pricelist WHERE NOT deleted LIMIT 1", "pricelist.add"),
    ("account", "SELECT 1 FROM account WHERE NOT deleted LIMIT 1", "account.edit"),
];

/// The first steps, until all of them are done.
pub fn steps(cx: &mut Ctx) -> Result<Rows> {
    let mut rows = Rows::new();
    for (place, (name, there, func)) in STEPS.into_iter().enumerate() {
        let is_done = Sql::new(there).first(cx.conn, &[])?.is_some();
        let may = describe::may_call(&cx.app.registry, &cx.call.caller, func);
        let link = if may { format!("func={func}") } else { String::new() };
        rows.push(vec![text(name), Raw::Flag(is_done), text(link), (place as i64).into()]);
    }
    let is_ready = rows.iter().all(|row| row[1].on());
    Ok(if is_ready { Vec::new() } else { rows })
}
