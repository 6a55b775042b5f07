//! Who pays for what a client uses. A direct client pays the provider. A reseller's client uses up
//! retail credit that the reseller gave out, and the reseller pays the provider, both or neither
//! (ARCHITECTURE.md, Decisions made here).

use crate::billing::charge;
use crate::books::{self, Posted, Subaccount};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ledger::hold::Hold;
use crate::ledger::transfer::between;
use crate::ledger::{Book, BookKind, Line, Transfer};
use crate::money::Money;

/// One who pays, and whose what he pays becomes.
#[derive(Debug, Clone)]
pub struct Side {
    pub subaccount: Subaccount,
    pub earner: Book,
    is_reseller: bool,
}

/// The client first, then his reseller if he has one.
#[derive(Debug, Clone)]
pub struct Payers(Vec<Side>);

/// A fixed price: what the keys of its transfers are made of, for the client's and the reseller's, and
/// what each of them pays.
#[derive(Debug, Clone, Copy)]
pub struct Bill<'b> {
    pub what: [&'b str; 2],
    pub id: i64,
    pub amounts: [Money; 2],
}

/// What somebody else gets of what the provider earns: a vendor's share.
#[derive(Debug, Clone)]
pub struct Cut {
    pub to: Subaccount,
    pub amount: Money,
}

impl Payers {
    /// The first subaccount of each. `reseller_id` 0, or the client himself: nobody else pays.
    pub fn of(conn: &mut Conn, account_id: i64, reseller_id: i64) -> Result<Self> {
        let client = books::subaccount_of(conn, account_id, None)?;
        let reseller = match reseller_id {
            none if none == 0 || none == account_id => None,
            reseller => Some(books::subaccount_of(conn, reseller, None)?),
        };
        Ok(Self::over(client, reseller))
    }

    /// Whose subaccounts were written down when something was sold; `reseller_id` 0 is none.
    pub fn stored(conn: &mut Conn, client_id: i64, reseller_id: i64) -> Result<Self> {
        let client = books::subaccount(conn, client_id)?;
        let reseller = match reseller_id {
            0 => None,
            id => Some(books::subaccount(conn, id)?),
        };
        Ok(Self::over(client, reseller))
    }

    fn over(client: Subaccount, reseller: Option<Subaccount>) -> Self {
        let book = client.book();
        let earner = match &reseller {
            Some(reseller) => {
                Book::new(BookKind::IssuedRetail, reseller.account_id, book.project, book.currency)
            }
            None => book.provider(BookKind::Revenue),
        };
        let retail = Side { subaccount: client, earner, is_reseller: false };
        let wholesale = reseller.map(|subaccount| {
            let earner = subaccount.book().provider(BookKind::Revenue);
            Side { subaccount, earner, is_reseller: true }
        });
        Self([retail].into_iter().chain(wholesale).collect())
    }

    pub fn retail(&self) -> &Side {
        &self.0[0]
    }

    pub fn wholesale(&self) -> Option<&Side> {
        self.0.get(1)
    }

    pub fn into_sides(self) -> Vec<Side> {
        self.0
    }

    /// What each can spend, with the balances locked.
    pub fn available(&self, conn: &mut Conn, now_us: i64) -> Result<Vec<Money>> {
        available(conn, &self.0.iter().collect::<Vec<_>>(), now_us)
    }

    /// Takes a price, once for its keys `charge:<what>:<id>`. Error `limit(balance)` where the client's
    /// money does not suffice, `limit(service)` where his reseller's does not; one of them may have paid
    /// then, so the transaction or its savepoint has to be given up.
    pub fn charge(&self, conn: &mut Conn, bill: &Bill, now_us: i64) -> Result<()> {
        self.charge_all(conn, std::slice::from_ref(bill), now_us)
    }

    /// Several prices. What each side owes is said anew once, behind all of them.
    pub fn charge_all(&self, conn: &mut Conn, bills: &[Bill], now_us: i64) -> Result<()> {
        for bill in bills {
            for (side, what, amount) in self.locking(bill).into_iter().filter(|part| part.2 != Money::ZERO) {
                side.move_money(conn, &side.charged(what, bill.id, amount)?, now_us)?;
            }
        }
        self.0.iter().try_for_each(|side| charge::settle(conn, side.subaccount.id))
    }

    /// The same where somebody gets his share of it.
    pub fn charge_sharing(&self, conn: &mut Conn, bill: &Bill, cut: Option<&Cut>, now_us: i64) -> Result<()> {
        self.lock_with(conn, cut)?;
        for (side, what, amount) in self.locking(bill) {
            let lines = side.gains(amount, cut.filter(|_| self.is_paying_provider(side)))?;
            let lines = merged(Line::new(side.subaccount.book(), amount.negated()), lines)?;
            if lines.len() > 1 {
                let transfer = Transfer::new(format!("charge:{what}:{}", bill.id), lines)?;
                side.post(conn, &transfer, now_us)?;
            }
        }
        cut.map_or(Ok(()), |cut| charge::settle(conn, cut.to.id))
    }

    /// Gives back what was charged; nothing where nothing was, or it has been given back.
    pub fn reverse(&self, conn: &mut Conn, bill: &Bill, now_us: i64) -> Result<()> {
        for (side, what, _) in self.locking(bill) {
            let key = format!("charge:{what}:{}", bill.id);
            if books::find(conn, &key)?.is_some() {
                books::reverse(conn, &key, false, now_us)?;
                charge::settle(conn, side.subaccount.id)?;
            }
        }
        Ok(())
    }

