//! Letters that prove who reads a user's e-mail: their secrets, and how many there may be.
//!
//! A secret is made together with its letter (`outbox/mail`), so neither the outbox nor anything else
//! ever holds it; only its hash is written down. Every attempt at a letter has a secret of its own, and
//! the newest counts.

use form_urlencoded::Serializer;
use subtle::ConstantTimeEq;

use super::session;
use crate::app::App;
use crate::config::Listen;
use crate::db::{Conn, Kind as Stored, Raw, Sql};
use crate::demo;
use crate::error::{Error, Result};
use crate::outbox::mail::{Letter, To};
use crate::rpc::BUDGET_SLOW;
use crate::time::{DAY_US, MINUTE_US};

const HOUR_US: i64 = 60 * MINUTE_US;
/// Letters of a kind that a user gets within an hour.
const LETTERS_AN_HOUR: i64 = 3;
/// Letters of all kinds and users that one address gets within a day.
const LETTERS_A_DAY: i64 = 10;
/// How long it is remembered who got letters.
const KEPT_US: i64 = 7 * DAY_US;
/// The object of the error for a letter that nobody waits for any more.
pub const GONE: &str = "proof";

/// What a letter is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sets a password.
    Recovery,
    /// Confirms the address.
    Email,
}

impl Kind {
    /// As it is stored; the letter's template has the same name.
    fn name(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Email => "email",
        }
    }

    fn of(name: &str) -> Self {
        if name == Self::Email.name() { Self::Email } else { Self::Recovery }
    }

    fn lifetime_us(self) -> i64 {
        match self {
            Self::Recovery => HOUR_US,
            Self::Email => 3 * DAY_US,
        }
    }
}

/// A user who may sign in and has an e-mail.
pub struct Target {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub lang: String,
    pub owner: (i64, i64),
    /// The provider that he has money with first; 0 of staff.
    project_id: i64,
}

/// Users that meet a further condition on `u`.
pub fn targets(conn: &mut Conn, condition: &Sql) -> Result<Vec<Target>> {
    let sql = Sql::new(
        "SELECT u.id, u.name, u.email, u.lang, u.account_id, u.reseller_id, \
         (SELECT s.project_id FROM subaccount s WHERE s.account_id = u.account_id ORDER BY s.id LIMIT 1) \
         FROM users u LEFT JOIN account a ON a.id = u.account_id WHERE NOT u.deleted AND u.active \
         AND u.email <> '' AND (u.account_id = 0 OR (a.active AND NOT a.deleted))",
    );
    let [int, text] = [Stored::Int, Stored::Text];
    let rows =
        sql.append(condition).sql(" ORDER BY u.id").load(conn, &[int, text, text, text, int, int, int])?;
    let target = |row: Vec<Raw>| Target {
        id: row[0].int(),
        name: row[1].str().to_owned(),
        email: row[2].str().to_owned(),
        lang: row[3].str().to_owned(),
        owner: (row[4].int(), row[5].int()),
        project_id: row[6].int(),
    };
    Ok(rows.into_iter().map(target).collect())
}

pub fn target(conn: &mut Conn, user_id: i64) -> Result<Option<Target>> {
    Ok(targets(conn, &Sql::new(" AND u.id = ").bind(user_id))?.pop())
}

/// Has a letter sent; those before it are worth nothing any more. False: there were too many.
///
/// It holds no word that the user has chosen: whoever registers with the address of another would have us
/// send his advertisement.
pub fn post(conn: &mut Conn, kind: Kind, to: &Target, now_us: i64) -> Result<bool> {
    // Two requests at once are counted one after the other.
    let lock = Sql::new("UPDATE users SET credential_version = credential_version WHERE id = ").bind(to.id);
    lock.execute(conn)?;
    if is_too_often(conn, kind, to, now_us)? {
        return Ok(false);
    }
    Sql::new("DELETE FROM user_proof WHERE made_at < ").bind(now_us - KEPT_US).execute(conn)?;
    retire(conn, kind, to.id, now_us)?;
    let sql = Sql::new("INSERT INTO user_proof (user_id, kind, email, made_at) VALUES (");
    let values = [to.id.into(), kind.name().into(), to.email.as_str().into(), now_us.into()];
    let row = sql.binds(values).sql(") RETURNING id").first(conn, &[Stored::Int])?;
    let id = row.ok_or_else(|| Error::system("a letter got no id"))?[0].int();
    send(conn, kind.name(), to, (format!("proof:{id}"), id), now_us).map(|()| true)
}

/// A letter that tells something and proves nothing.
pub fn tell(conn: &mut Conn, template: &'static str, to: &Target, now_us: i64) -> Result<()> {
    send(conn, template, to, (format!("user:{}:{now_us}", to.id), 0), now_us)
}

fn send(
    conn: &mut Conn,
    template: &'static str,
    to: &Target,
    (about, proof_id): (String, i64),
    now_us: i64,
) -> Result<()> {
    let letter = Letter {
        account_id: to.owner.0,
        project_id: to.project_id,
        template,
        about,
        values: &[("login", to.name.clone())],
        paper: None,
    };
    let to = To { email: &to.email, lang: &to.lang, owner: to.owner, proof_id };
    letter.post_to(conn, &to, now_us)
}

fn is_too_often(conn: &mut Conn, kind: Kind, to: &Target, now_us: i64) -> Result<bool> {
    let of_user = Sql::new("SELECT COUNT(*) FROM user_proof WHERE user_id = ").bind(to.id);
    let of_user = of_user.sql(" AND kind = ").bind(kind.name()).sql(" AND made_at > ").bind(now_us - HOUR_US);
    let of_address = Sql::new("SELECT COUNT(*) FROM user_proof WHERE email = ").bind(to.email.as_str());
    let of_address = of_address.sql(" AND made_at > ").bind(now_us - DAY_US);
    let mut count = |sql: Sql| sql.first(conn, &[Stored::Int]).map(|row| row.map_or(0, |row| row[0].int()));
    Ok(count(of_user)? >= LETTERS_AN_HOUR || count(of_address)? >= LETTERS_A_DAY)
}

