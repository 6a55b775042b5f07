//! One country of the price list: `"russia":{"telegram":{"mts":{"cost":8,"count":3,"rate":99.99}}}`.

use std::fmt::Write;

use hyper::body::Bytes;

use super::words::Names;
use crate::money::{MICRO, Money};

/// A product of an operator. Small: there are half a million.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub product: u32,
    pub operator: u32,
    /// Hundredths.
    pub cost: u32,
    pub count: u32,
    /// Hundredths of a percent, or -1.
    pub rate: i32,
}

/// Orders of which less arrive are not told of (operations.md R190).
const RATE_MIN: i32 = 20_00;

pub struct Fragment {
    /// With a comma in front.
    bytes: Bytes,
    /// Where the operators of a product stand, in the order of the products' numbers.
    places: Vec<(u32, u32, u32)>,
    pub cells: Vec<Cell>,
}

/// By the words of products and operators.
pub fn sort(cells: &mut [Cell], names: &Names) {
    let words = |cell: &Cell| (names.word(cell.product), names.word(cell.operator));
    cells.sort_by(|a, b| words(a).cmp(&words(b)));
}

impl Fragment {
    /// Of cells in their order.
    pub fn new(country: &str, mut cells: Vec<Cell>, names: &Names) -> Self {
        cells.shrink_to_fit();
        let (mut out, mut places) = (format!(",\"{country}\":{{"), Vec::new());
        for (nth, group) in cells.chunk_by(|a, b| a.product == b.product).enumerate() {
            let comma = if nth > 0 { "," } else { "" };
            let _ = write!(out, "{comma}\"{}\":", names.word(group[0].product));
            let start = out.len();
            for (nth, cell) in group.iter().enumerate() {
                out.push(if nth > 0 { ',' } else { '{' });
                cell.write(names, &mut out);
            }
            out.push('}');
            places.push((group[0].product, start as u32, out.len() as u32));
        }
        out.push('}');
        out.shrink_to_fit();
        places.sort_unstable();
        places.shrink_to_fit();
        Self { bytes: out.into(), places, cells }
    }

    pub fn first(&self) -> Bytes {
        self.bytes.slice(1..)
    }

    /// Behind another country.
    pub fn further(&self) -> Bytes {
        self.bytes.clone()
    }

    /// The operators of a product: `{"mts":{…}}`.
    pub fn product(&self, product: u32) -> Option<Bytes> {
        let at = self.places.binary_search_by_key(&product, |place| place.0).ok()?;
        let (_, start, end) = self.places[at];
        Some(self.bytes.slice(start as usize..end as usize))
    }
}

impl Cell {
    fn write(&self, names: &Names, out: &mut String) {
        let cost = hundredths(i64::from(self.cost));
        let _ = write!(out, "\"{}\":{{\"cost\":{cost},\"count\":{}", names.word(self.operator), self.count);
        if self.rate >= RATE_MIN {
            let _ = write!(out, ",\"rate\":{}", hundredths(i64::from(self.rate)));
        }
        out.push('}');
    }
}

/// A number with at most two decimals and no more than it needs.
fn hundredths(value: i64) -> impl std::fmt::Display {
    Money(value * (MICRO / 100)).with_decimals(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country() {
        let mut names = Names::default();
        let [telegram, amazon, mts, beeline] =
            ["telegram", "amazon", "mts", "beeline"].map(|word| names.add(word));
        let cell = |product, operator, cost, count, rate| Cell { product, operator, cost, count, rate };
        let mut cells = vec![
            cell(telegram, mts, 400, 0, 9999),
            cell(telegram, beeline, 1250, 7, 1999),
            cell(amazon, mts, 5, 1, -1),
        ];
        sort(&mut cells, &names);
        let fragment = Fragment::new("russia", cells, &names);
        let of_telegram = r#"{"beeline":{"cost":12.5,"count":7},"mts":{"cost":4,"count":0,"rate":99.99}}"#;
        let expected =
            format!(r#""russia":{{"amazon":{{"mts":{{"cost":0.05,"count":1}}}},"telegram":{of_telegram}}}"#);
        assert_eq!(fragment.first(), expected);
        assert_eq!(fragment.product(telegram).expect("it is there"), of_telegram);
        assert_eq!(fragment.product(mts), None);
    }
}
