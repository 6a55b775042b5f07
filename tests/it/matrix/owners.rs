//! Whose each row is.

use std::collections::{BTreeMap, BTreeSet};

use billmgr::auth::Scope;
use billmgr::db::Db;
use billmgr::doc::Node;

use crate::direct::tables::{self, Digests};
use crate::direct::{self, Answered, Row, SERVER};
use crate::support::World;

const ACCOUNTS: [&str; 6] = ["reseller", "reseller2", "client", "client2", "buyer", "buyer2"];
/// What is counted or numbered for all together.
const SHARED: [&str; 3] = ["generation", "counter", "company"];
/// Texts that only their owner may see.
const TEXTS: [(&str, &[&str]); 5] = [
    ("account", &["name"]),
    ("users", &["name", "realname", "email"]),
    ("profile", &["name", "person"]),
    ("payment", &["number", "description", "note", "externalid", "info"]),
    ("expense", &["name"]),
];

/// Gives every account rows in every table.
pub fn enrich(world: &World) {
    let call = |login: &str, func: &str, pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().copied().chain([("sok", "ok")]).collect();
        let done = direct::call(&world.app, login, func, &pairs);
        let done = done.unwrap_or_else(|error| panic!("{func} {pairs:?}: {error}"));
        done.doc.get_text("id").unwrap_or_default().to_owned()
    };
    for name in ACCOUNTS {
        let (account, subaccount) = (world.id(name), world.id(&format!("{name}_subaccount")));
        let of = |what: &str| format!("{what} of {name}");
        let (sender, note) = (of("Payer"), of("Note"));
        let payer = [("account", account), ("name", sender.as_str()), ("person", &of("Person"))];
        let profile = call(SERVER, "profile.edit", &payer);
        call(SERVER, "profile.company.resume", &[("plid", &profile), ("elid", world.id("company"))]);
        let (paymethod, amount) = (world.id("paymethod"), ("subaccountamount", "50.00"));
        let payment =
            [("plid", account), amount, ("paymethod", paymethod), ("sender", &profile), ("note", &note)];
        let payment = call(SERVER, "payment.edit", &payment);
        call(
            SERVER,
            "payment.setpaid",
            &[("elid", &payment), ("externalid", &of("Bank")), ("info", &of("Word"))],
        );
        let charge = [("subaccount", subaccount), ("name", &of("Charge")), ("amount", "5.00")];
        call(SERVER, "expense.edit", &charge);
        let second = [("plid", account), ("email", &format!("{name}-second")), ("realname", &of("Second"))];
        let second = call(SERVER, "user.edit", &second);
        call(name, "rights2.user.suspend", &[("plid", &second), ("elid", "payment.delete")]);
        call(name, "payment.filter", &[("number", "SEED")]);
        call(name, "payment.filter", &[]);
        call(name, "auth", &[]);
    }
}

/// One caller, what is his and what is others'.
pub struct Side {
    scope: Scope,
    pub own_account: i64,
    users: BTreeSet<String>,
    profiles: BTreeSet<String>,
    /// Ids by table: own, strangers'.
    ids: BTreeMap<String, (Vec<String>, Vec<String>)>,
    pub strangers_names: Vec<String>,
    texts: BTreeSet<String>,
}

impl Side {
    pub fn new(world: &World, login: &str) -> Self {
        let user = direct::caller(&world.app, login).user;
        let db = &world.app.db;
        let (scope, own_account) = (user.scope(), user.account_id);
        let owned = tables::names(db).into_iter().filter(|table| owner_column(db, table).is_some());
        let ids = owned.filter(|table| db.has_column(table, "id")).map(|table| {
            let rows = tables::rows(db, &table);
            let (own, others): (Vec<Row>, Vec<Row>) =
                rows.into_iter().partition(|row| is_own(scope, &table, row));
            let of = |rows: Vec<Row>| rows.into_iter().filter_map(|mut row| row.remove("id")).collect();
            (table, (of(own), of(others)))
        });
        let mut side = Self {
            scope,
            own_account,
            ids: ids.collect(),
            users: BTreeSet::new(),
            profiles: BTreeSet::new(),
            strangers_names: Vec::new(),
            texts: BTreeSet::new(),
        };
        side.users = side.ids["users"].0.iter().cloned().collect();
        side.profiles = side.ids["profile"].0.iter().cloned().collect();
        side.learn_texts(db);
        side
    }

