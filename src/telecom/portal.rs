//! What a reseller's own portal asks for itself: whether it is connected, and who its visitor is.

use std::sync::Arc;

use crate::auth::identify::{self, Refusal};
use crate::auth::{Scope, User};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Handler, Reply};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] =
    &[("portal.bootstrap", Handler::Once(bootstrap)), ("portal.auth", Handler::Outside(auth))];

/// Of what these replies are made.
const API_VERSION: &str = "1";

/// The functions whose being there makes a feature of a portal.
const FEATURES: [(&str, &str); 3] =
    [("sms", "sms.send"), ("esim", "esim.buy"), ("webphone", "softphone.token")];

/// Never a balance or a markup: a portal shows what it gets (operations.md R153).
fn bootstrap(cx: &mut Ctx) -> Result<Reply> {
    let account_id = cx.caller.user.account_id;
    let sql = Sql::new("SELECT currency_iso FROM subaccount_list WHERE account_id = ").bind(account_id);
    let row = sql.sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Text])?;
    let zone = &cx.call.zone;
    let features = FEATURES.map(|(name, func)| {
        let is_here = cx.app.registry.get(func).is_some();
        Node::leaf(name, if is_here { "on" } else { "off" })
    });
    let nodes = [
        Node::leaf("api_version", API_VERSION),
        Node::leaf("server_time", zone.time(cx.now_us)),
        Node::leaf("server_utc_offset", zone.offset(cx.now_us)),
        Node::leaf("currency", row.map_or(String::new(), |row| row[0].str().to_owned())),
        Node::leaf("username", &cx.caller.user.name),
        Node::leaf("active", "on"),
    ];
    Ok(Reply::Object(nodes.into_iter().chain(features).collect()))
}

/// Tells nobody more than yes or no: a wrong password, a foreign client, a disabled one and no such
/// login look alike (operations.md R154).
fn auth(call: &Call) -> Result<Reply> {
    let (app, login) = (&call.app, call.params.get("login"));
    let user = app.access.user_named(&app.db, login)?.filter(|user| is_client_of(call.scope(), user));
    // The address is the portal's, so the list of addresses from which the client signs in is not asked.
    let proof = (login, call.params.get("passwd"));
    let verified = identify::verified(app, proof, user, call.caller.ip, |user| user.active)?;
    let user = verified.map_err(|refusal| match refusal {
        Refusal::TooOften => Error::limit("attempts", ""),
        Refusal::Wrong => Error::value("login", "").with("desc", "desc_login"),
        Refusal::SecondStep => Error::access("totp"),
    })?;
    let name = app.db.read(BUDGET_SLOW, |conn| {
        let sql = Sql::new("SELECT name FROM account WHERE id = ").bind(user.account_id);
        Ok(sql.first(conn, &[Kind::Text])?.map_or(String::new(), |row| row[0].str().to_owned()))
    })?;
    Ok(Reply::Object(vec![
        Node::leaf("login", &user.name),
        Node::leaf("account", user.account_id.to_string()),
        Node::leaf("name", if user.realname.is_empty() { &name } else { &user.realname }),
        Node::leaf("active", "on"),
        Node::leaf("lang", &user.lang),
    ]))
}

fn is_client_of(scope: Scope, user: &Arc<User>) -> bool {
    let in_scope = match scope {
        Scope::All => true,
        Scope::Reseller(id) => user.reseller_id == id,
        _ => false,
    };
    in_scope && user.level == Level::User
}
