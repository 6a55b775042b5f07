//! From a request to a caller. What needs no hashing and no write is answered at once.

use std::net::IpAddr;
use std::sync::Arc;

use super::session::Session;
use super::totp::check::Verdict;
use super::{Caller, Hop, User, Via, session, su, totp};
use crate::app::App;
use crate::db::Sql;
use crate::error::{Error, Result};
use crate::params::Params;

/// What a request says of its sender.
pub struct Claim<'c> {
    pub params: &'c Params,
    /// The value of cookie `billmgrses5`.
    pub cookie: Option<&'c str>,
    pub ip: IpAddr,
}

/// The caller, or nothing where a password must be hashed or a key used up: then [`slow`].
pub fn quick(app: &App, claim: &Claim) -> Result<Option<Caller>> {
    let now_us = app.clock.now_us();
    app.access.refresh(&app.db, now_us)?;
    let caller = match proof(claim) {
        Proof::None => Caller::nobody(claim.ip),
        Proof::Session(id, via) => by_session(app, id, claim.ip, via, now_us)?,
        Proof::Password(name, password, via) => {
            check_range(app, claim.ip, via)?;
            match app.access.user_named(&app.db, name)? {
                Some(user) if app.credentials.holds(&user, password) => {
                    worth(admitted(user, claim.ip)?, claim.ip, via)?
                }
                _ => return Ok(None),
            }
        }
        Proof::Key(..) | Proof::Code(..) => return Ok(None),
    };
    su::per_request(app, caller, claim.params).map(Some)
}

/// Must a password be hashed before this call is answered?
pub fn hashes(app: &App, claim: &Claim) -> bool {
    let Proof::Password(name, password, _) = proof(claim) else { return false };
    !app.access.remembered(name).is_some_and(|user| app.credentials.holds(&user, password))
}

/// The same with argon2 and writes. Blocks.
pub fn slow(app: &App, claim: &Claim) -> Result<Caller> {
    app.access.refresh(&app.db, app.clock.now_us())?;
    let caller = match proof(claim) {
        Proof::Password(name, password, via) => {
            check_range(app, claim.ip, via)?;
            let user = by_password(app, name, password, claim.ip)?;
            if user.totp && via == Via::AuthInfo {
                log(app, name, claim.ip, "totp_needed")?;
            }
            worth(user, claim.ip, via)?
        }
        Proof::Key(name, key) => Caller::new(by_key(app, name, key, claim.ip)?, claim.ip, Via::SignIn),
        Proof::Code(id, code) => Caller::new(by_code(app, id, code, claim.ip)?, claim.ip, Via::SignIn),
        _ => return quick(app, claim).map(|caller| caller.unwrap_or_else(|| Caller::nobody(claim.ip))),
    };
    su::per_request(app, caller, claim.params)
}

enum Proof<'p> {
    None,
    Session(&'p str, Via),
    Password(&'p str, &'p str, Via),
    Key(&'p str, &'p str),
    /// The id that a password was given, and the code of the second step.
    Code(&'p str, &'p str),
}

/// What counts: a sign-in, then `auth`, then `authinfo`, then the cookie (protocol.md C3).
fn proof<'p>(claim: &Claim<'p>) -> Proof<'p> {
    let params = claim.params;
    if params.func() == "auth" && params.has("key") {
        return Proof::Key(params.get("username"), params.get("key"));
    }
    if params.func() == "auth" && params.sent("username").is_some() {
        return Proof::Password(params.get("username"), params.get("password"), Via::SignIn);
    }
    if params.func() == totp::step::CONFIRM && params.submits() {
        return Proof::Code(totp::step_id(params, claim.cookie), params.get("qrcode"));
    }
    if params.has("auth") {
        return Proof::Session(params.get("auth"), Via::Auth);
    }
    if let Some(authinfo) = params.sent("authinfo") {
        let (name, password) = authinfo.split_once(':').unwrap_or((authinfo, ""));
        return Proof::Password(name, password, Via::AuthInfo);
    }
    match claim.cookie {
        Some(cookie) => Proof::Session(cookie.split(':').next().unwrap_or_default(), Via::Cookie),
        None => Proof::None,
    }
}

