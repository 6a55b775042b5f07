//! What the services of a run must have cost, worked out again by other means: from a price list
//! written here, from the dates that are printed on the expenses, in cents.

use std::collections::BTreeSet;

use billmgr::db::{Db, Kind, Sql};
use billmgr::rpc::BUDGET_SLOW;
use billmgr::time::{DAY_US, Zone};
use jiff::Unit;
use jiff::civil::Date;

/// Of the seed's tariffs: a month, a year, the set-up.
const PRICES: [(&str, [i64; 3]); 2] = [("tariff", [1_000, 10_000, 300]), ("tariff_big", [3_100, 31_000, 0])];
/// Percents that leave a rest nearly always, so that rounding shows.
pub const TAX: &str = "7.7";
const TAX_PER_MILLE: i64 = 77;
pub const DISCOUNT: &str = "12.5";
const DISCOUNT_PER_MILLE: i64 = 125;
pub const DISCOUNTED: &str = "buyer";
/// How the seed names its accounts.
const NAME_OF: &str = "Name of ";
const CENT: i64 = 10_000;

/// Halves away from zero (decisions.md, Money).
fn rounded(product: i64, divisor: i64) -> i64 {
    (2 * product + divisor) / (2 * divisor)
}

fn days(from: Date, to: Date) -> i64 {
    i64::from(from.until((Unit::Day, to)).expect("dates of one calendar").get_days())
}

/// An expense of a service with the term that it paid for.
struct Sold {
    id: i64,
    item: i64,
    operation: String,
    discounted: bool,
    tariff: String,
    printed: Option<(Date, Date)>,
    period: i64,
    whole: Date,
    begin: Date,
    begin_us: i64,
    /// Where it ends now, which may be before the printed end.
    end_us: i64,
    amount: i64,
    tax: i64,
    compensated: i64,
}

const SOLD: &str = "SELECT e.id, e.operation, a.name, e.name, COALESCE(t.period, 0), COALESCE(t.whole_at, 0), \
     COALESCE(t.begin_at, 0), COALESCE(t.end_at, 0), e.item_id, e.amount, e.taxamount, e.compensated \
     FROM expense e JOIN account a ON a.id = e.account_id LEFT JOIN item_term t ON t.expense_id = e.id \
     WHERE e.item_id <> 0 ORDER BY e.id";

fn date(us: i64) -> Date {
    Zone::utc().date(us).parse().expect("a date")
}

fn sold(db: &Db) -> Vec<Sold> {
    use Kind::{Int, Text};
    let kinds = [Int, Text, Text, Text, Int, Int, Int, Int, Int, Int, Int, Int];
    let rows = db.read(BUDGET_SLOW, |conn| Sql::new(SOLD).load(conn, &kinds)).expect("expenses can be read");
    let of = |row: &Vec<billmgr::db::Raw>| {
        let name = row[3].str();
        let title = name.split(" (").next().unwrap_or_default();
        let dates = name.rsplit_once(", ").and_then(|(_, dates)| dates.split_once(" – "));
        Sold {
            id: row[0].int(),
            item: row[8].int(),
            operation: row[1].str().to_owned(),
            discounted: row[2].str().strip_prefix(NAME_OF) == Some(DISCOUNTED) && row[1].str() != "setup",
            tariff: title.rsplit(": ").next().unwrap_or_default().to_owned(),
            printed: dates.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?))),
            period: row[4].int(),
            whole: date(row[5].int()),
            begin: date(row[6].int()),
            begin_us: row[6].int(),
            end_us: row[7].int(),
            amount: row[9].int(),
            tax: row[10].int(),
            compensated: row[11].int(),
        }
    };
    rows.iter().map(of).collect()
}

impl Sold {
    /// Net and tax in cents.
    fn expected(&self) -> (i64, i64) {
        let (_, prices) = PRICES.iter().find(|(name, _)| *name == self.tariff).expect("a tariff of the seed");
        let price = match (self.operation.as_str(), self.period) {
            ("setup", _) => prices[2],
            (_, 1) => prices[0],
            (_, 12) => prices[1],
            (operation, period) => panic!("expense {}: {operation} of period {period}", self.id),
        };
        let line = match (self.operation.as_str(), self.printed) {
            ("change", Some((from, to))) => rounded(price * days(from, to), days(self.whole, to)),
            _ => price,
        };
        let net = if self.discounted { line - rounded(line * DISCOUNT_PER_MILLE, 1000) } else { line };
        (net, rounded(net * TAX_PER_MILLE, 1000))
    }

    /// The dates of its term. The opening moves the first one, so that those of the order are printed.
    fn dates(&self) -> Option<(Date, Date)> {
        self.printed.filter(|(from, _)| self.operation != "open" || *from == self.begin)
    }

