//! Reconciliation statements: what passed between a client and the providers of a company in a period,
//! as the ledger has it.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::document::{self, Manner, Sheet};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::time::DAY_US;

pub const FUNCS: &[Row] = &[
    ("reconciliation.generate", Handler::Form(GENERATE)),
    ("reconciliation.print", Handler::Once(|cx| document::printed(cx, "reconciliation", sheet))),
    ("reconciliation.print.pdf", Handler::Once(|cx| document::pdf(cx, sheet))),
];

const GENERATE: Form = record::FORM.read(read).check(check).save(save);

/// A statement with more entries would be nothing that anybody compares.
const ENTRIES_MAX: usize = 5_000;
/// Ids that one statement asks for.
const IDS_MAX: usize = 500;

/// The year so far, up to yesterday: what is still going on today would change the sums.
fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = record::defaults(cx);
    let yesterday = cx.zone.day_us(cx.zone.day_us(cx.now_us) - DAY_US / 2);
    record.set("todate", yesterday);
    record.set("fromdate", cx.zone.day_start_us(cx.zone.day(yesterday).first_of_year()));
    Ok(record)
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for name in ["fromdate", "todate"] {
        if record.int(name) == 0 {
            return Err(Error::missed(name));
        }
    }
    let (from, to) = (record.int("fromdate"), record.int("todate"));
    match from <= to && to <= cx.now_us {
        true => Ok(()),
        false => Err(Error::value("todate", cx.zone.date(to))),
    }
}

/// One statement for each currency in which the client has money with the company's providers.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (company_id, customer_id) = (record.int("company"), record.int("customer"));
    let sql = Sql::new("SELECT account_id FROM profile WHERE id = ").bind(customer_id);
    let account_id = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    let owner = record::account_owner(cx, account_id)?;
    let period = (record.int("fromdate"), record.int("todate"));
    let books = books(cx.conn, account_id, company_id)?;
    if books.is_empty() {
        return Err(Error::value("company", company_id.to_string()));
    }
    let mut ids = Vec::new();
    for (currency_id, books) in books {
        let statement = Statement { owner, company_id, customer_id, currency_id, period };
        ids.push(statement.make(cx, &books)?.to_string());
    }
    Ok(vec![Node::leaf("id", ids.join(", "))])
}

/// The client's books with the providers that a company serves, by currency.
fn books(conn: &mut Conn, account_id: i64, company_id: i64) -> Result<BTreeMap<i64, Vec<i64>>> {
    let sql = Sql::new(
        "SELECT s.currency_id, s.book_id FROM subaccount s \
         JOIN project_company j ON j.project_id = s.project_id WHERE s.account_id = ",
    );
    let sql = sql.bind(account_id).sql(" AND j.company_id = ").bind(company_id).sql(" ORDER BY s.id");
    let mut books: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in sql.load(conn, &[Kind::Int; 2])? {
        books.entry(row[0].int()).or_default().push(row[1].int());
    }
    Ok(books)
}

struct Statement {
    owner: (i64, i64),
    company_id: i64,
    customer_id: i64,
    currency_id: i64,
    period: (i64, i64),
}

/// A line of the ledger on one of the client's books.
struct Entry {
    key: String,
    at_us: i64,
    amount: Money,
}

/// What the entries come to: `opening − expenses + payments = closing`.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    opening: Money,
    expenses: Money,
    payments: Money,
    closing: Money,
}

impl Sums {
    fn of(opening: Money, entries: &[Entry]) -> Result<Self> {
        let mut sums = Self { opening, closing: opening, ..Self::default() };
        for entry in entries {
            match entry.amount < Money::ZERO {
                true => sums.expenses = sums.expenses.minus(entry.amount)?,
                false => sums.payments = sums.payments.plus(entry.amount)?,
            }
            sums.closing = sums.closing.plus(entry.amount)?;
        }
        Ok(sums)
    }
}

