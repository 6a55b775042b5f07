//! What `build.rs` packed: the metadata, for who reads it at start.

use std::io::Read;

use flate2::read::DeflateDecoder;

/// Names of files, and what they were packed to.
pub type Packed = &'static [(&'static str, &'static [u8])];

pub static FUNCS: Packed = include!(concat!(env!("OUT_DIR"), "/funcs.rs"));
pub static DIALECTS: Packed = include!(concat!(env!("OUT_DIR"), "/dialects.rs"));

/// The texts by name, one after the other: each is gone before the next is there.
pub fn texts(files: Packed) -> impl Iterator<Item = (String, String)> {
    files.iter().map(|(name, bytes)| {
        let mut text = String::new();
        let read = DeflateDecoder::new(*bytes).read_to_string(&mut text);
        read.expect("what was packed when this program was built is whole");
        ((*name).to_owned(), text)
    })
}
