//! How fast the server is, told as ratios to a bare hyper server on the same machine.
//!
//! `cargo bench` runs everything, `cargo bench -- --quick` leaves out what needs a large database
//! or a quiet disk, `cargo bench -- sale monthly` runs the parts of these names. Nothing fails the run: the table and `target/bench.json` say `ok` or `below`.

mod server {
    pub mod bare;
    pub mod calls;
    pub mod child;
    pub mod client;
    pub mod credit;
    pub mod data;
    pub mod depth;
    pub mod export;
    pub mod load;
    pub mod memory;
    pub mod monthly;
    pub mod numbers;
    pub mod rating;
    pub mod report;
    pub mod sale;
    pub mod shop;
    pub mod sms;
    pub mod speed;
}

use std::time::Duration;

use server::load::Pace;
use server::report::Report;
use server::{bare, calls, credit, depth, export, memory, monthly, numbers, rating, sale, sms, speed};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [bare::FIXED, bytes] => bare::fixed(bytes.parse().expect("a number of bytes")),
        [bare::FLOOR, url] => bare::floor(url),
        _ => measure(&args),
    }
}

/// A part of the table, and whether it needs a large database or a quiet disk.
type Part = (&'static str, bool, fn(Pace, &mut Report));

const PARTS: [Part; 11] = [
    ("speed", false, speed::measure),
    ("memory", false, memory::measure),
    ("export", false, export::measure),
    ("depth", true, depth::measure),
    ("credit", true, credit::measure),
    ("sale", true, sale::measure),
    ("calls", true, calls::measure),
    ("monthly", true, monthly::measure),
    ("rating", true, rating::measure),
    ("sms", true, sms::measure),
    ("numbers", true, numbers::measure),
];

fn measure(args: &[String]) {
    let quick = args.iter().any(|arg| arg == "--quick");
    let pace = match quick {
        true => Pace { rounds: 3, round: Duration::from_millis(300) },
        false => Pace { rounds: 7, round: Duration::from_secs(1) },
    };
    let named: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with("--")).collect();
    let mut report = Report::new(quick);
    for (name, is_long, measure) in PARTS {
        if named.contains(&name) || (named.is_empty() && !(quick && is_long)) {
            measure(pace, &mut report);
        }
    }
    report.keep();
}