impl Statement {
    fn make(&self, cx: &mut Ctx, books: &[i64]) -> Result<i64> {
        let before_us = cx.zone.next_day_us(self.period.1);
        let opening = balance(cx.conn, books, self.period.0)?;
        let entries = entries(cx.conn, books, (self.period.0, before_us))?;
        let sums = Sums::of(opening, &entries)?;
        let id = self.insert(cx, &sums)?;
        let data = self.data(cx, id, &sums, &entries)?;
        let sql = Sql::new("UPDATE reconciliation SET number = ").bind(id.to_string());
        sql.sql(", data = ").bind(data.to_string()).sql(" WHERE id = ").bind(id).execute(cx.conn)?;
        history::write(cx, id, self.owner, "")?;
        Ok(id)
    }

    fn insert(&self, cx: &mut Ctx, sums: &Sums) -> Result<i64> {
        let sql = Sql::new(
            "INSERT INTO reconciliation (account_id, reseller_id, company_id, customer_id, currency_id, \
             cdate, fromdate, todate, opening, expenses, payments, closing) VALUES (",
        );
        let values = [
            self.owner.0,
            self.owner.1,
            self.company_id,
            self.customer_id,
            self.currency_id,
            cx.now_us,
            self.period.0,
            self.period.1,
            sums.opening.0,
            sums.expenses.0,
            sums.payments.0,
            sums.closing.0,
        ];
        let row = sql.binds(values.map(Into::into)).sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
        row.map(|row| row[0].int()).ok_or_else(|| Error::system("a statement got no id"))
    }

    /// What it shows, by the books of the company: a charge is its debit, a payment its credit.
    fn data(&self, cx: &mut Ctx, id: i64, sums: &Sums, entries: &[Entry]) -> Result<Value> {
        let lang = document::lang(cx.conn, self.owner.0)?;
        let iso = document::currency(cx.conn, self.currency_id)?;
        let manner = Manner { lang: &lang, iso: &iso, zone: &cx.call.zone };
        let company = document::company(cx.conn, self.company_id, &lang)?;
        let customer = document::payer(cx.conn, self.customer_id, &lang)?;
        let names = Names::of(cx, &lang, entries)?;
        let sides = |debit: Money, credit: Money| json!({ "debit": manner.some_money(debit), "credit": manner.some_money(credit) });
        let standing = |amount: Money| match amount < Money::ZERO {
            true => sides(amount.negated(), Money::ZERO),
            false => sides(Money::ZERO, amount),
        };
        let lines = entries.iter().map(|entry| {
            let mut line = standing(entry.amount);
            line["date"] = manner.date(entry.at_us).into();
            line["name"] = names.name(entry).into();
            line
        });
        let mut data = json!({
            "id": id.to_string(),
            "lang": lang,
            "number": id.to_string(),
            "date": manner.date(cx.call.now_us),
            "fromdate": manner.date(self.period.0),
            "todate": manner.date(self.period.1),
            "currency": iso,
            "entries": lines.collect::<Vec<_>>(),
            "opening": standing(sums.opening),
            "turnover": sides(sums.expenses, sums.payments),
            "closing": standing(sums.closing),
        });
        if sums.closing != Money::ZERO {
            let is_owed = sums.closing < Money::ZERO;
            let creditor = if is_owed { &company["name"] } else { &customer["name"] };
            let amount = if is_owed { sums.closing.negated() } else { sums.closing };
            data["debt"] = json!({ "creditor": creditor, "amount": manner.money(amount) });
        }
        data["company"] = company;
        data["customer"] = customer;
        Ok(data)
    }
}

/// What stood on the books when the period began.
fn balance(conn: &mut Conn, books: &[i64], before_us: i64) -> Result<Money> {
    let sql = Sql::new(
        "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e \
         JOIN transfer t ON t.id = e.transfer_id WHERE e.book_id IN (",
    );
    let sql = sql.binds(books.iter().map(|id| (*id).into())).sql(") AND t.at < ").bind(before_us);
    Ok(sql.first(conn, &[Kind::Int])?.map_or(Money::ZERO, |row| Money(row[0].int())))
}

