//! The API of virtual numbers as programs meet it: limits, the price list of guests, the samples of its
//! documentation, a client library.

mod limits;
mod prices;
mod programs;

use crate::support::{Reply, Request, World};

/// Of each operator. Numbers that end in 1 are sent one message by the sandbox, those in 0 never any.
const STOCK: i64 = 40;

/// What is asked of a change, answered as text.
fn made(world: &World, query: &str, name: &str) -> String {
    let doc = world.done("admin", &format!("func={query}&sok=ok"));
    doc.get_text(name).unwrap_or_else(|| panic!("{query}: no {name}")).to_owned()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Numbers of a sandbox are for sale, client is a vendor with money; his key.
fn open(world: &World) -> String {
    let words = "country,russia,ru,+7,Russia,Россия\noperator,beeline\noperator,mts\noperator,tele2\nproduct,amazon,activation\n\
                 product,telegram,activation\nproduct,1day,hosting,86400";
    made(world, &format!("number.vocabulary.import&data={}", encoded(words)), "added");
    let prices =
        "russia,beeline,amazon,1\nrussia,beeline,telegram,1.5\nrussia,mts,1day,2\nrussia,tele2,telegram,1.2";
    made(world, &format!("number.price.import&data={}", encoded(prices)), "changed");
    let supplier = made(world, "number.supplier.edit&code=sandbox&name=x&kind=sandbox", "id");
    let phones = |operator: &str, first: i64, last: i64| -> String {
        (0..STOCK).map(|nth| format!("russia,{operator},7900{:06}{last}\n", first + nth)).collect()
    };
    for (category, operator, first, last) in
        [("activation", "beeline", 0, 1), ("hosting", "mts", 500_000, 1), ("activation", "tele2", 700_000, 0)]
    {
        let data = encoded(&phones(operator, first, last));
        let query =
            format!("number.phone.import&supplier={supplier}&category={category}&reuse_ok=on&data={data}");
        assert_eq!(made(world, &query, "added"), STOCK.to_string());
    }
    made(world, &format!("vendor.edit&account={}&name=demo&share=70", world.id("client")), "id");
    made(world, "vendor.wallet.edit&system=unitpay&amount=1000", "id");
    // A library checks that it is an address.
    let user = format!("user.edit&elid={}&email=client@example.com", world.id("client_user"));
    world.done("admin", &format!("func={user}&sok=ok"));
    key(world, "client")
}

fn key(world: &World, who: &str) -> String {
    made(world, &format!("apikey.edit&plid={}&name=numbers&kind=number-api", world.id(who)), "key")
}

fn get(world: &World, path: &str, key: &str, from: &str) -> Reply {
    let request = Request::get(path).header("X-Forwarded-For", from);
    match key {
        "" => request.send(world.address),
        key => request.header("Authorization", format!("Bearer {key}")).send(world.address),
    }
}
