//! Lines of text from a peer that may send anything: bounded, whatever it sends.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

pub struct Lines<R>(BufReader<R>);

/// A line without its end. `whole`: nothing was cut off it.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub whole: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub fn new(reader: R) -> Self {
        Self(BufReader::new(reader))
    }

    /// The next line, no more than `max` bytes of which are kept; nothing at the end.
    pub async fn next(&mut self, max: usize) -> io::Result<Option<Line>> {
        let (mut kept, mut whole, mut any) = (Vec::new(), true, false);
        loop {
            let buffer = self.0.fill_buf().await?;
            if buffer.is_empty() {
                return Ok(any.then(|| line(&kept, whole)));
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = max.saturating_sub(kept.len());
            whole &= part.len() <= room;
            kept.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.0.consume(used);
            if end.is_some() {
                return Ok(Some(line(&kept, whole)));
            }
        }
    }
}

fn line(bytes: &[u8], whole: bool) -> Line {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    Line { text: String::from_utf8_lossy(bytes).into_owned(), whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_bounded() {
        let text = b"one\r\ntwo\n\n0123456789\n\xff\xfe\nrest".to_vec();
        let mut lines = Lines::new(&text[..]);
        let mut found = Vec::new();
        while let Some(line) = lines.next(6).await.expect("a line") {
            found.push((line.text, line.whole));
        }
        let expected = [
            ("one", true),
            ("two", true),
            ("", true),
            ("012345", false),
            ("\u{fffd}\u{fffd}", true),
            ("rest", true),
        ];
        assert_eq!(found, expected.map(|(text, whole)| (text.to_owned(), whole)));
    }
}
