//! Delivery receipts: what a provider reports of a message later on.

use super::part::{self, Heard};
use super::{message, reason, status};
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::effect;
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::time::DAY_US;

/// What a receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Delivered,
    Undelivered,
    /// The network gave up.
    Expired,
    Rejected,
}

impl State {
    /// The status and the reason of the message.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Delivered => (status::DELIVERED, ""),
            Self::Undelivered => (status::UNDELIVERED, reason::UNDELIVERED),
            Self::Expired => (status::UNDELIVERED, reason::EXPIRED),
            Self::Rejected => (status::REJECTED, reason::REJECTED),
        }
    }

    const ALL: [Self; 4] = [Self::Delivered, Self::Undelivered, Self::Expired, Self::Rejected];

    pub fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Receipts of a provider that wait for their messages.
const WAITING_MAX: i64 = 10_000;
const WAITING_US: i64 = DAY_US;
/// Receipts that one job takes up again.
const CHUNK: i64 = 200;
const NAME_MAX: usize = 64;

/// What a provider says of one message, by his own name of it or by our reference.
#[derive(Debug, Clone)]
pub struct Told {
    pub provider_id: i64,
    pub name: String,
    pub state: State,
    /// His words for it.
    pub words: String,
}

impl Told {
    /// None where nobody could be called so.
    pub fn of(provider_id: i64, name: &str, state: State, reason: &str) -> Option<Self> {
        let (name, words) = (name.trim().to_owned(), effect::said(reason));
        let is_odd = name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control);
        (!is_odd).then_some(Self { provider_id, name, state, words })
    }
}

/// A receipt from a provider. False where there is no such message.
pub fn report(
    app: &App,
    provider_id: i64,
    message_id: &str,
    state: State,
    reason: &str,
    now_us: i64,
) -> Result<bool> {
    let told = Told::of(provider_id, message_id, state, reason);
    Ok(write(app, told.into_iter().collect(), now_us)? == 1)
}

/// Receipts that came together, in one transaction: how many are of known messages. The others are kept, for
/// a receipt may be quicker than the answer to its message. What is final stays as it is.
pub fn write(app: &App, mut told: Vec<Told>, now_us: i64) -> Result<usize> {
    if told.is_empty() {
        return Ok(0);
    }
    // Two servers that write the same messages take them in the same order; those of one message stay in theirs.
    told.sort_by(|a, b| (a.provider_id, &a.name).cmp(&(b.provider_id, &b.name)));
    app.db.write(move |conn| {
        let mut known = 0;
        for told in &told {
            match settle(conn, told, now_us)? {
                true => known += 1,
                false => keep(conn, told, now_us)?,
            }
        }
        Ok(known)
    })
}

/// A message first, then its parts: they are written down before it has its name.
fn settle(conn: &mut Conn, told: &Told, now_us: i64) -> Result<bool> {
    let of = (told.provider_id, told.name.as_str());
    let found = find(conn, of)?;
    let (found, state) = match part::heard(conn, of, told.state)? {
        Heard::Alone => (found, told.state),
        Heard::Waiting => return Ok(true),
        Heard::Whole(name, state) => (find(conn, (of.0, &name))?, state),
    };
    let Some(id) = found else { return Ok(false) };
    let (status, reason) = state.words();
    let sql = Sql::new("UPDATE sms_message SET status = ").bind(status).sql(", reason = ").bind(reason);
    let sql = sql.sql(", detail = ").bind(told.words.as_str()).sql(", updated_at = ").bind(now_us);
    let sql = sql.sql(" WHERE status IN ('SENDING', 'SENT_TO_PROVIDER', 'UNKNOWN') AND id = ").bind(id);
    sql.execute(conn)?;
    Ok(true)
}

/// A provider may use a name again after years: the newest message is meant.
fn find(conn: &mut Conn, (provider_id, name): (i64, &str)) -> Result<Option<i64>> {
    let sql =
        Sql::new("SELECT id FROM sms_message WHERE message_id <> '' AND provider_id = ").bind(provider_id);
    let sql = sql.sql(" AND message_id = ").bind(name).sql(" ORDER BY id DESC LIMIT 1");
    if let Some(row) = sql.first(conn, &[Kind::Int])? {
        return Ok(Some(row[0].int()));
    }
    let Some(id) = message::of_reference(name) else { return Ok(None) };
    let sql = Sql::new("SELECT id FROM sms_message WHERE provider_id = ").bind(provider_id);
    // One that is being sent has left, then.
    let sql = sql.sql(" AND status <> 'FAILED'");
    Ok(sql.sql(" AND id = ").bind(id).first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

/// The last one of a message counts.
fn keep(conn: &mut Conn, told: &Told, now_us: i64) -> Result<()> {
    let sql = Sql::new("SELECT COUNT(*) FROM sms_receipt WHERE provider_id = ").bind(told.provider_id);
    if sql.first(conn, &[Kind::Int])?.is_some_and(|row| row[0].int() >= WAITING_MAX) {
        return Ok(());
    }
    let sql = Sql::new("INSERT INTO sms_receipt (provider_id, message_id, state, detail, at) VALUES (");
    let [name, state, words] = [told.name.as_str(), told.state.word(), told.words.as_str()].map(Raw::from);
    let sql = sql.binds([told.provider_id.into(), name, state, words, now_us.into()]).sql(
        ") ON CONFLICT (provider_id, message_id) DO UPDATE SET state = excluded.state, \
         detail = excluded.detail, at = excluded.at",
    );
    sql.execute(conn).map(drop)
}

/// Receipts whose message is known by now; those that nobody knows are forgotten after a day.
pub fn take_up(app: &App, now_us: i64) -> Result<usize> {
    let look = Sql::new(
        "SELECT r.id, r.provider_id, r.message_id, r.state, r.detail FROM sms_receipt r WHERE EXISTS \
         (SELECT 1 FROM sms_message m WHERE m.message_id <> '' AND m.provider_id = r.provider_id \
         AND m.message_id = r.message_id) OR EXISTS (SELECT 1 FROM sms_part p JOIN sms_message m \
         ON m.id = p.sms_id WHERE m.message_id <> '' AND p.provider_id = r.provider_id \
         AND p.message_id = r.message_id) OR r.at < ",
    );
    let look = look.bind(now_us - WAITING_US).sql(" ORDER BY r.id LIMIT ").bind(CHUNK);
    let kinds = [Kind::Int, Kind::Int, Kind::Text, Kind::Text, Kind::Text];
    let rows = app.db.read(BUDGET_SLOW, |conn| look.load(conn, &kinds))?;
    if rows.is_empty() {
        return Ok(0);
    }
    app.db.write(move |conn| {
        for row in &rows {
            if let Some(state) = State::of_word(row[3].str()) {
                let (name, words) = (row[2].str().to_owned(), row[4].str().to_owned());
                settle(conn, &Told { provider_id: row[1].int(), name, state, words }, now_us)?;
            }
            Sql::new("DELETE FROM sms_receipt WHERE id = ").bind(row[0].int()).execute(conn)?;
        }
        Ok(rows.len())
    })
}
