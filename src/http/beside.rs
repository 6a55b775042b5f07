//! What a page shows beside its answer. Each part is a call of its own, by the same caller.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::auth::Caller;
use crate::doc::Answer;
use crate::error::Result;
use crate::params::Params;
use crate::rpc::list::RowSink;
use crate::rpc::{self, BUDGET_FAST, BUDGET_SLOW};

pub struct Beside<'a> {
    pub app: &'a Arc<App>,
    pub caller: &'a Caller,
    pub budget: Duration,
}

impl<'a> Beside<'a> {
    /// Where others wait for this thread.
    pub fn quick(app: &'a Arc<App>, caller: &'a Caller) -> Self {
        Self { app, caller, budget: BUDGET_FAST }
    }

    pub fn patient(app: &'a Arc<App>, caller: &'a Caller) -> Self {
        Self { app, caller, budget: BUDGET_SLOW }
    }

    /// Nothing where it is refused: the page does without. Error `timeout` where it did not come in
    /// time: then the page is made anew by one who may wait, and lacks nothing only because the
    /// machine was busy.
    pub fn ask(&self, params: &Params, rows: &mut dyn RowSink) -> Result<Option<Answer>> {
        match rpc::call(self.app, self.caller, params, self.budget, rows) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind == "timeout" => Err(error),
            Err(_refused) => Ok(None),
        }
    }
}
