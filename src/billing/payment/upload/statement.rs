//! The text of a bank statement: `1CClientBankExchange`, or CSV with a head line.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::auth::session::hex;
use crate::csv::cells;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::time::Zone;

const HEAD_1C: &str = "1CClientBankExchange";
const LINES_MAX: usize = 10_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pub number: String,
    pub date_us: i64,
    pub recipient: String,
    pub sender: String,
    /// The payer's tax number.
    pub vatnum: String,
    pub amount: Money,
    pub purpose: String,
}

impl Line {
    /// The same for the same line of another file.
    pub fn fingerprint(&self) -> String {
        let amount = self.amount.plain();
        let date = self.date_us.to_string();
        let parts =
            [&self.number, &date, &self.sender, &self.vatnum, &amount, &self.recipient, &self.purpose];
        hex(&Sha256::digest(parts.map(String::as_str).join("\n")))
    }
}

/// Words of a text as numbers of payments are compared: small letters, with the signs that may stand in
/// one, and without those that end a sentence.
pub fn words(text: &str) -> Vec<String> {
    let is_sign = |sign: char| sign.is_alphanumeric() || matches!(sign, '-' | '/' | '_' | '.' | '#');
    let word = |part: &str| part.trim_matches(['.', '#', '-', '/', '_']).to_lowercase();
    let mut words: Vec<String> = text.split(|sign| !is_sign(sign)).map(word).collect();
    words.retain(|word| !word.is_empty());
    words.sort();
    words.dedup();
    words.truncate(100);
    words
}

/// Error `value(file)` with the number of the line that cannot be read.
pub fn parse(text: &str, zone: &Zone) -> Result<Vec<Line>> {
    let text = text.trim_start_matches('\u{feff}');
    let lines = match text.trim_start().starts_with(HEAD_1C) {
        true => parse_1c(text, zone)?,
        false => parse_csv(text, zone)?,
    };
    match lines.len() {
        0 => Err(Error::value("file", "").with("desc", "desc_statement_empty")),
        count if count > LINES_MAX => Err(Error::limit("file", LINES_MAX.to_string())),
        _ => Ok(lines),
    }
}

fn wrong(nth: usize) -> Error {
    Error::value("file", (nth + 1).to_string()).with("desc", "desc_statement_line")
}

/// `1 234,50`, `1234.5`
fn amount(text: &str) -> Option<Money> {
    let plain: String = text.chars().filter(|sign| !sign.is_whitespace() && *sign != '\u{a0}').collect();
    Money::parse(&plain.replace(',', ".")).filter(|amount| *amount > Money::ZERO)
}

/// `2026-01-31`, `31.01.2026`
fn date(text: &str, zone: &Zone) -> Option<i64> {
    match text.trim().split('.').collect::<Vec<_>>().as_slice() {
        [day, month, year] => zone.parse_date(&format!("{year}-{month:0>2}-{day:0>2}")),
        _ => zone.parse_date(text.trim()),
    }
}

fn parse_1c(text: &str, zone: &Zone) -> Result<Vec<Line>> {
    let (mut lines, mut document): (Vec<Line>, Option<HashMap<String, String>>) = (Vec::new(), None);
    for (nth, row) in text.lines().enumerate() {
        let (name, value) = row.trim().split_once('=').unwrap_or((row.trim(), ""));
        match (name, &mut document) {
            ("СекцияДокумент", _) => document = Some(HashMap::new()),
            ("КонецДокумента", Some(fields)) => {
                lines.push(document_line(fields, zone).ok_or_else(|| wrong(nth))?);
                document = None;
            }
            (name, Some(fields)) => drop(fields.insert(name.to_owned(), value.trim().to_owned())),
            _ => {}
        }
    }
    Ok(lines)
}

fn document_line(fields: &HashMap<String, String>, zone: &Zone) -> Option<Line> {
    let first = |names: &[&str]| {
        let found = names.iter().filter_map(|name| fields.get(*name)).find(|value| !value.is_empty());
        found.cloned().unwrap_or_default()
    };
    Some(Line {
        number: first(&["Номер"]),
        date_us: date(&first(&["Дата", "ДатаПоступило"]), zone)?,
        recipient: first(&["Получатель1", "Получатель"]),
        sender: first(&["Плательщик1", "Плательщик"]),
        vatnum: first(&["ПлательщикИНН"]),
        amount: amount(&first(&["Сумма"]))?,
        purpose: first(&["НазначениеПлатежа"]),
    })
}

