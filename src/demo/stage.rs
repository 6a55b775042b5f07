//! Where the demo year is played: calls by name, on a clock of its own.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::app::{App, Place};
use crate::auth::{Caller, User, Via, identify};
use crate::config::Config;
use crate::db::{Kind, Sql};
use crate::doc::Answer;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::rpc::list::NoRows;
use crate::rpc::{self, BUDGET_SLOW};
use crate::time::{Clock, DAY_US, MINUTE_US, SECOND_US};

/// 2025-11-01 09:00:00 UTC
const START_US: i64 = 1_761_987_600 * SECOND_US;

/// Names and values of a call. A value `@name` stands for the id remembered under that name.
pub type Pairs<'p> = &'p [(&'p str, &'p str)];

pub struct Stage {
    pub app: Arc<App>,
    server_now_us: i64,
    ids: BTreeMap<String, i64>,
}

impl Stage {
    /// The server's database under a clock that is moved, and under the default configuration:
    /// what this machine has set must not change what is made.
    pub fn new(app: &Arc<App>) -> Result<Self> {
        let config = Config::load(None, std::iter::empty(), &BTreeMap::new());
        let config = config
            .map_err(|faults| Error::system(format!("the defaults are no configuration: {faults:?}")))?;
        let server_now_us = app.clock.now_us();
        let clock = Clock::fixed(START_US);
        let (db, registry, sealer) = (app.db.clone(), app.registry.clone(), app.sealer.clone());
        let place = Place { data_dir: app.data_dir.clone(), ..Place::default() };
        let app = App::new(db, registry, clock, config, sealer, place);
        let mut stage = Self { app, server_now_us, ids: BTreeMap::new() };
        stage.learn("country", Sql::new("SELECT iso2, id FROM country"))?;
        stage.learn("currency", Sql::new("SELECT iso, id FROM currency"))?;
        Ok(stage)
    }

    /// Remembers ids by names that the database has for them.
    pub fn learn(&mut self, what: &str, sql: Sql) -> Result<()> {
        let rows = self.app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Text, Kind::Int]))?;
        rows.iter().for_each(|row| self.remember(&format!("{what}.{}", row[0].str()), row[1].int()));
        Ok(())
    }

    pub fn remember(&mut self, name: &str, id: i64) {
        self.ids.insert(name.to_owned(), id);
    }

    pub fn id(&self, name: &str) -> Result<i64> {
        self.ids
            .get(name)
            .copied()
            .ok_or_else(|| Error::system(format!("demo data: nothing is named {name}")))
    }

    /// Goes on to the morning of a day of the year, 0 the first.
    pub fn day(&self, day: i64) {
        let morning_us = START_US + day * DAY_US;
        self.app.clock.advance_us((morning_us - self.app.clock.now_us()).max(0));
    }

    /// `2026-01-31`
    pub fn today(&self) -> String {
        self.date(self.app.clock.now_us())
    }

    /// The day on which the demo is filled, where that is after the year: what is to be of use now.
    pub fn server_today(&self) -> String {
        self.date(self.server_now_us.max(self.app.clock.now_us()))
    }

    fn date(&self, at_us: i64) -> String {
        self.app.config.load().time_zone.date(at_us)
    }

    pub fn wait(&self, minutes: i64) {
        self.app.clock.advance_us(minutes * MINUTE_US);
    }

    /// Makes a record and remembers its id under `name`.
    pub fn make(&mut self, name: &str, login: &str, func: &str, pairs: Pairs) -> Result<i64> {
        let answer = self.call(login, func, pairs)?;
        let id = self.answered(&answer, "id")?;
        self.remember(name, id);
        Ok(id)
    }

    /// An id that an answer tells.
    pub fn answered(&self, answer: &Answer, node: &str) -> Result<i64> {
        let id = answer.doc.get_text(node).and_then(|text| text.parse().ok());
        id.ok_or_else(|| Error::system(format!("demo data: no {node} in an answer")))
    }

    /// Calls as a user would, from an address of his own.
    pub fn call(&self, login: &str, func: &str, pairs: Pairs) -> Result<Answer> {
        let mut params = Params::of([("func", func), ("sok", "ok")]);
        for (name, value) in pairs {
            params.set(name, self.resolved(value)?);
        }
        let user = self.user(login)?;
        let ip = address(&user);
        self.wait(1);
        let answer =
            rpc::call(&self.app, &Caller::new(user, ip, Via::Own), &params, BUDGET_SLOW, &mut NoRows);
        answer.map_err(|error| Error::system(format!("demo data: {func} {pairs:?} as {login}: {error}")))
    }

    /// Signs in with a password, and out again.
    pub fn visit(&self, login: &str, password: &str) -> Result<()> {
        let ip = address(self.user(login)?.as_ref());
        let signing = Params::of([("func", "auth"), ("username", login), ("password", password)]);
        let caller = self.proven(&signing, ip)?;
        let answer = rpc::call(&self.app, &caller, &signing, BUDGET_SLOW, &mut NoRows)?;
        self.wait(20);
        let session = answer.doc.get_text("auth").unwrap_or_default();
        let leaving = Params::of([("func", "logout"), ("auth", session)]);
        let caller = self.proven(&leaving, ip)?;
        rpc::call(&self.app, &caller, &leaving, BUDGET_SLOW, &mut NoRows).map(drop)
    }

    /// Who the parameters of a call prove its sender to be.
    pub fn proven(&self, params: &Params, ip: IpAddr) -> Result<Caller> {
        identify::slow(&self.app, &identify::Claim { params, cookie: None, ip })
    }

    fn user(&self, login: &str) -> Result<Arc<User>> {
        let user = self.app.access.user_named(&self.app.db, login)?;
        user.ok_or_else(|| Error::system(format!("demo data: there is no user {login}")))
    }

    fn resolved(&self, value: &str) -> Result<String> {
        if !value.starts_with('@') {
            return Ok(value.to_owned());
        }
        let ids =
            value.split(", ").map(|name| self.id(name.trim_start_matches('@')).map(|id| id.to_string()));
        Ok(ids.collect::<Result<Vec<_>>>()?.join(", "))
    }
}

/// 203.0.113.0/24 is set aside for documentation (RFC 5737).
fn address(user: &User) -> IpAddr {
    IpAddr::from([203, 0, 113, 10 + (user.id % 200) as u8])
}
