//! What is known here of a domain. Nobody else is asked.

use super::named;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::service::choices;
use crate::service::contact::link;
use crate::service::item::{self, Item};

use super::forms::SERVER_PARAMS;

pub const FUNCS: &[Row] = &[("domain.whois", Handler::Form(WHOIS))];

const WHOIS: Form = record::FORM.read(read).show(show);

fn read(cx: &mut Ctx) -> Result<Record> {
    Ok(item::record(&named(cx)?))
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let item = Item::load(cx.conn, record.id)?;
    let mut lines = vec![("domain".to_owned(), item.name.clone())];
    let zone = cx.zone.clone();
    for (name, at_us) in [("created", item.opendate), ("expires", item.expiredate)] {
        if at_us != 0 {
            lines.push((name.to_owned(), zone.date(at_us)));
        }
    }
    let params = choices::open_params(cx.conn, item.id)?;
    for (_, value) in params.iter().filter(|(name, _)| SERVER_PARAMS.contains(&name.as_str())) {
        lines.extend(value.split_whitespace().map(|server| ("nserver".to_owned(), server.to_owned())));
    }
    for (role, id) in link::of_item(cx.conn, item.id)? {
        lines.push((role, public_name(cx, id)?));
    }
    let line = |(name, value): &(String, String)| format!("{}: {value}", cx.word(&format!("whois_{name}")));
    let text: Vec<String> = lines.iter().map(line).collect();
    record.show("whois_data", text.join("\n"));
    Ok(())
}

/// What anybody may read of a contact.
fn public_name(cx: &mut Ctx, id: i64) -> Result<String> {
    let sql = Sql::new("SELECT fullname, private FROM service_profile WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text, Kind::Flag])?;
    Ok(match row {
        Some(row) if !row[1].on() => row[0].str().to_owned(),
        _ => cx.word("whois_private").to_owned(),
    })
}
