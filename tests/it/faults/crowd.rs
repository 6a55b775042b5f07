//! Many writers on few accounts.

use std::sync::Barrier;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use billmgr::db::{Kind, Sql};
use billmgr::doc::Node;
use billmgr::money::Money;

use super::{assert_sound, balance};
use crate::direct::tables;
use crate::support::{Connection, Request, World, dom, worlds};

const WRITERS: usize = 64;
const ROUNDS: usize = 3;
const ACCOUNTS: [&str; 3] = ["client", "client2", "buyer"];
/// What may be answered instead of ok: no money is left, nothing is left to give back, or another
/// call was first.
const REFUSALS: [(&str, &str); 3] = [("limit", "balance"), ("value", "amount"), ("busy", "expense")];

struct Writer<'w> {
    connection: Connection,
    proof: &'w str,
}

impl Writer<'_> {
    /// The answer, unless it was refused for a reason that may be.
    fn call(&mut self, query: &str) -> Option<Node> {
        let body = format!("{query}&sok=ok&out=xml&{}", self.proof);
        let request = Request::post("/billmgr", "application/x-www-form-urlencoded", body);
        let doc = dom::parse(&self.connection.send(&request).body).expect("XML");
        let Some(error) = doc.get("error") else { return Some(doc) };
        let said = (error.get_attr("type").unwrap_or_default(), error.get_attr("object").unwrap_or_default());
        assert!(REFUSALS.contains(&said), "{query}: {said:?}");
        None
    }
}

fn micro(amount: &str) -> i64 {
    Money::parse(amount).expect("an amount").0
}

/// Pays, charges and gives back; adds up what was answered ok.
fn write(world: &World, place: usize, proof: &str, moved: &[AtomicI64]) {
    let mut writer = Writer { connection: Connection::open(world.address), proof };
    for round in 0..ROUNDS {
        let at = (place + round) % ACCOUNTS.len();
        let name = ACCOUNTS[at];
        let (account, subaccount) = (world.id(name), world.id(&format!("{name}_subaccount")));
        let (paid, charged, back) = ("1.25", format!("{}.{place:02}", 1 + round), "0.10");
        let pays = format!(
            "func=payment.edit&plid={account}&subaccountamount={paid}&paymethod={}",
            world.id("paymethod")
        );
        let payment = writer.call(&pays).expect("a payment can always be made");
        let elid = payment.get_text("id").expect("an id");
        writer.call(&format!("func=payment.setpaid&elid={elid}")).expect("a payment can always be paid");
        moved[at].fetch_add(micro(paid), Ordering::SeqCst);
        let charges = format!("func=expense.edit&subaccount={subaccount}&name=Crowd&amount={charged}");
        if let Some(expense) = writer.call(&charges) {
            moved[at].fetch_sub(micro(&charged), Ordering::SeqCst);
            let elid = expense.get_text("id").expect("an id");
            if writer.call(&format!("func=expense.compensate&elid={elid}&amount={back}")).is_some() {
                moved[at].fetch_add(micro(back), Ordering::SeqCst);
            }
        }
        // One expense, of the first account, that all of them give back from.
        let shared = world.id("client_expense");
        if writer.call(&format!("func=expense.compensate&elid={shared}&amount={back}")).is_some() {
            moved[0].fetch_add(micro(back), Ordering::SeqCst);
        }
    }
}

worlds! {
    /// Not a millionth is lost or made, and no account falls below what it has.
    fn many_writers(world: &World) {
        let proof = world.proof("admin");
        let before = ACCOUNTS.map(|name| balance(&world.app, world.id(&format!("{name}_subaccount"))));
        let moved = [const { AtomicI64::new(0) }; ACCOUNTS.len()];
        thread::scope(|scope| {
            for place in 0..WRITERS {
                let (proof, moved) = (&proof, &moved);
                scope.spawn(move || write(world, place, proof, moved));
            }
        });
        assert_sound(&world.app.db);
        for (at, name) in ACCOUNTS.iter().enumerate() {
            let now = balance(&world.app, world.id(&format!("{name}_subaccount")));
            assert_eq!(now, before[at] + moved[at].load(Ordering::SeqCst), "{name}");
        }
        let overdrawn = Sql::new("SELECT id FROM subaccount_list WHERE balance < -creditlimit");
        let overdrawn = tables::read(&world.app.db, |conn| overdrawn.load(conn, &[Kind::Int]));
        assert!(overdrawn.is_empty(), "{overdrawn:?} fell below their limit");
    }

    /// R53 A payment that eight report at once is credited once, and each is answered ok.
    fn setpaid_at_once(world: &World) {
        let (elid, subaccount) = (world.id("client2_payment"), world.id("client2_subaccount"));
        let before = balance(&world.app, subaccount);
        let (proof, barrier) = (world.proof("admin"), Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut writer = Writer { connection: Connection::open(world.address), proof: &proof };
                    barrier.wait();
                    writer.call(&format!("func=payment.setpaid&elid={elid}")).expect("ok for each");
                });
            }
        });
        assert_eq!(balance(&world.app, subaccount) - before, micro("10"));
        assert_sound(&world.app.db);
    }
}
