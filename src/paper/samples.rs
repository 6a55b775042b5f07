//! Data that every delivered template can be filled with.

use serde_json::{Value, json};

use super::tree::{Block, Paper};

/// A dot of one pixel.
pub const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub fn data(lang: &str) -> Value {
    if lang == "ru" { russian() } else { english() }
}

fn english() -> Value {
    json!({
        "number": "INV-2026/00042", "date": "31 January 2026", "duedate": "10 February 2026",
        "fromdate": "1 January 2026", "todate": "31 January 2026", "currency": "EUR", "city": "Dublin",
        "enddate": "31 December 2026", "paydays": "10", "note": "Thank you.\nPlease give the number when paying.",
        "qr": "BCD\n002\n1\nSCT\n\nExample Hosting Ltd\nIE29AIBK93115212345678\nEUR1234.50",
        "company": {
            "name": "Example Hosting Ltd", "address": "1 Harbour Street, Dublin 2, Ireland",
            "vatnum": "1234567T", "eu_vat": "IE1234567T", "phone": "+353 1 555 0100",
            "email": "billing@example.com", "jobtitle": "Director", "ddirector": "A. Murphy",
            "site": "https://my.example.com/billmgr",
            "bank": { "name": "Allied Irish Banks", "iban": "IE29 AIBK 9311 5212 3456 78", "swift": "AIBKIE2D" },
        },
        "customer": {
            "name": "Müller & Söhne <GmbH>", "person": "Jürgen Müller",
            "address": "Lange Straße 12\n10115 Berlin", "postcode": "10115", "country": "Germany",
            "vatnum": "", "eu_vat": "DE136695976", "email": "office@example.org",
            "jobtitle": "Managing director", "ddirector": "J. Müller", "bank": {},
        },
        "contract": { "number": "C-17", "date": "5 May 2025" },
        "lines": [
            { "name": "Virtual server VDS-4, 4 GB, Frankfurt", "quantity": "1", "measure": "month",
              "price": "1,000.00", "discount": "50.00", "amount": "950.00", "taxrate": "20%",
              "taxamount": "190.00", "total": "1,140.00" },
            { "name": "Domain example.org, renewal for a year", "quantity": "2", "measure": "pcs",
              "price": "39.375", "discount": "", "amount": "78.75", "taxrate": "20%",
              "taxamount": "15.75", "total": "94.50" },
        ],
        "totals": { "discount": "50.00", "net": "1,028.75", "taxrate": "20%", "tax": "205.75",
                    "total": "1,234.50", "words": "One thousand two hundred thirty-four euro 50 cents" },
        "entries": [
            { "date": "2026-01-10", "name": "Payment 77", "debit": "", "credit": "1,234.50" },
            { "date": "2026-01-31", "name": "Certificate 42", "debit": "1,234.50", "credit": "" },
        ],
        "opening": { "debit": "", "credit": "100.00" },
        "turnover": { "debit": "1,234.50", "credit": "1,234.50" },
        "closing": { "debit": "", "credit": "100.00" },
        "debt": { "creditor": "Müller & Söhne <GmbH>", "amount": "100.00", "words": "one hundred euro" },
    })
}

