//! The price list of guests where it is long: in pieces, packed, and after changes.

use std::io::{Read, Write};
use std::net::TcpStream;

use billmgr::db::{Conn, Kind, Raw, Sql};
use serde_json::Value;

use super::{get, made};
use crate::support::{World, worlds};

const COUNTRIES: i64 = 40;
const OPERATORS: i64 = 10;
const PRODUCTS: i64 = 50;

fn row(conn: &mut Conn, sql: &'static str, values: impl IntoIterator<Item = Raw>) -> i64 {
    let sql = Sql::new(sql).binds(values).sql(") RETURNING id");
    sql.first(conn, &[Kind::Int]).expect("a row").expect("an id")[0].int()
}

/// Twenty thousand offers, written down as an import would.
fn fill(world: &World) {
    let done = world.app.db.write_alone(|conn| {
        let [mut operators, mut products] = [Vec::new(), Vec::new()];
        for nth in 0..OPERATORS {
            operators.push(row(
                conn,
                "INSERT INTO num_operator (slug) VALUES (",
                [format!("virtual{nth}").into()],
            ));
        }
        for nth in 0..PRODUCTS {
            let values = [format!("product{nth}").into(), "activation".into()];
            products.push(row(conn, "INSERT INTO num_product (slug, category) VALUES (", values));
        }
        for nth in 0..COUNTRIES {
            let slug = format!("country{nth:02}");
            let values = [slug.clone(), "+1".into(), slug.clone(), slug].map(Raw::from);
            let country =
                row(conn, "INSERT INTO num_country (slug, prefix, text_en, text_ru) VALUES (", values);
            for operator in &operators {
                let values = [country.into(), (*operator).into(), "activation".into()];
                let pool =
                    row(conn, "INSERT INTO num_pool (country_id, operator_id, category) VALUES (", values);
                let mut sql =
                    Sql::new("INSERT INTO num_offer (pool_id, product_id, price, free, rate_168) VALUES (");
                for (nth, product) in products.iter().enumerate() {
                    sql = if nth > 0 { sql.sql("), (") } else { sql };
                    sql = sql.binds([pool, *product, 4_000_000, 1_260, 9_999].map(Raw::from));
                }
                sql.sql(")").execute(conn)?;
            }
        }
        Ok(())
    });
    done.expect("offers");
}

/// The whole list, packed; how many bytes that was.
fn packed(world: &World) -> (usize, Vec<u8>) {
    let mut stream = TcpStream::connect(world.address).expect("a connection");
    let head =
        "GET /v1/guest/prices HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("a request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("a reply");
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
    assert!(head.contains("content-encoding: gzip") && head.contains("chunked"), "{head}");
    let (mut body, mut rest) = (Vec::new(), &bytes[at..]);
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("the length of a piece");
        let length =
            usize::from_str_radix(std::str::from_utf8(&rest[..end]).expect("text"), 16).expect("hex");
        if length == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body.as_slice()).read_to_end(&mut plain).expect("gzip");
    (body.len(), plain)
}

fn cells(list: &Value) -> usize {
    let inner = |value: &Value| value.as_object().expect("an object").clone();
    inner(list).values().flat_map(|of| inner(of).into_values()).map(|of| inner(&of).len()).sum()
}

worlds! {
    /// Every offer once, in any nesting; what changes is told a second later.
    fn a_long_list(world: &World) {
        fill(world);
        let whole = get(world, "/v1/guest/prices", "", "192.0.2.1");
        assert_eq!((whole.status, whole.mime()), (200, "application/json"));
        assert_eq!(whole.header("transfer-encoding"), "chunked");
        let list: Value = serde_json::from_str(&whole.body).expect("JSON");
        let total = (COUNTRIES * OPERATORS * PRODUCTS) as usize;
        assert_eq!(cells(&list), total);
        let cell = r#"{"cost":4,"count":1260,"rate":99.99}"#;
        assert_eq!(whole.body.matches(cell).count(), total);
        let inverted = get(world, "/v1/guest/prices?product=product7", "", "192.0.2.1").body;
        assert_eq!(cells(&serde_json::from_str(&inverted).expect("JSON")), (COUNTRIES * OPERATORS) as usize);
        assert!(inverted.starts_with(r#"{"product7":{"country00":{"virtual0":{"cost":4"#), "{inverted:.80}");

        world.configure("Option Compress");
        let (length, plain) = packed(world);
        assert_eq!(plain, whole.body.as_bytes());
        assert!(length * 5 < plain.len(), "{length} of {}", plain.len());

        let price = "number.price.import&data=country07,virtual3,product7,5.5";
        assert_eq!(made(world, price, "changed"), "1");
        world.clock.advance_us(1_000_000);
        let changed = get(world, "/v1/guest/prices", "", "192.0.2.1").body;
        assert_eq!(changed.len(), whole.body.len() + 2);
        assert_eq!(changed.matches(r#""virtual3":{"cost":5.5,"#).count(), 1);
    }
}
