//! The numbers of one operator in one country that are sold in the same way, and how many there are.

use super::second;
use super::{ACTIVATION, HOSTING};
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};

/// A pool with its row locked.
#[derive(Debug, Clone)]
pub struct Pool {
    pub id: i64,
    pub is_hosting: bool,
    phones: i64,
    free: i64,
}

impl Pool {
    /// Made where it is not there yet.
    pub fn of(conn: &mut Conn, country_id: i64, operator_id: i64, category: &str) -> Result<Self> {
        let sql = Sql::new("INSERT INTO num_pool (country_id, operator_id, category) VALUES (");
        let sql = sql.binds([country_id.into(), operator_id.into(), category.into()]);
        // Setting what is there locks the row.
        let sql = sql.sql(
            ") ON CONFLICT (country_id, operator_id, category) DO UPDATE SET phones = num_pool.phones \
             RETURNING id, phones, free",
        );
        let row = sql.first(conn, &[Kind::Int; 3])?.ok_or_else(|| Error::system("a pool got no id"))?;
        let is_hosting = category == HOSTING;
        Ok(Self { id: row[0].int(), is_hosting, phones: row[1].int(), free: row[2].int() })
    }

    pub fn load(conn: &mut Conn, id: i64) -> Result<Self> {
        let sql = Sql::new("UPDATE num_pool SET phones = phones WHERE id = ").bind(id);
        let sql = sql.sql(" RETURNING category, phones, free");
        let row = sql.first(conn, &[Kind::Text, Kind::Int, Kind::Int])?;
        let row = row.ok_or_else(|| Error::missed("pool").with("value", id.to_string()))?;
        Ok(Self { id, is_hosting: row[0].str() != ACTIVATION, phones: row[1].int(), free: row[2].int() })
    }

    /// How many numbers a product that was never sold here has.
    pub fn stock(&self) -> i64 {
        if self.is_hosting { self.free } else { self.phones }
    }

    /// Numbers that were never sold came in: each offer has so many more.
    pub fn grow(&self, conn: &mut Conn, count: i64, now_us: i64) -> Result<()> {
        let free = if self.is_hosting { count } else { 0 };
        let sql = Sql::new("UPDATE num_pool SET phones = phones + ").bind(count);
        let sql = sql.sql(", free = free + ").bind(free).sql(" WHERE id = ").bind(self.id);
        sql.execute(conn)?;
        self.count_offers(conn, Sql::new(" + ").bind(count), Sql::default(), now_us)
    }

    /// A number goes. Of activations only those that could still be sold on it have one less: it is none that
    /// came back, or it lies behind their cursor.
    pub fn retire(&self, conn: &mut Conn, phone_id: i64, was_free: bool, now_us: i64) -> Result<()> {
        let free = i64::from(self.is_hosting && was_free);
        let sql = Sql::new("UPDATE num_pool SET phones = phones - 1, free = free - ").bind(free);
        sql.sql(" WHERE id = ").bind(self.id).execute(conn)?;
        if self.is_hosting {
            return self.count_offers(conn, Sql::new(" - ").bind(free), Sql::default(), now_us);
        }
        let fresh = Sql::new(" AND cursor_id < ").bind(phone_id);
        self.count_offers(conn, Sql::new(" - 1"), fresh, now_us)?;
        let returned = Sql::new(" AND id IN (SELECT offer_id FROM num_free WHERE phone_id = ").bind(phone_id);
        self.count_offers(conn, Sql::new(" - 1"), returned.sql(")"), now_us)?;
        Sql::new("DELETE FROM num_free WHERE phone_id = ").bind(phone_id).execute(conn).map(drop)
    }

    fn count_offers(&self, conn: &mut Conn, change: Sql, which: Sql, now_us: i64) -> Result<()> {
        let sql = Sql::new("UPDATE num_offer SET free = free").append(&change);
        let sql = sql.sql(", changed_at = ").bind(second(now_us)).sql(" WHERE pool_id = ").bind(self.id);
        sql.append(&which).execute(conn).map(drop)
    }
}
