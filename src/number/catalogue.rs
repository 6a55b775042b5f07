//! What is for sale: countries, operators and products by their words, offers and the numbers behind them.

pub mod offer;
pub mod phone;
pub mod pool;
pub mod product;
pub mod words;

use std::collections::BTreeMap;

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::level::Level;
use crate::rpc::handler::{Ctx, Topic};
use crate::time::SECOND_US;

pub const ACTIVATION: &str = "activation";
pub const HOSTING: &str = "hosting";

/// What guests and clients see of a price list; staff see all of it.
pub fn for_sale(cx: &mut Ctx) -> Result<Sql> {
    let is_staff = cx.caller.level() >= Level::Department;
    Ok(if is_staff { Sql::default() } else { Sql::new(" AND for_sale") })
}

/// Ids by words, each with what else is asked of them.
type Words = BTreeMap<String, (i64, String)>;

/// The words that lists of prices and numbers may have.
pub struct Vocabulary {
    /// With their prefixes.
    pub countries: Words,
    pub operators: Words,
    /// With their categories.
    pub products: Words,
}

impl Vocabulary {
    pub fn load(conn: &mut Conn) -> Result<Self> {
        let mut words = |table: &str, column: &str| -> Result<Words> {
            let sql = Sql::new("SELECT slug, id, ").word(column).sql(" FROM ").word(table);
            let rows = sql.load(conn, &[Kind::Text, Kind::Int, Kind::Text])?;
            let word = |row: &Vec<Raw>| (row[0].str().to_owned(), (row[1].int(), row[2].str().to_owned()));
            Ok(rows.iter().map(word).collect())
        };
        Ok(Self {
            countries: words("num_country", "prefix")?,
            operators: words("num_operator", "slug")?,
            products: words("num_product", "category")?,
        })
    }
}

/// Changes of prices and numbers take turns: what is free of an offer is counted from what they leave.
/// Buying waits for nobody here.
pub fn lock(conn: &mut Conn) -> Result<()> {
    let sql = Sql::new("UPDATE generation SET n = n + 1 WHERE topic = ").bind(Topic::Numbers.name());
    sql.execute(conn).map(drop)
}

/// `num_offer.changed_at`: by the second, so that the index of a hot offer is seldom touched.
pub fn second(now_us: i64) -> i64 {
    now_us - now_us.rem_euclid(SECOND_US)
}

/// The id of a word of the catalogue. Error `missed(<what>)`.
pub fn word_id(conn: &mut Conn, what: &'static str, slug: &str) -> Result<i64> {
    let sql = Sql::new("SELECT id FROM ").word(&format!("num_{what}")).sql(" WHERE slug = ").bind(slug);
    let row = sql.first(conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::missed(what).with("value", slug))
}
