//! Contracts between payers and companies, and the kinds of contracts that a company concludes.

use jiff::ToSpan;
use serde_json::{Value, json};

use super::document::{self, Manner, Sheet};
use super::usage::refuse_used;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::time::Zone;

pub const FUNCS: &[Row] = &[
    ("company.contract.edit", Handler::Form(record::FORM.check(check_kind))),
    ("company.contract.delete", Handler::Each(delete_kind)),
    ("contract.edit", Handler::Form(EDIT)),
    ("contract.add", Handler::Form(EDIT)),
    ("contract.delete", Handler::Each(delete)),
    ("contract.status.3", Handler::Each(|cx, elid| mark(cx, elid, SENT))),
    ("contract.status.4", Handler::Each(|cx, elid| mark(cx, elid, SIGNED))),
    ("contract.status.5", Handler::Each(|cx, elid| mark(cx, elid, CANCELLED))),
    ("contract.print", Handler::Once(|cx| document::printed(cx, "contract", sheet))),
    ("contract.print.pdf", Handler::Once(|cx| document::pdf(cx, sheet))),
];

const EDIT: Form = record::FORM.check(check).save(save);

const NEW: i64 = 1;
const SENT: i64 = 3;
const SIGNED: i64 = 4;
const CANCELLED: i64 = 5;

/// Numbers and months of a kind of contract stay far from the end of what a column holds.
const NUMBER_MAX: i64 = 1_000_000_000_000;
const MONTHS_MAX: i64 = 1_200;

fn check_kind(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for (field, column, least, most) in
        [("nextnum", "next_number", 1, NUMBER_MAX), ("months", "months", 0, MONTHS_MAX)]
    {
        let number = record.int(column);
        if !(least..=most).contains(&number) {
            return Err(Error::value(field, number.to_string()));
        }
    }
    Ok(())
}

/// A kind of which there are contracts stays: they are printed by it.
fn delete_kind(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &[("contract", "contract", "company_contract_id")])?;
    record::delete(cx, elid)
}

/// A kind of contract.
struct Sort {
    company_id: i64,
    profiletypes: String,
    months: i64,
}

fn sort(cx: &mut Ctx, id: i64) -> Result<Sort> {
    let sql = Sql::new("SELECT company_id, months, profiletypes FROM company_contract WHERE NOT deleted");
    let row = sql.sql(" AND id = ").bind(id).first(cx.conn, &[Kind::Int, Kind::Int, Kind::Text])?;
    let row = row.ok_or_else(|| Error::value("contracttype", id.to_string()))?;
    Ok(Sort { company_id: row[0].int(), months: row[1].int(), profiletypes: row[2].str().to_owned() })
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        return begin(cx, record);
    }
    let changed = ["number", "signdate"].into_iter().find(|name| record.has_changed(name));
    match (changed, record.int("status")) {
        (Some(field), SIGNED | CANCELLED) => {
            Err(Error::value(field, record.str("number")).with("desc", "desc_contract_signed"))
        }
        (Some("number"), _) if record.str("number").is_empty() => Err(Error::missed("number")),
        _ => Ok(()),
    }
}

/// What a new contract takes from its payer and its kind.
fn begin(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let sql = Sql::new("SELECT account_id, profiletype FROM profile WHERE NOT deleted AND id = ");
    let row = sql.bind(record.int("profile_id")).first(cx.conn, &[Kind::Int; 2])?;
    let row = row.ok_or_else(|| Error::missed("profile"))?;
    let (account_id, reseller_id) = record::account_owner(cx, row[0].int())?;
    let sort = sort(cx, record.int("company_contract_id"))?;
    let kind = row[1].int().to_string();
    if !sort.profiletypes.split(", ").any(|have| have == kind) {
        return Err(Error::value("contracttype", kind).with("desc", "desc_contract_payer"));
    }
    match record.int("company_id") {
        company if company == 0 || company == sort.company_id => {}
        company => return Err(Error::value("company", company.to_string())),
    }
    if record.int("signdate") == 0 {
        record.set("signdate", cx.zone.day_us(cx.now_us));
    }
    if sort.months > 0 && record.int("end_date") == 0 {
        let end = cx.zone.day(record.int("signdate")).saturating_add(sort.months.months());
        record.set("end_date", cx.zone.day_start_us(end));
    }
    record.set("account_id", account_id);
    record.set("reseller_id", reseller_id);
    record.set("company_id", sort.company_id);
    record.set("status", NEW);
    Ok(())
}

/// The number is taken last: what was refused until then took none.
fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    if record.str("number").is_empty() {
        let (id, at_us) = (record.int("company_contract_id"), record.int("signdate"));
        let number = document::next_number(
            cx.conn,
            "company_contract",
            id,
            ("next_number", "numtmpl"),
            (at_us, &cx.call.zone),
        )?;
        record.set("number", number);
    }
    record::save(cx, record)
}

