//! What Asterisk asks of its cURL realtime backend (res_config_curl.so): `single` is answered one line of
//! fields, `multi` one a row, `update`, `store` and `destroy` a number of rows. Nothing is written down for a
//! switch: lines are read as they are, so one that is switched off is gone with the next question.

use super::{Peer, contact};
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::telecom::{party, sip};
use crate::time::SECOND_US;

/// Rows of one answer.
const ROWS_MAX: i64 = 100_000;
/// What a failed writing question is answered: Asterisk reads on where there is nothing to read.
pub const FAILED: &str = "-1";

pub type Pairs = Vec<(String, String)>;
pub type Fields = Vec<(&'static str, String)>;

/// A question as it came.
#[derive(Debug, Default)]
pub struct Ask {
    /// What Asterisk calls a table.
    pub family: String,
    pub verb: String,
    /// Of the address; `update` has its condition there.
    pub query: Pairs,
    pub body: Pairs,
}

impl Ask {
    /// Does its answer have to be a number?
    pub fn counts(&self) -> bool {
        ["update", "store", "destroy", "require"].contains(&self.verb.as_str())
    }
}

/// Answers a question of a switch. Blocks.
pub fn answer(app: &App, peer: &Peer, ask: &Ask) -> Result<String> {
    let asked = if ask.body.is_empty() { &ask.query } else { &ask.body };
    match ask.verb.as_str() {
        "single" => Ok(rows(app, peer, &ask.family, asked)?.first().map(encoded).unwrap_or_default()),
        "multi" => {
            let rows = rows(app, peer, &ask.family, asked)?;
            Ok(rows.iter().map(|row| encoded(row) + "\n").collect())
        }
        "store" | "update" | "destroy" if ask.family == contact::FAMILY && peer.active => {
            contact::write(app, peer, ask).map(|count| count.to_string())
        }
        "require" => Ok("0".to_owned()), // columns are as they are
        _ if ask.counts() => Ok(FAILED.to_owned()),
        _ => Ok(String::new()), // `static`: no file is kept here
    }
}

/// Asterisk reads a `+` as it stands (ast_uri_http), so a blank is `%20`.
fn encoded(row: &Fields) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(row).finish().replace('+', "%20")
}

fn rows(app: &App, peer: &Peer, family: &str, asked: &Pairs) -> Result<Vec<Fields>> {
    let conditions: Vec<Condition> = asked.iter().map(Condition::of).collect();
    // Asterisk always names something; what names nothing is no question of its.
    let is_odd = |(name, value): &(String, String)| [name, value].iter().any(|text| text.contains('\0'));
    if conditions.is_empty() || !peer.active || asked.iter().any(is_odd) {
        return Ok(Vec::new());
    }
    let found = app.db.read(BUDGET_SLOW, |conn| match family {
        "ps_endpoints" => endpoints(conn, peer, &conditions),
        "ps_auths" => auths(conn, app, &conditions),
        "ps_aors" => aors(conn, &conditions),
        "ps_endpoint_id_ips" => identifies(conn, &conditions),
        contact::FAMILY => {
            contact::rows(conn, peer, &narrowed("name", &conditions).append(&ended(&conditions)))
        }
        _ => Ok(Vec::new()),
    })?;
    Ok(found.into_iter().filter(|row| conditions.iter().all(|condition| condition.holds(row))).collect())
}

fn accounts(sql: Sql) -> Sql {
    let sql = sql.sql(" JOIN account a ON a.id = s.account_id LEFT JOIN account r ON r.id = a.reseller_id");
    sql.sql(" WHERE s.active AND ").sql(party::OPEN)
}

/// Ids, names and sealed passwords of SIP accounts, with those of web phones.
fn lines(conn: &mut Conn, conditions: &[Condition]) -> Result<Vec<Vec<Raw>>> {
    let sql = accounts(Sql::new("SELECT s.id, s.name, s.secret FROM sip s"));
    let sql = sql.append(&narrowed("s.name", conditions)).sql(" ORDER BY s.name LIMIT ").bind(ROWS_MAX);
    sql.load(conn, &[Kind::Int, Kind::Text, Kind::Text])
}

/// Names and addresses of peers.
fn peers(conn: &mut Conn, conditions: &[Condition]) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new("SELECT i.peer_name, i.ip, i.port FROM ipauth i JOIN sip s ON s.id = i.sip_id");
    let sql = accounts(sql).sql(" AND i.status = 1").append(&narrowed("i.peer_name", conditions));
    sql.sql(" ORDER BY i.peer_name LIMIT ").bind(ROWS_MAX).load(conn, &[Kind::Text, Kind::Text, Kind::Int])
}

