//! Whose each row is.

mod numbers;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use billmgr::auth::Scope;
use billmgr::db::Db;
use billmgr::doc::Node;

use crate::direct::tables::{self, Digests};
use crate::direct::{self, Answered, Row, SERVER};
use crate::support::World;

const ACCOUNTS: [&str; 6] = ["reseller", "reseller2", "client", "client2", "buyer", "buyer2"];
/// What is counted or numbered for all together; and 250 rows that no client's function writes to.
const SHARED: [&str; 7] =
    ["generation", "counter", "company", "company_contract", "country", "promotion", "coupon"];
/// What a direct client has no rows in: only the provider, resellers and their clients do.
const UNCLIENTED: [&str; 6] = ["plan", "rate", "voucher", "reseller_transfer", "agentpayment", "sms_price"];
/// What only direct clients have: vendors, and what is theirs.
const DIRECT: [&str; 3] = ["num_vendor", "num_phone", "num_payout"];
/// So many records of each stranger are asked for, of each table.
const RECORDS_MAX: usize = 2;
/// Texts that only their owner may see.
const TEXTS: [(&str, &[&str]); 20] = [
    ("account_discount", &["name"]),
    ("invoice", &["number", "note"]),
    ("contract", &["number", "note"]),
    ("account", &["name"]),
    ("users", &["name", "realname", "email"]),
    ("profile", &["name", "person"]),
    ("payment", &["number", "description", "note", "externalid", "info"]),
    ("expense", &["name"]),
    ("sip", &["name", "secret"]),
    ("ipauth", &["peer_name", "ip"]),
    ("sip_contact", &["uri", "name"]),
    ("callerid", &["name"]),
    ("voucher", &["code"]),
    ("sms_message", &["text"]),
    ("sms_scheduled", &["text"]),
    ("sms_campaign", &["text"]),
    ("esim_order", &["our_ref", "external_id", "iccid", "matching_id"]),
    ("num_order", &["ref"]),
    ("num_sms", &["text"]),
    ("num_payout", &["receiver"]),
];

/// Gives every account rows in every table, and adds one that has nothing which would keep it from
/// being deleted.
pub fn enrich(world: &World) {
    let call = |login: &str, func: &str, pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().copied().chain([("sok", "ok")]).collect();
        let done = direct::call(&world.app, login, func, &pairs);
        let done = done.unwrap_or_else(|error| panic!("{func} {pairs:?}: {error}"));
        done.doc.get_text("id").unwrap_or_default().to_owned()
    };
    bare(&call, world.id("project"));
    let company = world.id("company");
    call(SERVER, "company.edit", &[("elid", company), ("invoice_numtmpl", "INV-{number}")]);
    let kind = [("plid", company), ("name", "Contract"), ("numtmpl", "C-{number}")];
    let kind = call(SERVER, "company.contract.edit", &kind);
    let promotion = [("name", "Promotion"), ("project", world.id("project")), ("promocode", "FOR-ALL")];
    let promotion = call(SERVER, "promotion.edit", &promotion);
    let tenth = [("plid", promotion.as_str()), ("name", "Tenth"), ("percentvalue", "10")];
    call(SERVER, "promotion.discount.edit", &tenth);
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
        let contract = [("profile", profile.as_str()), ("contracttype", &kind), ("note", &of("Terms"))];
        call(SERVER, "contract.edit", &contract);
        let today = [("fromdate", "2026-06-15"), ("todate", "2026-06-15")];
        let order = [[("company", company), ("customer", profile.as_str())], today].concat();
        call(SERVER, "reconciliation.generate", &order);
        call(SERVER, "invoice.generate", &[&order[..], &[("gentype", "customer")]].concat());
        let own = [("plid", account), ("name", &of("Discount")), ("percentvalue", "5")];
        call(SERVER, "account.discount.edit", &[&own[..], &[("project", world.id("project"))]].concat());
        call(name, "coupon.use", &[("coupon", "FOR-ALL")]);
        call(SERVER, "subaccount.edit", &[("elid", subaccount), ("creditlimit", "1.00")]);
        let second = [("plid", account), ("email", &format!("{name}-second")), ("realname", &of("Second"))];
        let second = call(SERVER, "user.edit", &second);
        call(name, "rights2.user.suspend", &[("plid", &second), ("elid", "payment.delete")]);
        call(name, "payment.filter", &[("number", "SEED")]);
        call(name, "payment.filter", &[]);
        call(name, "auth", &[]);
    }
    lines(world);
    crate::calls_money::rows::fill(world);
    plans(world, &call);
    credit(world, &call);
    messages(world, &call);
    mobile(world, &call);
    for invoice in tables::ids(&world.app.db, "invoice") {
        call(SERVER, "invoice.status.1", &[("elid", &invoice)]);
    }
    call(
        SERVER,
        "invoice.generate",
        &[("company", company), ("fromdate", "2026-06-15"), ("todate", "2026-06-15")],
    );
}

