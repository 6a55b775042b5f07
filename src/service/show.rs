//! What orders and services show beside their fields, and the small reports on services.

use super::buyer::{Ask, Buyer};
use super::item::{self, Item};
use super::{Till, choices, order, tariff};
use crate::books;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::tariff::period::Period;

pub const FUNCS: &[Row] = &[
    ("gotoserver", Handler::Once(goto_server)),
    ("service.instruction", Handler::Form(INSTRUCTION)),
    ("service.instruction.html", Handler::Once(instruction_html)),
    ("service.set_password.state", Handler::Once(password_state)),
    ("service.stat", Handler::Form(STAT)),
    ("service.order", Handler::Form(TYPES)),
    ("dashboard.items", Handler::View(Some(|_| Ok(Sql::new(" AND status IN (2, 3) AND expiredate > 0"))))),
];

const INSTRUCTION: Form = record::FORM.read(read_item).show(show_instruction);
const STAT: Form = record::FORM.read(read_item).show(show_stat);
const TYPES: Form = record::FORM.save(choose_type).show(show_types);

/// Tariffs that a step lists.
const TARIFFS_MAX: i64 = 500;

/// The tariffs of a type that are on sale, and on the second step what the choice costs.
pub fn order(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = order::looked_at(cx)?;
    if cx.func.meta.step == 0 {
        let list = tariffs(cx, account_id)?;
        record.nodes.push(list);
        return Ok(());
    }
    summary(cx, account_id, record)
}

fn tariffs(cx: &mut Ctx, account_id: i64) -> Result<Node> {
    let (kind_id, lang, level) = (order::kind(cx)?.id, cx.lang.clone(), cx.caller.level());
    let sql = Sql::new("SELECT id FROM pricelist WHERE NOT deleted AND active AND itemtype_id = ");
    let sql = sql.bind(kind_id).sql(" ORDER BY orderpriority, id LIMIT ").bind(TARIFFS_MAX);
    let ids = sql.load(cx.conn, &[Kind::Int])?;
    let asked = cx.params.sent("period").or_else(|| cx.params.sent("order_period"));
    let asked = asked.and_then(|text| text.trim().parse().ok()).and_then(Period::from_code);
    let till = &mut Till::of(cx);
    let mut list = Node::new("list").attr("name", "tariflist");
    for row in ids {
        let tariff = till.tariff(row[0].int())?;
        if !order::is_on_sale(&tariff, level) {
            continue;
        }
        let period = asked.or_else(|| tariff.periods().into_iter().find(|period| *period != Period::Trial));
        let Some(period) = period.filter(|period| tariff.is_sold_for(*period)) else { continue };
        let price = match buyer_of(till, account_id, tariff.project_id)? {
            Some(buyer) => {
                let amount = buyer.prices(till, &tariff)?.of_period(period, false)?;
                format!("{} {}", amount.shown(&buyer.subaccount.iso), buyer.subaccount.iso)
            }
            None => String::new(),
        };
        list = list.kid(
            Node::new("elem")
                .kid(Node::leaf("pricelist", tariff.id.to_string()))
                .kid(Node::leaf("id", tariff.id.to_string()))
                .kid(Node::leaf("name", tariff.title(&lang)))
                .kid(Node::leaf("desc", tariff.title(&lang)))
                .kid(Node::leaf("period", period.code().to_string()))
                .kid(Node::leaf("price", price)),
        );
    }
    Ok(list)
}

/// The client as a buyer from a provider, where he has an account with him.
pub fn buyer_of(till: &mut Till, account_id: i64, project_id: i64) -> Result<Option<Buyer>> {
    match books::subaccount_of(till.conn, account_id, Some(project_id)) {
        Ok(subaccount) => Buyer::load(till, subaccount.id).map(Some),
        Err(error) if error.kind == "missed" => Ok(None),
        Err(error) => Err(error),
    }
}

