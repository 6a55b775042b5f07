//! What an empty database is given: dictionaries, and somebody who can sign in.

pub mod goods;

use std::sync::Arc;

use crate::app::App;
use crate::auth::session;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::level::Level;
use crate::number::code;

const COUNTRIES: &str = include_str!("../schema/data/country.csv");
/// Currencies to begin with; an administrator adds others.
const CURRENCIES: [(&str, &str, &str); 2] = [("Euro", "EUR", "€"), ("US Dollar", "USD", "$")];

/// Fills an empty database, once. The administrator's password is printed and kept nowhere.
pub fn run(app: &Arc<App>, demo: bool) -> Result<()> {
    let sql = Sql::new("SELECT id FROM users LIMIT 1");
    if app.db.read(crate::rpc::BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?.is_some() {
        return Ok(());
    }
    app.db.write(|conn| {
        countries(conn)?;
        CURRENCIES.iter().try_for_each(|currency| add_currency(conn, *currency))?;
        goods::add(conn)?;
        code::deliver(conn, "")
    })?;
    crate::rpc::types::reload(app);
    if demo {
        // A year of jobs and failing modules: nothing of it is news to who starts the demo.
        let quiet = tracing::subscriber::NoSubscriber::default();
        return tracing::subscriber::with_default(quiet, || crate::demo::fill(app));
    }
    let password = session::new_id();
    let hash = app.hasher.hash(&password)?;
    let now_us = app.clock.now_us();
    app.db.write(move |conn| add_admin(conn, "admin", &hash, now_us))?;
    println!("The first administrator is `admin` with password `{password}`. It is shown only now.");
    Ok(())
}

fn countries(conn: &mut Conn) -> Result<()> {
    for line in COUNTRIES.lines().skip(1) {
        let fields: Vec<&str> = line.splitn(4, ',').map(|field| field.trim_matches('"')).collect();
        let [iso2, phonecode, name_en, name_ru] = fields[..] else {
            return Err(Error::system(format!("country.csv: {line}")));
        };
        Sql::new("INSERT INTO country (name, name_fold, name_ru, iso2, phonecode) VALUES (")
            .binds([
                name_en.into(),
                name_en.to_lowercase().into(),
                name_ru.into(),
                iso2.into(),
                phonecode.into(),
            ])
            .sql(")")
            .execute(conn)?;
    }
    Ok(())
}

fn add_currency(conn: &mut Conn, (name, iso, symbol): (&str, &str, &str)) -> Result<()> {
    Sql::new("INSERT INTO currency (name, name_fold, iso, symbol) VALUES (")
        .binds([name.into(), name.to_lowercase().into(), iso.into(), symbol.into()])
        .sql(")")
        .execute(conn)?;
    Ok(())
}

pub fn add_admin(conn: &mut Conn, name: &str, hash: &str, now_us: i64) -> Result<()> {
    Sql::new("INSERT INTO users (name, name_fold, level, password, realname, created_at) VALUES (")
        .binds([
            name.into(),
            name.to_lowercase().into(),
            Level::Admin.number().into(),
            hash.into(),
            "Administrator".into(),
            now_us.into(),
        ])
        .sql(")")
        .execute(conn)?;
    Ok(())
}
