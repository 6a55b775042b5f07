//! The built-in test gateway: a signed page with the buttons that a real one's client presses, and
//! the callbacks that follow. It lets anybody who holds a link pay without money, so it works only
//! without `Option Production`.

use std::sync::Arc;

use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::gateway;
use crate::money::Money;
use crate::params::Params;
use crate::render::{escape, html};
use crate::rpc::{BUDGET_SLOW, words};

pub const PATH: &str = "/mancgi/testgate";

/// What the key of the signatures is derived for.
const PURPOSE: &str = "billmgr testgate link";
/// Where the words of the page stand.
const SET: &str = "testgate";
/// A remembered card that holds this word is refused.
pub const DECLINED: &str = "declined";

const PAYMENT: &str = "payment";
const STORED: &str = "stored";

/// What a signed link is about.
pub struct Link {
    kind: &'static str,
    id: i64,
    amount: Money,
    nonce: i64,
}

impl Link {
    pub fn payment(id: i64, amount: Money, nonce: i64) -> Self {
        Self { kind: PAYMENT, id, amount, nonce }
    }

    pub fn stored(id: i64, nonce: i64) -> Self {
        Self { kind: STORED, id, amount: Money::ZERO, nonce }
    }

    fn text(&self) -> String {
        format!("{}:{}:{}:{}", self.kind, self.id, self.amount.plain(), self.nonce)
    }

    pub fn url(&self, app: &App) -> String {
        let sign = app.sealer.sign(PURPOSE, &self.text());
        format!(
            "{PATH}?kind={}&elid={}&amount={}&nonce={}&sign={sign}",
            self.kind,
            self.id,
            self.amount.plain(),
            self.nonce
        )
    }

    /// The link of a request, if it is one of ours. Error `access(sign)`.
    pub fn of(app: &App, params: &Params) -> Result<Self> {
        let refused = || Error::access("sign");
        let kind = [PAYMENT, STORED].into_iter().find(|kind| *kind == params.get("kind"));
        let link = Self {
            kind: kind.ok_or_else(refused)?,
            id: params.get("elid").parse().map_err(|_| refused())?,
            amount: Money::parse(params.get("amount")).ok_or_else(refused)?,
            nonce: params.get("nonce").parse().map_err(|_| refused())?,
        };
        match app.sealer.is_signed(PURPOSE, &link.text(), params.get("sign")) {
            true => Ok(link),
            false => Err(refused()),
        }
    }

    /// What the other side knows it by: the same link is the same attempt.
    fn externalid(&self) -> String {
        format!("testgate-{}-{}", self.id, self.nonce)
    }
}

/// A request to the gateway's page: nothing pressed shows it, else the place to go on to.
pub enum Page {
    Shown(String),
    Location(String),
}

pub fn respond(app: &Arc<App>, params: &Params, lang: &str) -> Result<Page> {
    let link = Link::of(app, params)?;
    match params.get("action") {
        "" => page(app, &link, params, lang).map(Page::Shown),
        action => press(app, &link, action, params.get("card")).map(Page::Location),
    }
}

fn press(app: &Arc<App>, link: &Link, action: &str, card: &str) -> Result<String> {
    match link.kind {
        PAYMENT => {
            pay(app, link, action, card)?;
            landing(app, link.id)
        }
        _ => {
            let refused = action != "pay";
            let token = format!("{}-{card}", link.externalid());
            let elid = link.id.to_string();
            let status = if refused { "2" } else { "1" };
            let name = mask(card);
            let pairs = [("elid", elid.as_str()), ("token", &token), ("status", status), ("name", &name)];
            gateway::report(app, "stored_method.save", &pairs)?;
            Ok("/billmgr?func=payment.stored_methods.success".into())
        }
    }
}

/// The callback of what was pressed. One that comes too late, too early or again changes nothing: the
/// payment's own state decides.
fn pay(app: &Arc<App>, link: &Link, action: &str, card: &str) -> Result<()> {
    let func = match action {
        "pay" => "payment.setpaid",
        "later" => "payment.setinpay",
        "decline" => "payment.setcanceled",
        other => return Err(Error::value("action", other)),
    };
    let sql = Sql::new("SELECT paymethodamount, store_payment FROM payment WHERE id = ").bind(link.id);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int, Kind::Flag]))?;
    let row = row.ok_or_else(|| Error::missed("elid"))?;
    if row[0].int() != link.amount.0 {
        return Err(Error::value("amount", link.amount.plain())); // it was changed since
    }
    let (elid, externalid) = (link.id.to_string(), link.externalid());
    let (token, name) = (format!("{externalid}-{card}"), mask(card));
    let mut pairs = vec![("elid", elid.as_str()), ("externalid", externalid.as_str()), ("info", action)];
    if func == "payment.setpaid" && row[1].on() {
        pairs.extend([("stored_status", "1"), ("stored_token", &token), ("stored_name", &name)]);
    }
    match gateway::report(app, func, &pairs) {
        Err(error) if matches!(error.kind, "value" | "missed") => Ok(()),
        done => done,
    }
}

