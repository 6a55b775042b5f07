//! What a module may do whose program the server started: report on what it was asked for, read what
//! it needs for it, and nothing else (decisions.md, Access: mgrctl). Nowhere else is decided what a
//! token is good for.

pub mod gateway;

use super::User;
use crate::app::App;
use crate::billing::processing::import;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::level::Level;
use crate::outbox::worker;
use crate::params::Params;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::registry::Func;
use crate::service::status::Operation;

/// Whose token the caller has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    Operation(OperationGrant),
    /// By its name.
    Gateway(String),
}

/// An operation on a service, or a search of a module at its vendor: that has no service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationGrant {
    outbox_id: i64,
    /// The word of the operation.
    operation: String,
    item_id: i64,
    processing_id: i64,
    module: String,
}

/// What a call has to name, so that it is about the grant's own.
enum About {
    Item,
    /// The service, while one of these operations is under way.
    Report(&'static [Operation]),
    RunningOperation,
    /// The processing module, in this parameter.
    Module(&'static str),
    /// The module's record, to be looked at.
    ModuleRead,
    /// A new task for the operation.
    Task,
    /// A contact of the service, as the module's vendor knows it.
    Contact,
    /// A contact for the service, or for one that the module has found and nobody owns.
    Link,
    Anything,
}

const ALLOWED: &[(&str, About)] = &[
    ("service.postopen", About::Report(&[Operation::Open])),
    ("service.postsuspend", About::Report(&[Operation::Suspend])),
    ("service.postresume", About::Report(&[Operation::Resume])),
    ("service.postclose", About::Report(&[Operation::Close])),
    ("service.postprolong", About::Report(&[Operation::Prolong])),
    (
        "service.postsetparam",
        About::Report(&[Operation::SetParam, Operation::ChangeTariff, Operation::NewKey]),
    ),
    ("service.postupdatens", About::Report(&[Operation::UpdateNs])),
    ("service.poststart", About::Report(&[Operation::Start])),
    ("service.poststop", About::Report(&[Operation::Stop])),
    ("service.postreboot", About::Report(&[Operation::Reboot, Operation::HardReboot])),
    ("service.postchangepassword", About::Report(&[Operation::ChangePassword])),
    ("service.saveparam", About::Item),
    ("service.setstatus", About::Item),
    ("service.setexpiredate", About::Item),
    ("service.getnextmodule", About::Item),
    ("service.stat.save", About::Item),
    ("service.ip.add", About::Item),
    ("service.ip.add.commit", About::Item),
    ("service.ip.del", About::Item),
    ("service.moduleinfo", About::Item),
    ("runningoperation.edit", About::RunningOperation),
    ("runningoperation.setmanual", About::RunningOperation),
    ("task.gettype", About::Anything),
    ("task.edit", About::Task),
    ("processing.edit", About::ModuleRead),
    ("processing.customparam", About::ModuleRead),
    ("processing.import.service", About::Module("module")),
    ("processing.import.profile", About::Module("module")),
    ("service_profile2item.edit", About::Link),
    ("service_profile2processingmodule.edit", About::Contact),
    ("processing.savebalance", About::Module("processingmodule")),
    ("processing.setconfig", About::Module("elid")),
];

impl Grant {
    pub fn of_token(app: &App, token: &str) -> Result<Self> {
        match app.gateways.find(token) {
            Some(name) => Ok(Self::Gateway(name)),
            None => OperationGrant::of_token(app, token).map(Self::Operation),
        }
    }

    /// Whom journal and history name.
    pub fn user(&self) -> User {
        let name = match self {
            Self::Operation(of) => format!("module:{}", of.module),
            Self::Gateway(name) => format!("gateway:{name}"),
        };
        User { name, level: Level::Department, ..User::nobody() }
    }

    /// Is it the operation that the module was asked for? One that waits behind it is not done yet.
    pub fn is_about(&self, operation: Operation) -> bool {
        matches!(self, Self::Operation(of) if of.is_about(operation))
    }

    /// A gateway's program may speak for a client whose session it was shown.
    pub fn lends_sessions(&self) -> bool {
        matches!(self, Self::Gateway(_))
    }

    /// Error `access(func)` unless the call is one that this caller's task needs, on its own records.
    pub fn admit(&self, app: &App, func: &Func, params: &Params) -> Result<()> {
        let is_own = match self {
            Self::Operation(of) => of.admits(app, func, params)?,
            Self::Gateway(name) => gateway::admits(app, name, func.name(), params)?,
        };
        match is_own && !params.has("su") {
            true => Ok(()),
            false => Err(Error::access(func.name())),
        }
    }
}

impl OperationGrant {
    /// The operation of a token: while it is under way, or done by a program that has not ended yet.
    /// What is looked up is a hash, so the time that it takes tells nothing of a token.
    fn of_token(app: &App, token: &str) -> Result<Self> {
        let sql = Sql::new(
            "SELECT o.id, o.item_id, COALESCE(p.id, 0), o.intname, COALESCE(p.module, '') FROM outbox o \
             LEFT JOIN item i ON i.id = o.item_id \
             LEFT JOIN processing p ON p.id = i.processing_id OR p.search_id = o.id \
             WHERE o.token_hash <> '' AND o.state IN ('running', 'done') AND o.token_hash = ",
        );
        let sql = sql.bind(worker::hash(token)).sql(" AND o.lease_until > ").bind(app.clock.now_us());
        let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Text, Kind::Text];
        let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &kinds))?;
        let row = row.ok_or_else(|| Error::auth("token"))?;
        Ok(Self {
            outbox_id: row[0].int(),
            item_id: row[1].int(),
            processing_id: row[2].int(),
            operation: row[3].str().to_owned(),
            module: row[4].str().to_owned(),
        })
    }

    fn is_about(&self, operation: Operation) -> bool {
        self.operation == operation.word()
    }

    fn admits(&self, app: &App, func: &Func, params: &Params) -> Result<bool> {
        let names = |param: &str, id: i64| id != 0 && params.get(param).trim() == id.to_string();
        let allowed = ALLOWED.iter().find(|(name, _)| *name == func.name());
        Ok(match allowed.map(|(_, about)| about) {
            Some(About::Item) => names("elid", self.item_id),
            Some(About::Report(operations)) => {
                names("elid", self.item_id) && operations.iter().any(|one| self.is_about(*one))
            }
            Some(About::RunningOperation) => names("elid", self.outbox_id),
            Some(About::Module(param)) => names(param, self.processing_id),
            Some(About::ModuleRead) => names("elid", self.processing_id) && !params.submits(),
            Some(About::Task) => {
                let of_item = names("item", self.item_id) && names("runningoperation", self.outbox_id);
                of_item && !params.has("elid")
            }
            Some(About::Contact) => {
                let of_item = names("processingmodule", self.processing_id) && !params.has("elid");
                of_item && self.has_contact(app, params.get("service_profile"))?
            }
            Some(About::Link) => names("item", self.item_id) || self.has_found(app, params.get("item"))?,
            Some(About::Anything) => true,
            // `vds.edit elid=…`: the form of the service, to be looked at.
            None => {
                func.kind.is_some() && func.verb == "edit" && names("elid", self.item_id) && !params.submits()
            }
        })
    }

    fn has_contact(&self, app: &App, contact: &str) -> Result<bool> {
        let Ok(id) = contact.trim().parse::<i64>() else { return Ok(false) };
        let sql = Sql::new("SELECT id FROM service_profile2item WHERE service_profile_id = ").bind(id);
        let sql = sql.sql(" AND item_id = ").bind(self.item_id);
        Ok(app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?.is_some())
    }

    fn has_found(&self, app: &App, service: &str) -> Result<bool> {
        app.db.read(BUDGET_SLOW, |conn| import::is_of(conn, service, self.processing_id))
    }
}
