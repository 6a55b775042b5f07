//! How fast the server is, told as ratios to a bare hyper server on the same machine.
//!
//! `cargo bench` runs everything, `cargo bench -- --quick` leaves out what needs a large database
//! or a quiet disk. Nothing fails the run: the table and `target/bench.json` say `ok` or `below`.

mod server {
    pub mod bare;
    pub mod child;
    pub mod client;
    pub mod credit;
    pub mod data;
    pub mod depth;
    pub mod load;
    pub mod memory;
    pub mod report;
    pub mod speed;
}

use std::time::Duration;

use server::load::Pace;
use server::report::Report;
use server::{bare, credit, depth, memory, speed};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [bare::FIXED] => bare::fixed(),
        [bare::FLOOR, url] => bare::floor(url),
        _ => measure(&args),
    }
}

fn measure(args: &[String]) {
    let quick = args.iter().any(|arg| arg == "--quick");
    let pace = match quick {
        true => Pace { rounds: 3, round: Duration::from_millis(300) },
        false => Pace { rounds: 7, round: Duration::from_secs(1) },
    };
    let mut report = Report::new(quick);
    speed::measure(pace, &mut report);
    memory::measure(pace, &mut report);
    if !quick {
        depth::measure(pace, &mut report);
        credit::measure(pace, &mut report);
    }
    report.keep();
}
