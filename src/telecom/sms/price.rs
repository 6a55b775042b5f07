//! What a message costs whom: the longest prefix of a provider's rates decides.

use super::reason;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::ledger::{Scale, rounding};
use crate::money::Money;
use crate::telecom::payers::Payers;

/// Digits of a prefix.
pub const PREFIX_MAX: usize = 15;

/// Rates that some numbers may go by.
pub struct Prices(Vec<Rate>);

struct Rate {
    prefix: String,
    currency_id: i64,
    /// What a client pays: his reseller's own price, or the provider's.
    retail: Money,
    wholesale: Money,
}

impl Prices {
    /// For clients of a reseller; 0: of the provider.
    pub fn of<'p>(
        conn: &mut Conn,
        (provider_id, payer_id): (i64, i64),
        phones: impl Iterator<Item = &'p str>,
    ) -> Result<Self> {
        let mut prefixes: Vec<&str> = phones.flat_map(prefixes).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        let sql = Sql::new(
            "SELECT r.prefix, r.currency_id, COALESCE(p.price, r.retail), r.wholesale FROM sms_rate r \
             LEFT JOIN sms_price p ON p.rate_id = r.id AND p.reseller_id = ",
        );
        let sql = sql.bind(payer_id).sql(" WHERE r.provider_id = ").bind(provider_id);
        let sql = sql.sql(" AND r.prefix IN (").binds(prefixes.into_iter().map(Raw::from)).sql(")");
        let rows = sql.load(conn, &[Kind::Text, Kind::Int, Kind::Int, Kind::Int])?;
        let rate = |row: &Vec<Raw>| Rate {
            prefix: row[0].str().to_owned(),
            currency_id: row[1].int(),
            retail: Money(row[2].int()),
            wholesale: Money(row[3].int()),
        };
        Ok(Self(rows.iter().map(rate).collect()))
    }

    /// What each payer owes, or the reason why it cannot be sent.
    pub fn cost(&self, phone: &str, parts: i64, payers: &Payers) -> Result<Verdict> {
        let of = |currency_id| self.longest(phone, currency_id);
        let Some(retail) = of(payers.retail().subaccount.currency_id) else {
            return Ok(Err(reason::NO_RATE));
        };
        let times = |price| rounding::line(price, parts, Scale::TELECOM);
        let wholesale = match payers.wholesale() {
            None => Money::ZERO,
            Some(side) => match of(side.subaccount.currency_id) {
                None => return Ok(Err(reason::UNAVAILABLE)),
                Some(rate) => times(rate.wholesale)?,
            },
        };
        Ok(Ok([times(retail.retail)?, wholesale]))
    }

    fn longest(&self, phone: &str, currency_id: i64) -> Option<&Rate> {
        let digits = phone.trim_start_matches('+');
        let fits = |rate: &&Rate| rate.currency_id == currency_id && digits.starts_with(&rate.prefix);
        self.0.iter().filter(fits).max_by_key(|rate| rate.prefix.len())
    }
}

pub type Verdict = std::result::Result<[Money; 2], &'static str>;

fn prefixes(phone: &str) -> impl Iterator<Item = &str> {
    let digits = phone.trim_start_matches('+');
    (1..=digits.len().min(PREFIX_MAX)).map(move |len| &digits[..len])
}

/// The cheapest part that a client can send; nothing where there is no rate in his currency.
pub fn cheapest(
    conn: &mut Conn,
    (provider_id, payer_id): (i64, i64),
    currency_id: i64,
) -> Result<Option<Money>> {
    let sql = Sql::new(
        "SELECT MIN(COALESCE(p.price, r.retail)) FROM sms_rate r \
         LEFT JOIN sms_price p ON p.rate_id = r.id AND p.reseller_id = ",
    );
    let sql = sql.bind(payer_id).sql(" WHERE r.provider_id = ").bind(provider_id);
    let row = sql.sql(" AND r.currency_id = ").bind(currency_id).first(conn, &[Kind::Int])?;
    Ok(row.and_then(|row| match row[0] {
        Raw::Int(price) => Some(Money(price)),
        _ => None,
    }))
}
