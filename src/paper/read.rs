//! The XML that a template writes, as a tree.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::tree::{Block, Paper, Row, Table};

const MAX_BLOCKS: usize = 10_000;
const MAX_COLUMNS: usize = 20;
/// What takes long to make or to print.
const MAX_PICTURES: usize = 50;

/// What stands for a line feed that a value brought: unlike those of the template it is kept.
pub const LINE_FEED: char = '\u{2028}';

#[derive(Deserialize)]
enum Root {
    #[serde(rename = "paper")]
    Paper(Paper),
}

/// The tree, or which element is wrong.
pub fn read(xml: &str) -> Result<Paper, String> {
    let Root::Paper(paper) = quick_xml::de::from_str(xml).map_err(|cause| cause.to_string())?;
    check(&paper)?;
    Ok(paper)
}

fn check(paper: &Paper) -> Result<(), String> {
    let is_picture = |block: &&Block| matches!(block, Block::Image(_) | Block::Qr(_));
    if paper.blocks.len() > MAX_BLOCKS || paper.blocks.iter().filter(is_picture).count() > MAX_PICTURES {
        return Err("the paper has too many blocks".to_owned());
    }
    paper.blocks.iter().try_for_each(|block| match block {
        Block::Table(table) => check_table(table),
        _ => Ok(()),
    })
}

fn check_table(table: &Table) -> Result<(), String> {
    let columns = table.columns.len();
    if !(1..=MAX_COLUMNS).contains(&columns) || table.columns.iter().any(|column| column.width == 0) {
        return Err("a table has too many columns or one without width".to_owned());
    }
    let wrong = |row: &&Row, least: usize| !(least..=columns).contains(&row.cells.len());
    let row = table.rows.iter().find(|row| wrong(row, columns));
    match row.or(table.foot.iter().find(|row| wrong(row, 1))) {
        Some(row) => Err(format!("a row has {} cells where the table has {columns}", row.cells.len())),
        None => Ok(()),
    }
}

/// White space of the template is layout of its source; line feeds of values are kept.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(tidied(&String::deserialize(from)?, "\n"))
}

/// The same where there is only one line.
pub fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(tidied(&String::deserialize(from)?, " "))
}

fn tidied(text: &str, feed: &str) -> String {
    let lines: Vec<String> = text
        .trim_matches(|c: char| c.is_ascii_whitespace() || c == LINE_FEED)
        .split(LINE_FEED)
        .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    lines.join(feed)
}

pub fn yes<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match String::deserialize(from)?.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(D::Error::custom(format_args!("`{other}` is neither yes nor no"))),
    }
}
