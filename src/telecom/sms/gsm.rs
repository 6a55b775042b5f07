//! What a text is in the air: the 7-bit alphabet of GSM 03.38 (3GPP TS 23.038 §6.2.1) or UTF-16, and
//! the parts of a message that is longer than one (TS 23.040 §9.2.3.24.1).

#[cfg(test)]
mod tests;

/// Of one message alone, and of a part beside the header that joins them.
const SEPTETS: [usize; 2] = [160, 153];
const UNITS: [usize; 2] = [70, 67];

/// What the next septet is of the extension table, not of the default one.
const ESCAPE: u8 = 0x1B;

/// The default table. Its place of the escape holds a character that no text has.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{FFFF}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                       ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table: a character costs two septets.
const EXTENSION: [(char, u8); 10] = [
    ('\u{C}', 0x0A),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Gsm7,
    Ucs2,
}

impl Encoding {
    /// What a message may have alone, and what each of several parts may have.
    fn limits(self) -> [usize; 2] {
        match self {
            Self::Gsm7 => SEPTETS,
            Self::Ucs2 => UNITS,
        }
    }

    /// Septets or UTF-16 units of a character of a text in this encoding.
    fn width(self, character: char) -> usize {
        match self {
            Self::Gsm7 if EXTENSION.iter().any(|(known, _)| *known == character) => 2,
            Self::Gsm7 => 1,
            Self::Ucs2 => character.len_utf16(),
        }
    }
}

fn default_code(character: char) -> Option<u8> {
    // Letters, digits and most signs stand where ASCII has them.
    if character.is_ascii_alphanumeric() || character == ' ' {
        return Some(character as u8);
    }
    let place = DEFAULT.chars().position(|known| known == character && known != '\u{FFFF}');
    place.map(|place| place as u8)
}

fn extension_code(character: char) -> Option<u8> {
    EXTENSION.iter().find(|(known, _)| *known == character).map(|(_, code)| *code)
}

/// The encoding that costs fewest parts and loses nothing.
pub fn encoding(text: &str) -> Encoding {
    let is_known = |character| default_code(character).or_else(|| extension_code(character)).is_some();
    match text.chars().all(is_known) {
        true => Encoding::Gsm7,
        false => Encoding::Ucs2,
    }
}

/// The parts that a text is sent in; put together they are the text. No character is torn apart,
/// whether it takes two septets or two UTF-16 units. An empty text is one empty part.
pub fn parts(text: &str) -> Vec<&str> {
    let encoding = encoding(text);
    let [alone, joined] = encoding.limits();
    if text.chars().map(|character| encoding.width(character)).sum::<usize>() <= alone {
        return vec![text];
    }
    let (mut parts, mut begin, mut used) = (Vec::new(), 0, 0);
    for (at, character) in text.char_indices() {
        let width = encoding.width(character);
        if used + width > joined {
            parts.push(&text[begin..at]);
            (begin, used) = (at, 0);
        }
        used += width;
    }
    parts.push(&text[begin..]);
    parts
}

/// The octets of a text: one for each septet, unpacked as SMPP has them, or UTF-16 with the high
/// octet first. A character that the alphabet lacks becomes `?`.
pub fn octets(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Gsm7 => text.chars().flat_map(septets).collect(),
        Encoding::Ucs2 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    }
}

fn septets(character: char) -> impl Iterator<Item = u8> {
    let (escape, code) = match extension_code(character) {
        Some(code) => (Some(ESCAPE), code),
        None => (None, default_code(character).unwrap_or(b'?')),
    };
    escape.into_iter().chain([code])
}

/// The text of octets, one for each septet.
pub fn text(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut octets = octets.iter().copied();
    while let Some(octet) = octets.next() {
        // What the extension table lacks is that of the default one (TS 23.038 §6.2.1.1).
        let (code, is_extended) = if octet == ESCAPE { (octets.next(), true) } else { (Some(octet), false) };
        let Some(code) = code else { break };
        let extended = EXTENSION.iter().find(|(_, known)| is_extended && *known == code);
        let plain = || DEFAULT.chars().nth(usize::from(code)).unwrap_or('?');
        text.push(extended.map_or_else(plain, |(character, _)| *character));
    }
    text
}
