//! What a printed document is made of. The names of the blocks and of their members are the
//! elements and attributes that a template writes; there are no others.

use serde::Deserialize;

use super::pieces::{Image, Qr};
use super::read::{line, text, yes};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// The name of the window and of the PDF; not printed.
    #[serde(rename = "@title", deserialize_with = "line")]
    pub title: String,
    /// `en`, `ru`: what a screen reader goes by.
    #[serde(rename = "@lang")]
    pub lang: String,
    #[serde(default, rename = "@sheet")]
    pub sheet: Sheet,
    #[serde(default, rename = "$value")]
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Sheet {
    #[default]
    #[serde(rename = "a4")]
    A4,
    #[serde(rename = "a4-landscape")]
    Landscape,
    /// Envelopes (ISO 269). They carry no page number.
    #[serde(rename = "c5")]
    C5,
    #[serde(rename = "dl")]
    Dl,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    Heading(Heading),
    Text(Text),
    Pair(Pair),
    Table(Table),
    Image(Image),
    Qr(Qr),
    Rule(Mark),
    Space(Mark),
    /// What follows begins a new page.
    Break(Mark),
}

/// A block without members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    #[default]
    Left,
    Center,
    Right,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Heading {
    #[serde(rename = "@align")]
    pub align: Align,
    #[serde(rename = "$text", deserialize_with = "text")]
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Text {
    #[serde(rename = "@align")]
    pub align: Align,
    #[serde(rename = "@bold", deserialize_with = "yes")]
    pub bold: bool,
    #[serde(rename = "@small", deserialize_with = "yes")]
    pub small: bool,
    /// `\n` begins a new line.
    #[serde(rename = "$text", deserialize_with = "text")]
    pub text: String,
}

/// Two columns: the parties, the signatures.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    #[serde(rename = "side")]
    pub sides: [Side; 2],
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Side {
    #[serde(rename = "@title", deserialize_with = "line")]
    pub title: String,
    #[serde(rename = "line")]
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    #[serde(rename = "@label", deserialize_with = "line")]
    pub label: String,
    #[serde(rename = "$text", deserialize_with = "text")]
    pub text: String,
}

/// Every row has a cell for each column. A row of the foot may have fewer: its first cell then
/// reaches over the columns that are missing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(rename = "col")]
    pub columns: Vec<Column>,
    #[serde(default, rename = "row")]
    pub rows: Vec<Row>,
    /// In bold, below the rows.
    #[serde(default, rename = "foot")]
    pub foot: Vec<Row>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Where no column has one, no head is printed.
    #[serde(default, rename = "@title", deserialize_with = "line")]
    pub title: String,
    #[serde(default, rename = "@align")]
    pub align: Align,
    /// The column's share of the width, as compared with the others.
    #[serde(rename = "@width")]
    pub width: u16,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    #[serde(default, rename = "cell")]
    pub cells: Vec<Cell>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cell {
    #[serde(rename = "$text", deserialize_with = "text")]
    pub text: String,
}

impl Sheet {
    pub const ALL: [Sheet; 4] = [Self::A4, Self::Landscape, Self::C5, Self::Dl];

    /// Width and height in millimetres.
    pub fn size(self) -> (u16, u16) {
        match self {
            Self::A4 => (210, 297),
            Self::Landscape => (297, 210),
            Self::C5 => (229, 162),
            Self::Dl => (220, 110),
        }
    }

    pub fn is_numbered(self) -> bool {
        matches!(self, Self::A4 | Self::Landscape)
    }
}

impl Table {
    pub fn has_head(&self) -> bool {
        self.columns.iter().any(|column| !column.title.is_empty())
    }

    /// The columns of a row's cells: each one, or the first reaching over what is missing.
    pub fn spans<'t>(&self, row: &'t Row) -> impl Iterator<Item = (std::ops::Range<usize>, &'t str)> {
        let over = self.columns.len().saturating_sub(row.cells.len());
        row.cells.iter().enumerate().map(move |(at, cell)| {
            let from = if at == 0 { 0 } else { at + over };
            (from..at + over + 1, cell.text.as_str())
        })
    }
}
