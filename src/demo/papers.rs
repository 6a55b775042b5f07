//! The papers of the year: invoices at every month end, contracts, reconciliation statements.

use super::stage::{Pairs, Stage};
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::upkeep;

/// A call of the administrator, and the name under which its record is remembered.
type Deed<'d> = (&'d str, &'d str, Pairs<'d>);

const KINDS: [Deed; 12] = [
    (
        "doctmpl.support",
        "doctmpl.edit",
        &[
            ("name", "Annex: terms of support"),
            ("type", "contract"),
            ("lang", "en"),
            (
                "data",
                "<paper title=\"Annex to {{ number }}\" lang=\"en\">\n  \
                 <heading>Annex to contract No. {{ number }}: terms of support</heading>\n  \
                 <text>Requests of {{ customer.name }} are answered within one working day.</text>\n\
                 </paper>\n",
            ),
        ],
    ),
    (
        "doctmpl.bill",
        "doctmpl.edit",
        &[("name", "Счёт на оплату «Северного облака»"), ("type", "payment"), ("lang", "ru")],
    ),
    ("doctmpl.short", "doctmpl.edit", &[("name", "Short invoice"), ("type", "invoice")]),
    ("doctmpl.act", "doctmpl.edit", &[("name", "Certificate"), ("type", "act")]),
    ("doctmpl.compared", "doctmpl.edit", &[("name", "Statement"), ("type", "reconciliation")]),
    ("doctmpl.compared2", "doctmpl.edit", &[("name", "Сверка"), ("type", "reconciliation"), ("lang", "ru")]),
    (
        "doctmpl.terms",
        "doctmpl.edit",
        &[("name", "Договор оказания услуг"), ("type", "contract"), ("lang", "ru")],
    ),
    (
        "kind.hosting",
        "company.contract.edit",
        &[
            ("plid", "@company.nordwind"),
            ("name", "Hosting contract"),
            ("numtmpl", "D-{year}/{number}"),
            ("months", "12"),
        ],
    ),
    (
        "annex.support",
        "company.contract.appendix.edit",
        &[("plid", "@kind.hosting"), ("name", "Terms of support"), ("doctmpl", "@doctmpl.support")],
    ),
    (
        "kind.offer",
        "company.contract.edit",
        &[
            ("plid", "@company.nordwind"),
            ("name", "Public offer"),
            ("contracttype", "offer"),
            ("profiletype", "1, 3"),
            ("numtmpl", "O-{number}"),
        ],
    ),
    (
        "kind.cloud",
        "company.contract.edit",
        &[
            ("plid", "@company.cloud"),
            ("name", "Договор оказания услуг"),
            ("doctmpl", "@doctmpl.terms"),
            ("numtmpl", "СО-{year}/{month}-{number}"),
            ("nextnum", "101"),
            ("months", "12"),
        ],
    ),
    ("company.cloud", "company.edit", &[("elid", "@company.cloud"), ("doctmpl_payment", "@doctmpl.bill")]),
];

/// Who concludes the contract, whose kind it is, its day and how far it has come.
const CONTRACTS: [(&str, &str, &str, &[&str]); 5] = [
    ("berg", "kind.hosting", "2025-11-21", &["3", "4"]),
    ("reseller", "kind.hosting", "2025-11-03", &["3", "4"]),
    ("smith", "kind.cloud", "2025-11-06", &["5"]),
    ("orlov", "kind.cloud", "2026-01-12", &["3"]),
    ("ivanova", "kind.cloud", "2026-03-02", &[]),
];

const STATEMENTS: [(&str, &str); 4] =
    [("client", "nordwind"), ("reseller", "nordwind"), ("smith", "cloud"), ("orlov", "cloud")];

const COMPANIES: [&str; 2] = ["@company.nordwind", "@company.cloud"];

pub fn set_up(stage: &mut Stage) -> Result<()> {
    for (name, func, pairs) in KINDS {
        stage.make(name, "admin", func, pairs)?;
    }
    Ok(())
}