fn entries(conn: &mut Conn, books: &[i64], (from_us, before_us): (i64, i64)) -> Result<Vec<Entry>> {
    let sql = Sql::new(
        "SELECT t.key, t.at, e.amount FROM entry e JOIN transfer t ON t.id = e.transfer_id \
         WHERE e.book_id IN (",
    );
    let sql = sql.binds(books.iter().map(|id| (*id).into())).sql(") AND t.at >= ").bind(from_us);
    let sql = sql.sql(" AND t.at < ").bind(before_us);
    let sql = SUMMED.iter().fold(sql, |sql, (_, words)| sql.sql(" AND NOT ").append(&belongs(words)));
    let rows = sql
        .sql(" ORDER BY t.at, e.id LIMIT ")
        .bind(ENTRIES_MAX as i64 + 1)
        .load(conn, &[Kind::Text, Kind::Int, Kind::Int])?;
    if rows.len() > ENTRIES_MAX {
        return Err(Error::limit("todate", ENTRIES_MAX.to_string()));
    }
    let entry = |row: &Vec<Raw>| Entry {
        key: row[0].str().to_owned(),
        at_us: row[1].int(),
        amount: Money(row[2].int()),
    };
    let mut entries: Vec<Entry> = rows.iter().map(entry).collect();
    for (key, words) in SUMMED {
        entries.extend(summed(conn, books, (from_us, before_us), (key, words))?);
    }
    Ok(entries)
}

/// What is one line of a statement, and the words in the keys of its transfers: each is held, settled,
/// charged and perhaps given back, and there may be thousands.
const SUMMED: [(&str, &[&str]); 4] = [
    ("calls", &["call", "wholesale", "cdr"]),
    ("sms", &["sms", "sms-wholesale"]),
    ("esim", &["esim", "esim-wholesale"]),
    ("payouts", &["payout"]),
];

/// ` AND …`: what belongs to a line. As ranges: the first character behind `:` is `;`.
fn belongs(words: &[&str]) -> Sql {
    let mut sql = Sql::new("(");
    for (nth, (verb, word)) in ["hold", "settle", "charge", "reverse:charge"]
        .iter()
        .flat_map(|verb| words.iter().map(move |word| (verb, word)))
        .enumerate()
    {
        sql = if nth > 0 { sql.sql(" OR ") } else { sql };
        sql = sql.sql("(t.key >= ").bind(format!("{verb}:{word}:")).sql(" AND t.key < ");
        sql = sql.bind(format!("{verb}:{word};")).sql(")");
    }
    sql.sql(")")
}

fn summed(
    conn: &mut Conn,
    books: &[i64],
    (from_us, before_us): (i64, i64),
    (key, words): (&str, &[&str]),
) -> Result<Option<Entry>> {
    let sql = Sql::new(
        "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT), COALESCE(MAX(t.at), 0) \
         FROM entry e JOIN transfer t ON t.id = e.transfer_id WHERE e.book_id IN (",
    );
    let sql = sql.binds(books.iter().map(|id| (*id).into())).sql(") AND t.at >= ").bind(from_us);
    let row = sql
        .sql(" AND t.at < ")
        .bind(before_us)
        .sql(" AND ")
        .append(&belongs(words))
        .first(conn, &[Kind::Int; 2])?;
    let entry = |row: Vec<Raw>| Entry { key: key.into(), at_us: row[1].int(), amount: Money(row[0].int()) };
    Ok(row.map(entry).filter(|entry| entry.amount != Money::ZERO))
}

/// What entries are called, in the language of the document.
struct Names {
    payments: HashMap<i64, String>,
    expenses: HashMap<i64, String>,
    items: HashMap<i64, String>,
    /// Payment, taken back, expense, given back, bonus, anything else; then those of [`SUMMED`].
    words: Vec<String>,
}

const WORDS: [&str; 6] =
    ["entry_payment", "entry_reversal", "entry_expense", "entry_compensation", "entry_bonus", "entry_other"];

