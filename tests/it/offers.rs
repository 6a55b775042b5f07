//! Which discounts an order may get, and that no code is redeemed oftener than it may be.

use billmgr::auth::Caller;
use billmgr::billing::discount::{Occasion, offers};
use billmgr::doc::Node;
use billmgr::ledger::Scale;
use billmgr::money::Money;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::service::{Shelf, Till};
use billmgr::tariff::quote::{QuotePart, What};
use billmgr::tariff::{Kind, best};

use crate::direct::tables;
use crate::support::{World, dom, worlds};

fn id(doc: &Node) -> String {
    dom::find(doc, "/doc/id").pop().expect("an id")
}

fn number(id: &str) -> i64 {
    id.parse().expect("a number")
}

/// Whose discount an order of 100.00 gets, and how many cents.
fn won(world: &World, occasion: Occasion) -> Option<(Kind, i64)> {
    let (app, now_us) = (world.app.clone(), world.clock.now_us());
    let found = app.db.read(BUDGET_SLOW, |conn| {
        offers(
            &mut Till::new(conn, &app, &Caller::own(), ("offers", now_us), &mut Shelf::default()),
            &occasion,
        )
    });
    let parts = [QuotePart::new(What::Tariff, "Tariff", Money::units(100), 1)];
    let scale = Scale::minor("EUR");
    let offer = best(&parts, scale, &found.expect("offers")).expect("a comparison")?;
    Some((offer.kind, offer.discount.taken(&parts, scale).expect("a sum").0 / 10_000))
}

fn occasion(world: &World, name: &str) -> Occasion {
    Occasion {
        account_id: number(world.id(name)),
        project_id: number(world.id("project")),
        itemtype_id: 1,
        pricelist_id: 1,
        period: 12,
        currency_id: number(world.id("euro")),
        is_new: true,
        promotion_id: 0,
    }
}

worlds! {
    fn the_discount_that_takes_most_off_wins(world: &World) {
        let project = world.id("project");
        let client = occasion(world, "client");
        assert_eq!(won(world, client), None);
        let make = |query: &str| id(&world.done("admin", &format!("func={query}&project={project}&sok=ok")));
        make("discount.edit&name=Year&actiontype=fixed&fixedvalue=5&period=12");
        assert_eq!(won(world, client), Some((Kind::Global, 500)));
        assert_eq!(won(world, Occasion { period: 1, ..client }), None);
        make(&format!("account.discount.edit&plid={}&name=Friend&percentvalue=5", world.id("client")));
        // Both take 5.00: the personal one goes before.
        assert_eq!(won(world, client), Some((Kind::Personal, 500)));
        let open = make("promotion.edit&name=For+all");
        let cut = format!("func=promotion.discount.edit&plid={open}&name=All&onlyneworder=on");
        world.done("admin", &format!("{cut}&percentvalue=20&sok=ok"));
        assert_eq!(won(world, client), Some((Kind::Promo, 2_000)));
        assert_eq!(won(world, Occasion { is_new: false, ..client }), Some((Kind::Personal, 500)));
        let coded = make("promotion.edit&name=Coded&promocode=CODE");
        world.done("admin", &format!("func=promotion.discount.edit&plid={coded}&name=C&percentvalue=30&sok=ok"));
        assert_eq!(won(world, client), Some((Kind::Promo, 2_000)));
        // A code that was only entered, then one that was redeemed.
        let entered = Occasion { promotion_id: number(&coded), ..client };
        assert_eq!(won(world, entered), Some((Kind::Promo, 3_000)));
        world.done("client", "func=coupon.use&coupon=code&sok=ok");
        assert_eq!(won(world, client), Some((Kind::Promo, 3_000)));
        assert_eq!(won(world, occasion(world, "client2")), Some((Kind::Promo, 2_000)));
        let paid = format!("func=promotion.condition.edit&plid={coded}&type=paid&amount=100.01&sok=ok");
        world.done("admin", &paid);
        assert_eq!(won(world, client), Some((Kind::Promo, 2_000)));
        let itemtype = tables::ids(&world.app.db, "itemtype").pop().expect("a product type");
        world.done("admin", &format!("func=promotion.edit&elid={open}&itemtype={itemtype}&sok=ok"));
        let other = Occasion { itemtype_id: number(&itemtype) + 1, ..client };
        assert_eq!(won(world, other), Some((Kind::Personal, 500)));
        let same = Occasion { itemtype_id: number(&itemtype), ..client };
        assert_eq!(won(world, same), Some((Kind::Promo, 2_000)));
    }

    fn a_coupon_is_redeemed_as_often_as_it_may_be(world: &World) {
        let project = world.id("project");
        let made = world.done("admin", &format!("func=promotion.edit&name=Few&project={project}&sok=ok"));
        let promotion = id(&made);
        let coupon = format!("func=promotion.coupon.edit&plid={promotion}&code=FEW&maxcount=2&sok=ok");
        world.done("admin", &coupon);
        let users = ["client", "client2", "buyer", "buyer2", "reseller", "reseller2"];
        let done: usize = std::thread::scope(|scope| {
            let redeems = |user| move || world.call(user, "func=coupon.use&coupon=FEW&sok=ok").get("ok").is_some();
            let threads: Vec<_> =
                users.into_iter().chain(users).map(|user| scope.spawn(redeems(user))).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().expect("a thread"))).sum()
        });
        assert_eq!(done, 2);
        assert_eq!(tables::ids(&world.app.db, "coupon_use").len(), 2);
        assert_eq!(tables::rows(&world.app.db, "promotion")[0]["use_count"], "2");
    }
}
