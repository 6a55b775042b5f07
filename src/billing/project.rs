//! Providers: the brands under which services are sold.

use crate::config::mail::mailbox;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;
use crate::time::Zone;

pub const FUNCS: &[Row] = &[("project.edit", Handler::Form(EDIT)), ("project.add", Handler::Form(EDIT))];

const EDIT: Form = record::FORM.check(check).save(save);

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for name in ["notify_email", "support_email"] {
        let address = record.str(name).trim().to_owned();
        if !address.is_empty() && mailbox(&address).is_err() {
            return Err(Error::value(name, address));
        }
        record.set(name, address);
    }
    let zone = record.str("timezone");
    match zone.is_empty() || Zone::named(zone).is_some() {
        true => Ok(()),
        false => Err(Error::value("timezone", zone)),
    }
}

/// A client's dates are shown in his provider's zone, so those kept in memory are stale now.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    cx.touch(Topic::Access)?;
    record::save(cx, record)
}
