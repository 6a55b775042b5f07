//! What a reseller's client may never see: what his reseller has, pays and adds (operations.md §2.14).
//! Each such figure is made one that stands nowhere else, and every answer is looked through for it.

use std::collections::BTreeSet;

use billmgr::db::Sql;

use crate::direct::tables;
use crate::support::{Request, World, dom};
use crate::sweep::{self, Line};

const RESELLER: &str = "reseller";
/// Clients of the demo's reseller: one who calls and one who pays.
const CLIENTS: [&str; 2] = ["berlin-desk", "shop1"];
const FORMATS: [&str; 4] = ["devel", "json", "csv", "html"];
/// As an amount 7654.321987, as a part 765432.1987 %.
const FIGURE: i64 = 7_654_321_987;
/// Its first digits, however it is cut and divided into groups.
const DIGITS: &str = "765432";

/// Does a column hold what a reseller or the provider pays or adds?
fn is_secret(column: &str) -> bool {
    let named = ["wholesale", "markup"].iter().any(|word| column.contains(word));
    let is_figure = !column.ends_with("_id") && !column.ends_with("_currency");
    (named && is_figure) || ["base_price", "price_reseller", "buy_cost", "catalogue_cost"].contains(&column)
}

/// Puts the figure into every such column, and into what the reseller has. Their names.
fn mark(world: &World) -> BTreeSet<String> {
    let db = &world.app.db;
    let mut marked = BTreeSet::new();
    for table in tables::names(db) {
        let columns = db.tables().find(|(name, _)| **name == table).map(|(_, columns)| columns);
        for column in columns.into_iter().flatten().filter(|column| is_secret(column)) {
            let sql = Sql::new("UPDATE ").word(&table).sql(" SET ").word(column).sql(" = ").bind(FIGURE);
            let sql = sql.sql(" WHERE ").word(column).sql(" <> 0");
            if db.write(move |conn| sql.clone().execute(conn)).expect("a figure") > 0 {
                marked.insert(column.clone());
            }
        }
    }
    let sql = Sql::new("UPDATE book SET balance = ").bind(FIGURE);
    let sql = sql.sql(" WHERE kind = 'client' AND owner_id = (SELECT account_id FROM users WHERE name = ");
    let sql = sql.bind(RESELLER).sql(")");
    assert!(db.write(move |conn| sql.clone().execute(conn)).expect("a balance") > 0);
    marked
}

/// Digits that only commas, points and blanks stood between.
fn shows_figure(body: &str) -> bool {
    let text: String =
        body.chars().filter(|c| !matches!(c, ',' | '.' | ' ' | '\u{a0}' | '\u{202f}')).collect();
    text.contains(DIGITS)
}

/// What each client is answered, by the query that he sent.
fn leaks(line: &mut Line, queries: &[String]) -> Vec<String> {
    queries.iter().filter(|query| shows_figure(&line.get(query).body)).cloned().collect()
}

fn in_formats(queries: &[String]) -> Vec<String> {
    FORMATS.iter().flat_map(|out| queries.iter().map(move |query| format!("{query}&out={out}"))).collect()
}

/// The same lists ordered and filtered by what they do not show.
fn by_secrets(world: &World, secrets: &BTreeSet<String>) -> Vec<(String, String)> {
    let lists =
        world.app.registry.iter().filter(|func| func.name() == func.object && !func.name().contains('.'));
    let names: Vec<String> = lists.map(|func| func.name().to_owned()).collect();
    let pairs = names.iter().flat_map(|list| secrets.iter().map(move |secret| (list, secret)));
    pairs.map(|(list, secret)| (format!("func={list}"), secret.clone())).collect()
}

#[test]
fn a_resellers_client_is_told_no_figure_of_his_reseller() {
    let world = World::demo();
    let secrets = mark(&world);
    assert!(secrets.len() >= 6, "the demo has only {secrets:?}");
    let reads = sweep::reads(&world);
    // Refusals, too: of a record that is not there, and of a form without what it needs.
    let names: Vec<String> = world.app.registry.iter().map(|func| format!("func={}", func.name())).collect();
    let absent: Vec<String> = names.iter().map(|name| format!("{name}&elid=987654&out=xml")).collect();
    for client in CLIENTS {
        let mut line = Line::new(&world, client);
        assert_eq!(dom::find(&line.xml("func=whoami"), "/doc/user/@name"), [client]);
        assert_eq!(leaks(&mut line, &in_formats(&reads)), Vec::<String>::new(), "{client}");
        assert_eq!(leaks(&mut line, &absent), Vec::<String>::new(), "{client}");
        for (list, secret) in by_secrets(&world, &secrets) {
            let ids =
                |line: &mut Line, more: &str| dom::find(&line.xml(&format!("{list}{more}")), "/doc/elem/id");
            let plain = ids(&mut line, "");
            for more in
                [format!("&p_col=-{secret}"), format!("&p_col=%2B{secret}"), format!("&filter=on&{secret}=1")]
            {
                let found = ids(&mut line, &more);
                assert!(found.is_empty() || found == plain, "{client}: {list}{more} orders or chooses");
            }
        }
    }
    // The figures are there to be found by who may see them.
    for user in ["admin", RESELLER] {
        let seen = leaks(&mut Line::new(&world, user), &in_formats(&reads));
        assert!(seen.len() > 20, "{user} is shown the figure by {seen:?} only");
    }
}

/// What the APIs answer with a key of such a client.
#[test]
fn apis_tell_a_resellers_client_no_figure_of_his_reseller() {
    let world = World::demo();
    let users = tables::rows(&world.app.db, "users");
    let account = users.iter().find(|user| user["name"] == CLIENTS[0]).map(|user| &user["account_id"]);
    let account = account.expect("the demo has him");
    mark(&world);
    let mut asked = 0;
    let make = format!("func=apikey.edit&plid={account}&name=portal&sok=ok");
    let key = world.done("admin", &make).get_text("key").expect("a key").to_owned();
    for (api, dialect) in [("client-api", "client"), ("sms-api", "sms"), ("esim-api", "esim")] {
        let path = format!("{}/funcs/dialect/{dialect}.xml", env!("CARGO_MANIFEST_DIR"));
        let dialect = std::fs::read_to_string(path).expect("a dialect");
        let endpoints = dialect.split("<route endpoint=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for endpoint in endpoints {
            let target =
                format!("/{api}/index.php?endpoint={endpoint}&id=1&plan=1&provider=cryptosms&q=Europe");
            let get = Request::get(target.clone());
            let post = Request::post(target, "application/json", "{\"id\":1}");
            for request in [get, post] {
                let reply = request.header("X-API-Key", &key).send(world.address);
                assert!(!shows_figure(&reply.body), "{api} {endpoint}: {}", reply.body);
                asked += usize::from(reply.status == 200);
            }
        }
    }
    assert!(asked > 15, "only {asked} endpoints answered");
}