/// A contract that was sent to nobody can go; any other is cancelled instead.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let contract = match own(cx, elid) {
        Ok(contract) => contract,
        Err(error) if error.object == "elid" => return Ok(()),
        Err(error) => return Err(error),
    };
    match contract.status {
        NEW => record::delete(cx, elid),
        _ => Err(Error::value("status", contract.number)),
    }
}

struct Contract {
    id: i64,
    owner: (i64, i64),
    profile_id: i64,
    company_id: i64,
    sort_id: i64,
    signdate: i64,
    end_date: i64,
    status: i64,
    number: String,
    data: String,
}

fn own(cx: &mut Ctx, elid: &str) -> Result<Contract> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    load(cx, id)
}

fn load(cx: &mut Ctx, id: i64) -> Result<Contract> {
    let sql = Sql::new(
        "SELECT account_id, reseller_id, profile_id, company_id, company_contract_id, signdate, end_date, \
         status, number, data FROM contract WHERE id = ",
    );
    let mut kinds = [Kind::Int; 10];
    (kinds[8], kinds[9]) = (Kind::Text, Kind::Text);
    let row = sql.bind(id).first(cx.conn, &kinds)?.ok_or_else(|| Error::missed("elid"))?;
    let int = |at: usize| row[at].int();
    Ok(Contract {
        id,
        owner: (int(0), int(1)),
        profile_id: int(2),
        company_id: int(3),
        sort_id: int(4),
        signdate: int(5),
        end_date: int(6),
        status: int(7),
        number: row[8].str().to_owned(),
        data: row[9].str().to_owned(),
    })
}

/// New → sent → signed, and from each of them to cancelled. The state it is in: nothing changes. What
/// is signed keeps the parties' details of that day.
fn mark(cx: &mut Ctx, elid: &str, status: i64) -> Result<()> {
    let contract = own(cx, elid)?;
    let is_open = match (contract.status, status) {
        (now, asked) if now == asked => return Ok(()),
        (NEW, SENT | SIGNED | CANCELLED) | (SENT, SIGNED | CANCELLED) | (SIGNED, CANCELLED) => true,
        _ => false,
    };
    if !is_open {
        return Err(Error::value("status", contract.number));
    }
    let mut sql = Sql::new("UPDATE contract SET status = ").bind(status);
    match status {
        SENT => sql = sql.sql(", senddate = ").bind(cx.zone.day_us(cx.now_us)),
        SIGNED => sql = sql.sql(", data = ").bind(data(cx, &contract)?.to_string()),
        _ => {}
    }
    let sql = sql.sql(" WHERE id = ").bind(contract.id).sql(" AND status = ").bind(contract.status);
    if sql.execute(cx.conn)? == 0 {
        return Err(Error::new("busy", "contract")); // another call was first
    }
    history::write_of(cx, "contract", contract.id, contract.owner, &format!("status {status}"))
}

/// The contract with its annexes behind it.
fn sheet(cx: &mut Ctx, id: i64) -> Result<Sheet> {
    let contract = load(cx, id)?;
    let data = match contract.data.as_str() {
        "" => data(cx, &contract)?,
        stored => serde_json::from_str(stored).map_err(Error::system)?,
    };
    let lang = data["lang"].as_str().unwrap_or("en").to_owned();
    let sql = Sql::new("SELECT doctmpl_id FROM company_contract WHERE id = ").bind(contract.sort_id);
    let own = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    let contract_template = document::chosen(cx.conn, own)?;
    let mut templates = vec![contract_template.map_or_else(|| document::delivered("contract", &lang), Ok)?];
    let annexes = Sql::new("SELECT doctmpl_id FROM company_contract_appendix WHERE NOT deleted");
    let annexes = annexes.sql(" AND company_contract_id = ").bind(contract.sort_id).sql(" ORDER BY id");
    for row in annexes.load(cx.conn, &[Kind::Int])? {
        templates.extend(document::chosen(cx.conn, row[0].int())?);
    }
    Ok(Sheet { templates, data, name: contract.number })
}

/// What the contract shows by the parties' details of now.
fn data(cx: &mut Ctx, contract: &Contract) -> Result<Value> {
    let lang = document::lang(cx.conn, contract.owner.0)?;
    let zone: &Zone = &cx.call.zone;
    let manner = Manner { lang: &lang, iso: "", zone };
    let company = document::company(cx.conn, contract.company_id, &lang)?;
    Ok(json!({
        "id": contract.id.to_string(),
        "lang": lang,
        "number": contract.number,
        "date": manner.date(contract.signdate),
        "enddate": manner.date(contract.end_date),
        "city": company["city"],
        "company": company,
        "customer": document::payer(cx.conn, contract.profile_id, &lang)?,
    }))
}
