//! What a template writes, up to a limit: a loop in it is not to take all memory.

use std::io;

pub struct Limited {
    bytes: Vec<u8>,
    most: usize,
}

impl Limited {
    pub fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most }
    }

    pub fn into_text(self) -> Result<String, std::string::FromUtf8Error> {
        String::from_utf8(self.bytes)
    }
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::Error::other("the template writes too much"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