/// `pricelist_summary`, `discount_summary` and `total_summary`: the quote that will be charged.
fn summary(cx: &mut Ctx, account_id: i64, record: &mut Record) -> Result<()> {
    let Ok(tariff) = tariff::load(cx.conn, record.int("pricelist_id")) else { return Ok(()) };
    let sent = cx.params.sent("order_period").or_else(|| cx.params.sent("period"));
    let code = sent.and_then(|text| text.trim().parse().ok());
    let sold = tariff.periods();
    let shortest = sold.iter().copied().find(|period| *period != Period::Trial);
    let Some(period) = code.and_then(Period::from_code).or(shortest).filter(|p| sold.contains(p)) else {
        return Ok(());
    };
    let chosen = choices::chosen(&tariff, record, &[]);
    let promocode = record.str("promocode").to_owned();
    let till = &mut Till::of(cx);
    let Some(buyer) = buyer_of(till, account_id, tariff.project_id)? else { return Ok(()) };
    let ask =
        Ask { period, is_new: true, chosen: &chosen, promocode: &promocode, part: None, is_transfer: false };
    let Ok(sold) = buyer.quote(till, &tariff, &ask) else { return Ok(()) };
    let iso = &buyer.subaccount.iso;
    let money = |amount: Money| format!("{} {iso}", amount.shown(iso));
    let row = |name: &str, amount: Money| {
        Node::new("elem").kid(Node::leaf("name", name)).kid(Node::leaf("cost", money(amount)))
    };
    let list = |name: &'static str, rows: Vec<Node>| Node::new("list").attr("name", name).with(rows);
    let parts = sold.parts.iter().map(|part| row(&part.name, part.amount)).collect();
    let discount = (sold.priced.discount != Money::ZERO)
        .then(|| row(sold.discount_word(), sold.priced.discount.negated()));
    record.nodes.push(list("pricelist_summary", parts));
    record.nodes.push(list("discount_summary", discount.into_iter().collect()));
    let totals = vec![row("tax", sold.sum()?.tax), row("total", sold.total()?)];
    record.nodes.push(list("total_summary", totals));
    Ok(())
}

/// The module that will open a service: one of the tariff's, in the wanted data center where one is
/// named, first by order. 0 where there is none: then a person opens it.
pub fn module_of(conn: &mut Conn, tariff_id: i64, datacenter_id: i64) -> Result<i64> {
    let sql = Sql::new(
        "SELECT p.id FROM pricelist_processing l JOIN processing p ON p.id = l.processing_id \
         WHERE p.active AND NOT p.deleted AND l.pricelist_id = ",
    );
    let sql = sql.bind(tariff_id);
    let sql = match datacenter_id {
        0 => sql,
        id => sql.sql(" AND p.datacenter_id = ").bind(id),
    };
    let row = sql.sql(" ORDER BY p.orderpriority, p.id LIMIT 1").first(conn, &[Kind::Int])?;
    match (row, datacenter_id) {
        (None, id) if id != 0 => Err(Error::value("datacenter", id.to_string())),
        (row, _) => Ok(row.map_or(0, |row| row[0].int())),
    }
}

fn read_item(cx: &mut Ctx) -> Result<Record> {
    let elid = cx.params.get("elid").to_owned();
    let item = item::own(cx, &elid)?;
    let mut record = Record::stored(item.id);
    record.owner = (item.account_id, item.reseller_id);
    Ok(record)
}

/// The address of the service's own panel: what its module named, else its main address.
fn goto_server(cx: &mut Ctx) -> Result<Reply> {
    let elid = cx.params.get("elid").to_owned();
    let item = item::own(cx, &elid)?;
    let params = choices::open_params(cx.conn, item.id)?;
    let url = params.into_iter().find(|(name, _)| name == "url").map(|(_, value)| value);
    let sql = Sql::new("SELECT ip FROM item WHERE id = ").bind(item.id);
    let ip = sql.first(cx.conn, &[Kind::Text])?.map_or(String::new(), |row| row[0].str().to_owned());
    let url =
        url.unwrap_or_else(|| if ip.is_empty() { String::new() } else { format!("https://{ip}:1500/") });
    match url.starts_with("https://") || url.starts_with("http://") {
        true => Ok(Reply::Ok(vec![Node::leaf("url", url)])),
        false => Err(Error::missed("url")),
    }
}

