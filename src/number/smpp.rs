//! Suppliers that bring messages over SMPP: a session that only receives is kept with each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use super::inbox;
use super::part::Mobile;
use super::supplier::{SMPP, Supplier};
use crate::app::App;
use crate::db::Sql;
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::telecom::sms::transport::smpp::pdu::Delivery;
use crate::telecom::sms::transport::smpp::receipt::IdForm;
use crate::telecom::sms::transport::smpp::session::{Inlet, Session, State};
use crate::telecom::sms::transport::smpp::{Address, Settings};

/// How soon a change of a supplier is followed.
const LOOK: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sessions by supplier, with the version of the row that each was made from.
#[derive(Default)]
pub struct Links {
    kept: Mutex<HashMap<i64, (i64, Arc<Session>)>>,
}

impl Links {
    /// Ends them all.
    pub fn end(&self) {
        let all = self.kept.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        all.values().for_each(|(_, session)| session.stop());
    }

    pub fn state(&self, supplier_id: i64) -> Option<State> {
        self.kept.lock().ok()?.get(&supplier_id).map(|(_, session)| session.state())
    }

    /// Takes out those that are not as the rows say any more.
    fn stale(&self, wanted: &HashMap<i64, i64>) -> Vec<Arc<Session>> {
        let Ok(mut all) = self.kept.lock() else { return Vec::new() };
        let stale = all.extract_if(|id, (version, _)| wanted.get(id) != Some(version));
        stale.map(|(_, (_, session))| session).collect()
    }
}

/// What a form says of a supplier. Error `value` names the field.
pub fn check(url: &str, login: &str, secret: &str) -> Result<()> {
    settings(url, login, secret.to_owned()).and_then(|settings| settings.check()).map_err(|error| match error
        .object
        .as_str()
    {
        "address" => Error::value("url", url),
        _ => error,
    })
}

fn settings(url: &str, login: &str, secret: String) -> Result<Settings> {
    Ok(Settings {
        address: Address::read(url)?,
        login: login.to_owned(),
        secret,
        system_type: String::new(),
        sender: String::new(),
        id_form: IdForm::Same,
        window: 1,
        timeout: TIMEOUT,
        enquire: crate::telecom::sms::transport::smpp::ENQUIRE,
    })
}

/// Runs until it is dropped.
pub async fn run_always(app: &Arc<App>) {
    loop {
        crate::upkeep::blocking(app, |app| {
            if let Err(error) = follow(app) {
                tracing::error!("sessions with suppliers of numbers were not looked after: {error}");
            }
        })
        .await;
        tokio::time::sleep(LOOK).await;
    }
}

/// Has a session with every supplier that wants one, and with no other.
pub fn follow(app: &Arc<App>) -> Result<()> {
    let of_kind = Sql::new(" AND kind = ").bind(SMPP);
    let suppliers = app.db.read(BUDGET_SLOW, |conn| Supplier::find(conn, &of_kind))?;
    let wanted = suppliers.iter().map(|supplier| (supplier.id, supplier.version)).collect();
    // Nobody is bound twice at a time: many providers refuse that.
    app.number_links.stale(&wanted).iter().for_each(|session| session.stop());
    for supplier in &suppliers {
        let is_kept = app.number_links.kept.lock().is_ok_and(|all| all.contains_key(&supplier.id));
        if !is_kept && let Err(error) = begin(app, supplier) {
            tracing::error!(supplier = supplier.code, "no session can be kept: {error}");
        }
    }
    Ok(())
}

fn begin(app: &Arc<App>, supplier: &Supplier) -> Result<()> {
    let secret = supplier.secret(app)?;
    let settings = settings(&supplier.url, &supplier.login, secret.reveal().to_owned())?;
    let desk = Desk { app: Arc::downgrade(app), supplier_id: supplier.id };
    let session = Session::start(settings, Arc::new(desk), None)?;
    if let Ok(mut all) = app.number_links.kept.lock() {
        all.insert(supplier.id, (supplier.version, session));
    }
    Ok(())
}

/// Sessions are kept by the program, so they must not keep it.
struct Desk {
    app: Weak<App>,
    supplier_id: i64,
}

impl Inlet for Desk {
    fn takes_messages(&self) -> bool {
        true
    }

    fn message(&self, delivery: &Delivery) -> Result<()> {
        let app = self.app.upgrade().ok_or_else(|| Error::new("system", "app"))?;
        let (mobile, supplier_id, now_us) = (Mobile::of(delivery), self.supplier_id, app.clock.now_us());
        app.db.write(move |conn| match mobile.whole(conn, supplier_id, now_us)? {
            Some(incoming) => inbox::receive(conn, &incoming, now_us).map(drop),
            None => Ok(()),
        })
    }
}
