//! The two faces of printed documents and how wide a text is in them. Every glyph has its own
//! width, without kerning: what is measured is what is drawn.

use std::ops::Range;
use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// Room for floats that mean the same width.
const SLACK: f32 = 0.01;

pub struct Face {
    pub font: Font,
    glyphs: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    em: f32,
}

static REGULAR: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("fonts/DejaVuSans.ttf")));
static BOLD: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("fonts/DejaVuSans-Bold.ttf")));

pub fn face(bold: bool) -> &'static Face {
    if bold { &BOLD } else { &REGULAR }
}

impl Face {
    fn new(bytes: &'static [u8]) -> Self {
        let font = Font::new(bytes.into(), 0).expect("an embedded font");
        let metrics = FontRef::new(bytes).expect("an embedded font");
        Self {
            em: font.units_per_em(),
            font,
            glyphs: metrics.charmap(),
            widths: metrics.glyph_metrics(Size::unscaled(), LocationRef::default()),
        }
    }

    /// A character that the face has not is drawn as an empty box; its text stays in the PDF.
    fn glyph(&self, c: char) -> skrifa::GlyphId {
        self.glyphs.map(c).unwrap_or(skrifa::GlyphId::NOTDEF)
    }

    /// The width of a character at size 1.
    fn advance(&self, c: char) -> f32 {
        self.widths.advance_width(self.glyph(c)).unwrap_or(0.0) / self.em
    }

    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    /// The width of the longest piece that does not want to be broken.
    pub fn longest(&self, text: &str, size: f32) -> f32 {
        let pieces = text
            .split('\n')
            .flat_map(|line| pieces(line).map(|piece| line[piece].trim_end_matches(is_blank)));
        pieces.map(|piece| self.width(piece, size)).fold(0.0, f32::max)
    }

    /// Glyphs as krilla wants them. It tells readers the text of a run of glyphs only where more
    /// than one make it, so the empty box for a missing character has a companion without width.
    pub fn shape(&self, text: &str) -> Vec<KrillaGlyph> {
        let mut glyphs = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            let range = at..at + c.len_utf8();
            let mut put = |id: skrifa::GlyphId, advance: f32| {
                let id = GlyphId::new(id.to_u32());
                glyphs.push(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range.clone(), None));
            };
            put(self.glyph(c), self.advance(c));
            if self.glyph(c) == skrifa::GlyphId::NOTDEF {
                put(self.glyph(' '), 0.0);
            }
        }
        glyphs
    }

    /// The lines of a text, none wider than `width`; the first begins `indent` further in. Words
    /// stay whole where they fit a line. Only blanks at the ends of lines are left out.
    pub fn wrap<'t>(&self, text: &'t str, size: f32, width: f32, indent: f32) -> Vec<&'t str> {
        let mut lines = Vec::new();
        for line in text.split('\n') {
            let indent = if lines.is_empty() { indent } else { 0.0 };
            Filling { face: self, size, limit: width + SLACK, line, from: 0, x: indent, lines: &mut lines }
                .fill();
        }
        lines
    }
}

/// Puts one line of a text into as many as it needs.
struct Filling<'f, 't> {
    face: &'f Face,
    size: f32,
    limit: f32,
    line: &'t str,
    /// Where the line that is being filled begins, and how far it has come.
    from: usize,
    x: f32,
    lines: &'f mut Vec<&'t str>,
}

impl Filling<'_, '_> {
    fn fill(mut self) {
        for piece in pieces(self.line) {
            let text = &self.line[piece.clone()];
            let word = text.trim_end_matches(is_blank);
            let width = self.face.width(word, self.size);
            if self.x + width > self.limit && self.x > 0.0 {
                self.end_before(piece.start);
            }
            match self.x + width > self.limit {
                true => self.part(piece.start, word),
                false => self.x += width,
            }
            self.x += self.face.width(&text[word.len()..], self.size);
        }
        self.end_before(self.line.len());
    }

