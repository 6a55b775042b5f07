//! The queue as staff see it: running operations, their failures, letters, and tasks for people.

use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::outbox::mail;
use crate::outbox::note_error;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("runningoperation.edit", Handler::Form(record::FORM.show(show).save(save))),
    ("runningoperation.delete", Handler::Each(|cx, elid| set(cx, Of::Work, elid, "done"))),
    ("runningoperation.suspend", Handler::Each(|cx, elid| set(cx, Of::Work, elid, "manual"))),
    ("runningoperation.setmanual", Handler::Each(|cx, elid| set(cx, Of::Work, elid, "manual"))),
    ("runningoperation.resume", Handler::Each(|cx, elid| set(cx, Of::Work, elid, "ready"))),
    ("runningoperation.start", Handler::Each(|cx, elid| set(cx, Of::Work, elid, "ready"))),
    ("runningoperation.taskcreate", Handler::Each(task_create)),
    ("mailqueue.suspend", Handler::Each(|cx, elid| set(cx, Of::Letter, elid, "manual"))),
    ("mailqueue.resume", Handler::Each(|cx, elid| set(cx, Of::Letter, elid, "ready"))),
    ("errorhistory.showlog", Handler::Once(show_log)),
    ("task.edit", Handler::Form(TASK)),
    ("task.simple.create", Handler::Form(TASK)),
    ("task.close", Handler::Each(close_task)),
    ("task.gettype", Handler::Once(task_type)),
];

const TASK: Form = record::FORM.check(check_task);

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.id != 0 {
        need(cx, &Of::Work, record.id)?;
    }
    let sql = Sql::new("SELECT state FROM outbox WHERE id = ").bind(record.id);
    let state = sql.first(cx.conn, &[Kind::Text])?;
    let is_manual = state.is_some_and(|row| row[0].str() == "manual");
    record.show("manual", if is_manual { "on" } else { "off" });
    Ok(())
}

/// A module says what went wrong; an administrator sets the attempts or takes the operation over.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let id = record.id;
    if id == 0 {
        return Err(Error::missed("elid"));
    }
    need(cx, &Of::Work, id)?;
    let (error, manual) = (record.str("error").to_owned(), record.get("manual").on());
    let (tells_error, sets_manual) = (record.has_changed("errorxml"), cx.params.has("manual"));
    let sql = Sql::new("SELECT item_id FROM outbox WHERE id = ").bind(id);
    let item_id = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    record::store(cx, record)?;
    if tells_error && !error.is_empty() {
        note_error(cx.conn, (id, item_id), &error, "", cx.call.now_us)?;
    }
    if sets_manual {
        set(cx, Of::Work, &id.to_string(), if manual { "manual" } else { "ready" })?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// Letters have a list of their own; everything else is work, whoever does it.
#[derive(PartialEq)]
enum Of {
    Work,
    Letter,
}

/// Error `missed(elid)` for what stands in the other list.
fn need(cx: &mut Ctx, of: &Of, id: i64) -> Result<()> {
    let sql = Sql::new("SELECT id FROM outbox WHERE id = ").bind(id).sql(" AND (kind = ").bind(mail::KIND);
    let row = sql.sql(") = ").bind(*of == Of::Letter).first(cx.conn, &[Kind::Int])?;
    row.map(drop).ok_or_else(|| Error::missed("elid").with("value", id.to_string()))
}

/// What is done stays done.
fn set(cx: &mut Ctx, of: Of, elid: &str, state: &'static str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    need(cx, &of, id)?;
    let sql = Sql::new("UPDATE outbox SET state = ")
        .bind(state)
        .sql(", lease_until = 0, waits_since = 0, next_at = ");
    let sql = sql.bind(cx.call.now_us).sql(", attempts = CASE WHEN ").bind(state == "ready");
    let sql =
        sql.sql(" THEN 0 ELSE attempts END, donedate = ").bind(if state == "done" { cx.now_us } else { 0 });
    let sql = sql.sql(" WHERE state <> 'done' AND id = ").bind(id);
    // A second attempt beside the one that runs would do the same twice; so would one after a letter that
    // was held while it went out, for then nobody writes down that it did.
    let sql = match state == "ready" || of == Of::Letter {
        true => sql
            .sql(" AND NOT (state = 'running' AND waits_since = 0 AND lease_until > ")
            .bind(cx.now_us)
            .sql(")"),
        false => sql,
    };
    sql.execute(cx.conn)?;
    history::write(cx, id, (0, 0), state)
}

fn task_create(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    need(cx, &Of::Work, id)?;
    let sql = Sql::new("SELECT item_id, intname, error FROM outbox WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Text, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("elid"))?;
    let kind = Sql::new("SELECT name, department FROM tasktype WHERE intname = ").bind(row[1].str());
    let kind = kind.sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Text, Kind::Text])?;
    let (name, department) = match &kind {
        Some(kind) => (kind[0].str().to_owned(), kind[1].str().to_owned()),
        None => (row[1].str().to_owned(), String::new()),
    };
    let task = Task {
        name,
        message: row[2].str().to_owned(),
        kind: row[1].str(),
        item_id: row[0].int(),
        outbox_id: id,
        department,
    };
    add_task(cx.conn, &task, cx.call.now_us)
}

/// Something that a person has to look at.
pub struct Task<'t> {
    pub name: String,
    pub message: String,
    /// The internal name of its type.
    pub kind: &'t str,
    /// The service that it is about, or 0.
    pub item_id: i64,
    pub outbox_id: i64,
    pub department: String,
}

pub fn add_task(conn: &mut Conn, task: &Task, now_us: i64) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO task (name, name_fold, message, type, item_id, outbox_id, department, createdate) VALUES (",
    );
    let values = [
        task.name.as_str().into(),
        task.name.to_lowercase().into(),
        task.message.as_str().into(),
        task.kind.into(),
        task.item_id.into(),
        task.outbox_id.into(),
        task.department.as_str().into(),
        now_us.into(),
    ];
    sql.binds(values).sql(")").execute(conn).map(drop)
}

fn show_log(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    let sql = Sql::new("SELECT error, log FROM errorhistory WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    Ok(Reply::Object(vec![Node::leaf("error", row[0].str()), Node::leaf("log", row[1].str())]))
}

fn check_task(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let specification = cx.params.get("specification").trim();
    if !specification.is_empty() {
        let message = format!("{}\n{specification}", record.str("message"));
        record.set("message", message.trim());
    }
    if record.is_new() {
        record.set("createdate", cx.now_us);
        if record.str("name").is_empty() {
            let name = record.str("type").to_owned();
            record.set("name", name);
        }
    }
    Ok(())
}

fn close_task(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    Sql::new("UPDATE task SET status = 2 WHERE id = ").bind(id).execute(cx.conn)?;
    history::write(cx, id, (0, 0), "status 2")
}

fn task_type(cx: &mut Ctx) -> Result<Reply> {
    let operation = cx.params.get("operation").to_owned();
    let sql = Sql::new("SELECT id, name, department FROM tasktype WHERE intname = ").bind(operation);
    let row = sql.sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Int, Kind::Text, Kind::Text])?;
    let nodes = row.map_or_else(Vec::new, |row| {
        vec![
            Node::leaf("task_type", row[0].int().to_string()),
            Node::leaf("name", row[1].str()),
            Node::leaf("department", row[2].str()),
        ]
    });
    Ok(Reply::Object(nodes))
}
