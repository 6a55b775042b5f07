//! What printed documents share: numbers, the parties, templates, and the ways to hand one out.

use serde_json::{Map, Value};

use crate::db::{Conn, Kind, Sql};
use crate::doc::{File, Node};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::paper::{self, Paper, tree::Block};
use crate::record;
use crate::rpc::handler::{Ctx, Reply};
use crate::time::Zone;

pub const PDF: &str = "application/pdf";
const HTML: &str = "text/html; charset=UTF-8";

/// Documents of one call: each costs its rendering.
const SHEETS_MAX: usize = 100;

/// A number in a template: `{number}`, `{year}` and `{month}` of the day stand for themselves. A
/// template without `{number}` gets it at its end, or all documents would be called the same.
pub fn numbered(template: &str, number: i64, at_us: i64, zone: &Zone) -> String {
    let day = zone.day(at_us);
    let (number, month) = (number.to_string(), format!("{:02}", day.month()));
    let text = template.replace("{year}", &day.year().to_string()).replace("{month}", &month);
    match text.contains("{number}") {
        true => text.replace("{number}", &number),
        false => text + &number,
    }
}

/// Takes the next number of a row that counts (`next`) and has a template (`template`). The row is
/// moved on in this transaction, so there is neither a gap nor a number twice.
pub fn next_number(
    conn: &mut Conn,
    table: &str,
    id: i64,
    (next, template): (&str, &str),
    (at_us, zone): (i64, &Zone),
) -> Result<String> {
    let sql = Sql::new("UPDATE ").word(table).sql(" SET ").word(next).sql(" = ").word(next);
    let sql = sql.sql(" + 1 WHERE id = ").bind(id).sql(" RETURNING ").words([next, template]);
    let row = sql.first(conn, &[Kind::Int, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed(table).with("value", id.to_string()))?;
    Ok(numbered(row[1].str(), row[0].int() - 1, at_us, zone))
}

/// A party's details by the names that templates read.
type Party = Map<String, Value>;

/// What a document tells of a company, and under which name where it differs from the column's.
const COMPANY: [(&str, &str); 15] = [
    ("id", "id"),
    ("name", "name"),
    ("vatnum", "vatnum"),
    ("eu_vat", "eu_vat"),
    ("kpp", "kpp"),
    ("city", "city"),
    ("address", "address"),
    ("phone", "phone"),
    ("email", "email"),
    ("site", "site"),
    ("jobtitle", "jobtitle"),
    ("ddirector", "ddirector"),
    ("accountant", "accountant"),
    ("ogrn", "ogrn"),
    ("profiletype", "profiletype"),
];
/// The bank's code is called `bik` in Russia and `swift` elsewhere.
const BANK: [(&str, &str); 6] = [
    ("name", "bank_name"),
    ("account", "bank_account"),
    ("corraccount", "bank_corraccount"),
    ("iban", "bank_iban"),
    ("swift", "bank_swift"),
    ("bik", "bank_swift"),
];

fn party(conn: &mut Conn, table: &str, names: &[(&str, &str)], id: i64) -> Result<Party> {
    let sql = Sql::new("SELECT ");
    let text = |sql: Sql, column: &str| sql.sql("CAST(").word(column).sql(" AS TEXT)");
    let sql = names
        .iter()
        .enumerate()
        .fold(sql, |sql, (at, (_, column))| text(if at > 0 { sql.sql(", ") } else { sql }, column));
    let sql = sql.sql(" FROM ").word(table).sql(" WHERE id = ").bind(id);
    let row = sql.first(conn, &vec![Kind::Text; names.len()])?;
    let row = row.ok_or_else(|| Error::missed(table).with("value", id.to_string()))?;
    Ok(names.iter().zip(&row).map(|((name, _), raw)| ((*name).to_owned(), raw.str().into())).collect())
}

/// The company as its documents show it.
pub fn company(conn: &mut Conn, id: i64, lang: &str) -> Result<Value> {
    let mut company = party(conn, "company", &COMPANY, id)?;
    let bank = party(conn, "company", &BANK, id)?;
    if bank.values().any(|value| *value != "") {
        company.insert("bank".into(), Value::Object(bank));
    }
    let columns = [("", "country_id"), ("legal", "country_legal"), ("physical", "country_physical")];
    let ids = party(conn, "company", &columns, id)?;
    for (name, which) in [("country", ""), ("country_legal", "legal"), ("country_physical", "physical")] {
        let own = if ids[which] == "0" { &ids[""] } else { &ids[which] };
        company.insert(name.into(), country_name(conn, own, lang)?.into());
    }
    Ok(Value::Object(company))
}

/// The same of a payer. Templates call the post of who signs `jobtitle` and his name `ddirector`.
const PAYER: [(&str, &str); 21] = [
    ("id", "id"),
    ("name", "name"),
    ("profiletype", "profiletype"),
    ("person", "person"),
    ("email", "email"),
    ("phone", "phone"),
    ("vatnum", "vatnum"),
    ("eu_vat", "eu_vat"),
    ("passport", "passport"),
    ("cnp", "cnp"),
    ("jobtitle", "ddirector"),
    ("ddirector", "rdirector"),
    ("country_legal", "country_legal"),
    ("postcode_legal", "postcode_legal"),
    ("state_legal", "state_legal"),
    ("city_legal", "city_legal"),
    ("address_legal", "address_legal"),
    ("country_physical", "country_physical"),
    ("postcode_physical", "postcode_physical"),
    ("state_physical", "state_physical"),
    ("city_physical", "city_physical"),
];

/// The payer as documents show it. A person has no legal address of its own: the postal one counts.
pub fn payer(conn: &mut Conn, id: i64, lang: &str) -> Result<Value> {
    let mut payer = party(conn, "profile", &PAYER, id)?;
    payer.extend(party(conn, "profile", &[("address_physical", "address_physical")], id)?);
    for which in ["country_legal", "country_physical"] {
        let name = country_name(conn, &payer[which], lang)?;
        payer.insert(which.into(), name.into());
    }
    let (legal, physical) = (address(&payer, "legal"), address(&payer, "physical"));
    payer.insert("address".into(), if legal.is_empty() { physical.clone() } else { legal }.into());
    payer.insert("postal_address".into(), physical.into());
    if payer["ddirector"] == "" {
        payer.insert("ddirector".into(), payer["person"].clone());
    }
    Ok(Value::Object(payer))
}

/// An address in one line, in the order from the country to the house.
fn address(payer: &Party, which: &str) -> String {
    let of = |part: &str| payer.get(&format!("{part}_{which}")).and_then(Value::as_str).unwrap_or_default();
    let street = of("address");
    if street.is_empty() && of("city").is_empty() {
        return String::new();
    }
    let parts = [of("country"), of("postcode"), of("state"), of("city"), street];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn country_name(conn: &mut Conn, id: &Value, lang: &str) -> Result<String> {
    let id: i64 = id.as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
    let sql = Sql::new("SELECT name, name_ru FROM country WHERE id = ").bind(id);
    Ok(sql.first(conn, &[Kind::Text; 2])?.map_or_else(String::new, |row| {
        let own = if lang == "ru" { row[1].str() } else { "" };
        if own.is_empty() { row[0].str() } else { own }.to_owned()
    }))
}

/// The language of a client's documents, whoever looks at them.
pub fn lang(conn: &mut Conn, account_id: i64) -> Result<String> {
    let sql = Sql::new("SELECT lang FROM account WHERE id = ").bind(account_id);
    Ok(sql.first(conn, &[Kind::Text])?.map_or_else(|| "en".to_owned(), |row| row[0].str().to_owned()))
}

/// The chosen template, if there is one.
pub fn chosen(conn: &mut Conn, id: i64) -> Result<Option<String>> {
    let sql = Sql::new("SELECT data FROM doctmpl WHERE NOT deleted AND id = ").bind(id);
    Ok(sql.first(conn, &[Kind::Text])?.map(|row| row[0].str().to_owned()))
}

/// The delivered template in the language or in English.
pub fn delivered(kind: &str, lang: &str) -> Result<String> {
    let delivered = paper::delivered(kind, lang).or_else(|| paper::delivered(kind, "en"));
    delivered.map(str::to_owned).ok_or_else(|| Error::system(format!("there is no template {kind}")))
}

/// The template that a company has chosen for a kind of document.
pub fn of_company(conn: &mut Conn, company_id: i64, kind: &str) -> Result<Option<String>> {
    let sql = Sql::new("SELECT ").word(&format!("doctmpl_{kind}")).sql(" FROM company WHERE id = ");
    let id = sql.bind(company_id).first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    chosen(conn, id)
}

/// One document on its way to paper.
pub struct Sheet {
    /// What it is made of, first the template of the document, then of its annexes.
    pub templates: Vec<String>,
    pub data: Value,
    /// What its file is called.
    pub name: String,
}

/// How a kind of document gets to paper.
type ToSheet = fn(&mut Ctx, i64) -> Result<Sheet>;

/// The documents that a call names with their printed form: as data for programs, as a page for
/// browsers.
pub fn printed(cx: &mut Ctx, element: &'static str, sheet: ToSheet) -> Result<Reply> {
    let sheets = asked(cx, sheet)?;
    let page = paper::html(&joined(papers(&sheets)?)?);
    let file = File { mime: HTML, name: file_name(&sheets, "html"), bytes: page.into_bytes() };
    let level = cx.caller.level().number().to_string();
    let nodes = sheets.iter().map(|sheet| {
        let text = |name: &str| sheet.data[name].as_str().unwrap_or_default().to_owned();
        let node = Node::new(element).attr("is_json_array", "yes").attr("level", &level);
        let node = node.attr("lang", &cx.lang).attr("document_lang", text("lang")).attr("id", text("id"));
        node.with(nodes(&sheet.data))
    });
    Ok(Reply::Printed(nodes.collect(), file))
}

pub fn pdf(cx: &mut Ctx, sheet: ToSheet) -> Result<Reply> {
    file(&asked(cx, sheet)?).map(Reply::File)
}

/// The records that a print names, each the caller's own.
fn asked(cx: &mut Ctx, sheet: ToSheet) -> Result<Vec<Sheet>> {
    let elids = cx.need_elids()?;
    let ids = elids.iter().map(|elid| elid.parse().map_err(|_| Error::value("elid", elid)));
    let ids = ids.collect::<Result<Vec<i64>>>()?;
    ids.iter().try_for_each(|id| record::need_own(cx, *id))?;
    ids.into_iter().map(|id| sheet(cx, id)).collect()
}

/// All documents as one PDF.
pub fn file(sheets: &[Sheet]) -> Result<File> {
    let bytes = paper::bound(&papers(sheets)?)?;
    Ok(File { mime: PDF, name: file_name(sheets, "pdf"), bytes })
}

fn papers(sheets: &[Sheet]) -> Result<Vec<Paper>> {
    if sheets.len() > SHEETS_MAX {
        return Err(Error::limit("elid", SHEETS_MAX.to_string()));
    }
    let parts =
        sheets.iter().flat_map(|sheet| sheet.templates.iter().map(|template| (template, &sheet.data)));
    parts.map(|(template, data)| paper::make(template, data)).collect()
}

/// All papers as one page, each beginning a sheet of its own.
fn joined(papers: Vec<Paper>) -> Result<Paper> {
    let join = |mut whole: Paper, next: Paper| {
        whole.blocks.push(Block::Break(Default::default()));
        whole.blocks.extend(next.blocks);
        whole
    };
    papers.into_iter().reduce(join).ok_or_else(|| Error::missed("elid"))
}

fn file_name(sheets: &[Sheet], ending: &str) -> String {
    match sheets {
        [one] => format!("{}.{ending}", one.name),
        many => format!("{}-{}.{ending}", many.first().map_or("documents", |sheet| &sheet.name), many.len()),
    }
}

/// The members of an object as elements: a list repeats its element.
fn nodes(value: &Value) -> Vec<Node> {
    let Value::Object(members) = value else { return Vec::new() };
    let element = |name: &str, value: &Value| match value {
        Value::Object(_) => Node::new(name.to_owned()).with(nodes(value)),
        Value::String(text) => Node::leaf(name.to_owned(), text),
        Value::Null => Node::new(name.to_owned()),
        other => Node::leaf(name.to_owned(), other.to_string()),
    };
    let elements = |(name, value): (&String, &Value)| match value {
        Value::Array(many) => {
            many.iter().map(|one| element(name, one).attr("is_json_array", "yes")).collect()
        }
        one => vec![element(name, one)],
    };
    members.iter().flat_map(elements).collect()
}

/// How the values of a document are written.
pub struct Manner<'m> {
    pub lang: &'m str,
    pub iso: &'m str,
    pub zone: &'m Zone,
}

impl Manner<'_> {
    /// A day, `31.01.2026` in Russian and `2026-01-31` elsewhere; empty where there is none.
    pub fn date(&self, at_us: i64) -> String {
        let day = self.zone.day(at_us);
        match (at_us, self.lang) {
            (0, _) => String::new(),
            (_, "ru") => format!("{:02}.{:02}.{}", day.day(), day.month(), day.year()),
            _ => self.zone.date(at_us),
        }
    }

    pub fn money(&self, amount: Money) -> String {
        amount.shown(self.iso).to_string()
    }

    /// The same where nothing is written for nothing.
    pub fn some_money(&self, amount: Money) -> String {
        if amount == Money::ZERO { String::new() } else { self.money(amount) }
    }

    pub fn percent(&self, rate_e4: i64) -> String {
        if rate_e4 == 0 { String::new() } else { format!("{} %", crate::value::percent(rate_e4)) }
    }
}

