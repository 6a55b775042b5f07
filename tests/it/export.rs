//! Whole lists: `out=csv` and `out=text` without a page leave in pieces.

use billmgr::db::Sql;

use crate::support::{Connection, Request, World, dom, worlds};

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

fn ids(out: &str, text: &str) -> Vec<i64> {
    let number = |text: &str| text.parse().expect("an id");
    if out == "xml" {
        let doc = dom::parse(text).expect("a whole document");
        return doc.kids.iter().filter_map(|kid| kid.get_text("id")).map(number).collect();
    }
    let doc: serde_json::Value = serde_json::from_str(text).expect("a whole document");
    let rows = doc["doc"]["elem"].as_array().expect("rows");
    rows.iter().map(|row| number(row["id"]["$"].as_str().expect("an id"))).collect()
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

    /// What the panel's files are made of: each row once in the order shown, in documents that are whole.
    fn whole_documents_in_pieces(world: &World) {
        fill_journal(world);
        let query = format!("/billmgr?func=journal&filter=on&ip=203.0.113.7&p_col=-id&p_cnt=all&{}", world.proof("admin"));
        let get = |out: &str| Request::get(format!("{query}&out={out}")).send(world.address);
        for out in ["xml", "json"] {
            let reply = get(out);
            assert_eq!(reply.header("transfer-encoding"), "chunked", "{out}: one piece of {}", reply.body.len());
            let ids = ids(out, &reply.body);
            assert_eq!(ids.len(), ROWS, "{out}");
            assert!(ids.is_sorted_by(|a, b| a > b), "{out}");
        }
        assert_eq!(get("csv").body.lines().count(), NAMES + ROWS);
    }

    /// Short ones, empty ones, and where it cannot be had.
    fn whole_documents_of_few_rows(world: &World) {
        let doc = world.done("admin", "func=paymethod&p_cnt=all");
        assert_eq!(doc.get_text("p_cnt"), doc.get_text("p_elems"));
        assert!(doc.get("elem").is_some() && doc.get("page").is_none());
        let json = format!("/billmgr?func=paymethod&filter=on&name=nobody&out=json&p_cnt=all&{}", world.proof("admin"));
        let empty = Request::get(json.clone()).send(world.address).body;
        let empty: serde_json::Value = serde_json::from_str(&empty).expect("a document");
        assert_eq!(empty["doc"]["p_elems"]["$"], "0");
        for more in ["&callback=f", "&p_num=2", "&p_off=1"] {
            let refused = Request::get(json.clone() + more).send(world.address).body;
            assert!(refused.contains("\"$type\":\"value\"") && refused.contains("p_cnt"), "{more}: {refused}");
        }
        let page = Request::get(json.replace("out=json", "out=bjson")).send(world.address).body;
        assert!(page.contains("\"object\":\"p_cnt\""), "{page}");
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
