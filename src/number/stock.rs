//! Numbers of an offer: taken, and given back. `num_offer.free` says how many there are; whoever lowers it
//! by a conditional update has one, and holds the row, so that picking it meets nobody else.

use super::catalogue::second;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::money::Money;

pub use super::catalogue::{ACTIVATION, HOSTING};

/// What was asked for; nothing stands for any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    pub country_id: Option<i64>,
    pub operator_id: Option<i64>,
}

/// What is sold where, for how much.
#[derive(Debug, Clone)]
pub struct Offer {
    pub id: i64,
    pub pool_id: i64,
    pub product_id: i64,
    pub price: Money,
    pub country: String,
    pub operator: String,
    /// Of pools whose numbers a supplier brings when they are bought; otherwise 0.
    pub supplier_id: i64,
}

/// A number that is the buyer's.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub phone_id: i64,
    pub phone: String,
    pub supplier_id: i64,
    pub is_sandbox: bool,
    /// Who earns 10⁻⁴ of a percent of it, in which currency.
    pub vendor: Option<Vendor>,
    pub voice_ok: bool,
    pub reuse_ok: bool,
    pub forwarding_ok: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    pub account_id: i64,
    pub share: i64,
    pub currency_id: i64,
}

const OFFER: &str = "SELECT f.id, f.pool_id, f.product_id, f.price, c.slug, o.slug, l.supplier_id FROM num_offer f \
     JOIN num_pool l ON l.id = f.pool_id JOIN num_country c ON c.id = l.country_id \
     JOIN num_operator o ON o.id = l.operator_id WHERE f.active AND c.active";
const OFFER_KINDS: [Kind; 7] =
    [Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text, Kind::Text, Kind::Int];

fn offer(row: &[Raw]) -> Offer {
    Offer {
        id: row[0].int(),
        pool_id: row[1].int(),
        product_id: row[2].int(),
        price: Money(row[3].int()),
        country: row[4].str().to_owned(),
        operator: row[5].str().to_owned(),
        supplier_id: row[6].int(),
    }
}

/// The cheapest offer that has numbers (operations.md §2.20), and costs no more than that.
pub fn cheapest(
    conn: &mut Conn,
    product_id: i64,
    place: Place,
    most: Option<Money>,
) -> Result<Option<Offer>> {
    let mut sql = Sql::new(OFFER).sql(
        " AND f.free > 0 AND (l.supplier_id = 0 OR EXISTS (SELECT 1 FROM num_supplier s \
         WHERE s.id = l.supplier_id AND s.active AND NOT s.deleted)) AND f.product_id = ",
    );
    sql = sql.bind(product_id);
    for (column, id) in
        [(" AND l.country_id = ", place.country_id), (" AND l.operator_id = ", place.operator_id)]
    {
        sql = id.map_or(sql.clone(), |id| sql.sql(column).bind(id));
    }
    if let Some(most) = most {
        sql = sql.sql(" AND f.price <= ").bind(most.0);
    }
    let row = sql.sql(" ORDER BY f.price, f.id LIMIT 1").first(conn, &OFFER_KINDS)?;
    Ok(row.map(|row| offer(&row)))
}

/// An offer that is sold, whether it has numbers or not.
pub fn offer_of(conn: &mut Conn, id: i64) -> Result<Option<Offer>> {
    Ok(Sql::new(OFFER).sql(" AND f.id = ").bind(id).first(conn, &OFFER_KINDS)?.map(|row| offer(&row)))
}

