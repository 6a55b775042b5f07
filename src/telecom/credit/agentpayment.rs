//! `payment.register`: a reseller's portal reports what his client has paid to it.

use super::transfer::balance;
use super::{amount, give, of_reseller};
use crate::books::{self, Subaccount};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};
use crate::telecom::client;
use crate::telecom::refill::{Refill, Source};

pub const FORM: Form = record::FORM.read(|cx| Ok(record::defaults(cx))).save(save);

/// The words of portals and gateways, and the statuses of payments that they are.
const STATUSES: [(&str, i64); 10] = [
    ("paid", PAID),
    ("new", NEW),
    ("created", NEW),
    ("pending", PENDING),
    ("processing", PENDING),
    ("failed", NEW),
    ("expired", NEW),
    ("error", NEW),
    ("canceled", NEW),
    ("cancelled", NEW),
];
const NEW: i64 = 1;
const PENDING: i64 = 2;
const PAID: i64 = 4;

struct Payment {
    subaccount: Subaccount,
    provider: String,
    external_id: String,
    provider_txid: String,
    amount: Money,
    currency_id: i64,
    status: i64,
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let payment = asked(cx, &record)?;
    match before(cx, &payment)? {
        Some((id, PAID)) => answer(cx, &payment, id, PAID, true),
        Some((id, _)) if payment.status == PAID => paid(cx, &payment, id),
        Some((id, _)) => {
            let sql = Sql::new("UPDATE agentpayment SET status = ").bind(payment.status).sql(" WHERE id = ");
            sql.bind(id).execute(cx.conn)?;
            answer(cx, &payment, id, payment.status, true)
        }
        None => {
            let id = insert(cx, &payment)?;
            match payment.status {
                PAID => paid(cx, &payment, id),
                status => answer(cx, &payment, id, status, false),
            }
        }
    }
}

fn asked(cx: &mut Ctx, record: &Record) -> Result<Payment> {
    let (_, subaccount) = of_reseller(cx)?;
    let status = record.str("status").trim().to_lowercase();
    let known = STATUSES.iter().find(|(word, _)| *word == status);
    let provider = client::reference("provider", record.str("provider").trim())?.to_lowercase();
    let (iso, currency_id) = (record.str("currency").trim().to_owned(), subaccount.currency_id);
    Ok(Payment {
        provider,
        external_id: client::reference("external_id", record.str("external_id").trim())?,
        provider_txid: client::reference("provider_txid", record.str("provider_txid").trim())?,
        amount: amount("amount", record.str("amount"))?,
        currency_id: if iso == subaccount.iso { currency_id } else { currency(cx, &iso)? },
        status: known.ok_or_else(|| Error::value("status", status))?.1,
        subaccount,
    })
}

fn currency(cx: &mut Ctx, iso: &str) -> Result<i64> {
    let sql = Sql::new("SELECT id FROM currency WHERE iso = ").bind(iso.to_uppercase());
    let row = sql.first(cx.conn, &[Kind::Int])?;
    Ok(row.ok_or_else(|| Error::value("currency", iso))?[0].int())
}

/// A payment is known by its number at the portal or at the gateway, whichever comes first
/// (operations.md R161). Error `exists(external_id)` where it was another one then.
fn before(cx: &mut Ctx, payment: &Payment) -> Result<Option<(i64, i64)>> {
    let sql =
        Sql::new("SELECT id, status, account_id, amount, currency_id FROM agentpayment WHERE reseller_id = ");
    let sql =
        sql.bind(payment.subaccount.reseller_id).sql(" AND provider = ").bind(payment.provider.as_str());
    let sql = sql.sql(" AND (external_id = ").bind(payment.external_id.as_str());
    let sql = sql.sql(" OR (provider_txid <> '' AND provider_txid = ").bind(payment.provider_txid.as_str());
    let rows = sql.sql(")) ORDER BY id LIMIT 2").load(cx.conn, &[Kind::Int; 5])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let was = (row[2].int(), row[3].int(), row[4].int());
    let is_same = was == (payment.subaccount.account_id, payment.amount.0, payment.currency_id);
    match is_same && rows.len() == 1 {
        true => Ok(Some((row[0].int(), row[1].int()))),
        false => Err(Error::exists("external_id", &payment.external_id)),
    }
}

fn insert(cx: &mut Ctx, payment: &Payment) -> Result<i64> {
    let of = &payment.subaccount;
    let status = if payment.status == PAID { NEW } else { payment.status };
    let sql = Sql::new(
        "INSERT INTO agentpayment (account_id, reseller_id, subaccount_id, provider, external_id, \
         provider_txid, amount, currency_id, status, created_at) VALUES (",
    );
    let values = [
        of.account_id.into(),
        of.reseller_id.into(),
        of.id.into(),
        payment.provider.as_str().into(),
        payment.external_id.as_str().into(),
        payment.provider_txid.as_str().into(),
        payment.amount.0.into(),
        payment.currency_id.into(),
        status.into(),
        cx.now_us.into(),
    ];
    let row = sql.binds(values).sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
    Ok(row.ok_or_else(|| Error::system("a payment got no id"))?[0].int())
}

fn paid(cx: &mut Ctx, payment: &Payment, id: i64) -> Result<Vec<Node>> {
    let credited = converted(cx, payment)?;
    let sql = Sql::new("UPDATE agentpayment SET status = ").bind(PAID).sql(", paid_at = ").bind(cx.now_us);
    let sql = sql.sql(", credited = ").bind(credited.0).sql(" WHERE id = ").bind(id);
    if sql.sql(" AND status <> ").bind(PAID).execute(cx.conn)? == 0 {
        return Err(Error::new("busy", "agentpayment")); // another call was first
    }
    let key = format!("credit:agentpayment:{id}");
    let description = format!("{} {}", payment.provider, payment.external_id);
    let refill =
        Refill { source: Source::Payment, reference: id, amount: credited, description: &description };
    give(cx.conn, &payment.subaccount, key, &refill, cx.call.now_us)?;
    answer(cx, payment, id, PAID, false)
}

/// In the currency of the client's account; without a rate it is refused, never 1:1 (R163).
fn converted(cx: &mut Ctx, payment: &Payment) -> Result<Money> {
    let of = &payment.subaccount;
    if payment.currency_id == of.currency_id {
        return Ok(payment.amount);
    }
    let rates = books::rates(cx.conn, of.project_id)?;
    let rates = books::with_age(&rates, cx.app.config.load().rate_max_age_days);
    let (from, to) = (payment.currency_id, of.currency_id);
    Ok(rates.convert(payment.amount, from, to, cx.call.now_us, Scale::TELECOM)?.to.amount)
}

fn answer(cx: &mut Ctx, payment: &Payment, id: i64, status: i64, is_duplicate: bool) -> Result<Vec<Node>> {
    let balance = balance(cx, &payment.subaccount)?;
    let word = match status {
        PAID => "paid",
        PENDING => "pending",
        _ => "new",
    };
    Ok(vec![
        Node::leaf("id", id.to_string()),
        Node::leaf("amount", payment.amount.plain()),
        Node::leaf("status", word),
        Node::leaf("duplicate", if is_duplicate { "on" } else { "off" }),
        Node::leaf("balance", balance),
    ])
}
