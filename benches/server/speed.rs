//! Calls against a fixed answer: lists, a form, a function without a database.

use super::bare::{FIXED_BYTES, FLOOR};
use super::child::Server;
use super::client::{self, always, get};
use super::data::{self, ADMIN, PASSWORD, SMALL};
use super::load::{Pace, Subject, in_turn};
use super::report::{Report, Target};
use billmgr::db::Db;

const ELID: i64 = 4711;

pub fn measure(pace: Pace, report: &mut Report) {
    let (dir, sessions) = data::prepare(SMALL, &[ADMIN]);
    let billmgr = Server::billmgr(&dir, "");
    let fixed = Server::fixed(FIXED_BYTES);
    let floor = Server::bare(&[FLOOR, &Db::file_url(&dir)]);
    let session = &sessions[0];
    let list = |out: &str| get(&format!("auth={session}&func=payment&p_cnt=50&out={out}"));
    let by_authinfo = get(&format!("authinfo=admin:{PASSWORD}&func=payment&p_cnt=50&out=xml"));
    let form = get(&format!("auth={session}&func=payment.edit&elid={ELID}&out=xml"));
    let page = get(&format!("auth={session}&func=payment&p_cnt=50"));
    let whoami = get(&format!("auth={session}&func=whoami&out=xml"));
    for (request, count) in [(&list("xml"), 50), (&by_authinfo, 50), (&form, 0), (&whoami, 0)] {
        let body = client::fetch(billmgr.port, request);
        assert!(body.contains("<doc ") && body.matches("<elem>").count() == count, "{body}");
    }
    let ask = |request: client::Request| move || always(request.clone());
    let measured = in_turn(
        pace,
        &[
            Subject::new("fixed body of 1.5 KB", &fixed, ask(get(""))),
            Subject::new("list floor: hyper and diesel alone", &floor, ask(get(""))),
            Subject::new("list of 50, session, xml", &billmgr, ask(list("xml"))),
            Subject::new("list of 50, session, json", &billmgr, ask(list("json"))),
            Subject::new("list of 50, session, page", &billmgr, ask(page)),
            Subject::new("list of 50, authinfo, xml", &billmgr, ask(by_authinfo)),
            Subject::new("form of one payment, session, xml", &billmgr, ask(form)),
            Subject::new("whoami, session, xml (no database)", &billmgr, ask(whoami)),
        ],
    );
    let [fixed, floor, xml, json, page, authinfo, form, whoami] = &measured[..] else { unreachable!() };
    report.rates(&measured);
    report.row("  list xml : fixed", xml.to(fixed), "x", Target::AtLeast(0.08));
    report.row("  list xml : floor", xml.to(floor), "x", Target::AtLeast(0.6));
    report.row("  list json : list xml", json.to(xml), "x", Target::AtLeast(1.0));
    report.row("  list page : list xml", page.to(xml), "x", Target::AtLeast(0.25));
    report.row("  list authinfo : list session", authinfo.to(xml), "x", Target::AtLeast(0.95));
    report.row("  form : fixed", form.to(fixed), "x", Target::AtLeast(0.35));
    report.row("  whoami : fixed", whoami.to(fixed), "x", Target::AtLeast(0.75));
}
