//! The data that every world begins with, made through the functions that anybody calls.

pub mod goods;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use billmgr::app::{App, Place};
use billmgr::auth::{Caller, Via};
use billmgr::cell::{Cell, Column};
use billmgr::db::{Db, Kind, Sql};
use billmgr::doc::Node;
use billmgr::params::Params;
use billmgr::rpc::{self, list::RowSink};
use billmgr::seal::Sealer;
use billmgr::settings::Origin;
use billmgr::time::{Clock, Zone};
use billmgr::{first_start, functions};

use super::database::Names;

/// The password of every user of a world.
pub const PASSWORD: &str = "seed-password";

/// Rows that nobody wants.
pub struct NoRows;

impl RowSink for NoRows {
    fn list(&mut self, _columns: &[Column], _key: &str) {}
    fn row(&mut self, _columns: &[Column], _cells: &[Cell]) -> billmgr::error::Result<()> {
        Ok(())
    }
}

/// When every world begins.
pub fn start_us() -> i64 {
    Zone::utc().parse_time("2026-06-15 12:00:00").expect("a moment")
}

/// The server's own program over a database.
pub fn app(url: &str, data_dir: &Path, origin: Origin) -> Arc<App> {
    let db = Arc::new(Db::open(url).expect("the database opens"));
    let mut registry = functions().expect("the functions are whole");
    billmgr::start::learn(&mut registry, data_dir).unwrap_or_else(|fault| panic!("{}", fault.0));
    let registry = Arc::new(registry);
    let faults = rpc::audit::schema_faults(&registry, &db);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let panel = billmgr::settings::stored(&db).expect("the settings can be read");
    let config = origin.load(&panel).unwrap_or_else(|faults| panic!("configuration: {faults:?}"));
    let place = Place { origin, data_dir: data_dir.to_owned(), simulates: false };
    // A world is a copy of a database that was filled elsewhere, so all have the same key.
    let sealer = Sealer::in_memory([7; 32]);
    App::new(db, registry, Clock::fixed(start_us()), config, sealer, place)
}

/// Fills an empty database. Answers what was made by name: `client` is an account,
/// `client_user` its user, `client_payment` a payment of it, and so on.
pub fn fill(url: &str, data_dir: &Path) -> Names {
    let app = app(url, data_dir, Origin::default());
    first_start::run(&app, false).expect("an empty database is filled");
    let mut seed = Seed { app, names: Names::new() };
    seed.providers();
    seed.accounts();
    seed.staff();
    set_passwords(&seed.app);
    seed.money();
    goods::fill(&mut seed);
    seed.papers();
    seed.names
}

/// The demo's year, with the password of a world for whoever signs in.
pub fn fill_demo(url: &str, data_dir: &Path) {
    let app = app(url, data_dir, Origin::default());
    first_start::run(&app, true).expect("the demo is filled");
    set_passwords(&app);
}

/// The cheapest hash that argon2 has, so that a sign-in in a test costs nothing.
fn set_passwords(app: &App) {
    let cheap = argon2::Params::new(8, 1, 1, None).expect("the least that argon2 takes");
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, cheap);
    let hash = argon2.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string();
    let set = move |conn: &mut _| Sql::new("UPDATE users SET password = ").bind(hash.as_str()).execute(conn);
    app.db.write(set).expect("passwords are set");
    app.access.clear();
}

pub struct Seed {
    app: Arc<App>,
    names: Names,
}

impl Seed {
    /// A call by the server itself, or as a user.
    fn call(&self, user: &str, func: &str, params: &[(&str, &str)]) -> Node {
        let caller = match user {
            "" => Caller::own(),
            name => {
                let user = self.app.access.user_named(&self.app.db, name).expect("users can be read");
                let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
                Caller::new(user.unwrap_or_else(|| panic!("no user {name}")), ip, Via::Own)
            }
        };
        let fixed = [("func", func), ("sok", "ok")];
        let params = Params::of(fixed.into_iter().chain(params.iter().copied()));
        let answer = rpc::call(&self.app, &caller, &params, rpc::BUDGET_SLOW, &mut NoRows);
        answer.unwrap_or_else(|error| panic!("{func} {params:?}: {error}")).doc
    }

    /// Makes a record and keeps its id under a name.
    fn make(&mut self, name: &str, user: &str, func: &str, params: &[(&str, &str)]) -> String {
        let doc = self.call(user, func, params);
        let id = doc.get_text("id").unwrap_or_else(|| panic!("{func} answers no id")).to_owned();
        for also in ["user", "subaccount"] {
            if let Some(id) = doc.get_text(also) {
                self.names.insert(format!("{name}_{also}"), id.to_owned());
            }
        }
        self.names.insert(name.to_owned(), id.clone());
        id
    }

