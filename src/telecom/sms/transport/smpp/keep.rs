//! The session of a provider, as the program keeps it: its receipts and parts are written down.

use std::sync::{Arc, Weak};

use super::receipt::Receipt;
use super::session::{Inlet, Session};
use super::{Parts, Settings, Smpp};
use crate::app::App;
use crate::db::Sql;
use crate::error::{Error, Result};
use crate::telecom::sms::{message, part, provider, receipt};

/// Transports are kept by the program, so they must not keep it.
struct Desk {
    app: Weak<App>,
    provider_id: i64,
}

impl Desk {
    fn app(&self) -> Result<Arc<App>> {
        self.app.upgrade().ok_or_else(|| Error::new("system", "app"))
    }
}

impl Inlet for Desk {
    fn receipt(&self, told: &Receipt) -> Result<()> {
        let (app, Some(state)) = (self.app()?, told.state) else { return Ok(()) };
        let now_us = app.clock.now_us();
        receipt::report(&app, self.provider_id, &told.message_id, state, &told.reason, now_us).map(drop)
    }

    /// Numbers that receive are those of suppliers (`number/smpp.rs`), so it is nobody's here. It is taken, for
    /// the provider would only bring it again, and counted, so that staff see that something comes in.
    fn unwanted(&self) -> Result<()> {
        let app = self.app()?;
        let (provider_id, now_us) = (self.provider_id, app.clock.now_us());
        app.db.write(move |conn| {
            let sql =
                Sql::new("UPDATE sms_provider SET incoming = incoming + 1, incoming_at = ").bind(now_us);
            sql.sql(" WHERE id = ").bind(provider_id).execute(conn).map(drop)
        })
    }
}

impl Parts for Desk {
    fn keep(&self, reference: &str, ids: &[String]) -> Result<()> {
        let (app, provider_id, ids) = (self.app()?, self.provider_id, ids.to_vec());
        let sms_id = message::of_reference(reference).ok_or_else(|| Error::value("reference", reference))?;
        app.db.write(move |conn| part::keep(conn, provider_id, sms_id, &ids))
    }
}

pub fn start(app: &Arc<App>, row: &provider::Settings) -> Result<Smpp> {
    let desk = Arc::new(Desk { app: Arc::downgrade(app), provider_id: row.id });
    let session = Session::start(Settings::of(row)?, desk.clone(), None)?;
    Ok(Smpp::new(session, desk))
}