/// An account that has nothing which would keep it from being deleted.
fn bare(call: &impl Fn(&str, &str, &[(&str, &str)]) -> String, project: &str) {
    call(SERVER, "account.edit", &[("email", "bare"), ("realname", "Bare"), ("project", project)]);
}

/// Gives every client a telephone line, and a voucher that he redeems beside one that nobody has.
fn lines(world: &World) {
    let call = |login: &str, func: &str, pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().copied().chain([("sok", "ok")]).collect();
        let done = direct::call(&world.app, login, func, &pairs);
        done.unwrap_or_else(|error| panic!("{func} {pairs:?}: {error}"))
    };
    let issuers = [("client", SERVER), ("client2", SERVER), ("buyer", "reseller"), ("buyer2", "reseller2")];
    for (at, (name, issuer)) in issuers.into_iter().enumerate() {
        let made = call(SERVER, "sip.edit", &[("plid", world.id(name))]);
        let (ip, label) = (format!("203.0.113.{}", at + 1), format!("Caller of {name}"));
        call(name, "ipauth.edit", &[("sip", made.text("name")), ("ip", &ip)]);
        call(name, "callerid.edit", &[("cid", "+37120000000"), ("name", &label), ("active", "on")]);
        let voucher = [("project", world.id("project")), ("amount", "1"), ("count", "2")];
        let voucher = call(issuer, "voucher.edit", &voucher);
        call(name, "voucher.redeem", &[("code", voucher.text("code"))]);
    }
}

/// Calls as a user and answers the id of what was made.
type Call<'c> = &'c dyn Fn(&str, &str, &[(&str, &str)]) -> String;

/// A call plan with a rate, one of each reseller that follows it, and what everybody may change to.
fn plans(world: &World, call: Call) {
    let plan = [("name", "Plan"), ("project", world.id("project")), ("currency", world.id("euro"))];
    let plan = call(SERVER, "plan.edit", &plan);
    call(SERVER, "rate.import", &[("plan", &plan), ("data", "1,Land,1")]);
    for name in ["reseller", "reseller2"] {
        call(SERVER, "account.plan", &[("elid", world.id(name)), ("plan", &plan)]);
    }
    for row in tables::rows(&world.app.db, "plan_grant_list") {
        call(SERVER, "plan.grant.resume", &[("plid", &row["plan_id"]), ("elid", &row["id"])]);
    }
}

/// A key of everybody, and what resellers gave their clients and took from them.
fn credit(world: &World, call: Call) {
    for name in ACCOUNTS {
        call(SERVER, "apikey.edit", &[("plid", world.id(name)), ("name", &format!("Key of {name}"))]);
    }
    for (name, reseller) in [("buyer", "reseller"), ("buyer2", "reseller2")] {
        let (account, reference) = (world.id(name), format!("Credit of {name}"));
        call(
            reseller,
            "account.transfer",
            &[("plid", account), ("amount", "1"), ("external_id", &reference)],
        );
        let payment = [("plid", account), ("amount", "1"), ("currency", "EUR"), ("provider", "plisio")];
        let payment = [&payment[..], &[("external_id", &reference), ("status", "paid")]].concat();
        call(reseller, "payment.register", &payment);
    }
}

