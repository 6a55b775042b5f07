//! Charging a client and giving back: the expense's row and its transfer, together or not at all.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::invoice;
use crate::books::{self, Subaccount};
use crate::db::pieces::{insert_for_ids, pieces};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::ledger::rounding::{Priced, share};
use crate::ledger::{Sale, Scale, sale};
use crate::money::Money;

/// What a client is charged for.
pub struct Charge<'c> {
    pub subaccount: &'c Subaccount,
    pub item_id: i64,
    pub operation: &'c str,
    pub name: String,
    pub priced: Priced,
    pub tax_e4: i64,
    /// The word of the discount that was taken off, or "".
    pub discount: &'c str,
    /// Of the transfer: `charge:item:5:2026-12-01`. A key that was posted charges nothing again.
    pub key: String,
    /// When what is paid begins.
    pub begins_us: i64,
}

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// Nothing to pay.
    Free,
    /// The expense's id.
    Done(i64),
    /// Its key was charged before; nothing moved now.
    Exists,
}

/// A balance that does not suffice refuses with `limit(balance)`.
pub fn post(conn: &mut Conn, charge: &Charge, now_us: i64) -> Result<Charged> {
    Ok(post_all(conn, std::slice::from_ref(charge), now_us)?[0])
}

/// The same for many, one after the other; who gets an error undoes them all.
pub fn post_all(conn: &mut Conn, charges: &[Charge], now_us: i64) -> Result<Vec<Charged>> {
    let (mut done, mut transfers, mut sold) = (vec![Charged::Free; charges.len()], Vec::new(), Vec::new());
    for (nth, charge) in charges.iter().enumerate() {
        let sale = Sale::of(charge.subaccount.book(), &charge.priced);
        if !sale.is_free() {
            transfers.push(sale::charge(charge.key.clone(), &sale)?);
            sold.push(nth);
            done[nth] = Charged::Exists;
        }
    }
    let posted = books::post_all(conn, &transfers, now_us)?;
    let fresh = sold.into_iter().zip(posted).filter(|(_, posted)| *posted == books::Posted::Done);
    let fresh: Vec<usize> = fresh.map(|(nth, _)| nth).collect();
    let rows = fresh.iter().map(|nth| row(&charges[*nth], now_us)).collect();
    let ids = insert_for_ids(conn, &EXPENSE, rows)?;
    fresh.iter().zip(ids).for_each(|(nth, id)| done[*nth] = Charged::Done(id));
    let payers: BTreeSet<i64> = fresh.iter().map(|nth| charges[*nth].subaccount.id).collect();
    settle_all(conn, &Vec::from_iter(payers))?;
    Ok(done)
}

static EXPENSE: LazyLock<Sql> = LazyLock::new(|| {
    let columns = "account_id, reseller_id, subaccount_id, project_id, item_id, operation, name, \
                   name_fold, amount, taxrate, taxamount, discountamount, discount, realdate, cdate";
    Sql::new("INSERT INTO expense (").sql(columns).sql(") VALUES ").joined()
});

fn row(charge: &Charge, now_us: i64) -> [Raw; 15] {
    let (of, priced) = (charge.subaccount, &charge.priced);
    [
        of.account_id.into(),
        of.reseller_id.into(),
        of.id.into(),
        of.project_id.into(),
        charge.item_id.into(),
        charge.operation.into(),
        charge.name.as_str().into(),
        charge.name.to_lowercase().into(),
        priced.total.0.into(),
        charge.tax_e4.into(),
        priced.tax.0.into(),
        priced.discount.0.into(),
        charge.discount.into(),
        now_us.into(),
        charge.begins_us.into(),
    ]
}

/// What can be charged now: the balance and a credit limit that is valid.
pub fn available(conn: &mut Conn, subaccount_id: i64, now_us: i64) -> Result<Money> {
    let sql = Sql::new("SELECT b.balance, CASE WHEN s.creditlimitdate = 0 OR s.creditlimitdate >= ");
    let sql = sql.bind(now_us).sql(" THEN s.creditlimit ELSE 0 END FROM subaccount s ");
    let sql = sql.sql("JOIN book b ON b.id = s.book_id WHERE s.id = ").bind(subaccount_id);
    let row = sql.first(conn, &[Kind::Int, Kind::Int])?;
    row.map_or(Ok(Money::ZERO), |row| Money(row[0].int()).plus(Money(row[1].int())))
}

/// The balance, with its row locked until the end of the transaction.
pub fn locked_balance(conn: &mut Conn, subaccount_id: i64) -> Result<Money> {
    let sql =
        Sql::new("UPDATE book SET balance = balance WHERE id = (SELECT book_id FROM subaccount WHERE id = ");
    let row = sql.bind(subaccount_id).sql(") RETURNING balance").first(conn, &[Kind::Int])?;
    Ok(row.map_or(Money::ZERO, |row| Money(row[0].int())))
}

