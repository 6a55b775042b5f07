//! What a function does, by its shape, and all that a handler may touch.

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;

use crate::app::App;
use crate::auth::{Caller, Scope};
use crate::db::{Conn, Raw, Sql};
use crate::doc::{File, Node};
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::Record;
use crate::rpc::meta::Field;
use crate::rpc::page::CNT_MAX;
use crate::rpc::registry::Func;
use crate::time::Zone;

/// A function's deed. Access, scope, transaction, `sok`, lists of `elid`, paging, sorting and
/// filtering are the dispatcher's: a handler does not do them and so cannot forget them.
#[derive(Clone, Copy)]
pub enum Handler {
    /// The rows of the metadata's view, narrowed by a further condition.
    View(Option<fn(&mut Ctx) -> Result<Sql>>),
    /// Rows that no view holds, one value a column.
    Rows(fn(&mut Ctx) -> Result<Vec<Vec<Raw>>>),
    Form(Form),
    /// One deed on each record that `elid` names.
    Each(fn(&mut Ctx, &str) -> Result<()>),
    /// One deed a call.
    Once(fn(&mut Ctx) -> Result<Reply>),
    /// One deed that reaches out of the server, with no connection held and no transaction open.
    Outside(fn(&Call) -> Result<Reply>),
}

/// The fields that a form has for one call only.
pub type Added = fn(&mut Ctx) -> Result<Vec<Field>>;

#[derive(Clone, Copy)]
pub struct Form {
    /// Outside of the transaction: what may take long. It may only change the parameters.
    pub prepare: fn(&App, &Caller, &mut Params) -> Result<()>,
    /// The stored record, or a new one with its defaults.
    pub read: fn(&mut Ctx) -> Result<Record>,
    /// Refuses what the fields alone cannot show to be wrong.
    pub check: fn(&mut Ctx, &mut Record) -> Result<()>,
    /// Keeps the record and answers what belongs beside `ok`.
    pub save: fn(&mut Ctx, Record) -> Result<Vec<Node>>,
    /// Adds values and lists that are shown only.
    pub show: fn(&mut Ctx, &mut Record) -> Result<()>,
    /// Fields that depend on the call: the add-ons of a tariff, its prices in each currency.
    pub fields: Option<Added>,
    /// Keeps it in jobs of its own, with no transaction around them: what is too long for one.
    pub outside: Option<fn(&Call) -> Result<Reply>>,
    pub turn: Option<Turn>,
}

/// What a page is told when it leaves a step of a wizard: what is wrong with it already, else the steps that this
/// caller need not be asked. Programs are refused by the last step, and call which they like.
pub type Turn = fn(&mut Ctx, &Record) -> Result<&'static [&'static str]>;

impl Form {
    pub const fn turn(mut self, turn: Turn) -> Self {
        self.turn = Some(turn);
        self
    }

    pub const fn check(mut self, check: fn(&mut Ctx, &mut Record) -> Result<()>) -> Self {
        self.check = check;
        self
    }

    pub const fn read(mut self, read: fn(&mut Ctx) -> Result<Record>) -> Self {
        self.read = read;
        self
    }

    pub const fn save(mut self, save: fn(&mut Ctx, Record) -> Result<Vec<Node>>) -> Self {
        self.save = save;
        self
    }

    pub const fn show(mut self, show: fn(&mut Ctx, &mut Record) -> Result<()>) -> Self {
        self.show = show;
        self
    }

    pub const fn fields(mut self, fields: Added) -> Self {
        self.fields = Some(fields);
        self
    }

    pub const fn outside(mut self, outside: fn(&Call) -> Result<Reply>) -> Self {
        self.outside = Some(outside);
        self
    }

    pub const fn prepare(mut self, prepare: fn(&App, &Caller, &mut Params) -> Result<()>) -> Self {
        self.prepare = prepare;
        self
    }
}

/// What an action answers.
pub enum Reply {
    /// `ok` and its siblings. An `ok` among them is it: its text is the address to go on to.
    Ok(Vec<Node>),
    /// `ok` with an address to go to.
    Redirect(String),
    /// A document of its own structure inside the usual envelope.
    Object(Vec<Node>),
    /// The same with its printed form, which a browser and `out=doc_print` are shown.
    Printed(Vec<Node>, File),
    /// A file and nothing else, whatever format was asked for.
    File(File),
    /// Refused, but what was done is kept (decisions.md, Writing).
    Refused(Error),
}

impl Reply {
    pub fn ok() -> Result<Self> {
        Ok(Self::Ok(Vec::new()))
    }
}

