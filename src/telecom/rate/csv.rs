//! Lines of a price list as text.

use std::collections::HashSet;

use crate::rpc::lines::{self, Refused};
use crate::telecom::prefix::is_prefix;

/// A line that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub prefix: String,
    pub destination: String,
    /// price, connectcharge, initblock, billingblock, min_time.
    pub numbers: [i64; 5],
}

const DESTINATION_MAX: usize = 255;
const COLUMNS: [&str; 7] =
    ["prefix", "destination", "price", "initblock", "billingblock", "connectcharge", "min_time"];
/// Prefix, destination and price; blocks of a second and nothing besides where a line says no more.
const COLUMNS_MIN: usize = 3;

/// The lines that can be kept, and which cannot and why. The first may name the columns, in their order.
pub fn parse(text: &str) -> (Vec<Line>, Vec<Refused>) {
    let (mut lines, mut refused, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for sent in lines::of(text, COLUMNS[0]) {
        match line(&sent) {
            Err(column) => refused.push((sent.number, column)),
            Ok(line) if !seen.insert(line.prefix.clone()) => refused.push((sent.number, "twice")),
            Ok(line) => lines.push(line),
        }
    }
    (lines, refused)
}

/// An error is a column, or `columns`.
fn line(sent: &lines::Line) -> Result<Line, &'static str> {
    if !(COLUMNS_MIN..=COLUMNS.len()).contains(&sent.cells.len()) {
        return Err("columns");
    }
    let cell = |at: usize| sent.cell(at);
    let prefix = cell(0).strip_prefix('+').unwrap_or(cell(0));
    if !is_prefix(prefix) {
        return Err(COLUMNS[0]);
    }
    if cell(1).chars().count() > DESTINATION_MAX {
        return Err(COLUMNS[1]);
    }
    let money = |at: usize| match cell(at) {
        "" if at >= COLUMNS_MIN => Ok(0),
        _ => sent.money(at).map(|money| money.0).ok_or(COLUMNS[at]),
    };
    let seconds = |at: usize, usual: i64| match cell(at) {
        "" => Ok(usual),
        text => text.parse().map_err(|_| COLUMNS[at]),
    };
    let numbers = [money(2)?, money(5)?, seconds(3, 1)?, seconds(4, 1)?, seconds(6, 0)?];
    match super::wrong(numbers) {
        Some(column) => Err(column),
        None => Ok(Line { prefix: prefix.to_owned(), destination: cell(1).to_owned(), numbers }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(prefix: &str, destination: &str, numbers: [i64; 5]) -> Line {
        Line { prefix: prefix.into(), destination: destination.into(), numbers }
    }

    #[test]
    fn lines_that_can_be_kept() {
        let text = "\u{feff}Prefix,Destination,Price,Initblock\r\n1212,USA New York,0.012\r\n\n\
            +371,\"Latvia, Riga\",0.1,60,6,0.05,3\n49;Germany;0,02;;;0,5\n";
        let (lines, refused) = parse(text);
        assert_eq!(refused, []);
        let expected = [
            kept("1212", "USA New York", [12_000, 0, 1, 1, 0]),
            kept("371", "Latvia, Riga", [100_000, 50_000, 60, 6, 3]),
            kept("49", "Germany", [20_000, 500_000, 1, 1, 0]),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn lines_that_cannot() {
        for (row, why) in [
            ("1212", "columns"),
            ("1,2,3,4,5,6,7,8", "columns"),
            (",USA,1", "prefix"),
            ("12x,USA,1", "prefix"),
            ("1234567890123456,USA,1", "prefix"),
            ("1,USA,", "price"),
            ("1,USA,-1", "price"),
            ("1,USA,1e3", "price"),
            ("1,USA,NaN", "price"),
            ("1,USA,0.0000001", "price"),
            ("1,USA,100000.000001", "price"),
            ("1,USA,1,0", "initblock"),
            ("1,USA,1,1,3601", "billingblock"),
            ("1,USA,1,1,1,x", "connectcharge"),
            ("1,USA,1,1,1,0,-1", "min_time"),
        ] {
            assert_eq!(parse(&format!("7,Russia,1\n{row}")).1, [(2, why)], "{row}");
        }
        assert_eq!(parse("7,Russia,1\n+7,Russia,2").1, [(2, "twice")]);
        assert_eq!(parse("7,Russia,1\nprefix,destination,price").1, [(2, "prefix")]);
        assert_eq!(parse(&format!("7,{},1", "x".repeat(256))).1, [(1, "destination")]);
    }
}
