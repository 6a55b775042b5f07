//! Buying an eSIM: the money is held and the order written down, then the provider is asked, then the
//! order is settled. What happens between is made up for by `refresh`.

use std::sync::Arc;

use super::gateway::{self, Told};
use super::order::{self, Order, Settled, status};
use super::refresh;
use crate::auth::session;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::effect::Waiting;
use crate::error::{Error, Result};
use crate::history;
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Form, Reply};
use crate::telecom::client;
use crate::telecom::party::{Closed, Party};
use crate::telecom::payers::Payers;

pub const FORM: Form = record::FORM.read(read).outside(buy);

/// What is asked for, read from the call.
struct Wish {
    account_id: i64,
    package: String,
    /// What the buyer takes its price for.
    expected: Option<Money>,
    /// His own name of the order; empty: every call is an order of its own.
    external_id: String,
    our_ref: String,
}

/// The buyer's order: one that was made before, or one that is to be handed over.
enum Begun {
    Known(i64),
    New(Box<Order>),
}

/// A package that one account can buy, with what it costs whom.
struct Article {
    id: i64,
    provider_id: i64,
    code: String,
    name: String,
    data_bytes: i64,
    duration_days: i64,
    buy_cost: i64,
    price: Money,
    price_reseller: Money,
    catalogue_cost: i64,
}

impl Article {
    fn load(conn: &mut Conn, account_id: i64, code: &str) -> Result<Self> {
        let sql = Sql::new(
            "SELECT id, provider_id, code, name, data_bytes, duration_days, buy_cost, price, price_reseller, \
             catalogue_cost \
             FROM esim_package_list WHERE account_id = ",
        );
        let mut kinds = [Kind::Int; 10];
        (kinds[2], kinds[3]) = (Kind::Text, Kind::Text);
        let row = sql.bind(account_id).sql(" AND code = ").bind(code).first(conn, &kinds)?;
        let row = row.ok_or_else(|| Error::missed("package").with("value", code))?;
        Ok(Self {
            id: row[0].int(),
            provider_id: row[1].int(),
            code: row[2].str().to_owned(),
            name: row[3].str().to_owned(),
            data_bytes: row[4].int(),
            duration_days: row[5].int(),
            buy_cost: row[6].int(),
            price: Money(row[7].int()),
            price_reseller: Money(row[8].int()),
            catalogue_cost: row[9].int(),
        })
    }
}

/// The form with the package that was chosen in the list.
fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = Record::new();
    if let Some(id) = cx.elid()? {
        let sql = Sql::new("SELECT code, price FROM esim_package_list WHERE account_id = ");
        let sql = sql.bind(cx.caller.user.account_id).sql(" AND id = ").bind(id);
        if let Some(row) = sql.first(cx.conn, &[Kind::Text, Kind::Int])? {
            record.set("package", row[0].str());
            record.set("expected_price", row[1].int());
        }
    }
    Ok(record)
}

impl Wish {
    /// Whoever calls buys for himself, with his own money.
    fn of(call: &Call) -> Result<Self> {
        let account_id = call.caller.user.account_id;
        if account_id == 0 || !matches!(call.caller.level(), Level::User | Level::Reseller) {
            return Err(Error::access(call.func.name()));
        }
        let package = call.input("package")?.map_or(String::new(), |raw| raw.str().trim().to_owned());
        if package.is_empty() {
            return Err(Error::missed("package"));
        }
        let is_sent = !call.params.get("expected_price").trim().is_empty();
        let expected = call.input("expected_price")?.filter(|_| is_sent).map(|raw| Money(raw.int()));
        let external_id = client::reference("external_id", call.params.get("external_id").trim())?;
        let our_ref = format!("esim-{}", session::new_id());
        Ok(Self { account_id, package, expected, external_id, our_ref })
    }
}

fn buy(call: &Call) -> Result<Reply> {
    let wish = Arc::new(Wish::of(call)?);
    let _waiting = Waiting::begin("provider")?;
    let id = match begin(call, &wish)? {
        Begun::Known(id) => id,
        Begun::New(order) => {
            if let Some(error) = hand_over(call, &order)? {
                return Ok(Reply::Refused(error));
            }
            order.id
        }
    };
    call.app.db.read(BUDGET_SLOW, |conn| bought(conn, call, id)).map(Reply::Ok)
}

/// Asks the provider and writes its answer down. An error where there will be no eSIM; where nothing left
/// us there is none either, and nobody has to wait to learn it.
fn hand_over(call: &Call, order: &Order) -> Result<Option<Error>> {
    let (app, id) = (&call.app, order.id);
    let told = match gateway::reach(app, order.provider_id, |gateway| gateway.order(&order.ask)) {
        Told::NotSent { reason } => Told::Failed { reason },
        told => told,
    };
    let now_us = app.clock.now_us();
    let settled = app.db.write(move |conn| order::settle(conn, id, &told, status::FAILED, now_us))?;
    Ok((settled == Settled::GivenUp).then(|| Error::new("busy", "esim")))
}

