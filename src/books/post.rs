//! Posting transfers: their keys, the balances that they move, their lines.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use super::book_id;
use crate::db::pieces::{insert_all, insert_for_ids, pieces};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::ledger::{Book, BookKind, Line, Transfer};
use crate::money::Money;

/// What became of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    Done,
    /// Its key was posted before; nothing moved now.
    Exists,
}

/// Moves the money of a transfer, once for its key. A client or frozen book that would fall below
/// its limit refuses with `limit(balance)`, unless the transfer was ordered to overdraw.
pub fn post(conn: &mut Conn, transfer: &Transfer, now_us: i64) -> Result<Posted> {
    Ok(post_all(conn, std::slice::from_ref(transfer), now_us)?[0])
}

/// The same for many, one after the other; who gets an error undoes them all. Each balance moves by
/// an update of its own, so that every transfer meets the limit by itself.
pub fn post_all(conn: &mut Conn, transfers: &[Transfer], now_us: i64) -> Result<Vec<Posted>> {
    let mut known = known(conn, transfers)?;
    let is_new: Vec<bool> = transfers.iter().map(|transfer| known.insert(transfer.key().into())).collect();
    let of_state = |is_new: &bool| if *is_new { Posted::Done } else { Posted::Exists };
    let posted = is_new.iter().map(of_state).collect();
    let fresh = transfers.iter().zip(is_new).filter(|(_, is_new)| *is_new);
    let fresh: Vec<&Transfer> = fresh.map(|(transfer, _)| transfer).collect();
    let books = book_ids(conn, &fresh)?;
    let (mut rows, mut lines) = (Vec::with_capacity(fresh.len()), Vec::with_capacity(fresh.len()));
    for transfer in fresh {
        let (is_debt, balances) = move_balances(conn, transfer, &books, now_us)?;
        rows.push(row(transfer, is_debt, now_us));
        lines.push((transfer, balances));
    }
    let ids = insert_for_ids(conn, &TRANSFER, rows)?;
    let entries = ids.into_iter().zip(&lines).flat_map(|(id, (transfer, balances))| {
        transfer.lines().iter().map(|line| entry(id, line, (&books, balances))).collect::<Vec<_>>()
    });
    insert_all(conn, &ENTRY, entries.collect())?;
    Ok(posted)
}

static TRANSFER: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new("INSERT INTO transfer (key, at, rate_nano, rate_since, is_debt) VALUES ").joined()
});

static ENTRY: LazyLock<Sql> =
    LazyLock::new(|| Sql::new("INSERT INTO entry (transfer_id, book_id, amount, balance) VALUES ").joined());

type Ids = BTreeMap<Book, i64>;
type Balances = BTreeMap<Book, i64>;

/// Whether a book is below its limit then, and the cached balances behind the transfer.
fn move_balances(conn: &mut Conn, transfer: &Transfer, books: &Ids, now_us: i64) -> Result<(bool, Balances)> {
    let (mut is_debt, mut balances) = (false, BTreeMap::new());
    for line in transfer.balances() {
        let (balance, is_below) = moved(conn, books[&line.book], &line, transfer.overdraws(), now_us)?;
        balances.insert(line.book, balance);
        is_debt |= is_below;
    }
    Ok((is_debt, balances))
}

fn row(transfer: &Transfer, is_debt: bool, now_us: i64) -> [Raw; 5] {
    let (rate, since) = transfer.stamp().map_or((0, 0), |stamp| (stamp.rate_nano, stamp.since_us));
    [transfer.key().into(), now_us.into(), rate.into(), since.into(), is_debt.into()]
}

fn entry(transfer_id: i64, line: &Line, (books, balances): (&Ids, &Balances)) -> [Raw; 4] {
    let balance = balances.get(&line.book).copied().unwrap_or(0);
    [transfer_id, books[&line.book], line.amount.0, balance].map(Into::into)
}

/// Of the transfers' keys those that were posted before.
fn known(conn: &mut Conn, transfers: &[Transfer]) -> Result<HashSet<String>> {
    let mut known = HashSet::new();
    for piece in pieces(transfers) {
        let keys = piece.iter().map(|transfer| Raw::from(transfer.key()));
        let sql = Sql::new("SELECT key FROM transfer WHERE key IN (").binds(keys).sql(")");
        known.extend(sql.load(conn, &[Kind::Text])?.iter().map(|row| row[0].str().to_owned()));
    }
    Ok(known)
}

