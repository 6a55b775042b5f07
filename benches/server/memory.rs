//! Memory at rest and under attack, and the time until the first answer.

use std::time::{Duration, Instant};

use super::child::Server;
use super::client::{self, Request, always, get, with_headers};
use super::data::{self, ADMIN, SMALL};
use super::load::{CONNECTIONS, Pace, median};
use super::report::{Report, Target};

const IDLE_CONNECTIONS: usize = 500;
const SIGN_INS: usize = 200;

pub fn measure(pace: Pace, report: &mut Report) {
    let (dir, sessions) = data::prepare(SMALL, &[ADMIN]);
    let list = get(&format!("auth={}&func=payment&p_cnt=50&out=xml", sessions[0]));
    let starts: Vec<f64> = (0..pace.rounds).map(|_| start_ms(&dir, &list)).collect();
    report.row("start to the first answered list", median(&starts), "ms", Target::AtMost(100.0));

    // The attack comes from everywhere: a proxy is believed about it.
    let server = Server::billmgr(&dir, "TrustedProxy 127.0.0.1\n");
    client::fetch(server.port, &list);
    std::thread::sleep(Duration::from_secs(1));
    report.row("memory at rest", server.rss_mib(), "MiB", Target::AtMost(30.0));
    let rss = client::holding(server.port, IDLE_CONNECTIONS, &list, || server.rss_mib());
    report.row("memory with 500 idle connections", rss, "MiB", Target::AtMost(64.0));
    attack(pace, &server, &list, report);
}

fn start_ms(dir: &std::path::Path, list: &Request) -> f64 {
    let start = Instant::now();
    let server = Server::billmgr(dir, "");
    let body = client::fetch(server.port, list);
    let ms = start.elapsed().as_secs_f64() * 1000.0;
    assert!(body.contains("<elem>"), "{body}");
    server.stop();
    ms
}

/// Lists of a session while 200 wrong passwords of different users and networks wait for argon2.
fn attack(pace: Pace, server: &Server, list: &Request, report: &mut Report) {
    let lists = || client::load(server.port, CONNECTIONS, pace.round, always(list.clone())).rate();
    lists();
    let (mut ratios, mut added) = (Vec::new(), Vec::new());
    for round in 0..pace.rounds {
        let (calm, before) = (lists(), server.rss_mib());
        server.forget_peak();
        let busy = std::thread::scope(|scope| {
            let attack = scope.spawn(|| sign_in(server.port, round));
            std::thread::sleep(Duration::from_millis(100));
            let busy = lists();
            attack.join().expect("every sign-in is answered");
            busy
        });
        ratios.push(busy / calm);
        added.push(server.peak_mib() - before);
    }
    let most = added.iter().copied().fold(f64::MIN, f64::max);
    report.row("200 bad sign-ins at once: memory added", most, "MiB", Target::AtMost(64.0));
    let ratio = median(&ratios);
    report.row("  list meanwhile : list in peace", ratio, "x", Target::AtLeast(0.5));
}

fn sign_in(port: u16, round: usize) {
    let request = move |turn: usize| {
        let ip = format!("x-forwarded-for: 10.{round}.{turn}.1\r\n");
        with_headers(&format!("func=auth&username=client{}&password=wrong&out=xml", 3 + turn), &ip)
    };
    let requests = Box::new((0..SIGN_INS).map(request));
    let load = client::load(port, SIGN_INS, Duration::from_secs(60), requests);
    assert_eq!(load.latencies_us.len(), SIGN_INS);
}
