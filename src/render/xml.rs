//! `out=xml` and `out=devel` (protocol.md §3.2): the document itself.

use super::{DOCUMENT_BYTES, Render, escape};
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Name, Node};

#[derive(Default)]
struct Xml {
    rows: String,
    /// What stands before the rows stands in `rows`, and may have left.
    begun: bool,
}

pub fn start() -> Box<dyn Render> {
    Box::<Xml>::default()
}

/// A page of rows begins with this much, so that it does not move as it grows.
const ROWS_BYTES: usize = 32 * 1024;

impl Render for Xml {
    fn list(&mut self, _columns: &[Column], _key: &str) {
        self.rows.reserve(ROWS_BYTES);
    }

    fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        let out = &mut self.rows;
        out.push_str("<elem>");
        for (column, cell) in columns.iter().zip(cells) {
            match cell {
                Cell::Msg { code, color, .. } => marked(out, column, cell, code, color),
                cell if escape::is_empty(cell) => {
                    out.push_str(&column.xml_open);
                    out.push_str("/>");
                }
                cell => {
                    out.push_str(&column.xml_tag);
                    escape::cell(out, cell, escape::xml);
                    out.push_str(&column.xml_close);
                }
            }
        }
        out.push_str("</elem>");
    }

    fn begin(&mut self, head: &dyn Fn() -> Answer) {
        self.begun = true;
        before(&mut self.rows, &head().doc);
    }

    fn ready(&mut self) -> Option<&mut String> {
        self.begun.then_some(&mut self.rows)
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String {
        let mut out = String::with_capacity(self.rows.len() + DOCUMENT_BYTES);
        if !self.begun {
            before(&mut out, &answer.doc);
        }
        out.push_str(&self.rows);
        let behind = answer.doc.kids.iter().skip_while(|kid| !kid.is_rows()).skip(1);
        behind.for_each(|kid| element(&mut out, kid));
        close(&mut out, &answer.doc);
        out.push('\n');
        out
    }
}

/// The beginning of a document, to the rows or to all that it has.
fn before(out: &mut String, doc: &Node) {
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    open(out, doc);
    doc.kids.iter().take_while(|kid| !kid.is_rows()).for_each(|kid| element(out, kid));
}

/// A code with its words. The attributes stand in the order of the captures (protocol.md §3.3).
fn marked(out: &mut String, column: &Column, cell: &Cell, code: &str, color: &str) {
    out.push_str(&column.xml_open);
    if !color.is_empty() {
        out.push_str(" color=\"");
        escape::xml_attr(out, color);
        out.push('"');
    }
    out.push_str(" orig=\"");
    escape::xml_attr(out, code);
    out.push('"');
    if escape::is_empty(cell) {
        return out.push_str("/>");
    }
    out.push('>');
    escape::cell(out, cell, escape::xml);
    out.push_str(&column.xml_close);
}

/// A name of our own is one that XML takes; of others nobody knows.
fn name(out: &mut String, name: &Name) {
    match name {
        Name::Borrowed(name) => out.push_str(name),
        Name::Owned(name) => escape::xml_name(out, name),
    }
}

fn attr(out: &mut String, key: &Name, value: &str) {
    out.push(' ');
    name(out, key);
    out.push_str("=\"");
    escape::xml_attr(out, value);
    out.push('"');
}

fn element(out: &mut String, node: &Node) {
    open(out, node);
    node.kids.iter().for_each(|kid| element(out, kid));
    close(out, node);
}

fn open(out: &mut String, node: &Node) {
    out.push('<');
    name(out, &node.name);
    // A repeated attribute would make the whole document unreadable. Ours do not repeat.
    let is_foreign = node.attrs.iter().any(|(key, _)| matches!(key, Name::Owned(_)));
    for (at, (key, value)) in node.attrs.iter().enumerate() {
        if !is_foreign || !node.attrs[..at].iter().any(|(earlier, _)| earlier == key) {
            attr(out, key, value);
        }
    }
    if !is_bare(node) {
        out.push('>');
        escape::xml(out, node.text.as_deref().unwrap_or_default());
    }
}