fn russian() -> Value {
    json!({
        "number": "А-00042", "date": "31 января 2026 г.", "duedate": "10 февраля 2026 г.",
        "fromdate": "01.01.2026", "todate": "31.01.2026", "currency": "руб.", "city": "г. Москва",
        "currency_name": "российский рубль", "currency_code": "643", "enddate": "31.12.2026", "paydays": "10",
        "note": "Счёт действителен в течение десяти дней.",
        "qr": "ST00012|Name=ООО «Пример Хостинг»|PersonalAcc=40702810900000012345|BIC=044525225|Sum=1234550",
        "company": {
            "name": "ООО «Пример Хостинг»", "address": "125009, г. Москва, ул. Тверская, д. 1, офис 205",
            "vatnum": "7701234567", "kpp": "770101001", "ogrn": "1157746000000", "phone": "+7 495 000-00-00",
            "jobtitle": "Генеральный директор", "ddirector": "Петров П. П.", "accountant": "Сидорова С. С.",
            "rdirector": "генерального директора Петрова Петра Петровича", "basis": "Устава",
            "postcode": "125009", "site": "https://my.example.com/billmgr",
            "bank": { "name": "ПАО «Пример Банк», г. Москва", "bik": "044525225",
                      "account": "40702810900000012345", "corraccount": "30101810400000000225" },
        },
        "customer": {
            "name": "АО «Северо-Западная научно-производственная компания „Ёлка“»", "person": "Иванов И. И.",
            "address": "191186, г. Санкт-Петербург, Невский пр., д. 10", "postcode": "191186",
            "vatnum": "7801234567", "kpp": "780101001", "jobtitle": "Директор", "ddirector": "Иванов И. И.",
            "rdirector": "директора Иванова Ивана Ивановича", "basis": "доверенности № 5 от 01.02.2025",
        },
        "contract": { "number": "17/25", "date": "05.05.2025" },
        "payments": [ { "number": "77", "date": "10.01.2026" }, { "number": "78", "date": "11.01.2026" } ],
        "document": { "number": "А-00042", "date": "31.01.2026" },
        "lines": [
            { "name": "Услуги виртуального сервера VDS-4 (4 ГБ), январь 2026 г.", "quantity": "1",
              "measure": "мес", "measure_code": "362", "price": "10\u{a0}000,00", "discount": "500,00",
              "amount": "9\u{a0}500,00", "taxrate": "20%", "taxamount": "1\u{a0}900,00", "total": "11\u{a0}400,00" },
            { "name": "Продление домена пример.рф на год", "quantity": "2", "measure": "шт",
              "measure_code": "796", "price": "393,75", "discount": "", "amount": "787,50", "taxrate": "20%",
              "taxamount": "157,50", "total": "945,00" },
        ],
        "totals": { "discount": "500,00", "net": "10\u{a0}287,50", "taxrate": "20%", "tax": "2\u{a0}057,50",
                    "total": "12\u{a0}345,00",
                    "words": "Двенадцать тысяч триста сорок пять рублей 00 копеек" },
        "entries": [
            { "date": "10.01.2026", "name": "Оплата № 77 от 10.01.2026", "debit": "", "credit": "12\u{a0}345,00" },
            { "date": "31.01.2026", "name": "Акт № А-00042", "debit": "12\u{a0}345,00", "credit": "" },
        ],
        "opening": { "debit": "", "credit": "1\u{a0}000,00" },
        "turnover": { "debit": "12\u{a0}345,00", "credit": "12\u{a0}345,00" },
        "closing": { "debit": "", "credit": "1\u{a0}000,00" },
    })
}

/// A template with these blocks.
pub fn paper(blocks: &str) -> String {
    format!("<paper title=\"T\" lang=\"en\">{blocks}</paper>")
}

/// Every text of a paper, in the order in which it is read.
pub fn texts(paper: &Paper) -> Vec<String> {
    let mut texts = Vec::new();
    for block in &paper.blocks {
        match block {
            Block::Heading(heading) => texts.push(heading.text.clone()),
            Block::Text(text) => texts.push(text.text.clone()),
            Block::Pair(pair) => {
                for side in &pair.sides {
                    texts.push(side.title.clone());
                    let label =
                        |label: &str| if label.is_empty() { String::new() } else { format!("{label}:") };
                    texts.extend(side.lines.iter().flat_map(|line| [label(&line.label), line.text.clone()]));
                }
            }
            Block::Table(table) => {
                texts.extend(table.columns.iter().map(|column| column.title.clone()));
                let rows = table.rows.iter().chain(&table.foot);
                texts.extend(rows.flat_map(|row| &row.cells).map(|cell| cell.text.clone()));
            }
            Block::Image(_) | Block::Qr(_) | Block::Rule(_) | Block::Space(_) | Block::Break(_) => {}
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}
