//! Blocks on pages.

use super::flow::{Area, Band, Cell, Flow, Item, Page, Run, Style};
use super::font::face;
use super::pieces::{Image, Qr};
use super::table;
use super::tree::{Align, Block, Heading, Pair, Paper, Sheet, Side, Text};
use crate::error::Result;

pub const MM: f32 = 72.0 / 25.4;
pub const QR_MM: f32 = 34.0;

const BODY: f32 = 9.5;
const SMALL: f32 = 8.0;
const LARGE: f32 = 14.0;
const LEADING: f32 = 1.35;
/// Between blocks.
const GAP: f32 = 8.5;
/// Between the two columns of a pair.
const ALLEY: f32 = 8.0 * MM;
/// What stands where on which page, page numbers included.
pub fn pages(paper: &Paper) -> Result<Vec<Page>> {
    let mut flow = Flow::new(area(paper.sheet));
    let mut blocks = paper.blocks.as_slice();
    while !blocks.is_empty() {
        let leading = blocks.iter().take_while(|block| leads(block)).count();
        let (together, rest) = blocks.split_at((leading + 1).min(blocks.len()));
        write_together(&mut flow, together)?;
        blocks = rest;
    }
    if paper.sheet.is_numbered() {
        number(&mut flow);
    }
    Ok(flow.pages)
}

fn area(sheet: Sheet) -> Area {
    let (width, height) = sheet.size();
    let (left, right, top, bottom) = (18.0, 12.0, 14.0, 16.0);
    Area {
        left: left * MM,
        top: top * MM,
        width: (f32::from(width) - left - right) * MM,
        bottom: (f32::from(height) - bottom) * MM,
    }
}

fn number(flow: &mut Flow) {
    let (count, style) = (flow.pages.len(), Style { size: SMALL, bold: false, grey: true });
    for (at, page) in flow.pages.iter_mut().enumerate() {
        let text = format!("{} / {count}", at + 1);
        let free = flow.area.width - face(false).width(&text, SMALL);
        let (x, y) = (flow.area.left + free / 2.0, flow.area.bottom + 7.0 * MM);
        page.push(Item::Text { x, y, style, text });
    }
}

/// Does a block say what follows?
fn leads(block: &Block) -> bool {
    matches!(block, Block::Heading(_) | Block::Text(Text { bold: true, .. }))
}

/// Writes what leads with what it leads to: where that begins on the next page, they go with it.
fn write_together(flow: &mut Flow, blocks: &[Block]) -> Result<()> {
    let Some((last, leading)) = blocks.split_last() else { return Ok(()) };
    let before = flow.mark();
    leading.iter().try_for_each(|block| write(flow, block))?;
    let between = flow.mark();
    write(flow, last)?;
    let is_parted = before.is_parted_from(&between) || flow.left_at(&between);
    if leading.is_empty() || matches!(last, Block::Break(_)) || !is_parted {
        return Ok(());
    }
    if flow.go_back(&before) {
        flow.turn()?;
    }
    blocks.iter().try_for_each(|block| write(flow, block))
}

fn write(flow: &mut Flow, block: &Block) -> Result<()> {
    match block {
        Block::Heading(heading) => write_heading(flow, heading),
        Block::Text(text) => write_text(flow, text),
        Block::Pair(pair) => write_pair(flow, pair),
        Block::Table(table) => {
            table::write(flow, table)?;
            flow.space(GAP);
            Ok(())
        }
        Block::Image(image) => write_image(flow, image),
        Block::Qr(qr) => write_qr(flow, qr),
        Block::Rule(_) => write_rule(flow),
        Block::Space(_) => {
            flow.space(6.0 * MM);
            Ok(())
        }
        Block::Break(_) => flow.turn(),
    }
}

fn write_heading(flow: &mut Flow, heading: &Heading) -> Result<()> {
    let style = Style { size: LARGE, bold: true, grey: false };
    write_lines(flow, &heading.text, style, heading.align)?;
    flow.space(GAP);
    Ok(())
}