/// A provider of messages, a price of each reseller, and of every client a message that was sent, one for
/// later and a campaign.
fn messages(world: &World, call: Call) {
    let provider =
        call(SERVER, "sms.provider.edit", &[("code", "own"), ("name", "Own"), ("kind", "sandbox")]);
    let rate = [("provider", provider.as_str()), ("prefix", "1"), ("currency", world.id("euro"))];
    let rate =
        call(SERVER, "sms.rate.edit", &[&rate[..], &[("retail", "0.01"), ("wholesale", "0.001")]].concat());
    for name in ["reseller", "reseller2"] {
        call(name, "sms.rate.setprice", &[("elid", &rate), ("price", "0.02")]);
    }
    for name in ["client", "client2", "buyer", "buyer2"] {
        let of = |what: &str| format!("{what} of {name}");
        let to = [("phone", "+1234567890"), ("provider", "own")];
        call(name, "sms.send", &[&to[..], &[("text", &of("Message"))]].concat());
        let later = [("text", of("Later")), ("date", "2027-01-01 10:00:00".to_owned())];
        let later: Vec<_> = later.iter().map(|(name, value)| (*name, value.as_str())).collect();
        call(name, "sms.scheduled.edit", &[&to[..], &later].concat());
        let many =
            [("provider", "own"), ("phones", "+1234567890 +1234567891"), ("date", "2027-01-01 10:00:00")];
        call(name, "sms.campaign.edit", &[&many[..], &[("text", &of("Campaign"))]].concat());
    }
}

/// Numbers and mobile data.
fn mobile(world: &World, call: Call) {
    esims(world, call);
    numbers::fill(world, call);
}

/// What everybody has bought of mobile data.
fn esims(world: &World, call: Call) {
    let of = [("project", world.id("project")), ("currency", world.id("euro"))];
    let own = [("code", "sandbox"), ("name", "Sandbox"), ("kind", "sandbox"), ("markup_client", "50")];
    let provider = call(SERVER, "esim.provider.edit", &[&own[..], &of].concat());
    call(SERVER, "esim.package.sync", &[("provider", &provider)]);
    for name in ACCOUNTS {
        let reference = format!("Order of {name}");
        call(name, "esim.buy", &[("package", "EU1GNOW"), ("external_id", &reference)]);
    }
}

