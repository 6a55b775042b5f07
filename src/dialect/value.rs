//! One value as another API writes it.

use super::part::Kind;
use super::route::{Amounts, Dialect, Flags, Times};
use crate::cell::Cell;
use crate::json::Json;
use crate::money::Money;
use crate::time::Zone;

/// Decimals that an amount has at least where it is text.
const DECIMALS: u8 = 4;

impl Dialect {
    pub fn cell(&self, cell: &Cell) -> Json {
        match cell {
            Cell::Null => Json::Null,
            Cell::Int(number) => Json::int(*number),
            Cell::Text(text) => Json::text(text.as_ref()),
            Cell::Flag(on) => self.flag(*on),
            Cell::Money(amount, _) => self.amount(*amount),
            Cell::Date(0, _) | Cell::Time(0, _) => Json::Null,
            Cell::Date(at_us, _) | Cell::Time(at_us, _) if self.times == Times::Utc => moment(*at_us),
            Cell::Date(..) | Cell::Time(..) => Json::text(cell.to_string()),
            Cell::Msg { code, .. } => Json::text(code.as_ref()),
        }
    }

    pub fn flag(&self, on: bool) -> Json {
        match self.flags {
            Flags::Number => Json::int(i64::from(on)),
            Flags::Bool => Json::Bool(on),
        }
    }

    fn amount(&self, amount: Money) -> Json {
        match self.amounts {
            Amounts::Text => Json::text(amount.with_decimals(DECIMALS).to_string()),
            Amounts::Number => Json::Number(amount.with_decimals(0).to_string()),
        }
    }

    /// A text of a document by the kind that the route gives it.
    pub fn leaf(&self, kind: Kind, text: &str) -> Json {
        let number = text.split(' ').next().unwrap_or_default();
        match kind {
            Kind::Int => number.parse().map_or(Json::Null, Json::int),
            Kind::Bool => self.flag(matches!(text, "on" | "1" | "yes")),
            Kind::Amount | Kind::Money => Money::parse(number).map_or(Json::Null, |sum| self.amount(sum)),
            Kind::Switch => Json::Bool(matches!(text, "on" | "1" | "yes")),
            Kind::Moment => text.parse().map_or_else(|_| Json::text(text), moment),
            Kind::Null => Json::Null,
            Kind::Empty => Json::List(Vec::new()),
            Kind::Members => members(text),
            Kind::Text | Kind::String | Kind::Login | Kind::List => Json::text(text),
        }
    }
}

/// `{"activation":1,"hosting":1}`
fn members(words: &str) -> Json {
    let words = words.split(',').filter(|word| !word.is_empty());
    Json::Object(words.map(|word| (word.to_owned(), Json::int(1))).collect())
}

/// RFC 3339 in UTC with microseconds.
fn moment(at_us: i64) -> Json {
    let mut text = Zone::utc().time(at_us).replace(' ', "T");
    text.push_str(&format!(".{:06}Z", at_us.rem_euclid(1_000_000)));
    Json::Text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (at_us, expected) in [
            (1_539_418_418_809_469, "2018-10-13T08:13:38.809469Z"),
            (1_539_418_418_000_000, "2018-10-13T08:13:38.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(moment(at_us), Json::text(expected));
        }
    }
}
