//! Blocks that are checked when they are made, so that printing them cannot fail.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcode::{Color, EcLevel, QrCode};
use serde::Deserialize;

use super::read::text;

/// A picture takes four bytes a pixel to print.
const MAX_PIXELS: u64 = 4 << 20;
const MAX_WIDTH_MM: u16 = 300;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture in PNG.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "ImageElement")]
pub struct Image {
    png: Arc<Vec<u8>>,
    size: (u32, u32),
    width: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageElement {
    /// Base64.
    #[serde(rename = "@data")]
    data: String,
    #[serde(rename = "@width")]
    width: u16,
}

impl TryFrom<ImageElement> for Image {
    type Error = &'static str;

    fn try_from(element: ImageElement) -> Result<Self, Self::Error> {
        let png = STANDARD.decode(element.data.trim()).map_err(|_| "the data of an image is not base64")?;
        Self::png(png, element.width)
    }
}

impl Image {
    /// A picture to be printed `width` millimetres wide.
    pub fn png(png: Vec<u8>, width: u16) -> Result<Self, &'static str> {
        let size = dimensions(&png).ok_or("an image is not a PNG")?;
        if u64::from(size.0) * u64::from(size.1) > MAX_PIXELS || size.0 == 0 || size.1 == 0 {
            return Err("an image has too many pixels or none");
        }
        if !(1..=MAX_WIDTH_MM).contains(&width) {
            return Err("an image is to be printed with an impossible width");
        }
        Ok(Self { png: Arc::new(png), size, width })
    }

    pub fn bytes(&self) -> &Arc<Vec<u8>> {
        &self.png
    }

    /// In millimetres.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Height by width.
    pub fn ratio(&self) -> f32 {
        self.size.1 as f32 / self.size.0 as f32
    }
}

/// Width and height, which the first chunk of a PNG gives.
fn dimensions(png: &[u8]) -> Option<(u32, u32)> {
    let head = png.strip_prefix(PNG)?;
    let number = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    (head.get(4..8)? == b"IHDR").then_some(())?;
    Some((number(8)?, number(12)?))
}

/// A QR code of a text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "QrElement")]
pub struct Qr {
    text: String,
    side: usize,
    modules: Vec<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QrElement {
    #[serde(default, rename = "$text", deserialize_with = "text")]
    text: String,
}

impl TryFrom<QrElement> for Qr {
    type Error = &'static str;

    fn try_from(element: QrElement) -> Result<Self, Self::Error> {
        Self::new(element.text)
    }
}

impl Qr {
    /// Blank modules that readers need around a code (ISO/IEC 18004).
    pub const QUIET: usize = 4;

    pub fn new(text: String) -> Result<Self, &'static str> {
        let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M)
            .map_err(|_| "the text of a qr is too long")?;
        let modules = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { text, side: code.width(), modules })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Modules along one side, with the blank ones.
    pub fn side(&self) -> usize {
        self.side + 2 * Self::QUIET
    }

    /// Runs of dark modules: column, row, length.
    pub fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for (row, modules) in self.modules.chunks(self.side).enumerate() {
            let mut at = 0;
            for run in modules.chunk_by(|a, b| a == b) {
                if run[0] {
                    runs.push((at + Self::QUIET, row + Self::QUIET, run.len()));
                }
                at += run.len();
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_picture() {
        let png = |width: u32, height: u32| {
            let mut png = [PNG, b"\0\0\0\rIHDR"].concat();
            png.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
            png
        };
        assert_eq!(Image::png(png(10, 20), 30).unwrap().ratio(), 2.0);
        for (bytes, width) in [
            (png(0, 1), 30),
            (png(65_535, 65_535), 30),
            (png(10, 20), 0),
            (png(10, 20), 301),
            (b"GIF89a".to_vec(), 30),
            (PNG.to_vec(), 30),
            (Vec::new(), 30),
        ] {
            assert!(Image::png(bytes, width).is_err());
        }
    }

    #[test]
    fn runs_are_the_dark_modules() {
        let qr = Qr::new("billmgr".to_owned()).unwrap();
        let dark: usize = qr.runs().iter().map(|run| run.2).sum();
        assert_eq!(dark, qr.modules.iter().filter(|dark| **dark).count());
        assert_eq!(qr.side(), 21 + 8);
        // The finder in the first corner.
        assert_eq!(qr.runs()[0], (4, 4, 7));
        assert!(Qr::new("x".repeat(3_000)).is_err());
    }
}
