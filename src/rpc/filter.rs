//! Which rows of a list are asked for: `filter=on` in the call, or the user's stored filter.

use super::handler::{Call, Ctx, Form, Reply, Topic};
use super::meta::{Field, Meta, Op, ValueKind};
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::{self, Record};
use crate::time::{DAY_US, Zone};
use crate::value;

pub const FORM: Form = record::FORM.read(read).save(save);

/// SQLite refuses patterns of more than 50 000 bytes, and both engines too many bound values.
const CONTAINS_MAX: usize = 1024;
const CODES_MAX: usize = 1000;

/// The fields by which a list can be filtered: its `<filter>`, or one a visible column.
pub fn fields(list: &Meta) -> Box<dyn Iterator<Item = Field> + '_> {
    match list.filter.fields.is_empty() {
        false => Box::new(list.filter.fields.iter().cloned()),
        true => Box::new(list.coldata.cols.iter().filter(|col| !col.hidden).map(of_column)),
    }
}

fn of_column(col: &Field) -> Field {
    let op = match col.kind {
        ValueKind::Text | ValueKind::Lines => Op::Contains,
        ValueKind::Date | ValueKind::Time => Op::Period,
        ValueKind::Msg => Op::In,
        _ => Op::Is,
    };
    Field { op, default: String::new(), ..col.clone() }
}

/// One condition on a row.
pub struct Test {
    pub column: String,
    pub stored: Kind,
    pub check: Check,
}

pub enum Check {
    Is(Raw),
    Contains(String),
    /// From, and before.
    Between(i64, i64),
    In(Vec<Raw>),
    AtLeast(i64),
    AtMost(i64),
}

/// The conditions of a call on its list: the call's own, else the stored ones.
pub fn tests(call: &Call) -> Result<Vec<Test>> {
    let stored;
    let params = match call.params.get("filter") {
        "on" | "yes" => &call.params,
        _ => match call.caller.user.filters.get(call.func.name()) {
            Some(text) => {
                stored = Params::of(form_urlencoded::parse(text.as_bytes()).into_owned());
                &stored
            }
            None => return Ok(Vec::new()),
        },
    };
    of_params(call, &call.func.meta, params)
}

/// The conditions that parameters put on a list. A column that the caller's level does not see
/// cannot be asked for either, or its values could be guessed.
fn of_params(call: &Call, list: &Meta, params: &Params) -> Result<Vec<Test>> {
    let level = call.caller.level();
    let named: Vec<Field> = fields(list).collect();
    let columns = list.coldata.cols.iter().map(of_column);
    let all = named.iter().cloned().chain(columns.filter(|col| named.iter().all(|n| n.name != col.name)));
    let mut tests = Vec::new();
    for field in all.filter(|field| field.level <= level && params.has(&field.name)) {
        if let Some(check) = check(&field, params, &call.zone, call.now_us)? {
            tests.push(Test { column: field.column().to_owned(), stored: field.stored(), check });
        }
    }
    Ok(tests)
}

/// The condition that parameters put on a column, if they put one. Public for the fuzz targets.
pub fn check(field: &Field, params: &Params, zone: &Zone, now_us: i64) -> Result<Option<Check>> {
    let text = params.get(&field.name);
    let open = Field { required: false, vals: Vec::new(), ..field.clone() };
    let number = || value::parse(&open, text, zone).map(|raw| raw.int());
    Ok(Some(match field.op {
        Op::Contains if text.chars().count() > CONTAINS_MAX => {
            return Err(Error::limit(&field.name, CONTAINS_MAX.to_string()));
        }
        Op::Contains => Check::Contains(text.to_owned()),
        Op::In => Check::In(codes(field, text)?),
        Op::From => Check::AtLeast(number()?),
        Op::To => Check::AtMost(number()?),
        Op::Is => Check::Is(value::parse(&Field { vals: field.vals.clone(), ..open }, text, zone)?),
        Op::Period => match period(field, text, params, zone, now_us)? {
            Some((from, before)) => Check::Between(from, before),
            None => return Ok(None),
        },
    }))
}