    /// What must have been given back because its term ends sooner than it was paid for: closed on a
    /// day, which is used, or changed behind a day, at midnight.
    fn cut_off(&self) -> i64 {
        let (end, is_midnight) = (date(self.end_us), self.end_us % DAY_US == 0);
        match self.dates() {
            _ if self.operation == "setup" => 0,
            Some(_) if self.end_us == self.begin_us => self.amount / CENT,
            Some((from, to)) if end < to => {
                let day = if is_midnight { end.yesterday().expect("a date") } else { end };
                self.unused((from, to), day)
            }
            _ => 0,
        }
    }

    /// What of it is given back at a day, unless less is left. The day that has begun is used.
    fn unused(&self, (from, to): (Date, Date), day: Date) -> i64 {
        let whole = days(from, to);
        let used = if day < from { 0 } else { days(from, day) + 1 };
        rounded(self.amount / CENT * (whole - used).max(0), whole)
    }
}

/// What is wrong, if anything. `by_hand`: compensations that staff ordered, by expense and what it
/// came to with them.
pub fn faults(db: &Db, by_hand: &BTreeSet<(i64, i64)>) -> Vec<String> {
    let all = sold(db);
    let mut faults = Vec::new();
    for one in &all {
        let (net, tax) = one.expected();
        if (one.amount, one.tax) != ((net + tax) * CENT, tax * CENT) {
            let (id, amount, taxed) = (one.id, one.amount, one.tax);
            faults.push(format!("expense {id} is {amount} with {taxed} tax, not {net} + {tax} cents"));
        }
    }
    let set_up: BTreeSet<i64> =
        all.iter().filter(|one| one.operation == "setup").map(|one| one.item).collect();
    let is_due = |one: &&Sold| one.operation == "open" && one.tariff == PRICES[0].0;
    let missing = all.iter().filter(is_due).filter(|one| !set_up.contains(&one.item));
    faults.extend(missing.map(|one| format!("service {} was set up for nothing", one.item)));
    let kept = all.iter().filter(|one| one.compensated < one.cut_off() * CENT);
    faults.extend(kept.map(|one| format!("expense {}: {} was not given back", one.id, one.cut_off())));
    faults.extend(wrong_returns(db, &all, by_hand));
    faults.extend(wrong_tax(db));
    faults
}

/// Of what is given back the tax goes with it, in the share that it had.
fn wrong_tax(db: &Db) -> Option<String> {
    let sql = "SELECT amount, taxamount, compensated FROM expense WHERE amount > 0";
    let rows = db.read(BUDGET_SLOW, |conn| Sql::new(sql).load(conn, &[Kind::Int; 3])).expect("expenses");
    let held = |row: &Vec<billmgr::db::Raw>| {
        let [amount, tax, back] = [0, 1, 2].map(|at: usize| row[at].int() / CENT);
        tax - rounded(tax * back, amount)
    };
    let held = rows.iter().map(held).sum::<i64>() * CENT;
    let sql = "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e \
               JOIN book b ON b.id = e.book_id WHERE b.kind = 'tax'";
    let row = db.read(BUDGET_SLOW, |conn| Sql::new(sql).first(conn, &[Kind::Int])).expect("a sum");
    let booked = row.map_or(0, |row| row[0].int());
    (booked != held).then(|| format!("the tax book has {booked}, expenses hold {held}"))
}

/// `compensate:expense:<id>:<what was given back with it>`
const RETURNS: &str = "SELECT t.key, t.at, e.amount FROM transfer t JOIN entry e ON e.transfer_id = t.id \
     JOIN book b ON b.id = e.book_id WHERE b.kind = 'client' AND t.key LIKE 'compensate:expense:%'";

fn wrong_returns(db: &Db, all: &[Sold], by_hand: &BTreeSet<(i64, i64)>) -> Vec<String> {
    let kinds = [Kind::Text, Kind::Int, Kind::Int];
    let rows = db.read(BUDGET_SLOW, |conn| Sql::new(RETURNS).load(conn, &kinds)).expect("transfers");
    let wrong = |row: &Vec<billmgr::db::Raw>| {
        let mut numbers = row[0].str().split(':').filter_map(|part| part.parse::<i64>().ok());
        let (id, after) = (numbers.next()?, numbers.next()?);
        let one = all.binary_search_by_key(&id, |one| one.id).ok().map(|at| &all[at])?;
        let left = (one.amount - (after - row[2].int())) / CENT;
        let unused = match row[1].int() < one.begin_us {
            true => one.amount / CENT, // it would have begun later on that day, or on another
            false => one.unused(one.dates()?, date(row[1].int())),
        };
        let expected = unused.min(left) * CENT;
        let is_right = row[2].int() == expected || by_hand.contains(&(id, after));
        (!is_right).then(|| format!("{}: {} given back, not {expected}", row[0].str(), row[2].int()))
    };
    rows.iter().filter_map(wrong).collect()
}
