//! Statements that fail, or do not end in time, while nobody looks at their error.

use std::time::Duration;

use billmgr::db::{Conn, Kind, Sql, attempt};
use billmgr::error::Result;

use crate::direct::tables;
use crate::support::{Engine, World, dom, worlds};

fn note(conn: &mut Conn, name: &str) -> Result<()> {
    let sql = Sql::new("INSERT INTO setting (name, value) VALUES (").bind(name).sql(", '')");
    sql.execute(conn).map(drop)
}

fn noted(world: &World, name: &str) -> usize {
    let sql = Sql::new("SELECT id FROM users WHERE EXISTS (SELECT 1 FROM setting WHERE name = ").bind(name);
    tables::read(&world.app.db, |conn| sql.sql(") LIMIT 1").load(conn, &[Kind::Int])).len()
}

/// The same name twice, and nobody hears of it.
fn fail_unheard(conn: &mut Conn) {
    assert!(note(conn, "twice").and_then(|()| note(conn, "twice")).is_err());
}

worlds! {
    fn a_job_is_undone_with_any_statement_of_its_own(world: &World) {
        let done = world.app.db.write(|conn| {
            note(conn, "before")?;
            fail_unheard(conn);
            Ok(())
        });
        assert_eq!(done.expect_err("a statement has failed").kind, "system");
        assert_eq!(noted(world, "before"), 0);
        world.app.db.write(|conn| note(conn, "after")).expect("the next job knows nothing of it");
        assert_eq!(noted(world, "after"), 1);
    }

    fn an_attempt_is_undone_alone(world: &World) {
        let done = world.app.db.write(|conn| {
            note(conn, "before")?;
            let tried = attempt(conn, |conn| {
                note(conn, "within")?;
                fail_unheard(conn);
                Ok(())
            });
            assert_eq!(tried.expect_err("a statement has failed").kind, "system");
            attempt(conn, |conn| note(conn, "again"))
        });
        done.expect("the attempt's failure is its own");
        assert_eq!(["before", "within", "twice", "again"].map(|name| noted(world, name)), [1, 0, 0, 1]);
    }

    fn nothing_is_attempted_after_a_failure(world: &World) {
        let done = world.app.db.write(|conn| {
            fail_unheard(conn);
            assert!(attempt(conn, |conn| note(conn, "again")).is_err());
            Ok(())
        });
        assert_eq!(done.expect_err("a statement has failed").kind, "system");
        assert_eq!(noted(world, "again"), 0);
    }
}

const LONG: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) \
    SELECT COUNT(*) FROM n";

#[test]
fn a_read_is_late_whatever_became_of_its_error() {
    let world = World::new(Engine::Sqlite);
    let late = world.app.db.read(Duration::from_millis(1), |conn| {
        Ok(Sql::new(LONG).load(conn, &[Kind::Int]).map_or(0, |rows| rows.len()))
    });
    assert_eq!(late.expect_err("it took too long").kind, "timeout");
    assert_eq!(noted(&world, "nothing"), 0, "the next read is not late for that");
}

/// A form's page carries what its history said last, and who is late is told so: also where that
/// takes longer than a thread that others wait for may spend on it.
#[test]
fn a_busy_machine_leaves_nothing_of_a_page_out() {
    let world = World::new(Engine::Sqlite);
    let query = format!("func=profile.edit&elid={}", world.id("client_profile"));
    world.done("client", &format!("{query}&name=First&sok=ok"));
    let view = format!("CREATE VIEW history_list AS SELECT * FROM history WHERE ({LONG}) > 0");
    let slow: &'static str = view.leak();
    let done = world.app.db.write(move |conn| {
        Sql::new("DROP VIEW history_list").execute(conn)?;
        Sql::new(slow).execute(conn)
    });
    done.expect("the history can be slow");
    let page = world.get(&format!("{query}&{}", world.proof("client"))).body;
    let seen = page.split("name=\"form_seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let seen = seen.unwrap_or_else(|| panic!("what was seen last: {page}"));
    world.done("admin", &format!("{query}&name=By%20another&sok=ok"));
    let late = format!("{query}&name=Mine&sok=ok&form_seen={seen}&{}", world.proof("client"));
    let told = world.post(&late).body;
    assert!(told.contains("role=\"alert\"") && told.contains("admin"), "{told}");
    assert_eq!(dom::find(&world.done("client", &query), "/doc/name"), ["By another"]);
}
