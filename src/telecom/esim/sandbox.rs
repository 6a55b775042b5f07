//! The provider inside of this program: it keeps nothing and works out every answer from the order's
//! reference, its package and the clock, so that it is the same after a restart and on another server.

use sha2::{Digest, Sha256};

use super::gateway::{Ask, EsimGateway, Network, Offer, Told};
use super::profile::{Activation, Profile, Usage, luhn};
use crate::money::Money;
use crate::time::{DAY_US, SECOND_US};

/// From the order until the profile is there.
const READY_US: i64 = 5 * SECOND_US;
/// So long an order that was lost on its way has not arrived.
const VANISHED_US: i64 = 30 * SECOND_US;
const GB: i64 = 1 << 30;
const CURRENCY: &str = "EUR";

pub struct Sandbox {
    pub now_us: i64,
}

/// What becomes of orders of a package.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Works,
    /// There at once.
    Instant,
    /// None left.
    OutOfStock,
    /// Taken, then given up.
    Fails,
    /// Taken, but the answer is lost.
    Silent,
    /// Taken, the answer lost, then given up.
    SilentFails,
    /// Lost on its way: only an order that is sent again arrives.
    Vanishes,
    /// Nobody can be reached.
    Down,
    /// The profile's number has a wrong check digit.
    Lies,
    /// Costs a cent more every day.
    Dearer,
}

/// Code, name, region, gigabytes, days, cost in cents, fate, places of its coverage.
type Row = (&'static str, &'static str, &'static str, i64, i64, i64, Fate, &'static [usize]);

const PACKAGES: [Row; 17] = [
    ("P2CYMUS93", "Europe 1 GB 7 days", "Europe", 1, 7, 300, Fate::Works, &EUROPE),
    ("EU3G15D", "Europe 3 GB 15 days", "Europe", 3, 15, 690, Fate::Works, &EUROPE),
    ("EU10G30D", "Europe 10 GB 30 days", "Europe", 10, 30, 1_650, Fate::Works, &EUROPE),
    ("EU1GNOW", "Europe 1 GB 1 day", "Europe", 1, 1, 120, Fate::Instant, &EUROPE),
    ("DE5G30D", "Germany 5 GB 30 days", "Europe, Germany", 5, 30, 820, Fate::Works, &[0]),
    ("US5G30D", "United States 5 GB 30 days", "North America", 5, 30, 990, Fate::Works, &[4]),
    ("JP3G15D", "Japan 3 GB 15 days", "Asia", 3, 15, 540, Fate::Works, &[5]),
    ("GL1G7D", "Global 1 GB 7 days", "Global", 1, 7, 720, Fate::Works, &[0, 1, 2, 3, 4, 5]),
    ("GL20G365D", "Global 20 GB 365 days", "Global", 20, 365, 2_600, Fate::Works, &[0, 1, 2, 3, 4, 5]),
    ("SBXSTOCK", "Sandbox: out of stock", "Sandbox", 1, 7, 300, Fate::OutOfStock, &[0]),
    ("SBXFAIL", "Sandbox: taken, then given up", "Sandbox", 1, 7, 300, Fate::Fails, &[0]),
    ("SBXSILENT", "Sandbox: taken without an answer", "Sandbox", 1, 7, 300, Fate::Silent, &[0]),
    ("SBXSILENTFAIL", "Sandbox: no answer, then given up", "Sandbox", 1, 7, 300, Fate::SilentFails, &[0]),
    ("SBXVANISH", "Sandbox: lost on its way", "Sandbox", 1, 7, 300, Fate::Vanishes, &[0]),
    ("SBXDOWN", "Sandbox: cannot be reached", "Sandbox", 1, 7, 300, Fate::Down, &[0]),
    ("SBXLIE", "Sandbox: a wrong ICCID", "Sandbox", 1, 7, 300, Fate::Lies, &[0]),
    ("SBXPRICE", "Sandbox: dearer every day", "Sandbox", 1, 7, 300, Fate::Dearer, &[0]),
];

const EUROPE: [usize; 4] = [0, 1, 2, 3];

/// Country, name, networks with their technology.
type Place = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const PLACES: [Place; 6] = [
    ("DE", "Germany", &[("Telekom", "5G"), ("Vodafone", "5G"), ("O2", "4G")]),
    ("FR", "France", &[("Orange", "5G"), ("SFR", "4G")]),
    ("CY", "Cyprus", &[("Cyta", "4G")]),
    ("GB", "United Kingdom", &[("EE", "5G"), ("Three", "4G")]),
    ("US", "United States", &[("T-Mobile", "5G"), ("AT&T", "5G")]),
    ("JP", "Japan", &[("NTT Docomo", "5G"), ("KDDI", "4G")]),
];

