//! A table as bands.

use std::ops::Range;

use super::flow::{Band, Cell, Flow, Style};
use super::font::face;
use super::tree::{Align, Row, Table};
use crate::error::Result;

const SIZE: f32 = 8.5;
const LEADING: f32 = 11.0;
const PAD: f32 = 3.0;
const SIDE_PAD: f32 = 3.5;

/// A cell that reaches over columns names the sum beside it.
pub fn cell_align(table: &Table, columns: &Range<usize>) -> Align {
    match columns.len() {
        1 => table.columns[columns.start].align,
        _ => Align::Right,
    }
}

pub fn write(flow: &mut Flow, table: &Table) -> Result<()> {
    let edges = edges(table, flow.area.left, flow.area.width);
    let band = |row: &Row, bold: bool| row_band(table, row, &edges, bold);
    let head = head(table, &edges);
    let rows: Vec<Band> = table.rows.iter().map(|row| band(row, false)).collect();
    let foot: Vec<Band> = table.foot.iter().map(|row| band(row, true)).collect();
    // A head that takes half of the page would leave no room beside it when it is repeated.
    let repeated = head.as_ref().filter(|head| head.height() < flow.whole() / 2.0);
    if let Some(head) = &head {
        flow.band(head, None, rows.first().or(foot.first()).map_or(0.0, Band::height))?;
    }
    let below: f32 = foot.iter().map(Band::height).sum();
    let last = rows.len().saturating_sub(1);
    for (at, row) in rows.iter().enumerate() {
        flow.band(row, repeated, if at == last { below } else { 0.0 })?;
    }
    foot.iter().try_for_each(|row| flow.band(row, repeated, 0.0))
}

fn style(bold: bool) -> Style {
    Style { size: SIZE, bold, grey: false }
}

fn head(table: &Table, edges: &[f32]) -> Option<Band> {
    let cells = table.columns.iter().enumerate().map(|(at, column)| {
        let mut cell = Cell::new(edges[at] + SIDE_PAD);
        cell.write(&column.title, style(true), column.align, edges[at + 1] - edges[at] - 2.0 * SIDE_PAD);
        cell
    });
    let band =
        Band { cells: cells.collect(), leading: LEADING, pad: PAD, frame: edges.to_vec(), ground: true };
    table.has_head().then_some(band)
}

fn row_band(table: &Table, row: &Row, edges: &[f32], bold: bool) -> Band {
    let mut frame = vec![edges[0]];
    let mut cells = Vec::new();
    for (columns, text) in table.spans(row) {
        let (left, right) = (edges[columns.start], edges[columns.end]);
        let mut cell = Cell::new(left + SIDE_PAD);
        cell.write(text, style(bold), cell_align(table, &columns), right - left - 2.0 * SIDE_PAD);
        cells.push(cell);
        frame.push(right);
    }
    Band { cells, leading: LEADING, pad: PAD, frame, ground: false }
}

/// The left edge of each column, and the right one of the last.
fn edges(table: &Table, left: f32, whole: f32) -> Vec<f32> {
    let shares: Vec<f32> = table.columns.iter().map(|column| f32::from(column.width)).collect();
    let mut at = left;
    let widths = widths(&shares, &longest(table), whole);
    std::iter::once(left)
        .chain(widths.into_iter().map(|width| {
            at += width;
            at
        }))
        .collect()
}

/// How wide each column must be for its longest word.
fn longest(table: &Table) -> Vec<f32> {
    let title = |at: usize| face(true).longest(&table.columns[at].title, SIZE);
    let mut longest: Vec<f32> = (0..table.columns.len()).map(title).collect();
    for (rows, bold) in [(&table.rows, false), (&table.foot, true)] {
        for (columns, text) in rows.iter().flat_map(|row| table.spans(row)) {
            if columns.len() == 1 {
                longest[columns.start] = longest[columns.start].max(face(bold).longest(text, SIZE));
            }
        }
    }
    longest.into_iter().map(|width| width + 2.0 * SIDE_PAD).collect()
}

/// Widths by the shares; a column whose words would be broken takes from the others, but no more
/// than a quarter of the table.
fn widths(shares: &[f32], longest: &[f32], whole: f32) -> Vec<f32> {
    let all: f32 = shares.iter().sum();
    let most = |share: f32| (whole * share / all).max(whole / 4.0);
    let wanted: Vec<f32> = shares.iter().zip(longest).map(|(&share, &long)| long.min(most(share))).collect();
    let least = evened(&wanted, whole);
    let mut is_least = vec![false; shares.len()];
    loop {
        let taken: f32 =
            least.iter().zip(&is_least).filter(|(_, fixed)| **fixed).map(|(width, _)| width).sum();
        let sharing: f32 =
            shares.iter().zip(&is_least).filter(|(_, fixed)| !**fixed).map(|(share, _)| share).sum();
        let width = |at: usize| match is_least[at] {
            true => least[at],
            false => (whole - taken) * shares[at] / sharing,
        };
        let short: Vec<usize> =
            (0..shares.len()).filter(|&at| !is_least[at] && width(at) < least[at]).collect();
        if short.is_empty() {
            return (0..shares.len()).map(width).collect();
        }
        short.into_iter().for_each(|at| is_least[at] = true);
    }
}

/// What is wanted, or, where that is too much, as much of it as can be had: the least first.
fn evened(wanted: &[f32], whole: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let (mut given, mut rest) = (vec![0.0; wanted.len()], whole);
    for (done, at) in order.into_iter().enumerate() {
        given[at] = wanted[at].min(rest / (wanted.len() - done) as f32);
        rest -= given[at];
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_fill_the_table() {
        for (shares, longest, expected) in [
            (vec![1.0, 1.0], vec![10.0, 10.0], vec![50.0, 50.0]),
            (vec![8.0, 1.0, 1.0], vec![10.0, 20.0, 5.0], vec![71.0, 20.0, 9.0]),
            // A very long word takes a quarter, or what its share is.
            (vec![8.0, 2.0], vec![10.0, 500.0], vec![75.0, 25.0]),
            (vec![8.0, 2.0], vec![500.0, 10.0], vec![80.0, 20.0]),
            (vec![1.0; 5], vec![500.0; 5], vec![20.0; 5]),
        ] {
            let widths = widths(&shares, &longest, 100.0);
            assert!((widths.iter().sum::<f32>() - 100.0).abs() < 0.01);
            let is_near = |(a, b): (&f32, &f32)| (a - b).abs() < 0.5;
            assert!(widths.iter().zip(&expected).all(is_near), "{widths:?} {expected:?}");
        }
    }
}
