//! A file of records: CSV with a head line that names the columns.

use std::collections::HashMap;

use crate::csv::cells;
use crate::error::{Error, Result};
use crate::telecom::call::{self, End, Named, Told};
use crate::time::{MINUTE_US, SECOND_US, Zone};

/// Lines of one file.
const LINES_MAX: usize = 10_000;
const NEEDED: [&str; 4] = ["switch", "uniqueid", "dst", "start"];

#[derive(Debug)]
pub struct Entry {
    pub line: Named,
    pub told: Told,
}

/// What the lines are read with: the zone of their times, and now.
type Clock<'c> = (&'c Zone, i64);

/// Each line by its number, or what is wrong with it. Error `value(file)` where the head cannot be read.
pub fn parse(
    text: &str,
    switches: &HashMap<String, i64>,
    clock: Clock,
) -> Result<Vec<(usize, Result<Entry>)>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
    let head = rows.next().map_or("", |(_, head)| head);
    let sign = if head.contains(';') { ';' } else { ',' };
    let columns: Vec<String> = cells(head, sign).iter().map(|cell| cell.trim().to_lowercase()).collect();
    let has = |name: &str| columns.iter().any(|column| column == name);
    if !NEEDED.into_iter().all(has) || !(has("sip") || has("login")) {
        return Err(Error::value("file", "1").with("desc", "desc_cdr_head"));
    }
    let rows: Vec<(usize, &str)> = rows.collect();
    if rows.len() > LINES_MAX {
        return Err(Error::limit("file", LINES_MAX.to_string()));
    }
    let entry = |row: &str| entry(&Cells { columns: &columns, cells: cells(row, sign) }, switches, clock);
    Ok(rows.into_iter().map(|(nth, row)| (nth + 1, entry(row))).collect())
}

struct Cells<'c> {
    columns: &'c [String],
    cells: Vec<String>,
}

impl Cells<'_> {
    fn get(&self, name: &str) -> &str {
        let at = self.columns.iter().position(|column| column == name);
        at.and_then(|at| self.cells.get(at)).map_or("", |cell| cell.trim())
    }

    fn sec(&self, name: &'static str) -> Result<Option<i64>> {
        match self.get(name) {
            "" => Ok(None),
            text => {
                let secs = text.parse().map_err(|_| Error::value(name, text))?;
                call::seconds(name, secs).map(Some)
            }
        }
    }

    fn line(&self) -> Result<Named> {
        match (self.get("sip"), self.get("login")) {
            ("", "") => Err(Error::missed("sip")),
            ("", login) => Ok(Named::Login(login.to_owned())),
            (sip, _) => Ok(Named::Line(sip.to_owned())),
        }
    }
}

fn entry(cells: &Cells, switches: &HashMap<String, i64>, clock: Clock) -> Result<Entry> {
    let switch = cells.get("switch");
    let switch_id = switches.get(switch).ok_or_else(|| Error::missed("switch").with("value", switch))?;
    let told = Told {
        switch_id: *switch_id,
        uniqueid: call::uniqueid(cells.get("uniqueid"))?.to_owned(),
        dst: call::number(cells.get("dst"))?,
        start_us: start(cells.get("start"), clock)?,
        end: End { cause: "", billsec: 0, duration: None, end_us: 0 },
    };
    let end = end(cells, told.start_us, clock.1)?;
    Ok(Entry { line: cells.line()?, told: Told { end, ..told } })
}

fn start(text: &str, (zone, now_us): Clock) -> Result<i64> {
    let at_us = zone.parse_time(text).filter(|at_us| (1..=now_us + MINUTE_US).contains(at_us));
    at_us.ok_or_else(|| Error::value("start", text))
}

/// A call does not end before it begins, nor in the future.
fn end(cells: &Cells, start_us: i64, now_us: i64) -> Result<End> {
    let billsec = cells.sec("billsec")?.unwrap_or_default();
    let duration = cells.sec("duration")?.unwrap_or(billsec);
    let end_us = start_us + duration * SECOND_US;
    if duration < billsec || end_us > now_us + MINUTE_US {
        return Err(Error::value("duration", duration.to_string()));
    }
    let cause = call::end_cause(cells.get("cause"), billsec)?;
    Ok(End { cause, billsec, duration: Some(duration), end_us })
}