    fn id_of(&self, table: &str, column: &str, value: &str) -> String {
        let sql = Sql::new("SELECT id FROM ").word(table).sql(" WHERE ").word(column).sql(" = ").bind(value);
        let row = self.app.db.read(rpc::BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]));
        row.expect("a table can be read").unwrap_or_else(|| panic!("no {table} {value}"))[0].int().to_string()
    }

    fn providers(&mut self) {
        let euro = self.id_of("currency", "iso", "EUR");
        let latvia = self.id_of("country", "iso2", "LV");
        let company = self.make(
            "company",
            "",
            "company.edit",
            &[("name", "Seed Ltd"), ("country", &latvia), ("payment_numtmpl", "SEED-{number}")],
        );
        let project = self.make(
            "project",
            "",
            "project.edit",
            &[("name", "Seed Hosting"), ("currency", &euro), ("company", &company)],
        );
        self.make(
            "paymethod",
            "",
            "paymethod.edit",
            &[
                ("name", "Bank transfer"),
                ("module", "pmbank"),
                ("currency", &euro),
                ("project", &project),
                ("company", &company),
            ],
        );
        self.names.extend([("euro".into(), euro), ("latvia".into(), latvia)]);
    }

    /// Each account's user has the name of the account.
    fn accounts(&mut self) {
        for (name, by, reseller) in [
            ("reseller", "", "on"),
            ("reseller2", "", "on"),
            ("client", "", "off"),
            ("client2", "", "off"),
            ("buyer", "reseller", "off"),
            ("buyer2", "reseller2", "off"),
        ] {
            let project = self.names["project"].clone();
            self.make(
                name,
                by,
                "account.edit",
                &[
                    ("email", name),
                    ("realname", &format!("Name of {name}")),
                    ("project", &project),
                    ("reseller", reseller),
                ],
            );
        }
        for name in ["client", "client2", "buyer", "buyer2"] {
            let account = self.names[name].clone();
            let payer = format!("Payer of {name}");
            self.make(
                &format!("{name}_profile"),
                "",
                "profile.edit",
                &[("account", &account), ("name", &payer)],
            );
        }
    }

    /// An administrator, an employee whose rights are limited, and a user who may not sign in.
    fn staff(&mut self) {
        self.names.insert("admin_user".into(), self.id_of("users", "name", "admin"));
        self.make("employee_user", "", "user.edit", &[("email", "employee")]);
        let client = self.names["client"].clone();
        let locked = self.make("locked_user", "", "user.edit", &[("plid", &client), ("email", "locked")]);
        self.call("", "user.suspend", &[("elid", &locked)]);
        let done = self.app.db.write(|conn| {
            Sql::new("UPDATE users SET is_restricted = TRUE WHERE name = ").bind("employee").execute(conn)
        });
        done.expect("an employee is restricted");
        self.app.access.clear();
    }

    /// A template, a kind of contract, and a contract of it with client2.
    fn papers(&mut self) {
        let (company, payer) = (self.names["company"].clone(), self.names["client2_profile"].clone());
        self.make("doctmpl", "", "doctmpl.edit", &[("name", "Seed invoice"), ("type", "invoice")]);
        let kind = [("plid", company.as_str()), ("name", "Seed contract"), ("numtmpl", "SC-{number}")];
        let kind = self.make("contract_kind", "", "company.contract.edit", &kind);
        let contract = [("profile", payer.as_str()), ("contracttype", &kind)];
        self.make("client2_contract", "", "contract.edit", &contract);
    }

    /// A payment of 10.00 each; client has 100.00, of which an expense took 20.00 and tax.
    fn money(&mut self) {
        let paymethod = self.names["paymethod"].clone();
        for name in ["client", "client2", "buyer", "buyer2"] {
            let account = self.names[name].clone();
            self.make(
                &format!("{name}_payment"),
                "",
                "payment.edit",
                &[
                    ("plid", &account),
                    ("subaccountamount", "10.00"),
                    ("paymethod", &paymethod),
                    ("description", &format!("First of {name}")),
                ],
            );
        }
        let account = self.names["client"].clone();
        let paid = self.make(
            "client_paid",
            "",
            "payment.edit",
            &[("plid", &account), ("subaccountamount", "100.00"), ("paymethod", &paymethod)],
        );
        self.call("", "payment.setpaid", &[("elid", &paid)]);
        let subaccount = self.names["client_subaccount"].clone();
        self.make(
            "client_expense",
            "",
            "expense.edit",
            &[
                ("subaccount", &subaccount),
                ("name", "Hosting in June"),
                ("amount", "20.00"),
                ("taxrate", "20"),
            ],
        );
    }
}
