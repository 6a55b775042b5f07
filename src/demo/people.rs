//! Staff, resellers, clients: how they come to be known.

use super::payers::PAYERS;
use super::roll::{Client, STAFF_NOTES, password};
use super::stage::Stage;
use crate::auth::proof;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::first_start;
use crate::params::Params;
use crate::rpc::BUDGET_SLOW;

/// What the employee is for: accounting. Anything that is not named here is closed to him.
const MAY: &str = "account, user, profile, payment, expense, invoice, reconciliation, contract, doctmpl, \
     subaccount, project, company, paymethod, \
     paymethodgroup, currency, currencyrate, country, locale, journal, authlog, dashboard.info, \
     check.money, groupedit";
/// Of the lists that are open to him, what is not.
const MAY_NOT: &str = "account.delete, account.su, user.edit, user.delete, user.su, payment.delete, \
     payment.setfraud, payment.su, expense.delete, project.edit, company.edit, paymethod.edit, \
     paymethod.delete, invoice.su, contract.su, reconciliation.su, {type}.setfilter";

/// The first administrator, whom no function can make, and an employee.
pub fn staff(stage: &mut Stage) -> Result<()> {
    let hash = stage.app.hasher.hash(password("admin"))?;
    let now_us = stage.app.clock.now_us();
    stage.app.db.write(move |conn| first_start::add_admin(conn, "admin", &hash, now_us))?;
    let contacts =
        [("realname", "Ingrid Halvorsen"), ("email", "admin@example.com"), ("phone", "+49 40 5550100")];
    stage.call("admin", "usrparam", &contacts)?;
    let waiting = [("name", "Waiting for money"), ("query", "func=payment&filter=on&status=1,2")];
    stage.call("admin", "savedfilter.edit", &waiting)?;
    let employee = [
        ("name", "employee"),
        ("realname", "Павел Сергеевич Дёмин"),
        ("email", "employee@example.com"),
        ("phone", "+7 495 5550101"),
        ("lang", "ru"),
        ("passwd", password("employee")),
        ("default_access_allow", "off"),
    ];
    stage.make("user.employee", "admin", "user.edit", &employee)?;
    Ok(())
}

/// No function says that an employee is restricted; what he may do then, functions say.
pub fn rights(stage: &mut Stage) -> Result<()> {
    let id = stage.id("user.employee")?;
    stage.app.db.write(move |conn| {
        Sql::new("UPDATE users SET is_restricted = TRUE WHERE id = ").bind(id).execute(conn).map(drop)
    })?;
    stage.app.access.clear();
    stage.call("admin", "userrights.resume", &[("plid", "@user.employee"), ("elid", MAY)])?;
    stage.call("admin", "userrights.suspend", &[("plid", "@user.employee"), ("elid", MAY_NOT)])?;
    let group = [
        ("name", "Бухгалтерия"),
        ("level", "29"),
        ("desc", "Payments and expenses of clients"),
        ("users", "@user.employee"),
    ];
    stage.make("rightgroup.accounting", "admin", "userrights.group.edit", &group)?;
    Ok(())
}

/// A client comes: account, user and money account in one call, then payers that he enters himself.
pub fn register(stage: &mut Stage, client: &Client) -> Result<()> {
    let refer =
        |what: &str, name: &str| if name.is_empty() { String::new() } else { format!("@{what}.{name}") };
    let (project, country) = (refer("project", client.project), refer("country", client.country));
    let (currency, state) = (refer("currency", client.currency), refer("state", client.state));
    let passwd = if client.signs_in { password(client.login) } else { "" };
    let pairs = [
        ("email", client.login),
        ("passwd", passwd),
        ("name", client.name),
        ("realname", client.realname),
        ("phone", client.phone),
        ("project", &project),
        ("currency", &currency),
        ("country", &country),
        ("state", &state),
        ("lang", client.lang),
        ("reseller", if client.login == "reseller" { "on" } else { "off" }),
    ];
    let answer = stage.call(client.by, "account.edit", &pairs)?;
    for what in ["account", "user", "subaccount"] {
        let id = stage.answered(&answer, what)?;
        stage.remember(&format!("{what}.{}", client.login), id);
    }
    let (user, email) = (format!("@user.{}", client.login), format!("{}@example.com", client.login));
    stage.call("admin", "user.edit", &[("elid", &user), ("email", &email)])?;
    payers(stage, client)?;
    notes(stage, client)
}