fn bad_password(ip: IpAddr) -> Error {
    Error::auth("badpassword").with("value", format!("remote_addr: [{}]", ip.to_canonical()))
}

/// What the right password of a user is worth: with a second step it opens nothing yet, and where no code
/// can follow it is refused. Every password of a call comes through here or through [`verified`].
fn worth(user: Arc<User>, ip: IpAddr, via: Via) -> Result<Caller> {
    match (user.totp, via) {
        (false, _) => Ok(Caller::new(user, ip, via)),
        (true, Via::SignIn) => Ok(Caller::between(Some(user), ip)),
        (true, _) => Err(Error::auth("totp")),
    }
}

/// The address list limits `authinfo` only, and is looked at before user and password.
fn check_range(app: &App, ip: IpAddr, via: Via) -> Result<()> {
    let config = app.config.load();
    let limited = via == Via::AuthInfo && config.restrict_authinfo;
    match limited && !config.restrict_authinfo_range.contains(ip) {
        true => Err(Error::auth("forbidden_auth")),
        false => Ok(()),
    }
}

/// What is checked on every call, whatever the proof: the user may sign in, and from here.
fn admitted(user: Arc<User>, ip: IpAddr) -> Result<Arc<User>> {
    let from_here = user.addr.is_empty() || user.addr.contains(ip);
    if user.active && from_here { Ok(user) } else { Err(bad_password(ip)) }
}

fn by_session(app: &App, id: &str, ip: IpAddr, via: Via, now_us: i64) -> Result<Caller> {
    let config = app.config.load();
    let idle_us = session::idle_us(&config);
    let found = match session::is_id(id) {
        true => app.access.session(&app.db, id, now_us, idle_us)?,
        false => None,
    };
    let moved = |session: &Session| config.bind_session_ip && session.ip != ip.to_canonical().to_string();
    let Some(session) = found.filter(|session| !moved(session)) else {
        if session::is_id(id) && totp::step::is_open(app, id, ip)? {
            return Ok(Caller::between(None, ip));
        }
        // A browser with an old cookie is just not signed in.
        return if via == Via::Cookie { Ok(Caller::nobody(ip)) } else { Err(Error::auth("session")) };
    };
    let user = app.access.user(&app.db, session.user_id)?.filter(|user| user.active);
    let user = user.ok_or_else(|| Error::auth("session"))?;
    let path = path(app, &session, &user)?;
    Ok(Caller { path, session: Some(session), ..Caller::new(user, ip, via) })
}

/// The hops of a session. When any user of it is disabled the session has ended.
fn path(app: &App, session: &Session, user: &User) -> Result<Vec<Hop>> {
    let hop = |id: &i64| match *id {
        0 => Ok(User::root().hop()),
        id => match app.access.user(&app.db, id)?.filter(|user| user.active) {
            Some(user) => Ok(user.hop()),
            None => Err(Error::auth("session")),
        },
    };
    session.path.iter().map(hop).chain([Ok(user.hop())]).collect()
}

fn by_password(app: &App, name: &str, password: &str, ip: IpAddr) -> Result<Arc<User>> {
    let user = app.access.user_named(&app.db, name)?;
    if let Some(user) = user.as_ref().filter(|user| app.credentials.holds(user, password)) {
        return admitted(user.clone(), ip);
    }
    let is_admitted = |user: &Arc<User>| admitted(user.clone(), ip).is_ok();
    let user = right(app, (name, password), user, ip, is_admitted)?.map_err(|_| bad_password(ip))?;
    app.credentials.keep(&user, password);
    Ok(user)
}

/// Why a name and a password were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not looked at: too many attempts.
    TooOften,
    Wrong,
    /// It was right, and a code would have to follow.
    SecondStep,
}

/// Whom a password alone proves. Blocks.
pub fn verified(
    app: &App,
    proof: (&str, &str),
    user: Option<Arc<User>>,
    ip: IpAddr,
    may_enter: impl FnOnce(&Arc<User>) -> bool,
) -> Result<std::result::Result<Arc<User>, Refusal>> {
    let found = right(app, proof, user, ip, may_enter)?;
    Ok(found.and_then(|user| if user.totp { Err(Refusal::SecondStep) } else { Ok(user) }))
}

