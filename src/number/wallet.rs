//! What is left in the payment systems that vendors are paid through.

use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] =
    &[("vendor.wallet", Handler::Rows(rows)), ("vendor.wallet.edit", Handler::Form(EDIT))];

const EDIT: Form = record::FORM.check(check).save(save);

pub const SYSTEMS: [&str; 3] = ["fkwallet", "payeer", "unitpay"];
/// No reserve is greater.
const AMOUNT_MAX: Money = Money::units(1_000_000_000_000);

/// Every system, those without a reserve too.
fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new("SELECT id, system, amount FROM num_wallet");
    let have = sql.load(cx.conn, &[Kind::Int, Kind::Text, Kind::Int])?;
    let of = |system: &str| have.iter().find(|row| row[1].str() == system);
    let row = |system: &str| {
        let (id, amount) = of(system).map_or((0, 0), |row| (row[0].int(), row[2].int()));
        vec![id.into(), system.into(), amount.into()]
    };
    Ok(SYSTEMS.map(row).to_vec())
}

fn check(_: &mut Ctx, record: &mut Record) -> Result<()> {
    let amount = Money(record.int("amount"));
    match (Money::ZERO..=AMOUNT_MAX).contains(&amount) {
        true => Ok(()),
        false => Err(Error::value("amount", amount.plain())),
    }
}

/// What is there now is said of a system, whether or not anything was said of it before.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (system, amount) = (record.str("system").to_owned(), record.int("amount"));
    let sql =
        Sql::new("INSERT INTO num_wallet (system, amount) VALUES (").binds([system.into(), amount.into()]);
    let sql = sql.sql(") ON CONFLICT (system) DO UPDATE SET amount = excluded.amount RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("a wallet got no id"))?;
    history::write(cx, row[0].int(), (0, 0), &Money(amount).plain())?;
    Ok(vec![Node::leaf("id", row[0].int().to_string())])
}

/// Takes an amount out of a system's reserve. Error `value(amount)` where there is not so much.
pub fn take(conn: &mut Conn, system: &str, amount: Money) -> Result<()> {
    let sql = Sql::new("UPDATE num_wallet SET amount = amount - ").bind(amount.0);
    let sql = sql.sql(" WHERE system = ").bind(system).sql(" AND amount >= ").bind(amount.0);
    match sql.execute(conn)? {
        0 => Err(Error::value("amount", amount.plain()).with("desc", "desc_vendor_reserve")),
        _ => Ok(()),
    }
}

pub fn give_back(conn: &mut Conn, system: &str, amount: Money) -> Result<()> {
    let sql = Sql::new("UPDATE num_wallet SET amount = amount + ").bind(amount.0);
    sql.sql(" WHERE system = ").bind(system).execute(conn).map(drop)
}
