//! One payer of a call: the client by his rate, or his reseller by the reseller's.

use super::{Line, Terms, cause};
use crate::db::Conn;
use crate::error::Result;
use crate::ledger::{Line as Entry, Transfer};
use crate::money::Money;
use crate::telecom::payers::{self, Payers, Side};
use crate::telecom::rating::Price;

/// The words of the keys of both legs.
pub const RETAIL: &str = "call";
const WHOLESALE: &str = "wholesale";

#[derive(Debug, Clone)]
pub struct Leg {
    what: &'static str,
    pub side: Side,
    pub price: Price,
    pub held: Money,
}

/// The legs of a call, the retail one first.
pub struct Legs(Vec<Leg>);

impl Legs {
    /// Of a call that begins.
    pub fn of(conn: &mut Conn, line: &Line, terms: &Terms) -> Result<Self> {
        let payers = Payers::of(conn, line.account_id, line.payer_id)?;
        Ok(Self::over(payers, terms, (Money::ZERO, Money::ZERO)))
    }

    pub fn over(payers: Payers, terms: &Terms, (held, wholesale_held): (Money, Money)) -> Self {
        let retail = (RETAIL, Some(&terms.retail), held);
        let wholesale = (WHOLESALE, terms.wholesale.as_ref(), wholesale_held);
        let legs = payers.into_sides().into_iter().zip([retail, wholesale]);
        let legs = legs
            .filter_map(|(side, (what, price, held))| Some(Leg { what, side, price: price?.clone(), held }));
        Self(legs.collect())
    }

    pub fn retail(&self) -> &Leg {
        &self.0[0]
    }

    pub fn wholesale(&self) -> Option<&Leg> {
        self.0.get(1)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Leg> {
        self.0.iter()
    }

    /// A plan in another currency than the payer's money prices nothing: the cause of the refusal.
    pub fn foreign_to(&self, line: &Line) -> Option<&'static str> {
        let (retail, wholesale) = line.currencies();
        if self.retail().side.subaccount.currency_id != retail {
            return Some(cause::RATE);
        }
        let foreign = self.wholesale().is_some_and(|leg| leg.side.subaccount.currency_id != wholesale);
        foreign.then_some(cause::UNAVAILABLE)
    }

    /// In the order in which their books are locked: by ascending account.
    fn locking(&self) -> Vec<&Leg> {
        let mut legs: Vec<&Leg> = self.iter().collect();
        legs.sort_by_key(|leg| leg.side.subaccount.account_id);
        legs
    }

    /// What each payer can spend, the retail one first, with the balances locked.
    pub fn available(&self, conn: &mut Conn, now_us: i64) -> Result<Vec<Money>> {
        payers::available(conn, &self.iter().map(|leg| &leg.side).collect::<Vec<_>>(), now_us)
    }

    /// Holds what so many seconds cost of each payer, beyond what is held already.
    pub fn hold(&mut self, conn: &mut Conn, (id, step): (i64, i64), sec: i64, now_us: i64) -> Result<()> {
        self.0.sort_by_key(|leg| leg.side.subaccount.account_id);
        let done = self.0.iter_mut().try_for_each(|leg| leg.hold(conn, (id, step), sec, now_us));
        self.0.sort_by_key(|leg| leg.what != RETAIL);
        done
    }

    /// Takes what the call cost out of what is held, and gives the rest back.
    pub fn capture(&self, conn: &mut Conn, id: i64, billsec: i64, now_us: i64) -> Result<()> {
        for leg in self.locking() {
            let cost = leg.price.cost(billsec)?;
            if let Some(transfer) = leg.captured(id, cost)? {
                leg.side.post(conn, &transfer, now_us)?;
            }
        }
        Ok(())
    }

    /// Charges a call that was not let through by us: `charge:<leg>:<id of the record>`.
    pub fn charge(&self, conn: &mut Conn, cdr_id: i64, billsec: i64, now_us: i64) -> Result<()> {
        for leg in self.locking() {
            let cost = leg.price.cost(billsec)?;
            if cost != Money::ZERO {
                let key = format!("charge:{}:{cdr_id}", if leg.what == RETAIL { "cdr" } else { WHOLESALE });
                leg.side.post(conn, &leg.taken(key, cost)?, now_us)?;
            }
        }
        Ok(())
    }
}

impl Leg {
    fn hold(&mut self, conn: &mut Conn, (id, step): (i64, i64), sec: i64, now_us: i64) -> Result<()> {
        let more = self.price.charge(self.price.whole_blocks(sec))?.minus(self.held)?;
        if more <= Money::ZERO {
            return Ok(());
        }
        let hold = self.side.held(self.what, id, more);
        let transfer = if step == 1 { hold.place()? } else { hold.extend(step as u32, more)? };
        self.side.post(conn, &transfer, now_us)?;
        self.held = self.held.plus(more)?;
        Ok(())
    }

    fn captured(&self, id: i64, cost: Money) -> Result<Option<Transfer>> {
        let hold = self.side.held(self.what, id, self.held);
        Ok(Some(match (self.held > Money::ZERO, cost > Money::ZERO) {
            (true, true) => hold.capture_beyond(&[Entry::new(self.side.earner, cost)])?,
            (true, false) => hold.release()?,
            (false, true) => self.taken(format!("settle:{}:{id}", self.what), cost)?,
            (false, false) => return Ok(None),
        }))
    }

    /// From the client book itself, even below its limit: the call has been made.
    fn taken(&self, key: String, cost: Money) -> Result<Transfer> {
        let lines =
            vec![Entry::new(self.side.subaccount.book(), cost.negated()), Entry::new(self.side.earner, cost)];
        Ok(Transfer::new(key, lines)?.overdrawing())
    }
}
