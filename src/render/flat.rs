//! `out=bjson` and `out=JSONdata` (protocol.md §3.5, §3.7, U7, U8; forms: decisions.md, Reading
//! and lists): plain members, neither `doc` nor `$`.

use super::json::{attrs, comma, groups, key, says_array};
use super::{Render, escape, fault, is_list, location, values};
use crate::cell::{Cell, Column, is_always_array};
use crate::doc::{Answer, Body, Node};

struct Flat {
    /// bjson names the function and keeps values, options and nested lists apart; JSONdata has
    /// the values alone.
    brief: bool,
    rows: String,
}

pub fn brief() -> Box<dyn Render> {
    Box::new(Flat { brief: true, rows: String::new() })
}

pub fn data() -> Box<dyn Render> {
    Box::new(Flat { brief: false, rows: String::new() })
}

/// Functions whose answer stands at the root and not in `model` (protocol.md §3.5).
const AT_ROOT: [&str; 2] = ["whoami", "desktop"];

/// What a list says of its page and this format does not.
const PAGING: [&str; 6] = ["page", "p_sort", "p_order", "p_filter", "p_possible_filters", "tips"];

impl Render for Flat {
    fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        let out = &mut self.rows;
        out.push_str(if out.is_empty() { "{" } else { ",{" });
        for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
            out.push_str(if place == 0 { "" } else { "," });
            out.push_str(&column.json_key);
            out.push('"');
            escape::cell(out, cell, escape::json);
            out.push('"');
            if let Cell::Msg { code, color, .. } = cell {
                if !color.is_empty() {
                    beside(out, &column.name, "color", color);
                }
                beside(out, &column.name, "orig", code);
            }
        }
        out.push('}');
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String {
        let mut out = String::with_capacity(self.rows.len() + 1024);
        match answer.body {
            Body::Error => error(&mut out, &answer.doc),
            Body::List if !self.brief => {
                out.push('[');
                out.push_str(&self.rows);
                out.push(']');
            }
            body => {
                out.push('{');
                self.members(&mut out, body, &answer.doc);
                out.push('}');
            }
        }
        out
    }
}

impl Flat {
    fn members(&self, out: &mut String, body: Body, doc: &Node) {
        if let Some(func) = doc.get_attr("func").filter(|_| self.brief) {
            member(out, "func", func);
        }
        match body {
            Body::List => self.list(out, doc),
            Body::Ok => self.ok(out, doc),
            _ if self.brief && !doc.get_attr("func").is_some_and(|func| AT_ROOT.contains(&func)) => {
                comma(out);
                out.push_str("\"model\":{");
                fields(out, doc);
                out.push('}');
            }
            _ => fields(out, doc),
        }
        match self.brief {
            true => tables(out, doc),
            false => named(out, "list", doc, |out, list| array(out, list, "elem", object)),
        }
    }

    /// An empty list keeps its `elem`: clients loop over it unasked (protocol.md §3.5).
    fn list(&self, out: &mut String, doc: &Node) {
        comma(out);
        out.push_str("\"elem\":[");
        out.push_str(&self.rows);
        out.push(']');
        members(out, values(doc).filter(|kid| !PAGING.contains(&kid.name.as_ref()) && !is_list(kid)));
    }

    fn ok(&self, out: &mut String, doc: &Node) {
        comma(out);
        out.push_str(if self.brief { "\"ok\":true" } else { "\"ok\":\"\"" });
        if let Some(ok) = doc.get("ok") {
            if let Some(text) = location(ok) {
                member(out, "location", text);
            }
            attrs(ok).for_each(|(name, value)| beside(out, "ok", name, value));
        }
        members(out, values(doc).filter(|kid| kid.name != "ok" && !is_list(kid)));
    }
}

/// The values of a form or object, without its options and nested lists.
fn fields(out: &mut String, doc: &Node) {
    members(out, values(doc).filter(|kid| !is_list(kid)));
}

