//! Answers that the tests of the formats render; captures of protocol.md where it has them.

use std::sync::LazyLock;

use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body, Node};
use crate::money::Money;
use crate::time::Zone;

pub struct Sample {
    pub answer: Answer,
    pub columns: Vec<Column>,
    pub key: &'static str,
    pub rows: Vec<Vec<Cell<'static>>>,
}

/// What a format makes of a sample.
pub fn rendered(out: &str, sample: &Sample) -> String {
    let mut render = (super::format(out).expect("a built-in format").start)();
    if sample.answer.body == Body::List {
        render.list(&sample.columns, sample.key);
    }
    for row in &sample.rows {
        render.row(&sample.columns, row);
    }
    render.finish(&sample.answer)
}

/// An expected text, written here in lines: joined, and `⏎` made a line feed.
pub fn joined(lines: &str) -> String {
    lines.lines().map(str::trim_start).collect::<String>().replace('⏎', "\n")
}

fn sample(body: Body, doc: Node) -> Sample {
    Sample { answer: Answer::new(body, doc), columns: Vec::new(), key: "id", rows: Vec::new() }
}

fn doc(func: &str) -> Node {
    Node::new("doc").attr("lang", "ru").attr("func", func)
}

/// `filter` is an array by its name elsewhere, but no echoed parameter is.
fn around(doc: Node) -> Node {
    let func = doc.get_attr("func").unwrap_or_default().to_owned();
    let tparams = Node::new("tparams").kid(Node::leaf("filter", "on")).kid(Node::leaf("func", func));
    doc.kid(tparams).kid(Node::new("saved_filters"))
}

fn page(doc: Node, elems: &'static str) -> Node {
    let place = [Node::leaf("p_sort", "id"), Node::leaf("page", "6 - 5"), Node::rows()];
    around(doc).with(place).kid(Node::leaf("p_cnt", "50")).kid(Node::leaf("p_elems", elems))
}

/// After the list of protocol.md §3.3.
pub fn list() -> Sample {
    static UTC: LazyLock<Zone> = LazyLock::new(Zone::utc);
    let day = 1_715_040_000_000_000;
    let msg = |code: &'static str, words: &'static str, color: &'static str| Cell::Msg {
        code: code.into(),
        words: words.into(),
        color: color.into(),
    };
    let first = vec![
        Cell::Money(Money(10_000_000), "RUB".into()),
        Cell::Text(" - ".into()),
        Cell::Date(day, &UTC),
        Cell::Flag(false),
        msg("4", "Зачислен", "green"),
        Cell::Null,
        Cell::Int(6),
    ];
    let second = vec![
        Cell::Money(Money(-500_000), "".into()),
        Cell::Text("<&\">, a\r\nb".into()),
        Cell::Time(day, &UTC),
        Cell::Flag(true),
        msg("1", "", ""),
        Cell::Text("".into()),
        Cell::Int(-5),
    ];
    let columns = ["amount", "sender", "day", "allowrefund", "status", "note", "id"].map(Column::new).into();
    Sample { columns, rows: vec![first, second], ..sample(Body::List, page(doc("payment"), "2")) }
}

pub fn empty_list() -> Sample {
    let doc = page(doc("payment").kid(Node::leaf("plid", "7")), "0");
    Sample { rows: Vec::new(), ..list() }.with(doc)
}

impl Sample {
    pub fn with(mut self, doc: Node) -> Self {
        self.answer.doc = doc;
        self
    }
}

/// A list as `print` and `devel` get it.
pub fn labelled_list() -> Sample {
    let col = |name: &'static str| Node::new("col").attr("name", name);
    let msg = |name: &'static str, text: &'static str| Node::leaf("msg", text).attr("name", name);
    let coldata = Node::new("coldata").with([col("id"), col("sender"), col("note").attr("hidden", "yes")]);
    let metadata = Node::new("metadata").attr("name", "payment").kid(coldata);
    let messages = Node::new("messages").with([msg("title", "Платежи"), msg("sender", "От <кого>")]);
    list().with(page(doc("payment").kid(metadata).kid(messages), "2"))
}

/// decisions.md, Reading and lists.
pub fn form() -> Sample {
    let options = Node::new("slist").attr("name", "profiletype");
    let options = options.kid(Node::leaf("val", "Individual").attr("msg", "yes").attr("key", "1"));
    let options = options.kid(Node::leaf("val", "Company").attr("key", "2").attr("depend", "x"));
    let row = Node::new("elem").kid(Node::leaf("id", "3")).kid(Node::leaf("st", "On").attr("orig", "1"));
    let table = Node::new("list").attr("name", "tariflist").kid(row);
    let doc = doc("profile.edit").kid(options).kid(table);
    let fields = [Node::leaf("elid", "1"), Node::leaf("name", "X"), Node::leaf("profiletype", "1")];
    sample(Body::Form, around(doc.with(fields).kid(Node::new("note")).kid(Node::leaf("plid", ""))))
}

/// protocol.md §1.1.
pub fn auth() -> Sample {
    let auth = Node::leaf("auth", "f33b").attr("id", "f33b").attr("level", "16");
    sample(Body::Object, around(doc("auth").kid(auth)))
}

