//! Whole lists: `out=csv` and `out=text` without a page leave in pieces.

use billmgr::db::Sql;

use crate::support::{Connection, Request, World, worlds};

/// Long enough for several pieces, and for a read that does not end where the request arrived.
const ROWS: usize = 20_000;
const NAMES: usize = 1;

fn fill_journal(world: &World) {
    let filled = world.app.db.write(|conn| {
        for _ in 0..ROWS / 500 {
            let sql = "INSERT INTO journal (at, user_id, user_name, real_user, ip, funcname, params) VALUES ";
            let row =
                |sql: Sql| sql.sql("(1, 1, 'admin', 'admin', '203.0.113.7', 'payment', 'func=payment')");
            let rows = (1..500).fold(row(Sql::new(sql)), |sql, _| row(sql.sql(", ")));
            rows.execute(conn)?;
        }
        Ok(())
    });
    filled.expect("the journal takes rows");
}

worlds! {
    /// Every row arrives, once, and the answer has an end.
    fn every_row_in_pieces(world: &World) {
        fill_journal(world);
        let query = format!("/billmgr?func=journal&{}", world.proof("admin"));
        let total = world.done("admin", "func=journal&p_cnt=1").get_text("p_elems").unwrap_or_default().to_owned();
        let total: usize = total.parse().expect("a list says how many rows it has");
        assert!(total >= ROWS);
        for (out, head) in [("csv", NAMES), ("text", 0)] {
            let reply = Request::get(format!("{query}&out={out}")).send(world.address);
            assert_eq!(reply.header("transfer-encoding"), "chunked", "{out}: one piece of {}", reply.body.len());
            assert_eq!(reply.header("cache-control"), "no-store");
            assert_eq!(reply.body.lines().count(), head + total, "{out}");
            assert!(reply.body.ends_with('\n'));
        }
        let page = Request::get(format!("{query}&out=csv&p_cnt=50")).send(world.address);
        assert_eq!(page.header("transfer-encoding"), "");
        assert_eq!(page.body.lines().count(), NAMES + 50);
    }

    /// Who hangs up in the middle takes nobody's place.
    fn nobody_waits_for_who_has_left(world: &World) {
        fill_journal(world);
        let query = format!("/billmgr?func=journal&out=csv&{}", world.proof("admin"));
        for _ in 0..6 {
            let mut connection = Connection::open(world.address);
            connection.write(format!("GET {query} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
            connection.skip(1000);
            drop(connection);
        }
        let reply = Request::get(query).send(world.address);
        assert!(reply.body.lines().count() > ROWS, "{}", &reply.body[..reply.body.len().min(300)]);
    }
}
