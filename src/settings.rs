//! Configuration as the panel shows and changes it, and the file's changes as they happen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::App;
use crate::config::{self, Config, ConfigError, Listen};
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("paramlist", Handler::Rows(list)),
    ("paramlist.edit", Handler::Form(EDIT)),
    ("settings", Handler::Form(SETTINGS)),
    ("ihttpd", Handler::Rows(listeners)),
];

const EDIT: Form = record::FORM.read(read).save(save);
const SETTINGS: Form = record::FORM.read(read_settings).save(save_settings);

/// What the settings form sets, by configuration name.
const SETTINGS_NAMES: [&str; 4] = ["RestrictAuthinfo", "RestrictAuthinfoRange", "TimeZone", "DefaultLang"];

/// What the panel has set.
pub fn stored(app_db: &crate::db::Db) -> Result<BTreeMap<String, String>> {
    let sql = Sql::new("SELECT name, value FROM setting");
    let rows = app_db.read(crate::rpc::BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Text, Kind::Text]))?;
    Ok(rows.into_iter().map(|row| (row[0].str().to_owned(), row[1].str().to_owned())).collect())
}

/// Where the configuration is read from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub file: Option<PathBuf>,
    /// Of the command line, in place of those of the file.
    pub listen: Vec<Listen>,
}

impl Origin {
    pub fn load(&self, panel: &BTreeMap<String, String>) -> std::result::Result<Config, Vec<ConfigError>> {
        let mut config = Config::load(self.file.as_deref().map(Path::new), config::environment(), panel)?;
        if !self.listen.is_empty() {
            config.listen.clone_from(&self.listen);
        }
        Ok(config)
    }
}

/// Reads the configuration again. A bad file keeps the old values and says so.
pub fn reload(app: &App) {
    let Ok(panel) = stored(&app.db) else { return };
    match app.origin.load(&panel) {
        Ok(config) => app.config.store(Arc::new(config)),
        Err(faults) => faults.iter().for_each(|fault| tracing::error!("configuration kept: {fault}")),
    }
}

/// Asks whether another server on the same database has changed a setting.
pub fn refresh(app: &App) {
    if app.settings_seen.is_stale(&app.db) {
        reload(app);
    }
}

fn list(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let config = cx.app.config.load_full();
    let row = |row: config::Row| {
        let source = source_code(row.source);
        let help = row.param.help(&cx.call.lang).to_owned();
        vec![row.name.into(), row.value.into(), source.into(), row.editable.into(), help.into()]
    };
    Ok(config.list().map(row).collect())
}

fn source_code(source: &config::Source) -> &'static str {
    match source {
        config::Source::Environment => "environment",
        config::Source::File { .. } => "file",
        config::Source::Panel => "panel",
        config::Source::Default => "default",
    }
}

fn need_server_admin(cx: &Ctx) -> Result<()> {
    match cx.caller.user.is_server_admin() {
        true => Ok(()),
        false => Err(Error::access(cx.func.name())),
    }
}

fn read(cx: &mut Ctx) -> Result<Record> {
    need_server_admin(cx)?;
    let name = cx.params.get("elid").to_owned();
    let mut record = Record::new();
    record.show("value", shown(cx, &name)?);
    Ok(record)
}

fn shown(cx: &Ctx, name: &str) -> Result<String> {
    let config = cx.app.config.load();
    let row = config.list().find(|row| row.name == name).map(|row| row.value.to_owned());
    row.ok_or_else(|| Error::missed("elid").with("value", name))
}

fn save(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let (name, value) = (cx.params.get("elid").to_owned(), cx.params.get("value").to_owned());
    set(cx, &name, &value)?;
    Ok(Vec::new())
}

fn set(cx: &mut Ctx, name: &str, value: &str) -> Result<()> {
    need_server_admin(cx)?;
    cx.app.config.load().validate(name, value)?;
    Sql::new("DELETE FROM setting WHERE name = ").bind(name).execute(cx.conn)?;
    if !value.is_empty() {
        let sql = Sql::new("INSERT INTO setting (name, value) VALUES (");
        sql.binds([name.into(), value.into()]).sql(")").execute(cx.conn)?;
    }
    cx.touch(Topic::Settings)
}

fn read_settings(cx: &mut Ctx) -> Result<Record> {
    need_server_admin(cx)?;
    let mut record = Record::new();
    for name in SETTINGS_NAMES {
        record.show(name, shown(cx, name)?);
    }
    Ok(record)
}

/// Sets what differs: a name that the file fixes stays untouched when it is sent back unchanged.
fn save_settings(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    for name in SETTINGS_NAMES {
        let Some(sent) = cx.params.sent(name) else { continue };
        let value = sent.rsplit(", ").next().filter(|_| name == "RestrictAuthinfo").unwrap_or(sent);
        let value = value.to_owned();
        if value != shown(cx, name)? {
            set(cx, name, &value)?;
        }
    }
    Ok(Vec::new())
}

fn listeners(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let config = cx.app.config.load_full();
    let row =
        |(at, listen): (usize, &config::Listen)| vec![(at as i64 + 1).into(), listen.to_string().into()];
    Ok(config.listen.iter().enumerate().map(row).collect())
}
