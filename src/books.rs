//! The ledger in the database. [`post_all`] is the one place that moves money.

pub mod check;
mod post;

pub use post::{Posted, post, post_all};

use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::{Book, BookKind, Line, Rate, Rates, Transfer, transfer};
use crate::money::Money;

pub fn find(conn: &mut Conn, key: &str) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT id FROM transfer WHERE key = ").bind(key);
    Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

/// The row of a book, made where it is not there yet.
pub fn book_id(conn: &mut Conn, book: &Book) -> Result<i64> {
    let identity = [book.kind.word().into(), book.owner.into(), book.project.into(), book.currency.into()];
    if let Some(id) = existing_book(conn, book)? {
        return Ok(id);
    }
    Sql::new("INSERT INTO book (kind, owner_id, project_id, currency_id) VALUES (")
        .binds(identity)
        .sql(") ON CONFLICT (kind, owner_id, project_id, currency_id) DO NOTHING")
        .execute(conn)?;
    existing_book(conn, book)?.ok_or_else(|| Error::system("a book was not made"))
}

fn existing_book(conn: &mut Conn, book: &Book) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT id FROM book WHERE kind = ").bind(book.kind.word());
    let sql = sql.sql(" AND owner_id = ").bind(book.owner).sql(" AND project_id = ").bind(book.project);
    let sql = sql.sql(" AND currency_id = ").bind(book.currency);
    Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

/// The transfer as it was posted under a key.
pub fn load(conn: &mut Conn, key: &str) -> Result<Transfer> {
    let id = find(conn, key)?.ok_or_else(|| Error::missed("transfer").with("value", key))?;
    let sql = Sql::new(
        "SELECT b.kind, b.owner_id, b.project_id, b.currency_id, e.amount FROM entry e \
         JOIN book b ON b.id = e.book_id WHERE e.transfer_id = ",
    );
    let kinds = [Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int];
    let rows = sql.bind(id).sql(" ORDER BY e.id").load(conn, &kinds)?;
    let lines = rows.iter().map(|row| {
        let kind = BookKind::from_word(row[0].str()).ok_or_else(|| Error::system("unknown book kind"))?;
        let book = Book::new(kind, row[1].int(), row[2].int(), row[3].int());
        Ok(Line::new(book, Money(row[4].int())))
    });
    Transfer::new(key, lines.collect::<Result<Vec<_>>>()?)
}

/// Takes a posted transfer back, below the limit where somebody may order that.
pub fn reverse(conn: &mut Conn, key: &str, overdraws: bool, now_us: i64) -> Result<Posted> {
    let back = transfer::reverse(&load(conn, key)?);
    let back = if overdraws { back.overdrawing() } else { back };
    post(conn, &back, now_us)
}

/// What a subaccount is, for posting to it.
#[derive(Debug, Clone)]
pub struct Subaccount {
    pub id: i64,
    pub account_id: i64,
    pub reseller_id: i64,
    pub project_id: i64,
    pub currency_id: i64,
    pub iso: String,
}

impl Subaccount {
    pub fn book(&self) -> Book {
        Book::client(self.account_id, self.project_id, self.currency_id)
    }
}

const SUBACCOUNT: &str = "SELECT s.id, s.account_id, s.reseller_id, s.project_id, s.currency_id, c.iso \
     FROM subaccount s JOIN currency c ON c.id = s.currency_id WHERE ";

fn subaccount_row(conn: &mut Conn, sql: Sql) -> Result<Option<Subaccount>> {
    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text];
    Ok(sql.first(conn, &kinds)?.map(|row| Subaccount {
        id: row[0].int(),
        account_id: row[1].int(),
        reseller_id: row[2].int(),
        project_id: row[3].int(),
        currency_id: row[4].int(),
        iso: row[5].str().to_owned(),
    }))
}

pub fn subaccount(conn: &mut Conn, id: i64) -> Result<Subaccount> {
    let sql = Sql::new(SUBACCOUNT).sql("s.id = ").bind(id);
    subaccount_row(conn, sql)?.ok_or_else(|| Error::missed("subaccount").with("value", id.to_string()))
}

/// The account's first subaccount, or the one with a provider.
pub fn subaccount_of(conn: &mut Conn, account_id: i64, project_id: Option<i64>) -> Result<Subaccount> {
    let sql = Sql::new(SUBACCOUNT).sql("s.account_id = ").bind(account_id);
    let sql = match project_id {
        Some(project_id) => sql.sql(" AND s.project_id = ").bind(project_id),
        None => sql,
    };
    let found = subaccount_row(conn, sql.sql(" ORDER BY s.id LIMIT 1"))?;
    found.ok_or_else(|| Error::missed("subaccount").with("value", account_id.to_string()))
}

/// Opens the account of a client with a provider; its money is a client book.
pub fn open_subaccount(
    conn: &mut Conn,
    (account_id, reseller_id): (i64, i64),
    project_id: i64,
    currency_id: i64,
) -> Result<i64> {
    let book_id = book_id(conn, &Book::client(account_id, project_id, currency_id))?;
    let values = [account_id, reseller_id, project_id, currency_id, book_id].map(Into::into);
    let sql = Sql::new(
        "INSERT INTO subaccount (account_id, reseller_id, project_id, currency_id, book_id) VALUES (",
    );
    let row = sql.binds(values).sql(") RETURNING id").first(conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("a subaccount got no id"))
}

/// The base currency of a provider, and his rates.
pub type OwnRates = (i64, Vec<Rate>);

/// A provider's rates: units of its base currency per `nominal` units of another.
pub fn rates(conn: &mut Conn, project_id: i64) -> Result<OwnRates> {
    let sql = Sql::new("SELECT currency_id FROM project WHERE id = ").bind(project_id);
    let base = sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    let sql = Sql::new("SELECT currency_id, rate_nano, nominal, cdate FROM currencyrate");
    let sql = sql.sql(" WHERE relatedcurrency_id = ").bind(base);
    let rows = sql.load(conn, &[Kind::Int; 4])?;
    let rate = |row: &Vec<crate::db::Raw>| Rate {
        currency: row[0].int(),
        rate_nano: row[1].int(),
        nominal: row[2].int(),
        since_us: row[3].int(),
    };
    Ok((base, rows.iter().map(rate).collect()))
}

/// Rates as [`Rates`] wants them.
pub fn with_age((base, list): &OwnRates, max_age_days: u32) -> Rates<'_> {
    let max_age_us = i64::from(max_age_days) * crate::time::DAY_US;
    Rates { base: *base, list, max_age_us }
}
