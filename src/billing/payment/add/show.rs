//! What the steps show: the providers of the client, the methods that are open to him with what each
//! would cost, and before the payment is made what it comes to.

use super::ask::{self, Ask};
use super::{payer, price};
use crate::billing::payment::amount::{self, Method};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::money::Money;
use crate::record::Record;
use crate::rpc::handler::Ctx;

pub fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let Some(ask) = ask::asked(cx, record)? else { return Ok(()) };
    record.set("account_id", ask.subaccount.account_id);
    let step = cx.func.meta.form.pages[cx.func.meta.step].name.clone();
    match step.as_str() {
        "project" => projects(cx, record, &ask),
        "method" => methods(cx, record, &ask),
        "pay" => total(cx, record, &ask),
        _ => Ok(()),
    }
}

fn val(id: i64, name: &str) -> Node {
    Node::leaf("val", name).attr("key", id.to_string())
}

fn projects(cx: &mut Ctx, record: &mut Record, ask: &Ask) -> Result<()> {
    let sql = Sql::new(
        "SELECT p.id, p.name FROM subaccount s JOIN project p ON p.id = s.project_id WHERE s.account_id = ",
    );
    let rows =
        sql.bind(ask.subaccount.account_id).sql(" ORDER BY s.id").load(cx.conn, &[Kind::Int, Kind::Text])?;
    let list = Node::new("slist").attr("name", "project");
    record.nodes.push(list.with(rows.iter().map(|row| val(row[0].int(), row[1].str()))));
    record.show("project", ask.subaccount.project_id.to_string());
    Ok(())
}

/// The methods that are open, as a list to choose from and as a table with amounts.
fn methods(cx: &mut Ctx, record: &mut Record, ask: &Ask) -> Result<()> {
    let payer = payer::so_far(cx, ask, record)?;
    let amount = ask.amount(cx)?;
    let mut slist = Node::new("slist").attr("name", "paymethod");
    let mut list = Node::new("list").attr("name", "methodlist");
    for method in Method::of_project(cx.conn, ask.subaccount.project_id)? {
        let call = cx.call;
        if amount::company(&call.app, cx.conn, &method, ask.subaccount.project_id, payer)?.is_none() {
            continue;
        }
        slist.kids.push(val(method.id, &method.name));
        list.kids.push(method_node(cx, ask, &method, amount)?);
    }
    record.nodes.extend([slist, list]);
    if record.int("payment_currency") == 0 {
        record.set("payment_currency", ask.subaccount.currency_id);
    }
    if let Some(amount) = amount {
        record.show("amount", cx.params.sent("amount").map_or_else(|| amount.plain(), str::to_owned));
    }
    Ok(())
}

fn method_node(cx: &mut Ctx, ask: &Ask, method: &Method, amount: Option<Money>) -> Result<Node> {
    let money = |amount: Money| format!("{} {}", amount.shown(&method.iso), method.iso);
    let node = Node::new("elem").with([
        Node::leaf("id", method.id.to_string()),
        Node::leaf("name", &method.name),
        Node::leaf("paymethod", &method.name),
        Node::leaf("module", &method.module),
        Node::leaf("image", &method.image),
        Node::leaf("currency", &method.iso),
    ]);
    let Some(amount) = amount else { return Ok(node) };
    Ok(match price(cx, &ask.subaccount, amount, method) {
        Ok(price) => node.with([
            Node::leaf("payment_amount", money(price.paid)),
            Node::leaf("commission", money(price.commission)),
        ]),
        // Shown all the same: another amount may be within the limits.
        Err(error) => node.kid(Node::leaf("unavailable", error.kind)),
    })
}

fn total(cx: &mut Ctx, record: &mut Record, ask: &Ask) -> Result<()> {
    let (Some(amount), id) = (ask.amount(cx)?, record.int("paymethod")) else { return Ok(()) };
    if id == 0 {
        return Ok(());
    }
    let method = Method::load(cx.conn, id)?;
    let price = price(cx, &ask.subaccount, amount, &method)?;
    let iso = ask.subaccount.iso.as_str();
    record.show("credited", format!("{} {iso}", price.credited.shown(iso)));
    record.show("commission", format!("{} {}", price.commission.shown(&method.iso), method.iso));
    record.show("total", format!("{} {}", price.paid.shown(&method.iso), method.iso));
    Ok(())
}