/// Payers, each known to the company of the client's provider.
fn payers(stage: &mut Stage, client: &Client) -> Result<()> {
    let email = format!("{}@example.com", client.login);
    let (account, country) = (format!("@account.{}", client.login), format!("@country.{}", client.country));
    for (at, (_, fields)) in PAYERS.iter().filter(|payer| payer.0 == client.login).enumerate() {
        let name =
            if at == 0 { format!("payer.{}", client.login) } else { format!("payer.{}.{at}", client.login) };
        let mut pairs = fields.to_vec();
        pairs.extend([
            ("account", account.as_str()),
            ("email", email.as_str()),
            ("phone", client.phone),
            ("country_physical", &country),
            ("state_physical", client.state),
            ("country_legal", &country),
        ]);
        stage.make(&name, client.login, "profile.edit", &pairs)?;
        let (plid, elid) = (format!("@{name}"), format!("@company.{}", client.project));
        stage.call(client.login, "profile.company.resume", &[("plid", &plid), ("elid", &elid)])?;
    }
    Ok(())
}

/// What staff writes down of a client.
fn notes(stage: &mut Stage, client: &Client) -> Result<()> {
    let account = format!("@account.{}", client.login);
    for (_, fields) in STAFF_NOTES.iter().filter(|note| note.0 == client.login) {
        let mut pairs = vec![("elid", account.as_str())];
        pairs.extend_from_slice(fields);
        stage.call("admin", "account.edit", &pairs)?;
    }
    Ok(())
}

/// A client's second user, who sees the documents and may not remove payments.
pub fn bookkeeper(stage: &mut Stage) -> Result<()> {
    let fields = [
        ("name", "client-books"),
        ("realname", "Jonas Weber"),
        ("email", "client-books@example.com"),
        ("passwd", password("client-books")),
    ];
    stage.make("user.client-books", "client", "user.edit", &fields)?;
    let denied = [("plid", "@user.client-books"), ("elid", "payment.delete, profile.delete, user.edit")];
    stage.call("client", "rights2.user.suspend", &denied)?;
    Ok(())
}

/// Some have confirmed their addresses, and one has asked for a letter.
pub fn addresses(stage: &Stage) -> Result<()> {
    for login in ["client", "reseller"] {
        stage.call(login, "user.verifyemail.send", &[])?;
        let sql = Sql::new("SELECT MAX(id) FROM user_proof");
        let row = stage.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
        let link = proof::link(&stage.app, row.map_or(0, |row| row[0].int()), 0)?;
        let query = link.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let key = pairs.find(|(name, _)| name == "key").map(|(_, key)| key.into_owned()).unwrap_or_default();
        stage.call(login, "user.verifyemail.verify", &[("username", login), ("key", &key)])?;
    }
    stage.call("client-books", "user.verifyemail.send", &[]).map(drop)
}

/// Sign-ins for the log, the last with a wrong password.
pub fn visits(stage: &Stage) -> Result<()> {
    for login in ["admin", "reseller", "client"] {
        stage.visit(login, password(login))?;
    }
    let wrong = [("func", "auth"), ("username", "client"), ("password", "wrong")];
    match stage.proven(&Params::of(wrong), [203, 0, 113, 250].into()) {
        Err(error) if error.kind == "auth" => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(Error::system("demo data: a wrong password was right")),
    }
}

/// One who does not pay any more.
pub fn suspend(stage: &Stage, login: &str) -> Result<()> {
    stage.call("admin", "account.suspend", &[("elid", &format!("@account.{login}"))]).map(drop)
}
