//! Numbers of another server: bought there when they are bought here, their messages fetched, and what
//! becomes of an order told there (operations.md §2.17).
//!
//! An order says that its supplier was asked (`ASKED`) before he is: whoever ends in between, or gets no
//! answer, leaves an order that is given up, and what was perhaps sold there is looked for and cancelled.
//! Nothing is ever asked for twice.

pub mod client;
mod round;
pub mod sync;

pub use round::{run, run_always};

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::inbox::{self, Incoming};
use super::order::{self, Status};
use super::supplier::{PULL, Supplier};
use crate::app::App;
use crate::auth::session::hex;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::effect::Waiting;
use crate::error::{Error, Result};
use crate::jobs::Report;
use crate::money::Money;
use crate::rpc::BUDGET_SLOW;
use crate::time::{MINUTE_US, SECOND_US};
use client::{Client, Sold};

/// The job that asks about orders; beside it they are asked about all the time.
pub const NAME: &str = "number-pull";

/// Instead of the number of an order there: he was asked, and what he answered is not known yet.
pub const ASKED: &str = "asked";

/// From one question about an order to the next.
const PAUSE_US: i64 = 4 * SECOND_US;
/// Orders of one supplier that one round asks about.
const ROUND_MAX: i64 = 100;
/// A purchase has been answered, or never is.
const ANSWERED_US: i64 = 2 * MINUTE_US;
/// So long after its end an order is told of there; then it has ended there by itself.
const TOLD_US: i64 = 20 * MINUTE_US;

/// An order that waits for its number.
pub struct Wish {
    pub order_id: i64,
    pub offer_id: i64,
    pub supplier_id: i64,
    pub country: String,
    pub operator: String,
    pub product: String,
    /// It may not cost more there.
    pub price: Money,
}

/// Buys the number of an order and answers it. Nothing where there is none: then the order was given up. Error
/// `busy(supplier)` where nobody knows. Blocks; not in a job.
pub fn fetch(app: &Arc<App>, wish: Wish) -> Result<Option<String>> {
    let sold = match Waiting::begin("supplier") {
        Ok(_waiting) => ask(app, &wish)?,
        Err(_) => Sold::Nothing("too many wait".into()),
    };
    let now_us = app.clock.now_us();
    if !matches!(sold, Sold::Number { .. }) {
        tracing::warn!(supplier = wish.supplier_id, order = wish.order_id, "no number: {sold:?}");
    }
    app.db.write(move |conn| settle(conn, &wish, &sold, now_us))?
}

fn ask(app: &App, wish: &Wish) -> Result<Sold> {
    let condition = Sql::new(" AND kind = ").bind(PULL).sql(" AND id = ").bind(wish.supplier_id);
    match app.db.read(BUDGET_SLOW, |conn| Supplier::find(conn, &condition))?.pop() {
        Some(supplier) => Ok(Client::of(app, &supplier)?.buy([&wish.country, &wish.operator, &wish.product])),
        None => Ok(Sold::Nothing("switched off".into())),
    }
}

fn settle(conn: &mut Conn, wish: &Wish, sold: &Sold, now_us: i64) -> Result<Result<Option<String>>> {
    let id = wish.order_id;
    match sold {
        Sold::Number { upstream_id, phone, price } if *price <= wish.price => {
            match order::filled(conn, id, phone, upstream_id)? {
                true => Ok(Ok(Some(phone.clone()))),
                // Its time was over meanwhile: the job cancels it there.
                false => names(conn, id, upstream_id).map(|()| Err(Error::new("busy", "supplier"))),
            }
        }
        Sold::Number { upstream_id, .. } => {
            names(conn, id, upstream_id)?;
            give_up(conn, wish, now_us)
        }
        Sold::Nothing(_) => {
            names(conn, id, "")?;
            give_up(conn, wish, now_us)
        }
        Sold::Lost(_) => order::give_up(conn, id, now_us).map(|_| Err(Error::new("busy", "supplier"))),
    }
}