    /// Sets a price aside, once for its keys `hold:<what>:<id>`. Errors as of [`Payers::charge`].
    pub fn hold(&self, conn: &mut Conn, bill: &Bill, now_us: i64) -> Result<()> {
        self.each(conn, bill, now_us, |side, what, amount| side.held(what, bill.id, amount).place())
    }

    /// Takes all that was set aside. Whichever of this and [`Payers::release`] comes first is the only one.
    pub fn capture(&self, conn: &mut Conn, bill: &Bill, now_us: i64) -> Result<()> {
        self.each(conn, bill, now_us, |side, what, amount| {
            side.held(what, bill.id, amount).capture(&[Line::new(side.earner, amount)])
        })
    }

    /// The same where somebody gets his share of it.
    pub fn capture_sharing(
        &self,
        conn: &mut Conn,
        bill: &Bill,
        cut: Option<&Cut>,
        now_us: i64,
    ) -> Result<()> {
        self.lock_with(conn, cut)?;
        self.each(conn, bill, now_us, |side, what, amount| {
            let gains = side.gains(amount, cut.filter(|_| self.is_paying_provider(side)))?;
            side.held(what, bill.id, amount).capture(&gains)
        })?;
        cut.map_or(Ok(()), |cut| charge::settle(conn, cut.to.id))
    }

    /// Where there are several transfers, the vendor's balance stands in one of them: all are locked by ascending
    /// account first.
    fn lock_with(&self, conn: &mut Conn, cut: Option<&Cut>) -> Result<()> {
        let (Some(cut), Some(wholesale)) = (cut, self.wholesale()) else { return Ok(()) };
        let mut all = [&self.retail().subaccount, &wholesale.subaccount, &cut.to];
        all.sort_by_key(|subaccount| subaccount.account_id);
        all.iter().try_for_each(|subaccount| charge::locked_balance(conn, subaccount.id).map(drop))
    }

    /// What this side pays is the provider's: the client's where nobody stands between.
    fn is_paying_provider(&self, side: &Side) -> bool {
        side.is_reseller || self.wholesale().is_none()
    }

    pub fn release(&self, conn: &mut Conn, bill: &Bill, now_us: i64) -> Result<()> {
        self.each(conn, bill, now_us, |side, what, amount| side.held(what, bill.id, amount).release())
    }

    /// Posts what `transfer` makes of each side that has something to pay.
    fn each(
        &self,
        conn: &mut Conn,
        bill: &Bill,
        now_us: i64,
        transfer: impl Fn(&Side, &str, Money) -> Result<Transfer>,
    ) -> Result<()> {
        for (side, what, amount) in self.locking(bill) {
            if amount != Money::ZERO {
                side.post(conn, &transfer(side, what, amount)?, now_us)?;
            }
        }
        Ok(())
    }

    fn locking<'b>(&'b self, bill: &Bill<'b>) -> Vec<(&'b Side, &'b str, Money)> {
        let parts = bill.what.into_iter().zip(bill.amounts);
        let mut sides: Vec<_> =
            self.0.iter().zip(parts).map(|(side, (what, sum))| (side, what, sum)).collect();
        sides.sort_by_key(|(side, ..)| side.subaccount.account_id);
        sides
    }
}

/// What each side can spend, in their order. The balances are locked by ascending account, so that two
/// who have a payer in common never wait for each other.
pub fn available(conn: &mut Conn, sides: &[&Side], now_us: i64) -> Result<Vec<Money>> {
    let mut locking = sides.to_vec();
    locking.sort_by_key(|side| side.subaccount.account_id);
    for side in locking {
        charge::locked_balance(conn, side.subaccount.id)?;
    }
    sides.iter().map(|side| charge::available(conn, side.subaccount.id, now_us)).collect()
}

impl Side {
    /// Moves money of this side, and says anew what it owes.
    pub fn post(&self, conn: &mut Conn, transfer: &Transfer, now_us: i64) -> Result<Posted> {
        let posted = self.move_money(conn, transfer, now_us)?;
        charge::settle(conn, self.subaccount.id)?;
        Ok(posted)
    }

    fn move_money(&self, conn: &mut Conn, transfer: &Transfer, now_us: i64) -> Result<Posted> {
        books::post(conn, transfer, now_us).map_err(|error| self.refused(error))
    }

    /// What a reseller has is not told to his clients.
    fn refused(&self, error: Error) -> Error {
        if self.is_reseller && error.kind == "limit" { Error::limit("service", "") } else { error }
    }

    pub fn held<'w>(&self, what: &'w str, id: i64, amount: Money) -> Hold<'w> {
        Hold { what, id, client: self.subaccount.book(), amount }
    }

    /// Who gets what of an amount.
    fn gains(&self, amount: Money, cut: Option<&Cut>) -> Result<Vec<Line>> {
        let share = cut.map_or(Money::ZERO, |cut| cut.amount);
        let shared = cut.map(|cut| Line::new(cut.to.book(), share));
        let own = Line::new(self.earner, amount.minus(share)?);
        Ok([Some(own), shared].into_iter().flatten().filter(|line| line.amount != Money::ZERO).collect())
    }

    fn charged(&self, what: &str, id: i64, amount: Money) -> Result<Transfer> {
        between(format!("charge:{what}:{id}"), self.subaccount.book(), self.earner, amount)
    }
}

/// The lines with another one, which may be of the same book: a vendor who buys his own number.
fn merged(line: Line, mut lines: Vec<Line>) -> Result<Vec<Line>> {
    match lines.iter_mut().find(|other| other.book == line.book) {
        Some(other) => other.amount = other.amount.plus(line.amount)?,
        None => lines.insert(0, line),
    }
    lines.retain(|line| line.amount != Money::ZERO);
    Ok(lines)
}