/// The part of the conditions that an index helps with.
fn narrowed(column: &'static str, conditions: &[Condition]) -> Sql {
    let of_id = |op| conditions.iter().find(|condition| condition.field == "id" && condition.op == op);
    if let Some(condition) = of_id(Op::Is) {
        return Sql::new(" AND ").sql(column).sql(" = ").bind(condition.value.as_str());
    }
    match of_id(Op::Like).map(|condition| prefix(&condition.value)).filter(|prefix| !prefix.is_empty()) {
        Some(prefix) => {
            let sql = Sql::new(" AND ").sql(column).sql(" >= ").bind(prefix);
            sql.sql(" AND ").sql(column).sql(" < ").bind(format!("{prefix}\u{7f}"))
        }
        None => Sql::default(),
    }
}

/// Registrations that end by a moment: Asterisk asks for them again and again.
fn ended(conditions: &[Condition]) -> Sql {
    let is_end = |condition: &&Condition| {
        condition.field == "expiration_time" && matches!(condition.op, Op::Less | Op::LessOrIs)
    };
    let by_sec =
        conditions.iter().find(is_end).and_then(|condition| condition.value.trim().parse::<i64>().ok());
    by_sec
        .map_or_else(Sql::default, |sec| Sql::new(" AND expires_at <= ").bind(sec.saturating_mul(SECOND_US)))
}

/// What lines may do on a switch. No telephone may hand a call over by itself: what goes on after that
/// would be no call of its line any more.
fn endpoint(peer: &Peer, name: &str, identify_by: &str) -> Fields {
    let settings = [
        ("id", name),
        ("aors", name),
        ("accountcode", name),
        ("identify_by", identify_by),
        ("context", &peer.context),
        ("disallow", "all"),
        ("allow", &peer.codecs),
        ("direct_media", "no"),
        ("rtp_symmetric", "yes"),
        ("force_rport", "yes"),
        ("rewrite_contact", "yes"),
        ("allow_transfer", "no"),
    ];
    settings.map(|(name, value)| (name, value.to_owned())).to_vec()
}

fn endpoints(conn: &mut Conn, peer: &Peer, conditions: &[Condition]) -> Result<Vec<Fields>> {
    let with_password = |row: &Vec<Raw>| {
        let name = row[1].str();
        [endpoint(peer, name, "username"), vec![("auth", name.to_owned())]].concat()
    };
    let mut found: Vec<Fields> = lines(conn, conditions)?.iter().map(with_password).collect();
    found.extend(peers(conn, conditions)?.iter().map(|row| endpoint(peer, row[0].str(), "ip")));
    Ok(found)
}

/// HA1 and never a password.
fn auths(conn: &mut Conn, app: &App, conditions: &[Condition]) -> Result<Vec<Fields>> {
    let realm = &app.config.load().sip_realm;
    let auth = |row: &Vec<Raw>| {
        let (id, name) = (row[0].int(), row[1].str());
        let ha1 = sip::ha1_of(app, (id, name), row[2].str())
            .inspect_err(|error| tracing::error!("the password of line {name} cannot be opened: {error}"))
            .ok()?;
        let fields = [
            ("id", name),
            ("auth_type", "md5"),
            ("username", name),
            ("realm", realm),
            ("md5_cred", ha1.as_str()),
        ];
        Some(fields.map(|(name, value)| (name, value.to_owned())).to_vec())
    };
    let found = lines(conn, conditions)?;
    Ok(found.iter().filter(|row| !row[2].str().is_empty()).filter_map(auth).collect())
}

fn aors(conn: &mut Conn, conditions: &[Condition]) -> Result<Vec<Fields>> {
    let registered = |row: &Vec<Raw>| {
        let fields = [
            ("id", row[1].str()),
            ("max_contacts", "5"),
            ("remove_existing", "yes"),
            ("minimum_expiration", "60"),
            ("maximum_expiration", "3600"),
        ];
        fields.map(|(name, value)| (name, value.to_owned())).to_vec()
    };
    let fixed = |row: &Vec<Raw>| {
        let contact = format!("sip:{}:{}", row[1].str(), row[2].int());
        vec![("id", row[0].str().to_owned()), ("contact", contact)]
    };
    let mut found: Vec<Fields> = lines(conn, conditions)?.iter().map(registered).collect();
    found.extend(peers(conn, conditions)?.iter().map(fixed));
    Ok(found)
}

