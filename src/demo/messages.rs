//! Short messages: a provider inside of the program and one that rests, what they cost, what was sent,
//! what waits, and campaigns in every state.

use super::stage::{Pairs, Stage};
use crate::error::Result;
use crate::telecom::sms::worker;
use crate::time::DAY_US;

/// Prefix, country, what clients and what resellers pay for a part.
const RATES: [(&str, &str, &str, &str); 13] = [
    ("1", "USA, Canada", "0.0350", "0.0210"),
    ("1242", "Bahamas", "0.0890", "0.0640"),
    ("33", "France", "0.0560", "0.0390"),
    ("34", "Spain", "0.0490", "0.0330"),
    ("351", "Portugal", "0.0420", "0.0280"),
    ("371", "Latvia", "0.0610", "0.0430"),
    ("39", "Italy", "0.0580", "0.0410"),
    ("44", "United Kingdom", "0.0350", "0.0220"),
    ("48", "Poland", "0.0330", "0.0210"),
    ("49", "Germany", "0.0650", "0.0460"),
    ("55", "Brasil", "0.0480", "0.0300"),
    ("7", "Россия", "0.0990", "0.0710"),
    ("91", "India", "0.0410", "0.0260"),
];

/// Who sends to which number, and what.
const SENT: [(&str, &str, &str, &str); 7] = [
    ("client", "+447575396991", "MyBrand", "MyBrand: Your code is 123456"),
    ("client", "+491701234567", "MyBrand", "Ihre Rechnung steht bereit. Beste Grüße"),
    ("client", "+79165550123", "MyBrand", "Ваш заказ готов, ждём вас до 20:00"),
    ("client", "+447575390003", "MyBrand", "The number is not in use any more"),
    ("client", "+12025550001", "MyBrand", "Refused by the network"),
    ("shop1", "+4915112345678", "Shop One", "Your parcel is here"),
    ("shop1", "+33612345678", "Shop One", "Votre colis est arrivé"),
];

pub fn set_up(stage: &mut Stage) -> Result<()> {
    providers(stage)?;
    for (login, phone, sender, text) in SENT {
        let pairs = [("phone", phone), ("provider", "cryptosms"), ("sender", sender), ("text", text)];
        stage.call(login, "sms.send", &pairs)?;
        stage.wait(3);
    }
    worker::run_due(&stage.app)?;
    scheduled(stage)?;
    campaigns(stage)
}

fn providers(stage: &mut Stage) -> Result<()> {
    let own: Pairs = &[("code", "cryptosms"), ("name", "CryptoSMS"), ("kind", "sandbox")];
    let other: Pairs = &[("code", "nightsms"), ("name", "Night SMS"), ("kind", "sandbox"), ("pace", "5")];
    stage.make("sms.night", "admin", "sms.provider.edit", other)?;
    stage.make("sms.crypto", "admin", "sms.provider.edit", own)?;
    let night = [("provider", "@sms.night"), ("currency", "@currency.EUR"), ("country", "Germany")];
    let night = [&night[..], &[("prefix", "49"), ("retail", "0.05"), ("wholesale", "0.03")]].concat();
    stage.call("admin", "sms.rate.edit", &night)?;
    for (prefix, country, retail, wholesale) in RATES {
        let name = format!("smsrate.{prefix}");
        let pairs = [
            ("provider", "@sms.crypto"),
            ("currency", "@currency.EUR"),
            ("prefix", prefix),
            ("country", country),
            ("retail", retail),
            ("wholesale", wholesale),
        ];
        stage.make(&name, "admin", "sms.rate.edit", &pairs)?;
    }
    stage.call("reseller", "sms.rate.setprice", &[("elid", "@smsrate.49"), ("price", "0.0790")])?;
    stage.call("reseller", "sms.rate.setprice", &[("elid", "@smsrate.91"), ("price", "0.0500")]).map(drop)
}

/// The morning of a day that is so many days ahead.
fn ahead(stage: &Stage, days: i64) -> String {
    let zone = stage.app.config.load().time_zone.clone();
    format!("{} 09:00:00", zone.date(stage.app.clock.now_us() + days * DAY_US))
}

fn scheduled(stage: &mut Stage) -> Result<()> {
    let (soon, far) = (ahead(stage, 1), ahead(stage, 350));
    for (name, login, phone, text, date) in [
        ("sms.soon", "client", "+447575396991", "Your appointment is today at 11:00", &soon),
        ("sms.shop", "shop1", "+4915112345678", "We are closed on Friday", &far),
        ("sms.gone", "client", "+491701234567", "This one was canceled", &far),
        ("sms.year", "client", "+491701234567", "A year with us: thank you", &far),
    ] {
        let pairs = [("phone", phone), ("provider", "cryptosms"), ("text", text), ("date", date)];
        stage.make(name, login, "sms.scheduled.edit", &pairs)?;
    }
    stage.call("client", "sms.scheduled.cancel", &[("elid", "@sms.gone")])?;
    stage.wait(24 * 60);
    worker::run_due(&stage.app).map(drop)
}

fn numbers(first: u64, count: u64) -> String {
    (first..first + count).map(|number| format!("+{number}\n")).collect()
}

fn campaigns(stage: &mut Stage) -> Result<()> {
    let far = ahead(stage, 350);
    for (name, login, provider, text, phones, date) in [
        ("smscampaign.news", "client", "cryptosms", "News of June", numbers(447_575_396_000, 12), ""),
        ("smscampaign.night", "client", "nightsms", "Maintenance tonight", numbers(491_701_230_100, 40), ""),
        ("smscampaign.shop", "shop1", "cryptosms", "Sale from Monday", numbers(4_915_112_340_100, 5), ""),
        ("smscampaign.gone", "client", "cryptosms", "Canceled", numbers(447_575_396_100, 3), &far),
        ("smscampaign.later", "shop1", "cryptosms", "Spring sale", numbers(4_915_112_340_200, 6), &far),
        ("smscampaign.year", "client", "cryptosms", "A year with us", numbers(447_575_396_200, 25), &far),
    ] {
        let pairs = [("provider", provider), ("text", text), ("phones", phones.as_str()), ("date", date)];
        stage.make(name, login, "sms.campaign.edit", &pairs)?;
    }
    stage.call("client", "sms.campaign.cancel", &[("elid", "@smscampaign.gone")])?;
    // The slow one has only begun when it is told to rest.
    worker::run_due(&stage.app)?;
    stage.call("admin", "sms.provider.suspend", &[("elid", "@sms.night")])?;
    stage.wait(1);
    worker::run_due(&stage.app).map(drop)
}
