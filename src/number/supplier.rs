//! Suppliers: where numbers and their messages come from.

use crate::app::App;
use crate::billing::usage::refuse_used;
use crate::config::Secret;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::number::pull::sync;
use crate::number::smpp;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::seal::Column;

pub const FUNCS: &[Row] = &[
    ("number.supplier.edit", Handler::Form(EDIT)),
    ("number.supplier.delete", Handler::Each(delete)),
    ("number.supplier.sync", Handler::Outside(sync::sync)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// Signed reports over HTTP.
pub const WEBHOOK: &str = "webhook";
pub const SMPP: &str = "smpp";
/// Another server of the API that we offer ourselves.
pub const PULL: &str = "pull";
/// The kind that is inside of this program.
pub const SANDBOX: &str = "sandbox";

pub const SECRET: Column =
    Column { table: "num_supplier", column: "secret", context: "num_supplier.secret:{id}", only: "" };

/// A secret that signs can be guessed at leisure.
const SECRET_MIN: usize = 16;
const CODE_MAX: usize = 32;
/// 10⁻⁴ of a percent: ten times the price.
const MARKUP_MAX: i64 = 10_000_000;

#[derive(Debug, Clone)]
pub struct Supplier {
    pub id: i64,
    pub code: String,
    pub kind: String,
    pub url: String,
    pub login: String,
    /// Counts changes.
    pub version: i64,
    /// 10⁻⁴ of a percent.
    pub markup: i64,
    pub synced_at: i64,
    pub active: bool,
    secret: String,
}

impl Supplier {
    /// Those that are at work, by a condition ` AND …`.
    pub fn find(conn: &mut Conn, condition: &Sql) -> Result<Vec<Self>> {
        Self::all(conn, &Sql::new(" AND active").append(condition))
    }

    /// Those that are switched off too.
    pub fn all(conn: &mut Conn, condition: &Sql) -> Result<Vec<Self>> {
        let sql = Sql::new(
            "SELECT id, code, kind, url, login, version, secret, markup, synced_at, active FROM num_supplier \
             WHERE NOT deleted",
        );
        let (int, text) = (Kind::Int, Kind::Text);
        let kinds = [int, text, text, text, text, int, text, int, int, Kind::Flag];
        let rows = sql.append(condition).sql(" ORDER BY id").load(conn, &kinds)?;
        Ok(rows.iter().map(|row| Self::of(row)).collect())
    }

    fn of(row: &[Raw]) -> Self {
        let text = |at: usize| row[at].str().to_owned();
        Self {
            id: row[0].int(),
            code: text(1),
            kind: text(2),
            url: text(3),
            login: text(4),
            version: row[5].int(),
            secret: text(6),
            markup: row[7].int(),
            synced_at: row[8].int(),
            active: row[9].on(),
        }
    }

    pub fn secret(&self, app: &App) -> Result<Secret> {
        match self.secret.as_str() {
            "" => Ok(Secret::new("")),
            sealed => app.sealer.open(sealed, &SECRET.context(&[&self.id])).map(Secret::new),
        }
    }
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for field in ["name", "url", "login"] {
        let text = record.str(field).trim().to_owned();
        record.set(field, text);
    }
    // It stands in the address of its webhook.
    let code = record.str("code").trim().to_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if code.is_empty() || code.len() > CODE_MAX || !code.bytes().all(is_plain) {
        return Err(Error::value("code", code));
    }
    record.set("code", code);
    let has_secret = !cx.params.get("secret").is_empty() || !record.is_new();
    match record.str("kind") {
        SANDBOX if cx.app.config.load().production => Err(Error::value("kind", SANDBOX)),
        WEBHOOK => check_secret(cx.params.get("secret"), has_secret),
        PULL => check_secret(cx.params.get("secret"), has_secret).and_then(|()| check_pull(record)),
        SMPP => smpp::check(record.str("url"), record.str("login"), cx.params.get("secret")),
        _ => Ok(()),
    }
}

fn check_pull(record: &Record) -> Result<()> {
    let (url, markup) = (record.str("url"), record.int("markup"));
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    match () {
        () if !is_web || url.contains(['?', '#', '@']) => Err(Error::value("url", url)),
        () if !(0..=MARKUP_MAX).contains(&markup) => {
            Err(Error::value("markup", crate::value::percent(markup)))
        }
        () => Ok(()),
    }
}

fn check_secret(secret: &str, has_secret: bool) -> Result<()> {
    match secret.len() {
        0 if has_secret => Ok(()),
        0 => Err(Error::missed("secret")),
        1..SECRET_MIN => Err(Error::value("secret", "")),
        _ => Ok(()),
    }
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let id = record::store_sealed(cx, record, &[(SECRET.column, SECRET)])?;
    Sql::new("UPDATE num_supplier SET version = version + 1 WHERE id = ").bind(id).execute(cx.conn)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// One whose numbers are still there keeps them.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let places = [("number_phone", "num_phone", "supplier_id"), ("number_pool", "num_pool", "supplier_id")];
    refuse_used(cx, elid, &places)?;
    record::delete(cx, elid)
}