/// A number that the product was never sold on. Nothing where somebody else was faster, or the offer is no
/// longer what it was.
pub fn take_activation(conn: &mut Conn, offer: &Offer, now_us: i64) -> Result<Option<Taken>> {
    let sql = Sql::new("UPDATE num_offer SET free = free - 1, changed_at = ").bind(second(now_us));
    let sql = sql.sql(" WHERE free > 0 AND active AND price = ").bind(offer.price.0);
    let sql = sql.sql(" AND id = ").bind(offer.id).sql(" RETURNING cursor_id");
    let Some(row) = sql.first(conn, &[Kind::Int])? else { return Ok(None) };
    let fresh = Sql::new(" WHERE p.state = 'active' AND p.pool_id = ").bind(offer.pool_id);
    let fresh = fresh.sql(" AND p.id > ").bind(row[0].int()).sql(" ORDER BY p.id LIMIT 1");
    if let Some(taken) = phone(conn, &fresh)? {
        let sql = Sql::new("UPDATE num_offer SET cursor_id = ").bind(taken.phone_id);
        sql.sql(" WHERE id = ").bind(offer.id).execute(conn)?;
        return Ok(Some(taken));
    }
    // All were sold once: those that came back are left, the longest known first.
    let sql = Sql::new("DELETE FROM num_free WHERE offer_id = ").bind(offer.id);
    let sql = sql.sql(" AND phone_id = (SELECT phone_id FROM num_free WHERE offer_id = ").bind(offer.id);
    let row = sql.sql(" ORDER BY phone_id LIMIT 1) RETURNING phone_id").first(conn, &[Kind::Int])?;
    let id =
        row.ok_or_else(|| Error::system(format!("offer {} counts numbers that are not there", offer.id)))?;
    phone(conn, &Sql::new(" WHERE p.id = ").bind(id[0].int()))
}

/// A number that its supplier has yet to bring. Nothing as of [`take_activation`].
pub fn take_promised(conn: &mut Conn, offer: &Offer, now_us: i64) -> Result<Option<Taken>> {
    let sql = Sql::new("UPDATE num_offer SET free = free - 1, changed_at = ").bind(second(now_us));
    let sql = sql.sql(" WHERE free > 0 AND active AND price = ").bind(offer.price.0);
    let is_taken = sql.sql(" AND id = ").bind(offer.id).execute(conn)? == 1;
    Ok(is_taken.then(|| Taken { supplier_id: offer.supplier_id, ..Taken::default() }))
}

/// The number that nobody has rented for the longest time, for its next tenant.
pub fn take_hosting(conn: &mut Conn, offer: &Offer, now_us: i64) -> Result<Option<Taken>> {
    let sql = Sql::new("UPDATE num_pool SET free = free - 1 WHERE free > 0 AND id = ").bind(offer.pool_id);
    if sql.execute(conn)? == 0 {
        return Ok(None);
    }
    let sql = Sql::new(
        "UPDATE num_phone SET state = 'hosted' WHERE state = 'active' AND id = (SELECT id FROM num_phone ",
    );
    let sql = sql.sql("WHERE state = 'active' AND pool_id = ").bind(offer.pool_id);
    let row = sql.sql(" ORDER BY freed_at, id LIMIT 1) RETURNING id").first(conn, &[Kind::Int])?;
    let id = row
        .ok_or_else(|| Error::system(format!("pool {} counts numbers that are not there", offer.pool_id)))?;
    counted(conn, offer.pool_id, -1, now_us)?;
    let sql = Sql::new("SELECT id FROM num_offer WHERE active AND price = ").bind(offer.price.0);
    if sql.sql(" AND id = ").bind(offer.id).first(conn, &[Kind::Int])?.is_none() {
        return Err(changed());
    }
    phone(conn, &Sql::new(" WHERE p.id = ").bind(id[0].int()))
}

/// Somebody changed what is sold while it was bought: it is looked for anew.
pub fn changed() -> Error {
    Error::new("busy", "stock")
}

/// The same number once more, for the product that it was bought for before.
pub fn taken_again(conn: &mut Conn, phone_id: i64) -> Result<Option<Taken>> {
    phone(conn, &Sql::new(" WHERE p.state = 'active' AND p.id = ").bind(phone_id))
}

