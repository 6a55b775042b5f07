//! The commands beside `serve`. What touches the data is asked of the running server; without one
//! it is done here, under the lock of the data directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::app::Place;
use crate::db::Db;
use crate::first_start::goods;
use crate::jobs::{self, simulate};
use crate::rpc::registry::Registry;
use crate::rpc::types::{self, ItemType};
use crate::seal::{self, Sealer};
use crate::settings::Origin;
use crate::start::*;
use crate::time::{Clock, Zone};
use crate::{books, functions, mgrctl};

const CHECK_BUDGET: Duration = Duration::from_secs(600);

/// `billmgr funcs`: with `--data` the product types of that database, else the delivered ones.
pub fn print_funcs(options: &Options) -> ExitCode {
    use std::io::Write;
    finished(all_functions(options).map(|registry| {
        let mut out = std::io::stdout().lock();
        for func in registry.all() {
            let (shape, level) = (func.meta.shape().name(), func.meta.level.name());
            // A reader that has seen enough closes the pipe; that is no fault.
            let _ = writeln!(out, "{} {shape} {level}", func.name());
        }
    }))
}

fn all_functions(options: &Options) -> Outcome<Registry> {
    let registry = functions().map_err(lines)?;
    let types = match options.data {
        Some(_) => {
            let (_, config, data_dir) = place(options)?;
            let db = Db::open(&database_url(&config, &data_dir)).map_err(opening)?;
            db.read(CHECK_BUDGET, types::load)?
        }
        None => goods::type_names().map(|name| ItemType::new(0, name, name, name)).collect(),
    };
    registry.families.set(types);
    Ok(registry)
}

/// `billmgr check`: the ledger, alone or through the running server's database.
pub fn check(options: &Options) -> ExitCode {
    finished(check_ledger(options))
}

fn check_ledger(options: &Options) -> Outcome<()> {
    let origin = Origin { file: options.config.clone(), ..Origin::default() };
    let config = origin.load(&BTreeMap::new()).map_err(lines)?;
    let data_dir = data_dir(options, &config);
    let db = Db::open(&database_url(&config, &data_dir))?;
    let report = db.read(CHECK_BUDGET, books::check::run)?;
    for debt in &report.debts {
        println!("debt: {}: {}", debt.name, debt.detail);
    }
    println!("ledger {}", db.read(CHECK_BUDGET, books::check::digest)?);
    let faults = report.faults.iter().map(|fault| format!("{}: {} {}", fault.rule, fault.name, fault.detail));
    let faults: Vec<String> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(Fault(faults.join("\n"))) }
}

/// `billmgr key rotate`: by the running server, which has the keys in use; else here.
pub fn rotate_key(options: &Options) -> ExitCode {
    finished(rotate(options))
}

fn rotate(options: &Options) -> Outcome<()> {
    let origin = Origin { file: options.config.clone(), ..Origin::default() };
    let config = origin.load(&BTreeMap::new()).map_err(lines)?;
    let data_dir = data_dir(options, &config);
    let Ok(_lock) = lock(&data_dir) else {
        print!("{}", mgrctl::command(socket(&config, &data_dir), "/mgrctl/rotate")?);
        return Ok(());
    };
    let path = key_file(&config, &data_dir);
    if !path.exists() {
        return Err(Fault(format!("{}: there is no key to replace", path.display())));
    }
    let db = Db::open(&database_url(&config, &data_dir)).map_err(opening)?;
    let sealer = Sealer::start(&db, &path)?;
    let report = seal::rotate::run(&db, &sealer, seal::SEALED)?;
    if !report.unreadable.is_empty() {
        return Err(Fault(report.to_string()));
    }
    print!("{report}");
    Ok(())
}

/// `billmgr job NAME --at TIME`.
pub fn job(options: &Options, name: &str, at: Option<&str>) -> ExitCode {
    finished(run_job(options, name, at))
}

fn run_job(options: &Options, name: &str, at: Option<&str>) -> Outcome<()> {
    let place = place(options)?;
    let Ok(_lock) = lock(&place.2) else {
        let at = at.map_or(String::new(), |at| format!("&at={}", urlencoded(at)));
        let uri = format!("/mgrctl/job?name={}{at}", urlencoded(name));
        print!("{}", mgrctl::command(socket(&place.1, &place.2), &uri)?);
        return Ok(());
    };
    let app = open(place)?;
    let zone = app.config.load().time_zone.clone();
    let now_us = moment(&zone, at, app.clock.now_us())?;
    println!("{}", jobs::run_named(&app, name, now_us)?);
    Ok(())
}

/// `billmgr simulate --until DATE`: on a copy, while the server goes on.
pub fn simulate(options: &Options, until: &str) -> ExitCode {
    finished(run_simulation(options, until))
}

fn run_simulation(options: &Options, until: &str) -> Outcome<()> {
    let (origin, config, data_dir) = place(options)?;
    let until_us = moment(&config.time_zone, Some(until), 0)?;
    let scratch = Scratch::new(&data_dir)?;
    Db::copy(&database_url(&config, &data_dir), &scratch.0.join("billmgr.db"))?;
    let copy = Db::open(&Db::file_url(&scratch.0)).map_err(opening)?;
    let sealer = Sealer::start(&copy, &key_file(&config, &data_dir))?;
    let clock = Clock::fixed(Clock::system().now_us());
    let simulated = Place { origin, data_dir: scratch.0.clone(), simulates: true };
    let app = over(copy, clock, sealer, simulated)?;
    print!("{}", simulate::told(&simulate::run(&app, until_us)?));
    let report = app.db.read(CHECK_BUDGET, books::check::run)?;
    match report.faults.is_empty() {
        true => Ok(()),
        false => Err(Fault("the ledger of the copy is not in order: see `billmgr check`".into())),
    }
}

/// A directory of the data directory that goes away with the simulation.
struct Scratch(PathBuf);

impl Scratch {
    fn new(data_dir: &Path) -> Outcome<Self> {
        let dir = data_dir.join(format!("simulate.{}", std::process::id()));
        std::fs::create_dir(&dir).map_err(|cause| format!("{}: {cause}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `2026-12-01` or `2026-12-01 06:00:00` in the server's zone; nothing is now.
pub fn moment(zone: &Zone, at: Option<&str>, now_us: i64) -> Result<i64, String> {
    let parsed = at.map_or(Some(now_us), |at| zone.parse_time(at));
    parsed.ok_or_else(|| {
        format!("`{}` is no moment; write 2026-12-31 or '2026-12-31 06:00:00'", at.unwrap_or(""))
    })
}

fn urlencoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
