//! The supplier inside of this program. What it delivers follows from the last digit of the number: 0 nothing,
//! 7 three messages, 9 one that says that the number is taken, any other one message; a second or two after
//! the purchase.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::inbox::{self, Incoming};
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::time::SECOND_US;

/// How often it is looked while something waits, and without a reason: another server may have ended.
const PAUSE: Duration = Duration::from_millis(250);
const LOOK: Duration = Duration::from_secs(5);
/// Messages of one transaction.
const CHUNK: i64 = 50;
/// Between the messages of one order.
const STEP_US: i64 = SECOND_US / 2;

/// Writes down what a number will get.
pub fn expect(conn: &mut Conn, order_id: i64, phone: &str, now_us: i64) -> Result<()> {
    let parts = match phone.bytes().last() {
        Some(b'0') => 0,
        Some(b'7') => 3,
        _ => 1,
    };
    // Between one second and two, and always the same for an order.
    let first_us = now_us + SECOND_US + order_id % 10 * SECOND_US / 20;
    for part in 0..parts {
        let sql = Sql::new("INSERT INTO num_sandbox (order_id, part, due_at) VALUES (");
        sql.binds([order_id, part, first_us + part * STEP_US].map(Raw::from)).sql(")").execute(conn)?;
    }
    Ok(())
}

/// Runs until it is dropped.
pub async fn run_always(app: &Arc<App>) {
    let mut waits = true;
    loop {
        match waits {
            true => tokio::time::sleep(PAUSE).await,
            false => drop(tokio::time::timeout(LOOK, app.numbers_wait.notified()).await),
        }
        let own = app.clone();
        let done = tokio::task::spawn_blocking(move || {
            run_due(&own)?;
            waits_for_more(&own)
        });
        waits = match done.await {
            Ok(Ok(waits)) => waits,
            Ok(Err(error)) => {
                tracing::error!("messages of the sandbox were not delivered: {error}");
                false
            }
            Err(_) => false,
        };
    }
}

fn waits_for_more(app: &App) -> Result<bool> {
    let sql = Sql::new("SELECT order_id FROM num_sandbox ORDER BY due_at LIMIT 1");
    Ok(app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?.is_some())
}

/// Delivers all that is due now; answers how many messages that were.
pub fn run_due(app: &Arc<App>) -> Result<usize> {
    deliver_due(app, app.clock.now_us())
}

pub fn deliver_due(app: &Arc<App>, now_us: i64) -> Result<usize> {
    let mut total = 0;
    loop {
        let sql = Sql::new("SELECT order_id, part FROM num_sandbox WHERE due_at <= ").bind(now_us);
        let sql = sql.sql(" ORDER BY due_at, order_id, part LIMIT ").bind(CHUNK);
        let due = app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int; 2]))?;
        if due.is_empty() {
            return Ok(total);
        }
        for row in due {
            let (order_id, part) = (row[0].int(), row[1].int());
            let done = app.db.write(move |conn| deliver(conn, order_id, part, now_us))?;
            total += usize::from(done);
        }
    }
}

/// Whoever takes the row delivers.
fn deliver(conn: &mut Conn, order_id: i64, part: i64, now_us: i64) -> Result<bool> {
    let sql = Sql::new("DELETE FROM num_sandbox WHERE order_id = ").bind(order_id).sql(" AND part = ");
    if sql.bind(part).execute(conn)? == 0 {
        return Ok(false);
    }
    let sql = Sql::new("SELECT supplier_id, phone, product FROM num_order WHERE id = ").bind(order_id);
    let Some(row) = sql.first(conn, &[Kind::Int, Kind::Text, Kind::Text])? else { return Ok(false) };
    let (phone, product) = (row[1].str(), row[2].str());
    let incoming = Incoming {
        supplier_id: row[0].int(),
        phone: phone.to_owned(),
        sender: product.to_owned(),
        text: text(phone, product, order_id, part),
        received_us: now_us,
        provider_ref: format!("sandbox-{order_id}-{part}"),
    };
    inbox::deliver(conn, order_id, &incoming, now_us)
}

fn text(phone: &str, product: &str, order_id: i64, part: i64) -> String {
    match phone.ends_with('9') {
        true => format!("{product}: this number is already used by another account."),
        false => format!("{product}: your code is {}. Do not tell it to anybody.", code(order_id, part)),
    }
}

/// Five digits that are always the same for a message.
fn code(order_id: i64, part: i64) -> String {
    let digest = Sha256::digest(format!("number:{order_id}:{part}"));
    digest.iter().take(5).map(|byte| char::from(b'0' + byte % 10)).collect()
}