/// A payment by a remembered card, without the client. False: it is refused.
pub fn charge(token: &str) -> bool {
    !token.contains(DECLINED)
}

/// Money that goes back. False: it is refused, as every amount is that ends in `.99`.
pub fn refunds(amount: Money) -> bool {
    amount.0.rem_euclid(1_000_000) != 990_000
}

/// `**** 1111`
fn mask(card: &str) -> String {
    let digits: Vec<char> = card.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits[digits.len().saturating_sub(4)..].iter().collect();
    format!("**** {last}")
}

/// Where the payment's state sends the client.
fn landing(app: &Arc<App>, id: i64) -> Result<String> {
    let sql = Sql::new("SELECT status, deleted FROM payment WHERE id = ").bind(id);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int, Kind::Flag]))?;
    let row = row.ok_or_else(|| Error::missed("elid"))?;
    let func = match (row[0].int(), row[1].on()) {
        (3 | 4, false) => "success",
        (1 | 2, false) => "pending",
        _ => "fail",
    };
    Ok(format!("/billmgr?func=payment.{func}&elid={id}"))
}

fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape::xml_attr(&mut out, text);
    out
}

fn page(app: &Arc<App>, link: &Link, params: &Params, lang: &str) -> Result<String> {
    let lang = if app.registry.words.has_lang(lang) { lang } else { words::FALLBACK };
    let word = |name: &str| escape_html(app.registry.words.get(lang, &[SET.to_owned()], name));
    let hidden: String = ["kind", "elid", "amount", "nonce", "sign"]
        .map(|name| {
            let value = escape_html(params.get(name));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n")
        })
        .concat();
    let about = match link.kind {
        PAYMENT => format!("{} {}: {}", word("payment"), link.id, shown_amount(app, link)?),
        _ => word("store"),
    };
    let button = |action: &str| {
        let class = if action == "pay" { " class=\"primary\"" } else { "" };
        format!("<button name=\"action\" value=\"{action}\"{class}>{}</button>\n", word(action))
    };
    let buttons: String = match link.kind {
        PAYMENT => ["pay", "decline", "later"].map(button).concat(),
        _ => ["pay", "decline"].map(button).concat(),
    };
    let (title, card, help, style) = (word("title"), word("card"), word("help"), html::style());
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\" data-theme=\"system\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"{style}\"></head>\n\
         <body class=\"alone\"><main><h1>{title}</h1>\n<p class=\"help\">{help}</p>\n\
         <form class=\"card\" method=\"post\" action=\"{PATH}\">\n{hidden}<p class=\"sum\">{about}</p>\n\
         <div class=\"field\"><label for=\"card\">{card}</label>\n\
         <input id=\"card\" name=\"card\" value=\"4111 1111 1111 1111\" autocomplete=\"off\"></div>\n\
         <p class=\"buttons\">{buttons}</p></form></main></body></html>\n"
    ))
}

fn shown_amount(app: &Arc<App>, link: &Link) -> Result<String> {
    let sql = Sql::new("SELECT paymethod_iso FROM payment_list WHERE id = ").bind(link.id);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Text]))?;
    let iso = row.map_or_else(String::new, |row| row[0].str().to_owned());
    Ok(escape_html(&format!("{} {iso}", link.amount.shown(&iso))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_masked() {
        for (card, expected) in [("4111 1111 1111 1234", "**** 1234"), ("12", "**** 12"), ("", "**** ")] {
            assert_eq!(mask(card), expected);
        }
    }

    #[test]
    fn what_is_signed_names_everything() {
        let link = Link::payment(17, Money(10_500_000), 5);
        assert_eq!(link.text(), "payment:17:10.50:5");
        assert_eq!(Link::stored(17, 5).text(), "stored:17:0.00:5");
        assert!(charge("testgate-1-2-4111") && !charge("testgate-1-2-declined"));
    }
}
