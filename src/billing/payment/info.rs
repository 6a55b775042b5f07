//! What payment modules ask for: a payment and all it belongs to.

use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::money::Money;
use crate::record;
use crate::rpc::handler::{Ctx, Reply};

use super::event::load;

/// What a payment module asks for: the payment and all it belongs to (protocol.md §9).
pub fn info(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let payment = load(cx, id)?;
    let level = cx.caller.level().number().to_string();
    let mut node = Node::new("payment")
        .attr("is_json_array", "yes")
        .attr("level", level)
        .attr("lang", &cx.lang)
        .attr("document_lang", &cx.lang)
        .attr("id", id.to_string());
    node.kids = row_nodes(cx, "payment_list", &PAYMENT_FIELDS, id)?;
    let parts: [(&'static str, &str, &[Info], i64); 3] = [
        ("paymethod", "paymethod_list", &PAYMETHOD_FIELDS, payment.paymethod_id),
        ("currency", "currency_list", &CURRENCY_FIELDS, payment.method_currency),
        ("project", "project_list", &PROJECT_FIELDS, payment.subaccount.project_id),
    ];
    for (name, view, fields, id) in parts {
        let kids = row_nodes(cx, view, fields, id)?;
        node.kids.push(Node::new(name).with(kids));
    }
    Ok(Reply::Object(vec![node]))
}

/// A column and how its text is made.
type Info = (&'static str, &'static str, How);

#[derive(Clone, Copy)]
enum How {
    Int,
    Text,
    Money,
}

const PAYMENT_FIELDS: [Info; 11] = [
    ("id", "id", How::Int),
    ("number", "number", How::Text),
    ("status", "status", How::Int),
    ("account", "account_id", How::Int),
    ("subaccount", "subaccount_id", How::Int),
    ("sender", "sender_id", How::Int),
    ("recipient", "recipient_id", How::Int),
    ("paymethodamount", "paymethodamount", How::Money),
    ("subaccountamount", "subaccountamount", How::Money),
    ("description", "description", How::Text),
    ("externalid", "externalid", How::Text),
];
const PAYMETHOD_FIELDS: [Info; 3] =
    [("id", "id", How::Int), ("name", "name", How::Text), ("module", "module", How::Text)];
const CURRENCY_FIELDS: [Info; 3] =
    [("id", "id", How::Int), ("iso", "iso", How::Text), ("name", "name", How::Text)];
const PROJECT_FIELDS: [Info; 4] = [
    ("id", "id", How::Int),
    ("name", "name", How::Text),
    ("site", "site", How::Text),
    ("billurl", "billurl", How::Text),
];

fn row_nodes(cx: &mut Ctx, view: &str, fields: &[Info], id: i64) -> Result<Vec<Node>> {
    let kind = |how: How| if let How::Text = how { Kind::Text } else { Kind::Int };
    let kinds: Vec<Kind> = fields.iter().map(|field| kind(field.2)).collect();
    let sql = Sql::new("SELECT ").words(fields.iter().map(|field| field.1)).sql(" FROM ").word(view);
    let Some(row) = sql.sql(" WHERE id = ").bind(id).first(cx.conn, &kinds)? else { return Ok(Vec::new()) };
    let text = |how: How, raw: &Raw| match how {
        How::Int => raw.int().to_string(),
        How::Text => raw.str().to_owned(),
        How::Money => Money(raw.int()).plain(),
    };
    Ok(fields.iter().zip(&row).map(|(field, raw)| Node::leaf(field.0, text(field.2, raw))).collect())
}

/// What the payment is for: the lines of its order, or nothing for a top-up.
pub fn order_info(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let payment = load(cx, id)?;
    let mut nodes = row_nodes(cx, "payment_list", &PAYMENT_FIELDS[..2], id)?;
    if payment.billorder_id != 0 {
        nodes.push(Node::leaf("billorder", payment.billorder_id.to_string()));
        let list = Node::new("list").attr("name", "itemlist");
        nodes.push(list.with(line_nodes(cx, payment.billorder_id)?));
    }
    Ok(Reply::Object(nodes))
}

fn line_nodes(cx: &mut Ctx, order_id: i64) -> Result<Vec<Node>> {
    let sql = Sql::new(
        "SELECT id, item_id, period, total, item_name, pricelist_name, kind, currency_iso FROM lineitem_list \
         WHERE billorder_id = ",
    );
    let kinds: Vec<Kind> = [Kind::Int; 4].into_iter().chain([Kind::Text; 4]).collect();
    let rows = sql.bind(order_id).sql(" ORDER BY id").load(cx.conn, &kinds)?;
    let line = |row: &Vec<Raw>| {
        let ints = ["id", "item", "period"].into_iter().zip(row);
        let ints = ints.map(|(name, raw)| Node::leaf(name, raw.int().to_string()));
        let texts = ["name", "pricelist", "kind"].into_iter().zip(&row[4..]);
        let texts = texts.map(|(name, raw)| Node::leaf(name, raw.str()));
        let iso = row[7].str();
        let cost = format!("{} {iso}", Money(row[3].int()).shown(iso));
        Node::new("elem").with(ints).with(texts).kid(Node::leaf("cost", cost))
    };
    Ok(rows.iter().map(line).collect())
}
