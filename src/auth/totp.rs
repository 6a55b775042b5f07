//! Signing in with a second step: switched on and off by the user, switched off by who may act as him.

pub mod check;
pub mod code;
pub mod step;

use super::{Caller, Via, identify, session, su};
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::doc::{File, Node};
use crate::error::{Error, Result};
use crate::history;
use crate::paper::Qr;
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::telecom::esim::qr;
use check::{SECRET, Verdict};
use code::Secret;

pub const FUNCS: &[Row] = &[
    ("totp", Handler::View(None)),
    ("totp.new", Handler::Form(NEW)),
    ("totp.new.image", Handler::Once(image)),
    ("totp.delete", Handler::Form(DELETE)),
    ("totp.reset", Handler::Each(reset)),
    ("totp.confirm", Handler::Form(CONFIRM)),
];

const NEW: Form = record::FORM.prepare(check_password).read(offered).save(switch_on);
const DELETE: Form = record::FORM.prepare(check_password).read(own).save(switch_off);
const CONFIRM: Form = record::FORM.read(|_| Ok(Record::new())).save(signed_in);

/// Who changes how he signs in shows his password once more.
fn check_password(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    identify::need_current(app, caller.ip, Some(&caller.user), params.get("old_passwd"))
}

fn own(cx: &mut Ctx) -> Result<Record> {
    match cx.caller.user.id {
        0 => Err(Error::access(cx.func.name())), // the system's administrator signs in nowhere
        _ => Ok(Record::new()),
    }
}

/// A new secret to be read by an app; the same once more while a form with it is corrected.
fn offered(cx: &mut Ctx) -> Result<Record> {
    let mut record = own(cx)?;
    let user = cx.caller.user.clone();
    let before = Secret::shown(&cx.app.sealer, cx.params.get("secret"), user.id, cx.now_us);
    let secret = before.unwrap_or_else(|| Secret::new(&cx.app.sealer, user.id, cx.now_us));
    let issuer = issuer(cx);
    let token = cx.app.sealer.seal(&secret.address(&issuer, &user.name), &image_context(user.id));
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    record.show("login", format!("{issuer}({})", user.name));
    record.show("secret", secret.text());
    record.show("qrimage", format!("?func=totp.new.image&token={token}"));
    record.show("otpauth", secret.address(&issuer, &user.name));
    record.show("actualtime", cx.zone.time(cx.now_us));
    Ok(record)
}

/// How the server was addressed, without a port: a client knows it under no other name.
fn issuer(cx: &Ctx) -> String {
    let host = cx.params.manner().host.rsplit("//").next().unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if name.is_empty() { "billmgr".to_owned() } else { name.to_owned() }
}

fn image_context(user_id: i64) -> String {
    format!("totp.new.image:{user_id}")
}

/// The picture of a secret that travels sealed: addresses stand in logs of others.
fn image(cx: &mut Ctx) -> Result<Reply> {
    let sealed = cx.app.sealer.open(cx.params.get("token"), &image_context(cx.caller.user.id));
    let address = sealed.map_err(|_| Error::value("token", ""))?;
    let picture = qr::svg(&Qr::new(address).map_err(Error::system)?);
    Ok(Reply::File(File { mime: "image/svg+xml", name: "totp.svg".to_owned(), bytes: picture.into_bytes() }))
}

fn switch_on(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let (user, now_us) = (cx.caller.user.clone(), cx.now_us);
    let secret = Secret::shown(&cx.app.sealer, cx.params.get("secret"), user.id, now_us);
    let secret = secret.ok_or_else(|| Error::value("secret", ""))?;
    if check::is_on(cx.conn, user.id)? {
        return Err(Error::exists("totp", ""));
    }
    let digits = match code::Code::read(cx.params.get("qrcode")) {
        Some(code::Code::App(digits)) => digits,
        _ => return Verdict::Wrong.need_right().map(|()| Vec::new()),
    };
    let period = secret.period_of(&digits, now_us).ok_or_else(|| Error::value("qrcode", ""))?;
    let sealed = cx.app.sealer.seal(&secret.text(), &SECRET.context(&[&user.id]));
    let sql = Sql::new("INSERT INTO user_totp (user_id, secret, last_counter, enabled_at) VALUES (");
    let sql = sql.binds([user.id.into(), sealed.into(), period.into(), now_us.into()]);
    sql.sql(")").execute(cx.conn)?;
    noted(cx, user.id, "totp on")?;
    given_codes(cx, user.id)
}

