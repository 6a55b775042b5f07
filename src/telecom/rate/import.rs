//! A price list becomes the rates of a plan of the provider: what is there is changed, what is not is
//! added, nothing is removed. Lines are kept in pieces, so that others write between them; a list that
//! is sent again finds nothing to do.

use std::collections::HashMap;
use std::sync::Arc;

use super::csv::{self, Line};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Form, Reply, Topic};
use crate::rpc::lines::report;
use crate::telecom::markup::follow::{self, Which};
use crate::telecom::plan;

pub const FORM: Form = record::FORM.read(|_| Ok(Record::new())).outside(import);

/// Lines of one statement, and statements' worth of lines that one job keeps where no plan follows: no
/// job holds the writer long (decisions.md, Writing).
const BATCH: usize = 100;
const BATCHES: usize = 10;

/// What has become of lines.
#[derive(Default)]
struct Counts {
    added: usize,
    changed: usize,
}

fn import(call: &Call) -> Result<Reply> {
    let plan_id = call.input("plan")?.ok_or_else(|| Error::missed("plan"))?.int();
    call.input("data")?.ok_or_else(|| Error::missed("data"))?;
    let follow = call.app.db.read(BUDGET_SLOW, |conn| {
        let sql = Sql::new("SELECT COUNT(*) FROM plan WHERE NOT deleted AND base_plan_id = ").bind(plan_id);
        let found = plan::find(conn, plan_id)?.filter(|plan| plan.reseller_id == 0);
        found.ok_or_else(|| Error::value("plan", plan_id.to_string()))?;
        Ok(sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int()) as usize)
    })?;
    let (lines, refused) = csv::parse(call.params.get("data"));
    let (mut counts, at_once) = (Counts::default(), BATCH * (BATCHES / (1 + follow)).max(1));
    for piece in lines.chunks(at_once) {
        let done = keep(call, plan_id, piece.into())?;
        counts.added += done.added;
        counts.changed += done.changed;
    }
    let same = lines.len() - counts.added - counts.changed;
    let counts =
        [("added", counts.added), ("changed", counts.changed), ("same", same), ("refused", refused.len())];
    Ok(Reply::Ok(report(call, &counts, &refused)))
}

/// One job. It may run again.
fn keep(call: &Call, plan_id: i64, piece: Arc<[Line]>) -> Result<Counts> {
    let (app, now_us) = (call.app.clone(), call.now_us);
    let done = call.app.db.write(move |conn| {
        // Before the rates: others that change the plan wait here.
        plan::changes(conn, plan_id, 0)?;
        let mut counts = Counts::default();
        for batch in piece.chunks(BATCH) {
            keep_batch(conn, plan_id, batch, now_us, &mut counts)?;
        }
        plan::changes(conn, plan_id, counts.added as i64)?;
        let sql = Sql::new("UPDATE generation SET n = n + 1 WHERE topic = ").bind(Topic::Rates.name());
        sql.execute(conn)?;
        Ok(counts)
    });
    app.rates.changed();
    done
}

fn keep_batch(conn: &mut Conn, plan_id: i64, batch: &[Line], now_us: i64, counts: &mut Counts) -> Result<()> {
    let ids = prefixes(conn, batch)?;
    let all: Vec<i64> = ids.values().copied().collect();
    let there = known(conn, plan_id, &all)?;
    let mut sql = Sql::new(
        "INSERT INTO rate (plan_id, prefix_id, price, connectcharge, initblock, billingblock, min_time, \
         updated_at) VALUES (",
    );
    for (nth, line) in batch.iter().enumerate() {
        let prefix_id = *ids.get(&line.prefix).ok_or_else(|| Error::system("a prefix got no id"))?;
        let values = [plan_id, prefix_id].into_iter().chain(line.numbers).chain([now_us]);
        sql = if nth > 0 { sql.sql("), (") } else { sql };
        sql = sql.binds(values.map(Raw::from));
    }
    let sql = sql.sql(
        ") ON CONFLICT (plan_id, prefix_id) DO UPDATE SET price = excluded.price, \
         connectcharge = excluded.connectcharge, initblock = excluded.initblock, \
         billingblock = excluded.billingblock, min_time = excluded.min_time, updated_at = excluded.updated_at \
         WHERE rate.price <> excluded.price OR rate.connectcharge <> excluded.connectcharge \
         OR rate.initblock <> excluded.initblock OR rate.billingblock <> excluded.billingblock \
         OR rate.min_time <> excluded.min_time",
    );
    let (touched, added) = (sql.execute(conn)?, batch.len() - there);
    counts.added += added;
    counts.changed += touched - added;
    follow::update(conn, Which::PlansOf(plan_id, &all), now_us)?;
    if added > 0 {
        follow::insert(conn, Which::PlansOf(plan_id, &all), now_us)?;
    }
    Ok(())
}

