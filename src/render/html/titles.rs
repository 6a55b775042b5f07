//! The titles of a list's columns as a stylesheet: on a narrow window rows are cards, and each value
//! has its title before it. The policy allows no style within a page, an attribute in every cell
//! would be much of a long list, and so the words stand in the name of a file that wide windows
//! do not wait for.

use std::fmt::Write;

use form_urlencoded::{Serializer, parse};

const PATH: &str = "/billmgr/static/titles.css/";
pub const MIME: &str = "text/css; charset=UTF-8";

/// What somebody may have made up is worked out no further.
const MAX_COLUMNS: usize = 100;

/// The name of the file for these columns; one without a title is "".
pub fn path<'a>(titles: impl Iterator<Item = &'a str>) -> String {
    let pairs = titles.take(MAX_COLUMNS).map(|title| ("t", title));
    Serializer::new(PATH.to_owned()).extend_pairs(pairs).finish()
}

/// The content of a file by its whole path.
pub fn css(path: &str) -> Option<String> {
    let words = path.strip_prefix(PATH)?;
    let mut css = String::with_capacity(words.len() + 1024);
    for (at, (_, title)) in parse(words.as_bytes()).take(MAX_COLUMNS).enumerate() {
        if !title.is_empty() {
            let _ = write!(css, "#rows td:nth-child({})::before{{content:\"", at + 1);
            title.chars().for_each(|letter| quoted(&mut css, letter));
            css.push_str("\"}\n");
        }
    }
    Some(css)
}

/// A letter in a string of CSS: whatever is not one, nor a digit, is written as its number.
fn quoted(css: &mut String, letter: char) {
    match letter {
        ' ' => css.push(' '),
        letter if letter.is_alphanumeric() => css.push(letter),
        letter => {
            let _ = write!(css, "\\{:x} ", u32::from(letter));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_by_the_place_of_their_column() {
        let name = path(["", "Amount", "Кто \"&<}\\"].into_iter());
        assert!(name.is_ascii() && !name.contains(['"', '<', ' ']), "{name}");
        let expected = "#rows td:nth-child(2)::before{content:\"Amount\"}\n\
            #rows td:nth-child(3)::before{content:\"Кто \\22 \\26 \\3c \\7d \\5c \"}\n";
        assert_eq!(css(&name).as_deref(), Some(expected));
    }

    #[test]
    fn names_that_nobody_made() {
        assert_eq!(css("/billmgr/static/panel.css"), None);
        assert_eq!(css(PATH).as_deref(), Some(""));
        let many = path(["x"; 1000].into_iter());
        assert_eq!(css(&many).expect("a file").lines().count(), MAX_COLUMNS);
        let broken = format!("{PATH}t=%0a%00%ff</style>;}}*{{color:red");
        let broken = css(&broken).expect("a file");
        assert_eq!(broken.matches(['{', '}', ';', '<']).count(), 2, "{broken}");
    }
}
