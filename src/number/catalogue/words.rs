//! The words of the API: countries, operators and products. They never change, for scripts know them.

use super::{ACTIVATION, HOSTING, for_sale, lock, second};
use crate::db::{Conn, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::number::code;
use crate::record::{self, Record};
use crate::rpc::handler::{Call, Ctx, Handler, Reply, Topic};
use crate::rpc::lines::{self, Checked, Refused, report};
use crate::rpc::registry::Row;
use crate::time::DAY_US;

pub const FUNCS: &[Row] = &[
    ("number.country", Handler::View(Some(for_sale))),
    ("number.country.edit", Handler::Form(record::FORM.check(country).save(shown_anew))),
    ("number.operator", Handler::View(None)),
    ("number.operator.edit", Handler::Form(record::FORM.check(operator))),
    ("number.pool", Handler::View(Some(for_sale))),
    ("number.product.edit", Handler::Form(record::FORM.check(product).save(shown_anew))),
    ("number.vocabulary.import", Handler::Form(record::FORM.read(|_| Ok(Record::new())).outside(import))),
];

const SLUG_MAX: usize = 32;
const TEXT_MAX: usize = 255;
/// Words that stand for any of them.
const RESERVED: [&str; 2] = ["any", "none"];
/// The members that a country has before its operators (number-api.md).
const MEMBERS: [&str; 4] = ["iso", "prefix", "text_en", "text_ru"];
const HOSTING_MAX_SEC: i64 = 366 * DAY_US / 1_000_000;
/// Lines that one job keeps.
const BATCH: usize = 500;

pub fn is_slug(text: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=SLUG_MAX).contains(&text.len()) && text.chars().all(known) && !RESERVED.contains(&text)
}

fn is_iso(text: &str) -> bool {
    text.is_empty() || (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn is_prefix(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=7).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_text(text: &str) -> bool {
    (1..=TEXT_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn is_category(text: &str) -> bool {
    text == ACTIVATION || text == HOSTING
}

/// A column, and what its text must be.
type Rule = (&'static str, fn(&str) -> bool);

const COUNTRY: &[Rule] =
    &[("slug", is_slug), ("iso", is_iso), ("prefix", is_prefix), ("text_en", is_text), ("text_ru", is_text)];
const OPERATOR: &[Rule] = &[("slug", |text| is_slug(text) && !MEMBERS.contains(&text))];
const PRODUCT: &[Rule] = &[("slug", is_slug), ("category", is_category)];

/// Error `value(<column>)` of the first that does not hold.
fn need(record: &Record, rules: &[Rule]) -> Result<()> {
    match rules.iter().find(|(column, is_right)| !is_right(record.str(column))) {
        Some((column, _)) => Err(Error::value(*column, record.str(column))),
        None => Ok(()),
    }
}

fn country(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    need(record, COUNTRY)
}

fn operator(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    need(record, OPERATOR)
}

fn product(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    need(record, PRODUCT)?;
    let sec = record.int("hosting_sec");
    match is_term(record.str("category"), sec) {
        true => Ok(()),
        false => Err(Error::value("hosting_sec", sec.to_string())),
    }
}

/// A hosting lasts so long; an activation has no time of its own.
fn is_term(category: &str, sec: i64) -> bool {
    if category == HOSTING { (1..=HOSTING_MAX_SEC).contains(&sec) } else { sec == 0 }
}

/// What depends on a word that is sold or no longer sold is told anew.
fn shown_anew(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    lock(cx.conn)?;
    cx.touch(Topic::Numbers)?;
    let (is_toggled, table) = (record.has_changed("active"), cx.func.meta.table.clone());
    let new = Some(record.str("slug").to_owned()).filter(|_| record.is_new() && table == "num_product");
    let id = record::store(cx, record)?;
    if let Some(slug) = new {
        code::deliver(cx.conn, &slug)?;
    }
    if is_toggled {
        let sql = Sql::new("UPDATE num_offer SET changed_at = ").bind(second(cx.now_us));
        let sql = match table.as_str() {
            "num_product" => sql.sql(" WHERE product_id = ").bind(id),
            _ => sql.sql(" WHERE pool_id IN (SELECT id FROM num_pool WHERE country_id = ").bind(id).sql(")"),
        };
        sql.execute(cx.conn)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// A line of a vocabulary: the table, its columns and values.
struct Word {
    table: &'static str,
    values: Vec<(&'static str, Raw)>,
}

/// `country,slug,iso,prefix,text_en,text_ru`, `operator,slug`, `product,slug,category,hosting_sec`.
fn word(line: &lines::Line) -> Checked<Word> {
    let (table, rules) = match line.cell(0) {
        "country" => ("num_country", COUNTRY),
        "operator" => ("num_operator", OPERATOR),
        "product" => ("num_product", PRODUCT),
        _ => return Err("kind"),
    };
    let mut values: Vec<(&str, Raw)> = Vec::new();
    for (nth, (column, is_right)) in rules.iter().enumerate() {
        let text = line.cell(nth + 1);
        if !is_right(text) {
            return Err(column);
        }
        values.push((*column, text.into()));
    }
    if table == "num_product" {
        values.push(("hosting_sec", term(line.cell(2), line.cell(3))?.into()));
    }
    Ok(Word { table, values })
}

fn term(category: &str, text: &str) -> Checked<i64> {
    let sec = if text.is_empty() { Some(0) } else { text.parse().ok() };
    sec.filter(|sec| is_term(category, *sec)).ok_or("hosting_sec")
}

/// What is there stays as it is: an administrator may have changed it.
fn import(call: &Call) -> Result<Reply> {
    let (mut words, mut refused) = (Vec::new(), Vec::<Refused>::new());
    for line in lines::of(call.params.get("data"), "kind") {
        match word(&line) {
            Ok(word) => words.push(word),
            Err(why) => refused.push((line.number, why)),
        }
    }
    let (total, mut added) = (words.len(), 0);
    while !words.is_empty() {
        let piece: std::sync::Arc<[Word]> = words.drain(..words.len().min(BATCH)).collect();
        added += call.app.db.write(move |conn| {
            lock(conn)?;
            piece.iter().try_fold(0, |sum, word| Ok(sum + keep(conn, word)?))
        })?;
    }
    let counts = [("added", added), ("same", total - added), ("refused", refused.len())];
    Ok(Reply::Ok(report(call, &counts, &refused)))
}

fn keep(conn: &mut Conn, word: &Word) -> Result<usize> {
    let sql = Sql::new("INSERT INTO ").word(word.table).sql(" (");
    let sql = sql.words(word.values.iter().map(|(column, _)| *column)).sql(") VALUES (");
    let sql = sql.binds(word.values.iter().map(|(_, value)| value.clone()));
    let added = sql.sql(") ON CONFLICT (slug) DO NOTHING").execute(conn)?;
    if added == 1 && word.table == "num_product" {
        code::deliver(conn, word.values[0].1.str())?;
    }
    Ok(added)
}
