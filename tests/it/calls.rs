//! Transcripts: what is sent and what must come back, as text in `tests/calls`.
//!
//! A file is run by one world, twice: once every call that names no method is a GET, once a POST
//! (operations.md R1).

mod check;
mod parse;
mod run;

use std::path::PathBuf;
use std::time::Duration;

use billmgr::books;

use crate::support::{Engine, World};

pub fn directory() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "calls"].iter().collect()
}

fn play(file: &str, engine: Engine) {
    if !engine.is_here() {
        return;
    }
    let path = directory().join(format!("{file}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
    let script = parse::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let mut faults = Vec::new();
    for method in ["GET", "POST"] {
        let world = World::new(engine);
        let mut found = run::run(&world, &script, method);
        found.extend(unbalanced(&world));
        faults.extend(found.into_iter().map(|fault| format!("{file}.txt:{fault} ({method}, {engine:?})")));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// R234 Whatever was called, all entries come to nothing and each balance is the sum of its own.
fn unbalanced(world: &World) -> Vec<String> {
    let report =
        world.app.db.read(Duration::from_secs(60), books::check::run).expect("the books can be read");
    report.faults.iter().map(|fault| format!(" in the end: {fault:?}")).collect()
}

macro_rules! transcripts {
    ($($file:ident)+) => {
        const FILES: &[&str] = &[$(stringify!($file)),+];
        $(mod $file {
            #[test]
            fn sqlite() {
                super::play(stringify!($file), crate::support::Engine::Sqlite);
            }

            #[test]
            fn postgres() {
                super::play(stringify!($file), crate::support::Engine::Postgres);
            }
        })+
    };
}

transcripts!(
    authinfo bad_input callbacks cards contracts dashboard domains first_steps formats forms imports
    invoices lang lists number_vendor objects orders payment_status payments promotions recovery
    register rules sales saved_filters services sign_in staff statements su
    tariffs telecom_calls telecom_client_api telecom_credit telecom_esim number_catalogue number_orders number_sandbox telecom_lines telecom_plans telecom_rates telecom_reseller_api
    telecom_sms telecom_sms_reseller telecom_sms_staff telecom_vouchers
    v1_guest v1_orders v1_vendor
);

#[test]
fn every_transcript_is_played() {
    let files = std::fs::read_dir(directory()).expect("tests/calls is there");
    let names = files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    let mut there: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".txt")?.to_owned())).collect();
    let mut played: Vec<String> = FILES.iter().map(|file| (*file).to_owned()).collect();
    there.sort();
    played.sort();
    assert_eq!(there, played);
}
