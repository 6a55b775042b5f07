//! `register`: a visitor becomes a client of the provider himself.
//!
//! The client is made by `account.edit`, so what is true of new clients is true of these. He is always a
//! direct one, whoever calls: a reseller's shop makes its clients with a key of the reseller.

use super::proof::{self, Kind};
use super::{Caller, User, verify};
use crate::app::App;
use crate::config::mail::mailbox;
use crate::db::{Kind as Stored, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::nested;
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("register", Handler::Form(FORM))];

const FORM: Form = record::FORM.prepare(admit).read(open).save(save);

/// Registrations that are looked at of one line within 15 minutes. It also bounds how many addresses
/// somebody can ask about: that one is taken has to be said.
const REGISTRATIONS_MAX: usize = 10;

/// Before a password is hashed for somebody whom nobody knows.
fn admit(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    need_open(app)?;
    let email = params.get("email").trim().to_owned();
    if email.is_empty() {
        return Err(Error::missed("email"));
    }
    if !is_address(&email) {
        return Err(Error::value("email", email));
    }
    params.set("email", email);
    match caller.is_known() || app.throttle.admits("register", caller.ip, REGISTRATIONS_MAX) {
        true => Ok(()),
        false => Err(Error::limit("register", "")),
    }
}

fn need_open(app: &App) -> Result<()> {
    match app.config.load().disable_registration {
        true => Err(Error::access("registration")),
        false => Ok(()),
    }
}

/// An address and nothing around it. It becomes the login, which `authinfo` ends at a colon.
fn is_address(email: &str) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\":<>,;".contains(c);
    let is_known = mailbox(email).is_ok_and(|found| found.name.is_none() && found.email.to_string() == email);
    is_known && email.chars().all(is_plain)
}

fn open(cx: &mut Ctx) -> Result<Record> {
    need_open(cx.app.as_ref())?;
    let mut record = record::defaults(cx);
    let sql = Sql::new("SELECT MIN(id) FROM project WHERE NOT deleted");
    let first = sql.first(cx.conn, &[Stored::Int])?.map_or(0, |row| row[0].int());
    record.set("project", first);
    record.set("lang", cx.lang.as_str());
    Ok(record)
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let made = make(cx, &record)?;
    let id = |name: &str| made.iter().find(|node| node.name == name).and_then(|node| node.text.clone());
    let [account, user] = ["account", "user"].map(|name| id(name).unwrap_or_default());
    let has_password = cx.params.has("passwd");
    let kind = if record.get("recovery").on() || !has_password { Kind::Recovery } else { Kind::Email };
    let user_id = user.parse().map_err(Error::system)?;
    let to = proof::target(cx.conn, user_id)?.ok_or_else(|| Error::system("a new user is not there"))?;
    let is_sent = proof::post(cx.conn, kind, &to, cx.call.now_us)?;
    if !is_sent && !has_password {
        return Err(Error::limit("letters", "")); // he would have no way in
    }
    let told = if has_password { "registered" } else { "letter" };
    // Who is signed in (staff, a site's own user) is shown what was made instead.
    let ok = (!cx.caller.is_known()).then(|| verify::signs_in(told, &to.name));
    let named = [Node::leaf("account.id", account), Node::leaf("user.id", user)];
    Ok(ok.into_iter().chain(made).chain(named).collect())
}

/// The nodes that `account.edit` answers. The password is its hash by now.
fn make(cx: &mut Ctx, record: &Record) -> Result<Vec<Node>> {
    let [project, currency, country, state] =
        ["project", "currency", "country", "state"].map(|name| record.int(name).to_string());
    let hash = cx.params.get("passwd").to_owned();
    let email = record.str("email").to_owned();
    let params = Params::of([
        ("func", "account.edit"),
        ("sok", "ok"),
        ("email", email.as_str()),
        ("passwd", &hash),
        ("realname", record.str("realname")),
        ("phone", record.str("phone")),
        ("project", &project),
        ("currency", &currency),
        ("country", &country),
        ("state", &state),
        ("lang", record.str("lang")),
    ]);
    let reply = nested::run_as(cx, maker(&cx.call.caller), params, "project");
    let reply = reply.map_err(|error| match (error.kind, error.object.as_str()) {
        ("exists", "name") => Error::exists("email", email),
        _ => error,
    })?;
    match reply {
        Reply::Ok(nodes) => Ok(nodes),
        _ => Err(Error::system("an account was not made")),
    }
}

/// Nobody may call `account.edit`; the form may, with what it has looked at. Histories name it.
fn maker(caller: &Caller) -> Caller {
    let own = Caller::own();
    let user = User { name: "register".into(), ..User::clone(&own.user) };
    Caller { user: user.into(), ip: caller.ip, ..own }
}
