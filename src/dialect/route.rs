//! What `funcs/dialect/*.xml` says, and what can be wrong with it.

use serde::Deserialize;

use super::ALL;
use crate::rpc::meta::Shape;
use crate::rpc::registry::Registry;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@path")]
    pub path: String,
    /// The kinds of keys that open it, separated by blanks.
    #[serde(rename = "@keys")]
    pub keys: String,
    /// The member that says whether it was done: `success` or `ok`.
    #[serde(rename = "@ok")]
    pub ok: String,
    #[serde(rename = "@amounts")]
    pub amounts: Amounts,
    #[serde(rename = "@flags")]
    pub flags: Flags,
    #[serde(rename = "route")]
    pub routes: Vec<Route>,
}

/// How money is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amounts {
    /// `"1.0000"`
    Text,
    /// `1`, `0.5`
    Number,
}

/// How yes and no are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flags {
    /// 1 and 0
    Number,
    /// true and false
    Bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its names, separated by blanks.
    #[serde(rename = "@endpoint")]
    pub endpoint: String,
    /// The methods that it takes, separated by blanks; a POST is submitted.
    #[serde(default = "get", rename = "@method")]
    pub method: String,
    /// Takes `limit` and `offset`.
    #[serde(default, rename = "@pages")]
    pub pages: Option<i64>,
    /// What is said where it was done.
    #[serde(default, rename = "@message")]
    pub message: String,
    #[serde(default, rename = "in")]
    pub inputs: Vec<In>,
    #[serde(rename = "call")]
    pub calls: Vec<Call>,
}

fn get() -> String {
    "GET".to_owned()
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Text,
    Int,
    Bool,
    /// Text or number, without an exponent.
    Amount,
    /// The login of a client, which becomes the id of his account.
    Login,
    /// The amount of a document: `5.00 EUR`.
    Money,
    /// Several texts, which become lines.
    List,
}

/// A parameter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct In {
    #[serde(rename = "@name")]
    pub name: String,
    /// What we call it, by as many names as there are words; the same where nothing is said.
    #[serde(default, rename = "@to")]
    to: String,
    #[serde(default, rename = "@kind")]
    pub kind: Kind,
    #[serde(default, rename = "@required")]
    required: String,
    /// The kinds of keys that send it, separated by blanks; of others it has no effect. All where nothing is
    /// said.
    #[serde(default, rename = "@keys")]
    keys: String,
    /// The header of a request that stands for it where it is not sent.
    #[serde(default, rename = "@header")]
    pub header: String,
}

/// One of our functions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    #[serde(rename = "@func")]
    pub func: String,
    /// `active=on`: only where the parameter has this value.
    #[serde(default, rename = "@when")]
    pub when: String,
    #[serde(default, rename = "set")]
    pub sets: Vec<Set>,
    #[serde(default, rename = "reply")]
    pub replies: Vec<Reply>,
}

/// A parameter that is always the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@value")]
    pub value: String,
}

/// A part of the reply.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The member: `data`, or `data/sip` for one inside of it; "" for the reply itself.
    #[serde(default, rename = "@at")]
    pub at: String,
    /// A list of all rows, not an object: `yes`, or the name of the elements that a document has.
    #[serde(default, rename = "@rows")]
    pub rows: String,
    /// A list of the texts of the elements that a document has under this name; left out where there are
    /// none.
    #[serde(default, rename = "@texts")]
    pub texts: String,
    #[serde(default, rename = "out")]
    pub outs: Vec<Out>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Out {
    #[serde(rename = "@name")]
    pub name: String,
    /// What we call it; the same where nothing is said.
    #[serde(default, rename = "@from")]
    from: String,
    /// Of values that a document has as text.
    #[serde(default, rename = "@kind")]
    pub kind: Kind,
    /// Always this.
    #[serde(default, rename = "@value")]
    pub value: Option<String>,
    /// Not the value, but whether it is one of these, separated by blanks.
    #[serde(default, rename = "@is")]
    pub is: Option<String>,
    /// Left out where there is none.
    #[serde(default, rename = "@optional")]
    optional: String,
    /// A list: what differs between rows that are alike in all else.
    #[serde(default, rename = "out")]
    pub outs: Vec<Out>,
}

impl Dialect {
    pub fn route(&self, endpoint: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.endpoint.split(' ').any(|name| name == endpoint))
    }
}

impl Route {
    pub fn takes(&self, method: &str) -> bool {
        self.method.split(' ').any(|one| one == method)
    }
}

impl In {
    pub fn to(&self) -> impl Iterator<Item = &str> {
        if self.to.is_empty() { &self.name } else { &self.to }.split(' ')
    }

    pub fn is_required(&self) -> bool {
        self.required == "yes"
    }

    /// Does a key of that kind send it?
    pub fn is_taken(&self, key: &str) -> bool {
        self.keys.is_empty() || self.keys.split(' ').any(|kind| kind == key)
    }
}

impl Out {
    pub fn is_list(&self) -> bool {
        !self.outs.is_empty()
    }

    pub fn is_optional(&self) -> bool {
        self.optional == "yes"
    }

    pub fn from(&self) -> &str {
        if self.from.is_empty() { &self.name } else { &self.from }
    }
}

/// Files that cannot be read, and routes to functions or parameters that are not there.
pub fn faults(registry: &Registry) -> Vec<String> {
    match &*ALL {
        Ok(all) => all.iter().flat_map(|dialect| faults_of(registry, dialect)).collect(),
        Err(fault) => vec![format!("dialect/{fault}")],
    }
}

fn faults_of(registry: &Registry, dialect: &Dialect) -> Vec<String> {
    let mut faults = Vec::new();
    for route in &dialect.routes {
        let of = format!("{} {}", dialect.path, route.endpoint);
        for call in &route.calls {
            let Some(func) = registry.get(&call.func) else {
                faults.push(format!("{of}: there is no function `{}`", call.func));
                continue;
            };
            let is_known = |name: &str| func.meta.shape() == Shape::List || func.meta.field(name).is_some();
            let unknown = call.sets.iter().filter(|set| !is_known(&set.name));
            faults.extend(unknown.map(|set| format!("{of}: `{}` takes no `{}`", call.func, set.name)));
            let of_rows = call.replies.iter().filter(|_| !func.meta.coldata.cols.is_empty());
            let outs = of_rows.flat_map(|reply| &reply.outs);
            let outs =
                outs.flat_map(|out| if out.is_list() { &out.outs[..] } else { std::slice::from_ref(out) });
            let outs = outs.filter(|out| out.value.is_none());
            let others: Vec<_> = func.meta.asked().filter_map(|(_, list)| registry.get(list)).collect();
            let has = |name: &str| {
                func.meta.col(name).is_some() || others.iter().any(|other| other.meta.col(name).is_some())
            };
            let missing = outs.filter(|out| !has(out.from()));
            faults.extend(missing.map(|out| format!("{of}: `{}` has no column `{}`", call.func, out.from())));
        }
    }
    faults
}