/// What an order is called there.
pub fn names(conn: &mut Conn, id: i64, upstream_id: &str) -> Result<()> {
    let sql = Sql::new("UPDATE num_order SET upstream_id = ").bind(upstream_id).sql(" WHERE id = ").bind(id);
    sql.execute(conn).map(drop)
}

/// There is none at this price: the offer has nothing until its supplier says otherwise.
fn give_up(conn: &mut Conn, wish: &Wish, now_us: i64) -> Result<Result<Option<String>>> {
    order::give_up(conn, wish.order_id, now_us)?;
    let sql = Sql::new("UPDATE num_offer SET free = 0, changed_at = ").bind(super::catalogue::second(now_us));
    sql.sql(" WHERE id = ").bind(wish.offer_id).execute(conn)?;
    Ok(Ok(None))
}

/// An order that something is to be asked or told about.
struct Due {
    id: i64,
    upstream_id: String,
    status: String,
    phone: String,
    words: [String; 3],
    asked_at: i64,
    created_at: i64,
    closed_at: i64,
}

fn due(conn: &mut Conn, supplier_id: i64, now_us: i64) -> Result<Vec<Due>> {
    let sql = Sql::new(
        "SELECT id, upstream_id, status, phone, country, operator, product, asked_at, created_at, closed_at \
         FROM num_order WHERE upstream_id <> '' AND NOT upstream_done AND supplier_id = ",
    );
    let sql = sql.bind(supplier_id).sql(" AND asked_at <= ").bind(now_us - PAUSE_US);
    let (int, text) = (Kind::Int, Kind::Text);
    let kinds = [int, text, text, text, text, text, text, int, int, int];
    let rows = sql.sql(" ORDER BY asked_at, id LIMIT ").bind(ROUND_MAX).load(conn, &kinds)?;
    let text = |raw: &Raw| raw.str().to_owned();
    let one = |row: &Vec<Raw>| Due {
        id: row[0].int(),
        upstream_id: text(&row[1]),
        status: text(&row[2]),
        phone: text(&row[3]),
        words: [4, 5, 6].map(|at| text(&row[at])),
        asked_at: row[7].int(),
        created_at: row[8].int(),
        closed_at: row[9].int(),
    };
    Ok(rows.iter().map(one).collect())
}

fn ask_about_orders(app: &Arc<App>, supplier: &Supplier, now_us: i64, report: &mut Report) -> Result<()> {
    let orders = app.db.read(BUDGET_SLOW, |conn| due(conn, supplier.id, now_us))?;
    if orders.is_empty() {
        return Ok(());
    }
    let client = Client::of(app, supplier)?;
    let mut unanswered = Vec::new();
    for order in orders {
        if !leased(app, &order, now_us)? {
            continue;
        }
        match order.upstream_id.as_str() {
            ASKED if now_us - order.created_at < ANSWERED_US => report.left += 1,
            ASKED => unanswered.push(order),
            _ => match one(app, &client, supplier, &order, now_us) {
                Ok(true) => report.done += 1,
                Ok(false) => report.left += 1,
                Err(error) => tracing::error!(order = order.id, "an order at a supplier: {error}"),
            },
        }
    }
    report.done += look_for(app, &client, supplier.id, unanswered, now_us)?;
    Ok(())
}

/// Nobody else asks about it meanwhile.
fn leased(app: &App, order: &Due, now_us: i64) -> Result<bool> {
    let (id, asked_at) = (order.id, order.asked_at);
    app.db.write(move |conn| {
        let sql = Sql::new("UPDATE num_order SET asked_at = ").bind(now_us).sql(" WHERE id = ").bind(id);
        Ok(sql.sql(" AND asked_at = ").bind(asked_at).execute(conn)? == 1)
    })
}

/// Is nothing left to do about it?
fn one(app: &Arc<App>, client: &Client, supplier: &Supplier, order: &Due, now_us: i64) -> Result<bool> {
    let deed = match order.status.as_str() {
        "PENDING" | "RECEIVED" => return checked(app, client, supplier, order, now_us),
        "FINISHED" => "finish",
        "BANNED" => "ban",
        _ => "cancel",
    };
    match client.end(deed, &order.upstream_id) || now_us - order.closed_at > TOLD_US {
        true => done(app, order.id),
        false => Ok(false),
    }
}

