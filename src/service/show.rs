//! The small reports on services.

use super::item::{self, Item};
use super::{Till, choices};
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("gotoserver", Handler::Once(goto_server)),
    ("service.instruction", Handler::Form(INSTRUCTION)),
    ("service.instruction.html", Handler::Once(instruction_html)),
    ("service.set_password.state", Handler::Once(password_state)),
    ("service.stat", Handler::Form(STAT)),
    ("service.order", Handler::Form(TYPES)),
    ("dashboard.items", Handler::View(Some(|_| Ok(Sql::new(" AND status IN (2, 3) AND expiredate > 0"))))),
];

const INSTRUCTION: Form = record::FORM.read(item::read).show(show_instruction);
const STAT: Form = record::FORM.read(item::read).show(show_stat);
const TYPES: Form = record::FORM.save(choose_type).show(show_types);

/// The address of the service's own panel: what its module named, else its main address.
fn goto_server(cx: &mut Ctx) -> Result<Reply> {
    let item = item::named(cx)?;
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
    let item = item::named(cx)?;
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
    let item = item::named(cx)?;
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
        Some(kind) => {
            let func = format!("{}.order", kind.intname);
            let onward = cx.onward(&format!("func={func}"));
            Ok([Node::leaf("func", func)].into_iter().chain(onward).collect())
        }
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
