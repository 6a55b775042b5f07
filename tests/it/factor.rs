//! Signing in with a second step, sessions of one's own, and phones that are confirmed. Codes are worked out
//! here once more, straight from RFC 4226.

mod phone;
mod sessions;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use billmgr::db::{Kind, Sql};
use billmgr::doc::Node;
use billmgr::time::{MINUTE_US, SECOND_US};

use crate::support::seed::PASSWORD;
use crate::support::{Request, World, dom, worlds};

const FORM: &str = "application/x-www-form-urlencoded";
const HERE: &str = "203.0.113.5";
const ELSEWHERE: &str = "198.51.100.7";

/// The code of an app at a moment, periods from now.
pub fn code(world: &World, secret: &str, periods: i64) -> String {
    let value = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).expect("base32");
    let bits: String = secret.chars().map(|c| format!("{:05b}", value(c))).collect();
    let bytes: Vec<u8> = (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).expect("eight bits"))
        .collect();
    let counter = (world.clock.now_us() / SECOND_US / 30 + periods) as u64;
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).expect("any length");
    mac.update(&counter.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn from(world: &World, address: &str, query: &str) -> Node {
    let request = Request::post("/billmgr", FORM, format!("{query}&out=xml"));
    let reply = request.header("X-Forwarded-For", address).send(world.address);
    dom::parse(&reply.body).unwrap_or_else(|why| panic!("{query}: {why} in {}", reply.body))
}

/// `type object` of an error, or nothing.
fn error_of(doc: &Node) -> String {
    let attr = |name: &str| dom::find(doc, &format!("/doc/error/@{name}")).concat();
    format!("{} {}", attr("type"), attr("object")).trim().to_owned()
}

fn text(doc: &Node, path: &str) -> String {
    dom::find(doc, path).concat()
}

fn later(world: &World, seconds: i64) {
    world.clock.advance_us(seconds * SECOND_US);
}

/// Switches the second step on for a user by a session; the secret and the recovery codes.
pub fn switch_on(world: &World, user: &str) -> (String, Vec<String>) {
    let session = world.sign_in(user);
    let shown = from(world, HERE, &format!("func=totp.new&auth={session}"));
    let secret = text(&shown, "/doc/secret");
    assert_eq!(secret.len(), 32);
    let asked = format!("func=totp.new&auth={session}&secret={secret}&old_passwd={PASSWORD}&sok=ok");
    let done = from(world, HERE, &format!("{asked}&qrcode={}", code(world, &secret, 0)));
    assert_eq!(error_of(&done), "");
    let codes = dom::find(&done, "/doc/recovery/elem/code");
    assert_eq!(codes.len(), 10);
    from(world, HERE, &format!("func=logout&auth={session}"));
    later(world, 30);
    (secret, codes)
}

/// What the password alone brings: the id of a step.
fn begun(world: &World, address: &str, user: &str) -> String {
    let doc = from(world, address, &format!("func=auth&username={user}&password={PASSWORD}"));
    assert_eq!(
        (text(&doc, "/doc/ok"), text(&doc, "/doc/auth/@level")),
        ("func=totp.confirm".into(), "0".into())
    );
    text(&doc, "/doc/auth/@id")
}

fn confirm(world: &World, address: &str, step: &str, code: &str) -> Node {
    from(world, address, &format!("func=totp.confirm&auth={step}&clicked_button=ok&sok=ok&qrcode={code}"))
}

fn whoami(world: &World, proof: &str) -> Node {
    from(world, HERE, &format!("func=whoami&{proof}"))
}

fn sessions_of(world: &World, user: &str) -> i64 {
    let sql = Sql::new("SELECT COUNT(*) FROM session s JOIN users u ON u.id = s.user_id WHERE u.name = ");
    let sql = sql.bind(user);
    let row = world.app.db.read(std::time::Duration::from_secs(9), |conn| sql.first(conn, &[Kind::Int]));
    row.expect("sessions are counted").expect("a row")[0].int()
}

worlds! {
    /// The way of a known client: auth, whoami, totp.confirm, and on with what that brings.
    fn signing_in_in_two_steps(world: &World) {
        let (secret, _) = switch_on(world, "client");
        let step = begun(world, HERE, "client");
        assert_eq!(sessions_of(world, "client"), 0, "a password alone opens no session");
        assert_eq!(text(&whoami(world, &format!("auth={step}")), "/doc/ok"), "func=totp.confirm");
        for func in ["payment", "desktop", "menu", "auth", "logout", "usrparam", "session", "keepalive"] {
            let doc = from(world, HERE, &format!("func={func}&auth={step}&sok=ok"));
            assert_eq!(error_of(&doc), "auth totp_confirm", "{func}");
        }
        assert_eq!(error_of(&whoami(world, &format!("auth={step}&su=client"))), "auth session");
        let form = from(world, HERE, &format!("func=totp.confirm&auth={step}"));
        assert_eq!((error_of(&form), text(&form, "/doc/qrcode")), (String::new(), String::new()));
        let done = confirm(world, HERE, &step, &code(world, &secret, 0));
        assert_eq!(text(&done, "/doc/auth/@level"), "16");
        let session = text(&done, "/doc/auth/@id");
        assert_ne!(session, step);
        assert_eq!(text(&whoami(world, &format!("auth={session}")), "/doc/user/@name"), "client");
        assert_eq!(error_of(&whoami(world, &format!("auth={step}"))), "auth session", "the step is over");
        assert_eq!(text(&whoami(world, &format!("auth={session}")), "/doc/user/@id"), world.id("client_user"));
    }

    /// A code is taken once, for whatever it is shown, and so is a recovery code.
    fn nothing_is_taken_twice(world: &World) {
        let (secret, codes) = switch_on(world, "client");
        let now = code(world, &secret, 0);
        let first = begun(world, HERE, "client");
        assert_eq!(error_of(&confirm(world, HERE, &first, &now)), "");
        let second = begun(world, HERE, "client");
        for old in [&now, &code(world, &secret, -1), &"000000".to_owned()] {
            assert_eq!(error_of(&confirm(world, HERE, &second, old)), "value qrcode", "{old}");
        }
        let next = code(world, &secret, 1);
        assert_eq!(error_of(&confirm(world, HERE, &second, &next)), "", "a clock may be fast");
        assert_eq!(error_of(&confirm(world, HERE, &second, &next)), "auth session");
        for (code, error) in [(&codes[0], ""), (&codes[0], "value qrcode"), (&codes[1], "")] {
            let step = begun(world, HERE, "client");
            assert_eq!(error_of(&confirm(world, HERE, &step, &code.to_lowercase())), error, "{code}");
        }
        let list = from(world, HERE, &format!("func=totp&{}", world.proof("admin")));
        assert_eq!(text(&list, "/doc/elem[name=client]/codes"), "8");
    }

    /// Fifty at once with one code, each with a step of its own: one session.
    fn fifty_at_once(world: &World) {
        let (secret, _) = switch_on(world, "client");
        let steps: Vec<String> = (0..50).map(|_| begun(world, HERE, "client")).collect();
        let now = code(world, &secret, 0);
        let opened: usize = std::thread::scope(|scope| {
            let one = |step: &String| {
                let (step, now) = (step.clone(), now.clone());
                scope.spawn(move || confirm(world, HERE, &step, &now))
            };
            let threads: Vec<_> = steps.iter().map(one).collect();
            let is_open = |doc: Node| usize::from(!text(&doc, "/doc/auth/@id").is_empty());
            threads.into_iter().map(|thread| is_open(thread.join().expect("a thread"))).sum()
        });
        assert_eq!((opened, sessions_of(world, "client")), (1, 1));
    }

    /// Fifty at once with one step and wrong codes: five are looked at.
    fn a_step_takes_five_codes(world: &World) {
        let (secret, _) = switch_on(world, "client");
        let step = begun(world, HERE, "client");
        let errors: Vec<String> = std::thread::scope(|scope| {
            let one = |_| scope.spawn(|| error_of(&confirm(world, HERE, &step, "000000")));
            let threads: Vec<_> = (0..50).map(one).collect();
            threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
        });
        assert_eq!(errors.iter().filter(|error| *error == "value qrcode").count(), 5, "{errors:?}");
        assert_eq!(error_of(&confirm(world, HERE, &step, &code(world, &secret, 0))), "auth session");
        assert_eq!(error_of(&whoami(world, &format!("auth={step}"))), "auth session");
    }

    /// Wrong codes count for the user, from whatever address, and a recovery code still opens.
    fn codes_are_not_guessed(world: &World) {
        let (secret, codes) = switch_on(world, "client");
        for at in 0..10 {
            let address = format!("192.0.2.{at}");
            let step = begun(world, &address, "client");
            assert_eq!(error_of(&confirm(world, &address, &step, "000000")), "value qrcode");
        }
        let step = begun(world, HERE, "client");
        let right = code(world, &secret, 0);
        assert_eq!(error_of(&confirm(world, HERE, &step, &right)), "limit totp_tries");
        assert_eq!(error_of(&confirm(world, HERE, &step, &codes[3])), "");
        let log = from(world, HERE, &format!("func=authlog&{}", world.proof("admin")));
        assert_eq!(dom::nodes(&log, "/doc/elem[result=Wrong code of the second step]").len(), 10);
        world.clock.advance_us(61 * MINUTE_US);
        let step = begun(world, HERE, "client");
        assert_eq!(error_of(&confirm(world, HERE, &step, &code(world, &secret, 0))), "");
    }

    /// Five minutes, one address, and over with the password that began it.
    fn a_step_ends(world: &World) {
        let (secret, _) = switch_on(world, "client");
        let old = begun(world, HERE, "client");
        later(world, 299);
        assert_eq!(text(&whoami(world, &format!("auth={old}")), "/doc/ok"), "func=totp.confirm");
        later(world, 2);
        assert_eq!(error_of(&confirm(world, HERE, &old, &code(world, &secret, 0))), "auth session");
        let moved = begun(world, HERE, "client");
        assert_eq!(error_of(&confirm(world, ELSEWHERE, &moved, &code(world, &secret, 0))), "auth session");
        let before = begun(world, HERE, "client");
        let user = world.id("client_user");
        world.done("admin", &format!("func=user.edit&elid={user}&passwd=another-word&sok=ok"));
        assert_eq!(error_of(&confirm(world, HERE, &before, &code(world, &secret, 0))), "auth session");
        let bad = ["", "x", "0123456789abcdef0123456789abcdef"];
        for id in bad {
            assert_eq!(error_of(&confirm(world, HERE, id, &code(world, &secret, 0))), "auth session", "{id}");
        }
    }

    /// A password alone opens nothing anywhere; keys do, as before.
    fn every_other_door(world: &World) {
        let (secret, _) = switch_on(world, "buyer");
        let proof = world.proof("buyer");
        for _ in 0..2 {
            assert_eq!(error_of(&whoami(world, &proof)), "auth totp", "also out of memory");
        }
        assert_eq!(error_of(&from(world, HERE, &format!("func=auth&{proof}"))), "auth totp");
        assert_eq!(error_of(&whoami(world, "authinfo=buyer:wrong")), "auth badpassword");
        let asked = format!("func=portal.auth&login=buyer&passwd={PASSWORD}&{}", world.proof("reseller"));
        assert_eq!(error_of(&from(world, HERE, &asked)), "access totp");
        let step = begun(world, HERE, "buyer");
        assert_eq!(error_of(&from(world, HERE, &format!("func=auth&auth={step}"))), "auth totp_confirm");
        let named = format!("func=auth&username=buyer&password={PASSWORD}&su=buyer");
        assert_eq!(error_of(&from(world, HERE, &named)), "auth session");
        let key = "a-key-of-32-characters-or-so-yes";
        world.done("admin", &format!("func=session.newkey&username=buyer&key={key}"));
        let by_key = from(world, HERE, &format!("func=auth&username=buyer&key={key}"));
        assert_eq!(text(&by_key, "/doc/auth/@level"), "16");
        let acting = whoami(world, &format!("{}&su=buyer", world.proof("reseller")));
        assert_eq!(text(&acting, "/doc/user/@name"), "buyer");
        let made = world.done("admin", &format!("func=apikey.edit&plid={}&name=K&sok=ok", world.id("buyer")));
        let request = Request::get("/client-api.php?endpoint=dashboard").header("X-API-Key", text(&made, "/doc/key"));
        assert_ne!(request.send(world.address).status, 401);
        assert_eq!(error_of(&whoami(world, &world.proof("client"))), "", "others sign in as before");
        assert!(!secret.is_empty());
    }

    /// A secret is the server's own, shown to this user not long ago; the password is asked for.
    fn what_is_switched_on_was_shown(world: &World) {
        let session = world.sign_in("client");
        let shown = from(world, HERE, &format!("func=totp.new&auth={session}"));
        let secret = text(&shown, "/doc/secret");
        assert!(text(&shown, "/doc/otpauth").contains(&format!("secret={secret}")));
        assert!(text(&shown, "/doc/login").ends_with("(client)"));
        assert_eq!(text(&shown, "/doc/actualtime"), "2026-06-15 12:00:00");
        let ask = |secret: &str, code: &str, password: &str| {
            let secrets = format!("secret={secret}&qrcode={code}&old_passwd={password}");
            error_of(&from(world, HERE, &format!("func=totp.new&auth={session}&sok=ok&{secrets}")))
        };
        let own = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let other = text(&world.done("client2", "func=totp.new"), "/doc/secret");
        let right = code(world, &secret, 0);
        assert_eq!(ask(own, &code(world, own, 0), PASSWORD), "value secret");
        assert_eq!(ask(&other, &code(world, &other, 0), PASSWORD), "value secret");
        assert_eq!(ask("", &right, PASSWORD), "value secret");
        assert_eq!(ask(&secret, "000000", PASSWORD), "value qrcode");
        assert_eq!(ask(&secret, &code(world, &secret, 2), PASSWORD), "value qrcode");
        assert_eq!(ask(&secret, &right, "wrong"), "value old_passwd");
        assert_eq!(ask(&secret, &right, ""), "value old_passwd");
        let picture = text(&shown, "/doc/qrimage");
        let image = |proof: &str| world.get(&format!("{}&{proof}", picture.trim_start_matches('?')));
        assert!(image(&format!("auth={session}")).body.starts_with("<svg"));
        assert!(!image(&world.proof("client2")).body.starts_with("<svg"));
        world.clock.advance_us(61 * MINUTE_US);
        let session = world.sign_in("client");
        let secrets = format!("secret={secret}&qrcode={}&old_passwd={PASSWORD}", code(world, &secret, 0));
        let late = from(world, HERE, &format!("func=totp.new&auth={session}&sok=ok&{secrets}"));
        assert_eq!(error_of(&late), "value secret");
        let (secret, codes) = switch_on(world, "client2");
        let everything = world.everything();
        for word in codes.iter().chain([&secret]) {
            assert!(!everything.contains(word.as_str()), "{word} stands in the database");
            assert!(!everything.contains(&word.replace('-', "")), "{word} stands in the database");
        }
    }

    /// Off with password and code, or by who may act as the user.
    fn switching_off(world: &World) {
        let (secret, codes) = switch_on(world, "buyer");
        let step = begun(world, HERE, "buyer");
        let session = text(&confirm(world, HERE, &step, &codes[0]), "/doc/auth/@id");
        let ask = |code: &str, password: &str| {
            let proof = format!("qrcode={code}&old_passwd={password}");
            error_of(&from(world, HERE, &format!("func=totp.delete&auth={session}&sok=ok&{proof}")))
        };
        assert_eq!(ask("000000", PASSWORD), "value qrcode");
        assert_eq!(ask(&code(world, &secret, 0), "wrong"), "value old_passwd");
        let again = format!("func=totp.new&auth={session}");
        let other = text(&from(world, HERE, &again), "/doc/secret");
        let second = format!("secret={other}&qrcode={}&old_passwd={PASSWORD}", code(world, &other, 0));
        assert_eq!(error_of(&from(world, HERE, &format!("{again}&sok=ok&{second}"))), "exists totp");
        assert_eq!(ask(&code(world, &secret, 0), PASSWORD), "");
        assert_eq!(ask(&codes[1], PASSWORD), "missed totp");
        assert_eq!(error_of(&whoami(world, &world.proof("buyer"))), "", "the password is enough again");

        switch_on(world, "buyer");
        let buyer = world.id("buyer_user");
        for (who, error) in [
            ("client", "access totp.reset"),
            ("reseller2", "missed elid"),
            ("reseller", ""),
        ] {
            assert_eq!(error_of(&world.call(who, &format!("func=totp.reset&elid={buyer}"))), error, "{who}");
        }
        assert_eq!(error_of(&whoami(world, &world.proof("buyer"))), "");
        let history = world.done("admin", &format!("func=user.history&elid={buyer}"));
        assert!(dom::find(&history, "/doc/elem/desc").contains(&"totp off".to_owned()));

        let admin = world.id("admin_user").to_owned();
        let (_, codes) = switch_on(world, "admin");
        let step = begun(world, HERE, "admin");
        let session = text(&confirm(world, HERE, &step, &codes[0]), "/doc/auth/@id");
        let own = from(world, HERE, &format!("func=totp.reset&elid={admin}&auth={session}"));
        assert_eq!(error_of(&own), "access totp.reset", "nobody for himself");
        assert_eq!(error_of(&world.call("employee", &format!("func=totp.reset&elid={admin}"))), "access totp.reset");
    }
}
