//! The prices of a tariff as parameters of a call: `monthly126=100`, `setup126`, `disable_day126`.
//!
//! The names hold a currency's id, so no metadata can list them: they are read from the call itself.

use std::collections::BTreeMap;

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::share;
use crate::money::Money;
use crate::params::Params;
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::tariff::Period;

/// `price.kind`.
const PERIOD: &str = "period";
const PROLONG: &str = "prolong";
/// Kinds without a period, each by the word of its parameter.
const SINGLE: [(&str, &str); 4] =
    [("setup", "setup"), ("transfer", "transfer"), ("stat", "stat"), ("suspendpenaltysum", "suspendpenalty")];
/// A day costs so much of a month where it is worked out (`autocalcday`).
const MONTH_DAYS: i64 = 30;

/// Whose prices they are: a tariff's (detail_id 0) or an add-on's.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub pricelist_id: i64,
    pub detail_id: i64,
}

/// What a product type and its provider let prices be of.
#[derive(Debug, Default)]
pub struct Allowed {
    pub periods: Vec<Period>,
    /// Ids and codes: those in use, and the provider's own.
    pub currencies: Vec<(i64, String)>,
    transfer: bool,
}

impl Allowed {
    pub fn of(conn: &mut Conn, itemtype_id: i64, project_id: i64) -> Result<Self> {
        let words: Vec<&str> = Period::named().map(|(word, _)| word).collect();
        let sql = Sql::new("SELECT transfer, ").words(words.iter().copied());
        let sql = sql.sql(" FROM itemtype WHERE id = ").bind(itemtype_id);
        let flags = sql.first(conn, &vec![Kind::Flag; words.len() + 1])?.unwrap_or_default();
        let is_on = |at: usize| flags.get(at).is_some_and(Raw::on);
        let periods = Period::named().enumerate().filter(|(at, _)| is_on(at + 1)).map(|(_, named)| named.1);
        let (periods, transfer) = (periods.collect(), is_on(0));
        let sql =
            Sql::new("SELECT id, iso FROM currency WHERE active OR id IN (SELECT currency_id FROM project");
        let sql = sql.sql(" WHERE id = ").bind(project_id).sql(") ORDER BY id");
        let rows = sql.load(conn, &[Kind::Int, Kind::Text])?;
        let currencies = rows.iter().map(|row| (row[0].int(), row[1].str().to_owned())).collect();
        Ok(Self { periods, currencies, transfer })
    }

    fn has(&self, field: Field) -> bool {
        match field {
            Field::Price(PERIOD | PROLONG, code) | Field::Disable(code) => {
                self.periods.iter().any(|period| period.code() == code)
            }
            Field::Price("transfer", _) => self.transfer,
            _ => true,
        }
    }
}

/// What the name of a parameter means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// Kind and period.
    Price(&'static str, i64),
    Disable(i64),
    /// Whether a renewal has prices of its own.
    Own,
}

/// The field and the currency that a parameter names.
fn field_of(name: &str) -> Option<(Field, i64)> {
    let of_period = |rest: &str| Period::of_field(rest).map(|(period, currency)| (period.code(), currency));
    if let Some(rest) = name.strip_prefix("disable_") {
        return of_period(rest).map(|(period, currency)| (Field::Disable(period), currency));
    }
    if let Some(rest) = name.strip_prefix("prolong_") {
        return of_period(rest).map(|(period, currency)| (Field::Price(PROLONG, period), currency));
    }
    if let Some((period, currency)) = of_period(name) {
        return Some((Field::Price(PERIOD, period), currency));
    }
    let (word, currency) = name.split_at(name.find(|c: char| c.is_ascii_digit())?);
    let single = SINGLE.iter().find(|(known, _)| *known == word).map(|(_, kind)| Field::Price(kind, 0));
    let field = single.or((word == PROLONG).then_some(Field::Own))?;
    Some((field, currency.parse().ok()?))
}

/// What a call says of one price.
#[derive(Debug, Default)]
struct Wish {
    /// The inner nothing takes the price away.
    amount: Option<Option<Money>>,
    disabled: Option<bool>,
}