impl Sandbox {
    fn offer(&self, row: &Row) -> Offer {
        let (code, name, region, gigabytes, duration_days, cents, fate, places) = *row;
        let dearer = if fate == Fate::Dearer { self.now_us.div_euclid(DAY_US) % 1_000 } else { 0 };
        let networks = places.iter().map(|at| PLACES[*at]).flat_map(|(iso, country, networks)| {
            networks.iter().map(move |(name, tech)| Network {
                iso: iso.to_owned(),
                country: country.to_owned(),
                name: (*name).to_owned(),
                tech: (*tech).to_owned(),
            })
        });
        Offer {
            code: code.to_owned(),
            name: name.to_owned(),
            region: region.to_owned(),
            data_bytes: gigabytes * GB,
            duration_days,
            cost: Money((cents + dearer) * 10_000),
            currency: CURRENCY.to_owned(),
            networks: networks.collect(),
        }
    }
}

fn fate(ask: &Ask) -> Option<Fate> {
    PACKAGES.iter().find(|row| row.0 == ask.package_code).map(|row| row.6)
}

/// Digits that are always the same for a reference.
fn digits(our_ref: &str, count: usize) -> String {
    Sha256::digest(our_ref).iter().map(|byte| char::from(b'0' + byte % 10)).take(count).collect()
}

fn order_no(ask: &Ask) -> String {
    format!("SB{}", digits(&ask.our_ref, 12))
}

impl EsimGateway for Sandbox {
    fn packages(&self) -> Result<Vec<Offer>, String> {
        Ok(PACKAGES.iter().map(|row| self.offer(row)).collect())
    }

    fn order(&self, ask: &Ask) -> Told {
        let reason = |text: &str| text.to_owned();
        match fate(ask) {
            None => Told::Failed { reason: reason("no such package") },
            Some(Fate::OutOfStock) => Told::Failed { reason: reason("out of stock") },
            Some(Fate::Down) => Told::NotSent { reason: reason("nobody can be reached") },
            Some(Fate::Silent | Fate::SilentFails) => Told::Lost { reason: reason("no answer in time") },
            Some(Fate::Vanishes) if ask.now_us - ask.created_us < VANISHED_US => {
                Told::Lost { reason: reason("no answer in time") }
            }
            Some(Fate::Instant) => ready(ask, Fate::Instant),
            Some(_) => Told::Pending { order_no: order_no(ask) },
        }
    }

    fn query(&self, ask: &Ask) -> Told {
        let Some(fate) = fate(ask) else { return Told::Unknown };
        let since_us = ask.now_us - ask.created_us;
        match fate {
            Fate::OutOfStock => Told::Unknown,
            Fate::Down => Told::NotSent { reason: "nobody can be reached".into() },
            Fate::Vanishes if ask.order_no.is_empty() => Told::Unknown,
            Fate::Fails | Fate::SilentFails if since_us >= READY_US => {
                Told::Failed { reason: "the operator refused it".into() }
            }
            fate if since_us >= READY_US || fate == Fate::Instant => ready(ask, fate),
            _ => Told::Pending { order_no: order_no(ask) },
        }
    }

    fn balance(&self) -> Result<(Money, String), String> {
        Ok((Money::units(1_000), CURRENCY.to_owned()))
    }
}

/// It is used from the moment at which it is ready, evenly, until its last day.
fn ready(ask: &Ask, fate: Fate) -> Told {
    let body = format!("8901{}", digits(&ask.our_ref, 14));
    let right = luhn(&body);
    let last = if fate == Fate::Lies { b'0' + (right - b'0' + 1) % 10 } else { right };
    let (from_us, whole_us) = (ask.created_us + READY_US, ask.duration_days.max(1) * DAY_US);
    let (total, passed_us) = (ask.data_bytes, (ask.now_us - from_us).clamp(0, whole_us));
    let used = i128::from(total) * i128::from(passed_us) / i128::from(whole_us);
    let name = Sha256::digest(ask.our_ref.as_bytes());
    let matching_id: String = name.iter().take(12).map(|byte| format!("{byte:02X}")).collect();
    let profile = Profile {
        iccid: format!("{body}{}", char::from(last)),
        activation: Activation { smdp: "smdp.sandbox.example".into(), matching_id },
        usage: Usage { total: Some(total), used: i64::try_from(used).ok() },
        expires_us: from_us + whole_us,
    };
    Told::Ready { order_no: order_no(ask), profile }
}
