//! Switches: where calls are made. One of kind `sandbox` is inside of this program.

use std::sync::Arc;

use crate::app::App;
use crate::auth::session;
use crate::billing::usage::refuse_used;
use crate::config::{Networks, value};
use crate::db::Sql;
use crate::doc::Node;
use crate::effect::http::Trust;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::seal::Column;
use crate::telecom::sandbox;

pub const FUNCS: &[Row] = &[
    ("switch.edit", Handler::Form(EDIT)),
    ("switch.key", Handler::Once(key)),
    ("switch.delete", Handler::Each(delete)),
    ("switch.suspend", Handler::Each(|cx, elid| changed(cx, elid, record::suspend))),
    ("switch.resume", Handler::Each(|cx, elid| changed(cx, elid, record::resume))),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// The kind that is inside of this program.
pub const SANDBOX: &str = "sandbox";
const ASTERISK: &str = "asterisk";

/// What is asked of a switch about a call that it makes.
pub trait VoiceSwitch {
    /// Ends a call. Its end is reported like that of any other.
    fn hang_up(&self, uniqueid: &str) -> Result<()>;
}

/// The one that reaches a switch of that kind.
pub fn voice(app: &Arc<App>, id: i64, kind: &str) -> Box<dyn VoiceSwitch> {
    match kind {
        SANDBOX => Box::new(BuiltIn { app: app.clone(), id }),
        _ => Box::new(Asterisk { app: app.clone(), id }),
    }
}

struct Asterisk {
    app: Arc<App>,
    id: i64,
}

impl VoiceSwitch for Asterisk {
    fn hang_up(&self, uniqueid: &str) -> Result<()> {
        self.app.links.hang_up(self.id, uniqueid)
    }
}

struct BuiltIn {
    app: Arc<App>,
    id: i64,
}

impl VoiceSwitch for BuiltIn {
    fn hang_up(&self, uniqueid: &str) -> Result<()> {
        sandbox::hang_up(&self.app, (self.id, uniqueid))
    }
}

pub const SECRET: Column =
    Column { table: "switch", column: "secret", context: "switch.secret:{id}", only: "" };

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for field in ["name", "address", "login", "context", "codecs"] {
        let text = record.str(field).trim().to_owned();
        record.set(field, text);
    }
    // A switch is named by either in calls.
    if record.str("name").bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::value("name", record.str("name")));
    }
    check_asterisk(record)?;
    match record.str("kind") == SANDBOX && cx.app.config.load().production {
        true => Err(Error::value("kind", SANDBOX)),
        false => Ok(()),
    }
}

/// What stands in the answers to a switch may hold nothing that means something in its configuration.
fn check_asterisk(record: &mut Record) -> Result<()> {
    let addr = record.str("addr").to_owned();
    Networks::parse(&addr).map_err(|_| Error::value("addr", addr))?;
    let address = record.str("address").to_owned();
    if !address.is_empty() && !value::is_address(&address) {
        return Err(Error::value("address", address));
    }
    let authorities = record.str("ca").trim().to_owned();
    if !authorities.is_empty() {
        Trust::of_pem(&authorities).map_err(|_| Error::value("ca", "").with("desc", "desc_certificates"))?;
    }
    record.set("ca", authorities);
    let context = record.str("context").to_owned();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if context.is_empty() || !context.bytes().all(is_word) {
        return Err(Error::value("context", context));
    }
    let codecs = record.str("codecs").replace(' ', "");
    let is_codec = |word: &str| (1..=16).contains(&word.len()) && word.bytes().all(is_word);
    match codecs.split(',').all(is_codec) {
        true => record.set("codecs", codecs),
        false => return Err(Error::value("codecs", codecs)),
    }
    Ok(())
}

/// A new key by which an Asterisk asks for its lines and calls. It is told here and nowhere else; the one
/// before it is good for nothing any more.
fn key(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    let key = session::new_id();
    let sql = Sql::new("UPDATE switch SET hash = ").bind(session::hash(&key)).sql(" WHERE NOT deleted");
    let sql = sql.sql(" AND kind = ").bind(ASTERISK).sql(" AND id = ").bind(id);
    if sql.execute(cx.conn)? == 0 {
        return Err(Error::missed("elid").with("value", id.to_string()));
    }
    history::write(cx, id, (0, 0), "key")?;
    Ok(Reply::Ok(vec![Node::leaf("id", id.to_string()), Node::leaf("key", key)]))
}

fn changed(cx: &mut Ctx, elid: &str, deed: fn(&mut Ctx, &str) -> Result<()>) -> Result<()> {
    deed(cx, elid)?;
    cx.touch(Topic::Switches)
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let id = record::store_sealed(cx, record, &[(SECRET.column, SECRET)])?;
    cx.touch(Topic::Switches)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// Its records keep its name; calls under way have to end first.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &[("call", "call", "switch_id")])?;
    changed(cx, elid, record::delete)?;
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    Sql::new("DELETE FROM sip_contact WHERE switch_id = ").bind(id).execute(cx.conn)?;
    Sql::new("UPDATE switch SET hash = '', secret = '' WHERE id = ").bind(id).execute(cx.conn).map(drop)
}
