//! The year itself: rates, registrations, payments and what became of them, expenses.

use super::dice::{Dice, amount, decimal};
use super::roll::{CLIENTS, Client};
use super::stage::Stage;
use super::{offers, papers, people, services};
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;

const SEED: u64 = 20_251_101;
const DAYS: i64 = 365;
/// How often rates are set: none may be older than RateMaxAgeDays when money is converted.
const RATE_DAYS: i64 = 7;
/// Credit that ends when nobody keeps these data any more.
const FAR: &str = "2035-12-31";
/// A dollar rate of the euro with four decimals.
const RATE_FIRST: i64 = 10_850;
const RATE_RANGE: (i64, i64) = (10_200, 11_900);

/// What becomes of a payment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Paid,
    /// On credit first, the money a little later.
    PaidLater,
    Credit,
    InPay,
    New,
    Fraud,
    /// Paid, used for nothing yet, and taken back.
    Chargeback,
    /// Given up by staff.
    Canceled,
    /// Given up by the client.
    Removed,
}

/// The fates of a client's payments in turn, but for the last ones, which are still open.
const FATES: [Fate; 20] = [
    Fate::Paid,
    Fate::Paid,
    Fate::PaidLater,
    Fate::Paid,
    Fate::Fraud,
    Fate::Paid,
    Fate::Paid,
    Fate::New,
    Fate::Paid,
    Fate::Canceled,
    Fate::Paid,
    Fate::Paid,
    Fate::InPay,
    Fate::Paid,
    Fate::Chargeback,
    Fate::Paid,
    Fate::Paid,
    Fate::Removed,
    Fate::Paid,
    Fate::Paid,
];
const LAST: [Fate; 3] = [Fate::New, Fate::InPay, Fate::Credit];

/// A client's turn to pay: the how manieth payment, and how many are to come.
struct Turn {
    count: i64,
    left: i64,
}

struct Year<'s> {
    stage: &'s mut Stage,
    dice: Dice,
    dollars: i64,
}

pub fn run(stage: &mut Stage) -> Result<()> {
    let mut year = Year { stage, dice: Dice::new(SEED), dollars: RATE_FIRST };
    (0..DAYS).try_for_each(|day| year.day(day))?;
    services::tasks(year.stage)?;
    year.stage.day(DAYS);
    year.end()
}

