//! Which currency the amounts of a form are in, where no field of the form says so. Metadata tells where it stands:
//! `currency="item_list.currency_iso"` is that column of the row that `elid` names, `@plid` and `@project` that of
//! another parameter or field. Of several, with blanks between them, the first counts that is there.

use super::handler::Ctx;
use super::meta::{Field, Meta, Shape, ValueKind};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::record::{self, Record};

/// `currency` of amounts in the one currency of virtual numbers (`NumberCurrency`).
const OF_NUMBERS: &str = "numbers";
/// `currency` of amounts that have no one currency, or whose form cannot know it; a comment says why.
const NONE: &str = "none";
const BY_FORM: &str = "currency";

/// Lists whose amounts are in the currency of numbers, and in the replies of the number API plain digits.
const PLAIN: [(&str, &str); 4] = [
    ("number.maxprice", "price"),
    ("number.price", "cost"),
    ("number.product", "price"),
    ("vendor.wallet", "amount"),
];

/// What a page shows beside amounts: `<unit name="amount">EUR</unit>`. Programs are told nothing new.
pub fn nodes(cx: &mut Ctx, record: &Record) -> Result<Vec<Node>> {
    let mut nodes = Vec::new();
    if !cx.call.params.manner().page {
        return Ok(nodes);
    }
    let func = cx.call.func.clone();
    for field in func.meta.fields().filter(|field| field.kind == ValueKind::Money) {
        if let Some(iso) = found(cx, record, &field.currency)? {
            nodes.push(Node::leaf("unit", iso).attr("name", &field.name));
        }
    }
    Ok(nodes)
}

fn found(cx: &mut Ctx, record: &Record, places: &str) -> Result<Option<String>> {
    if places == OF_NUMBERS {
        return of_numbers(cx).map(Some);
    }
    for (view, column, by) in stored(places) {
        if let Some(iso) = row(cx, record, view, column, by)? {
            return Ok(Some(iso));
        }
    }
    Ok(None)
}

/// View, column and parameter of each place that is none of the form.
pub fn stored(places: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    places.split_whitespace().filter_map(|place| {
        let (place, by) = place.split_once('@').unwrap_or((place, "elid"));
        place.split_once('.').map(|(view, column)| (view, column, by))
    })
}

fn row(cx: &mut Ctx, record: &Record, view: &str, column: &str, by: &str) -> Result<Option<String>> {
    let field = cx.func.meta.field(by).map(|field| record.get(field.column()).int());
    let sent = cx.params.sent(by).and_then(|text| text.trim().parse().ok());
    let Some(id) = sent.or(field).filter(|id| *id != 0) else { return Ok(None) };
    let sql = Sql::new("SELECT ").word(column).sql(" FROM ").word(view).sql(" WHERE id = ").bind(id);
    let sql = match cx.app.db.has_column(view, "account_id") {
        true => sql.append(&record::scope_sql(cx.scope(), "account_id")),
        false => sql,
    };
    Ok(sql.first(cx.conn, &[Kind::Text])?.map(|row| row[0].str().to_owned()).filter(|iso| !iso.is_empty()))
}

/// As it is configured, else that of the first provider.
fn of_numbers(cx: &mut Ctx) -> Result<String> {
    let configured = cx.app.config.load().number_currency.clone();
    if !configured.is_empty() {
        return Ok(configured);
    }
    let sql = "SELECT c.iso FROM project p JOIN currency c ON c.id = p.currency_id WHERE NOT p.deleted \
               ORDER BY p.id LIMIT 1";
    Ok(Sql::new(sql).first(cx.conn, &[Kind::Text])?.map(|row| row[0].str().to_owned()).unwrap_or_default())
}

/// Is it a field of the form that tells the currency, and no row elsewhere?
pub fn is_field(places: &str) -> bool {
    !places.is_empty() && places != NONE && places != OF_NUMBERS && !places.contains('.')
}

/// Amounts of a function that nobody could tell the currency of.
pub fn unknown(meta: &Meta) -> impl Iterator<Item = &str> {
    let in_form = |field: &&Field| is_shown(field) && !is_known(meta, field);
    // A filter is about rows in all the currencies of its list.
    let pages = meta.form.pages.iter().filter(|_| !meta.name.ends_with(".filter"));
    let fields = pages.flat_map(|page| page.fields.iter()).filter(in_form);
    let in_list = |col: &&Field| {
        is_shown(col) && col.currency.is_empty() && !PLAIN.contains(&(meta.name.as_str(), col.name.as_str()))
    };
    let cols = meta.coldata.cols.iter().filter(|_| meta.shape() == Shape::List).filter(in_list);
    fields.chain(cols).map(|field| field.name.as_str())
}

/// An amount that people see.
fn is_shown(field: &Field) -> bool {
    field.kind == ValueKind::Money && field.control != "hidden"
}

fn is_known(meta: &Meta, field: &Field) -> bool {
    let by_form = |name: &str| meta.fields().any(|field| field.name == name);
    match field.currency.as_str() {
        "" => by_form(BY_FORM),
        NONE | OF_NUMBERS => true,
        places => by_form(places) || stored(places).next().is_some(),
    }
}
