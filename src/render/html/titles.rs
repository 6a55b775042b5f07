//! The titles of tables' columns as a stylesheet: on a narrow window rows are cards, and each value
//! has its title before it. The policy allows no style within a page, an attribute in every cell
//! would be much of a long list, and so the words stand in the name of a file that wide windows
//! do not wait for.

use std::fmt::Write;

use form_urlencoded::{Serializer, parse};

const PATH: &str = "/billmgr/static/titles.css/";
pub const MIME: &str = "text/css; charset=UTF-8";
/// Names of the parts of a file's name: the element that holds a table, and the titles of its columns.
const TABLE: &str = "i";
const TITLE: &str = "t";

/// What somebody may have made up is worked out no further.
const MAX_WORDS: usize = 300;

/// The name of the file for these tables, each by the id of what holds it; a column without a title is "".
pub fn path<'a, T: Iterator<Item = &'a str>>(tables: impl Iterator<Item = (&'a str, T)>) -> String {
    let mut path = Serializer::new(PATH.to_owned());
    for (id, titles) in tables {
        path.append_pair(TABLE, id).extend_pairs(titles.map(|title| (TITLE, title)));
    }
    path.finish()
}

/// The content of a file by its whole path.
pub fn css(path: &str) -> Option<String> {
    let words = path.strip_prefix(PATH)?;
    let mut css = String::with_capacity(words.len() + 1024);
    let (mut id, mut column) = (String::new(), 0);
    for (name, word) in parse(words.as_bytes()).take(MAX_WORDS) {
        if name == TABLE {
            (id, column) = (word.into_owned(), 0);
            continue;
        }
        column += 1;
        if !word.is_empty() && is_id(&id) {
            let _ = write!(css, "#{id} td:nth-child({column})::before{{content:\"");
            word.chars().for_each(|letter| quoted(&mut css, letter));
            css.push_str("\"}\n");
        }
    }
    Some(css)
}

fn is_id(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    id.starts_with(|first: char| first.is_ascii_alphabetic()) && id.bytes().all(is_plain)
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

    fn one(titles: &[&str]) -> String {
        path([("rows", titles.iter().copied())].into_iter())
    }

    #[test]
    fn titles_by_the_place_of_their_column() {
        let name = one(&["", "Amount", "Кто \"&<}\\"]);
        assert!(name.is_ascii() && !name.contains(['"', '<', ' ']), "{name}");
        let expected = "#rows td:nth-child(2)::before{content:\"Amount\"}\n\
            #rows td:nth-child(3)::before{content:\"Кто \\22 \\26 \\3c \\7d \\5c \"}\n";
        assert_eq!(css(&name).as_deref(), Some(expected));
        let two = path([("a", ["x"].into_iter()), ("b-1", ["y"].into_iter())].into_iter());
        let expected =
            "#a td:nth-child(1)::before{content:\"x\"}\n#b-1 td:nth-child(1)::before{content:\"y\"}\n";
        assert_eq!(css(&two).as_deref(), Some(expected));
    }

    #[test]
    fn names_that_nobody_made() {
        assert_eq!(css("/billmgr/static/panel.css"), None);
        for nothing in
            ["", "t=x", "i=&t=x", "i=1&t=x", "i=a{}&t=x", "i=a%20b&t=x", "i=%2a&t=x", "i=rows", "x"]
        {
            assert_eq!(css(&format!("{PATH}{nothing}")).as_deref(), Some(""), "{nothing}");
        }
        let many = one(&["x"; 1000]);
        assert_eq!(css(&many).expect("a file").lines().count(), MAX_WORDS - 1);
        let broken = format!("{PATH}i=rows&t=%0a%00%ff</style>;}}*{{color:red");
        let broken = css(&broken).expect("a file");
        assert_eq!(broken.matches(['{', '}', ';', '<']).count(), 2, "{broken}");
    }
}
