//! Codes in the texts of messages: the rules of the product in their order, then those of no product.

use std::sync::LazyLock;

use quick_cache::sync::Cache;
use regex::{Regex, RegexBuilder};

use super::catalogue::word_id;
use crate::csv;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("number.code.edit", Handler::Form(EDIT))];

const EDIT: Form = record::FORM.check(check).show(show);

/// What is delivered, tried on samples by the tests.
const DELIVERED: &str = include_str!("../../schema/data/number_code_rule.csv");

/// Of a compiled pattern, and of what it may remember while it looks through a text.
const PATTERN_MAX_BYTES: usize = 1024 * 1024;
/// Rules of one product, and of none.
const RULES_MAX: i64 = 100;
/// Compiled patterns that are kept.
const COMPILED_MAX: usize = 2048;

/// By the pattern itself, so nothing here is ever stale.
static COMPILED: LazyLock<Cache<String, Regex>> = LazyLock::new(|| Cache::new(COMPILED_MAX));

/// The code in a text; "" where no rule finds one.
pub fn of(conn: &mut Conn, product_id: i64, text: &str) -> Result<String> {
    for product_id in [product_id, 0] {
        if let Some(code) = patterns(conn, product_id)?.iter().find_map(|pattern| found(pattern, text)) {
            return Ok(code);
        }
    }
    Ok(String::new())
}

/// Does a rule of the product itself find a code?
pub fn is_of(conn: &mut Conn, product_id: i64, text: &str) -> Result<bool> {
    Ok(patterns(conn, product_id)?.iter().any(|pattern| found(pattern, text).is_some()))
}

fn patterns(conn: &mut Conn, product_id: i64) -> Result<Vec<String>> {
    let sql = Sql::new("SELECT pattern FROM num_code_rule WHERE product_id = ").bind(product_id);
    let rows = sql.sql(" ORDER BY orderpriority, id LIMIT ").bind(RULES_MAX).load(conn, &[Kind::Text])?;
    Ok(rows.iter().map(|row| row[0].str().to_owned()).collect())
}

/// Patterns are checked when they are entered: one that cannot be used any more finds nothing.
fn found(pattern: &str, text: &str) -> Option<String> {
    let regex = COMPILED.get_or_insert_with(pattern, || compile(pattern)).ok()?;
    let code = regex.captures(text)?.get(1)?.as_str().trim();
    let is_joint = |sign: char| sign == '-' || sign.is_whitespace();
    let plain: String = code.chars().filter(|sign| !is_joint(*sign)).collect();
    let is_number = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    let code = if is_number { plain } else { code.to_owned() };
    Some(code).filter(|code| !code.is_empty())
}

fn compile(pattern: &str) -> Result<Regex> {
    let wrong = || Error::value("pattern", pattern);
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES);
    let regex = builder.build().map_err(|cause| wrong().cause(cause.to_string()))?;
    if regex.captures_len() < 2 { Err(wrong().cause("no group")) } else { Ok(regex) }
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    compile(record.str("pattern"))?;
    if record.is_new() || cx.params.has("product") {
        let product_id = product(cx.conn, cx.call.params.get("product").trim())?;
        record.set("product_id", product_id);
    }
    let sql =
        Sql::new("SELECT COUNT(*) FROM num_code_rule WHERE product_id = ").bind(record.int("product_id"));
    let row = sql.sql(" AND id <> ").bind(record.id).first(cx.conn, &[Kind::Int])?;
    if row.is_some_and(|row| row[0].int() >= RULES_MAX) {
        return Err(Error::limit("product", RULES_MAX.to_string()));
    }
    if record.is_new() {
        let last = last_place(cx.conn)?;
        record.set("orderpriority", last + 1);
    }
    Ok(())
}

/// The id of a product; "" is none.
fn product(conn: &mut Conn, slug: &str) -> Result<i64> {
    if slug.is_empty() {
        return Ok(0);
    }
    word_id(conn, "product", slug)
}

fn last_place(conn: &mut Conn) -> Result<i64> {
    let sql = Sql::new("SELECT COALESCE(MAX(orderpriority), 0) FROM num_code_rule");
    Ok(sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let sql = Sql::new("SELECT slug FROM num_product WHERE id = ").bind(record.int("product_id"));
    let row = sql.first(cx.conn, &[Kind::Text])?;
    record.show("product", row.map_or(String::new(), |row| row[0].str().to_owned()));
    Ok(())
}

/// The delivered rules: product ("" of none) and pattern.
static RULES: LazyLock<Vec<[String; 2]>> = LazyLock::new(|| {
    let rows = DELIVERED.lines().skip(1).map(|line| csv::cells(line, ','));
    rows.filter_map(|cells| cells.try_into().ok()).collect()
});

/// Adds the delivered rules of a product that is new, or those of no product.
pub fn deliver(conn: &mut Conn, slug: &str) -> Result<()> {
    let own: Vec<&str> = RULES.iter().filter(|rule| rule[0] == slug).map(|rule| rule[1].as_str()).collect();
    if own.is_empty() {
        return Ok(());
    }
    let (product_id, last) = (product(conn, slug)?, last_place(conn)?);
    for (place, pattern) in (last + 1..).zip(own) {
        let sql = Sql::new("INSERT INTO num_code_rule (product_id, orderpriority, pattern) VALUES (");
        sql.binds([product_id.into(), place.into(), pattern.into()]).sql(")").execute(conn)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: &str = include_str!("code/samples.csv");

    fn code(product: &str, text: &str) -> String {
        let of = |slug: &str| {
            let patterns = RULES.iter().filter(|rule| rule[0] == slug).map(|rule| rule[1].clone());
            patterns.collect::<Vec<_>>()
        };
        let tried: Vec<String> = if product.is_empty() { of("") } else { [of(product), of("")].concat() };
        tried.iter().find_map(|pattern| found(pattern, text)).unwrap_or_default()
    }

    #[test]
    fn samples() {
        let rows = SAMPLES.lines().skip(1).map(|line| csv::cells(line, ','));
        let rows: Vec<Vec<String>> = rows.collect();
        assert_eq!(rows.len(), 123);
        for row in rows {
            let [product, text, wanted] = &row[..] else { panic!("{row:?}") };
            assert_eq!(code(product, text), *wanted, "{product}: {text}");
        }
    }

    #[test]
    fn what_is_delivered_can_be_used() {
        assert_eq!(RULES.len(), 81);
        for [product, pattern] in RULES.iter() {
            compile(pattern).unwrap_or_else(|why| panic!("{product}: {pattern}: {why}"));
        }
    }

    #[test]
    fn what_is_no_pattern() {
        for pattern in ["", "[0-9]+", "([0-9]{4}", r"(\w{50}){100000}", r"(a)\1"] {
            assert_eq!(compile(pattern).unwrap_err().kind, "value", "{pattern}");
        }
    }

    #[test]
    fn a_long_text_takes_no_longer_than_it_is() {
        let text = "code ".repeat(40_000);
        assert_eq!(code("telegram", &text), "");
    }
}