/// The rows of the transfers' books, by few look-ups; made where they are not there yet.
fn book_ids(conn: &mut Conn, transfers: &[&Transfer]) -> Result<Ids> {
    let lines = transfers.iter().flat_map(|transfer| transfer.lines());
    let books: BTreeSet<Book> = lines.map(|line| line.book).collect();
    let (books, mut ids) = (Vec::from_iter(books), BTreeMap::new());
    for piece in pieces(&books) {
        look_up(conn, piece, &mut ids)?;
    }
    for book in books {
        if let Entry::Vacant(missing) = ids.entry(book) {
            missing.insert(book_id(conn, &book)?);
        }
    }
    Ok(ids)
}

fn look_up(conn: &mut Conn, books: &[Book], ids: &mut Ids) -> Result<()> {
    let mut sql = Sql::new("SELECT id, kind, owner_id, project_id, currency_id FROM book WHERE (kind = ");
    for (nth, book) in books.iter().enumerate() {
        sql = if nth > 0 { sql.sql(") OR (kind = ") } else { sql };
        sql = sql.bind(book.kind.word()).sql(" AND owner_id = ").bind(book.owner);
        sql = sql.sql(" AND project_id = ").bind(book.project).sql(" AND currency_id = ").bind(book.currency);
    }
    let kinds = [Kind::Int, Kind::Text, Kind::Int, Kind::Int, Kind::Int];
    for row in sql.sql(")").load(conn, &kinds)? {
        let kind = BookKind::from_word(row[1].str()).ok_or_else(|| Error::system("unknown book kind"))?;
        ids.insert(Book::new(kind, row[2].int(), row[3].int(), row[4].int()), row[0].int());
    }
    Ok(())
}

/// Moves a cached balance by one conditional update: what it is then, and whether that is below the limit of
/// its book.
fn moved(conn: &mut Conn, id: i64, line: &Line, overdraws: bool, now_us: i64) -> Result<(i64, bool)> {
    let amount = line.amount.0;
    // SQLite would turn a sum that does not fit into a float, so both ends are conditions.
    let most = i64::MAX - amount.max(0);
    let sql = Sql::new("UPDATE book SET balance = balance + ").bind(amount).sql(" WHERE id = ").bind(id);
    let sql = sql.sql(" AND balance <= ").bind(most).sql(" AND balance >= ");
    let sql = match overdraws || amount >= 0 {
        true => sql.bind(i64::MIN.saturating_sub(amount.min(0))),
        false => sql.bind(amount.saturating_neg()).append(&less_credit(line, id, now_us)),
    };
    match sql.sql(" RETURNING balance").first(conn, &[Kind::Int])? {
        Some(row) => {
            let balance = row[0].int();
            Ok((balance, overdraws && amount < 0 && balance < floor(conn, line, id, now_us)?))
        }
        None => Err(Error::limit("balance", Money(amount).plain())),
    }
}

/// ` - …`: how far below zero a book may fall, a client book by its credit limit while that is valid.
fn less_credit(line: &Line, id: i64, now_us: i64) -> Sql {
    match line.book.kind {
        BookKind::Client => Sql::new(" - COALESCE((").append(&credit(&line.book, id, now_us)).sql("), 0)"),
        _ => Sql::default(),
    }
}

/// By the account: no index leads from a book to its subaccount.
fn credit(book: &Book, id: i64, now_us: i64) -> Sql {
    let sql = Sql::new("SELECT creditlimit FROM subaccount WHERE account_id = ").bind(book.owner);
    let sql = sql.sql(" AND project_id = ").bind(book.project).sql(" AND book_id = ").bind(id);
    sql.sql(" AND (creditlimitdate = 0 OR creditlimitdate >= ").bind(now_us).sql(")")
}

fn floor(conn: &mut Conn, line: &Line, id: i64, now_us: i64) -> Result<i64> {
    match line.book.kind {
        BookKind::Client => {
            let row = credit(&line.book, id, now_us).first(conn, &[Kind::Int])?;
            Ok(row.map_or(0, |row| -row[0].int()))
        }
        _ => Ok(0),
    }
}