impl Names {
    fn of(cx: &mut Ctx, lang: &str, entries: &[Entry]) -> Result<Self> {
        let (registry, sets) = (&cx.call.app.registry, &cx.call.func.sets);
        let summed = SUMMED.map(|(word, _)| format!("entry_{word}"));
        let names = WORDS.into_iter().chain(summed.iter().map(String::as_str));
        let words = names.map(|name| registry.words.get(lang, sets, name).to_owned()).collect();
        let ids = |what: &str| entries.iter().filter_map(|entry| named(&entry.key, what)).collect();
        Ok(Self {
            payments: texts(cx.conn, "payment", "number", ids("payment"))?,
            expenses: texts(cx.conn, "expense", "name", ids("expense"))?,
            items: texts(cx.conn, "item", "name", ids("item"))?,
            words,
        })
    }

    fn name(&self, entry: &Entry) -> String {
        let of = |texts: &HashMap<i64, String>, what: &str| {
            named(&entry.key, what).and_then(|id| texts.get(&id).cloned()).unwrap_or_default()
        };
        let (word, text) = match entry.key.split(':').next() {
            Some("credit") => (0, of(&self.payments, "payment")),
            Some("reverse") => (1, of(&self.payments, "payment")),
            Some("bonus") => (4, of(&self.payments, "payment")),
            // What is charged for a service is charged by it.
            Some("charge" | "setup" | "change" | "penalty" | "usage") => {
                (2, of(&self.expenses, "expense") + &of(&self.items, "item"))
            }
            Some("compensate") => (3, of(&self.expenses, "expense")),
            word => {
                let summed = SUMMED.iter().position(|summed| Some(summed.0) == word);
                (summed.map_or(5, |at| WORDS.len() + at), String::new())
            }
        };
        self.words[word].replace("__name__", &text).trim().to_owned()
    }
}

/// The id behind the word of a transfer's key: 17 for `payment` in `credit:payment:17`.
fn named(key: &str, what: &str) -> Option<i64> {
    let mut parts = key.split(':').skip_while(|part| *part != what);
    parts.nth(1)?.parse().ok()
}

fn texts(conn: &mut Conn, table: &str, column: &str, mut ids: Vec<i64>) -> Result<HashMap<i64, String>> {
    ids.sort_unstable();
    ids.dedup();
    let mut texts = HashMap::new();
    for some in ids.chunks(IDS_MAX) {
        let sql = Sql::new("SELECT id, ").word(column).sql(" FROM ").word(table).sql(" WHERE id IN (");
        let rows =
            sql.binds(some.iter().map(|id| (*id).into())).sql(")").load(conn, &[Kind::Int, Kind::Text])?;
        texts.extend(rows.iter().map(|row| (row[0].int(), row[1].str().to_owned())));
    }
    Ok(texts)
}

fn sheet(cx: &mut Ctx, id: i64) -> Result<Sheet> {
    let sql = Sql::new("SELECT company_id, data FROM reconciliation WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Text])?.ok_or_else(|| Error::missed("elid"))?;
    let data: Value = serde_json::from_str(row[1].str()).map_err(Error::system)?;
    let lang = data["lang"].as_str().unwrap_or("en");
    let template = match document::of_company(cx.conn, row[0].int(), "reconciliation")? {
        Some(chosen) => chosen,
        None => document::delivered("reconciliation", lang)?,
    };
    Ok(Sheet { templates: vec![template], data, name: format!("reconciliation-{id}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::money;

    #[test]
    fn sums_and_names_of_entries() {
        let entry = |key: &str, amount| Entry { key: key.into(), at_us: 0, amount: money(amount) };
        let entries = [entry("credit:payment:17", "10"), entry("charge:expense:3", "-12.50")];
        let sums = Sums::of(money("1"), &entries).unwrap();
        assert_eq!((sums.expenses, sums.payments), (money("12.50"), money("10")));
        assert_eq!(sums.closing, money("-1.50"));
        for (key, what, id) in [
            ("credit:payment:17", "payment", Some(17)),
            ("reverse:credit:payment:17:2", "payment", Some(17)),
            ("compensate:expense:3:100", "expense", Some(3)),
            ("charge:expense:3", "payment", None),
            ("hold:order", "order", None),
        ] {
            assert_eq!(named(key, what), id, "{key}");
        }
    }
}
