//! The built-in module for trying things out: it does everything at once and gives what a real one
//! would, the same for the same service. It touches nothing outside.
//!
//! A service whose name begins with `fail` fails, with `fail-once` at the first attempt only, with
//! `manual` a person is asked for.

use super::{Effects, Job};
use crate::outbox::Settled;
use crate::outbox::worker::Acted;
use crate::service::domain;
use crate::service::status::Operation;

pub fn act(job: &Job) -> Acted {
    let name = job.item_name.as_str();
    let is_first = job.due.attempts == 0;
    match name {
        _ if name.starts_with("fail-once") && !is_first => done(job),
        _ if name.starts_with("fail") => {
            Acted::failed("the sandbox was told to fail", format!("name {name}"))
        }
        _ if name.starts_with("manual") => {
            Acted::new(Settled::Manual { error: "the sandbox was told to ask for a person".into() })
        }
        _ => done(job),
    }
}

fn done(job: &Job) -> Acted {
    let id = job.due.item_id;
    let effects = match job.operation {
        Operation::Open if job.itemtype == domain::KIND => registered(id),
        Operation::Open => opened(id),
        Operation::NewKey => Effects {
            params: vec![("lickey".into(), key(&format!("{id}:{}", job.due.reference)), false)],
            ..Effects::default()
        },
        _ => Effects::default(),
    };
    Acted { settled: Settled::Done, effects }
}

fn opened(id: i64) -> Effects {
    let params = vec![
        ("username".into(), format!("user{id}"), false),
        ("password".into(), digest(&format!("password:{id}"))[..16].to_owned(), true),
        ("lickey".into(), key(&id.to_string()), false),
    ];
    Effects { ip: Some(address(id)), params }
}

/// What a registrar tells of a domain.
fn registered(id: i64) -> Effects {
    let code = digest(&format!("transfer:{id}"))[..12].to_owned();
    Effects { params: vec![("auth_code".into(), code, true)], ..Effects::default() }
}

/// Of the networks that are set aside for documentation.
fn address(id: i64) -> String {
    let networks = ["203.0.113", "198.51.100", "192.0.2"];
    let network = networks[(id / 254).rem_euclid(3) as usize];
    format!("{network}.{}", id.rem_euclid(254) + 1)
}

/// `4F2A-91C0-77DE-0B31`
fn key(seed: &str) -> String {
    let digest = digest(&format!("license:{seed}")).to_uppercase();
    [&digest[..4], &digest[4..8], &digest[8..12], &digest[12..16]].join("-")
}

fn digest(seed: &str) -> String {
    blake3::hash(seed.as_bytes()).to_hex().to_string()
}