/// Recovery codes are told here and nowhere else; what is kept are hashes.
fn given_codes(cx: &mut Ctx, user_id: i64) -> Result<Vec<Node>> {
    let codes = code::recovery_codes();
    for text in &codes {
        let sql = Sql::new("INSERT INTO user_totp_code (user_id, hash) VALUES (").bind(user_id);
        sql.sql(", ").bind(code::recovery_hash(text)).sql(")").execute(cx.conn)?;
    }
    let elem = |text: &String| Node::new("elem").kid(Node::leaf("code", text));
    let note = Node::leaf("notice", cx.word("notice_codes"));
    Ok(vec![note, Node::new("recovery").with(codes.iter().map(elem))])
}

fn switch_off(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let (user_id, now_us, code) = (cx.caller.user.id, cx.now_us, cx.params.get("qrcode").to_owned());
    if !check::is_on(cx.conn, user_id)? {
        return Err(Error::missed("totp"));
    }
    let sealer = cx.app.sealer.clone();
    match check::redeem(cx.conn, &sealer, user_id, &code, now_us)?.need_right() {
        Ok(()) => remove(cx, user_id)?,
        Err(error) => cx.refusal = Some(error), // the try stays counted
    }
    Ok(Vec::new())
}

/// For who has lost his phone and his codes. Whoever may act as a user may, but nobody for himself.
fn reset(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    let app = cx.app.clone();
    let user = app.access.user(&app.db, id)?.ok_or_else(|| Error::missed("elid").with("value", elid))?;
    if id == cx.caller.user.id || !su::may(&cx.caller.user, &user) {
        return Err(Error::access(cx.func.name()));
    }
    match check::is_on(cx.conn, id)? {
        true => remove(cx, id),
        false => Ok(()),
    }
}

fn remove(cx: &mut Ctx, user_id: i64) -> Result<()> {
    for sql in ["DELETE FROM user_totp_code WHERE user_id = ", "DELETE FROM user_totp WHERE user_id = "] {
        Sql::new(sql).bind(user_id).execute(cx.conn)?;
    }
    step::end_of_user(cx.conn, user_id)?;
    noted(cx, user_id, "totp off")
}

/// In the history of the user, where staff looks.
fn noted(cx: &mut Ctx, user_id: i64, what: &str) -> Result<()> {
    let sql = Sql::new("SELECT account_id, reseller_id FROM users WHERE id = ").bind(user_id);
    let owner = sql.first(cx.conn, &[Kind::Int; 2])?.map_or((0, 0), |row| (row[0].int(), row[1].int()));
    history::write_of(cx, "user", user_id, owner, what)?;
    cx.touch(Topic::Access)
}

/// The session of whom `identify` has found the code to be of.
fn signed_in(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let user = cx.caller.user.clone();
    if cx.caller.via != Via::SignIn || user.id == 0 {
        return Err(Error::auth("session"));
    }
    let path = cx.caller.path[..cx.caller.path.len() - 1].to_vec();
    let node = su::open(cx, &user, &path)?;
    let owner = (user.account_id, user.reseller_id);
    identify::log_row(&user.name, &cx.caller.ip_text(), "ok", owner, cx.now_us).execute(cx.conn)?;
    Ok(vec![node])
}

/// A session id is what its cookie holds before a blank or a colon.
pub fn step_id<'p>(params: &'p Params, cookie: Option<&'p str>) -> &'p str {
    match params.has("auth") {
        true => params.get("auth"),
        false => cookie.unwrap_or_default().split(':').next().unwrap_or_default(),
    }
}

/// Error `auth(session)` unless the text may be an id at all.
pub fn need_id(id: &str) -> Result<()> {
    if session::is_id(id) { Ok(()) } else { Err(Error::auth("session")) }
}