/// Says anew which expenses are unpaid: money covers the oldest first, so a debt lies on the
/// newest. To be called after everything that moves a subaccount's balance.
pub fn settle(conn: &mut Conn, subaccount_id: i64) -> Result<()> {
    settle_all(conn, &[subaccount_id])
}

/// Of most there is nothing to say: they have no debt, and no expense that is said to be unpaid.
fn settle_all(conn: &mut Conn, subaccount_ids: &[i64]) -> Result<()> {
    for piece in pieces(subaccount_ids) {
        // Their rows are locked by what moved them.
        let sql = Sql::new(
            "SELECT s.id, b.balance FROM subaccount s JOIN book b ON b.id = s.book_id WHERE (b.balance < 0 OR \
             EXISTS (SELECT 1 FROM expense e WHERE e.notpayd > 0 AND e.subaccount_id = s.id)) AND s.id IN (",
        );
        let sql = sql.binds(piece.iter().map(|id| Raw::from(*id))).sql(")");
        for row in sql.load(conn, &[Kind::Int; 2])? {
            spread(conn, row[0].int(), row[1].int().min(0).saturating_neg())?;
        }
    }
    Ok(())
}

fn spread(conn: &mut Conn, subaccount_id: i64, mut debt: i64) -> Result<()> {
    let sql = Sql::new("UPDATE expense SET notpayd = 0 WHERE notpayd > 0 AND subaccount_id = ");
    sql.bind(subaccount_id).execute(conn)?;
    if debt == 0 {
        return Ok(());
    }
    let sql = Sql::new("SELECT id, amount - compensated FROM expense WHERE NOT deleted AND subaccount_id = ");
    let sql = sql.bind(subaccount_id).sql(" ORDER BY id DESC LIMIT 1000");
    for row in sql.load(conn, &[Kind::Int, Kind::Int])? {
        let unpaid = row[1].int().min(debt);
        if unpaid <= 0 {
            continue;
        }
        let sql = Sql::new("UPDATE expense SET notpayd = ").bind(unpaid).sql(" WHERE id = ");
        sql.bind(row[0].int()).execute(conn)?;
        debt -= unpaid;
        if debt == 0 {
            break;
        }
    }
    Ok(())
}

/// An expense as giving back reads it.
pub struct Expense {
    pub id: i64,
    pub subaccount: Subaccount,
    pub amount: Money,
    tax: Money,
    compensated: Money,
}

impl Expense {
    pub fn load(conn: &mut Conn, id: i64) -> Result<Self> {
        let sql = Sql::new("SELECT subaccount_id, amount, taxamount, compensated FROM expense WHERE id = ");
        let row = sql.bind(id).first(conn, &[Kind::Int; 4])?.ok_or_else(|| Error::missed("elid"))?;
        Ok(Self {
            id,
            subaccount: books::subaccount(conn, row[0].int())?,
            amount: Money(row[1].int()),
            tax: Money(row[2].int()),
            compensated: Money(row[3].int()),
        })
    }

    /// What was not given back yet.
    pub fn left(&self) -> Result<Money> {
        self.amount.minus(self.compensated)
    }

    /// Revenue and tax → client, the tax in the share that it had. The conditional update makes two
    /// calls at once take turns, so no more is given back than was charged.
    pub fn give_back(&self, conn: &mut Conn, amount: Money, now_us: i64) -> Result<()> {
        if amount > self.left()? {
            return Err(Error::limit("amount", self.left()?.plain()));
        }
        let after = self.compensated.plus(amount)?;
        let sql = Sql::new("UPDATE expense SET compensated = ").bind(after.0).sql(" WHERE id = ");
        let sql = sql.bind(self.id).sql(" AND compensated = ").bind(self.compensated.0);
        if sql.execute(conn)? == 0 {
            return Err(Error::new("busy", "expense"));
        }
        let scale = Scale::minor(&self.subaccount.iso);
        let tax = |paid: Money| share(self.tax, paid.0, self.amount.0, scale);
        let tax = tax(after)?.minus(tax(self.compensated)?)?;
        let sale = sale_of(&self.subaccount, amount, tax)?;
        let transfer = sale::compensate(format!("compensate:expense:{}:{}", self.id, after.0), &sale)?;
        books::post(conn, &transfer, now_us)?;
        settle(conn, self.subaccount.id)?;
        invoice::follow(conn, self.subaccount.account_id, self.id)
    }
}

/// A sale of a total that holds this tax.
pub fn sale_of(subaccount: &Subaccount, total: Money, tax: Money) -> Result<Sale> {
    let net = total.minus(tax)?;
    Ok(Sale::of(subaccount.book(), &Priced { line: net, discount: Money::ZERO, net, tax, total }))
}
