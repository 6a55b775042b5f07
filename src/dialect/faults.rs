//! What can be wrong with `funcs/dialect/*.xml`.

use super::part::{Call, Kind, Out};
use super::route::{Dialect, Errors, Route};
use super::{ALL, prepared};
use crate::error::Error;
use crate::rpc::meta::Shape;
use crate::rpc::registry::{Func, Registry};

/// Files that cannot be read, and routes to functions or parameters that are not there.
pub fn faults(registry: &Registry) -> Vec<String> {
    match &*ALL {
        Ok(all) => all.iter().flat_map(|dialect| faults_of(registry, dialect)).collect(),
        Err(fault) => vec![format!("dialect/{fault}")],
    }
}

fn faults_of(registry: &Registry, dialect: &Dialect) -> Vec<String> {
    let mut faults = Vec::new();
    let any = Error::system("any");
    if dialect.errors == Errors::Texts && !dialect.refusals.iter().any(|refusal| refusal.fits(&any)) {
        faults.push(format!("{}: there is no text for any other error", dialect.path));
    }
    for route in &dialect.routes {
        let of = format!("{} {}{}", dialect.path, route.endpoint, route.path);
        faults.extend(of_route(registry, route).map(|fault| format!("{of}: {fault}")));
    }
    faults
}

fn of_route(registry: &Registry, route: &Route) -> impl Iterator<Item = String> {
    let mut faults = Vec::new();
    if route.endpoint.is_empty() == route.path.is_empty() {
        faults.push("has an endpoint or a path, and one of them".to_owned());
    }
    let is_known = |name: &str| name.is_empty() || prepared::ALL.iter().any(|(have, _)| *have == name);
    if !is_known(&route.prepared) {
        faults.push(format!("nothing prepares `{}`", route.prepared));
    }
    for call in &route.calls {
        match registry.get(&call.func) {
            Some(func) => faults.extend(of_call(registry, call, &func)),
            None => faults.push(format!("there is no function `{}`", call.func)),
        }
    }
    faults.into_iter()
}

fn of_call(registry: &Registry, call: &Call, func: &Func) -> Vec<String> {
    let is_known = |name: &str| func.meta.shape() == Shape::List || func.meta.field(name).is_some();
    let unknown = call.sets.iter().filter(|set| !is_known(&set.name));
    let mut faults: Vec<String> =
        unknown.map(|set| format!("`{}` takes no `{}`", call.func, set.name)).collect();
    let of_rows = call.replies.iter().filter(|_| !func.meta.coldata.cols.is_empty());
    let outs = of_rows.flat_map(|reply| &reply.outs);
    let outs = outs.flat_map(|out| if out.is_list() { &out.outs[..] } else { std::slice::from_ref(out) });
    let is_read = |out: &&Out| {
        out.value.is_none()
            && out.each.is_empty()
            && out.func.is_empty()
            && !matches!(out.kind, Kind::Null | Kind::Empty)
    };
    let others: Vec<_> = func.meta.asked().filter_map(|(_, list)| registry.get(list)).collect();
    let has = |name: &str| {
        func.meta.col(name).is_some() || others.iter().any(|other| other.meta.col(name).is_some())
    };
    let missing = outs.filter(is_read).filter(|out| !has(out.from()));
    faults.extend(missing.map(|out| format!("`{}` has no column `{}`", call.func, out.from())));
    faults
}