/// The ids of the prefixes of some lines. New ones are added, others get the destinations that the list
/// has for them.
fn prefixes(conn: &mut Conn, batch: &[Line]) -> Result<HashMap<String, i64>> {
    let there = stored(conn, batch)?;
    rename(conn, batch, &there)?;
    let missing: Vec<&Line> = batch.iter().filter(|line| !there.contains_key(&line.prefix)).collect();
    let mut ids: HashMap<_, _> = there.into_iter().map(|(prefix, (id, _))| (prefix, id)).collect();
    if missing.is_empty() {
        return Ok(ids);
    }
    let mut sql = Sql::new("INSERT INTO prefix (prefix, destination) VALUES (");
    for (nth, line) in missing.iter().enumerate() {
        sql = if nth > 0 { sql.sql("), (") } else { sql };
        sql = sql.binds([line.prefix.as_str().into(), line.destination.as_str().into()]);
    }
    // Another list may have added some meanwhile.
    sql.sql(") ON CONFLICT (prefix) DO NOTHING").execute(conn)?;
    ids.extend(stored(conn, batch)?.into_iter().map(|(prefix, (id, _))| (prefix, id)));
    Ok(ids)
}

/// Ids and destinations by prefix.
type Stored = HashMap<String, (i64, String)>;

fn stored(conn: &mut Conn, batch: &[Line]) -> Result<Stored> {
    let sql = Sql::new("SELECT prefix, id, destination FROM prefix WHERE prefix IN (");
    let sql = sql.binds(batch.iter().map(|line| line.prefix.as_str().into())).sql(")");
    let rows = sql.load(conn, &[Kind::Text, Kind::Int, Kind::Text])?;
    let entry = |row: &Vec<Raw>| (row[0].str().to_owned(), (row[1].int(), row[2].str().to_owned()));
    Ok(rows.iter().map(entry).collect())
}

/// A destination stands in the rates of every plan in memory.
fn rename(conn: &mut Conn, batch: &[Line], there: &Stored) -> Result<()> {
    let mut renamed: Vec<Raw> = Vec::new();
    for line in batch.iter().filter(|line| !line.destination.is_empty()) {
        let Some((id, _)) = there.get(&line.prefix).filter(|(_, have)| *have != line.destination) else {
            continue;
        };
        let sql = Sql::new("UPDATE prefix SET destination = ").bind(line.destination.as_str());
        sql.sql(" WHERE id = ").bind(*id).execute(conn)?;
        renamed.push((*id).into());
    }
    if renamed.is_empty() {
        return Ok(());
    }
    let sql = Sql::new("UPDATE plan SET version = version + 1 WHERE id IN (SELECT plan_id FROM rate ");
    sql.sql("WHERE prefix_id IN (").binds(renamed).sql("))").execute(conn).map(drop)
}

/// How many of some prefixes a plan has rates for.
fn known(conn: &mut Conn, plan_id: i64, prefixes: &[i64]) -> Result<usize> {
    let sql = Sql::new("SELECT COUNT(*)").append(&follow::listed(prefixes));
    let sql = sql.sql(" CROSS JOIN rate r WHERE r.prefix_id = v.column1 AND r.plan_id = ").bind(plan_id);
    Ok(sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int()) as usize)
}