fn phone(conn: &mut Conn, condition: &Sql) -> Result<Option<Taken>> {
    let sql = Sql::new(
        "SELECT p.id, p.phone, p.supplier_id, s.kind, p.voice_ok, p.reuse_ok, p.forwarding_ok, v.account_id, v.share, \
         (SELECT u.currency_id FROM subaccount u WHERE u.account_id = v.account_id ORDER BY u.id LIMIT 1) \
         FROM num_phone p JOIN num_supplier s ON s.id = p.supplier_id \
         LEFT JOIN num_vendor v ON v.account_id = p.account_id AND v.active",
    );
    let (int, text, flag) = (Kind::Int, Kind::Text, Kind::Flag);
    let row = sql.append(condition).first(conn, &[int, text, int, text, flag, flag, flag, int, int, int])?;
    Ok(row.map(|row| {
        let vendor = Vendor { account_id: row[7].int(), share: row[8].int(), currency_id: row[9].int() };
        Taken {
            phone_id: row[0].int(),
            phone: row[1].str().to_owned(),
            supplier_id: row[2].int(),
            is_sandbox: row[3].str() == "sandbox",
            voice_ok: row[4].on(),
            reuse_ok: row[5].on(),
            forwarding_ok: row[6].on(),
            vendor: (vendor.account_id != 0).then_some(vendor),
        }
    }))
}

/// A number for which no message came can be sold for the product once more. One that was retired meanwhile
/// goes for good. Its row is locked first, as who retires it does.
pub fn give_back(conn: &mut Conn, offer_id: i64, phone_id: i64, now_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE num_phone SET state = state WHERE state = 'active' AND id = ").bind(phone_id);
    if sql.execute(conn)? == 0 {
        return Ok(());
    }
    let sql = Sql::new("UPDATE num_offer SET free = free + 1, changed_at = ").bind(second(now_us));
    sql.sql(" WHERE id = ").bind(offer_id).execute(conn)?;
    let sql = Sql::new("INSERT INTO num_free (offer_id, phone_id) VALUES (");
    sql.binds([offer_id, phone_id].map(Raw::from)).sql(")").execute(conn).map(drop)
}

/// The time of a tenant is over. The pool is locked first, as who rents from it does.
pub fn give_back_hosting(conn: &mut Conn, offer_id: i64, phone_id: i64, now_us: i64) -> Result<()> {
    let sql =
        Sql::new("UPDATE num_pool SET free = free WHERE id = (SELECT pool_id FROM num_offer WHERE id = ");
    let row = sql.bind(offer_id).sql(") RETURNING id").first(conn, &[Kind::Int])?;
    let pool_id = row.map_or(0, |row| row[0].int());
    let sql = Sql::new("UPDATE num_phone SET state = 'active', freed_at = ").bind(now_us);
    let sql = sql.sql(" WHERE state = 'hosted' AND id = ").bind(phone_id);
    if sql.execute(conn)? == 0 {
        return Ok(());
    }
    let sql = Sql::new("UPDATE num_pool SET free = free + 1 WHERE id = ").bind(pool_id);
    sql.execute(conn)?;
    counted(conn, pool_id, 1, now_us)
}

/// Offers of hostings follow their pool.
fn counted(conn: &mut Conn, pool_id: i64, change: i64, now_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE num_offer SET free = free + ").bind(change);
    let sql = sql.sql(", changed_at = ").bind(second(now_us)).sql(" WHERE pool_id = ").bind(pool_id);
    sql.execute(conn).map(drop)
}

/// The number is never sold for the product again.
pub fn ban(conn: &mut Conn, phone_id: i64, product_id: i64, order_id: i64, now_us: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO num_ban (phone_id, product_id, order_id, at) VALUES (");
    let sql = sql.binds([phone_id, product_id, order_id, now_us].map(Raw::from));
    sql.sql(") ON CONFLICT (phone_id, product_id) DO NOTHING").execute(conn).map(drop)
}
