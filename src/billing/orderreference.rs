//! Order rules: what a client must have before he can order something else.

use std::collections::BTreeSet;

use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::Ctx;

/// What needs what: one of the others is enough.
#[derive(Debug)]
pub struct Rules(Vec<(i64, i64)>);

impl Rules {
    pub fn of(conn: &mut Conn, table: &str, column: &str) -> Result<Self> {
        let sql = Sql::new("SELECT ").words([column, "required_id"]).sql(" FROM ").word(table);
        let rows = sql.load(conn, &[Kind::Int; 2])?;
        Ok(Self(rows.iter().map(|row| (row[0].int(), row[1].int())).collect()))
    }

    /// Can somebody who has nothing yet come to it, one order after the other?
    fn is_orderable(&self, id: i64) -> bool {
        let needs = |id: i64| self.0.iter().filter(move |rule| rule.0 == id);
        let mut within_reach: BTreeSet<i64> =
            self.0.iter().map(|rule| rule.1).chain([id]).filter(|id| needs(*id).next().is_none()).collect();
        loop {
            let next = self
                .0
                .iter()
                .find(|(id, needed)| within_reach.contains(needed) && !within_reach.contains(id));
            match next {
                Some((id, _)) => within_reach.insert(*id),
                None => return within_reach.contains(&id),
            };
        }
    }

    /// Refuses rules that lead in a circle only, for then nobody could ever order.
    pub fn need_orderable(&self, cx: &Ctx) -> Result<()> {
        match cx.plid()?.is_none_or(|id| self.is_orderable(id)) {
            true => Ok(()),
            false => Err(Error::value("elid", cx.params.get("elid")).with("desc", "desc_circle")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn circles_without_a_way_in_cannot_be_ordered() {
        let rules = Rules(vec![(1, 2), (2, 1), (3, 1), (3, 4), (5, 3)]);
        let orderable = |id| rules.is_orderable(id);
        assert_eq!([1, 2, 3, 4, 5, 6].map(orderable), [false, false, true, true, true, true]);
    }
}
