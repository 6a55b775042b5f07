//! A paper as PDF. The same paper gives the same bytes: nothing of them comes from a clock.

use krilla::color::luma;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::{Data, Document};

use super::flow::Item;
use super::font::face;
use super::layout::{self, MM};
use super::pieces::Qr;
use super::tree::{Paper, Sheet};
use crate::error::{Error, Result};

const BLACK: u8 = 0;
const GREY: u8 = 0x55;
const STROKE: u8 = 0x60;
const GROUND: u8 = 0xEE;
const THICKNESS: f32 = 0.5;

pub fn pdf(paper: &Paper) -> Result<Vec<u8>> {
    bound(std::slice::from_ref(paper))
}

/// Several papers in one file, one after the other, under the title of the first. Each keeps its own
/// sheet and counts its own pages.
pub fn bound(papers: &[Paper]) -> Result<Vec<u8>> {
    let mut document = Document::new();
    if let Some(first) = papers.first() {
        let metadata = Metadata::new().title(first.title.clone()).language(first.lang.clone());
        document.set_metadata(metadata.creator("billmgr".to_owned()));
    }
    for paper in papers {
        for items in layout::pages(paper)? {
            let mut page = document.start_page_with(settings(paper.sheet)?);
            let mut surface = page.surface();
            items.iter().try_for_each(|item| draw(&mut surface, item))?;
            surface.finish();
            page.finish();
        }
    }
    document.finish().map_err(fault)
}

fn fault(cause: KrillaError) -> Error {
    Error::new("format", "pdf").cause(cause)
}

/// A size that is none: of a picture or a page.
fn no_size() -> Error {
    Error::new("format", "pdf").cause("something has no size")
}

fn settings(sheet: Sheet) -> Result<PageSettings> {
    let (width, height) = sheet.size();
    PageSettings::from_wh(f32::from(width) * MM, f32::from(height) * MM).ok_or_else(no_size)
}

fn draw(surface: &mut Surface, item: &Item) -> Result<()> {
    match item {
        Item::Text { x, y, style, text } => {
            paint(surface, if style.grey { GREY } else { BLACK });
            let face = face(style.bold);
            let glyphs = face.shape(text);
            let start = Point::from_xy(*x, *y);
            surface.draw_glyphs(start, &glyphs, face.font.clone(), text, style.size, false);
        }
        Item::Stroke { from, to } => stroke(surface, *from, *to),
        Item::Ground { x, y, width, height } => {
            paint(surface, GROUND);
            fill(surface, [(*x, *y, *width, *height)]);
        }
        Item::Image { x, y, width, height, png } => {
            let image = Image::from_png(Data::from(png.clone()), true)
                .map_err(|cause| Error::new("format", "pdf").cause(cause))?;
            let size = Size::from_wh(*width, *height).ok_or_else(no_size)?;
            surface.push_transform(&Transform::from_translate(*x, *y));
            surface.draw_image(image, size);
            surface.pop();
        }
        Item::Qr { x, y, width, qr } => draw_qr(surface, (*x, *y), *width, qr),
    }
    Ok(())
}

fn paint(surface: &mut Surface, lightness: u8) {
    let paint = luma::Color::new(lightness).into();
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }));
}

fn stroke(surface: &mut Surface, from: (f32, f32), to: (f32, f32)) {
    let paint = luma::Color::new(STROKE).into();
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { paint, width: THICKNESS, ..Stroke::default() }));
    let mut path = PathBuilder::new();
    path.move_to(from.0, from.1);
    path.line_to(to.0, to.1);
    path.finish().inspect(|path| surface.draw_path(path));
}

/// Rectangles as one path: their edges meet without a seam.
fn fill(surface: &mut Surface, rectangles: impl IntoIterator<Item = (f32, f32, f32, f32)>) {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in rectangles {
        Rect::from_xywh(x, y, width, height).inspect(|rectangle| path.push_rect(*rectangle));
    }
    path.finish().inspect(|path| surface.draw_path(path));
}

fn draw_qr(surface: &mut Surface, at: (f32, f32), width: f32, qr: &Qr) {
    let module = width / qr.side() as f32;
    let place = |module_at: usize| module_at as f32 * module;
    paint(surface, BLACK);
    let runs = qr.runs().into_iter();
    fill(surface, runs.map(|(x, y, length)| (at.0 + place(x), at.1 + place(y), place(length), module)));
}
