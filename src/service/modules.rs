//! The processing modules that a tariff can be run by.

use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};

/// The modules of a tariff that are in use, first by order; of one data center alone where it is named.
pub fn of_tariff(conn: &mut Conn, tariff_id: i64, datacenter_id: i64) -> Result<Vec<i64>> {
    let sql = Sql::new(
        "SELECT p.id FROM pricelist_processing l JOIN processing p ON p.id = l.processing_id \
         WHERE p.active AND NOT p.deleted AND l.pricelist_id = ",
    );
    let sql = sql.bind(tariff_id);
    let sql = match datacenter_id {
        0 => sql,
        id => sql.sql(" AND p.datacenter_id = ").bind(id),
    };
    let rows = sql.sql(" ORDER BY p.orderpriority, p.id").load(conn, &[Kind::Int])?;
    Ok(rows.iter().map(|row| row[0].int()).collect())
}

/// The module that will open a service; 0 where there is none: then a person opens it. Error
/// `value(datacenter)` where the wanted one has none.
pub fn for_order(conn: &mut Conn, tariff_id: i64, datacenter_id: i64) -> Result<i64> {
    match (of_tariff(conn, tariff_id, datacenter_id)?.first(), datacenter_id) {
        (None, id) if id != 0 => Err(Error::value("datacenter", id.to_string())),
        (first, _) => Ok(first.copied().unwrap_or(0)),
    }
}
