//! Demo data, made through the same functions that anybody calls.

mod catalogue;
mod dice;
mod dictionaries;
mod domains;
mod esim;
mod factor;
mod goods;
mod lines;
mod messages;
mod numbers;
mod offers;
mod papers;
mod payers;
mod people;
mod plans;
mod roll;
mod services;
mod stage;
mod tariffs;
mod telephony;
mod year;

use std::sync::Arc;

use crate::app::App;
use crate::config::{Config, Listen};
use crate::error::{Error, Result};

static ON: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Does this server show demo data? Pages say so.
pub fn is_on() -> bool {
    ON.load(std::sync::atomic::Ordering::Relaxed)
}

pub fn set_on() {
    ON.store(true, std::sync::atomic::Ordering::Relaxed);
}

/// Demo accounts have known passwords, so they stay off production and off the network.
pub fn refuse_where_real(config: &Config) -> Result<()> {
    let local = |listen: &Listen| match listen {
        Listen::Unix(_) => true,
        Listen::Tcp { address, .. } => is_loopback(address),
    };
    match config.production || !config.listen.iter().all(local) {
        true => Err(Error::new("access", "demo")
            .cause("--demo works only without Option Production and on loopback addresses")),
        false => Ok(()),
    }
}

fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Fills an empty database with a year of business, the same in every run and on both engines.
pub fn fill(app: &Arc<App>) -> Result<()> {
    let mut stage = stage::Stage::new(app)?;
    people::staff(&mut stage)?;
    catalogue::set_up(&mut stage)?;
    dictionaries::set_up(&mut stage)?;
    goods::set_up(&mut stage)?;
    papers::set_up(&mut stage)?;
    offers::set_up(&mut stage)?;
    people::rights(&mut stage)?;
    year::run(&mut stage)?;
    domains::set_up(&mut stage)?;
    lines::set_up(&mut stage)?;
    plans::set_up(&mut stage)?;
    telephony::set_up(&mut stage)?;
    messages::set_up(&mut stage)?;
    esim::set_up(&mut stage)?;
    numbers::set_up(&mut stage)?;
    factor::set_up(&mut stage)?;
    crate::settings::reload(app);
    app.access.clear(); // the users came through another cache than the server's
    Ok(())
}

pub fn welcome(address: &str) -> String {
    format!(
        "\nTry:\n  curl '{address}?authinfo=client:demo-client&func=payment&out=xml'\n\
         or open {address} in a browser and sign in as\n  \
         admin / demo-admin, employee / demo-employee, reseller / demo-reseller or client / demo-client;\n\
         the other APIs take the keys demo-client-key and demo-reseller-key, that of numbers demo-number-token (README)\n"
    )
}
