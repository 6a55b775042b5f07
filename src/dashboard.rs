//! What a dashboard is made of: each part is a list of its own, so programs can ask for it, too. Their
//! metadata says how they are drawn, that of `desktop` which of them stand on the first page.

mod figures;
mod kept;
mod money;
mod period;
mod state;
mod traffic;

use crate::db::Raw;
use crate::doc::Node;
use crate::error::Result;
use crate::params::Params;
use crate::rpc::describe;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::nested;
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("dashboard.figures", Handler::Rows(figures::figures)),
    ("dashboard.steps", Handler::Rows(figures::steps)),
    ("dashboard.takings", Handler::Rows(money::takings)),
    ("dashboard.unpaid", Handler::Rows(money::unpaid)),
    ("dashboard.margin", Handler::Rows(money::margin)),
    ("dashboard.services", Handler::Rows(state::services)),
    ("dashboard.calls", Handler::Rows(traffic::calls)),
    ("dashboard.sms", Handler::Rows(traffic::messages)),
    ("dashboard.usage", Handler::Rows(traffic::usage)),
    ("dashboard.failed", Handler::View(Some(state::failed))),
    ("dashboard.topay", Handler::View(Some(state::to_pay))),
    ("dashboard.lowbalance", Handler::View(Some(state::low))),
];

pub use kept::Kept;

type Rows = Vec<Vec<Raw>>;

/// Rows of a part at most, where it does not say how many stand in a dashboard.
const ROWS_MAX: i64 = 1000;

/// The parts that concern the caller and that he may call, with their rows.
pub fn parts(cx: &mut Ctx) -> Result<Vec<Node>> {
    let level = cx.caller.level();
    let (registry, parts) = (cx.app.registry.clone(), cx.func.meta.parts.clone());
    let may = |name: &str| describe::may_call(&registry, &cx.call.caller, name);
    let parts: Vec<_> = parts.into_iter().filter(|part| part.concerns(level) && may(&part.func)).collect();
    let period = cx.params.get("period").to_owned();
    let mut nodes = Vec::new();
    for part in parts {
        let cnt = if part.rows > 0 { part.rows } else { ROWS_MAX };
        let mut params = Params::of([("func", part.func.as_str()), ("p_cnt", &cnt.to_string())]);
        let takes_period = registry.get(&part.func).is_some_and(|func| func.meta.field("period").is_some());
        if takes_period && !period.is_empty() {
            params.set("period", &period);
        }
        let part = nested::part(cx.call, params)?;
        nodes.push(nested::rows(cx, &part)?);
    }
    Ok(nodes)
}
