//! Money that a remembered card is asked for by itself: the job that finds what a renewal lacks, and
//! the outbox row that asks.

use std::sync::Arc;

use serde_json::Value;

use super::amount::{self, Method, Payer};
use super::stored::{self, IN_USE, SEALED};
use crate::app::App;
use crate::billing::charge;
use crate::books;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::gateway::{self, testgate};
use crate::jobs::{Job, Work};
use crate::ledger::Scale;
use crate::money::Money;
use crate::outbox::worker::Acted;
use crate::outbox::{Due, Settled};
use crate::rpc::BUDGET_SLOW;
use crate::service::item::Item;
use crate::service::{Till, term};
use crate::time::DAY_US;

pub const KIND: &str = "recurring";

/// Pays by card what a renewal lacks, a day before the term ends; once for each term.
pub const JOB: Job = Job { name: "autopay", due, work: Work::Each(pay) };

fn due(now_us: i64) -> Sql {
    let sql = Sql::new(" AND expiredate <= ").bind(now_us + DAY_US);
    let sql = sql.sql(" AND autoprolong <> 0 AND autopay_at < expiredate");
    let sql = sql.sql(" AND (status = 2 OR (status = 3 AND substatus = 'autosuspend'))");
    sql.sql(" AND EXISTS (SELECT 1 FROM stored_method m WHERE m.account_id = item.account_id")
        .sql(" AND m.autopay AND m.status = 1 AND NOT m.deleted)")
}

fn pay(till: &mut Till, item: &mut Item) -> Result<()> {
    let buyer = till.buyer(item.subaccount_id)?;
    let period = term::own_step(till, item)?;
    let next = term::next(till, item, &buyer, period)?;
    let sql = Sql::new("UPDATE item SET autopay_at = expiredate WHERE id = ").bind(item.id);
    sql.execute(till.conn)?;
    let lacks = next.sold.total()?.minus(charge::available(till.conn, item.subaccount_id, till.now_us)?)?;
    if lacks <= Money::ZERO {
        return Ok(());
    }
    let card = card(till.conn, item.account_id)?;
    let method = Method::load(till.conn, card.method_id)?;
    let of = &buyer.subaccount;
    let company = amount::company(till.app, till.conn, &method, of.project_id, Payer::default())?;
    let company = company.ok_or_else(|| Error::value("paymethod", method.id.to_string()))?;
    let net = in_currency(till, of, lacks, &method)?;
    method.check_limits(net)?;
    let commission = method.commission(net)?;
    let paid = net.plus(commission)?;
    if card.maxamount > Money::ZERO && paid > card.maxamount {
        return Err(Error::limit("maxamount", card.maxamount.plain()));
    }
    let payment_id = insert(till, of, &card, company, [lacks, paid, commission])?;
    stored::post(till.conn, (of.account_id, of.reseller_id), payment_id, card.id, till.now_us)?;
    till.note(item, "autopay")
}

fn in_currency(till: &mut Till, of: &books::Subaccount, amount: Money, method: &Method) -> Result<Money> {
    if of.currency_id == method.currency_id {
        return Ok(amount);
    }
    let rates = till.rates(of.project_id)?;
    let rates = books::with_age(&rates, till.app.config.load().rate_max_age_days);
    let scale = Scale::minor(&method.iso);
    Ok(rates.convert(amount, of.currency_id, method.currency_id, till.now_us, scale)?.to.amount)
}

struct Card {
    id: i64,
    method_id: i64,
    profile_id: i64,
    maxamount: Money,
}

fn card(conn: &mut Conn, account_id: i64) -> Result<Card> {
    let sql = Sql::new("SELECT id, paymethod_id, profile_id, maxamount FROM stored_method WHERE autopay ");
    let sql =
        sql.sql("AND NOT deleted AND status = ").bind(IN_USE).sql(" AND account_id = ").bind(account_id);
    let row = sql.sql(" ORDER BY id LIMIT 1").first(conn, &[Kind::Int; 4])?;
    let row = row.ok_or_else(|| Error::missed("stored_method"))?;
    Ok(Card {
        id: row[0].int(),
        method_id: row[1].int(),
        profile_id: row[2].int(),
        maxamount: Money(row[3].int()),
    })
}

