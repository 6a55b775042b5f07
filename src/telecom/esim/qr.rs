//! `esim.qr`: the activation code as a picture that a telephone scans.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::{order, profile::Activation};
use crate::db::{Kind, Sql};
use crate::doc::File;
use crate::error::{Error, Result};
use crate::paper::Qr;
use crate::rpc::handler::{Ctx, Reply};

/// Pixels of a module.
const SCALE: usize = 8;

pub fn answer(cx: &mut Ctx) -> Result<Reply> {
    let id = order::need_own(cx.conn, cx.call)?;
    let sql = Sql::new("SELECT smdp, matching_id FROM esim_order WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text, Kind::Text])?.ok_or_else(|| Error::missed("elid"))?;
    if row[0].str().is_empty() {
        return Err(Error::value("status", ""));
    }
    let code = Activation { smdp: row[0].str().to_owned(), matching_id: row[1].str().to_owned() };
    let qr = Qr::new(code.lpa()).map_err(Error::system)?;
    let format = cx.input("format")?;
    let (mime, ending, bytes) = match format.as_ref().map_or("", |format| format.str()) {
        "png" => ("image/png", "png", png(&qr)),
        _ => ("image/svg+xml", "svg", svg(&qr).into_bytes()),
    };
    Ok(Reply::File(File { mime, name: format!("esim-{id}.{ending}"), bytes }))
}

pub fn svg(qr: &Qr) -> String {
    let side = qr.side();
    let mut path = String::new();
    for (column, row, length) in qr.runs() {
        path.push_str(&format!("M{column} {row}h{length}v1h-{length}z"));
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{0}\" height=\"{0}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>\n",
        side * SCALE
    )
}

/// One bit a pixel, 1 is white (ISO/IEC 15948).
fn png(qr: &Qr) -> Vec<u8> {
    let side = qr.side() * SCALE;
    let width = side.div_ceil(8);
    let mut rows = vec![vec![0xFF_u8; width]; qr.side()];
    for (column, row, length) in qr.runs() {
        for x in column * SCALE..(column + length) * SCALE {
            rows[row][x / 8] &= !(0x80 >> (x % 8));
        }
    }
    let pixels = rows.iter().flat_map(|row| std::iter::repeat_n(row, SCALE));
    let pixels: Vec<u8> = pixels.flat_map(|row| std::iter::once(0).chain(row.iter().copied())).collect();
    let side = (side as u32).to_be_bytes();
    let head = [&side[..], &side[..], &[1, 0, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", head), (b"IDAT", packed(&pixels)), (b"IEND", Vec::new())] {
        png.extend((data.len() as u32).to_be_bytes());
        let chunk = [&kind[..], &data].concat();
        let mut crc = Crc::new();
        crc.update(&chunk);
        png.extend(chunk);
        png.extend(crc.sum().to_be_bytes());
    }
    png
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes every byte")
}
