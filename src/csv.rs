//! Rows of files that others made: statements of banks, price lists, records of calls.

/// The cells of a row, in quotes where they hold the sign; a quote inside is doubled (RFC 4180).
pub fn cells(row: &str, sign: char) -> Vec<String> {
    let row = row.trim_end_matches('\r');
    if !row.contains('"') {
        return row.split(sign).map(str::to_owned).collect();
    }
    let (mut cells, mut quoted) = (vec![String::new()], false);
    let mut signs = row.chars().peekable();
    while let Some(next) = signs.next() {
        let cell = cells.last_mut().expect("there is always one");
        match next {
            '"' if quoted && signs.peek() == Some(&'"') => {
                cell.push('"');
                signs.next();
            }
            '"' => quoted = !quoted,
            next if next == sign && !quoted => cells.push(String::new()),
            next => cell.push(next),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn rows() {
        for (row, expected) in [
            ("a;\"b;\"\"c\"\"\";", &["a", "b;\"c\"", ""][..]),
            ("a;;b\r", &["a", "", "b"]),
            ("\"a\";b\r", &["a", "b"]),
            ("", &[""]),
            ("a;\"never closed;b", &["a", "never closed;b"]),
        ] {
            assert_eq!(cells(row, ';'), expected, "{row}");
        }
    }
}
