//! What a file is sent with: the name to keep it under, and what it may load when it is shown.

use hyper::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};

use crate::doc::File;
use crate::paper;

pub fn headers(file: &File) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
    // A printed document brings its styles and pictures with it and loads nothing.
    let policy = HeaderValue::from_static(&paper::html::CONTENT_SECURITY_POLICY);
    let policy = Some((CONTENT_SECURITY_POLICY, policy));
    let named = HeaderValue::from_str(&disposition(file)).ok().map(|value| (CONTENT_DISPOSITION, value));
    [policy, named].into_iter().flatten()
}

/// Shown or kept, under a name that old programs read too (RFC 6266).
fn disposition(file: &File) -> String {
    let manner = if file.mime.starts_with("text/html") { "inline" } else { "attachment" };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let plain: String = file.name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let byte = |byte: u8| match is_plain(char::from(byte)) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    let whole: String = file.name.bytes().map(byte).collect();
    format!("{manner}; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_a_header() {
        for (mime, name, expected) in [
            (
                "application/pdf",
                "NW-R-1.pdf",
                r#"attachment; filename="NW-R-1.pdf"; filename*=UTF-8''NW-R-1.pdf"#,
            ),
            (
                "text/html; charset=UTF-8",
                "a b.html",
                r#"inline; filename="a_b.html"; filename*=UTF-8''a%20b.html"#,
            ),
            (
                "application/pdf",
                "С/1\"\r\n",
                "attachment; filename=\"__1___\"; filename*=UTF-8''%D0%A1%2F1%22%0D%0A",
            ),
        ] {
            assert_eq!(disposition(&File { mime, name: name.into(), bytes: Vec::new() }), expected);
        }
    }
}
