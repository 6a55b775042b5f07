//! Ways into the panel for who has no password: many at once, what letters hold, and what nobody may
//! learn or bring about.

use std::thread;

use billmgr::auth::proof;
use billmgr::db::{Kind, Sql};
use billmgr::doc::Node;
use billmgr::outbox::worker;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::time::MINUTE_US;

use crate::support::{Reply, Request, World, dom, worlds};

const FORM: &str = "application/x-www-form-urlencoded";
const ANNA: &str = "anna@example.com";

/// A call by nobody from an address of its own.
fn ask(world: &World, from: &str, query: &str) -> Reply {
    let request = Request::post("/billmgr", FORM, format!("{query}&out=xml"));
    request.header("X-Forwarded-For", from).send(world.address)
}

fn doc(reply: &Reply) -> Node {
    dom::parse(&reply.body).unwrap_or_else(|why| panic!("{why}: {}", reply.body))
}

/// `ok`, or the type and object of an error.
fn outcome(reply: &Reply) -> String {
    let doc = doc(reply);
    let attr = |error: &Node, name| error.get_attr(name).unwrap_or_default().to_owned();
    match doc.get("error") {
        Some(error) => format!("{} {}", attr(error, "type"), attr(error, "object")),
        None => "ok".to_owned(),
    }
}

fn register(world: &World, more: &str) -> Node {
    let reply = ask(world, "192.0.2.1", &format!("func=register&email={ANNA}{more}&sok=ok"));
    assert_eq!(outcome(&reply), "ok", "{}", reply.body);
    doc(&reply)
}

fn work(world: &World) -> usize {
    worker::run_due(&world.app).expect("the outbox is worked off")
}

/// The value of a parameter of the link in the newest letter.
fn in_letter(world: &World, name: &str) -> String {
    let letter = world.letter();
    let (_, rest) = letter.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("no {name}: {letter}"));
    rest.split(|c: char| c.is_whitespace() || c == '&').next().unwrap_or_default().to_owned()
}

fn count(world: &World, sql: &'static str) -> i64 {
    let row = world.app.db.read(BUDGET_SLOW, |conn| Sql::new(sql).first(conn, &[Kind::Int]));
    row.expect("a statement").expect("a row")[0].int()
}

