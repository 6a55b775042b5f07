//! The code of an eSIM, read by a decoder that is not ours.

use std::io::Read;

use billmgr::auth::{Caller, Via};
use billmgr::params::Params;
use billmgr::rpc::{self, BUDGET_SLOW};

use super::Shop;
use crate::support::seed::NoRows;
use crate::support::{World, worlds};

/// Width, and what is dark.
type Picture = (usize, Vec<bool>);

fn file(world: &World, id: &str, format: &str) -> Vec<u8> {
    let user = world.app.access.user_named(&world.app.db, "client").expect("users").expect("a user");
    let caller = Caller::new(user, [127, 0, 0, 1].into(), Via::Own);
    let params = Params::of([("func", "esim.qr"), ("elid", id), ("format", format)]);
    let answer = rpc::call(&world.app, &caller, &params, BUDGET_SLOW, &mut NoRows).expect("a picture");
    answer.file.expect("a file").bytes
}

fn read((width, dark): &Picture) -> String {
    let grey = |x: usize, y: usize| if dark[y * width + x] { 0 } else { 255 };
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(*width, *width, grey);
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "one code is seen");
    grids[0].decode().expect("a code that can be read").1
}

/// One bit a pixel, without filters.
fn of_png(bytes: &[u8]) -> Picture {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("a PNG");
    let (mut width, mut packed) = (0, Vec::new());
    while rest.len() >= 12 {
        let size = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let (kind, data) = (&rest[4..8], &rest[8..8 + size]);
        let mut crc = flate2::Crc::new();
        crc.update(&rest[4..8 + size]);
        assert_eq!(crc.sum().to_be_bytes(), rest[8 + size..12 + size]);
        match kind {
            b"IHDR" => {
                width = u32::from_be_bytes(data[..4].try_into().unwrap()) as usize;
                assert_eq!(data[4..], [&(width as u32).to_be_bytes()[..], &[1, 0, 0, 0, 0]].concat());
            }
            b"IDAT" => packed.extend_from_slice(data),
            other => assert_eq!(other, b"IEND"),
        }
        rest = &rest[12 + size..];
    }
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut bytes).expect("pixels");
    let line = 1 + width.div_ceil(8);
    let pixel = |y: usize, x: usize| bytes[y * line + 1 + x / 8] & (0x80 >> (x % 8)) == 0;
    assert!((0..width).all(|y| bytes[y * line] == 0));
    (width, (0..width * width).map(|at| pixel(at / width, at % width)).collect())
}

/// Runs `M<x> <y>h<length>…z`, ten pixels a module.
fn of_svg(bytes: &[u8]) -> Picture {
    const SCALE: usize = 10;
    let text = std::str::from_utf8(bytes).expect("text");
    let (_, view) = text.split_once("viewBox=\"0 0 ").expect("a size");
    let side: usize = view.split(' ').next().unwrap().parse().expect("a number");
    let (_, path) = text.split_once("fill=\"#000\" d=\"").expect("a path");
    let path = path.split('"').next().unwrap();
    let width = side * SCALE;
    let mut dark = vec![false; width * width];
    for run in path.split('z').filter(|run| !run.is_empty()) {
        let numbers: Vec<usize> =
            run.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
        let [column, row, length, ..] = numbers[..] else { panic!("{run}") };
        for y in row * SCALE..(row + 1) * SCALE {
            dark[y * width + column * SCALE..y * width + (column + length) * SCALE].fill(true);
        }
    }
    (width, dark)
}

worlds! {
    fn a_telephone_reads_the_code(world: &World) {
        let shop = Shop::new(world);
        let id = shop.order("client", "EU1GNOW");
        let info = world.done("client", &format!("func=esim.info&elid={id}"));
        let lpa = info.get_text("lpa").expect("an activation code");
        assert!(lpa.starts_with("LPA:1$smdp.sandbox.example$"), "{lpa}");
        assert!(billmgr::telecom::esim::profile::is_iccid(info.get_text("iccid").expect("an ICCID")));
        assert_eq!(read(&of_png(&file(world, &id, "png"))), lpa);
        assert_eq!(read(&of_svg(&file(world, &id, "svg"))), lpa);
        // The panel shows it, and a browser may load it.
        let session = world.sign_in("client");
        let page = world.get(&format!("func=esim.info&elid={id}&auth={session}"));
        assert!(page.body.contains(&format!("src=\"?func=esim.qr&amp;format=svg&amp;elid={id}\"")), "{}", page.body);
    }
}
