//! Certificates that a module gets from an authority, and the printable certificate of a licence.

use super::item::{self, Item};
use super::{Till, choices};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::meta::{Field, ValueKind};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[(SAVE_FUNC, Handler::Once(save)), ("license.print", Handler::Once(print))];

const KIND: &str = "certificate";
const SAVE_FUNC: &str = "certificate.save";
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A module stores what the authority issued.
fn save(cx: &mut Ctx) -> Result<Reply> {
    let item = item::named(cx)?;
    let kind = cx.app.registry.families.by_id(item.itemtype_id);
    if kind.is_none_or(|kind| kind.intname != KIND) {
        return Err(Error::missed("elid").with("value", item.id.to_string()));
    }
    let crt = cx.input("crt")?.map_or(String::new(), |raw| raw.str().trim().to_owned());
    if !crt.starts_with(BEGIN) || !crt.ends_with(END) {
        return Err(Error::value("crt", ""));
    }
    let till = &mut Till::of(cx);
    choices::set_param(till, item.id, "crt", &crt, false)?;
    till.note(&item, KIND)?;
    Reply::ok()
}

/// The certificate in the form of its service.
pub fn edit_fields(cx: &Ctx) -> Vec<Field> {
    if cx.func.kind.as_ref().is_none_or(|kind| kind.intname != KIND) {
        return Vec::new();
    }
    let sets = cx.app.registry.get(SAVE_FUNC).map_or_else(Vec::new, |func| func.sets.clone());
    let label = cx.app.registry.words.get(&cx.lang, &sets, "crt").to_owned();
    let (name, kind) = ("crt".to_owned(), ValueKind::Lines);
    vec![Field { name, kind, label, readonly: true, virtual_: true, ..Field::default() }]
}

/// Who has which service until when, to be printed.
fn print(cx: &mut Ctx) -> Result<Reply> {
    let item = item::named(cx)?;
    let mut body = String::from("<dl>");
    for (name, value) in lines(cx, &item)? {
        for (open, text, close) in [("<dt>", cx.word(&name), "</dt>"), ("<dd>", value.as_str(), "</dd>")] {
            body.push_str(open);
            crate::render::escape::xml(&mut body, text);
            body.push_str(close);
        }
    }
    body.push_str("</dl>");
    Ok(Reply::Object(vec![Node::leaf("body", body)]))
}

fn lines(cx: &mut Ctx, item: &Item) -> Result<Vec<(String, String)>> {
    let sql = Sql::new("SELECT account_name, project_name, ip FROM item_list WHERE id = ").bind(item.id);
    let row = sql.first(cx.conn, &[Kind::Text; 3])?.ok_or_else(|| Error::missed("elid"))?;
    let (zone, lang) = (cx.zone.clone(), cx.lang.clone());
    let params = choices::open_params(cx.conn, item.id)?;
    let param = |name: &str| params.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone());
    let date = |at_us: i64| if at_us == 0 { String::new() } else { zone.date(at_us) };
    let title = Till::of(cx).tariff(item.pricelist_id)?.title(&lang).to_owned();
    let lines = [
        ("account", row[0].str().to_owned()),
        ("project", row[1].str().to_owned()),
        ("pricelist", title),
        ("domain", item.name.clone()),
        ("ip", row[2].str().to_owned()),
        ("lickey", param("lickey").unwrap_or_default()),
        ("opendate", date(item.opendate)),
        ("expiredate", date(item.expiredate)),
    ];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty());
    Ok(lines.map(|(name, value)| (name.to_owned(), value)).collect())
}
