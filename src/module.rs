//! Processing modules: what opens, suspends and closes services. A program of the data directory, a
//! webhook, the built-in sandbox, or nobody: then a person does it.

pub mod check;
mod features;
pub mod info;
pub mod program;
mod sandbox;
pub mod search;
mod webhook;

use std::sync::Arc;

use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::error::Result;
use crate::outbox::worker::Acted;
use crate::outbox::{Due, Settled};
use crate::rpc::BUDGET_SLOW;
use crate::service::status::Operation;
use crate::service::{Till, choices};
use info::Processing;

/// What a module learned of a service.
#[derive(Debug, Default)]
pub struct Effects {
    pub ip: Option<String>,
    /// Name, value, and whether it is a secret.
    pub params: Vec<(String, String, bool)>,
}

impl Effects {
    pub fn keep(&self, till: &mut Till, item_id: i64) -> Result<()> {
        if let Some(ip) = &self.ip {
            add_ip(till.conn, item_id, ip)?;
        }
        for (name, value, is_secret) in &self.params {
            choices::set_param(till, item_id, name, value, *is_secret)?;
        }
        Ok(())
    }
}

/// The first address of a service is its main one.
fn add_ip(conn: &mut Conn, item_id: i64, ip: &str) -> Result<()> {
    let sql = Sql::new("UPDATE item SET ip = ").bind(ip).sql(" WHERE ip = '' AND id = ").bind(item_id);
    sql.execute(conn)?;
    let sql =
        Sql::new("INSERT INTO item_ip (item_id, account_id, reseller_id, name) SELECT id, account_id, ");
    let sql = sql.sql("reseller_id, ").bind(ip).sql(" FROM item WHERE id = ").bind(item_id);
    sql.sql(" ON CONFLICT (item_id, name) DO NOTHING").execute(conn)?;
    Ok(())
}

/// What a module is asked.
pub struct Job<'j> {
    pub app: &'j Arc<App>,
    pub due: &'j Due,
    pub operation: Operation,
    /// Allows the callbacks of this service and nothing else.
    pub token: &'j str,
    pub item_name: String,
    pub itemtype: String,
    pub processing: Processing,
}

/// Asks the module of a service. Called with no transaction open.
pub fn act(app: &Arc<App>, due: &Due, token: &str) -> Acted {
    let Some(operation) = Operation::from_word(&due.intname) else {
        return Acted::failed(format!("unknown operation {}", due.intname), "");
    };
    let found = app.db.read(BUDGET_SLOW, |conn| module_of(conn, app, due.item_id));
    let (item_name, itemtype, processing) = match found {
        Ok(Some(found)) => found,
        Ok(None) => return Acted::new(Settled::Done), // the service is gone, and so is what it waited for
        Err(error) => return Acted::failed(error.to_string(), ""),
    };
    let job = Job { app, due, operation, token, item_name, itemtype, processing };
    match job.processing.module.as_str() {
        _ if app.simulates => Acted::new(Settled::Done),
        "" => Acted::new(Settled::Manual { error: "no module serves this service".into() }),
        SANDBOX => sandbox::act(&job),
        WEBHOOK => webhook::act(&job),
        _ => program::act(&job),
    }
}

/// The names of modules that are no programs.
const SANDBOX: &str = "sandbox";
const WEBHOOK: &str = "webhook";

type Found = (String, String, Processing);

fn module_of(conn: &mut Conn, app: &App, item_id: i64) -> Result<Option<Found>> {
    let sql = Sql::new(
        "SELECT i.name, t.intname, i.processing_id FROM item i JOIN itemtype t ON t.id = i.itemtype_id \
         WHERE NOT i.deleted AND i.id = ",
    );
    let row = sql.bind(item_id).first(conn, &[Kind::Text, Kind::Text, Kind::Int])?;
    let Some(row) = row else { return Ok(None) };
    let processing = Processing::load(conn, app, row[2].int())?.unwrap_or_default();
    Ok(Some((row[0].str().to_owned(), row[1].str().to_owned(), processing)))
}

/// What a module cannot do needs nobody, unless the service would be something else than it seems.
fn skipped(job: &Job) -> Acted {
    let word = job.operation.word();
    Acted::new(match job.operation.while_running() {
        Some(_) => {
            let error = format!("module `{}` cannot do `{word}`", job.processing.module);
            Settled::Manual { error }
        }
        None => Settled::Done,
    })
}