fn done(app: &App, id: i64) -> Result<bool> {
    app.db.write(move |conn| {
        let sql = Sql::new("UPDATE num_order SET upstream_done = TRUE WHERE id = ").bind(id);
        sql.execute(conn).map(|_| true)
    })
}

/// Takes its messages over. One that has ended there is asked about no more; here its time ends it.
fn checked(app: &Arc<App>, client: &Client, of: &Supplier, order: &Due, now_us: i64) -> Result<bool> {
    let told = match client.check(&order.upstream_id) {
        Ok(told) => told,
        Err(why) => {
            tracing::warn!(supplier = of.code, order = order.id, "no answer about an order: {why}");
            return Ok(false);
        }
    };
    let is_live = [Status::Pending, Status::Received].iter().any(|live| live.word() == told.status);
    for message in told.sms.unwrap_or_default() {
        let words = [&message.created_at, &message.date, &message.sender, &message.text];
        let digest = hex(&Sha256::digest(words.map(String::as_str).join("\n")));
        let received = message.date.parse::<jiff::Timestamp>();
        let incoming = Incoming {
            supplier_id: of.id,
            phone: order.phone.clone(),
            received_us: received.map_or(now_us, |at| at.as_microsecond().clamp(0, now_us)),
            provider_ref: format!("{}-{}", order.upstream_id, &digest[..24]),
            sender: message.sender,
            text: message.text,
        };
        let id = order.id;
        app.db.write(move |conn| inbox::deliver(conn, id, &incoming, now_us))?;
    }
    if is_live { Ok(false) } else { done(app, order.id) }
}

/// Orders there that nobody here knows, for purchases that were never answered: they are cancelled. A supplier
/// sells to nobody else under our token.
fn look_for(
    app: &Arc<App>,
    client: &Client,
    supplier_id: i64,
    unanswered: Vec<Due>,
    now_us: i64,
) -> Result<u64> {
    if unanswered.is_empty() {
        return Ok(0);
    }
    let Ok(there) = client.orders() else { return Ok(0) };
    let mut ended = 0;
    for order in unanswered {
        let id = order.id;
        // Where the server ended before the answer, it still waits here.
        app.db.write(move |conn| order::give_up(conn, id, now_us))?;
        let is_his = |told: &&client::Order| {
            let words = [&told.country, &told.operator, &told.product];
            told.status == Status::Pending.word() && words.iter().zip(&order.words).all(|(a, b)| *a == b)
        };
        let mut found = None;
        for told in there.iter().filter(is_his) {
            if !is_known(app, supplier_id, &told.id, &order.words, now_us)? {
                found = Some(told.id.clone());
                break;
            }
        }
        match found {
            // From now on it is told there that this one has ended.
            Some(upstream_id) => app.db.write(move |conn| names(conn, id, &upstream_id))?,
            None if now_us - order.created_at > TOLD_US => drop(done(app, id)?),
            None => continue,
        }
        ended += 1;
    }
    Ok(ended)
}

/// Is it an order of ours, or may it be one whose answer is still on its way?
fn is_known(
    app: &App,
    supplier_id: i64,
    upstream_id: &str,
    words: &[String; 3],
    now_us: i64,
) -> Result<bool> {
    let of = Sql::new("SELECT id FROM num_order WHERE supplier_id = ")
        .bind(supplier_id)
        .sql(" AND (upstream_id = ");
    let of = of.bind(upstream_id).sql(" OR (upstream_id = ").bind(ASKED).sql(" AND created_at > ");
    let of = of.bind(now_us - ANSWERED_US).sql(" AND country = ").bind(words[0].as_str());
    let of =
        of.sql(" AND operator = ").bind(words[1].as_str()).sql(" AND product = ").bind(words[2].as_str());
    let of = of.sql(")) LIMIT 1");
    Ok(app.db.read(BUDGET_SLOW, |conn| of.first(conn, &[Kind::Int]))?.is_some())
}
