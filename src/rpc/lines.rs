//! Lists that become rows: their lines, and what is said of each that cannot.

use super::handler::Call;
use crate::csv::cells;
use crate::doc::Node;
use crate::money::Money;

/// The number of a line, and what is wrong with it: a column, or another word that `desc_line_<word>` explains.
pub type Refused = (usize, &'static str);

/// What a line becomes, or what is wrong with it.
pub type Checked<T> = std::result::Result<T, &'static str>;

pub struct Line {
    pub number: usize,
    pub cells: Vec<String>,
    /// What divides it: a semicolon, else a comma.
    sign: char,
}

impl Line {
    pub fn cell(&self, at: usize) -> &str {
        self.cells.get(at).map_or("", |cell| cell.trim())
    }

    /// Where a semicolon divides, a comma is that of a decimal.
    pub fn money(&self, at: usize) -> Option<Money> {
        match self.sign {
            ';' => Money::parse(&self.cell(at).replace(',', ".")),
            _ => Money::parse(self.cell(at)),
        }
    }
}

/// Lines of a report that are named one by one.
const REFUSED_MAX: usize = 1_000;

/// The lines that are not empty. The first may name the columns, `head` the first of them.
pub fn of<'t>(text: &'t str, head: &'t str) -> impl Iterator<Item = Line> + 't {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
    let lines = rows.map(|(at, row)| {
        let sign = if row.contains(';') { ';' } else { ',' };
        Line { number: at + 1, cells: cells(row, sign), sign }
    });
    lines.filter(move |line| line.number > 1 || !line.cell(0).eq_ignore_ascii_case(head))
}

/// How many lines came to what, and why some were refused.
pub fn report(call: &Call, counts: &[(&'static str, usize)], refused: &[Refused]) -> Vec<Node> {
    let counts = counts.iter().map(|(name, count)| Node::leaf(*name, count.to_string()));
    let words = &call.app.registry.words;
    let line = |(at, why): &Refused| {
        let word = words.get(&call.lang, &call.func.sets, &format!("desc_line_{why}")).to_owned();
        Node::new("elem").with([
            Node::leaf("line", at.to_string()),
            Node::leaf("field", *why),
            Node::leaf("reason", word),
        ])
    };
    counts.chain(refused.iter().take(REFUSED_MAX).map(line)).collect()
}