/// Option lists and nested lists by their names, each in a member of its own where there are any.
fn tables(out: &mut String, doc: &Node) {
    for (kind, write) in [("slist", options as fn(&mut String, &Node)), ("list", table)] {
        if values(doc).any(|kid| kid.name == kind) {
            comma(out);
            key(out, kind);
            out.push('{');
            named(out, kind, doc, write);
            out.push('}');
        }
    }
}

fn named(out: &mut String, kind: &str, doc: &Node, write: fn(&mut String, &Node)) {
    for kid in values(doc).filter(|kid| kid.name == kind) {
        comma(out);
        key(out, kid.get_attr("name").unwrap_or_default());
        write(out, kid);
    }
}

fn options(out: &mut String, slist: &Node) {
    array(out, slist, "val", option);
}

fn table(out: &mut String, list: &Node) {
    array(out, list, "elem", object);
}

fn array(out: &mut String, node: &Node, name: &str, write: fn(&mut String, &Node)) {
    out.push('[');
    for kid in node.kids.iter().filter(|kid| kid.name == name) {
        comma(out);
        write(out, kid);
    }
    out.push(']');
}

/// `{"k":…,"v":…}` and what else the option carries (`depend`); `msg` only says that its text was
/// translated.
fn option(out: &mut String, val: &Node) {
    out.push('{');
    member(out, "k", val.get_attr("key").unwrap_or_default());
    member(out, "v", val.text.as_deref().unwrap_or_default());
    for (name, value) in attrs(val).filter(|(name, _)| !["key", "msg"].contains(name)) {
        member(out, name, value);
    }
    out.push('}');
}

fn members<'a>(out: &mut String, kids: impl Iterator<Item = &'a Node>) {
    for (name, group) in groups(kids, false) {
        let first = group[0];
        let array = group.len() > 1 || says_array(first) || (is_always_array(name) && !is_plain(first));
        if array {
            comma(out);
            key(out, name);
            out.push('[');
            group.iter().for_each(|kid| item(out, kid));
            out.push(']');
        } else if is_plain(first) {
            member(out, name, first.text.as_deref().unwrap_or_default());
            attrs(first).for_each(|(attr, value)| beside(out, name, attr, value));
        } else {
            comma(out);
            key(out, name);
            object(out, first);
        }
    }
}

/// A value that is one text; its attributes then stand beside it.
fn is_plain(node: &Node) -> bool {
    node.kids.is_empty() && (node.text.is_some() || attrs(node).next().is_none())
}

/// One of several: a text, or, since nothing can stand beside it, an object with its text as
/// `value`.
fn item(out: &mut String, node: &Node) {
    comma(out);
    match is_plain(node) && attrs(node).next().is_none() {
        true => escape::json_string(out, node.text.as_deref().unwrap_or_default()),
        false => object(out, node),
    }
}

fn object(out: &mut String, node: &Node) {
    out.push('{');
    attrs(node).for_each(|(name, value)| member(out, name, value));
    if let Some(text) = node.text.as_deref().filter(|text| !text.is_empty()) {
        member(out, "value", text);
    }
    members(out, node.kids.iter());
    out.push('}');
}

fn member(out: &mut String, name: &str, value: &str) {
    comma(out);
    key(out, name);
    escape::json_string(out, value);
}

/// An attribute, as a member beside the text of its element: `item_status_orig`.
fn beside(out: &mut String, element: &str, attr: &str, value: &str) {
    out.push_str(",\"");
    escape::json(out, element);
    out.push('_');
    escape::json(out, attr);
    out.push_str("\":");
    escape::json_string(out, value);
}

fn error(out: &mut String, doc: &Node) {
    let fault = fault(doc);
    out.push_str("{\"error\":{");
    member(out, "type", fault.kind);
    member(out, "object", fault.object);
    member(out, "msg", fault.msg);
    for (name, text) in [("value", fault.value), ("detail", fault.detail)] {
        if let Some(text) = text {
            member(out, name, text);
        }
    }
    out.push_str("}}");
}

