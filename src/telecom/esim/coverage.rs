//! Where a package works: countries and their networks.

use std::collections::{BTreeMap, BTreeSet};

use super::gateway::Network;
use super::package;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::rpc::handler::Ctx;

/// Networks of one package that are kept; a package for all the world has some hundred.
const NETWORKS_MAX: usize = 2_000;
/// Networks that one statement writes.
const STATEMENT: usize = 200;
const KINDS: [Kind; 5] = [Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Text];

/// `esim.coverage`, sorted by country.
pub fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new("SELECT id, country, iso, network, tech FROM esim_coverage WHERE package_id = ");
    let sql = sql.bind(package::named(cx)?).sql(" ORDER BY country, iso, network, id");
    sql.load(cx.conn, &KINDS)
}

/// The names by which a package is found.
pub fn words(conn: &mut Conn, package_id: i64) -> Result<String> {
    let sql =
        Sql::new("SELECT DISTINCT country, iso FROM esim_coverage WHERE package_id = ").bind(package_id);
    let rows = sql.sql(" ORDER BY country, iso").load(conn, &[Kind::Text, Kind::Text])?;
    let words: Vec<String> = rows.iter().map(|row| format!("{} {}", row[0].str(), row[1].str())).collect();
    Ok(words.join(" "))
}

/// Keeps what the catalogue says now; nothing is written where it says what it said before.
pub fn replace(conn: &mut Conn, package_id: i64, networks: &[Network]) -> Result<()> {
    let named = networks.iter().map(|it| ((&it.country, &it.name), (&it.iso, &it.tech)));
    let told: BTreeMap<_, _> = named.take(NETWORKS_MAX).collect();
    let told =
        told.into_iter().map(|((country, name), (iso, tech))| [country, iso, name, tech].map(String::clone));
    let told: BTreeSet<[String; 4]> = told.collect();
    let sql = Sql::new("SELECT id, country, iso, network, tech FROM esim_coverage WHERE package_id = ");
    let rows = sql.bind(package_id).load(conn, &KINDS)?;
    let known: BTreeSet<[String; 4]> =
        rows.iter().map(|row| [1, 2, 3, 4].map(|at| row[at].str().to_owned())).collect();
    if told == known {
        return Ok(());
    }
    Sql::new("DELETE FROM esim_coverage WHERE package_id = ").bind(package_id).execute(conn)?;
    let told: Vec<_> = told.into_iter().collect();
    for rows in told.chunks(STATEMENT) {
        let mut sql =
            Sql::new("INSERT INTO esim_coverage (package_id, country, iso, network, tech) VALUES (");
        for (nth, row) in rows.iter().enumerate() {
            sql = if nth > 0 { sql.sql("), (") } else { sql };
            sql = sql.bind(package_id).sql(", ").binds(row.iter().map(|text| text.as_str().into()));
        }
        sql.sql(")").execute(conn)?;
    }
    Ok(())
}
