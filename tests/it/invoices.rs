//! Invoices of many expenses: piece by piece, each once, and what is issued cannot be changed.

use billmgr::db::{Kind, Sql};
use billmgr::doc::Node;
use billmgr::upkeep;

use crate::direct::tables;
use crate::support::{World, dom, worlds};

/// More than two pieces of work.
const MANY: i64 = 1_100;
const CENT: i64 = 10_000;

fn int(world: &World, sql: Sql) -> i64 {
    let row = tables::read(&world.app.db, |conn| sql.first(conn, &[Kind::Int]));
    row.map_or(0, |row| row[0].int())
}

/// Expenses of a client as others were posted, without their money: one cent more each.
fn add_expenses(world: &World, count: i64) {
    let (account, subaccount) = (number(world, "client"), number(world, "client_subaccount"));
    let at_us = world.clock.now_us();
    let done = world.app.db.write(move |conn| {
        for nth in 1..=count {
            let sql =
                Sql::new("INSERT INTO expense (account_id, subaccount_id, name, amount, realdate) VALUES (");
            let values =
                [account.into(), subaccount.into(), "Minute".into(), (nth * CENT).into(), at_us.into()];
            sql.binds(values).sql(")").execute(conn)?;
        }
        Ok(())
    });
    done.expect("expenses");
}

fn number(world: &World, name: &str) -> i64 {
    world.id(name).parse().expect("an id")
}

fn text(doc: &Node, path: &str) -> String {
    dom::find(doc, path).pop().unwrap_or_default()
}

fn generate(world: &World, more: &str) -> Node {
    let company = world.id("company");
    let period = "fromdate=2026-06-01&todate=2026-06-30";
    world.done("admin", &format!("func=invoice.generate&company={company}&{period}&sok=ok{more}"))
}

worlds! {
    fn many_expenses_are_invoiced_piece_by_piece(world: &World) {
        add_expenses(world, MANY);
        let first = generate(world, "&invoice_status=1&summarizeinvoice=1");
        assert_eq!(text(&first, "/doc/taken"), "500");
        assert_eq!(text(&first, "/doc/left"), (MANY + 1 - 500).to_string());
        assert_eq!(int(world, Sql::new("SELECT COUNT(*) FROM invoice WHERE issued")), 0);
        upkeep::go_on_with_invoices(&world.app).expect("the rest is done");
        let sum = int(world, Sql::new("SELECT amount FROM invoice WHERE issued"));
        // The seed's own expense is 24.00.
        assert_eq!(sum, (2_400 + MANY * (MANY + 1) / 2) * CENT);
        assert_eq!(int(world, Sql::new("SELECT COUNT(*) FROM invoice")), 1);
        assert_eq!(int(world, Sql::new("SELECT COUNT(*) FROM invoiceitem")), 2);
        assert_eq!(int(world, Sql::new("SELECT COUNT(*) FROM invoiceitem_expense")), MANY + 1);
        let again = generate(world, "");
        assert_eq!(text(&again, "/doc/taken"), "0");
        upkeep::go_on_with_invoices(&world.app).expect("nothing is left to do");
        assert_eq!(int(world, Sql::new("SELECT COUNT(*) FROM invoice")), 1);
    }

    fn generations_at_once_take_each_expense_once(world: &World) {
        add_expenses(world, 400);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| generate(world, ""));
            }
        });
        upkeep::go_on_with_invoices(&world.app).expect("nothing is left to do");
        let sql = Sql::new("SELECT COUNT(*) FROM invoiceitem_expense");
        assert_eq!(int(world, sql), 401);
        let sql = Sql::new("SELECT CAST(SUM(amount) AS BIGINT) FROM invoice WHERE NOT deleted");
        assert_eq!(int(world, sql), (2_400 + 400 * 401 / 2) * CENT);
    }

    fn numbers_have_no_gaps_whoever_issues(world: &World) {
        for name in ["client2", "buyer", "buyer2"] {
            let subaccount = world.id(&format!("{name}_subaccount"));
            let charge = format!("func=expense.edit&subaccount={subaccount}&name=X&amount=1&postpaid=on&sok=ok");
            world.done("admin", &format!("func=subaccount.edit&elid={subaccount}&creditlimit=9&sok=ok"));
            world.done("admin", &charge);
        }
        generate(world, "");
        let ids = tables::ids(&world.app.db, "invoice");
        assert_eq!(ids.len(), 4);
        std::thread::scope(|scope| {
            for id in ids.iter().chain(&ids) {
                scope.spawn(move || world.call("admin", &format!("func=invoice.status.3&elid={id}")));
            }
        });
        let rows = tables::rows(&world.app.db, "invoice").into_iter();
        let mut numbers: Vec<String> = rows.filter_map(|mut row| row.remove("number")).collect();
        numbers.sort();
        assert_eq!(numbers, ["1", "2", "3", "4"]);
    }

    /// The database itself refuses, whoever asks it.
    fn what_is_issued_is_fixed(world: &World) {
        generate(world, "&invoice_status=1");
        upkeep::go_on_with_invoices(&world.app).expect("the draft is issued");
        for sql in [
            "UPDATE invoice SET amount = amount + 1",
            "UPDATE invoice SET number = 'other'",
            "UPDATE invoice SET deleted = TRUE",
            "UPDATE invoice SET data = ''",
            "DELETE FROM invoice",
            "UPDATE invoiceitem SET name = 'other'",
            "DELETE FROM invoiceitem",
            "INSERT INTO invoiceitem (invoice_id, account_id) SELECT id, account_id FROM invoice",
        ] {
            let done = world.app.db.write(move |conn| {
                Sql::new("DELETE FROM invoiceitem_expense").execute(conn)?;
                Sql::new(sql).execute(conn)
            });
            assert!(done.is_err(), "{sql}");
        }
        let done = world.app.db.write(|conn| Sql::new("UPDATE invoice SET status = 4, note = 'x'").execute(conn));
        assert_eq!(done.expect("what may change"), 1);
    }
}
