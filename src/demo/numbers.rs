//! Virtual numbers: what is for sale, numbers of the sandbox and of a vendor, orders in every status, and a
//! payout.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::stage::{Pairs, Stage};
use crate::error::Result;
use crate::jobs;
use crate::number::catalogue::{ACTIVATION, HOSTING};
use crate::number::sandbox;
use crate::rpc::lines::{self, Line};

/// Countries, operators and products by the words that clients of such APIs know.
const VOCABULARY: &str = include_str!("numbers/vocabulary.csv");
const PRICES: &str = include_str!("numbers/prices.csv");
/// How the numbers of an operator end, in the order in which they are sold. The sandbox goes by it: see
/// README, Virtual numbers.
const ENDS: [u8; 10] = [1, 2, 3, 7, 4, 5, 6, 9, 8, 0];
/// Whose numbers belong to a vendor: the demo's own client.
const VENDOR_POOL: (&str, &str) = ("latvia", "zz");
const VENDOR_PHONES: [&str; 5] =
    ["+37120005501", "+37120005502", "+37120005503", "+37120005504", "+37120005505"];

/// What becomes of an order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Finished,
    /// Its time runs out, with a message or without.
    RunsOut,
    Canceled,
    Banned,
    Open,
}

/// Who buys what, where and of which operator.
const BOUGHT: [(&str, &str, &str, &str, Fate); 10] = [
    ("client", "russia", "mts", "telegram", Fate::Finished),
    ("client", "england", "any", "amazon", Fate::RunsOut),
    ("client", "any", "any", "facebook", Fate::Canceled),
    ("client", "russia", "any", "vkontakte", Fate::Banned),
    ("client", "usa", "any", "telegram", Fate::Finished),
    ("shop1", "poland", "any", "telegram", Fate::RunsOut),
    ("shop1", "germany", "any", "amazon", Fate::Canceled),
    ("berg", VENDOR_POOL.0, VENDOR_POOL.1, "google", Fate::Finished),
    ("berg", VENDOR_POOL.0, VENDOR_POOL.1, "paypal", Fate::Finished),
    ("berg", VENDOR_POOL.0, VENDOR_POOL.1, "netflix", Fate::Open),
];

pub fn set_up(stage: &mut Stage) -> Result<()> {
    stage.call("admin", "number.vocabulary.import", &[("data", VOCABULARY)])?;
    stage.call("admin", "number.price.import", &[("data", PRICES)])?;
    suppliers(stage)?;
    for (lang, text) in [("en", "New numbers of Latvia are here."), ("ru", "Появились номера Латвии.")]
    {
        stage.call("admin", "number.flash.edit", &[("lang", lang), ("text", text)])?;
    }
    let key = [("plid", "@account.client"), ("name", "Numbers"), ("kind", "number-api")];
    stage.call("admin", "apikey.edit", &[&key[..], &[("key", "demo-number-token")]].concat())?;
    top_up(stage)?;
    let defaults = [("default_country", "russia"), ("default_forwarding_number", "78009005040")];
    stage.call("client", "number.profile.edit", &defaults)?;
    stage.call("client", "number.maxprice.edit", &[("product", "telegram"), ("price", "30")])?;
    BOUGHT.iter().try_for_each(|one| order(stage, one))?;
    rent(stage)?;
    payouts(stage)
}

fn top_up(stage: &mut Stage) -> Result<()> {
    let payment = [
        ("plid", "@account.client"),
        ("subaccount", "@subaccount.client"),
        ("sender", "@payer.client"),
        ("paymethod", "@paymethod.bank"),
        ("subaccountamount", "150"),
        ("description", "For numbers"),
    ];
    stage.make("payment.numbers", "admin", "payment.edit", &payment)?;
    stage.call("employee", "payment.setpaid", &[("elid", "@payment.numbers")]).map(drop)
}

/// The sandbox, and a vendor with numbers of his own whose carrier reports messages over HTTP.
fn suppliers(stage: &mut Stage) -> Result<()> {
    let own: Pairs = &[("code", "sandbox"), ("name", "Sandbox"), ("kind", "sandbox")];
    stage.make("supplier.own", "admin", "number.supplier.edit", own)?;
    for category in [ACTIVATION, HOSTING] {
        let data = numbers(category);
        stock(stage, "@supplier.own", category, &data)?;
    }
    let vendor = [("account", "@account.client"), ("name", "demo"), ("share", "60")];
    stage.make("vendor.demo", "admin", "vendor.edit", &vendor)?;
    let carrier = [("code", "northline"), ("name", "Northline"), ("vendor", "@account.client")];
    let carrier = [&carrier[..], &[("kind", "webhook"), ("secret", "demo-northline-secret")]].concat();
    stage.make("supplier.northline", "admin", "number.supplier.edit", &carrier)?;
    let data: String =
        VENDOR_PHONES.iter().map(|phone| format!("{},{},{phone}\n", VENDOR_POOL.0, VENDOR_POOL.1)).collect();
    stock(stage, "@supplier.northline", ACTIVATION, &data)
}

