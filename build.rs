//! Packs `funcs/`: it is read once, at start, and as it is written it would stay in the server's memory.

use std::path::Path;
use std::{env, fs, io};

use flate2::Compression;
use flate2::read::DeflateEncoder;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=funcs");
    let out = env::var("OUT_DIR").expect("cargo names a directory for what is built");
    let place = |name: &str| Path::new(&out).join(name);
    fs::write(place("funcs.rs"), packed("funcs", &place("funcs"))?)?;
    fs::write(place("dialects.rs"), packed("funcs/dialect", &place("dialects"))?)
}

/// Rust's words for the files of a folder, by name, each packed alone: `[("payment.xml", b"…"), …]`.
fn packed(folder: &str, to: &Path) -> io::Result<String> {
    fs::create_dir_all(to)?;
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".xml"))
        .collect();
    names.sort();
    let mut list = String::from("&[");
    for name in names {
        let file = to.join(&name);
        let text = fs::File::open(Path::new(folder).join(&name))?;
        io::copy(&mut DeflateEncoder::new(text, Compression::best()), &mut fs::File::create(&file)?)?;
        list += &format!("({name:?}, include_bytes!({file:?})),\n");
    }
    Ok(list + "]")
}