/// Kind, period and currency.
type Key = (&'static str, i64, i64);

/// What a call says of prices.
#[derive(Debug, Default)]
pub struct Asked {
    wishes: BTreeMap<Key, Wish>,
    /// Currencies in which a renewal costs what an order does.
    as_ordered: Vec<i64>,
    /// The parameters, for the history.
    pub names: Vec<String>,
}

impl Asked {
    /// The price parameters of a call; an error names the one that cannot be.
    pub fn of(params: &Params, allowed: &Allowed) -> Result<Self> {
        let mut asked = Self::default();
        for (name, text) in params.iter() {
            if let Some((field, currency)) = field_of(name) {
                asked.take(allowed, (name, text.trim()), field, currency)?;
            }
        }
        let as_ordered = &asked.as_ordered;
        asked.wishes.retain(|(kind, _, currency), _| *kind != PROLONG || !as_ordered.contains(currency));
        Ok(asked)
    }

    fn take(
        &mut self,
        allowed: &Allowed,
        (name, text): (&str, &str),
        field: Field,
        currency: i64,
    ) -> Result<()> {
        let is_on = matches!(text, "on" | "yes" | "1");
        let says_nothing = text.is_empty() || matches!(field, Field::Disable(_) | Field::Own) && !is_on;
        let is_known = allowed.currencies.iter().any(|(id, _)| *id == currency);
        if !is_known || !says_nothing && !allowed.has(field) {
            return Err(Error::value(name, text));
        }
        match field {
            Field::Own if !is_on => self.as_ordered.push(currency),
            Field::Own => {}
            Field::Disable(period) => self.wish((PERIOD, period, currency)).disabled = Some(is_on),
            Field::Price(kind, period) => {
                let amount = (!text.is_empty()).then(|| amount(name, text)).transpose()?;
                self.wish((kind, period, currency)).amount = Some(amount);
            }
        }
        self.names.push(name.to_owned());
        Ok(())
    }

    fn wish(&mut self, key: Key) -> &mut Wish {
        self.wishes.entry(key).or_default()
    }

    /// Changes the prices of a place by what was asked.
    pub fn keep(&self, conn: &mut Conn, place: Place) -> Result<()> {
        for currency in &self.as_ordered {
            let sql = Sql::new("DELETE FROM price WHERE kind = ").bind(PROLONG).append(&of_place(place));
            sql.sql(" AND currency_id = ").bind(*currency).execute(conn)?;
        }
        let stored = Stored::of(conn, place)?;
        for (key, wish) in &self.wishes {
            let before = stored.get(*key);
            let after = Price {
                amount: wish.amount.unwrap_or(before.amount),
                disabled: wish.disabled.unwrap_or(before.disabled),
            };
            if after != before {
                put(conn, place, *key, after)?;
            }
        }
        Ok(())
    }
}

fn amount(name: &str, text: &str) -> Result<Money> {
    let amount = Money::parse(text).filter(|amount| *amount >= Money::ZERO);
    amount.ok_or_else(|| Error::value(name, text))
}

fn of_place(place: Place) -> Sql {
    let sql = Sql::new(" AND pricelist_id = ").bind(place.pricelist_id);
    let sql = sql.sql(" AND detail_id = ").bind(place.detail_id);
    sql.sql(" AND from_count = 0 AND enumerationitem_id = 0")
}

/// What a place has for one kind, period and currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Price {
    amount: Option<Money>,
    disabled: bool,
}

/// The prices of a place.
struct Stored(BTreeMap<(String, i64, i64), Price>);

impl Stored {
    /// A row of 0 that cannot be ordered is no price.
    fn of(conn: &mut Conn, place: Place) -> Result<Self> {
        let sql = Sql::new("SELECT kind, period, currency_id, amount, disabled FROM price WHERE 1 = 1");
        let sql = sql.append(&of_place(place));
        let rows = sql.load(conn, &[Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Flag])?;
        let price = |row: &Vec<Raw>| {
            let (amount, disabled) = (Money(row[3].int()), row[4].on());
            Price { amount: Some(amount).filter(|amount| !disabled || *amount > Money::ZERO), disabled }
        };
        let key = |row: &Vec<Raw>| (row[0].str().to_owned(), row[1].int(), row[2].int());
        Ok(Self(rows.iter().map(|row| (key(row), price(row))).collect()))
    }

    fn get(&self, (kind, period, currency): Key) -> Price {
        self.0.get(&(kind.to_owned(), period, currency)).copied().unwrap_or_default()
    }
}

fn put(conn: &mut Conn, place: Place, (kind, period, currency): Key, price: Price) -> Result<()> {
    let sql = Sql::new("DELETE FROM price WHERE kind = ").bind(kind).sql(" AND period = ").bind(period);
    sql.sql(" AND currency_id = ").bind(currency).append(&of_place(place)).execute(conn)?;
    if price == Price::default() {
        return Ok(());
    }
    let sql =
        Sql::new("INSERT INTO price (pricelist_id, detail_id, kind, period, currency_id, amount, disabled)");
    let values: [Raw; 7] = [
        place.pricelist_id.into(),
        place.detail_id.into(),
        kind.into(),
        period.into(),
        currency.into(),
        price.amount.unwrap_or_default().0.into(),
        price.disabled.into(),
    ];
    sql.sql(" VALUES (").binds(values).sql(")").execute(conn)?;
    Ok(())
}

