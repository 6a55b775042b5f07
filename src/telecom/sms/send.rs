//! `sms.send`: one message at once. It is charged and written down, handed over with nothing held, and
//! what became of it is written down again.

use super::ask::{self, Text, refused};
use super::message::{self, Charged, Draft, Origin, Purse};
use super::price::Prices;
use super::provider::{self, Open};
use super::transport::{self, Outcome};
use super::{outcome, status, unwritten, worker};
use crate::billing::charge;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::effect::Waiting;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record;
use crate::rpc::handler::{Call, Form, Handler, Reply};
use crate::rpc::journal;
use crate::rpc::registry::Row;
use crate::telecom::client;
use crate::telecom::party::Party;

pub const FUNCS: &[Row] = &[("sms.send", Handler::Form(FORM))];

const FORM: Form = record::FORM.read(|cx| Ok(record::defaults(cx))).show(provider::offered).outside(send);

/// What every answer says of the sender (operations.md R110).
const WARNING: &str = "Sender ID / Caller ID is not guaranteed.";

/// A message as the call asks for it.
#[derive(Clone)]
struct Asked {
    account_id: i64,
    provider: String,
    phone: String,
    text: Text,
    external_id: String,
    digest: String,
}

/// What is answered.
struct Sent {
    id: i64,
    provider: Open,
    status: String,
    balance_after: Money,
    parts: i64,
    cost: Money,
    sender: String,
}

/// What the first job has done.
enum Begun {
    Charged(Sent, Charged),
    /// It was asked for before, under the same name.
    Known(Sent),
}

fn asked(call: &Call) -> Result<Asked> {
    let field = |name: &str| match call.input(name)? {
        Some(raw) => Ok(raw.str().to_owned()),
        None => Err(Error::missed(name)),
    };
    let optional = |name: &str| Ok(call.input(name)?.map_or(String::new(), |raw| raw.str().to_owned()));
    let party = ask::party(call)?;
    let (provider, phone) = (field("provider")?.trim().to_lowercase(), ask::phone(&field("phone")?)?);
    let sender: Result<String> = optional("sender");
    let text = Text::checked(&sender?, &field("text")?)?;
    let external_id: Result<String> = optional("external_id");
    let external_id = client::reference("external_id", external_id?.trim())?;
    let digest = match external_id.as_str() {
        "" => String::new(),
        _ => ask::digest(&[&provider, &phone, &text.sender, &text.text]),
    };
    Ok(Asked { account_id: party.account_id, provider, phone, text, external_id, digest })
}

fn send(call: &Call) -> Result<Reply> {
    let asked = asked(call)?;
    let _waiting = Waiting::begin("sms")?;
    let (own, now_us) = (asked.clone(), call.now_us);
    let (mut sent, charged) = match call.app.db.write(move |conn| begin(conn, &own, now_us))? {
        Begun::Known(sent) => return Ok(Reply::Ok(nodes(&sent))),
        Begun::Charged(sent, charged) => (sent, charged),
    };
    let outcome = match transport::of(&call.app, sent.provider.id) {
        Ok(transport) => worker::hand_over_one(&*transport, &charged),
        Err(error) => Outcome::NotSent { reason: error.to_string() },
    };
    sent.status = outcome::status_of(&outcome).to_owned();
    let is_failed = sent.status == status::FAILED;
    unwritten::record(&call.app, sent.provider.id, (charged, outcome), journal::statement(call))?;
    if is_failed { Err(Error::new("busy", "sms")) } else { Ok(Reply::Ok(nodes(&sent))) }
}

/// Charged and written down, or nothing of it.
fn begin(conn: &mut Conn, asked: &Asked, now_us: i64) -> Result<Begun> {
    if !asked.external_id.is_empty() {
        client::lock(conn, asked.account_id)?;
        if let Some(known) = known(conn, asked)? {
            return Ok(Begun::Known(known));
        }
    }
    let party = Party::load(conn, asked.account_id)?;
    if let Some(reason) = ask::closed(&party) {
        return Err(refused(reason, &asked.phone));
    }
    let provider = Open::find(conn, &asked.provider)?;
    let payers = party.payers(conn)?;
    let prices = Prices::of(conn, (provider.id, party.payer_id), [asked.phone.as_str()].into_iter())?;
    let priced = prices.cost(&asked.phone, asked.text.parts, &payers)?;
    let cost = priced.map_err(|reason| refused(reason, &asked.phone))?;
    let taken = Purse::open(conn, &payers, now_us)?.take(cost)?;
    taken.map_err(|reason| refused(reason, &cost[0].plain()))?;
    let balance = charge::locked_balance(conn, payers.retail().subaccount.id)?;
    let draft = Draft {
        party: &party,
        payers: &payers,
        text: &asked.text,
        phone: &asked.phone,
        cost,
        origin: Origin::default(),
        external_id: &asked.external_id,
        digest: &asked.digest,
        balance_after: balance.minus(cost[0])?,
    };
    let charged = message::charge_all(conn, provider.id, std::slice::from_ref(&draft), now_us)?.remove(0);
    let sent = Sent {
        id: charged.id,
        provider,
        status: status::SENDING.to_owned(),
        balance_after: draft.balance_after,
        parts: asked.text.parts,
        cost: cost[0],
        sender: asked.text.sender.clone(),
    };
    Ok(Begun::Charged(sent, charged))
}

/// The message that was sent under this name. Error `exists(external_id)` where it was another one.
fn known(conn: &mut Conn, asked: &Asked) -> Result<Option<Sent>> {
    let sql = Sql::new(
        "SELECT m.id, m.digest, m.status, m.balance_after, m.parts, m.cost, m.sender, p.id, p.code, p.name \
         FROM sms_message m JOIN sms_provider p ON p.id = m.provider_id \
         WHERE m.external_id <> '' AND m.status <> 'FAILED' AND m.account_id = ",
    );
    let sql = sql.bind(asked.account_id).sql(" AND m.external_id = ").bind(asked.external_id.as_str());
    let (int, text) = (Kind::Int, Kind::Text);
    let Some(row) = sql.first(conn, &[int, text, text, int, int, int, text, int, text, text])? else {
        return Ok(None);
    };
    if row[1].str() != asked.digest {
        return Err(Error::exists("external_id", &asked.external_id));
    }
    let text = |at: usize| row[at].str().to_owned();
    Ok(Some(Sent {
        id: row[0].int(),
        status: text(2),
        balance_after: Money(row[3].int()),
        parts: row[4].int(),
        cost: Money(row[5].int()),
        sender: text(6),
        provider: Open { id: row[7].int(), code: text(8), name: text(9) },
    }))
}

fn nodes(sent: &Sent) -> Vec<Node> {
    vec![
        Node::leaf("id", sent.id.to_string()),
        Node::leaf("provider", &sent.provider.code),
        Node::leaf("provider_name", &sent.provider.name),
        Node::leaf("status", &sent.status),
        Node::leaf("balance_after", sent.balance_after.plain()),
        Node::leaf("parts", sent.parts.to_string()),
        Node::leaf("cost", sent.cost.plain()),
        Node::leaf("sender", &sent.sender),
        Node::leaf("guaranteed", "off"),
        Node::leaf("warning", WARNING),
    ]
}