    /// A word longer than a line. A mark without width stays with the letter before it.
    fn part(&mut self, start: usize, word: &str) {
        for (at, c) in word.char_indices() {
            let advance = self.face.advance(c) * self.size;
            if self.x + advance > self.limit && self.x > 0.0 && advance > 0.0 {
                self.end_before(start + at);
            }
            self.x += advance;
        }
    }

    fn end_before(&mut self, at: usize) {
        self.lines.push(self.line[self.from..at].trim_end_matches(is_blank));
        (self.from, self.x) = (at, 0.0);
    }
}

/// Where a line may end. Spaces that do not break are no blanks, and U+200B is one without width.
fn is_blank(c: char) -> bool {
    c == '\u{200B}' || c.is_whitespace() && !matches!(c, '\u{A0}' | '\u{2007}' | '\u{202F}')
}

/// The pieces between which a line may end: words with the blanks behind them, and what a hyphen
/// ends. A number or a date is never parted at its hyphens.
fn pieces(line: &str) -> impl Iterator<Item = Range<usize>> {
    let (mut from, mut before) = (0, ' ');
    let mut chars = line.char_indices().peekable();
    std::iter::from_fn(move || {
        while let Some((at, c)) = chars.next() {
            let ends = chars.peek().is_none_or(|&(_, next)| {
                is_blank(c) && !is_blank(next) || c == '-' && before.is_alphabetic() && next.is_alphabetic()
            });
            before = c;
            if ends {
                let end = at + c.len_utf8();
                return Some(std::mem::replace(&mut from, end)..end);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: f32) -> Vec<&str> {
        face(false).wrap(text, 10.0, width, 0.0)
    }

    #[test]
    fn lines() {
        for (text, width, lines) in [
            ("", 100.0, vec![""]),
            ("one two three", 60.0, vec!["one two", "three"]),
            ("one  two", 30.0, vec!["one", "two"]),
            ("one\n\ntwo", 100.0, vec!["one", "", "two"]),
            ("Северо-Западный", 60.0, vec!["Северо-", "Западный"]),
            ("1\u{A0}234,00 of 2026-02-01", 70.0, vec!["1\u{A0}234,00 of", "2026-02-01"]),
            ("a\u{200B}b", 1.0, vec!["a", "b"]),
            // Parts of a letter stay together.
            ("и\u{306}и\u{306}", 1.0, vec!["и\u{306}", "и\u{306}"]),
        ] {
            assert_eq!(wrapped(text, width), lines, "{text}");
        }
    }

    #[test]
    fn long_words_are_parted_and_nothing_is_lost() {
        let text = format!("before {} after", "Слово".repeat(50));
        for width in [0.0, 3.0, 50.0, 400.0] {
            let lines = wrapped(&text, width);
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
            let fits =
                |line: &&str| line.chars().count() == 1 || face(false).width(line, 10.0) <= width + SLACK;
            assert!(lines.iter().all(fits), "{width}");
        }
    }

    #[test]
    fn the_first_line_may_begin_further_in() {
        let lines = face(false).wrap("one two three", 10.0, 60.0, 30.0);
        assert_eq!(lines, ["one", "two three"]);
        assert_eq!(face(false).wrap("three", 10.0, 40.0, 30.0), ["", "three"]);
    }

    #[test]
    fn the_fonts_are_those_of_the_list() {
        use sha2::{Digest, Sha256};
        let sums = include_str!("fonts/SHA256SUMS");
        for (name, bytes) in [
            ("DejaVuSans.ttf", include_bytes!("fonts/DejaVuSans.ttf").as_slice()),
            ("DejaVuSans-Bold.ttf", include_bytes!("fonts/DejaVuSans-Bold.ttf")),
        ] {
            let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(sums.contains(&format!("{sum}  {name}\n")), "{name}");
        }
    }

    #[test]
    fn both_faces_have_both_alphabets() {
        for face in [face(false), face(true)] {
            for c in "AZaz09АЯаяЁё№«»—₽€£ЇїЄєҐґ".chars() {
                assert_ne!(face.glyph(c), skrifa::GlyphId::NOTDEF, "{c}");
            }
        }
    }
}
