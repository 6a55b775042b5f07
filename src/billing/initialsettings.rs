//! The first company and the first provider on one form: what a new installation is given, and
//! afterwards what they are.

use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::nested;
use crate::rpc::registry::Row;
use crate::value;

pub const FUNCS: &[Row] = &[("initialsettings.company", Handler::Form(FORM))];

const FORM: Form = record::FORM.read(read).save(save);

/// A record that the form shows a part of.
struct Part {
    table: &'static str,
    /// The function that keeps it, with its own rules.
    edit: &'static str,
    /// Our names and its own.
    fields: &'static [(&'static str, &'static str)],
}

const COMPANY: Part = Part {
    table: "company",
    edit: "company.edit",
    fields: &[
        ("name", "name"),
        ("profiletype", "profiletype"),
        ("country", "country"),
        ("country_legal", "country_legal"),
        ("country_physical", "country_physical"),
        ("phone", "phone"),
        ("numtmpl_invoice", "invoice_numtmpl"),
        ("nextnum_invoice", "nextnum_invoice"),
        ("numtmpl_payment", "payment_numtmpl"),
        ("nextnum_payment", "nextnum_payment"),
        ("doctmpl_invoice", "doctmpl_invoice"),
        ("doctmpl_payment", "doctmpl_payment"),
        ("doctmpl_reconciliation", "doctmpl_reconciliation"),
    ],
};

const PROJECT: Part = Part {
    table: "project",
    edit: "project.edit",
    fields: &[
        ("project_name", "name"),
        ("currency", "currency"),
        ("project_billurl", "billurl"),
        ("project_notifyemail", "notify_email"),
        ("project_supportemail", "support_email"),
    ],
};

/// The configuration by which a language is spoken to those who ask for none.
const LANGUAGE: &str = "DefaultLang";

/// What is stored; of a part that is not there yet, the defaults.
fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = record::defaults(cx);
    record.set("language", language(cx));
    for part in [COMPANY, PROJECT] {
        if let Some(id) = first(cx, &part)? {
            lay(cx, &part, id, &mut record)?;
        }
    }
    Ok(record)
}

fn language(cx: &Ctx) -> String {
    cx.app.config.load().default_lang.clone()
}

fn first(cx: &mut Ctx, part: &Part) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT id FROM ").word(part.table).sql(" WHERE NOT deleted ORDER BY id LIMIT 1");
    Ok(sql.first(cx.conn, &[Kind::Int])?.map(|row| row[0].int()))
}

fn lay(cx: &mut Ctx, part: &Part, id: i64, record: &mut Record) -> Result<()> {
    let func = cx.app.registry.get(part.edit).ok_or_else(|| Error::missed("func"))?;
    let fields = part.fields.iter().filter_map(|(_, own)| func.meta.field(own));
    let fields: Vec<_> = fields.collect();
    let kinds: Vec<Kind> = fields.iter().map(|field| field.stored()).collect();
    let sql = Sql::new("SELECT ").words(fields.iter().map(|field| field.column()));
    let sql = sql.sql(" FROM ").word(part.table).sql(" WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &kinds)?.ok_or_else(|| Error::missed(part.table))?;
    part.fields.iter().zip(row).for_each(|((ours, _), raw)| record.set(ours, raw));
    Ok(())
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let company_id = keep(cx, &COMPANY, &record)?;
    let project_id = keep(cx, &PROJECT, &record)?;
    let sql = Sql::new("INSERT INTO project_company (project_id, company_id) VALUES (");
    let sql = sql.binds([project_id.into(), company_id.into()]);
    sql.sql(") ON CONFLICT DO NOTHING").execute(cx.conn)?;
    if record.str("language") != language(cx) {
        let asked = [("func", "settings"), ("sok", "ok"), (LANGUAGE, record.str("language"))];
        nested::run(cx, Params::of(asked), "language").map_err(|error| named(error, LANGUAGE, "language"))?;
    }
    let ids = [("id", company_id), ("company", company_id), ("project", project_id)];
    Ok(ids.map(|(name, id)| Node::leaf(name, id.to_string())).into())
}

/// Makes or changes the first record of a part, as its own form does. Answers its id.
fn keep(cx: &mut Ctx, part: &Part, record: &Record) -> Result<i64> {
    let mut params = Params::of([("func", part.edit), ("sok", "ok")]);
    if let Some(id) = first(cx, part)? {
        params.set("elid", id.to_string());
    }
    for (ours, own) in part.fields {
        let field = cx.func.meta.field(ours).ok_or_else(|| Error::system(format!("no field {ours}")))?;
        params.set(own, value::shown(field, record.get(field.column()), &cx.zone));
    }
    let renamed = |error| part.fields.iter().fold(error, |error, (ours, own)| named(error, own, ours));
    let Reply::Ok(nodes) = nested::run(cx, params, part.table).map_err(renamed)? else {
        return Err(Error::system(format!("{} keeps nothing", part.edit)));
    };
    let id = nodes.iter().find(|node| node.name == "id").and_then(|node| node.text.as_deref()?.parse().ok());
    id.ok_or_else(|| Error::system(format!("{} answers no id", part.edit)))
}

/// An error about a field of the part by the name that it has here.
fn named(error: Error, own: &str, ours: &str) -> Error {
    if error.object == own { Error { object: ours.to_owned(), ..error } } else { error }
}
