//! Pages that are filled from top to bottom. A band is what stands side by side: the cells of a
//! row, the two parties. Where it does not fit it goes to the next page, and where it does not fit
//! any page it is parted between lines, so that nothing is cut.

use std::ops::Range;
use std::sync::Arc;

use super::font::face;
use super::pieces::Qr;
use super::tree::Align;
use crate::error::{Error, Result};

/// Points; from the top left corner of the sheet.
#[derive(Debug)]
pub enum Item {
    /// `y` is the base line.
    Text {
        x: f32,
        y: f32,
        style: Style,
        text: String,
    },
    Stroke {
        from: (f32, f32),
        to: (f32, f32),
    },
    /// A light ground.
    Ground {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    Image {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        png: Arc<Vec<u8>>,
    },
    Qr {
        x: f32,
        y: f32,
        width: f32,
        qr: Qr,
    },
}

pub type Page = Vec<Item>;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub size: f32,
    pub bold: bool,
    pub grey: bool,
}

const MAX_PAGES: usize = 2_000;
/// Ascent and descent of both faces at size 1.
const ASCENT: f32 = 0.928;
const DESCENT: f32 = 0.236;
/// Room for floats that mean the same height.
const SLACK: f32 = 0.01;

/// Where the page may be written on.
pub struct Area {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub bottom: f32,
}

pub struct Flow {
    pub area: Area,
    pub pages: Vec<Page>,
    pub y: f32,
}

/// A place to go back to.
pub struct Mark {
    pages: usize,
    items: usize,
    y: f32,
}

impl Mark {
    pub fn is_parted_from(&self, later: &Mark) -> bool {
        self.pages < later.pages
    }
}

/// Text of one style beside others in a line, `x` from the left of its cell.
#[derive(Debug, Clone)]
pub struct Run {
    pub x: f32,
    pub style: Style,
    pub text: String,
}

#[derive(Debug, Clone, Default)]
pub struct Cell {
    pub x: f32,
    pub lines: Vec<Vec<Run>>,
}

#[derive(Debug, Clone, Default)]
pub struct Band {
    pub cells: Vec<Cell>,
    pub leading: f32,
    /// Above and below the lines.
    pub pad: f32,
    /// Where strokes go down; without any there is no frame.
    pub frame: Vec<f32>,
    pub ground: bool,
}

impl Cell {
    pub fn new(x: f32) -> Self {
        Self { x, lines: Vec::new() }
    }

    /// Adds the lines of a text that is `width` wide at most.
    pub fn write(&mut self, text: &str, style: Style, align: Align, width: f32) {
        let face = face(style.bold);
        for line in face.wrap(text, style.size, width, 0.0) {
            let free = width - face.width(line, style.size);
            let x = match align {
                Align::Left => 0.0,
                Align::Center => free / 2.0,
                Align::Right => free,
            };
            self.lines.push(vec![Run { x, style, text: line.to_owned() }]);
        }
    }
}

impl Band {
    fn lines(&self) -> usize {
        self.cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0).max(1)
    }

    fn height_of(&self, lines: usize) -> f32 {
        lines as f32 * self.leading + 2.0 * self.pad
    }

    pub fn height(&self) -> f32 {
        self.height_of(self.lines())
    }
}

impl Flow {
    pub fn new(area: Area) -> Self {
        Self { y: area.top, area, pages: vec![Page::new()] }
    }

    /// The height of an empty page.
    pub fn whole(&self) -> f32 {
        self.area.bottom - self.area.top
    }

    fn fits(&self, height: f32) -> bool {
        self.y + height <= self.area.bottom + SLACK
    }

    pub fn put(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    /// Begins a new page.
    pub fn turn(&mut self) -> Result<()> {
        if self.pages.len() >= MAX_PAGES {
            return Err(Error::limit("pages", MAX_PAGES.to_string()));
        }
        self.pages.push(Page::new());
        self.y = self.area.top;
        Ok(())
    }

    pub fn mark(&self) -> Mark {
        let items = self.pages.last().map_or(0, Vec::len);
        Mark { pages: self.pages.len(), items, y: self.y }
    }

    /// Was the page of the mark left without anything more on it?
    pub fn left_at(&self, mark: &Mark) -> bool {
        self.pages.len() > mark.pages && self.pages[mark.pages - 1].len() == mark.items
    }

    /// Takes back what was written since; whether there is something above it on its page.
    pub fn go_back(&mut self, mark: &Mark) -> bool {
        self.pages.truncate(mark.pages);
        if let Some(page) = self.pages.last_mut() {
            page.truncate(mark.items);
        }
        self.y = mark.y;
        mark.items > 0
    }

    /// Begins a new page where `height` does not fit this one but would fit an empty one.
    pub fn keep(&mut self, height: f32) -> Result<bool> {
        let turns = !self.fits(height) && height <= self.whole() + SLACK && self.y > self.area.top;
        if turns {
            self.turn()?;
        }
        Ok(turns)
    }

    /// Leaves room, which the end of a page takes away.
    pub fn space(&mut self, height: f32) {
        self.y = (self.y + height).min(self.area.bottom);
    }

    /// Writes a band; `head` is repeated on every page that it begins. `with` is the height of
    /// what must not be left alone on the next page.
    pub fn band(&mut self, band: &Band, head: Option<&Band>, with: f32) -> Result<()> {
        if self.keep(band.height() + with)? || self.keep(band.height())? {
            self.head(head);
        }
        let (mut from, lines) = (0, band.lines());
        while from < lines {
            let room = (self.area.bottom + SLACK - self.y - 2.0 * band.pad) / band.leading;
            let to = lines.min(from + room.max(0.0) as usize);
            if to == from {
                self.turn()?;
                self.head(head);
                continue;
            }
            self.slice(band, from..to);
            from = to;
        }
        Ok(())
    }

    fn head(&mut self, head: Option<&Band>) {
        if let Some(head) = head {
            self.slice(head, 0..head.lines());
        }
    }

    fn slice(&mut self, band: &Band, lines: Range<usize>) {
        let height = band.height_of(lines.len());
        self.ground(band, height);
        for cell in &band.cells {
            let shown = cell.lines.iter().take(lines.end).skip(lines.start);
            for (at, line) in shown.enumerate() {
                let top = self.y + band.pad + at as f32 * band.leading;
                line.iter().for_each(|run| self.run(cell.x, top, band.leading, run));
            }
        }
        self.frame(band, height);
        self.y += height;
    }

    fn run(&mut self, left: f32, top: f32, leading: f32, run: &Run) {
        let free = leading - (ASCENT + DESCENT) * run.style.size;
        let y = top + free / 2.0 + ASCENT * run.style.size;
        if !run.text.is_empty() {
            self.put(Item::Text { x: left + run.x, y, style: run.style, text: run.text.clone() });
        }
    }

    fn ground(&mut self, band: &Band, height: f32) {
        if let (true, Some(&x), Some(&right)) = (band.ground, band.frame.first(), band.frame.last()) {
            self.put(Item::Ground { x, y: self.y, width: right - x, height });
        }
    }

    fn frame(&mut self, band: &Band, height: f32) {
        let (Some(&left), Some(&right)) = (band.frame.first(), band.frame.last()) else { return };
        let (top, bottom) = (self.y, self.y + height);
        band.frame.iter().for_each(|&x| self.put(Item::Stroke { from: (x, top), to: (x, bottom) }));
        [top, bottom].iter().for_each(|&y| self.put(Item::Stroke { from: (left, y), to: (right, y) }));
    }
}