fn insert(
    till: &mut Till,
    of: &books::Subaccount,
    card: &Card,
    company: i64,
    [credited, paid, commission]: [Money; 3],
) -> Result<i64> {
    let number = {
        let zone = till.zone(of.project_id)?;
        super::next_number(till.conn, company, till.now_us, &zone)?
    };
    let sql = Sql::new(
        "INSERT INTO payment (account_id, reseller_id, subaccount_id, project_id, sender_id, recipient_id, \
         paymethod_id, status, subaccountamount, paymethodamount, commission, createdate, number, \
         number_fold) VALUES (",
    );
    let ints =
        [of.account_id, of.reseller_id, of.id, of.project_id, card.profile_id, company, card.method_id];
    let sums = [1, credited.0, paid.0, commission.0, till.now_us];
    let texts = [Raw::from(number.as_str()), number.to_lowercase().into()];
    let values = ints.into_iter().chain(sums).map(Raw::from).chain(texts);
    let row = sql.binds(values).sql(") RETURNING id").first(till.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("a payment got no id"))
}

/// Asks the gateway. The payment's own state keeps a second attempt from paying twice.
pub fn act(app: &Arc<App>, due: &Due) -> Acted {
    match charge_card(app, due) {
        Ok(()) => Acted::new(Settled::Done),
        Err(error) => Acted::failed(error.to_string(), ""),
    }
}

fn charge_card(app: &Arc<App>, due: &Due) -> Result<()> {
    let payload: Value = serde_json::from_str(&due.payload).map_err(Error::system)?;
    let id_of = |name: &str| payload[name].as_i64().unwrap_or_default();
    let (payment_id, stored_id) = (id_of("payment"), id_of("stored_method"));
    let found = app.db.read(BUDGET_SLOW, |conn| open(conn, payment_id, stored_id))?;
    let Some((module, sealed)) = found else { return Ok(()) }; // paid, cancelled or forgotten since
    let token = app.sealer.open(&sealed, &SEALED.context(&[&stored_id]))?;
    match gateway::name(&module) {
        gateway::TEST if gateway::is_usable(app, &module) => {
            let externalid = format!("testgate-{}", due.reference.replace(':', "-"));
            let elid = payment_id.to_string();
            match testgate::charge(&token) {
                true => {
                    gateway::report(app, "payment.setpaid", &[("elid", &elid), ("externalid", &externalid)])
                }
                false => refused(app, payment_id, stored_id),
            }
        }
        name => gateway::run(app, (name, KIND), vec![payment_id.to_string(), stored_id.to_string()]),
    }
}

/// The module and the sealed token, while the payment waits for its money and the card is in use.
fn open(conn: &mut Conn, payment_id: i64, stored_id: i64) -> Result<Option<(String, String)>> {
    let sql = Sql::new(
        "SELECT m.module, s.token FROM payment p JOIN stored_method s ON s.account_id = p.account_id \
         JOIN paymethod m ON m.id = s.paymethod_id \
         WHERE NOT p.deleted AND p.status IN (1, 2) AND NOT s.deleted AND s.sealed AND s.status = 1 AND p.id = ",
    );
    let row = sql.bind(payment_id).sql(" AND s.id = ").bind(stored_id).first(conn, &[Kind::Text; 2])?;
    Ok(row.map(|row| (row[0].str().to_owned(), row[1].str().to_owned())))
}

/// A card that was refused is asked no more until its client sets it up again.
fn refused(app: &Arc<App>, payment_id: i64, stored_id: i64) -> Result<()> {
    let declined = [("elid", &*payment_id.to_string()), ("info", testgate::DECLINED)];
    gateway::report(app, "payment.setcanceled", &declined)?;
    gateway::report(app, "stored_method.save", &[("elid", &stored_id.to_string()), ("status", "2")])
}