/// By its address alone: telephone systems send from any port.
fn identifies(conn: &mut Conn, conditions: &[Condition]) -> Result<Vec<Fields>> {
    let identify = |row: &Vec<Raw>| {
        let (name, ip) = (row[0].str().to_owned(), row[1].str().to_owned());
        vec![("id", name.clone()), ("endpoint", name), ("match", ip), ("srv_lookups", "no".to_owned())]
    };
    Ok(peers(conn, conditions)?.iter().map(identify).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Is,
    Not,
    Like,
    Less,
    LessOrIs,
    More,
    MoreOrIs,
}

/// `field=value`, or `field LIKE=%`: the operator is a part of the name.
#[derive(Debug)]
struct Condition {
    field: String,
    op: Op,
    value: String,
}

impl Condition {
    fn of((name, value): &(String, String)) -> Self {
        let (field, op) = name.trim().split_once(' ').unwrap_or((name, "="));
        let op = match op.trim().to_ascii_uppercase().as_str() {
            "!=" | "<>" => Op::Not,
            "LIKE" => Op::Like,
            "<" => Op::Less,
            "<=" => Op::LessOrIs,
            ">" => Op::More,
            ">=" => Op::MoreOrIs,
            _ => Op::Is,
        };
        Self { field: field.trim().to_owned(), op, value: value.clone() }
    }

    /// A field that a row does not have is empty.
    fn holds(&self, row: &Fields) -> bool {
        let value = row.iter().find(|(name, _)| *name == self.field).map_or("", |(_, value)| value.as_str());
        let number = |text: &str| text.trim().parse::<i64>().unwrap_or_default();
        match self.op {
            Op::Is => value == self.value,
            Op::Not => value != self.value,
            Op::Like => like(value.as_bytes(), self.value.as_bytes()),
            Op::Less => number(value) < number(&self.value),
            Op::LessOrIs => number(value) <= number(&self.value),
            Op::More => number(value) > number(&self.value),
            Op::MoreOrIs => number(value) >= number(&self.value),
        }
    }
}

/// What every match of a pattern begins with.
fn prefix(pattern: &str) -> &str {
    pattern.split(['%', '_', '\\']).next().unwrap_or_default()
}

/// LIKE: `%` is anything, `_` one byte, `\` takes the next as it is. No more steps than the product of
/// both lengths.
fn like(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut place, mut retry) = (0, 0, None);
    loop {
        let (literal, width) = match pattern.get(place) {
            Some(b'\\') if place + 1 < pattern.len() => (Some(pattern[place + 1]), 2),
            Some(byte) => (Some(*byte), 1),
            None => (None, 0),
        };
        match literal {
            Some(b'%') if width == 1 => {
                retry = Some((place + 1, at));
                place += 1;
                continue;
            }
            None if at == text.len() => return true,
            Some(byte) if at < text.len() && (byte == text[at] || (byte == b'_' && width == 1)) => {
                (at, place) = (at + 1, place + width);
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after, from)) if from < text.len() => {
                retry = Some((after, from + 1));
                (at, place) = (from + 1, after);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, pattern, fits) in [
            ("", "%", true),
            ("abc", "%", true),
            ("1001;@x", "1001;@%", true),
            ("10012;@x", "1001;@%", false),
            ("a_c", "a\\_c", true),
            ("abc", "a\\_c", false),
            ("abc", "a_c", true),
            ("abcabd", "%abd", true),
            ("abc", "ab", false),
            ("ab", "abc", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "%a%a%a%a%a%a%a%a%a%a%ab", false),
        ] {
            assert_eq!(like(text.as_bytes(), pattern.as_bytes()), fits, "{text} {pattern}");
        }
        assert_eq!(prefix("1001;@%"), "1001;@");
    }

    #[test]
    fn conditions() {
        let row = vec![("id", "a".to_owned()), ("expiration_time", "100".to_owned())];
        for (name, value, holds) in [
            ("id", "a", true),
            ("id !=", "a", false),
            ("mailboxes !=", "", false),
            ("qualify_frequency >", "0", false),
            ("expiration_time <", "101", true),
            ("expiration_time <=", "99", false),
            ("expiration_time >=", "100", true),
            ("id LIKE", "%", true),
            ("id like", "b%", false),
        ] {
            let condition = Condition::of(&(name.to_owned(), value.to_owned()));
            assert_eq!(condition.holds(&row), holds, "{name}={value}");
        }
    }
}