/// The ISO code of a currency.
pub fn currency(conn: &mut Conn, id: i64) -> Result<String> {
    let sql = Sql::new("SELECT iso FROM currency WHERE id = ").bind(id);
    let row = sql.first(conn, &[Kind::Text])?.ok_or_else(|| Error::missed("currency"))?;
    Ok(row[0].str().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_in_templates() {
        let (utc, at_us) = (Zone::utc(), Zone::utc().parse_date("2026-02-03").unwrap());
        for (template, expected) in [
            ("", "17"),
            ("INV-", "INV-17"),
            ("{year}/{month}-{number}", "2026/02-17"),
            ("{number}{number}", "1717"),
            ("{day}", "{day}17"),
        ] {
            assert_eq!(numbered(template, 17, at_us, &utc), expected);
        }
    }

    #[test]
    fn members_become_elements() {
        let value = json!({ "a": "1", "b": null, "c": [{ "d": "x" }, { "d": "y" }], "e": { "f": "z" } });
        let nodes = nodes(&value);
        let names: Vec<_> = nodes.iter().map(|node| node.name.as_ref()).collect();
        assert_eq!(names, ["a", "b", "c", "c", "e"]);
        assert_eq!(nodes[3].get_text("d"), Some("y"));
        assert_eq!(nodes[2].get_attr("is_json_array"), Some("yes"));
    }
}