fn close(out: &mut String, node: &Node) {
    if is_bare(node) {
        return out.push_str("/>");
    }
    out.push_str("</");
    name(out, &node.name);
    out.push('>');
}

fn is_bare(node: &Node) -> bool {
    node.text.is_none() && node.kids.is_empty()
}

#[cfg(test)]
mod tests {
    use crate::doc::Node;
    use crate::render::samples::{self, joined, rendered};

    const LIST: &str = r#"
        <doc lang="ru" func="payment">
        <tparams><filter>on</filter><func>payment</func></tparams><saved_filters/>
        <p_sort>id</p_sort><page>6 - 5</page>
        <elem><amount>10.00 RUB</amount><sender> - </sender><day>2024-05-07</day>
        <allowrefund>off</allowrefund><status color="green" orig="4">Зачислен</status><note/><id>6</id></elem>
        <elem><amount>-0.50</amount><sender>&lt;&amp;"&gt;, a&#13;⏎b</sender><day>2024-05-07 00:00:00</day>
        <allowrefund>on</allowrefund><status orig="1"/><note/><id>-5</id></elem>
        <p_cnt>50</p_cnt><p_elems>2</p_elems></doc>"#;

    const EMPTY: &str = r#"
        <doc lang="ru" func="payment"><plid>7</plid>
        <tparams><filter>on</filter><func>payment</func></tparams><saved_filters/>
        <p_sort>id</p_sort><page>6 - 5</page><p_cnt>50</p_cnt><p_elems>0</p_elems></doc>"#;

    const FORM: &str = r#"
        <doc lang="ru" func="profile.edit">
        <slist name="profiletype"><val msg="yes" key="1">Individual</val>
        <val key="2" depend="x">Company</val></slist>
        <list name="tariflist"><elem><id>3</id><st orig="1">On</st></elem></list>
        <elid>1</elid><name>X</name><profiletype>1</profiletype><note/><plid></plid>
        <tparams><filter>on</filter><func>profile.edit</func></tparams><saved_filters/></doc>"#;

    const PRICES: &str = r#"
        <doc lang="ru" func="pricelist.export"><pricelist is_json_array="yes"><id>1</id>
        <price><period type="month" cost="1.00"/><period type="month" cost="2.00"/></price></pricelist>
        <tparams><filter>on</filter><func>pricelist.export</func></tparams><saved_filters/></doc>"#;

    const ERROR: &str = r#"
        <doc><error type="value" object="elid" lang="ru">
        <param name="object" type="msg" msg="Код">elid</param><param name="value">X</param>
        <msg>Bad&#13;⏎'X'</msg></error></doc>"#;

    #[test]
    fn documents() {
        for (sample, expected) in [
            (samples::list(), LIST),
            (samples::empty_list(), EMPTY),
            (samples::form(), FORM),
            (samples::pricelist(), PRICES),
            (samples::error(), ERROR),
        ] {
            let expected = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", joined(expected));
            assert_eq!(rendered("xml", &sample), expected);
            assert_eq!(rendered("devel", &sample), expected);
        }
    }

    #[test]
    fn names_from_outside_cannot_break_it() {
        let leaf = |name: &str, text: &str| Node::leaf(name.to_owned(), text);
        let tparams = Node::new("tparams").kid(leaf("a b><c", "1")).kid(leaf("", "2"));
        let twice = Node::new("x").attr("a".to_owned(), "1").attr("a".to_owned(), "2");
        let text = rendered("xml", &samples::error().with(Node::new("doc").kid(tparams).kid(twice)));
        assert!(
            text.ends_with("<doc><tparams><a_b__c>1</a_b__c><_>2</_></tparams><x a=\"1\"/></doc>\n"),
            "{text}"
        );
    }
}
