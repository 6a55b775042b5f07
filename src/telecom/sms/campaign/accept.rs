//! `sms.campaign.edit`: takes a campaign in, or puts off one that has not begun.

use std::collections::HashSet;

use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Reply};
use crate::telecom::client;
use crate::telecom::party::Party;
use crate::telecom::sms::ask::{self, Text, Waits, refused};
use crate::telecom::sms::provider::Open;
use crate::telecom::sms::scheduled::{Moment, taken};
use crate::telecom::sms::status;
use crate::time::MINUTE_US;

/// Numbers of one campaign.
const RECIPIENTS_MAX: usize = 100_000;
/// Numbers that are no numbers, as an answer names them.
const REJECTED_MAX: usize = 100;
/// Characters of a number that is none, as it is answered.
const SHOWN_MAX: usize = 32;
/// Recipients of one statement, and statements of one job: none holds the writer long (decisions.md,
/// Writing).
const BATCH: usize = 1_000;
const BATCHES: usize = 4;
/// A campaign whose server ended while it was taken in is not gone on with: its caller was told nothing.
const UNFINISHED_US: i64 = 60 * MINUTE_US;

/// A campaign as the call asks for it.
#[derive(Clone)]
struct Asked {
    party: Party,
    provider: String,
    text: Text,
    moment: Option<Moment>,
    external_id: String,
    digest: String,
}

/// What is written down of it in the end.
struct Queued {
    id: i64,
    count: usize,
}

pub fn accept(call: &Call) -> Result<Reply> {
    match call.elid()? {
        None => take_in(call),
        Some(id) => put_off(call, id),
    }
}

fn take_in(call: &Call) -> Result<Reply> {
    let field = |name: &str| match call.input(name)? {
        Some(raw) => Ok(raw.str().to_owned()),
        None => Err(Error::missed(name)),
    };
    let optional = |name: &str| -> Result<String> {
        Ok(call.input(name)?.map_or(String::new(), |raw| raw.str().to_owned()))
    };
    let party = ask::party(call)?;
    if let Some(reason) = ask::closed(&party) {
        return Err(refused(reason, ""));
    }
    let provider = field("provider")?.trim().to_lowercase();
    let text = Text::checked(&optional("sender")?, &field("text")?)?;
    let date = optional("date")?;
    let moment = moment(call, &date)?;
    let numbers = Numbers::read(call.params.sent("phones").ok_or_else(|| Error::missed("phones"))?)?;
    let external_id = client::reference("external_id", optional("external_id")?.trim())?;
    let digest = match external_id.as_str() {
        "" => String::new(),
        _ => ask::digest(&[&provider, &text.sender, &text.text, date.trim(), &numbers.digest()]),
    };
    let asked = Asked { party, provider, text, moment, external_id, digest };
    let queued = write_down(call, &asked, &numbers)?;
    call.app.sms_waits.notify_one();
    Ok(Reply::Ok(nodes(&queued, &numbers)))
}

fn moment(call: &Call, date: &str) -> Result<Option<Moment>> {
    let zone = call.app.config.load().time_zone.clone();
    match date.trim() {
        "" => Ok(None),
        date => Moment::parse(date, &zone, call.now_us).map(Some),
    }
}

fn nodes(queued: &Queued, numbers: &Numbers) -> Vec<Node> {
    let nodes = [
        Node::leaf("id", queued.id.to_string()),
        Node::leaf("recipients_queued", queued.count.to_string()),
        Node::leaf("status", status::QUEUED),
    ];
    let rejected = numbers.rejected.iter().map(|number| Node::leaf("rejected", number));
    nodes.into_iter().chain(rejected).collect()
}

/// Numbers without those that stand there twice, in the order in which they came.
struct Numbers {
    /// The digits behind the +.
    valid: Vec<u64>,
    rejected: Vec<String>,
}

impl Numbers {
    /// Between lines, commas, semicolons or blanks. Errors `missed(phones)`, `limit(phones)`,
    /// `value(phones)` where none is one.
    fn read(text: &str) -> Result<Self> {
        let (mut seen, mut valid, mut rejected) = (HashSet::new(), Vec::new(), Vec::new());
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        for word in words.filter(|word| !word.is_empty()) {
            match ask::is_phone(word).then(|| word[1..].parse::<u64>().ok()).flatten() {
                // One digit before all tells +0123456 from +123456.
                Some(_) if seen.insert(marked(word)) => valid.push(marked(word)),
                Some(_) => {}
                None if rejected.len() < REJECTED_MAX => {
                    rejected.push(word.chars().take(SHOWN_MAX).collect())
                }
                None => {}
            }
            if valid.len() > RECIPIENTS_MAX {
                return Err(Error::limit("phones", RECIPIENTS_MAX.to_string()));
            }
        }
        match (valid.is_empty(), rejected.first()) {
            (true, None) => Err(Error::missed("phones")),
            (true, Some(first)) => Err(Error::value("phones", first)),
            (false, _) => Ok(Self { valid, rejected }),
        }
    }