fn codes(field: &Field, text: &str) -> Result<Vec<Raw>> {
    let code = |word: &str| match field.stored() {
        Kind::Int => word.parse().map(Raw::Int).map_err(|_| Error::value(&field.name, word)),
        Kind::Flag => Ok(Raw::Flag(word == "on")),
        Kind::Text => Ok(Raw::from(word)),
    };
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let mut codes = words.map(code).collect::<Result<Vec<Raw>>>()?;
    codes.sort_unstable();
    codes.dedup();
    match codes.len() > CODES_MAX {
        true => Err(Error::limit(&field.name, CODES_MAX.to_string())),
        false => Ok(codes),
    }
}

/// A named period or `other` with `<name>start` and `<name>end`, as microseconds: from, before.
fn period(
    field: &Field,
    text: &str,
    params: &Params,
    zone: &Zone,
    now_us: i64,
) -> Result<Option<(i64, i64)>> {
    if text == "nodate" {
        return Ok(None);
    }
    if text == "other" {
        let edge = |suffix: &str, open: i64| {
            let name = format!("{}{suffix}", field.name);
            match params.get(&name).trim() {
                "" => Ok(open),
                day => zone.parse_time(day).ok_or_else(|| Error::value(name, day)),
            }
        };
        let end = edge("end", i64::MAX)?;
        let before = if end == i64::MAX { end } else { zone.next_day_us(end) };
        return Ok(Some((edge("start", i64::MIN)?, before)));
    }
    if let Some(day) = zone.parse_date(text) {
        return Ok(Some((day, zone.next_day_us(day))));
    }
    named_period(text, zone, now_us).map(Some).ok_or_else(|| Error::value(&field.name, text))
}

/// The periods that the original's selects name (protocol.md §6.3).
fn named_period(text: &str, zone: &Zone, now_us: i64) -> Option<(i64, i64)> {
    use jiff::ToSpan;
    let today = zone.day(now_us);
    let tomorrow = zone.next_day_us(now_us);
    let start = |day: jiff::civil::Date| zone.day_start_us(day);
    let month = today.first_of_month();
    let week = today.saturating_sub((today.weekday().to_monday_zero_offset() as i64).days());
    let year = today.first_of_year();
    let back = |span: jiff::Span| Some((start(today.saturating_sub(span)), tomorrow));
    match text {
        "today" => Some((zone.day_us(now_us), tomorrow)),
        "currentweek" => Some((start(week), tomorrow)),
        "currentmonth" => Some((start(month), tomorrow)),
        "currentyear" => Some((start(year), tomorrow)),
        "lastday" => Some((zone.day_us(zone.day_us(now_us) - DAY_US / 2), zone.day_us(now_us))),
        "lastweek" => Some((start(week.saturating_sub(7.days())), start(week))),
        "lastmonth" => Some((start(month.saturating_sub(1.month())), start(month))),
        "lastyear" => Some((start(year.saturating_sub(1.year())), start(year))),
        "week" => back(7.days()),
        "month" => back(1.month()),
        "quarter" => back(3.months()),
        "halfyear" => back(6.months()),
        "year" => back(1.year()),
        _ => None,
    }
}

