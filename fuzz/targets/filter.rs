//! A byte for what a condition asks and one for the kind of its column, eight for what stands in
//! the column, and the rest as the query that sets the condition. SQLite and the rule for rows that
//! handlers make find the same.
#![no_main]

use std::cell::RefCell;

use billmgr::db::{Conn, Kind, Raw, Sql};
use billmgr::params::Params;
use billmgr::rpc::filter::{self, Test};
use billmgr::rpc::meta::{Field, Op, ValueKind};
use billmgr::time::Zone;
use billmgr_fuzz::target;
use diesel::{Connection, SqliteConnection};

const OPS: [Op; 6] = [Op::Is, Op::Contains, Op::Period, Op::In, Op::From, Op::To];
const KINDS: [ValueKind; 11] = [
    ValueKind::Text,
    ValueKind::Id,
    ValueKind::Int,
    ValueKind::Money,
    ValueKind::Percent,
    ValueKind::Rate,
    ValueKind::Date,
    ValueKind::Time,
    ValueKind::Flag,
    ValueKind::Msg,
    ValueKind::Lines,
];
/// 2026-07-01
const NOW_US: i64 = 1_782_864_000_000_000;

thread_local! {
    static CONN: RefCell<Conn> = RefCell::new(Conn::Sqlite(
        SqliteConnection::establish(":memory:").expect("a database in memory"),
    ));
}

/// Does metadata put such a condition on such a column?
fn is_declared(op: Op, kind: Kind) -> bool {
    match op {
        Op::Contains => kind == Kind::Text,
        Op::Period | Op::From | Op::To => kind == Kind::Int,
        Op::Is | Op::In => true,
    }
}

/// What may stand in the column: a number, or a part of what is asked for.
fn stored(kind: Kind, number: i64, asked: &str) -> Raw {
    match kind {
        Kind::Int => Raw::Int(number),
        Kind::Flag => Raw::Flag(number % 2 != 0),
        Kind::Text => Raw::Text(asked.chars().skip(number.unsigned_abs() as usize % 4).take(8).collect()),
    }
}

/// Does SQLite find the row? The column is there as it is and folded, as in a table.
fn is_found(test: &Test, raw: &Raw) -> bool {
    let folded = Raw::Text(raw.str().to_lowercase());
    let sql = Sql::new("SELECT 1 FROM (SELECT ").bind(raw.clone()).sql(" AS \"field\", ");
    let sql = sql.bind(folded).sql(" AS \"field_fold\") WHERE 1 = 1");
    let sql = sql.append(&test.sql(|_| test.stored == Kind::Text));
    let found = CONN.with_borrow_mut(|conn| sql.first(conn, &[Kind::Int]));
    found.expect("a statement that SQLite takes").is_some()
}

fn run(data: &[u8]) {
    let Some(([op, kind], rest)) = data.split_first_chunk() else { return };
    let Some((number, query)) = rest.split_first_chunk() else { return };
    let pairs = form_urlencoded::parse(query).into_owned().collect();
    let Ok(params) = Params::merge(pairs, Vec::new()) else { return };
    let op = OPS[usize::from(*op) % OPS.len()];
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let field = Field { name: "field".into(), kind, op, ..Field::default() };
    if !is_declared(op, field.stored()) {
        return;
    }
    let Ok(Some(check)) = filter::check(&field, &params, &Zone::utc(), NOW_US) else { return };
    let test = Test { column: "field".into(), stored: field.stored(), check };
    let raw = stored(test.stored, i64::from_le_bytes(*number), params.get("field"));
    assert_eq!(is_found(&test, &raw), test.holds(&raw), "{raw:?} {params:?}");
}

target!(run);