    fn learn_texts(&mut self, db: &Db) {
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        for (table, columns) in TEXTS {
            for row in tables::rows(db, table) {
                let is_own = is_own(self.scope, table, &row);
                let texts = columns.iter().map(|column| row[*column].clone()).filter(|text| !text.is_empty());
                if table == "users" && !is_own {
                    self.strangers_names.push(row["name"].clone());
                }
                if is_own { own.extend(texts) } else { others.extend(texts) }
            }
        }
        self.texts = &others - &own;
    }

    pub fn has(&self, table: &str) -> bool {
        self.ids.contains_key(table)
    }

    pub fn own(&self, table: &str) -> Vec<&str> {
        self.ids.get(table).map(|(own, _)| own.iter().map(String::as_str).collect()).unwrap_or_default()
    }

    pub fn strangers(&self, table: &str) -> Vec<&str> {
        self.ids.get(table).map(|(_, others)| others.iter().map(String::as_str).collect()).unwrap_or_default()
    }

    /// Texts of an answer that only strangers have. What was sent comes back and tells nothing.
    pub fn strangers_texts(&self, answered: &Answered) -> Vec<String> {
        let cells = answered.rows.iter().flat_map(|row| row.values().cloned());
        let kids = answered.doc.kids.iter().filter(|kid| !["tparams", "elid", "plid"].contains(&&*kid.name));
        cells.chain(kids.flat_map(texts_of)).filter(|text| self.texts.contains(text)).collect()
    }

    /// The keys of a view's rows that are the caller's; nothing for a view of what is nobody's.
    pub fn own_keys(&self, db: &Db, view: &str) -> Option<BTreeSet<String>> {
        if !db.has_column(view, "account_id") || !db.has_column(view, "id") {
            return None;
        }
        let own = tables::rows(db, view).into_iter().filter(|row| is_own(self.scope, view, row));
        Some(own.filter_map(|mut row| row.remove("id")).collect())
    }

    /// All rows that are not the caller's.
    pub fn strangers_digests(&self, db: &Db) -> Digests {
        let names = tables::names(db).into_iter().filter(|name| !SHARED.contains(&name.as_str()));
        let digest = |name: String| {
            let rows = tables::rows(db, &name).into_iter().filter(|row| !self.is_mine(&name, row));
            let sum = rows.fold(0, |sum: u64, row| sum.wrapping_add(tables::hash(&row)));
            (name, sum)
        };
        names.map(digest).collect()
    }

    fn is_mine(&self, table: &str, row: &Row) -> bool {
        match (row.get("user_id"), row.get("profile_id")) {
            _ if row.contains_key("account_id") || table == "account" => is_own(self.scope, table, row),
            (Some(user), _) => self.users.contains(user),
            (_, Some(profile)) => self.profiles.contains(profile),
            _ => false,
        }
    }
}

fn texts_of(node: &Node) -> Vec<String> {
    let own = node.text.iter().cloned().chain(node.attrs.iter().map(|(_, value)| value.clone()));
    own.chain(node.kids.iter().flat_map(texts_of)).collect()
}

fn owner_column(db: &Db, table: &str) -> Option<&'static str> {
    match table {
        "account" => Some("id"),
        table => db.has_column(table, "account_id").then_some("account_id"),
    }
}

fn is_own(scope: Scope, table: &str, row: &Row) -> bool {
    let owner = if table == "account" { "id" } else { "account_id" };
    match scope {
        Scope::Account(id) => row[owner] == id.to_string(),
        Scope::Reseller(id) => row["reseller_id"] == id.to_string(),
        _ => false,
    }
}