impl Test {
    /// ` AND …` on the list's view. Folded text is compared folded.
    pub fn sql(&self, has_column: impl Fn(&str) -> bool) -> Sql {
        let folded = format!("{}_fold", self.column);
        let folds = has_column(&folded);
        let column = if folds { &folded } else { &self.column };
        let sql = Sql::new(" AND ").word(column);
        let fold = |raw: &Raw| match raw {
            Raw::Text(text) if folds => Raw::Text(text.to_lowercase()),
            raw => raw.clone(),
        };
        match &self.check {
            Check::Is(raw) => sql.sql(" = ").bind(fold(raw)),
            Check::Contains(text) if self.stored == Kind::Text => {
                sql.sql(" LIKE ").bind(like(text, folds)).sql(" ESCAPE '!'")
            }
            Check::Contains(text) => sql.sql(" = ").bind(text.parse::<i64>().unwrap_or(-1)),
            Check::Between(from, before) => {
                sql.sql(" >= ").bind(*from).sql(" AND ").word(column).sql(" < ").bind(*before)
            }
            Check::AtLeast(least) => sql.sql(" >= ").bind(*least),
            Check::AtMost(most) => sql.sql(" <= ").bind(*most),
            Check::In(codes) => one_of(sql, codes.iter().map(fold)),
        }
    }

    /// The same on a row that a handler made.
    pub fn holds(&self, raw: &Raw) -> bool {
        match &self.check {
            Check::Is(wanted) => raw == wanted,
            Check::Contains(text) => match raw {
                Raw::Text(have) => have.to_lowercase().contains(&text.to_lowercase()),
                raw => raw.int().to_string() == *text,
            },
            Check::Between(from, before) => (*from..*before).contains(&raw.int()),
            Check::AtLeast(least) => raw.int() >= *least,
            Check::AtMost(most) => raw.int() <= *most,
            Check::In(codes) => codes.contains(raw),
        }
    }
}

fn like(text: &str, folds: bool) -> String {
    let text = if folds { text.to_lowercase() } else { text.to_owned() };
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

fn one_of(sql: Sql, codes: impl ExactSizeIterator<Item = Raw>) -> Sql {
    let sql = sql.sql(" IN (");
    match codes.len() {
        0 => sql.sql("NULL)"),
        _ => sql.binds(codes).sql(")"),
    }
}

/// The form of `X.filter`: what this user has stored.
fn read(cx: &mut Ctx) -> Result<Record> {
    let stored = cx.caller.user.filters.get(&cx.func.object).cloned().unwrap_or_default();
    let stored = Params::of(form_urlencoded::parse(stored.as_bytes()).into_owned());
    let mut record = Record::new();
    for field in cx.func.meta.fields() {
        record.show(&field.name, stored.get(&field.name));
        if field.op == Op::Period {
            for edge in ["start", "end"] {
                let name = format!("{}{edge}", field.name);
                record.show(&name, stored.get(&name));
            }
        }
    }
    Ok(record)
}

/// Stores what was sent; nothing sent removes the filter.
fn save(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let list = cx.app.registry.get(&cx.func.object).ok_or_else(|| Error::missed("func"))?;
    of_params(cx.call, &list.meta, &cx.params)?;
    let is_own = |name: &str| {
        let base = name.trim_end_matches("start").trim_end_matches("end");
        cx.func.meta.field(name).or(cx.func.meta.field(base)).is_some()
    };
    let kept = cx.params.iter().filter(|(name, value)| is_own(name) && !value.is_empty());
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    store(cx, &text)?;
    Ok(Vec::new())
}

/// `X.setfilter`: only the rows of the client whose row was chosen.
pub fn set_by_row(cx: &mut Ctx) -> Result<Reply> {
    let (account_id, _) = record::owner_of(cx, cx.need_elid()?)?;
    store(cx, &format!("account_id={account_id}"))?;
    Reply::ok()
}

fn store(cx: &mut Ctx, text: &str) -> Result<()> {
    let (user_id, name) = (cx.caller.user.id, cx.func.object.clone());
    Sql::new("DELETE FROM userfilter WHERE user_id = ")
        .bind(user_id)
        .sql(" AND name = ")
        .bind(name.as_str())
        .execute(cx.conn)?;
    if !text.is_empty() {
        Sql::new("INSERT INTO userfilter (user_id, name, params) VALUES (")
            .bind(user_id)
            .sql(", ")
            .bind(name)
            .sql(", ")
            .bind(text)
            .sql(")")
            .execute(cx.conn)?;
    }
    cx.touch(Topic::Access)
}
