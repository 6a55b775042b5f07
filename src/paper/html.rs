//! A paper as one page for the browser's printer: no script, nothing from anywhere else.

use std::fmt::Write;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::pieces::{Image, Qr};
use super::tree::{Align, Block, Heading, Pair, Paper, Row, Sheet, Side, Table, Text};
use crate::render::escape;

const STYLE: &str = include_str!("paper.css");

/// Pixels of a browser to a millimetre: 96 to an inch.
const PIXELS: f32 = 96.0 / 25.4;

/// The content security policy to send with a page: its own styles and pictures, nothing else.
pub static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let pages = Sheet::ALL.map(page_style);
    let hashes = [STYLE].into_iter().chain(pages.iter().map(String::as_str)).map(|style| {
        let hash = STANDARD.encode(Sha256::digest(style));
        format!(" 'sha256-{hash}'")
    });
    format!(
        "default-src 'none'; style-src{}; img-src data:; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'none'",
        hashes.collect::<String>()
    )
});

fn page_style(sheet: Sheet) -> String {
    let (width, height) = sheet.size();
    let number = match sheet.is_numbered() {
        true => "@bottom-center { font: 8pt sans-serif; content: counter(page) ' / ' counter(pages); }",
        false => "",
    };
    format!(
        "@page {{ size: {width}mm {height}mm; margin: 14mm 12mm 16mm 18mm; {number} }} \
         @media screen {{ main {{ max-width: {width}mm; }} }}"
    )
}

pub fn html(paper: &Paper) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"");
    escape::xml_attr(&mut out, &paper.lang);
    out.push_str("\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    escape::xml(&mut out, &paper.title);
    out.push_str("</title>\n");
    for style in [STYLE, &page_style(paper.sheet)] {
        out.extend(["<style>", style, "</style>\n"]);
    }
    out.push_str("</head>\n<body>\n<main>\n");
    paper.blocks.iter().for_each(|block| write_block(&mut out, block));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(Heading { align, text }) => element(out, "h1", align_class(*align), text),
        Block::Text(text) => write_text(out, text),
        Block::Pair(pair) => write_pair(out, pair),
        Block::Table(table) => write_table(out, table),
        Block::Image(image) => write_image(out, image),
        Block::Qr(qr) => write_qr(out, qr),
        Block::Rule(_) => out.push_str("<hr>\n"),
        Block::Space(_) => out.push_str("<div class=\"space\"></div>\n"),
        Block::Break(_) => out.push_str("<div class=\"break\"></div>\n"),
    }
}

fn align_class(align: Align) -> &'static str {
    match align {
        Align::Left => "left",
        Align::Center => "center",
        Align::Right => "right",
    }
}

fn element(out: &mut String, name: &str, class: &str, text: &str) {
    out.extend(["<", name, " class=\"", class, "\">"]);
    escape::xml(out, text);
    out.extend(["</", name, ">\n"]);
}

fn write_text(out: &mut String, text: &Text) {
    let mut class = align_class(text.align).to_owned();
    class.push_str(if text.bold { " bold" } else { "" });
    class.push_str(if text.small { " small" } else { "" });
    element(out, "p", &class, &text.text);
}

fn write_pair(out: &mut String, pair: &Pair) {
    out.push_str("<div class=\"pair\">\n");
    pair.sides.iter().for_each(|side| write_side(out, side));
    out.push_str("</div>\n");
}

fn write_side(out: &mut String, side: &Side) {
    out.push_str("<div>\n");
    if !side.title.is_empty() {
        element(out, "p", "bold", &side.title);
    }
    for line in &side.lines {
        out.push_str("<p>");
        if !line.label.is_empty() {
            out.push_str("<span class=\"label\">");
            escape::xml(out, &line.label);
            out.push_str(":</span> ");
        }
        escape::xml(out, &line.text);
        out.push_str("</p>\n");
    }
    out.push_str("</div>\n");
}

fn write_table(out: &mut String, table: &Table) {
    let whole: u32 = table.columns.iter().map(|column| u32::from(column.width)).sum();
    out.push_str("<table>\n<colgroup>");
    for column in &table.columns {
        // An attribute and not a style, which the policy would refuse.
        let _ = write!(out, "<col width=\"{}%\">", u32::from(column.width) * 100 / whole.max(1));
    }
    out.push_str("</colgroup>\n");
    if table.has_head() {
        out.push_str("<thead><tr>");
        table.columns.iter().for_each(|column| element(out, "th", align_class(column.align), &column.title));
        out.push_str("</tr></thead>\n");
    }
    write_rows(out, table, &table.rows, "rows");
    // Not `tfoot`, which a printer repeats on each page.
    write_rows(out, table, &table.foot, "foot");
    out.push_str("</table>\n");
}

fn write_rows(out: &mut String, table: &Table, rows: &[Row], class: &str) {
    out.extend(["<tbody class=\"", class, "\">\n"]);
    for row in rows {
        out.push_str("<tr>");
        for (columns, text) in table.spans(row) {
            let align = super::table::cell_align(table, &columns);
            let _ = write!(out, "<td class=\"{}\" colspan=\"{}\">", align_class(align), columns.len());
            escape::xml(out, text);
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n");
}

fn write_image(out: &mut String, image: &Image) {
    let width = f32::from(image.width()) * PIXELS;
    let _ = write!(out, "<img alt=\"\" width=\"{width:.0}\" height=\"{:.0}\"", width * image.ratio());
    out.push_str(" src=\"data:image/png;base64,");
    STANDARD.encode_string(image.bytes().as_slice(), out);
    out.push_str("\">\n");
}

fn write_qr(out: &mut String, qr: &Qr) {
    let (side, width) = (qr.side(), super::layout::QR_MM * PIXELS);
    let _ = write!(out, "<svg role=\"img\" width=\"{width:.0}\" height=\"{width:.0}\"");
    let _ = write!(out, " viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><title>");
    escape::xml(out, qr.text());
    out.push_str("</title><path d=\"");
    for (x, y, length) in qr.runs() {
        let _ = write!(out, "M{x} {y}h{length}v1h-{length}z");
    }
    out.push_str("\"/></svg>\n");
}
