//! A document of each type on which a template is tried out. It has all that documents have, so that a
//! template with a fault in a rare place is refused too.

use serde_json::{Value, json};

pub fn of(kind: &str, lang: &str) -> Value {
    let mut data = match kind {
        "reconciliation" => statement(),
        "contract" => json!({ "city": "Riga", "enddate": "2027-01-31", "paydays": "5" }),
        _ => lines(),
    };
    let common = json!({
        "id": "17",
        "lang": lang,
        "number": "INV-17",
        "date": "2026-01-31",
        "fromdate": "2026-01-01",
        "todate": "2026-01-31",
        "currency": "EUR",
        "note": "A note & <more>",
        "contract": { "number": "D-3", "date": "2025-12-01" },
        "corrects": { "number": "INV-9", "date": "2025-12-31" },
        "company": party("Seller"),
        "customer": party("Buyer"),
    });
    if let (Value::Object(data), Value::Object(common)) = (&mut data, common) {
        data.extend(common);
    }
    data
}

fn party(name: &str) -> Value {
    json!({
        "id": "1",
        "name": name,
        "person": "Ada Lindqvist",
        "profiletype": "2",
        "country": "Latvia",
        "city": "Riga",
        "address": "Example street 1, Riga",
        "postal_address": "Example street 1, Riga",
        "vatnum": "LV00000000001",
        "eu_vat": "LV00000000001",
        "kpp": "000000001",
        "passport": "00 00 000001",
        "phone": "+37160000000",
        "email": "office@example.com",
        "site": "https://example.com",
        "jobtitle": "Director",
        "ddirector": "Ada Lindqvist",
        "bank": { "name": "Bank", "account": "000001", "iban": "LV00BANK0000000000001", "swift": "BANKLV00" },
    })
}

fn lines() -> Value {
    let line = |name: &str| {
        json!({
            "name": name, "quantity": "1", "measure": "", "price": "55.55", "discount": "1.00",
            "amount": "54.55", "taxrate": "21 %", "taxamount": "11.46", "total": "66.01",
        })
    };
    json!({
        "lines": [line("Virtual server & <backup>"), line("Domain")],
        "totals": { "discount": "2.00", "net": "109.10", "taxrate": "21 %", "tax": "22.92", "total": "132.02" },
        "paymethod": { "id": "1", "name": "Bank transfer" },
        "project": { "id": "1", "name": "Provider" },
    })
}

fn statement() -> Value {
    json!({
        "entries": [
            { "date": "2026-01-05", "name": "Payment 17", "debit": "", "credit": "100.00" },
            { "date": "2026-01-06", "name": "Virtual server", "debit": "132.02", "credit": "" },
        ],
        "opening": { "debit": "", "credit": "10.00" },
        "turnover": { "debit": "132.02", "credit": "100.00" },
        "closing": { "debit": "22.02", "credit": "" },
        "debt": { "creditor": "Seller", "amount": "22.02" },
    })
}
