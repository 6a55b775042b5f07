use super::samples::{HOSTILE, doc, named};
use super::{has, lacks, page, sound};
use crate::doc::{Body, Node};

const WORDS: [(&str, &str); 9] = [
    ("title", "Client"),
    ("name", "Name"),
    ("state", "State"),
    ("balance", "Balance"),
    ("owner", "Owner"),
    ("secretly", "Hidden"),
    ("short_edit", "Edit"),
    ("short_suspend", "Disable"),
    ("msg_confirm_suspend", "Disable the selected records?"),
];

fn metadata() -> Node {
    let col = |name: &str, kind: &str| named("col", name).attr("kind", kind);
    let cols = [col("name", "text"), col("state", "text"), col("balance", "money"), col("owner", "text")];
    let cols = Node::new("coldata").with(cols).kid(col("secretly", "id").attr("hidden", "yes"));
    let node = named("metadata", "account.card").attr("type", "card");
    node.attr("keyname", "name").attr("status", "state").kid(cols)
}

fn rows() -> Node {
    let col = named("col", "number").attr("kind", "text");
    let list = named("metadata", "account.payment").attr("type", "list").attr("key", "id");
    let list = list.attr("keyname", "number").attr("card", "payment.card");
    let list = list.kid(Node::new("coldata").kid(col).kid(named("col", "id").attr("hidden", "yes")));
    let elem = Node::new("elem").kid(Node::leaf("id", "7")).kid(Node::leaf("number", HOSTILE));
    Node::new("rows").attr("func", "account.payment").attr("total", "31").kid(list).kid(elem)
}

fn card(params: &[(&str, &str)]) -> Node {
    let state =
        |name: &'static str| Node::leaf(name, "Enabled").attr("orig", "active").attr("color", "green");
    let figures = Node::new("figures")
        .kid(Node::leaf("name", HOSTILE))
        .kid(state("state"))
        .kid(Node::leaf("balance", "12.00 EUR"))
        .kid(Node::leaf("owner", "A < B").attr("card", "account.card").attr("elid", "3"))
        .kid(Node::leaf("secretly", "never shown"));
    let button = |name: &str, kind: &str| {
        named("toolbtn", name).attr("func", format!("account.{name}")).attr("type", kind)
    };
    let tab = |name: &str, label: &str| {
        let query = Node::leaf("query", format!("func=account.{name}&elid=5"));
        Node::new("elem").kid(Node::leaf("name", name)).kid(Node::leaf("label", label)).kid(query)
    };
    let event = Node::new("elem")
        .kid(Node::leaf("time", "2026-06-15 12:00:00"))
        .kid(Node::leaf("label", "Change"))
        .kid(Node::leaf("text", HOSTILE))
        .kid(Node::leaf("user", "anna"));
    let mut doc = doc("account.card", "en", &WORDS, params);
    doc.kids.insert(0, metadata());
    doc.kid(Node::leaf("id", "5"))
        .kid(Node::leaf("name", HOSTILE))
        .kid(figures)
        .kid(Node::new("toolbar").kid(button("edit", "edit")).kid(button("suspend", "group")))
        .kid(
            Node::new("tabs")
                .kid(tab("user", "Users"))
                .kid(tab("payment", "Payments").attr("current", "yes")),
        )
        .kid(state("status"))
        .kid(rows())
        .kid(Node::new("timeline").kid(event))
}

#[test]
fn a_card_shows_a_record_and_what_belongs_to_it() {
    let page = page(Body::Object, card(&[("elid", "5")]));
    sound(&page);
    lacks(&page, "<script>");
    lacks(&page, "never shown");
    has(&page, r#"<p class="state state-green card-state">Enabled</p>"#);
    has(&page, r#"<dd class="sum">12.00 EUR</dd>"#);
    has(&page, r#"<a href="?func=account.card&amp;elid=3">A &lt; B</a>"#);
    has(&page, r#"<a class="button primary" href="?func=account.edit&amp;elid=5">Edit</a>"#);
    has(&page, r#"<a href="?func=account.card&amp;elid=5&amp;tab=user">Users</a>"#);
    has(&page, r#"tab=payment" aria-current="page">Payments</a>"#);
    has(&page, r#"<a href="?func=payment.card&amp;elid=7">"#);
    has(&page, r#"<a href="?func=account.payment&amp;elid=5">All of them: 31</a>"#);
    has(&page, "<time>2026-06-15 12:00:00</time>");
}

/// What is hard to undo is a link to a question; the deed itself is posted.
#[test]
fn a_deed_on_a_card_asks_first() {
    let before = page(Body::Object, card(&[("elid", "5"), ("tab", "payment")]));
    has(&before, r#"href="?func=account.card&amp;elid=5&amp;tab=payment&amp;sure=suspend""#);
    lacks(&before, r#"value="account.suspend""#);
    let asked = page(Body::Object, card(&[("elid", "5"), ("tab", "payment"), ("sure", "suspend")]));
    sound(&asked);
    has(
        &asked,
        r#"<input type="hidden" name="p_back" value="func=account.card&amp;elid=5&amp;tab=payment">"#,
    );
    has(&asked, r#"<button class="primary" name="func" value="account.suspend">Disable</button>"#);
    let unknown = page(Body::Object, card(&[("elid", "5"), ("sure", "no.such")]));
    lacks(&unknown, r#"name="p_back""#);
}

#[test]
fn records_are_found_beside_pages() {
    let hit = Node::new("elem")
        .kid(Node::leaf("title", "Client"))
        .kid(Node::leaf("name", HOSTILE))
        .kid(Node::leaf("about", "Enabled"))
        .kid(Node::leaf("query", "func=account.card&elid=5"));
    let page = page(Body::Object, doc("find", "en", &[], &[("q", "pay")]).kid(Node::new("found").kid(hit)));
    sound(&page);
    lacks(&page, "<script>");
    has(&page, r#"<li><a href="?func=account.card&amp;elid=5">"#);
    has(&page, r#"<li><a href="?func=payment">Payments</a>"#);
}