/// Name, value and label of what a client needs to use the service.
fn access(cx: &mut Ctx, id: i64) -> Result<Vec<(String, String)>> {
    let sql = Sql::new("SELECT name, ip FROM item WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text, Kind::Text])?.ok_or_else(|| Error::missed("elid"))?;
    let mut lines = vec![("domain".to_owned(), row[0].str().to_owned())];
    lines.push(("ip".into(), row[1].str().to_owned()));
    lines.extend(choices::open_params(cx.conn, id)?);
    lines.retain(|(_, value)| !value.is_empty());
    Ok(lines)
}

fn show_instruction(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let lines = access(cx, record.id)?;
    let text: Vec<String> = lines.iter().map(|(name, value)| format!("{}: {value}", cx.word(name))).collect();
    record.show("body", text.join("\n"));
    Ok(())
}

fn instruction_html(cx: &mut Ctx) -> Result<Reply> {
    let elid = cx.params.get("elid").to_owned();
    let item = item::own(cx, &elid)?;
    let lines = access(cx, item.id)?;
    let mut body = String::from("<dl>");
    for (name, value) in &lines {
        for (open, text, close) in [("<dt>", cx.word(name), "</dt>"), ("<dd>", value.as_str(), "</dd>")] {
            body.push_str(open);
            crate::render::escape::xml(&mut body, text);
            body.push_str(close);
        }
    }
    body.push_str("</dl>");
    Ok(Reply::Object(vec![Node::leaf("body", body)]))
}

/// How far the newest change of the password is.
fn password_state(cx: &mut Ctx) -> Result<Reply> {
    let elid = cx.params.get("elid").to_owned();
    let item = item::own(cx, &elid)?;
    let sql = Sql::new("SELECT state FROM outbox WHERE intname = 'changepassword' AND item_id = ");
    let row = sql.bind(item.id).sql(" ORDER BY id DESC LIMIT 1").first(cx.conn, &[Kind::Text])?;
    let state = row.map_or_else(|| "done".to_owned(), |row| row[0].str().to_owned());
    Ok(Reply::Object(vec![Node::leaf("state", state)]))
}

/// Use by resource and day.
fn show_stat(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let days = match cx.params.get("period") {
        "week" => 7,
        "year" => 366,
        _ => 31,
    };
    let since = cx.now_us - days * crate::time::DAY_US;
    let sql = Sql::new("SELECT name, day, value FROM item_stat WHERE item_id = ").bind(record.id);
    let sql = sql.sql(" AND day >= ").bind(since).sql(" ORDER BY name, day");
    let rows = sql.load(cx.conn, &[Kind::Text, Kind::Int, Kind::Int])?;
    let zone = cx.zone.clone();
    let elem = |row: &Vec<Raw>| {
        Node::new("elem")
            .kid(Node::leaf("name", row[0].str()))
            .kid(Node::leaf("day", zone.date(row[1].int())))
            .kid(Node::leaf("value", row[2].int().to_string()))
    };
    record.nodes.push(Node::new("list").attr("name", "stat").with(rows.iter().map(elem)));
    Ok(())
}

/// The types that have a tariff on sale.
fn show_types(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let sql = Sql::new("SELECT DISTINCT itemtype_id FROM pricelist WHERE NOT deleted AND active");
    let sold: Vec<i64> = sql.load(cx.conn, &[Kind::Int])?.iter().map(|row| row[0].int()).collect();
    let types = cx.app.registry.families.types();
    let is_open = |name: &str| {
        let order = format!("{name}.order");
        cx.caller.user.may(&order) && cx.caller.level() >= Level::User
    };
    let lang = cx.lang.clone();
    let shown = types.iter().filter(|kind| sold.contains(&kind.id) && is_open(&kind.intname));
    let elem = |kind: &std::sync::Arc<crate::rpc::types::ItemType>| {
        Node::new("elem")
            .kid(Node::leaf("itemtype", kind.intname.as_str()))
            .kid(Node::leaf("name", kind.title(&lang)))
    };
    record.nodes.push(Node::new("list").attr("name", "itemtypelist").with(shown.map(elem)));
    Ok(())
}

/// Where to go on for the chosen type.
fn choose_type(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let name = cx.params.get("itemtype").to_owned();
    match cx.app.registry.families.by_name(&name) {
        Some(kind) => Ok(vec![Node::leaf("func", format!("{}.order", kind.intname))]),
        None => Err(Error::value("itemtype", name)),
    }
}

/// What a service is called in lists of orders.
pub fn title(till: &mut Till, item: &Item, lang: &str) -> Result<String> {
    let tariff = till.tariff(item.pricelist_id)?;
    let kind = till.app.registry.families.by_id(item.itemtype_id);
    let kind = kind.map(|kind| kind.title(lang).to_owned()).unwrap_or_default();
    Ok(format!("{kind}: {} ({})", tariff.title(lang), item.name))
}
