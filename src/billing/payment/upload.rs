//! Bank statements: their lines are kept, each once, matched with payments that wait for money, and
//! credited when an administrator says so.

mod statement;

use super::event::apply;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::payment::Event;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use statement::Line;

pub const FUNCS: &[Row] = &[
    ("paymentupload.load", Handler::Form(LOAD)),
    ("paymentupload.edit", Handler::Form(EDIT)),
    ("paymentupload.process", Handler::Each(process)),
];

const LOAD: Form = record::FORM.read(|_| Ok(Record::new())).save(load);
const EDIT: Form = record::FORM.check(check);

const UNKNOWN: i64 = 1;
const MATCHED: i64 = 2;
const CREDITED: i64 = 3;

fn load(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let skipped = statement::words(record.str("ignoreinn"));
    let lines = statement::parse(record.str("file"), &cx.zone)?;
    let (mut loaded, mut matched, mut known) = (0, 0, 0);
    for line in lines {
        if !line.vatnum.is_empty() && skipped.contains(&line.vatnum.to_lowercase()) {
            continue;
        }
        let payment_id = find(cx.conn, &line)?;
        match insert(cx.conn, &line, payment_id)? {
            true => loaded += 1,
            false => known += 1,
        }
        matched += i64::from(payment_id != 0);
    }
    let counts = [("loaded", loaded), ("known", known), ("matched", matched)];
    Ok(counts.map(|(name, count)| Node::leaf(name, count.to_string())).into())
}

/// False for a line that is there already.
fn insert(conn: &mut Conn, line: &Line, payment_id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM paymentupload WHERE NOT deleted AND fingerprint = ");
    if sql.bind(line.fingerprint()).first(conn, &[Kind::Int])?.is_some() {
        return Ok(false);
    }
    let sql = Sql::new(
        "INSERT INTO paymentupload (fingerprint, ppid, ppdate, recipient, sender, sender_fold, vatnum, amount, \
         purpose, payment_id, cstate) VALUES (",
    );
    let values = [
        line.fingerprint().into(),
        line.number.as_str().into(),
        line.date_us.into(),
        line.recipient.as_str().into(),
        line.sender.as_str().into(),
        line.sender.to_lowercase().into(),
        line.vatnum.as_str().into(),
        line.amount.0.into(),
        line.purpose.as_str().into(),
        payment_id.into(),
        (if payment_id == 0 { UNKNOWN } else { MATCHED }).into(),
    ];
    sql.binds(values).sql(")").execute(conn)?;
    Ok(true)
}

/// A payment that waits for this very amount, whose number stands in the purpose, or that is the only
/// one of that payer. A tax number on both sides must be the same. 0: none.
fn find(conn: &mut Conn, line: &Line) -> Result<i64> {
    let numbers = statement::words(&line.purpose);
    let waiting = || {
        let sql = Sql::new(
            "SELECT p.id, COALESCE(f.vatnum_fold, '') FROM payment p LEFT JOIN profile f ON f.id = p.sender_id \
             WHERE NOT p.deleted AND p.status IN (1, 2, 3) AND p.paymethodamount = ",
        );
        sql.bind(line.amount.0)
    };
    let vatnum = line.vatnum.to_lowercase();
    let fits = |row: &&Vec<Raw>| row[1].str().is_empty() || vatnum.is_empty() || row[1].str() == vatnum;
    let only = |rows: &[Vec<Raw>]| match rows.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [row] => row[0].int(),
        _ => 0,
    };
    let kinds = [Kind::Int, Kind::Text];
    if !numbers.is_empty() {
        let sql = waiting().sql(" AND p.number_fold IN (").binds(numbers.into_iter().map(Raw::from));
        let found = only(&sql.sql(") ORDER BY p.id").load(conn, &kinds)?);
        if found != 0 {
            return Ok(found);
        }
    }
    if vatnum.is_empty() {
        return Ok(0);
    }
    let sql = waiting().sql(" AND f.vatnum_fold = ").bind(vatnum.as_str()).sql(" ORDER BY p.id LIMIT 2");
    Ok(only(&sql.load(conn, &kinds)?))
}

/// What was credited stays as it was.
fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        return Err(Error::missed("elid"));
    }
    if record.int("cstate") == CREDITED {
        return Err(Error::value("cstate", CREDITED.to_string()));
    }
    let id = record.int("payment_id");
    if id != 0 {
        let sql = Sql::new("SELECT id FROM payment WHERE NOT deleted AND id = ").bind(id);
        sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::value("payment", id.to_string()))?;
    }
    record.set("cstate", if id == 0 { UNKNOWN } else { MATCHED });
    Ok(())
}

/// Credits the payment of a line, once, and only for the amount that has come.
fn process(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    let sql = Sql::new("SELECT u.payment_id, u.amount, p.paymethodamount FROM paymentupload u ");
    let sql = sql.sql("LEFT JOIN payment p ON p.id = u.payment_id AND NOT p.deleted WHERE u.id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Int; 3])?.ok_or_else(|| Error::missed("elid"))?;
    if row[2] == Raw::Null {
        return Err(Error::missed("payment").with("value", elid));
    }
    if row[1].int() != row[2].int() {
        return Err(Error::value("amount", crate::money::Money(row[1].int()).plain()));
    }
    let sql = Sql::new("UPDATE paymentupload SET cstate = ").bind(CREDITED).sql(" WHERE id = ").bind(id);
    if sql.sql(" AND cstate = ").bind(MATCHED).execute(cx.conn)? == 0 {
        return Ok(()); // credited before
    }
    if !apply(cx, row[0].int(), Event::SetPaid)? {
        // Another line has paid it: this money belongs to somebody who is still to be found.
        return Err(Error::exists("payment", row[0].int().to_string()));
    }
    history::write(cx, id, (0, 0), "credited")
}
