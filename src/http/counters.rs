//! How many rows of a list want somebody: the numbers beside entries of the menu. Metadata says which rows count
//! (`counts` in funcs/menu.xml, a filter of the list), so scope and rights are those of the list itself.

use std::time::Duration;

use quick_cache::sync::Cache;

use super::beside::Beside;
use crate::doc::Node;
use crate::error::Result;
use crate::params::Params;
use crate::rpc::list::NoRows;
use crate::time::SECOND_US;

/// A number on a page may be so old.
const FRESH_US: i64 = 10 * SECOND_US;
const KEPT_MAX: usize = 10_000;
/// What cannot be counted so soon is no help on every page.
const COUNT_BUDGET: Duration = Duration::from_millis(250);

/// By user and list: when it was counted, and how many there were.
pub struct Counters(Cache<(i64, String), (i64, i64)>);

impl Default for Counters {
    fn default() -> Self {
        Self(Cache::new(KEPT_MAX))
    }
}

/// Marks the entries of a menu that have something to count: attributes `count` and `counted`, the query of the
/// rows that were counted.
pub fn mark(page: &Beside, menu: &mut Node) -> Result<()> {
    let groups = page.app.registry.menu.iter().flat_map(|group| &group.node);
    for entry in groups {
        let Some(counts) = entry.counted_for(page.caller.level()) else { continue };
        let Some(node) = find(menu, &entry.name) else { continue };
        let count = count(page, (&entry.name, counts))?;
        if count > 0 {
            let query = format!("func={}&filter=on&{counts}", entry.name);
            node.attrs.extend([("count".into(), count.to_string().into()), ("counted".into(), query.into())]);
        }
    }
    Ok(())
}

fn find<'n>(node: &'n mut Node, func: &str) -> Option<&'n mut Node> {
    if node.get_attr("func") == Some(func) {
        return Some(node);
    }
    node.kids.iter_mut().find_map(|kid| find(kid, func))
}

fn count(page: &Beside, (func, counts): (&str, &str)) -> Result<i64> {
    let (kept, now_us) = (&page.app.counters.0, page.app.clock.now_us());
    let key = (page.caller.user.id, func.to_owned());
    if let Some((_, count)) = kept.get(&key).filter(|kept| (0..FRESH_US).contains(&(now_us - kept.0))) {
        return Ok(count);
    }
    let count = match counted(page, func, counts) {
        Err(late) if page.budget < COUNT_BUDGET => return Err(late),
        // What takes too long is not tried again on each page either.
        count => count.ok().flatten().unwrap_or_default(),
    };
    kept.insert(key, (now_us, count));
    Ok(count)
}

fn counted(page: &Beside, func: &str, counts: &str) -> Result<Option<i64>> {
    let mut ask = Params::of(form_urlencoded::parse(counts.as_bytes()).into_owned());
    for (name, value) in [("func", func), ("filter", "on"), ("p_cnt", "1")] {
        ask.set(name, value);
    }
    let brief = Beside { budget: page.budget.min(COUNT_BUDGET), ..*page };
    let answer = brief.ask(&ask, &mut NoRows)?;
    Ok(answer.and_then(|answer| answer.doc.get_text("p_elems")?.parse().ok()))
}
