//! A letter of one part, as its reader sees it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The head as it is, and the text in plain.
pub fn read(bytes: &[u8]) -> String {
    let letter = String::from_utf8_lossy(bytes);
    let (head, body) = letter.split_once("\r\n\r\n").expect("a head and a body");
    let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: "));
    let text = match encoding {
        Some("quoted-printable") => quoted_printable(body),
        Some("base64") => BASE64_STANDARD.decode(body.replace("\r\n", "")).expect("base64"),
        _ => body.as_bytes().to_vec(),
    };
    format!("{head}\n\n{}", String::from_utf8(text).expect("UTF-8").replace("\r\n", "\n"))
}

/// RFC 2045 §6.7.
fn quoted_printable(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        out.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
        out.extend_from_slice(rest.as_bytes());
    }
    out
}
