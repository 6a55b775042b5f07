//! How many rows of a list want somebody: the numbers beside entries of the menu. Metadata says which rows count
//! (`counts` in funcs/menu.xml, a filter of the list), so scope and rights are those of the list itself.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::app::App;
use crate::auth::Caller;
use crate::doc::Node;
use crate::params::Params;
use crate::rpc::list::NoRows;
use crate::rpc::{self, BUDGET_FAST};
use crate::time::SECOND_US;

/// A number on a page may be so old.
const FRESH_US: i64 = 10 * SECOND_US;
const KEPT_MAX: usize = 10_000;

/// By user and list: when it was counted, and how many there were.
pub struct Counters(Cache<(i64, String), (i64, i64)>);

impl Default for Counters {
    fn default() -> Self {
        Self(Cache::new(KEPT_MAX))
    }
}

/// Marks the entries of a menu that have something to count: attributes `count` and `counted`, the query of the
/// rows that were counted.
pub fn mark(app: &Arc<App>, caller: &Caller, menu: &mut Node) {
    let groups = app.registry.menu.iter().flat_map(|group| &group.node);
    for entry in groups {
        let Some(counts) = entry.counted_for(caller.level()) else { continue };
        let Some(node) = find(menu, &entry.name) else { continue };
        let count = count(app, caller, (&entry.name, counts));
        if count > 0 {
            let query = format!("func={}&filter=on&{counts}", entry.name);
            node.attrs.extend([("count".into(), count.to_string()), ("counted".into(), query)]);
        }
    }
}

fn find<'n>(node: &'n mut Node, func: &str) -> Option<&'n mut Node> {
    if node.get_attr("func") == Some(func) {
        return Some(node);
    }
    node.kids.iter_mut().find_map(|kid| find(kid, func))
}

fn count(app: &Arc<App>, caller: &Caller, (func, counts): (&str, &str)) -> i64 {
    let (key, now_us) = ((caller.user.id, func.to_owned()), app.clock.now_us());
    if let Some((_, count)) =
        app.counters.0.get(&key).filter(|kept| (0..FRESH_US).contains(&(now_us - kept.0)))
    {
        return count;
    }
    // What takes too long is not tried again on each page either.
    let count = counted(app, caller, func, counts).unwrap_or_default();
    app.counters.0.insert(key, (now_us, count));
    count
}

fn counted(app: &Arc<App>, caller: &Caller, func: &str, counts: &str) -> Option<i64> {
    let mut ask = Params::of(form_urlencoded::parse(counts.as_bytes()).into_owned());
    for (name, value) in [("func", func), ("filter", "on"), ("p_cnt", "1")] {
        ask.set(name, value);
    }
    let answer = rpc::call(app, caller, &ask, BUDGET_FAST, &mut NoRows).ok()?;
    answer.doc.get_text("p_elems")?.parse().ok()
}