/// One caller, what is his and what is others'.
pub struct Side {
    scope: Scope,
    pub own_account: i64,
    /// Ids by table: own, strangers'.
    ids: BTreeMap<String, (Vec<String>, Vec<String>)>,
    pub strangers_names: Vec<String>,
    texts: BTreeSet<String>,
    /// Keys of the caller's rows by view, as they were last read.
    keys: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Side {
    pub fn new(world: &World, login: &str) -> Self {
        let user = direct::caller(&world.app, login).user;
        let db = &world.app.db;
        let (scope, own_account) = (user.scope(), user.account_id);
        let owned =
            tables::names(db).into_iter().filter(|table| table == "account" || Self::is_owned(db, table));
        let ids = owned.map(|table| {
            let rows = tables::rows(db, &table);
            let (own, others): (Vec<Row>, Vec<Row>) =
                rows.into_iter().partition(|row| is_own(scope, &table, row));
            let mut own: Vec<String> = own.into_iter().filter_map(|mut row| row.remove("id")).collect();
            own.sort_by_key(|id| number(id));
            (table.clone(), (own, newest(&table, others)))
        });
        let mut side = Self {
            scope,
            own_account,
            ids: ids.collect(),
            strangers_names: Vec::new(),
            texts: BTreeSet::new(),
            keys: RefCell::default(),
        };
        side.learn_texts(db);
        side.assert_whole(login);
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

    /// What nobody has cannot be asked for.
    fn assert_whole(&self, login: &str) {
        let is_client = matches!(self.scope, Scope::Account(_));
        let is_direct = login.starts_with("client");
        let may_lack = |table: &str| {
            (is_client && UNCLIENTED.contains(&table)) || (!is_direct && DIRECT.contains(&table))
        };
        let lacks = self
            .ids
            .iter()
            .filter(|(table, (own, others))| (own.is_empty() && !may_lack(table)) || others.is_empty());
        let lacks: Vec<&String> = lacks.map(|(table, _)| table).collect();
        assert!(lacks.is_empty(), "{login} or the strangers have no rows in {lacks:?}");
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

    /// Do the rows of a view belong to somebody?
    pub fn is_owned(db: &Db, view: &str) -> bool {
        db.has_column(view, "account_id") && db.has_column(view, "id")
    }

    /// Is it the id of a stranger's record that was there from the beginning?
    pub fn is_asked_for(&self, table: &str, id: &str) -> bool {
        self.strangers(table).contains(&id)
    }

    /// Is the row of that key a stranger's?
    pub fn is_strangers(&self, db: &Db, view: &str, key: &str) -> bool {
        if !Self::is_owned(db, view) {
            return false;
        }
        let is_known =
            |keys: &BTreeMap<String, BTreeSet<String>>| keys.get(view).is_some_and(|own| own.contains(key));
        if !is_known(&self.keys.borrow()) {
            self.keys.borrow_mut().insert(view.to_owned(), self.own_now(db, view));
        }
        !is_known(&self.keys.borrow())
    }

    /// The ids of a table or view that are the caller's by now.
    pub fn own_now(&self, db: &Db, table: &str) -> BTreeSet<String> {
        let rows = tables::rows(db, table).into_iter().filter(|row| is_own(self.scope, table, row));
        rows.filter_map(|mut row| row.remove("id")).collect()
    }

    /// All rows that are not the caller's.
    pub fn strangers_digests(&self, db: &Db) -> Digests {
        let own = |table: &str| self.own_now(db, table);
        // The columns that say whose a row is where it does not say so itself.
        let by = [("user_id", own("users")), ("profile_id", own("profile")), ("owner_id", own("account"))];
        let is_mine = |table: &str, row: &Row| match row.contains_key("account_id") || table == "account" {
            true => is_own(self.scope, table, row),
            false => by.iter().any(|(column, own)| row.get(*column).is_some_and(|id| own.contains(id))),
        };
        let names = tables::names(db).into_iter().filter(|name| !SHARED.contains(&name.as_str()));
        let digest = |name: String| {
            let rows = tables::rows(db, &name).into_iter().filter(|row| !is_mine(&name, row));
            let sum = rows.fold(0, |sum: u64, row| sum.wrapping_add(tables::hash(&row)));
            (name, sum)
        };
        names.map(digest).collect()
    }
}

fn number(id: &str) -> i64 {
    id.parse().unwrap_or_default()
}

/// The ids of rows, the newest few of each owner.
fn newest(table: &str, mut rows: Vec<Row>) -> Vec<String> {
    let owner = if table == "account" { "id" } else { "account_id" };
    rows.sort_by_key(|row| Reverse(number(&row["id"])));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    rows.retain(|row| {
        let count = counts.entry(row[owner].clone()).or_default();
        *count += 1;
        *count <= RECORDS_MAX
    });
    rows.into_iter().filter_map(|mut row| row.remove("id")).collect()
}

fn texts_of(node: &Node) -> Vec<String> {
    let own = node.text.iter().chain(node.attrs.iter().map(|(_, value)| value));
    own.map(ToString::to_string).chain(node.kids.iter().flat_map(texts_of)).collect()
}

fn is_own(scope: Scope, table: &str, row: &Row) -> bool {
    let owner = if table == "account" { "id" } else { "account_id" };
    match scope {
        Scope::Account(id) => row[owner] == id.to_string(),
        Scope::Reseller(id) => row.get("reseller_id").is_some_and(|reseller| *reseller == id.to_string()),
        _ => false,
    }
}
