//! Orders that the balance pays at once, beside credits: both durable when they are answered.

use std::ops::RangeInclusive;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::child::Server;
use super::client::{self, Request, get};
use super::credit::{self, IN_FLIGHT, credit};
use super::data::{self, ADMIN, UNPAID};
use super::load::{Pace, median};
use super::report::{Report, Target};
use super::shop::Shop;

const CLIENTS: i64 = 1_000;
const SHOP: Shop = Shop { tariffs: 10, clients: CLIENTS, services: 0 };

/// What a module does for an opening is not the order's: it waits for longer than this lasts.
const LATER: &str = "CREATE TRIGGER outbox_later AFTER INSERT ON outbox \
     BEGIN UPDATE outbox SET next_at = 9000000000000000000 WHERE id = NEW.id; END";

pub fn measure(pace: Pace, report: &mut Report) {
    let (payments_dir, admin) = data::prepare(UNPAID, &[ADMIN]);
    let payments_server = Server::billmgr(&data::copy(&payments_dir, "credits"), "");
    let (shop_dir, sessions) = SHOP.prepare(CLIENTS);
    let dir = data::copy(&shop_dir, "orders");
    credit::open(&dir).batch_execute(LATER).expect("the trigger is made");
    let shop_server = Server::billmgr(&dir, "");
    let (mut payments, mut orders) = (1..=UNPAID.payments, 1..=i64::MAX);
    let (mut credits, mut sales, mut cpu_us, mut ratios) = (vec![], vec![], vec![], vec![]);
    for round in 0..=pace.rounds {
        let time = if round == 0 { pace.round / 4 } else { pace.round };
        let credited = credit(&payments_server, IN_FLIGHT, time, &admin[0], &mut payments);
        let (sold, cpu) = order(&shop_server, time, &sessions, &mut orders);
        if round > 0 {
            credits.push(credited);
            sales.push(sold);
            cpu_us.push(cpu);
            ratios.push(sold / credited);
        }
    }
    report.row("credits, 64 in flight", median(&credits), "/s", Target::None);
    report.row("orders with skipbasket, 64 in flight", median(&sales), "/s", Target::None);
    report.row("  processor time of an order", median(&cpu_us), "us", Target::None);
    report.row("  orders : credits, both 64 in flight", median(&ratios), "x", Target::AtLeast(0.2));
}

/// Orders, each by the next client, until the time is over.
fn order(
    server: &Server,
    time: Duration,
    sessions: &[String],
    orders: &mut RangeInclusive<i64>,
) -> (f64, f64) {
    let (first, sessions) = (*orders.start(), sessions.to_vec());
    let request = move |nth: i64| -> Request {
        let session = &sessions[nth as usize % sessions.len()];
        let tariff = 1 + nth % SHOP.tariffs;
        let call = format!("func=vds.order.param&pricelist={tariff}&period=1&domain=s{nth}.example.com");
        get(&format!("auth={session}&{call}&skipbasket=on&sok=ok&out=xml"))
    };
    let before_us = server.cpu_us();
    let load = client::load(server.port, IN_FLIGHT, time, Box::new((first..).map(request)));
    let count = load.latencies_us.len() as i64;
    *orders = first + count..=i64::MAX;
    (load.rate(), (server.cpu_us() - before_us) / count as f64)
}
