//! Documents as the server makes them.

use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body, Node};
use crate::money::Money;
use crate::render::html;
use crate::time::Zone;

pub const HOSTILE: &str = "\"><script>alert('1')</script>&amp;";

pub fn named(element: &'static str, name: &str) -> Node {
    Node::new(element).attr("name", name)
}

/// The words of funcs/panel.xml in one language.
pub fn panel_words(lang: &str) -> Vec<(&'static str, &'static str)> {
    let file = include_str!("../../../../funcs/panel.xml");
    let part = file.split("<lang name=").find(|part| part.starts_with(&format!("\"{lang}\"")));
    let lines = part.unwrap_or_default().lines().map(str::trim);
    let msgs = lines.filter_map(|line| line.strip_prefix("<msg name=\"")?.strip_suffix("</msg>"));
    msgs.filter_map(|msg| msg.split_once("\">")).collect()
}

pub fn doc(func: &str, lang: &str, words: &[(&str, &str)], params: &[(&str, &str)]) -> Node {
    let shared = [("flag_on", "Yes"), ("flag_off", "No")];
    let msgs = words.iter().copied().chain(shared).chain(panel_words(lang));
    let messages = named("messages", func).with(msgs.map(|(name, text)| named("msg", name).text(text)));
    let tparams = params.iter().map(|(name, value)| Node::leaf((*name).to_owned(), *value));
    Node::new("doc")
        .attr("lang", lang)
        .attr("func", func)
        .kid(messages)
        .kid(Node::new("tparams").with(tparams).kid(Node::leaf("func", func)))
        .kid(menu())
        .kid(named("user", "admin").attr("level", "29"))
        .kid(
            Node::new(html::FRAME).with(
                [("en", "English"), ("ru", "Русский")]
                    .map(|(code, name)| Node::leaf(html::LANG, name).attr("code", code)),
            ),
        )
}