fn write_text(flow: &mut Flow, text: &Text) -> Result<()> {
    let style = Style { size: if text.small { SMALL } else { BODY }, bold: text.bold, grey: false };
    write_lines(flow, &text.text, style, text.align)?;
    flow.space(GAP * 0.65);
    Ok(())
}

/// Two lines of a paragraph at least stay together.
fn write_lines(flow: &mut Flow, text: &str, style: Style, align: Align) -> Result<()> {
    let mut cell = Cell::new(flow.area.left);
    cell.write(text, style, align, flow.area.width);
    let leading = style.size * LEADING;
    let count = cell.lines.len();
    for (at, line) in cell.lines.into_iter().enumerate() {
        let together = match at {
            0 if count <= 3 => count - 1,
            0 => 1,
            at if at + 2 == count => 1,
            _ => 0,
        };
        let cells = vec![Cell { x: flow.area.left, lines: vec![line] }];
        let with = together as f32 * leading;
        flow.band(&Band { cells, leading, ..Band::default() }, None, with)?;
    }
    Ok(())
}

fn write_pair(flow: &mut Flow, pair: &Pair) -> Result<()> {
    let width = (flow.area.width - ALLEY) / 2.0;
    let [first, second] = &pair.sides;
    let cells = vec![side(first, flow.area.left, width), side(second, flow.area.left + width + ALLEY, width)];
    flow.band(&Band { cells, leading: BODY * LEADING, ..Band::default() }, None, 0.0)?;
    flow.space(GAP);
    Ok(())
}

fn side(side: &Side, x: f32, width: f32) -> Cell {
    let plain = Style { size: BODY, bold: false, grey: false };
    let mut cell = Cell::new(x);
    if !side.title.is_empty() {
        cell.write(&side.title, Style { bold: true, ..plain }, Align::Left, width);
    }
    for line in &side.lines {
        match line.label.is_empty() {
            true => cell.write(&line.text, plain, Align::Left, width),
            false => labelled(&mut cell, &line.label, &line.text, plain, width),
        }
    }
    cell
}

/// The label in grey, and the value going on behind it.
fn labelled(cell: &mut Cell, label: &str, text: &str, style: Style, width: f32) {
    let label = format!("{label}:");
    cell.write(&label, Style { grey: true, ..style }, Align::Left, width);
    let mut last = cell.lines.pop().unwrap_or_default();
    let indent = last.iter().map(|run| face(false).width(&run.text, style.size)).sum::<f32>()
        + face(false).width(" ", style.size);
    for (at, line) in face(false).wrap(text, style.size, width, indent).into_iter().enumerate() {
        let x = if at == 0 { indent } else { 0.0 };
        last.push(Run { x, style, text: line.to_owned() });
        cell.lines.push(std::mem::take(&mut last));
    }
}

fn write_image(flow: &mut Flow, image: &Image) -> Result<()> {
    let mut width = (f32::from(image.width()) * MM).min(flow.area.width);
    width = width.min(flow.whole() / image.ratio());
    let height = width * image.ratio();
    flow.keep(height)?;
    let (x, y, png) = (flow.area.left, flow.y, image.bytes().clone());
    flow.put(Item::Image { x, y, width, height, png });
    flow.space(height + GAP);
    Ok(())
}

fn write_qr(flow: &mut Flow, qr: &Qr) -> Result<()> {
    let width = QR_MM * MM;
    flow.keep(width)?;
    flow.put(Item::Qr { x: flow.area.left, y: flow.y, width, qr: qr.clone() });
    flow.space(width + GAP);
    Ok(())
}

fn write_rule(flow: &mut Flow) -> Result<()> {
    flow.keep(GAP)?;
    let (left, y) = (flow.area.left, flow.y + GAP / 3.0);
    flow.put(Item::Stroke { from: (left, y), to: (left + flow.area.width, y) });
    flow.space(GAP);
    Ok(())
}