fn stock(stage: &mut Stage, supplier: &str, category: &str, data: &str) -> Result<()> {
    let flags = [("voice_ok", "on"), ("reuse_ok", "on"), ("forwarding_ok", "on")];
    let pairs = [("supplier", supplier), ("category", category), ("data", data)];
    stage.call("admin", "number.phone.import", &[&pairs[..], &flags].concat()).map(drop)
}

/// Ten numbers for each operator that something is sold of, but the vendor's.
fn numbers(category: &'static str) -> String {
    let words: Vec<Line> = lines::of(VOCABULARY, "kind").collect();
    let of = |kind: &'static str| words.iter().filter(move |line| line.cell(0) == kind);
    let prefixes: BTreeMap<&str, &str> = of("country").map(|line| (line.cell(1), line.cell(3))).collect();
    let products: BTreeSet<&str> =
        of("product").filter(|line| line.cell(2) == category).map(|line| line.cell(1)).collect();
    let prices: Vec<Line> = lines::of(PRICES, "country").collect();
    let sold = prices.iter().filter(|line| products.contains(line.cell(2)));
    let pools: BTreeSet<(&str, &str)> = sold.map(|line| (line.cell(0), line.cell(1))).collect();
    let mut data = String::new();
    for (nth, (country, operator)) in pools.into_iter().enumerate().filter(|pool| pool.1 != VENDOR_POOL) {
        let block = 90_000_000 + 1_000 * nth + if category == HOSTING { 500 } else { 0 };
        for end in ENDS {
            let number = block + usize::from(end);
            let _ = writeln!(data, "{country},{operator},{}{number}", prefixes[country]);
        }
    }
    data
}

fn order(
    stage: &mut Stage,
    &(login, country, operator, product, fate): &(&str, &str, &str, &str, Fate),
) -> Result<()> {
    stage.wait(60);
    let place = [("country", country), ("operator", operator), ("product", product)];
    let answer = stage.call(login, "number.buy", &[&place[..], &[("reuse", "on")]].concat())?;
    let (id, phone) = (stage.answered(&answer, "id")?.to_string(), answer.doc.get_text("phone"));
    if (country, operator) == VENDOR_POOL && fate == Fate::Finished {
        let text = format!("Your {product} code is 415127");
        let message = [("phone", phone.unwrap_or_default()), ("sender", product), ("text", &text)];
        stage.call("admin", "number.sms.edit", &message)?;
    }
    let act = match fate {
        Fate::Finished => "number.order.finish",
        Fate::Canceled => "number.order.cancel",
        Fate::Banned => "number.order.ban",
        Fate::RunsOut => return elapse(stage, 20),
        Fate::Open => return Ok(()),
    };
    if fate == Fate::Finished {
        elapse(stage, 1)?;
    }
    stage.call(login, act, &[("elid", &id)]).map(drop)
}

/// What the sandbox and the timer do meanwhile.
fn elapse(stage: &mut Stage, minutes: i64) -> Result<()> {
    stage.wait(minutes);
    sandbox::run_due(&stage.app)?;
    jobs::run_named(&stage.app, "numbers", stage.app.clock.now_us()).map(drop)
}

/// A number for three hours, and what came to it.
fn rent(stage: &mut Stage) -> Result<()> {
    let place = [("country", "russia"), ("operator", "any"), ("product", "3hours")];
    stage.call("client", "number.hosting.buy", &place)?;
    elapse(stage, 1)
}

fn payouts(stage: &mut Stage) -> Result<()> {
    for (system, amount) in [("fkwallet", "43339.55"), ("payeer", "2117.32"), ("unitpay", "97.6")] {
        stage.call("admin", "vendor.wallet.edit", &[("system", system), ("amount", amount)])?;
    }
    for (receiver, amount, name) in [("4276000000005501", "2", "paid"), ("+49305550110", "1.5", "open")] {
        let asked = [("receiver", receiver), ("method", "visa"), ("amount", amount), ("fee", "unitpay")];
        stage.make(&format!("payout.{name}"), "client", "vendor.payout.edit", &asked)?;
    }
    stage.call("admin", "vendor.payout.setpaid", &[("elid", "@payout.paid")]).map(drop)
}
