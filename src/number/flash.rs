//! What is told to everybody who uses virtual numbers, in his language.

use crate::db::{Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] =
    &[("number.flash", Handler::Rows(rows)), ("number.flash.edit", Handler::Form(EDIT))];

const EDIT: Form = record::FORM.check(check);

/// The language of whoever asks for another one that has no text (operations.md R218).
const FALLBACK: &str = "en";

/// The text in the language that is asked for; one row, which is empty where nothing is told. Staff who ask
/// for none see all.
fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new("SELECT id, lang, text FROM num_flash");
    let have = sql.load(cx.conn, &[Kind::Int, Kind::Text, Kind::Text])?;
    let of = |lang: &str| have.iter().find(|row| row[1].str() == lang && !row[2].str().is_empty());
    let asked = match cx.params.get("lang").trim() {
        "" if cx.caller.level().is_staff() => return Ok(have),
        "" => cx.lang.clone(),
        lang => lang.to_lowercase(),
    };
    let none = || vec![0.into(), FALLBACK.into(), "".into()];
    Ok(vec![of(&asked).or_else(|| of(FALLBACK)).cloned().unwrap_or_else(none)])
}

fn check(_: &mut Ctx, record: &mut Record) -> Result<()> {
    let lang = record.str("lang").trim().to_lowercase();
    match lang.len() == 2 && lang.bytes().all(|byte| byte.is_ascii_lowercase()) {
        true => record.set("lang", lang),
        false => return Err(Error::value("lang", lang)),
    }
    let text = record.str("text").trim().to_owned();
    record.set("text", text);
    Ok(())
}