/// Makes the letters of a kind that a user has worthless.
pub fn retire(conn: &mut Conn, kind: Kind, user_id: i64, now_us: i64) -> Result<()> {
    let sql =
        Sql::new("UPDATE user_proof SET used_at = ").bind(now_us).sql(" WHERE used_at = 0 AND user_id = ");
    sql.bind(user_id).sql(" AND kind = ").bind(kind.name()).execute(conn).map(drop)
}

/// The link of a letter that is about to leave. Error `missed(proof)` where another came after it.
pub fn link(app: &App, id: i64, project_id: i64) -> Result<String> {
    // Twice the 16 bytes of a session.
    let secret = session::new_id() + &session::new_id();
    let (hash, now_us) = (session::hash(&secret), app.clock.now_us());
    let row = app.db.write(move |conn| {
        let sql = Sql::new("SELECT p.kind, u.id, u.name, u.lang FROM user_proof p ");
        let sql = sql.sql("JOIN users u ON u.id = p.user_id WHERE p.used_at = 0 AND p.id = ").bind(id);
        let kinds = [Stored::Text, Stored::Int, Stored::Text, Stored::Text];
        let Some(row) = sql.first(conn, &kinds)? else { return Ok(None) };
        let until = now_us + Kind::of(row[0].str()).lifetime_us();
        let sql =
            Sql::new("UPDATE user_proof SET hash = ").bind(hash.as_str()).sql(", expires_at = ").bind(until);
        let kept = sql.sql(" WHERE used_at = 0 AND id = ").bind(id).execute(conn)?;
        Ok(Some(row).filter(|_| kept == 1))
    })?;
    let row = row.ok_or_else(|| Error::missed(GONE))?;
    let user_id = row[1].int().to_string();
    let (func, pairs) = match Kind::of(row[0].str()) {
        Kind::Recovery => ("recovery.change", [("userid", user_id.as_str()), ("secret", &secret)]),
        Kind::Email => ("user.verifyemail", [("username", row[2].str()), ("key", &secret)]),
    };
    let panel = panel(app, project_id)? + "?";
    let start = panel.len();
    let mut query = Serializer::for_suffix(panel, start);
    query.append_pair("func", func).extend_pairs(pairs);
    let lang = Some(row[3].str()).filter(|lang| !lang.is_empty());
    Ok(query.extend_pairs(lang.map(|lang| ("lang", lang))).finish())
}

/// Where the panel is opened: the provider's own address, else the configured one. What a request calls
/// its host is not asked: anybody may send for the letter of another, and would name a host of his own.
fn panel(app: &App, project_id: i64) -> Result<String> {
    let sql = Sql::new("SELECT billurl FROM project WHERE id = ").bind(project_id);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Stored::Text]))?;
    let of_provider = row.map(|row| row[0].str().trim().to_owned()).unwrap_or_default();
    let config = app.config.load();
    let listener = || config.listen.iter().find_map(address).unwrap_or_default();
    if demo::is_on() {
        return Ok(listener()); // the addresses of its providers lead nowhere
    }
    Ok(match (of_provider.as_str(), config.public_url.as_str()) {
        ("", "") => listener(),
        ("", configured) => configured.to_owned(),
        (own, _) => own.to_owned(),
    })
}

/// Of use on this machine alone, where nothing is configured.
fn address(listen: &Listen) -> Option<String> {
    let Listen::Tcp { address, tls } = listen else { return None };
    let port = address.strip_prefix("0.0.0.0:").or_else(|| address.strip_prefix("[::]:"));
    let host = port.map_or_else(|| address.clone(), |port| format!("localhost:{port}"));
    let scheme = if *tls { "https" } else { "http" };
    Some(format!("{scheme}://{host}/billmgr"))
}

/// A letter that was shown: its secret is the right one.
pub struct Shown {
    id: i64,
    /// Where it went.
    pub email: String,
    pub is_used: bool,
}

/// The letter of a user that a secret comes from, if it is the newest one and not too old.
pub fn find(conn: &mut Conn, kind: Kind, user_id: i64, secret: &str, now_us: i64) -> Result<Option<Shown>> {
    let sql = Sql::new("SELECT id, hash, email, expires_at, used_at FROM user_proof WHERE user_id = ");
    let sql = sql.bind(user_id).sql(" AND kind = ").bind(kind.name()).sql(" ORDER BY id DESC LIMIT 1");
    let [int, text] = [Stored::Int, Stored::Text];
    let Some(row) = sql.first(conn, &[int, text, text, int, int])? else { return Ok(None) };
    let same = bool::from(row[1].str().as_bytes().ct_eq(session::hash(secret).as_bytes()));
    let is_good = same && row[3].int() > now_us;
    let shown = Shown { id: row[0].int(), email: row[2].str().to_owned(), is_used: row[4].int() != 0 };
    Ok(Some(shown).filter(|_| is_good))
}

impl Shown {
    /// Uses it up. False where another was quicker.
    pub fn take(&self, conn: &mut Conn, now_us: i64) -> Result<bool> {
        let sql =
            Sql::new("UPDATE user_proof SET used_at = ").bind(now_us).sql(" WHERE used_at = 0 AND id = ");
        Ok(sql.bind(self.id).execute(conn)? == 1)
    }
}
