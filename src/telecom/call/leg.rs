//! One payer of a call: the client by his rate, or his reseller by the reseller's.

use super::{Line, Terms, cause};
use crate::billing::charge;
use crate::books::{self, Subaccount};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ledger::hold::Hold;
use crate::ledger::{Book, BookKind, Line as Entry, Transfer};
use crate::money::Money;
use crate::telecom::rating::Price;

/// The words of the keys of both legs.
pub const RETAIL: &str = "call";
const WHOLESALE: &str = "wholesale";

#[derive(Debug, Clone)]
pub struct Leg {
    what: &'static str,
    pub subaccount: Subaccount,
    pub price: Price,
    pub held: Money,
    /// Who gets what the call costs.
    earner: Book,
}

/// The legs of a call, the retail one first.
pub struct Legs(Vec<Leg>);

impl Legs {
    /// Of a call that begins: the first subaccount of each payer.
    pub fn of(conn: &mut Conn, line: &Line, terms: &Terms) -> Result<Self> {
        let client = books::subaccount_of(conn, line.account_id, None)?;
        let reseller = match line.payer_id {
            0 => None,
            payer => Some(books::subaccount_of(conn, payer, None)?),
        };
        Ok(Self::over(client, reseller, terms, (Money::ZERO, Money::ZERO)))
    }

    /// A direct client pays the provider. A reseller's client uses up retail credit that the reseller
    /// gave out, and the reseller pays the provider (ARCHITECTURE.md, Decisions made here).
    pub fn over(
        client: Subaccount,
        reseller: Option<Subaccount>,
        terms: &Terms,
        (held, wholesale_held): (Money, Money),
    ) -> Self {
        let book = client.book();
        let earner = match &reseller {
            Some(reseller) => {
                Book::new(BookKind::IssuedRetail, reseller.account_id, book.project, book.currency)
            }
            None => book.provider(BookKind::Revenue),
        };
        let retail = Leg { what: RETAIL, subaccount: client, price: terms.retail.clone(), held, earner };
        let wholesale = reseller.zip(terms.wholesale.clone()).map(|(subaccount, price)| {
            let earner = subaccount.book().provider(BookKind::Revenue);
            Leg { what: WHOLESALE, subaccount, price, held: wholesale_held, earner }
        });
        Self([retail].into_iter().chain(wholesale).collect())
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
        if self.retail().subaccount.currency_id != retail {
            return Some(cause::RATE);
        }
        let foreign = self.wholesale().is_some_and(|leg| leg.subaccount.currency_id != wholesale);
        foreign.then_some(cause::UNAVAILABLE)
    }

    /// In the order in which their books are locked: by ascending account.
    fn locking(&self) -> Vec<&Leg> {
        let mut legs: Vec<&Leg> = self.iter().collect();
        legs.sort_by_key(|leg| leg.subaccount.account_id);
        legs
    }

    /// What each payer can spend, the retail one first, with the balances locked.
    pub fn available(&self, conn: &mut Conn, now_us: i64) -> Result<Vec<Money>> {
        for leg in self.locking() {
            charge::locked_balance(conn, leg.subaccount.id)?;
        }
        self.iter().map(|leg| charge::available(conn, leg.subaccount.id, now_us)).collect()
    }

    /// Holds what so many seconds cost of each payer, beyond what is held already.
    pub fn hold(&mut self, conn: &mut Conn, (id, step): (i64, i64), sec: i64, now_us: i64) -> Result<()> {
        self.0.sort_by_key(|leg| leg.subaccount.account_id);
        let done = self.0.iter_mut().try_for_each(|leg| leg.hold(conn, (id, step), sec, now_us));
        self.0.sort_by_key(|leg| leg.what != RETAIL);
        done
    }

    /// Takes what the call cost out of what is held, and gives the rest back.
    pub fn capture(&self, conn: &mut Conn, id: i64, billsec: i64, now_us: i64) -> Result<()> {
        for leg in self.locking() {
            let cost = leg.price.cost(billsec)?;
            if let Some(transfer) = leg.captured(id, cost)? {
                books::post(conn, &transfer, now_us)?;
                charge::settle(conn, leg.subaccount.id)?;
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
                books::post(conn, &leg.taken(key, cost)?, now_us)?;
                charge::settle(conn, leg.subaccount.id)?;
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
        let hold = Hold { what: self.what, id, client: self.subaccount.book(), amount: more };
        let transfer = if step == 1 { hold.place()? } else { hold.extend(step as u32, more)? };
        books::post(conn, &transfer, now_us).map_err(|error| self.refused(error))?;
        self.held = self.held.plus(more)?;
        charge::settle(conn, self.subaccount.id)
    }

    /// What a reseller has is not told to who called.
    fn refused(&self, error: Error) -> Error {
        if self.what == WHOLESALE && error.kind == "limit" { Error::limit("call", "") } else { error }
    }

    fn captured(&self, id: i64, cost: Money) -> Result<Option<Transfer>> {
        let hold = Hold { what: self.what, id, client: self.subaccount.book(), amount: self.held };
        Ok(Some(match (self.held > Money::ZERO, cost > Money::ZERO) {
            (true, true) => hold.capture_beyond(&[Entry::new(self.earner, cost)])?,
            (true, false) => hold.release()?,
            (false, true) => self.taken(format!("settle:{}:{id}", self.what), cost)?,
            (false, false) => return Ok(None),
        }))
    }

    /// From the client book itself, even below its limit: the call has been made.
    fn taken(&self, key: String, cost: Money) -> Result<Transfer> {
        let lines = vec![Entry::new(self.subaccount.book(), cost.negated()), Entry::new(self.earner, cost)];
        Ok(Transfer::new(key, lines)?.overdrawing())
    }
}