/// On the first of a month: what was sent comes back signed, what is new is sent, and the month before
/// is invoiced.
pub fn month_end(stage: &Stage) -> Result<()> {
    advance(stage, 3, "invoice.status.4")?;
    advance(stage, 1, "invoice.status.3")?;
    for company in COMPANIES {
        let order = [("company", company), ("invoice_status", "1"), ("summarizeinvoice", "on")];
        stage.call("employee", "invoice.generate", &order)?;
    }
    upkeep::go_on_with_invoices(&stage.app)
}

/// Marks most of the invoices of a status: some papers are always late.
fn advance(stage: &Stage, status: i64, func: &str) -> Result<()> {
    let sql = Sql::new("SELECT id FROM invoice WHERE NOT deleted AND status = ").bind(status);
    let rows = stage.app.db.read(BUDGET_SLOW, |conn| sql.sql(" ORDER BY id").load(conn, &[Kind::Int]))?;
    let ids = rows.iter().map(|row| row[0].int()).filter(|id| id % 7 != 0);
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    match ids.is_empty() {
        true => Ok(()),
        false => stage.call("employee", func, &[("elid", &ids.join(", "))]).map(drop),
    }
}

/// What is open when the year has ended: a correction that is due, drafts of one company, and
/// invoices of the other that the server issues when it runs.
pub fn end(stage: &mut Stage) -> Result<()> {
    for login in ["berg", "reseller"] {
        let expense = format!("@expense.{login}.0");
        stage.call("employee", "expense.compensate", &[("elid", &expense), ("amount", "5.95")])?;
    }
    let corrected = invoice_of(stage, "expense.berg.0")?;
    stage.call("employee", "invoice.creditnote", &[("elid", &corrected)])?;
    let cancelled = invoice_of(stage, "expense.client.0")?;
    stage.call("admin", "invoice.status.5", &[("elid", &cancelled)])?;
    for (company, status) in COMPANIES.into_iter().zip(["0", "1"]) {
        let year = [("fromdate", "2025-11-01"), ("todate", "2026-11-01")];
        let order = [&[("company", company), ("invoice_status", status)], &year[..]].concat();
        stage.call("employee", "invoice.generate", &order)?;
    }
    contracts(stage)?;
    for (login, company) in STATEMENTS {
        let (company, payer) = (format!("@company.{company}"), format!("@payer.{login}"));
        let year = [("fromdate", "2026-01-01"), ("todate", "2026-09-30")];
        let order = [&[("company", company.as_str()), ("customer", &payer)], &year[..]].concat();
        stage.call("employee", "reconciliation.generate", &order)?;
    }
    Ok(())
}

fn contracts(stage: &mut Stage) -> Result<()> {
    for (login, kind, signdate, states) in CONTRACTS {
        let name = format!("contract.{login}");
        let (payer, kind) = (format!("@payer.{login}"), format!("@{kind}"));
        let pairs = [("profile", payer.as_str()), ("contracttype", &kind), ("signdate", signdate)];
        stage.make(&name, "employee", "contract.edit", &pairs)?;
        for state in states {
            let (func, elid) = (format!("contract.status.{state}"), format!("@{name}"));
            stage.call("employee", &func, &[("elid", &elid)])?;
        }
    }
    let own = [("profile", "@payer.client"), ("contracttype", "@kind.offer")];
    stage.make("contract.client", "client", "contract.add.terms", &own).map(drop)
}

/// The invoice that holds an expense.
fn invoice_of(stage: &Stage, expense: &str) -> Result<String> {
    let sql = Sql::new(
        "SELECT t.invoice_id FROM invoiceitem_expense l JOIN invoiceitem t ON t.id = l.invoiceitem_id \
         WHERE l.expense_id = ",
    );
    let sql = sql.bind(stage.id(expense)?).sql(" ORDER BY t.invoice_id LIMIT 1");
    let row = stage.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
    let row = row.ok_or_else(|| Error::system(format!("demo data: {expense} is in no invoice")))?;
    Ok(row[0].int().to_string())
}
