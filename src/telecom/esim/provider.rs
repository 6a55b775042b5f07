//! Providers of eSIMs. One of kind `sandbox` is inside of this program.

use std::sync::Arc;

use super::gateway;
use crate::app::App;
use crate::billing::usage::refuse_used;
use crate::config::Secret;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::effect::{self, Waiting};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Form, Reply};
use crate::seal::Column;

pub const EDIT: Form = record::FORM.check(check).save(save);

/// The kind that is inside of this program.
pub const SANDBOX: &str = "sandbox";

pub const ACCESS_CODE: Column = Column {
    table: "esim_provider",
    column: "access_code",
    context: "esim_provider.access_code:{id}",
    only: "",
};
pub const WEBHOOK_SECRET: Column = Column {
    table: "esim_provider",
    column: "webhook_secret",
    context: "esim_provider.webhook_secret:{id}",
    only: "",
};

/// 10⁻⁴ of a percent: ten times the price.
const MARKUP_MAX: i64 = 10_000_000;

#[derive(Debug, Clone)]
pub struct Provider {
    pub id: i64,
    pub kind: String,
    pub url: String,
    pub project_id: i64,
    pub currency_id: i64,
    pub markup_client: i64,
    pub markup_reseller: i64,
    access_code: String,
    webhook_secret: String,
}

fn row(raw: &[Raw]) -> Provider {
    Provider {
        id: raw[0].int(),
        kind: raw[1].str().to_owned(),
        url: raw[2].str().to_owned(),
        project_id: raw[3].int(),
        currency_id: raw[4].int(),
        markup_client: raw[5].int(),
        markup_reseller: raw[6].int(),
        access_code: raw[7].str().to_owned(),
        webhook_secret: raw[8].str().to_owned(),
    }
}

fn find(conn: &mut Conn, condition: &Sql) -> Result<Option<Provider>> {
    let sql = Sql::new(
        "SELECT id, kind, url, project_id, currency_id, markup_client, markup_reseller, access_code, \
         webhook_secret FROM esim_provider WHERE NOT deleted",
    );
    let mut kinds = [Kind::Int; 9];
    for at in [1, 2, 7, 8] {
        kinds[at] = Kind::Text;
    }
    Ok(sql.append(condition).first(conn, &kinds)?.map(|raw| row(&raw)))
}

impl Provider {
    pub fn load(conn: &mut Conn, id: i64) -> Result<Self> {
        let found = find(conn, &Sql::new(" AND id = ").bind(id))?;
        found.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))
    }

    pub fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Self>> {
        find(conn, &Sql::new(" AND code = ").bind(code))
    }

    fn opened(&self, app: &App, sealed: &str, column: &Column) -> Result<Secret> {
        match sealed {
            "" => Ok(Secret::new("")),
            sealed => app.sealer.open(sealed, &column.context(&[&self.id])).map(Secret::new),
        }
    }

    pub fn access_code(&self, app: &App) -> Result<Secret> {
        self.opened(app, &self.access_code, &ACCESS_CODE)
    }

    /// What a webhook has to show; empty: none is taken.
    pub fn webhook_secret(&self, app: &App) -> Result<Secret> {
        self.opened(app, &self.webhook_secret, &WEBHOOK_SECRET)
    }
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for field in ["code", "name", "url"] {
        let text = record.str(field).trim().to_owned();
        record.set(field, text);
    }
    // It stands in the address of its webhook.
    let code = record.str("code");
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if code.is_empty() || !code.chars().all(is_word) {
        return Err(Error::value("code", code).with("desc", "desc_esim_provider_code"));
    }
    for markup in ["markup_client", "markup_reseller"] {
        if !(0..=MARKUP_MAX).contains(&record.int(markup)) {
            return Err(Error::value(markup, ""));
        }
    }
    let url = record.str("url");
    match record.str("kind") {
        SANDBOX if cx.app.config.load().production => Err(Error::value("kind", SANDBOX)),
        SANDBOX => Ok(()),
        _ if url.starts_with("https://") || url.starts_with("http://") => Ok(()),
        _ => Err(Error::value("url", url)),
    }
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let sealed = [ACCESS_CODE, WEBHOOK_SECRET].map(|column| (column.column, column));
    let id = record::store_sealed(cx, record, &sealed)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// Its packages have to go first, and what it still owes somebody.
pub fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let places = [("esim_package", "esim_package", "provider_id"), ("esim", "esim_pending", "provider_id")];
    refuse_used(cx, elid, &places)?;
    record::delete(cx, elid)
}

/// `esim.provider.balance`: what we have there, asked now.
pub fn balance(call: &Call) -> Result<Reply> {
    let id = call.need_elid()?;
    let _waiting = Waiting::begin("provider")?;
    let app: &Arc<App> = &call.app;
    let provider = app.db.read(BUDGET_SLOW, |conn| Provider::load(conn, id))?;
    let (amount, currency) = gateway::open(app, &provider)?.balance().map_err(unreachable)?;
    Ok(Reply::Ok(vec![Node::leaf("balance", amount.plain()), Node::leaf("currency", currency)]))
}

/// Staff are told what was wrong; what a provider answered is a text of its own.
pub fn unreachable(reason: String) -> Error {
    Error::new("busy", "esim_provider").with("value", effect::said(&reason)).cause(reason)
}
