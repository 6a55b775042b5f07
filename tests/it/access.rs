//! Identity where one call is not enough to see it.

use crate::support::process::Process;
use crate::support::seed::PASSWORD;
use crate::support::{Connection, Engine, Reply, Request, dom, worlds};

fn error_of(reply: &Reply) -> String {
    let doc = dom::parse(&reply.body).unwrap_or_else(|why| panic!("{why}: {}", reply.body));
    dom::find(&doc, "/doc/error/@type").concat()
}

fn whoami(proof: &str) -> Request {
    Request::get(format!("/billmgr?func=whoami&out=xml{proof}"))
}

worlds! {
    /// R7 A session is named on each call: a connection remembers none.
    /// R8 Neither does it remember an authinfo.
    fn a_connection_has_no_identity(world: &World) {
        let session = format!("&auth={}", world.sign_in("client"));
        for proof in [session, format!("&{}", world.proof("client"))] {
            let mut connection = Connection::open(world.address);
            assert_eq!(error_of(&connection.send(&whoami(&proof))), "");
            assert_eq!(error_of(&connection.send(&whoami(""))), "auth");
            assert_eq!(error_of(&connection.send(&whoami(&proof))), "");
        }
    }

    /// R8 authinfo opens no session and leaves no cookie.
    fn authinfo_leaves_nothing(world: &World) {
        let reply = world.unchanged(|| whoami(&format!("&{}", world.proof("client"))).send(world.address));
        assert_eq!(error_of(&reply), "");
        assert_eq!(reply.header("set-cookie"), "");
        assert!(!world.everything().contains("handle="), "a session was opened");
    }

    /// R16 No password, session id, key or hash of one can be read in the database or in answers.
    fn the_database_keeps_no_secret_in_clear(world: &World) {
        let session = world.sign_in("client");
        let key = "a-key-of-32-characters-or-so-yes";
        let client = world.id("client");
        world.done("admin", &format!("func=session.newkey&username=client&key={key}"));
        world.done("admin", &format!("func=user.edit&plid={client}&email=new&passwd=fresh-words&sok=ok"));
        let own = format!("old_passwd={PASSWORD}&password=other-words&confirm=other-words");
        world.done("client2", &format!("func=usrparam&{own}&sok=ok"));
        world.post("func=whoami&out=xml&authinfo=client:wrong-words");
        world.post("func=auth&username=client&password=wrong-words&out=xml");
        world.done("reseller", "func=profile.edit&su=buyer&name=X&sok=ok");
        let everything = world.everything();
        for secret in [PASSWORD, &session, key, "fresh-words", "other-words", "wrong-words"] {
            assert!(!everything.contains(secret), "{secret} stands in the database");
        }
        assert!(everything.contains("username=client"), "the journal is there");
        for func in ["journal", "user", "session", "authlog", "user.history&elid=1"] {
            let body = world.get(&format!("func={func}&out=devel&{}", world.proof("admin"))).body;
            for secret in [PASSWORD, &session, key, "fresh-words", "$argon2"] {
                assert!(!body.contains(secret), "{func} shows {secret}");
            }
        }
    }

    /// R31 The journal says who really called; what was refused or only read is not in it.
    fn the_journal_names_both(world: &World) {
        let count = || dom::nodes(&world.done("admin", "func=journal"), "/doc/elem").len();
        let before = count();
        world.call("admin", "func=payment&su=client");
        world.call("client", "func=paymethod.edit&name=X&sok=ok");
        world.call("client", "func=profile.edit&elid=999999999&name=X&sok=ok");
        assert_eq!(count(), before, "reads and refusals are not journalled");
        world.done("admin", "func=profile.edit&su=client&name=X&sok=ok");
        assert_eq!(count(), before + 1);
        let row = world.done("admin", "func=journal&p_cnt=1");
        let text = |name: &str| dom::find(&row, &format!("/doc/elem/{name}")).concat();
        assert_eq!((text("user"), text("real_user")), ("client".into(), "admin".into()));
        assert_eq!(text("params"), "func=profile.edit&name=X&out=xml&su=client");
    }
}

/// A call by the administrator of a server that was started as a program.
fn ask(server: &Process, query: &str) -> Reply {
    let query = format!("/billmgr?{query}&out=xml&authinfo=admin:{}", server.password);
    Request::get(query).send(server.address)
}

/// R13 The file is read again by itself, and what the panel sets counts at once; no restart.
/// R10 The list of addresses then decides.
#[test]
fn configuration_changes_without_a_restart() {
    for engine in Engine::all() {
        let server = Process::start(engine, "");
        assert_eq!(error_of(&ask(&server, "func=whoami")), "", "{engine:?}");
        let write = |lines: &str| std::fs::write(&server.config, lines).expect("a configuration file");
        write("Option RestrictAuthinfo\nRestrictAuthinfoRange 192.0.2.0/24\n");
        server.until("the file is read", || error_of(&ask(&server, "func=whoami")) == "auth");
        write("Option RestrictAuthinfo\nRestrictAuthinfoRange 192.0.2.0/24 127.0.0.1\n");
        server.until("the file is read again", || error_of(&ask(&server, "func=whoami")).is_empty());
        write("Option RestrictAuthinfo\nRestrictAuthinfoRange nonsense\n");
        server.until("a bad file is told of", || server.log().contains("RestrictAuthinfoRange"));
        assert_eq!(error_of(&ask(&server, "func=whoami")), "", "a bad file keeps the old values");
        write("");
        let set = "func=settings&RestrictAuthinfo=on&RestrictAuthinfoRange=192.0.2.1&sok=ok";
        server.until("the panel may set it", || error_of(&ask(&server, set)).is_empty());
        assert_eq!(error_of(&ask(&server, "func=whoami")), "auth", "{engine:?}: the panel counts at once");
    }
}

/// R16 The log tells no password, session id or key, not even when it tells all it can.
#[test]
fn the_log_tells_no_secret() {
    for engine in Engine::all() {
        let server = Process::start(engine, "LogLevel trace\n");
        let signed_in = Request::post(
            "/billmgr",
            "application/x-www-form-urlencoded",
            format!("func=auth&out=xml&username=admin&password={}", server.password),
        );
        let doc = dom::parse(&signed_in.send(server.address).body).expect("XML");
        let session = dom::find(&doc, "/doc/auth/@id").concat();
        assert_eq!(session.len(), 32);
        let get = |query: &str| Request::get(format!("/billmgr?{query}&out=xml")).send(server.address);
        assert_eq!(error_of(&get(&format!("func=whoami&auth={session}"))), "");
        get("func=whoami&authinfo=admin:wrong-words");
        get("func=whoami&auth=00112233445566778899aabbccddeeff");
        let key = "a-key-of-32-characters-or-so-yes";
        get(&format!("func=session.newkey&username=admin&key={key}&auth={session}"));
        get(&format!("func=auth&username=admin&key={key}"));
        get(&format!("func=user.edit&email=new&passwd=fresh-words&sok=ok&auth={session}"));
        get(&format!("func=user.edit&elid=x&passwd=fresh-words&sok=ok&auth={session}"));
        let log = server.log();
        for secret in [&server.password, &session, key, "wrong-words", "fresh-words"] {
            assert!(!log.contains(secret), "{engine:?}: {secret} stands in the log:\n{log}");
        }
    }
}
