//! Is the money right? Every invariant of the ledger, and the name of what breaks one.

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::ledger::BookKind;
use crate::ledger::digest::Digest;
use crate::money::Money;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

/// One finding: which rule, and which row breaks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub rule: &'static str,
    pub name: String,
    pub detail: String,
}

#[derive(Debug, Clone, Default)]
pub struct Report {
    pub faults: Vec<Fault>,
    /// Ordered and allowed, but somebody has to collect them.
    pub debts: Vec<Fault>,
}

/// A rule as a statement whose every row is a fault: name and detail.
const RULES: [(&str, &str); 7] = [
    (
        "a transfer sums to zero in each currency",
        "SELECT t.key, CAST(SUM(e.amount) AS BIGINT) FROM transfer t JOIN entry e ON e.transfer_id = t.id \
         JOIN book b ON b.id = e.book_id GROUP BY t.id, t.key, b.currency_id HAVING SUM(e.amount) <> 0",
    ),
    (
        "a transfer has entries",
        "SELECT t.key, 0 FROM transfer t WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.transfer_id = t.id)",
    ),
    (
        "a cached balance is the sum of its entries",
        "SELECT b.kind, b.id FROM book b LEFT JOIN entry e ON e.book_id = b.id \
         WHERE b.kind IN ('client', 'frozen') GROUP BY b.id, b.kind, b.balance \
         HAVING COALESCE(SUM(e.amount), 0) <> b.balance",
    ),
    (
        "the last entry of a book says its balance",
        "SELECT b.kind, b.id FROM book b JOIN entry e ON e.id = (SELECT MAX(x.id) FROM entry x \
         WHERE x.book_id = b.id) WHERE b.kind IN ('client', 'frozen') AND e.balance <> b.balance",
    ),
    (
        "a subaccount has the client book of its account, provider and currency",
        "SELECT 'subaccount', s.id FROM subaccount s JOIN book b ON b.id = s.book_id \
         WHERE b.kind <> 'client' OR b.owner_id <> s.account_id OR b.project_id <> s.project_id \
         OR b.currency_id <> s.currency_id",
    ),
    (
        "a frozen book is not negative",
        "SELECT b.kind, b.id FROM book b WHERE b.kind = 'frozen' AND b.balance < 0",
    ),
    (
        "the money of a payout is where its status says",
        "SELECT p.status, p.id FROM num_payout p \
         LEFT JOIN transfer h ON h.key = 'hold:payout:' || CAST(p.id AS TEXT) \
         LEFT JOIN transfer s ON s.key = 'settle:payout:' || CAST(p.id AS TEXT) \
         WHERE h.id IS NULL OR (s.id IS NULL) <> (p.status = 'pending') \
         OR (p.status = 'paid') <> EXISTS (SELECT 1 FROM entry e JOIN book b ON b.id = e.book_id \
         WHERE e.transfer_id = s.id AND b.kind = 'payout')",
    ),
];

const CREDITS: &str = "SELECT p.id, p.status, p.reversals, p.subaccountamount, p.refunded FROM payment p";

pub const FUNCS: &[Row] = &[("ledger.check", Handler::Rows(list))];

/// `ledger.check`: a row a fault or debt.
fn list(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let report = run(cx.conn)?;
    let rows = |kind: &'static str, faults: Vec<Fault>| {
        faults.into_iter().map(move |f| vec![kind.into(), f.rule.into(), f.name.into(), f.detail.into()])
    };
    Ok(rows("fault", report.faults).chain(rows("debt", report.debts)).collect())
}

pub fn run(conn: &mut Conn) -> Result<Report> {
    let mut report = Report::default();
    for (rule, sql) in RULES {
        for row in Sql::new(sql).load(conn, &[Kind::Text, Kind::Int])? {
            let fault = Fault { rule, name: row[0].str().into(), detail: row[1].int().to_string() };
            report.faults.push(fault);
        }
    }
    report.faults.extend(payments(conn)?);
    report.debts = debts(conn)?;
    Ok(report)
}

/// A payment stands in its client's book exactly when its status says so.
fn payments(conn: &mut Conn) -> Result<Vec<Fault>> {
    use crate::ledger::payment::{Status, credit_key};
    let mut net = std::collections::HashMap::<String, i64>::new();
    let entries = "SELECT t.key, e.amount FROM transfer t JOIN entry e ON e.transfer_id = t.id \
                   JOIN book b ON b.id = e.book_id \
                   WHERE b.kind = 'client' AND (t.key LIKE '%credit:payment:%' OR t.key LIKE 'refund:payment:%')";
    for row in Sql::new(entries).load(conn, &[Kind::Text, Kind::Int])? {
        let key = match row[0].str().strip_prefix("refund:") {
            Some(rest) => rest.rsplit_once(':').map_or(rest, |(payment, _)| payment).to_owned(),
            None => row[0].str().trim_start_matches("reverse:").to_owned(),
        };
        *net.entry(key).or_default() += row[1].int();
    }
    let mut faults = Vec::new();
    for row in Sql::new(CREDITS).load(conn, &[Kind::Int; 5])? {
        let (id, reversed) = (row[0].int(), row[2].int() as u32);
        let credited = Status::from_code(row[1].int()).is_some_and(Status::is_credited);
        let sum: i64 = (0..=reversed).filter_map(|n| net.get(&credit_key(id, n))).sum();
        let sum = sum + net.get(&format!("payment:{id}")).copied().unwrap_or_default();
        let wanted = if credited { row[3].int() - row[4].int() } else { 0 };
        if sum != wanted {
            let detail = format!("{} is posted, {} is due", Money(sum).plain(), Money(wanted).plain());
            let rule = "a payment is posted as its status says";
            faults.push(Fault { rule, name: format!("payment {id}"), detail });
        }
    }
    Ok(faults)
}

fn debts(conn: &mut Conn) -> Result<Vec<Fault>> {
    let sql = "SELECT t.key, b.balance FROM transfer t JOIN entry e ON e.transfer_id = t.id \
               JOIN book b ON b.id = e.book_id WHERE t.is_debt AND b.kind = 'client' AND b.balance < 0";
    let rows = Sql::new(sql).load(conn, &[Kind::Text, Kind::Int])?;
    let debt = |row: &Vec<crate::db::Raw>| Fault {
        rule: match row[0].str().starts_with("reverse:") || row[0].str().starts_with("refund:") {
            true => "an ordered reversal left a debt",
            false => "a call went on beyond its money",
        },
        name: row[0].str().into(),
        detail: Money(row[1].int()).plain(),
    };
    Ok(rows.iter().map(debt).collect())
}

/// SHA-256 over all lines without ids and times: equal for equal histories on both engines.
pub fn digest(conn: &mut Conn) -> Result<String> {
    let sql = "SELECT t.key, b.kind, COALESCE(a.name, ''), c.iso, e.amount FROM entry e \
               JOIN transfer t ON t.id = e.transfer_id JOIN book b ON b.id = e.book_id \
               LEFT JOIN account a ON a.id = b.owner_id AND b.kind IN ('client', 'frozen') \
               LEFT JOIN currency c ON c.id = b.currency_id";
    let mut digest = Digest::default();
    let kinds = [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int];
    for row in Sql::new(sql).load(conn, &kinds)? {
        let kind = BookKind::from_word(row[1].str()).unwrap_or(BookKind::Client);
        digest.add(row[0].str(), kind, row[2].str(), row[3].str(), Money(row[4].int()));
    }
    Ok(digest.hex())
}