/// protocol.md §1.9, shortened.
pub fn whoami() -> Sample {
    let path = |name: &'static str, id: &'static str| Node::leaf("path", id).attr("name", name);
    let doc = doc("whoami").kid(Node::new("user").attr("name", "admin2").attr("id", "4"));
    let doc = doc.kid(path("admin", "1")).kid(path("admin2", "4"));
    let doc = doc.kid(Node::new("version").kid(Node::leaf("core", "5.389").attr("type", "release")));
    sample(Body::Object, around(doc))
}

/// Attribute-rich data (protocol.md §3.5), an array of one (§3.4 rule 6).
pub fn pricelist() -> Sample {
    let period = |cost: &'static str| Node::new("period").attr("type", "month").attr("cost", cost);
    let price = Node::new("price").kid(period("1.00")).kid(period("2.00"));
    let pricelist = Node::new("pricelist").attr("is_json_array", "yes").kid(Node::leaf("id", "1")).kid(price);
    sample(Body::Object, around(doc("pricelist.export").kid(pricelist)))
}

pub fn created() -> Sample {
    sample(Body::Ok, around(doc("user.edit").kid(Node::new("ok")).kid(Node::leaf("id", "17"))))
}

/// Captured (protocol.md §3.4), shortened.
pub fn suspended() -> Sample {
    let doc = Node::new("doc").attr("lang", "en").attr("func", "user.suspend").attr("binary", "/ispmgr");
    let doc = doc.attr("host", "https://fake-site.com:1500").attr("notify", "").attr("logo", "logo.png");
    let sent = [("elid", "user0"), ("out", "sjson"), ("func", "user.suspend")];
    let tparams = Node::new("tparams").with(sent.map(|(name, value)| Node::leaf(name, value)));
    sample(Body::Ok, doc.kid(Node::new("ok")).kid(tparams).kid(Node::new("saved_filters")))
}

/// protocol.md §3.3, with what `su` and `service.prolong` add (§1.8, §13.6).
pub fn redirected() -> Sample {
    let ok = Node::leaf("ok", "func=payment.edit&elid=7").attr("type", "form");
    let auth = Node::leaf("auth", "f33b").attr("level", "16");
    let nested = Node::new("doc").kid(Node::leaf("newexpiredate", "2027-01-01"));
    sample(Body::Ok, around(doc("su").with([ok, auth, nested])))
}

/// protocol.md §4, shortened.
pub fn error() -> Sample {
    let param = |name: &'static str| Node::new("param").attr("name", name);
    let error = Node::new("error").attr("type", "value").attr("object", "elid").attr("lang", "ru");
    let error = error.kid(param("object").attr("type", "msg").attr("msg", "Код").text("elid"));
    let error = error.kid(param("value").text("X"));
    sample(Body::Error, Node::new("doc").kid(error.kid(Node::leaf("msg", "Bad\r\n'X'"))))
}

/// Captured (protocol.md §1.1).
pub fn bad_password() -> Sample {
    let param = |name: &'static str, text: &'static str| Node::leaf("param", text).attr("name", name);
    let error = Node::new("error").attr("type", "auth").attr("object", "badpassword").attr("lang", "en");
    let mut object = param("object", "badpassword");
    object.attrs.push(("type".into(), "msg".into()));
    let error = error.kid(object).kid(param("value", "remote_addr: [192.0.2.49]"));
    let words = "Invalid username or password ";
    let error = error.kid(Node::leaf("detail", words)).kid(Node::leaf("msg", words));
    sample(Body::Error, Node::new("doc").kid(error))
}

/// The metadata and messages of the list captured in protocol.md §3.4.
pub fn webdomain() -> Sample {
    let msg = Node::leaf("msg", "Addtofavoritepaths").attr("name", "hint_add_to_favorite");
    let messages = Node::new("messages").attr("name", "webdomain").attr("checked", "ed13").kid(msg);
    let toggle = Node::new("toggle").attr("name", "active").attr("onenable", "webdomain.resume");
    let col = Node::new("col").attr("type", "toggle").attr("name", "active").kid(toggle);
    let button = Node::new("toolbtn").attr("name", "new_site").attr("func", "site.edit");
    let group = Node::new("toolgrp").attr("name", "new_site").kid(button);
    let metadata = Node::new("metadata").attr("name", "webdomain").attr("type", "list");
    let metadata = metadata.kid(Node::new("toolbar").kid(group)).kid(Node::new("coldata").kid(col));
    let filter = Node::new("p_possible_filters").kid(Node::new("filter").attr("name", "name"));
    let doc = Node::new("doc").attr("lang", "en").attr("notify", "").kid(metadata).kid(messages).kid(filter);
    let active = Cell::Flag(true);
    let database = Cell::Msg { code: "db_not_assigned".into(), words: "Notused".into(), color: "".into() };
    let columns = ["name", "database", "active", "list"].map(Column::new).into();
    let rows = vec![vec![Cell::Text("a".into()), database, active, Cell::Null]];
    let tip = Node::new("tips").kid(Node::leaf("tip", "mbar_pin"));
    Sample { columns, rows, ..sample(Body::List, doc.kid(Node::rows()).kid(tip)) }
}

/// Elements that no list streamed; a repeated child (protocol.md §3.4 rule 6).
pub fn dashboard() -> Sample {
    let elem = Node::new("elem").kid(Node::leaf("balance", "1.00 RUB").attr("is_json_array", "yes"));
    let twice = [Node::leaf("x", "1"), Node::leaf("a", "2"), Node::leaf("x", "3")];
    sample(Body::Object, Node::new("doc").kid(elem).with(twice))
}