/// Whose password it is: that of the user whom the name means to the caller, if he may enter. What is
/// refused is counted and noted in the sign-in journal.
fn right(
    app: &App,
    (name, password): (&str, &str),
    user: Option<Arc<User>>,
    ip: IpAddr,
    may_enter: impl FnOnce(&Arc<User>) -> bool,
) -> Result<std::result::Result<Arc<User>, Refusal>> {
    if app.throttle.is_over(name, ip) {
        return Ok(Err(Refusal::TooOften));
    }
    let is_right = app.hasher.verify(password, user.as_ref().map(|user| user.password.as_str()))?;
    let known = user.filter(|_| is_right);
    let is_known = known.is_some();
    match known.filter(may_enter) {
        Some(user) => Ok(Ok(user)),
        None => {
            app.throttle.failed(name, ip);
            log(app, name, ip, if is_known { "disabled" } else { "badpassword" })?;
            Ok(Err(Refusal::Wrong))
        }
    }
}

/// Error `value(old_passwd)` unless this is a user's password: a wrong one, no such user and too many
/// attempts look alike. Blocks.
pub fn need_current(app: &App, ip: IpAddr, user: Option<&User>, given: &str) -> Result<()> {
    let wrong = || Error::value("old_passwd", "");
    let name = user.map_or("", |user| &user.name);
    if app.throttle.is_over(name, ip) {
        return Err(wrong());
    }
    if app.hasher.verify(given, user.map(|user| user.password.as_str()))? && user.is_some() {
        return Ok(());
    }
    app.throttle.failed(name, ip);
    Err(wrong())
}

fn by_key(app: &App, name: &str, key: &str, ip: IpAddr) -> Result<Arc<User>> {
    if app.throttle.is_over(name, ip) {
        return Err(bad_password(ip));
    }
    let now_us = app.clock.now_us();
    let owned = key.to_owned();
    let user_id = app.db.write(move |conn| session::redeem_key(conn, &owned, now_us))?;
    let user = match user_id {
        Some(id) => app.access.user(&app.db, id)?,
        None => None,
    };
    let named = |user: &Arc<User>| name.is_empty() || user.name.eq_ignore_ascii_case(name);
    match user.filter(named).map(|user| admitted(user, ip)) {
        Some(Ok(user)) => Ok(user),
        _ => {
            app.throttle.failed(name, ip);
            log(app, name, ip, "key")?;
            Err(bad_password(ip))
        }
    }
}

/// Whose second step it is that a code has ended.
fn by_code(app: &App, id: &str, code: &str, ip: IpAddr) -> Result<Arc<User>> {
    totp::need_id(id)?;
    let ended = || Error::auth("session");
    let (user_id, verdict) = totp::step::redeem(app, id, code, ip)?.ok_or_else(ended)?;
    let user = app.access.user(&app.db, user_id)?.ok_or_else(ended)?;
    if verdict != Verdict::Right {
        log(app, &user.name, ip, if verdict == Verdict::Wrong { "totp" } else { "throttled" })?;
    }
    verdict.need_right()?;
    admitted(user, ip)
}

/// A line of the sign-in journal.
fn log(app: &App, name: &str, ip: IpAddr, result: &'static str) -> Result<()> {
    let user = app.access.user_named(&app.db, name)?;
    let (account_id, reseller_id) = user.map_or((0, 0), |user| (user.account_id, user.reseller_id));
    let name: String = name.chars().take(255).collect();
    let (ip, now_us) = (ip.to_canonical().to_string(), app.clock.now_us());
    app.db.write(move |conn| {
        log_row(&name, &ip, result, (account_id, reseller_id), now_us).execute(conn)?;
        Ok(())
    })
}

/// The statement that notes a sign-in, also for handlers that are inside a job.
pub fn log_row(name: &str, ip: &str, result: &'static str, owner: (i64, i64), now_us: i64) -> Sql {
    Sql::new("INSERT INTO authlog (at, ip, user_name, result, account_id, reseller_id) VALUES (")
        .binds([now_us.into(), ip.into(), name.into(), result.into(), owner.0.into(), owner.1.into()])
        .sql(")")
}