/// One call as the dispatcher prepared it: immutable, so a job may run again with it.
pub struct Call {
    pub app: Arc<App>,
    pub func: Arc<Func>,
    pub caller: Caller,
    pub params: Params,
    pub lang: String,
    pub zone: Zone,
    pub now_us: i64,
    /// Fields that were added to the function for this call.
    pub added: Vec<Field>,
}

impl Call {
    /// The same call with other parameters: without what is too long for a job to keep.
    pub fn with_params(&self, params: Params) -> Self {
        Self {
            app: self.app.clone(),
            func: self.func.clone(),
            caller: self.caller.clone(),
            params,
            lang: self.lang.clone(),
            zone: self.zone.clone(),
            now_us: self.now_us,
            added: Vec::new(),
        }
    }
}

/// What a commit makes stale in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Users, sessions, rights, filters.
    Access,
    Settings,
    /// Product types, and so the functions of their families.
    Types,
    /// What calls cost by some plan.
    Rates,
    /// Where calls are made.
    Switches,
    /// Words and prices of virtual numbers.
    Numbers,
}

impl Topic {
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Settings => "settings",
            Self::Types => "types",
            Self::Rates => "rates",
            Self::Switches => "switches",
            Self::Numbers => "numbers",
        }
    }
}

pub struct Ctx<'a> {
    pub conn: &'a mut Conn,
    pub call: &'a Call,
    pub touched: Vec<Topic>,
    /// What the steps of a call keep for each other within its transaction.
    pub kept: Option<Box<dyn Any>>,
    /// Why a form or a deed was refused whose trace is kept nevertheless.
    pub refusal: Option<Error>,
}

impl Ctx<'_> {
    /// Where a browser goes on when this is done. Programs go on by themselves and are told nothing.
    pub fn onward(&self, query: &str) -> Option<Node> {
        self.params.manner().page.then(|| Node::leaf("ok", query).attr("type", "url"))
    }
}

impl Deref for Ctx<'_> {
    type Target = Call;

    fn deref(&self) -> &Call {
        self.call
    }
}

impl<'a> Ctx<'a> {
    pub fn new(conn: &'a mut Conn, call: &'a Call) -> Self {
        Self { conn, call, touched: Vec::new(), kept: None, refusal: None }
    }

    /// What a form or a deed answers that has done what it can.
    pub fn done(&mut self, nodes: Vec<Node>) -> Reply {
        self.refusal.take().map_or(Reply::Ok(nodes), Reply::Refused)
    }

    /// Says that caches of the topic are stale, here after the commit, elsewhere within a second.
    pub fn touch(&mut self, topic: Topic) -> Result<()> {
        if !self.touched.contains(&topic) {
            self.touched.push(topic);
            let bump = Sql::new("UPDATE generation SET n = n + 1 WHERE topic = ").bind(topic.name());
            bump.execute(self.conn)?;
        }
        Ok(())
    }
}

impl Call {
    pub fn scope(&self) -> Scope {
        self.caller.scope()
    }

    /// The one record of a form or of an action on one record, or nothing for a new one.
    pub fn elid(&self) -> Result<Option<i64>> {
        match self.params.get("elid").trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Error::value("elid", text)),
        }
    }

    pub fn need_elid(&self) -> Result<i64> {
        self.elid()?.ok_or_else(|| Error::missed("elid"))
    }

    /// The records of an action on several: as many as a page can show.
    pub fn need_elids(&self) -> Result<Vec<String>> {
        let elids: Vec<String> = self.params.elids().map(str::to_owned).collect();
        match elids.len() {
            0 => Err(Error::missed("elid")),
            count if count > CNT_MAX as usize => Err(Error::limit("elid", CNT_MAX.to_string())),
            _ => Ok(elids),
        }
    }

    pub fn plid(&self) -> Result<Option<i64>> {
        match self.params.get("plid").trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Error::value("plid", text)),
        }
    }

    /// The typed value of a parameter that the metadata names, where it was sent.
    pub fn input(&self, name: &str) -> Result<Option<Raw>> {
        let field = self.func.meta.field(name).ok_or_else(|| Error::system(format!("no field {name}")))?;
        let Some(text) = self.params.sent(name) else { return Ok(None) };
        crate::value::parse(field, text, &self.zone).map(Some)
    }

    /// A word of the function in the caller's language.
    pub fn word<'w>(&'w self, name: &'w str) -> &'w str {
        self.app.registry.words.get(&self.lang, &self.func.sets, name)
    }
}