/// What columns may be called in a head line.
const NAMES: [(&str, &[&str]); 7] = [
    ("number", &["number", "ppid", "id", "номер"]),
    ("date", &["date", "ppdate", "дата"]),
    ("recipient", &["recipient", "payee", "получатель"]),
    ("sender", &["sender", "payer", "плательщик"]),
    ("vatnum", &["vatnum", "inn", "tax_number", "инн"]),
    ("amount", &["amount", "sum", "сумма"]),
    ("purpose", &["purpose", "description", "назначение"]),
];

fn parse_csv(text: &str, zone: &Zone) -> Result<Vec<Line>> {
    let mut rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
    let (_, head) = rows.next().ok_or_else(|| wrong(0))?;
    let sign = if head.contains(';') { ';' } else { ',' };
    let columns: Vec<Option<&str>> = cells(head, sign).iter().map(|cell| column(cell)).collect();
    let has = |name| columns.contains(&Some(name));
    if !has("amount") || !has("date") {
        return Err(wrong(0));
    }
    rows.map(|(nth, row)| csv_line(&columns, &cells(row, sign), zone).ok_or_else(|| wrong(nth))).collect()
}

fn column(cell: &str) -> Option<&'static str> {
    let cell = cell.trim().to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&cell.as_str())).map(|(name, _)| *name)
}

fn csv_line(columns: &[Option<&str>], cells: &[String], zone: &Zone) -> Option<Line> {
    let cell = |name: &str| {
        let at = columns.iter().position(|column| *column == Some(name));
        at.and_then(|at| cells.get(at)).map(|cell| cell.trim().to_owned()).unwrap_or_default()
    };
    Some(Line {
        number: cell("number"),
        date_us: date(&cell("date"), zone)?,
        recipient: cell("recipient"),
        sender: cell("sender"),
        vatnum: cell("vatnum"),
        amount: amount(&cell("amount"))?,
        purpose: cell("purpose"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE_1C: &str = "1CClientBankExchange\r\nВерсияФормата=1.03\r\nСекцияРасчСчет\r\nДатаНачала=01.01.2026\r\n\
        КонецРасчСчет\r\nСекцияДокумент=Платежное поручение\r\nНомер=7\r\nДата=31.01.2026\r\nСумма=1234.50\r\n\
        Плательщик=ИНН 123 ООО Ромашка\r\nПлательщик1=ООО Ромашка\r\nПлательщикИНН=123\r\n\
        Получатель1=ООО Облако\r\nНазначениеПлатежа=Оплата по счету №NW-17. Без НДС\r\nКонецДокумента\r\nКонецФайла\r\n";

    fn line() -> Line {
        Line {
            number: "7".into(),
            date_us: Zone::utc().parse_date("2026-01-31").unwrap(),
            recipient: "ООО Облако".into(),
            sender: "ООО Ромашка".into(),
            vatnum: "123".into(),
            amount: Money(1_234_500_000),
            purpose: "Оплата по счету №NW-17. Без НДС".into(),
        }
    }

    #[test]
    fn both_formats() {
        let csv = "Номер;Дата;Плательщик;ИНН;Получатель;Сумма;Назначение\n\
            7;31.01.2026;\"ООО Ромашка\";123;ООО Облако;1 234,50;\"Оплата по счету №NW-17. Без НДС\"\n";
        for text in [FILE_1C, csv, &format!("\u{feff}{FILE_1C}")] {
            assert_eq!(parse(text, &Zone::utc()).unwrap(), [line()]);
        }
        assert_eq!(line().fingerprint().len(), 64);
    }

    #[test]
    fn what_is_no_statement() {
        for (text, at) in [
            ("", "1"),
            ("name,amount\nx,1\n", "1"),
            ("date,amount\n2026-01-31,1\n2026-01-32,1\n", "3"),
            ("date,amount\n2026-01-31,-1\n", "2"),
            ("date,amount\n2026-01-31,\n", "2"),
            ("date,amount\n", ""),
            ("1CClientBankExchange\nСекцияДокумент=x\nСумма=1\nКонецДокумента\n", "4"),
            ("1CClientBankExchange\n", ""),
        ] {
            let error = parse(text, &Zone::utc()).unwrap_err();
            assert_eq!((error.object.as_str(), error.param("value")), ("file", Some(at)), "{text}");
        }
    }

    #[test]
    fn words_of_a_purpose() {
        assert_eq!(words("Payment NW-17, order #5. СО-С/8;"), ["5", "nw-17", "order", "payment", "со-с/8"]);
    }
}