/// What the server adds for the frame of such a document.
pub fn framed(mut doc: Node, attrs: &[(&'static str, &str)]) -> Node {
    let frame = doc.kids.iter_mut().find(|kid| kid.name == html::FRAME).expect("a frame");
    frame.attrs.extend(attrs.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    doc
}

fn menu() -> Node {
    let node = |name: &str, label: &str| named("node", name).attr("func", name).text(label);
    let clients =
        named("node", "clients").text("Clients").kid(node("account", "Accounts")).kid(node("user", "Users"));
    let money = named("node", "money")
        .text("Money")
        .kid(node("payment", "Payments"))
        .kid(node("expense", "Expenses"));
    Node::new("menu").kid(clients).kid(money).kid(node("whoami", "My profile"))
}

const PAYMENT_WORDS: [(&str, &str); 15] = [
    ("title", "Payments"),
    ("help", "Money that clients paid or are about to pay."),
    ("id", "Code"),
    ("number", "Number"),
    ("sender", "Payer"),
    ("amount", "Amount"),
    ("create_date", "Created"),
    ("status", "Status"),
    ("active", "Active"),
    ("hint_status", "How far the payment is"),
    ("short_new", "Add"),
    ("short_edit", "Edit"),
    ("short_delete", "Delete"),
    ("short_suspend", "Suspend"),
    ("msg_confirm_delete", "Delete the selected payments?"),
];

fn button(name: &str, kind: &str) -> Node {
    named("toolbtn", name).attr("func", format!("payment.{name}")).attr("type", kind)
}

fn list_metadata() -> Node {
    let col = |name: &str| named("col", name).attr("type", "data").attr("sort", "alpha");
    let group = |name: &str| named("toolgrp", name);
    let toolbar = Node::new("toolbar")
        .kid(group("new").kid(named("toolbtn", "new").attr("func", "payment.edit").attr("type", "new")))
        .kid(
            group("edit")
                .kid(button("edit", "edit"))
                .kid(button("delete", "group"))
                .kid(button("suspend", "group")),
        )
        .kid(group("filter").kid(button("filter", "filter")));
    let coldata = Node::new("coldata")
        .with(["id", "number", "sender", "amount", "create_date", "status", "active"].map(col))
        .kid(col("account_id").attr("hidden", "yes"));
    let metadata =
        named("metadata", "payment").attr("type", "list").attr("key", "id").attr("keyname", "number");
    metadata.kid(toolbar).kid(coldata)
}

/// A page of payments: what the answer is, before its rows.
pub fn payments(lang: &str, params: &[(&str, &str)]) -> Answer {
    let mut doc = doc("payment", lang, &PAYMENT_WORDS, params);
    doc.kids.insert(0, list_metadata());
    let leaf = |name: &'static str, text: &str| Node::leaf(name, text);
    let doc = doc
        .kid(leaf("p_sort", "id"))
        .kid(leaf("p_order", "asc"))
        .kid(Node::rows())
        .kid(leaf("p_cnt", "50"))
        .kid(leaf("p_num", "3"))
        .kid(leaf("p_elems", "480"));
    Answer::new(Body::List, doc)
}

pub fn render(answer: &Answer, senders: &[&str]) -> String {
    let zone = Zone::utc();
    let names = ["sender", "amount", "create_date", "status", "active", "number", "account_id", "id"];
    let columns = names.map(Column::new);
    let mut html = html::start();
    html.list(&columns, "id");
    for (at, sender) in senders.iter().enumerate() {
        let id = at as i64 + 101;
        let paid = at % 2 == 0;
        html.row(
            &columns,
            &[
                Cell::Text((*sender).into()),
                Cell::Money(Money(1_234_560_000 * id), "EUR".into()),
                Cell::Date(1_767_225_600_000_000, &zone),
                Cell::Msg {
                    code: if paid { "4" } else { "1" }.into(),
                    words: if paid { "Credited" } else { "New" }.into(),
                    color: if paid { "green" } else { "blue" }.into(),
                },
                Cell::Flag(paid),
                Cell::Text(format!("pfx/{id}").into()),
                Cell::Int(77),
                Cell::Int(id),
            ],
        );
    }
    html.finish(answer)
}

fn field(name: &str, control: Node) -> Node {
    named("field", name).kid(control.attr("name", name.to_owned()))
}

fn input(kind: &str) -> Node {
    Node::new("input").attr("type", kind)
}

fn form_metadata() -> Node {
    let main = named("page", "main")
        .kid(field("name", input("text").attr("required", "yes").attr("maxlength", "255")))
        .kid(field("currency", Node::new("select").attr("required", "yes")))
        .kid(field("project", Node::new("select").attr("type", "multiple")))
        .kid(field("minamount", input("text").attr("check", "money")))
        .kid(field("fromdate", input("text").attr("date", "yes")));
    let more = named("page", "more")
        .kid(field("active", input("checkbox")))
        .kid(field("secret", input("password")))
        .kid(field("module", input("hidden")))
        .kid(field("note", Node::new("textarea")));
    named("metadata", "paymethod.edit").attr("type", "form").kid(Node::new("form").kid(main).kid(more))
}

const PAYMETHOD_WORDS: [(&str, &str); 14] = [
    ("title", "Payment method"),
    ("main", "Common"),
    ("more", "Further settings"),
    ("name", "Name"),
    ("hint_name", "What clients choose by"),
    ("currency", "Currency"),
    ("project", "Providers"),
    ("hint_project", "Where the method is offered; several may be chosen"),
    ("minamount", "Least amount"),
    ("fromdate", "Offered from"),
    ("active", "Active"),
    ("secret", "Secret key"),
    ("note", "Note"),
    ("placeholder_note", "Anything worth knowing"),
];

pub fn paymethod(lang: &str, params: &[(&str, &str)]) -> Node {
    let mut doc = doc("paymethod.edit", lang, &PAYMETHOD_WORDS, params);
    doc.kids.insert(0, form_metadata());
    let val = |key: &str, text: &str| Node::new("val").attr("key", key).text(text);
    doc.kid(named("slist", "currency").kid(val("153", "EUR")).kid(val("126", "RUB")))
        .kid(named("slist", "project").kid(val("1", "North")).kid(val("2", "South")).kid(val("12", "West")))
        .kid(Node::leaf("name", "Bank <transfer>"))
        .kid(Node::leaf("currency", "126"))
        .kid(Node::leaf("project", "1, 12"))
        .kid(Node::leaf("minamount", "10.00"))
        .kid(Node::leaf("fromdate", "2026-01-31"))
        .kid(Node::leaf("active", "on"))
        .kid(Node::leaf("secret", "hunter2"))
        .kid(Node::leaf("module", "pmbank"))
        .kid(Node::leaf("note", "\nfirst line"))
        .kid(Node::leaf("elid", "5"))
}

pub fn error(kind: &str, object: &str, text: &str) -> Node {
    Node::new("error").attr("type", kind).attr("object", object).kid(Node::leaf("msg", text))
}