/// Works the price of a day out from that of a month, where services can be paid by the day.
pub fn compute_days(conn: &mut Conn, place: Place, allowed: &Allowed) -> Result<()> {
    if !allowed.periods.contains(&Period::Day) {
        return Ok(());
    }
    let stored = Stored::of(conn, place)?;
    for (currency, iso) in &allowed.currencies {
        if let Some(month) = stored.get((PERIOD, Period::Months(1).code(), *currency)).amount {
            let key = (PERIOD, Period::Day.code(), *currency);
            let day = Some(share(month, 1, MONTH_DAYS, Scale::minor(iso))?);
            put(conn, place, key, Price { amount: day, ..stored.get(key) })?;
        }
    }
    Ok(())
}

/// Shows all prices that can be entered: what was sent, else what is stored.
pub fn show(cx: &mut Ctx, record: &mut Record, place: Place, allowed: &Allowed) -> Result<()> {
    let stored = Stored::of(cx.conn, place)?;
    for (currency, iso) in &allowed.currencies {
        let own = |period: &Period| stored.get((PROLONG, period.code(), *currency));
        for period in &allowed.periods {
            let name = period.field(*currency).unwrap_or_default();
            let price = stored.get((PERIOD, period.code(), *currency));
            show_one(cx, record, &name, text(price, iso));
            show_one(cx, record, &format!("disable_{name}"), flag(price.disabled));
            show_one(cx, record, &format!("prolong_{name}"), text(own(period), iso));
        }
        let has_own = allowed.periods.iter().any(|period| own(period).amount.is_some());
        show_one(cx, record, &format!("{PROLONG}{currency}"), flag(has_own));
        for (word, kind) in SINGLE.iter().filter(|(_, kind)| allowed.has(Field::Price(kind, 0))) {
            let price = stored.get((kind, 0, *currency));
            show_one(cx, record, &format!("{word}{currency}"), text(price, iso));
        }
    }
    Ok(())
}

fn show_one(cx: &Ctx, record: &mut Record, name: &str, stored: String) {
    let text = cx.params.sent(name).map_or(stored, str::to_owned);
    record.show(name, text);
}

fn flag(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn text(price: Price, iso: &str) -> String {
    price.amount.map(|amount| amount.shown(iso).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Allowed {
        Allowed {
            periods: vec![Period::Trial, Period::Day, Period::Once, Period::Months(1), Period::Months(12)],
            currencies: vec![(126, "RUB".into()), (978, "EUR".into())],
            transfer: false,
        }
    }

    #[test]
    fn names() {
        let price = |kind, period, currency| Some((Field::Price(kind, period), currency));
        assert_eq!(field_of("monthly126"), price("period", 1, 126));
        assert_eq!(field_of("lifetime126"), price("period", 0, 126));
        assert_eq!(field_of("day126"), price("period", -50, 126));
        assert_eq!(field_of("trial126"), price("period", -100, 126));
        assert_eq!(field_of("prolong_annually978"), price("prolong", 12, 978));
        assert_eq!(field_of("setup978"), price("setup", 0, 978));
        assert_eq!(field_of("suspendpenaltysum978"), price("suspendpenalty", 0, 978));
        assert_eq!(field_of("prolong126"), Some((Field::Own, 126)));
        assert_eq!(field_of("disable_day126"), Some((Field::Disable(-50), 126)));
        for name in
            ["monthly", "ns0", "transfer_policy", "prolong_setup1", "disable_setup1", "126", "name_ru"]
        {
            assert_eq!(field_of(name), None, "{name}");
        }
    }

    #[test]
    fn what_a_script_sends() {
        let params = Params::of([
            ("lifetime126", "18000.00"),
            ("disable_day126", "off"),
            ("disable_monthly126", "on"),
            ("prolong126", "off"),
            ("prolong_annually126", "5"),
            ("setup978", ""),
            ("transfer978", ""),
            ("name", "Dearest"),
        ]);
        let asked = Asked::of(&params, &allowed()).unwrap();
        let keys: Vec<Key> = asked.wishes.keys().copied().collect();
        assert_eq!(
            keys,
            [
                ("period", -50, 126),
                ("period", 0, 126),
                ("period", 1, 126),
                ("setup", 0, 978),
                ("transfer", 0, 978)
            ]
        );
        assert_eq!(asked.as_ordered, [126]);
        assert_eq!(asked.wishes[&("period", 0, 126)].amount, Some(Some(Money::units(18_000))));
        assert_eq!(asked.wishes[&("period", 1, 126)].disabled, Some(true));
    }

    #[test]
    fn what_cannot_be_names_its_parameter() {
        for (name, text) in [
            ("monthly1", "5"),
            ("monthly126", "-5"),
            ("monthly126", "1,5"),
            ("quarterly126", "5"),
            ("disable_quarterly126", "on"),
            ("transfer126", "5"),
            ("setup999", ""),
        ] {
            let error = Asked::of(&Params::of([(name, text)]), &allowed()).unwrap_err();
            assert_eq!((error.kind, error.object.as_str()), ("value", name), "{text}");
        }
    }
}