impl Year<'_> {
    fn day(&mut self, day: i64) -> Result<()> {
        self.stage.day(day);
        if day % RATE_DAYS == 0 {
            let today = self.stage.today();
            self.rates(&today)?;
        }
        if day > 0 && self.stage.today().ends_with("-01") {
            papers::month_end(self.stage)?;
        }
        for (place, client) in CLIENTS.iter().enumerate() {
            if client.day == day {
                people::register(self.stage, client)?;
            }
            if let Some(turn) = turn(client, day) {
                self.payment(client, &turn, fate(place, &turn))?;
            }
        }
        services::day(self.stage, day)
    }

    /// Euros in dollars and dollars in euros: each provider counts in its own currency.
    fn rates(&mut self, date: &str) -> Result<()> {
        let (least, most) = RATE_RANGE;
        self.dollars = (self.dollars + self.dice.below(241) - 120).clamp(least, most);
        let dollars = decimal(self.dollars, 4);
        let euros = decimal((10_000_000_000 + self.dollars / 2) / self.dollars, 6);
        let euro = [
            ("plid", "@currency.EUR"),
            ("date", date),
            ("rate", &dollars),
            ("relatedcurrency", "@currency.USD"),
        ];
        self.stage.call("admin", "currency.rate.edit", &euro)?;
        let dollar = [
            ("currency", "@currency.USD"),
            ("cdate", date),
            ("rate", &euros),
            ("relatedcurrency", "@currency.EUR"),
        ];
        self.stage.call("admin", "currencyrate.edit", &dollar).map(drop)
    }

    fn payment(&mut self, client: &Client, turn: &Turn, fate: Fate) -> Result<()> {
        let habit = &client.habit;
        let cents = habit.least_cents + self.dice.below(habit.steps) * habit.step_cents;
        let method = habit.methods[turn.count as usize % habit.methods.len()];
        let pairs = [
            ("plid", &*format!("@account.{}", client.login)),
            ("subaccountamount", &amount(cents)),
            ("paymethod", &format!("@paymethod.{method}")),
            ("sender", &format!("@payer.{}", client.login)),
            ("description", words(client, TOP_UP)),
        ];
        let name = format!("payment.{}.{}", client.login, turn.count);
        self.stage.make(&name, client.by, "payment.edit", &pairs)?;
        self.befall(client, &format!("@{name}"), fate)?;
        match fate {
            Fate::Paid | Fate::PaidLater => self.expense(client, turn, cents),
            _ => Ok(()),
        }
    }

    /// Money is for the employee; what he may not do, the administrator does.
    fn befall(&self, client: &Client, elid: &str, fate: Fate) -> Result<()> {
        let does = |login: &str, func: &str| self.stage.call(login, func, &[("elid", elid)]).map(drop);
        match fate {
            Fate::New => Ok(()),
            Fate::InPay => does("employee", "payment.setinpay"),
            Fate::Credit => self.credit(elid),
            Fate::Paid => {
                does("employee", "payment.setinpay")?;
                self.money(elid)
            }
            Fate::PaidLater => {
                self.credit(elid)?;
                self.money(elid)
            }
            Fate::Fraud => {
                does("employee", "payment.setinpay")?;
                does("admin", "payment.setfraud")
            }
            Fate::Chargeback => {
                self.money(elid)?;
                does("admin", "payment.setfraud")
            }
            Fate::Canceled => does("employee", "payment.setcanceled"),
            Fate::Removed => does(client.login, "payment.delete"),
        }
    }

    fn credit(&self, elid: &str) -> Result<()> {
        self.stage.call("admin", "payment.edit", &[("elid", elid), ("creditdate", FAR)]).map(drop)
    }

    /// The bank's word that the money is there.
    fn money(&self, elid: &str) -> Result<()> {
        self.stage.wait(25);
        let id = self.stage.id(elid.trim_start_matches('@'))?;
        let (number, info) = (format!("DEMO-{id:06}"), format!("statement of {}", self.stage.today()));
        let pairs = [("elid", elid), ("externalid", &*number), ("info", &info)];
        self.stage.call("employee", "payment.setpaid", &pairs).map(drop)
    }

    /// Charges about half of a payment, so that a balance grows.
    fn expense(&mut self, client: &Client, turn: &Turn, cents: i64) -> Result<()> {
        let line = cents * (45 + self.dice.below(20)) / 100;
        let discount = if turn.count % 5 == 4 { line / 10 } else { 0 };
        let name = words(client, SERVICES[self.dice.below(SERVICES.len() as i64) as usize]);
        let record = format!("expense.{}.{}", client.login, turn.count);
        let pairs = [
            ("subaccount", &*format!("@subaccount.{}", client.login)),
            ("name", name),
            ("amount", &amount(line)),
            ("taxrate", client.habit.tax),
            ("discountamount", &amount(discount)),
        ];
        self.stage.make(&record, "employee", "expense.edit", &pairs)?;
        let elid = format!("@{record}");
        match turn.count {
            4 => {
                let pairs = [("elid", &*elid), ("amount", &amount(line / 4))];
                self.stage.call("employee", "expense.compensate", &pairs).map(drop)
            }
            9 => self.stage.call("admin", "expense.delete", &[("elid", &elid)]).map(drop),
            _ => Ok(()),
        }
    }

    fn end(&mut self) -> Result<()> {
        people::bookkeeper(self.stage)?;
        people::addresses(self.stage)?;
        for login in ["client", "smith", "shop2"] {
            let limit = [
                ("elid", &*format!("@subaccount.{login}")),
                ("creditlimit", "500"),
                ("creditlimitdate", FAR),
            ];
            self.stage.call("admin", "subaccount.edit", &limit)?;
        }
        self.overdraw("smith")?;
        self.overdraw("shop2")?;
        papers::end(self.stage)?;
        offers::end(self.stage)?;
        people::suspend(self.stage, "dupont")?;
        let today = self.stage.server_today();
        self.rates(&today)?;
        people::visits(self.stage)
    }

    /// A service on credit that costs more than there is.
    fn overdraw(&self, login: &str) -> Result<()> {
        let subaccount = format!("@subaccount.{login}");
        let over = amount(self.cents(login)? + 4_000);
        let pairs = [
            ("subaccount", &*subaccount),
            ("name", "Dedicated server, three months"),
            ("amount", &over),
            ("postpaid", "on"),
        ];
        self.stage.call("employee", "expense.edit", &pairs).map(drop)
    }

    /// What a client has.
    fn cents(&self, login: &str) -> Result<i64> {
        let id = self.stage.id(&format!("subaccount.{login}"))?;
        let sql = Sql::new("SELECT balance FROM subaccount_list WHERE id = ").bind(id);
        let row = self.stage.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
        Ok(row.map_or(0, |row| row[0].int() / 10_000))
    }
}

fn turn(client: &Client, day: i64) -> Option<Turn> {
    let since = day - client.day - 1;
    let every = client.habit.every;
    let turn = Turn { count: since / every, left: (DAYS - 1 - day) / every };
    (since >= 0 && since % every == 0).then_some(turn)
}

fn fate(place: usize, turn: &Turn) -> Fate {
    let last = LAST.get(turn.left as usize);
    *last.unwrap_or_else(|| &FATES[(turn.count as usize + 3 * place) % FATES.len()])
}

/// In English and in Russian.
type Words = (&'static str, &'static str);

fn words(client: &Client, words: Words) -> &'static str {
    if client.lang == "ru" { words.1 } else { words.0 }
}

const TOP_UP: Words = ("Account top-up", "Пополнение счёта");
const SERVICES: [Words; 6] = [
    ("Virtual server S, one month", "Виртуальный сервер S, один месяц"),
    ("Domain shop.example.com, one year", "Домен shop.example.com на один год"),
    ("Backup storage 100 GB, one month", "Хранилище копий 100 ГБ, один месяц"),
    ("TLS certificate for www.example.com", "Сертификат TLS для www.example.com"),
    ("Dedicated server with 203.0.113.77", "Выделенный сервер с адресом 203.0.113.77"),
    ("Support: moving a site & its mail", "Поддержка: перенос сайта и почты"),
];
