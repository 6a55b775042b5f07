//! The parts of a message that went as several: each has a receipt of its own. The message is delivered
//! when all of them are, and is not when one is not.

use super::receipt::State;
use crate::db::{Conn, Kind, Sql};
use crate::error::Result;

/// What a receipt says of a whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It is of no part.
    Alone,
    /// Of one part, and others have not been heard of.
    Waiting,
    /// The name of the first part, by which the message goes, and what became of it.
    Whole(String, State),
}

/// Writes down how the provider names the parts, in their order.
pub fn keep(conn: &mut Conn, provider_id: i64, sms_id: i64, ids: &[String]) -> Result<()> {
    for (number, id) in (1_i64..).zip(ids) {
        let sql = Sql::new("INSERT INTO sms_part (sms_id, number, provider_id, message_id) VALUES (");
        let sql = sql.binds([sms_id.into(), number.into(), provider_id.into(), id.as_str().into()]);
        let sql = sql.sql(") ON CONFLICT (sms_id, number) DO UPDATE SET message_id = excluded.message_id");
        sql.execute(conn)?;
    }
    Ok(())
}

/// A receipt of whatever the provider names so. The first one of a part counts.
pub fn heard(conn: &mut Conn, (provider_id, name): (i64, &str), state: State) -> Result<Heard> {
    // A name may come again after years: the newest is meant.
    let sql = Sql::new("SELECT id, sms_id FROM sms_part WHERE provider_id = ").bind(provider_id);
    let sql = sql.sql(" AND message_id = ").bind(name).sql(" ORDER BY id DESC LIMIT 1");
    let Some(row) = sql.first(conn, &[Kind::Int, Kind::Int])? else { return Ok(Heard::Alone) };
    let (id, sms_id) = (row[0].int(), row[1].int());
    // Receipts of two parts at once: the second waits here, and sees what the first wrote.
    let lock = Sql::new("UPDATE sms_part SET number = number WHERE number = 1 AND sms_id = ").bind(sms_id);
    lock.execute(conn)?;
    let sql = Sql::new("UPDATE sms_part SET state = ").bind(state.word());
    sql.sql(" WHERE state = '' AND id = ").bind(id).execute(conn)?;
    let sql = Sql::new("SELECT message_id, state FROM sms_part WHERE sms_id = ").bind(sms_id);
    let rows = sql.sql(" ORDER BY number").load(conn, &[Kind::Text, Kind::Text])?;
    let states: Vec<Option<State>> = rows.iter().map(|row| State::of_word(row[1].str())).collect();
    let first = rows.first().map(|row| row[0].str().to_owned()).unwrap_or_default();
    Ok(together(&states).map_or(Heard::Waiting, |state| Heard::Whole(first, state)))
}

/// One that did not arrive decides at once.
fn together(states: &[Option<State>]) -> Option<State> {
    let failed = states.iter().flatten().find(|state| **state != State::Delivered);
    let is_whole = states.iter().all(|state| *state == Some(State::Delivered));
    failed.copied().or(is_whole.then_some(State::Delivered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_what_its_parts_are() {
        let (yes, no) = (Some(State::Delivered), Some(State::Expired));
        for (states, expected) in [
            ([yes, yes, yes], yes),
            ([yes, None, yes], None),
            ([None, None, None], None),
            ([yes, no, None], no),
            ([no, None, None], no),
            ([yes, yes, no], no),
        ] {
            assert_eq!(together(&states), expected, "{states:?}");
        }
    }
}