/// Twenty at once, each from an address of its own.
fn at_once(world: &World, query: &str) -> Vec<String> {
    thread::scope(|scope| {
        let call = |at: usize| move || outcome(&ask(world, &format!("10.0.{at}.1"), query));
        let threads: Vec<_> = (0..20).map(|at| scope.spawn(call(at))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

worlds! {
    /// Two of one address, at once, are one client.
    fn one_client_of_many(world: &World) {
        let accounts = count(world, "SELECT COUNT(*) FROM account");
        let found = at_once(world, &format!("func=register&email={ANNA}&passwd=long-enough&sok=ok"));
        assert_eq!(found.iter().filter(|outcome| *outcome == "ok").count(), 1, "{found:?}");
        assert_eq!(found.iter().filter(|outcome| *outcome == "exists email").count(), 19, "{found:?}");
        assert_eq!(count(world, "SELECT COUNT(*) FROM account"), accounts + 1);
        assert_eq!(count(world, "SELECT COUNT(*) FROM users WHERE email = 'anna@example.com'"), 1);
        assert_eq!(count(world, "SELECT COUNT(*) FROM subaccount"), accounts + 1);
        assert_eq!(count(world, "SELECT COUNT(*) FROM user_proof"), 1);
    }

    /// A secret that is shown twenty times at once sets the password once.
    fn one_password_of_many(world: &World) {
        let made = register(world, "");
        let user = made.get_text("user.id").expect("a user").to_owned();
        work(world);
        let (user_id, secret) = (in_letter(world, "userid"), in_letter(world, "secret"));
        assert_eq!((user_id, secret.len()), (user.clone(), 64));
        let query = format!("func=recovery.change&userid={user}&secret={secret}&password=long-enough&sok=ok");
        let found = at_once(world, &query);
        assert_eq!(found.iter().filter(|outcome| *outcome == "ok").count(), 1, "{found:?}");
        assert_eq!(found.iter().filter(|outcome| *outcome == "value secret").count(), 19, "{found:?}");
    }

    /// Three letters an hour, also where twenty are asked for at once.
    fn three_letters_of_many(world: &World) {
        register(world, "&passwd=long-enough");
        let found = at_once(world, &format!("func=recovery&email={ANNA}&sok=ok"));
        assert!(found.iter().all(|outcome| outcome == "ok"), "{found:?}");
        assert_eq!(count(world, "SELECT COUNT(*) FROM user_proof WHERE kind = 'recovery'"), 3);
        assert_eq!(count(world, "SELECT COUNT(*) FROM user_proof WHERE kind = 'recovery' AND used_at = 0"), 1);
        work(world);
        let letters = std::fs::read_dir(world.dir().join("mail")).expect("letters").count();
        assert_eq!(letters, 2, "the confirmation, and the newest of the three");
        assert_eq!(count(world, "SELECT COUNT(*) FROM outbox WHERE intname IN ('recovery', 'email') AND state <> 'done'"), 0);
    }

    /// Ten letters a day to one address, whatever they are for.
    fn ten_letters_a_day(world: &World) {
        register(world, "&passwd=long-enough");
        for at in 0..14 {
            world.clock.advance_us(61 * MINUTE_US);
            let from = format!("10.1.{at}.1");
            assert_eq!(outcome(&ask(world, &from, &format!("func=recovery&email={ANNA}&sok=ok"))), "ok");
        }
        assert_eq!(count(world, "SELECT COUNT(*) FROM user_proof"), 10);
    }

    /// Nothing of what a letter proves, and no password, is kept in words.
    fn secrets_are_kept_nowhere(world: &World) {
        register(world, "");
        work(world);
        let secret = in_letter(world, "secret");
        assert!(!world.everything().contains(&secret));
        let user = in_letter(world, "userid");
        let query = format!("func=recovery.change&userid={user}&secret={secret}&password=not-to-be-read&sok=ok");
        assert_eq!(outcome(&ask(world, "192.0.2.1", &query)), "ok");
        let everything = world.everything();
        assert!(!everything.contains(&secret) && !everything.contains("not-to-be-read"));
    }

    /// Every attempt at a letter has a secret of its own, and the newest counts.
    fn the_newest_attempt_counts(world: &World) {
        register(world, "");
        let id = count(world, "SELECT MAX(id) FROM user_proof");
        let link = || proof::link(&world.app, id, 0).expect("a link");
        let secret = |link: &str| link.split_once("secret=").expect("a secret").1.to_owned();
        let user = count(world, "SELECT MAX(id) FROM users");
        let (first, second) = (secret(&link()), secret(&link()));
        let change = |secret: &str| {
            let query = format!("func=recovery.change&userid={user}&secret={secret}&password=long-enough&sok=ok");
            outcome(&ask(world, "192.0.2.2", &query))
        };
        assert_eq!(change(&first), "value secret");
        assert_eq!(change(&second), "ok");
        assert!(proof::link(&world.app, id, 0).is_err(), "it is used");
    }

    /// A request cannot say where the link of a letter leads, nor what the letter says.
    fn letters_lead_home(world: &World) {
        let evil = |query: &str| {
            Request::post("/billmgr", FORM, format!("{query}&out=xml&site=evil.example"))
                .header("X-Forwarded-For", "192.0.2.3")
                .header("X-Forwarded-Host", "evil.example")
                .header("X-Forwarded-Proto", "https")
                .header("Referer", "https://evil.example/billmgr")
                .send(world.address)
        };
        let link = |start: &str| {
            work(world);
            let letter = world.letter();
            assert!(letter.contains(&format!("\n{start}?func=recovery.change&userid=")), "{letter}");
            assert!(!letter.contains("evil") && !letter.contains("Buy"), "{letter}");
        };
        let buy = "realname=Buy%20at%20evil.example&phone=evil.example";
        assert_eq!(outcome(&evil(&format!("func=register&email={ANNA}&{buy}&sok=ok"))), "ok");
        link("http://127.0.0.1:1500/billmgr");
        world.configure("PublicUrl https://panel.example.com/billmgr");
        assert_eq!(outcome(&evil(&format!("func=recovery&email={ANNA}&sok=ok"))), "ok");
        link("https://panel.example.com/billmgr");
        let project = world.id("project");
        world.done("admin", &format!("func=project.edit&elid={project}&billurl=https://my.example.com/b&sok=ok"));
        assert_eq!(outcome(&evil(&format!("func=recovery&email={ANNA}&sok=ok"))), "ok");
        link("https://my.example.com/b");
    }

    /// Whether an address is known here cannot be told from the answer.
    fn answers_are_alike(world: &World) {
        register(world, "&passwd=long-enough");
        let body = |email: &str, out: &str| {
            let query = format!("func=recovery&email={email}&sok=ok&out={out}");
            let reply = Request::post("/billmgr", FORM, query).header("X-Forwarded-For", "192.0.2.4");
            let reply = reply.send(world.address);
            (reply.status, reply.header("location").to_owned(), reply.body.replace(email, "EMAIL"))
        };
        for out in ["xml", "json", "text", "html"] {
            assert_eq!(body(ANNA, out), body("hannah@example.com", out), "{out}");
        }
    }

    /// Odd input is refused or does nothing; none of it is the server's own fault.
    fn odd_input(world: &World) {
        register(world, "&passwd=long-enough");
        let long = "x".repeat(300);
        let odd = ["", "%00", "%FF", "'%20OR%201=1--", "%3Cscript%3E", "-1", "99999999999999999999", "%25", "__url__"];
        let odd = odd.into_iter().chain([long.as_str(), "%D0%B0@%D0%B1.%D1%80%D1%84", "a@b", "@", "a@", "%22a%22@b.c"]);
        let forms = [
            "func=register&passwd=long-enough&email=",
            "func=register&email=odd1@example.com&passwd=",
            "func=register&email=odd2@example.com&project=",
            "func=register&email=odd3@example.com&realname=",
            "func=register&email=odd4@example.com&elid=",
            "func=recovery&email=",
            "func=recovery&elid=5&email=",
            "func=recovery.change&secret=1&password=long-enough&userid=",
            "func=recovery.change&userid=1&password=long-enough&secret=",
            "func=user.verifyemail&username=anna@example.com&key=",
            "func=user.verifyemail&key=1&username=",
            "func=user.verifyemail.verify&username=anna@example.com&key=",
            "func=logon&told=",
        ];
        for (at, value) in odd.enumerate() {
            for (form, query) in forms.iter().enumerate() {
                for sok in ["", "&sok=ok"] {
                    let from = format!("10.{at}.{form}.1");
                    let found = outcome(&ask(world, &from, &format!("{query}{value}{sok}")));
                    assert!(!found.starts_with("system"), "{query}{value}: {found}");
                }
            }
        }
        assert_eq!(count(world, "SELECT COUNT(*) FROM user_email"), 0);
        work(world);
        assert_eq!(count(world, "SELECT COUNT(*) FROM outbox WHERE intname IN ('recovery', 'email') AND state <> 'done'"), 0);
    }
}
