//! Virtual numbers: what everybody has bought of them, and what vendors have.

use super::{ACCOUNTS, Call, SERVER};
use crate::direct::tables;
use crate::support::World;

const WORDS: &str = "country,latvia,lv,+371,Latvia,Latvia\noperator,tele2\nproduct,telegram,activation\n\
     product,vkontakte,activation\nproduct,1day,hosting,86400";
const PRICES: &str = "latvia,tele2,telegram,0.5\nlatvia,tele2,vkontakte,0.5\nlatvia,tele2,1day,1";
const VENDORS: [&str; 2] = ["client", "client2"];
/// Those who are for sale: enough for what the functions are tried with.
const PHONES: usize = 60;

pub fn fill(world: &World, call: Call) {
    call(SERVER, "number.vocabulary.import", &[("data", WORDS)]);
    call(SERVER, "number.price.import", &[("data", PRICES)]);
    for (nth, name) in VENDORS.into_iter().enumerate() {
        let vendor = [("account", world.id(name)), ("name", name), ("share", "70")];
        call(SERVER, "vendor.edit", &vendor);
        let supplier =
            [("code", name), ("name", name), ("kind", "webhook"), ("secret", "secret-of-supplier")];
        let supplier =
            call(SERVER, "number.supplier.edit", &[&supplier[..], &[("vendor", world.id(name))]].concat());
        for (category, first) in [("activation", 0), ("hosting", 5_000)] {
            let phone = |at: usize| format!("latvia,tele2,3712{:07}\n", 10_000 * nth + first + at);
            let phones: String = (0..PHONES).map(phone).collect();
            let phones = [("supplier", supplier.as_str()), ("category", category), ("data", &phones)];
            call(SERVER, "number.phone.import", &phones);
        }
    }
    for name in ACCOUNTS {
        orders(name, call);
    }
    for order in tables::rows(&world.app.db, "num_order") {
        let text = format!("Text of order {}", order["id"]);
        let message = [("phone", order["phone"].as_str()), ("sender", "Telegram"), ("text", &text)];
        if order["category"] == "hosting" {
            call(SERVER, "number.sms.edit", &message);
        }
    }
    call(SERVER, "vendor.wallet.edit", &[("system", "payeer"), ("amount", "1000")]);
    for name in VENDORS {
        let receiver = format!("Receiver of {name}");
        let payout =
            [("receiver", receiver.as_str()), ("method", "qiwi"), ("amount", "0.1"), ("fee", "payeer")];
        call(name, "vendor.payout.edit", &payout);
    }
}

/// One that waits, one with a message, one that was given back, one for a time; and what he pays at most.
fn orders(name: &str, call: Call) {
    let any = [("country", "any"), ("operator", "any")];
    let reference = format!("Reference of {name}");
    let buy = |func: &str, more: &[(&str, &str)]| call(name, func, &[&any[..], more].concat());
    buy("number.buy", &[("product", "telegram"), ("ref", &reference)]);
    let canceled = buy("number.buy", &[("product", "vkontakte")]);
    call(name, "number.order.cancel", &[("elid", &canceled)]);
    buy("number.hosting.buy", &[("product", "1day")]);
    call(name, "number.maxprice.edit", &[("product", "telegram"), ("price", "2")]);
}
