use super::*;

/// Characters of one septet, of two, of one UTF-16 unit and of two.
const PIECES: [&[char]; 3] = [
    &['a', 'Z', '0', ' ', '@', 'à', 'Ω', '\n', '§', '¤'],
    &['€', '{', '\\', '\u{C}', '~', '['],
    &['Ж', '中', '😀', '𝄞', '`', '\u{301}'],
];

fn texts() -> impl Iterator<Item = String> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % bound
    };
    (0..600).map(move |round| {
        let kinds = 1 + round % PIECES.len();
        let length = next(1000);
        let piece = |pieces: &[char], at: usize| pieces[at % pieces.len()];
        (0..length).map(|_| piece(PIECES[next(kinds)], next(60))).collect()
    })
}

/// What a telephone shows of unpacked septets.
fn shown(octets: &[u8]) -> String {
    let default: Vec<char> = DEFAULT.chars().collect();
    let mut octets = octets.iter();
    let mut text = String::new();
    while let Some(octet) = octets.next() {
        text.push(match *octet {
            ESCAPE => {
                let code = octets.next().expect("no part ends with an escape");
                EXTENSION.iter().find(|(_, known)| known == code).expect("a code of the table").0
            }
            octet => default[usize::from(octet)],
        });
    }
    text
}

fn units(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Gsm7 => octets(text, encoding).len(),
        Encoding::Ucs2 => text.encode_utf16().count(),
    }
}

#[test]
fn the_default_table_has_its_128_places() {
    assert_eq!(DEFAULT.chars().count(), 128);
    for (character, code) in [('@', 0), ('Δ', 0x10), (' ', 0x20), ('0', 0x30), ('¡', 0x40), ('A', 0x41)] {
        assert_eq!(default_code(character), Some(code), "{character}");
    }
    for (character, code) in [('§', 0x5F), ('¿', 0x60), ('z', 0x7A), ('à', 0x7F), ('É', 0x1F), ('\r', 0x0D)]
    {
        assert_eq!(default_code(character), Some(code), "{character}");
    }
    assert_eq!(default_code('\u{FFFF}'), None);
}

#[test]
fn what_is_not_in_the_alphabet_makes_the_text_unicode() {
    for text in ["", "Hello, {world}", "Größe 10 €", "Ωmega ñandu"] {
        assert_eq!(encoding(text), Encoding::Gsm7, "{text}");
    }
    for text in ["Привет", "a`b", "ç", "😀", "\u{FFFF}", "\u{1B}", "\0"] {
        assert_eq!(encoding(text), Encoding::Ucs2, "{text}");
    }
}

#[test]
fn where_the_second_part_begins() {
    let counts = |piece: &str, sizes: [usize; 5]| sizes.map(|size| parts(&piece.repeat(size)).len());
    assert_eq!(counts("a", [0, 160, 161, 306, 307]), [1, 1, 2, 2, 3]);
    assert_eq!(counts("€", [1, 80, 81, 152, 153]), [1, 1, 2, 2, 3]);
    assert_eq!(counts("Ж", [1, 70, 71, 134, 135]), [1, 1, 2, 2, 3]);
    assert_eq!(counts("😀", [1, 35, 36, 66, 67]), [1, 1, 2, 2, 3]);
}

#[test]
fn no_pair_is_torn_apart() {
    let escaped = format!("{}€{}", "a".repeat(152), "b".repeat(20));
    assert_eq!(parts(&escaped)[0].len(), 152);
    let surrogates = format!("{}😀{}", "Ж".repeat(66), "Ж".repeat(20));
    assert_eq!(parts(&surrogates)[0].chars().count(), 66);
}

#[test]
fn the_parts_of_any_text_are_the_text_and_fit() {
    for text in texts() {
        let (encoding, parts) = (encoding(&text), parts(&text));
        assert_eq!(parts.concat(), text);
        let most = encoding.limits()[usize::from(parts.len() > 1)];
        assert!(parts.iter().all(|part| units(part, encoding) <= most), "{text}");
        // Each part but the last is full, but for a pair that had no room.
        let full = parts.split_last().map_or(&[][..], |(_, before)| before);
        assert!(full.iter().all(|part| units(part, encoding) + 2 > most), "{text}");
        assert_eq!(parts.len() == 1, units(&text, encoding) <= encoding.limits()[0]);
    }
}

#[test]
fn octets_are_read_back() {
    for text in texts() {
        match encoding(&text) {
            Encoding::Gsm7 => {
                let parts = parts(&text);
                assert_eq!(
                    parts.iter().map(|part| shown(&octets(part, Encoding::Gsm7))).collect::<String>(),
                    text
                );
            }
            Encoding::Ucs2 => {
                let octets = octets(&text, Encoding::Ucs2);
                let units: Vec<u16> =
                    octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                assert_eq!(String::from_utf16(&units).unwrap(), text);
            }
        }
    }
    assert_eq!(octets("a€Ж", Encoding::Gsm7), [b'a', ESCAPE, 0x65, b'?']);
}
