//! Services of the demo year: ordered, renewed, changed, suspended, closed, and some that wait.

use super::stage::{Pairs, Stage};
use crate::error::Result;
use crate::jobs;
use crate::outbox::worker;

/// What a client does with services on a day of the year.
struct Deed {
    day: i64,
    login: &'static str,
    func: &'static str,
    /// Under which name the service is remembered; "" for what makes none.
    name: &'static str,
    pairs: Pairs<'static>,
}

const fn deed(
    day: i64,
    login: &'static str,
    func: &'static str,
    name: &'static str,
    pairs: Pairs<'static>,
) -> Deed {
    Deed { day, login, func, name, pairs }
}

const AT_ONCE: (&str, &str) = ("skipbasket", "on");
const START: (&str, &str) = ("pricelist", "@pricelist.vds.start");
const BUSINESS: (&str, &str) = ("pricelist", "@pricelist.vds.business");
const AGREED: (&str, &str) = ("licence_agreement", "on");
const MONTH: (&str, &str) = ("period", "1");

const DEEDS: &[Deed] = &[
    deed(
        30,
        "client",
        "vds.order.param",
        "item.www",
        &[START, MONTH, ("domain", "www.example.com"), AT_ONCE],
    ),
    deed(
        45,
        "client",
        "vhost.order.param",
        "item.site",
        &[("pricelist", "@pricelist.vhost.lite"), MONTH, ("domain", "site.example.com"), AT_ONCE],
    ),
    deed(
        90,
        "client",
        "soft.order.param",
        "item.panel",
        &[("pricelist", "@pricelist.soft.lite"), MONTH, ("licname", "panel of www"), AT_ONCE],
    ),
    deed(
        150,
        "client",
        "vds.order.param",
        "item.shop",
        &[BUSINESS, MONTH, ("domain", "shop.example.com"), AGREED, AT_ONCE],
    ),
    deed(200, "client", "service.changepricelist.getmoney", "", &[("elid", "@item.www"), BUSINESS]),
    deed(
        240,
        "client",
        "vds.order.param",
        "item.test",
        &[START, MONTH, ("domain", "test.example.com"), AT_ONCE],
    ),
    deed(262, "client", "vds.delete", "", &[("elid", "@item.test")]),
    deed(
        300,
        "client",
        "vds.order.param",
        "item.trial",
        &[START, ("period", "-100"), ("domain", "trial.example.com"), AT_ONCE],
    ),
    deed(330, "client", "service.unsubscribe", "", &[("elid", "@item.site")]),
    deed(360, "admin", "vds.suspend", "", &[("elid", "@item.shop")]),
    deed(
        363,
        "client",
        "vds.order.param",
        "item.manual",
        &[START, MONTH, ("domain", "manual.example.com"), AT_ONCE],
    ),
    deed(
        363,
        "client",
        "vds.order.param",
        "item.fail",
        &[START, MONTH, ("domain", "fail.example.com"), AT_ONCE],
    ),
    deed(364, "client", "vds.order.param", "item.cart", &[START, MONTH, ("domain", "cart.example.com")]),
    deed(364, "shop1", "vds.order.param", "item.shop1", &[START, MONTH, ("domain", "shop1.example.com")]),
];

/// What staff have to do: types of tasks, a task, and one that an operation needs.
pub fn tasks(stage: &mut Stage) -> Result<()> {
    let kind = [("name", "Open by hand"), ("intname", "open"), ("department", "support")];
    stage.make("tasktype.open", "admin", "tasktype.edit", &kind)?;
    let task = [
        ("name", "Call the data center"),
        ("department", "support"),
        ("message", "Ask when the new rack is ready."),
    ];
    stage.make("task.rack", "admin", "task.simple.create", &task).map(drop)
}

/// Days between two runs of the billing jobs; the server itself runs them each minute.
const JOB_DAYS: i64 = 2;

pub fn day(stage: &mut Stage, day: i64) -> Result<()> {
    for deed in DEEDS.iter().filter(|deed| deed.day == day) {
        match deed.name {
            "" => drop(stage.call(deed.login, deed.func, deed.pairs)?),
            name => drop(stage.make(name, deed.login, deed.func, deed.pairs)?),
        }
        work_off(stage)?;
    }
    if day % JOB_DAYS == 0 {
        jobs::run_all(&stage.app, stage.app.clock.now_us());
        work_off(stage)?;
    }
    Ok(())
}

fn work_off(stage: &Stage) -> Result<()> {
    while worker::run_due(&stage.app)? > 0 {}
    Ok(())
}