    fn digest(&self) -> String {
        let all: Vec<String> = self.valid.iter().map(u64::to_string).collect();
        ask::digest(&all.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// The digits of a number behind a 1, so that zeros before them count.
fn marked(phone: &str) -> u64 {
    phone.bytes().skip(1).fold(1, |number, digit| number * 10 + u64::from(digit - b'0'))
}

fn unmarked(number: u64) -> String {
    format!("+{}", &number.to_string()[1..])
}

/// The first job makes the campaign, the last one lets it begin; nobody sees it before.
fn write_down(call: &Call, asked: &Asked, numbers: &Numbers) -> Result<Queued> {
    let mut pieces = numbers.valid.chunks(BATCH * BATCHES);
    let (own, now_us) = (asked.clone(), call.now_us);
    let first = pieces.next().unwrap_or_default().to_vec();
    let (total, is_all) = (numbers.valid.len(), numbers.valid.len() == first.len());
    let owned = owned(call);
    let (id, known) = call.app.db.write(move |conn| {
        if let Some(known) = known(conn, &own)? {
            return Ok((known.id, Some(known)));
        }
        let id = insert(conn, &own, now_us)?;
        add(conn, &own.party, id, &first)?;
        if is_all {
            open(&mut Ctx::new(conn, &owned), &own.party, id, total)?;
        }
        Ok((id, None))
    })?;
    if let Some(known) = known {
        return Ok(known);
    }
    for piece in pieces {
        let (party, piece) = (asked.party, piece.to_vec());
        call.app.db.write(move |conn| add(conn, &party, id, &piece))?;
    }
    if !is_all {
        let (party, owned) = (asked.party, self::owned(call));
        call.app.db.write(move |conn| open(&mut Ctx::new(conn, &owned), &party, id, total))?;
    }
    Ok(Queued { id, count: total })
}

/// The call without its numbers, as a job may keep it.
fn owned(call: &Call) -> Call {
    let mut params = call.params.clone();
    params.remove("phones");
    call.with_params(params)
}

/// The same request again is answered by what the first has done. Error `busy` while that is under way.
fn known(conn: &mut Conn, asked: &Asked) -> Result<Option<Queued>> {
    if asked.external_id.is_empty() {
        return Ok(None);
    }
    client::lock(conn, asked.party.account_id)?;
    let sql = Sql::new(
        "SELECT id, digest, status, total FROM sms_campaign WHERE external_id <> '' AND account_id = ",
    );
    let sql = sql.bind(asked.party.account_id).sql(" AND external_id = ").bind(asked.external_id.as_str());
    let Some(row) = sql.first(conn, &[Kind::Int, Kind::Text, Kind::Text, Kind::Int])? else {
        return Ok(None);
    };
    match (row[1].str() == asked.digest, row[2].str()) {
        (false, _) => Err(Error::exists("external_id", &asked.external_id)),
        (true, status::PREPARING) => Err(Error::new("busy", "sms")),
        (true, _) => Ok(Some(Queued { id: row[0].int(), count: row[3].int() as usize })),
    }
}

fn insert(conn: &mut Conn, asked: &Asked, now_us: i64) -> Result<i64> {
    let provider = Open::find(conn, &asked.provider)?;
    Waits::Campaigns.need_room(conn, asked.party.account_id)?;
    let (local, run_at) = match &asked.moment {
        Some(moment) => (moment.local.as_str(), moment.at_us),
        None => ("", now_us),
    };
    let values: [(&str, Raw); 12] = [
        ("account_id", asked.party.account_id.into()),
        ("reseller_id", asked.party.reseller_id.into()),
        ("provider_id", provider.id.into()),
        ("sender", asked.text.sender.as_str().into()),
        ("text", asked.text.text.as_str().into()),
        ("local_time", local.into()),
        ("run_at", run_at.into()),
        ("status", status::PREPARING.into()),
        ("external_id", asked.external_id.as_str().into()),
        ("digest", asked.digest.as_str().into()),
        ("created_at", now_us.into()),
        ("updated_at", now_us.into()),
    ];
    let sql = Sql::new("INSERT INTO sms_campaign (").words(values.iter().map(|(name, _)| *name));
    let sql = sql.sql(") VALUES (").binds(values.into_iter().map(|(_, raw)| raw)).sql(") RETURNING id");
    let row = sql.first(conn, &[Kind::Int])?.ok_or_else(|| Error::system("a campaign got no id"))?;
    Ok(row[0].int())
}

fn add(conn: &mut Conn, party: &Party, campaign_id: i64, numbers: &[u64]) -> Result<()> {
    for batch in numbers.chunks(BATCH) {
        let sql = Sql::new(
            "INSERT INTO sms_campaign_rcpt (campaign_id, account_id, reseller_id, phone) SELECT CAST(",
        );
        let sql = sql.bind(campaign_id).sql(" AS BIGINT), CAST(").bind(party.account_id);
        let sql = sql
            .sql(" AS BIGINT), CAST(")
            .bind(party.reseller_id)
            .sql(" AS BIGINT), v.column1 FROM (VALUES (");
        let mut sql = sql;
        for (nth, number) in batch.iter().enumerate() {
            sql = if nth > 0 { sql.sql("), (") } else { sql };
            sql = sql.bind(unmarked(*number));
        }
        sql.sql(")) AS v").execute(conn)?;
    }
    Ok(())
}

fn open(cx: &mut Ctx, party: &Party, id: i64, total: usize) -> Result<()> {
    let total = total as i64;
    let sql = Sql::new("UPDATE sms_campaign SET status = 'QUEUED', total = ").bind(total).sql(", queued = ");
    sql.bind(total).sql(" WHERE status = 'PREPARING' AND id = ").bind(id).execute(cx.conn)?;
    history::write(cx, id, (party.account_id, party.reseller_id), "")
}

/// Another moment for a campaign that has not begun. Error `used(sms)` for one that has.
fn put_off(call: &Call, id: i64) -> Result<Reply> {
    let Some(date) = call.input("date")? else {
        // What is not sent stays as it is.
        let own = |conn: &mut Conn| record::need_own(&mut Ctx::new(conn, call), id);
        call.app.db.read(BUDGET_SLOW, own)?;
        return Ok(Reply::Ok(vec![Node::leaf("id", id.to_string())]));
    };
    let moment = moment(call, date.str())?;
    let (local, run_at) = moment.map_or((String::new(), call.now_us), |moment| (moment.local, moment.at_us));
    let owned = owned(call);
    call.app.db.write(move |conn| {
        let cx = &mut Ctx::new(conn, &owned);
        let owner = record::owner_of(cx, id)?;
        let sql = Sql::new("UPDATE sms_campaign SET local_time = ").bind(local.as_str()).sql(", run_at = ");
        let sql = sql.bind(run_at).sql(", updated_at = ").bind(cx.now_us);
        let sql = sql.sql(" WHERE status = 'QUEUED' AND id = ").bind(id);
        if sql.execute(cx.conn)? == 0 {
            return Err(taken(id));
        }
        history::write(cx, id, owner, "date")
    })?;
    call.app.sms_waits.notify_one();
    Ok(Reply::Ok(vec![Node::leaf("id", id.to_string())]))
}

/// Removes what was never taken in as a whole, in pieces.
pub fn drop_unfinished(app: &App, now_us: i64) -> Result<usize> {
    let look = Sql::new("SELECT id FROM sms_campaign WHERE status = 'PREPARING' AND created_at < ");
    let look = look.bind(now_us - UNFINISHED_US).sql(" ORDER BY id LIMIT 1");
    let Some(row) = app.db.read(BUDGET_SLOW, |conn| look.first(conn, &[Kind::Int]))? else { return Ok(0) };
    let id = row[0].int();
    app.db.write(move |conn| {
        let sql = Sql::new("DELETE FROM sms_campaign_rcpt WHERE id IN (SELECT id FROM sms_campaign_rcpt WHERE campaign_id = ");
        let removed = sql.bind(id).sql(" LIMIT ").bind((BATCH * BATCHES) as i64).sql(")").execute(conn)?;
        if removed == 0 {
            Sql::new("DELETE FROM sms_campaign WHERE status = 'PREPARING' AND id = ").bind(id).execute(conn)?;
        }
        Ok(removed + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let read = |text: &str| {
            Numbers::read(text).map(|numbers| {
                let valid: Vec<String> = numbers.valid.iter().map(|number| unmarked(*number)).collect();
                (valid.join(" "), numbers.rejected.join(" "))
            })
        };
        let some = |valid: &str, rejected: &str| (valid.to_owned(), rejected.to_owned());
        assert_eq!(
            read("+1234567890\n+1234567891,+1234567890; +0234567891").unwrap(),
            some("+1234567890 +1234567891 +0234567891", "")
        );
        assert_eq!(read("+1234567890 12 x\r\n").unwrap(), some("+1234567890", "12 x"));
        assert_eq!(read(" , ").unwrap_err().kind, "missed");
        assert_eq!(read("12 x").unwrap_err().kind, "value");
        let many: String = (0..=RECIPIENTS_MAX).map(|nth| format!("+{}\n", 10_000_000_000 + nth)).collect();
        assert_eq!(read(&many).unwrap_err().kind, "limit");
        let same = "+1234567890\n".repeat(3 * RECIPIENTS_MAX);
        assert_eq!(read(&same).unwrap(), some("+1234567890", ""));
        let (_, rejected) = read(&format!("+1234567890 {}", "bad ".repeat(500))).unwrap();
        assert_eq!(rejected.split(' ').count(), REJECTED_MAX);
    }
}
