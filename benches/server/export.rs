//! What a provider's web site asks for: all its tariffs, as they were worked out before.

use super::bare::FIXED_BYTES;
use super::child::Server;
use super::client::{self, always, get};
use super::load::{Pace, Subject, in_turn};
use super::report::{Report, Target};
use super::shop::Shop;

const TARIFFS: i64 = 500;

pub fn measure(pace: Pace, report: &mut Report) {
    let (dir, _) = Shop { tariffs: TARIFFS, clients: 1, services: 0 }.prepare(0);
    let billmgr = Server::billmgr(&dir, "");
    let request = get("func=pricelist.export&out=xml");
    let body = client::fetch(billmgr.port, &request);
    assert_eq!(body.matches("<pricelist ").count() as i64, TARIFFS, "{body}");
    let (small, same) = (Server::fixed(FIXED_BYTES), Server::fixed(body.len()));
    let ask = |request: client::Request| move || always(request.clone());
    let measured = in_turn(
        pace,
        &[
            Subject::new("fixed body of 1.5 KB", &small, ask(get(""))),
            Subject::new("fixed body as long as the export", &same, ask(get(""))),
            Subject::new("export of 500 tariffs, xml", &billmgr, ask(request)),
        ],
    );
    let [small, same, export] = &measured[..] else { unreachable!() };
    report.rates(&measured);
    report.row("  length of the export", body.len() as f64 / 1024.0, "KiB", Target::None);
    report.row("  export : fixed body as long", export.to(same), "x", Target::AtLeast(0.2));
    report.row("  export : fixed body of 1.5 KB", export.to(small), "x", Target::None);
}
