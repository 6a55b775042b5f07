//! Databases of a provider that sells: tariffs with add-ons, clients with money, services that run.

use std::path::PathBuf;

use billmgr::db::{Conn, Db, Sql};
use billmgr::error::Result;
use billmgr::first_start::goods;
use diesel::connection::SimpleConnection;

use super::data::{self, FIRST_CLIENT};

#[derive(Debug, Clone, Copy)]
pub struct Shop {
    pub tariffs: i64,
    pub clients: i64,
    /// All of them end at [`END`] and renew themselves by the month.
    pub services: i64,
}

pub const END: &str = "2026-01-01";
/// Its moment, in the server's default zone.
const END_US: i64 = 1_767_225_600_000_000;
/// So many services of a client end at the same time.
const SERVICES_EACH: i64 = 10;
const CHUNK: i64 = 50_000;

impl Shop {
    pub const fn with_services(services: i64) -> Self {
        Self { tariffs: 10, clients: services / SERVICES_EACH, services }
    }

    /// Its data directory, and a session for each of so many clients.
    pub fn prepare(self, users: i64) -> (PathBuf, Vec<String>) {
        let users: Vec<i64> = (FIRST_CLIENT..FIRST_CLIENT + users).collect();
        let what = format!("shop-{}-{}-{}", self.tariffs, self.clients, self.services);
        data::kept(&what, include_bytes!("shop.rs"), &users, |db| self.fill(db))
    }

    fn fill(self, db: &Db) -> Result<()> {
        data::begin(db)?;
        db.write(goods::add)?;
        db.write(move |conn| {
            data::clients(conn, FIRST_CLIENT, FIRST_CLIENT + self.clients - 1)?;
            self.catalogue(conn)?;
            Ok(conn.batch_execute(MONEY)?)
        })?;
        for first in (1..=self.services).step_by(CHUNK as usize) {
            db.write(move |conn| self.run(conn, first, (first + CHUNK - 1).min(self.services)))?;
        }
        Ok(())
    }

    fn catalogue(self, conn: &mut Conn) -> Result<()> {
        data::numbers(1, self.tariffs).sql(TARIFFS).execute(conn)?;
        Ok(conn.batch_execute(CATALOGUE)?)
    }

    fn run(self, conn: &mut Conn, first: i64, last: i64) -> Result<()> {
        let sql = data::numbers(first, last).sql(
            "INSERT INTO item (id, account_id, reseller_id, itemtype_id, project_id, subaccount_id, \
             pricelist_id, name, name_fold, period, autoprolong, status, opendate, expiredate, cost) \
             SELECT i, s.account_id, s.reseller_id, t.itemtype_id, 1, s.id, t.id, 'vds' || i, 'vds' || i, \
             1, 1, 2, 1, ",
        );
        let sql = sql.bind(END_US).sql(", 10000000 FROM n JOIN subaccount s ON s.id = 3 + i % ");
        let sql = sql.bind(self.clients).sql(" JOIN pricelist t ON t.id = 1 + i % ").bind(self.tariffs);
        sql.execute(conn)?;
        let chosen = Sql::new(
            "INSERT INTO item_addon (item_id, detail_id, count) SELECT i.id, d.id, d.addonlimit FROM item i \
             JOIN pricelist_detail d ON d.pricelist_id = i.pricelist_id WHERE i.id BETWEEN ",
        );
        chosen.bind(first).sql(" AND ").bind(last).execute(conn)?;
        let terms = Sql::new(
            "INSERT INTO item_term (item_id, period, whole_at, begin_at, end_at) \
             SELECT id, 1, expiredate - 2678400000000, expiredate - 2678400000000, expiredate FROM item \
             WHERE id BETWEEN ",
        );
        terms.bind(first).sql(" AND ").bind(last).execute(conn)?;
        Ok(())
    }
}

const TARIFFS: &str = "INSERT INTO pricelist (id, itemtype_id, project_id, name, name_fold, name_ru, description) \
     SELECT i, (SELECT id FROM itemtype WHERE intname = 'vds' AND parent_id = 0), 1, 'Tariff ' || i, \
     'tariff ' || i, 'Тариф ' || i, 'A server with what stands below, of class ' || i FROM n";

/// Two countable add-ons a tariff, prices of a month and a year, a tax.
const CATALOGUE: &str = "
    INSERT INTO pricelist_detail (pricelist_id, itemtype_id, billtype, addontype, addonlimit, addonmax, addonstep)
        SELECT t.id, y.id, 2, 2, 1, 10, 1 FROM pricelist t JOIN itemtype y ON y.id IN
        (SELECT a.id FROM itemtype a WHERE a.parent_id = t.itemtype_id AND a.addontype = 2 ORDER BY a.id LIMIT 2);
    INSERT INTO price (pricelist_id, kind, period, currency_id, amount)
        SELECT id, 'period', 1, 1, 10000000 FROM pricelist UNION ALL SELECT id, 'period', 12, 1, 100000000 FROM pricelist;
    INSERT INTO price (pricelist_id, detail_id, kind, period, currency_id, from_count, amount)
        SELECT pricelist_id, id, 'period', 1, 1, 0, 500000 FROM pricelist_detail;
    INSERT INTO taxrule (name, name_fold, rate) VALUES ('VAT', 'vat', 210000);
";

/// A million for everybody, put in by one transfer.
const MONEY: &str = "
    INSERT INTO book (kind, owner_id, project_id, currency_id) VALUES
        ('clearing', 0, 1, 1), ('revenue', 0, 1, 1), ('tax', 0, 1, 1);
    INSERT INTO transfer (key, at) VALUES ('opening', 0);
    INSERT INTO entry (transfer_id, book_id, amount, balance)
        SELECT 1, id, 1000000000000, 1000000000000 FROM book WHERE kind = 'client';
    INSERT INTO entry (transfer_id, book_id, amount)
        SELECT 1, MIN(b.id), -1000000000000 * (SELECT COUNT(*) FROM book WHERE kind = 'client')
        FROM book b WHERE b.kind = 'clearing';
    UPDATE book SET balance = 1000000000000 WHERE kind = 'client';
";