#[cfg(test)]
mod tests {
    use crate::render::samples::{self, joined, rendered};

    const ROWS: &str = r#"[
        {"amount":"10.00 RUB","sender":" - ","day":"2024-05-07","allowrefund":"off",
        "status":"Зачислен","status_color":"green","status_orig":"4","note":"","id":"6"},
        {"amount":"-0.50","sender":"<&\">, a\r\nb","day":"2024-05-07 00:00:00","allowrefund":"on",
        "status":"","status_orig":"1","note":"","id":"-5"}]"#;

    const FORM: (&str, &str) = (
        r#"{"func":"profile.edit","model":{"elid":"1","name":"X","profiletype":"1","note":"","plid":""},
        "slist":{"profiletype":[{"k":"1","v":"Individual"},{"k":"2","v":"Company","depend":"x"}]},
        "list":{"tariflist":[{"id":"3","st":"On","st_orig":"1"}]}}"#,
        r#"{"elid":"1","name":"X","profiletype":"1","note":"","plid":"",
        "tariflist":[{"id":"3","st":"On","st_orig":"1"}]}"#,
    );

    const WHOAMI: &str = r#""user":{"name":"admin2","id":"4"},
        "path":[{"name":"admin","value":"1"},{"name":"admin2","value":"4"}],
        "version":{"core":"5.389","core_type":"release"}"#;

    const PRICES: &str = r#"{"pricelist":[{"id":"1","price":{
        "period":[{"type":"month","cost":"1.00"},{"type":"month","cost":"2.00"}]}}]}"#;

    const REDIRECTED: &str = r#""location":"func=payment.edit&elid=7","ok_type":"form",
        "auth":"f33b","auth_level":"16","doc":{"newexpiredate":"2027-01-01"}}"#;

    const ERROR: &str = r#"{"error":{"type":"value","object":"elid","msg":"Bad\r\n'X'","value":"X"}}"#;

    const BAD_PASSWORD: &str = r#"{"error":{"type":"auth","object":"badpassword",
        "msg":"Invalid username or password ","value":"remote_addr: [192.0.2.49]",
        "detail":"Invalid username or password "}}"#;

    #[test]
    fn documents() {
        let auth = r#"{"auth":"f33b","auth_id":"f33b","auth_level":"16"}"#;
        for (sample, brief, data) in [
            (
                samples::list(),
                format!(r#"{{"func":"payment","elem":{ROWS},"p_cnt":"50","p_elems":"2"}}"#),
                ROWS.into(),
            ),
            (
                samples::empty_list(),
                r#"{"func":"payment","elem":[],"plid":"7","p_cnt":"50","p_elems":"0"}"#.into(),
                "[]".into(),
            ),
            (samples::form(), FORM.0.into(), FORM.1.into()),
            (samples::auth(), format!(r#"{{"func":"auth","model":{auth}}}"#), auth.into()),
            (samples::whoami(), format!(r#"{{"func":"whoami",{WHOAMI}}}"#), format!("{{{WHOAMI}}}")),
            (
                samples::pricelist(),
                format!(r#"{{"func":"pricelist.export","model":{PRICES}}}"#),
                PRICES.into(),
            ),
            (
                samples::created(),
                r#"{"func":"user.edit","ok":true,"id":"17"}"#.into(),
                r#"{"ok":"","id":"17"}"#.into(),
            ),
            (
                samples::redirected(),
                format!(r#"{{"func":"su","ok":true,{REDIRECTED}"#),
                format!(r#"{{"ok":"",{REDIRECTED}"#),
            ),
            (samples::error(), ERROR.into(), ERROR.into()),
            (samples::bad_password(), BAD_PASSWORD.into(), BAD_PASSWORD.into()),
        ] {
            assert_eq!(rendered("bjson", &sample), joined(&brief));
            assert_eq!(rendered("JSONdata", &sample), joined(&data));
        }
    }
}