/// The order with its money held, or the one that has the buyer's reference already.
fn begin(call: &Call, wish: &Arc<Wish>) -> Result<Begun> {
    let (wish, now_us, caller) = (wish.clone(), call.now_us, call.caller.clone());
    call.app.db.write(move |conn| {
        // Orders of one account take turns, so that a reference is looked for once.
        client::lock(conn, wish.account_id)?;
        if let Some(id) = known(conn, &wish)? {
            return Ok(Begun::Known(id));
        }
        let article = Article::load(conn, wish.account_id, &wish.package)?;
        if wish.expected.is_some_and(|expected| expected != article.price) {
            return Err(Error::value("expected_price", article.price.plain())); // what it costs now
        }
        let payers = buyer(conn, wish.account_id)?.payers(conn)?;
        let wholesale = if payers.wholesale().is_some() { article.price_reseller } else { Money::ZERO };
        let amounts = [article.price, wholesale];
        let id = insert(conn, &wish, &article, (&payers, amounts), now_us)?;
        payers.hold(conn, &order::bill(id, amounts), now_us)?;
        let change = history::Change { object: "esim", action: "esim.buy", description: &article.code };
        let owner = (wish.account_id, payers.retail().subaccount.reseller_id);
        history::keep(conn, (&caller, now_us), &change, id, owner)?;
        let order = refresh::lease(conn, id, now_us, 0)?;
        order.map(|order| Begun::New(Box::new(order))).ok_or_else(|| Error::system("a new order is gone"))
    })
}

/// A retry is the same order, unless that one came to nothing at once: then it was none. Under one reference
/// nobody orders two things.
fn known(conn: &mut Conn, wish: &Wish) -> Result<Option<i64>> {
    if wish.external_id.is_empty() {
        return Ok(None);
    }
    let sql = Sql::new("SELECT id, package_code, status FROM esim_order WHERE account_id = ");
    let sql = sql.bind(wish.account_id).sql(" AND external_id = ").bind(wish.external_id.as_str());
    let Some(row) = sql.first(conn, &[Kind::Int, Kind::Text, Kind::Text])? else { return Ok(None) };
    let id = row[0].int();
    if row[2].str() == status::FAILED {
        let sql = Sql::new("UPDATE esim_order SET external_id = '' WHERE id = ").bind(id);
        return sql.execute(conn).map(|_| None);
    }
    match row[1].str() == wish.package {
        true => Ok(Some(id)),
        false => Err(Error::exists("external_id", wish.external_id.as_str())),
    }
}

/// What keeps a reseller from paying for his client is not told (operations.md §2.14).
fn buyer(conn: &mut Conn, account_id: i64) -> Result<Party> {
    let party = Party::load(conn, account_id)?;
    match party.closed() {
        Some(Closed::Client) => Err(Error::access("esim.buy")),
        Some(Closed::Reseller) => Err(Error::limit("service", "")),
        None => Ok(party),
    }
}

fn insert(
    conn: &mut Conn,
    wish: &Wish,
    article: &Article,
    (payers, [price, wholesale_price]): (&Payers, [Money; 2]),
    now_us: i64,
) -> Result<i64> {
    let own = &payers.retail().subaccount;
    let wholesale = payers.wholesale().map(|side| side.subaccount.id);
    let values = [
        ("account_id", own.account_id.into()),
        ("reseller_id", own.reseller_id.into()),
        ("subaccount_id", own.id.into()),
        ("reseller_subaccount_id", wholesale.unwrap_or(0).into()),
        ("provider_id", article.provider_id.into()),
        ("package_id", article.id.into()),
        ("package_code", article.code.as_str().into()),
        ("package_name", article.name.as_str().into()),
        ("duration_days", article.duration_days.into()),
        ("data_bytes", article.data_bytes.into()),
        ("price", price.0.into()),
        ("wholesale_price", wholesale_price.0.into()),
        ("buy_cost", article.buy_cost.into()),
        ("catalogue_cost", article.catalogue_cost.into()),
        ("currency_id", own.currency_id.into()),
        ("status", status::PENDING.into()),
        ("our_ref", wish.our_ref.as_str().into()),
        ("external_id", wish.external_id.as_str().into()),
        ("created_at", now_us.into()),
    ];
    let sql = Sql::new("INSERT INTO esim_order (").words(values.iter().map(|(name, _)| *name));
    let sql = sql.sql(") VALUES (").binds(values.into_iter().map(|(_, value)| value)).sql(") RETURNING id");
    let row = sql.first(conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("an order got no id"))
}

fn bought(conn: &mut Conn, call: &Call, id: i64) -> Result<Vec<Node>> {
    let mut nodes = order::nodes(conn, call, id)?;
    let sql = Sql::new("SELECT balance FROM account_dashboard WHERE id = ").bind(call.caller.user.account_id);
    let balance = sql.first(conn, &[Kind::Int])?.map_or(Money::ZERO, |row| Money(row[0].int()));
    nodes.push(Node::leaf("balance_after", balance.plain()));
    Ok(nodes)
}
