//! Letters: as files, through a mail server, and what becomes of those that it does not take.

mod server;

use billmgr::db::{Kind, Raw, Sql};
use billmgr::outbox::worker;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::time::SECOND_US;

use crate::support::{World, dom, tls, worlds};
use server::{Secured, Server, Taken};

const CLIENT: &str = "client@client.example.com";
const PASSWORD: &str = "hunter2-of-the-mail-server";

/// A client with an address, and a payment that he can be sent the bill of.
struct Post<'w> {
    world: &'w World,
    payment: String,
}

impl<'w> Post<'w> {
    fn new(world: &'w World) -> Self {
        let done = world.app.db.write(|conn| {
            Sql::new("UPDATE users SET email = ").bind(CLIENT).sql(" WHERE name = 'client'").execute(conn)
        });
        assert_eq!(done.expect("a client"), 1);
        Self { world, payment: world.id("client_payment").to_owned() }
    }

    fn send(&self) {
        self.world.done("client", &format!("func=payment.send&elid={}", self.payment));
    }

    fn work(&self) -> usize {
        worker::run_due(&self.world.app).expect("the outbox is worked off")
    }

    fn later(&self, seconds: i64) {
        self.world.clock.advance_us(seconds * SECOND_US);
    }

    fn rows(&self) -> Vec<Vec<Raw>> {
        let sql = Sql::new("SELECT id, state, attempts, error FROM outbox WHERE kind = 'mail'");
        let sql = sql.sql(" AND intname IN ('payment_bill', 'invoice') ORDER BY id");
        let kinds = [Kind::Int, Kind::Text, Kind::Int, Kind::Text];
        self.world.app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &kinds)).expect("the outbox")
    }

    /// Id, state, attempts and error of the newest letter.
    fn state(&self) -> (i64, String, i64, String) {
        let row = self.rows().pop().expect("a letter");
        (row[0].int(), row[1].str().to_owned(), row[2].int(), row[3].str().to_owned())
    }

    fn file(&self) -> String {
        let path = self.world.dir().join("mail").join(format!("{}.eml", self.state().0));
        String::from_utf8(std::fs::read(path).expect("a letter in a file")).expect("letters are ASCII")
    }

    fn configure(&self, server: &Server, more: &str) {
        let port = server.port;
        let from = "MailFrom \"Seed <billing@seed.example.com>\"";
        self.world.configure(&format!("MailServer smtp://127.0.0.1:{port}\n{from}\n{more}"));
    }
}

/// A head's value, whatever lines it is folded into.
fn head(letter: &str, name: &str) -> String {
    let unfolded = letter.replace("\r\n ", " ");
    let line = unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {letter}")).to_owned()
}

worlds! {
    /// Without a server they are files, with the bill as PDF; two clicks within a second are one.
    fn letters_are_files(world: &World) {
        let post = Post::new(world);
        post.send();
        post.send();
        assert_eq!((post.rows().len(), post.work()), (1, 1));
        let letter = post.file();
        assert_eq!(head(&letter, "To"), CLIENT);
        assert_eq!(head(&letter, "From"), "billmgr@localhost");
        assert!(head(&letter, "X-Billmgr-Reference").starts_with("mail:payment_bill:payment:"));
        assert!(head(&letter, "Message-ID").ends_with("@localhost>"), "{letter}");
        assert!(letter.contains("Content-Type: application/pdf"), "{letter}");
        assert!(letter.is_ascii() && letter.starts_with("Message-ID: <"), "{letter}");
        post.later(1);
        post.send();
        assert_eq!(post.rows().len(), 2, "asked for again it is another letter");
    }

    /// A client is told that his service is open, unless the tariff says not to.
    fn an_opening_is_told(world: &World) {
        let post = Post::new(world);
        let order = |name: &str| {
            let tariff = world.id("tariff");
            let asked = format!("pricelist={tariff}&period=1&domain={name}&skipbasket=on");
            world.done("client", &format!("func=vds.order.param&{asked}&sok=ok"));
            post.work();
        };
        let told = |name: &str| {
            let sql = Sql::new("SELECT payload FROM outbox WHERE intname = 'service_opened'");
            let rows = world.app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Text]));
            rows.expect("the outbox").iter().filter(|row| row[0].str().contains(name)).count()
        };
        order("told.example.com");
        world.done("admin", &format!("func=pricelist.edit&elid={}&opennotify=none&sok=ok", world.id("tariff")));
        order("untold.example.com");
        assert_eq!((told("\"told.example.com"), told("\"untold.example.com")), (1, 0));
    }

    /// The provider's own address is the sender, in the letter and on its envelope.
    fn a_server_takes_letters(world: &World) {
        let post = Post::new(world);
        let server = Server::new(vec![Taken::All, Taken::All]);
        post.configure(&server, "");
        post.send();
        post.work();
        let project = world.id("project");
        let sender = "notify_email=post@provider.example.com&support_email=help@provider.example.com";
        world.done("admin", &format!("func=project.edit&elid={project}&{sender}&sok=ok"));
        post.later(1);
        post.send();
        post.work();
        assert_eq!(post.state().1, "done", "{:?}", post.state());
        let seen = server.seen();
        assert!(seen[0].said("MAIL FROM:<billing@seed.example.com>"), "{:?}", seen[0].commands);
        assert!(seen[1].said("MAIL FROM:<post@provider.example.com>"), "{:?}", seen[1].commands);
        assert!(seen.iter().all(|one| one.said(&format!("RCPT TO:<{CLIENT}>")) && one.said("QUIT")));
        assert_eq!(head(&seen[0].letter, "From"), "Seed <billing@seed.example.com>");
        assert!(head(&seen[1].letter, "From").ends_with("<post@provider.example.com>"));
        assert!(head(&seen[1].letter, "Reply-To").ends_with("<help@provider.example.com>"));
        assert!(!seen[0].letter.contains("Reply-To"), "{}", seen[0].letter);
        assert!(head(&seen[1].letter, "Message-ID").ends_with("@provider.example.com>"));
        let bad = world.call("admin", &format!("func=project.edit&elid={project}&notify_email=x&sok=ok"));
        assert_eq!(dom::find(&bad, "/doc/error/@object"), ["notify_email"]);
    }

    /// What it does not take now is sent again after a pause, as the same letter.
    fn a_server_is_busy(world: &World) {
        let post = Post::new(world);
        let server = Server::new(vec![Taken::Answer("RCPT", "451 4.3.0 try later"), Taken::All]);
        post.configure(&server, "");
        post.send();
        assert_eq!(post.work(), 1);
        let (_, state, attempts, error) = post.state();
        assert_eq!((state.as_str(), attempts), ("ready", 1));
        assert!(error.contains("451") && error.contains("try later"), "{error}");
        assert_eq!(post.work(), 0, "there is a pause");
        post.later(11);
        assert_eq!(post.work(), 1);
        assert_eq!(post.state().1, "done", "{:?}", post.state());
        assert_eq!(server.seen().len(), 2);
        post.configure(&Server::new(vec![Taken::Answer("", "421 no place")]), "");
        post.send();
        post.work();
        assert_eq!(post.state().1, "ready", "{:?}", post.state());
    }

    /// What it will never take is not sent again, and staff can read why.
    fn a_server_refuses(world: &World) {
        let post = Post::new(world);
        let server = Server::new(vec![Taken::Answer("RCPT", "550 5.1.1 no such user")]);
        post.configure(&server, "");
        post.send();
        post.work();
        let (id, state, attempts, error) = post.state();
        assert_eq!((state.as_str(), attempts), ("failed", 1));
        assert!(error.contains("550") && error.contains("no such user"), "{error}");
        let history = world.done("admin", &format!("func=runningoperation.errorhistory&elid={id}"));
        assert_eq!(dom::find(&history, "/doc/elem/error"), [error]);
        post.later(7 * 3600);
        assert_eq!((post.work(), server.seen().len()), (0, 1));
    }

    /// Staff see what was not taken and why, send it again, and hold letters back.
    fn staff_look_after_letters(world: &World) {
        let post = Post::new(world);
        let refused = Taken::Answer("RCPT", "550 5.1.1 no such user");
        let server = Server::new(vec![refused, Taken::All, Taken::All]);
        post.configure(&server, "");
        let row = |name: &str| {
            let path = format!("/doc/elem[id={}]/{name}", post.state().0);
            dom::find(&world.done("admin", "func=mailqueue&p_cnt=100"), &path).concat()
        };
        let order = |verb: &str| world.done("admin", &format!("func=mailqueue.{verb}&elid={}", post.state().0));
        post.send();
        post.work();
        let seen = ["email", "template/@orig", "status/@orig"].map(row);
        assert_eq!(seen, [CLIENT, "payment_bill", "failed"]);
        assert!(row("error").contains("550") && row("donedate").is_empty(), "{}", row("error"));
        order("resume");
        assert_eq!((post.work(), row("status/@orig").as_str(), row("trycount").as_str()), (1, "done", "1"));
        assert!(!row("donedate").is_empty());
        order("resume");
        order("suspend");
        assert_eq!((post.work(), row("status/@orig").as_str()), (0, "done"), "nothing is sent twice");
        post.later(1);
        post.send();
        order("suspend");
        post.later(3600);
        assert_eq!((post.work(), row("status/@orig").as_str()), (0, "manual"));
        order("resume");
        assert_eq!((post.work(), row("status/@orig").as_str()), (1, "done"));
        assert_eq!(server.seen().len(), 3);
        post.later(1);
        post.send();
        let id = post.state().0;
        let leased = move |conn: &mut billmgr::db::Conn| {
            let sql = Sql::new("UPDATE outbox SET state = 'running', lease_until = ").bind(i64::MAX);
            sql.sql(" WHERE id = ").bind(id).execute(conn)
        };
        assert_eq!(world.app.db.write(leased).expect("a letter"), 1);
        for verb in ["suspend", "resume"] {
            order(verb);
            assert_eq!(row("status/@orig"), "running", "{verb}: what is going out stays so");
        }
        for other in ["edit", "taskcreate"] {
            let asked = format!("func=runningoperation.{other}&elid={}", post.state().0);
            assert_eq!(dom::find(&world.call("admin", &asked), "/doc/error/@type"), ["missed"], "{other}");
        }
        let as_operation = format!("func=runningoperation.delete&elid={}", post.state().0);
        assert_eq!(dom::find(&world.call("admin", &as_operation), "/doc/error/@object"), ["elid"]);
        let client = world.call("client", "func=mailqueue");
        assert_eq!(dom::find(&client, "/doc/error/@type"), ["access"]);
    }

    /// The password is told to the server alone; one that it does not accept is no letter's fault.
    fn a_server_wants_a_password(world: &World) {
        let post = Post::new(world);
        let wrong = Taken::Answer("AUTH", "535 5.7.8 who are you");
        let server = Server::new(vec![wrong, Taken::All]);
        let port = server.port;
        post.configure(&server, "");
        let lines = "MailFrom billing@seed.example.com\nMailPassword";
        world.configure(&format!("MailServer smtp://bill@127.0.0.1:{port}\n{lines} {PASSWORD}"));
        post.send();
        post.work();
        assert_eq!(post.state().1, "ready");
        assert!(post.state().3.contains("535"), "{:?}", post.state());
        post.later(11);
        post.work();
        assert_eq!(post.state().1, "done", "{:?}", post.state());
        let proof = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("\0bill\0{PASSWORD}"));
        assert!(server.seen()[1].said(&format!("AUTH PLAIN {proof}")), "{:?}", server.seen()[1].commands);
        assert!(!world.everything().contains(PASSWORD));
        let list = world.get(&format!("func=paramlist&out=xml&{}", world.proof("admin"))).body;
        assert!(list.contains("MailPassword") && !list.contains(PASSWORD));
    }

    /// Where TLS was asked for nothing is said without it.
    fn a_server_speaks_no_tls(world: &World) {
        let post = Post::new(world);
        let server = Server::new(vec![Taken::All]);
        let port = server.port;
        let lines = format!("MailFrom billing@seed.example.com\nMailPassword {PASSWORD}");
        world.configure(&format!("MailServer smtps://bill@127.0.0.1:{port}\n{lines}"));
        post.send();
        post.work();
        let (_, state, _, error) = post.state();
        assert!(state == "ready" && error.starts_with(&format!("127.0.0.1:{port}: ")), "{state} {error}");
        assert!(server.seen().iter().all(|one| !one.said("EHLO") && !one.said("AUTH")), "{:?}", server.seen());
    }

    /// TLS from the start and STARTTLS: a server that nobody vouches for is told neither who signs in nor what
    /// the letter says.
    fn a_server_speaks_tls(world: &World) {
        let post = Post::new(world);
        let (made, stranger) = (tls::certificate(), tls::certificate());
        let file = |name: &str, text: &str| {
            let path = world.dir().join(name);
            std::fs::write(&path, text).expect("a file is written");
            path.display().to_string()
        };
        let (own, foreign) = (file("own.pem", &made.cert.pem()), file("foreign.pem", &stranger.cert.pem()));
        let (empty, none) = (file("empty.pem", "nothing"), world.dir().join("none.pem").display().to_string());
        let config = tls::config(&made);
        for (scheme, secured) in [("smtps", Secured::AtOnce(config.clone())), ("smtp", Secured::WhenAsked(config))] {
            let server = Server::secured(secured, (0..4).map(|_| Taken::All).collect());
            let place = format!("MailServer {scheme}://bill@localhost:{}", server.port);
            let lines = format!("{place}\nMailFrom billing@seed.example.com\nMailPassword {PASSWORD}");
            post.later(1);
            post.send();
            for (authority, why) in [(&foreign, "certificate"), (&empty, &empty), (&none, &none)] {
                world.configure(&format!("{lines}\nMailAuthority {authority}"));
                post.work();
                let (_, state, _, error) = post.state();
                assert!(state == "ready" && error.contains(why), "{scheme}: {state} {error}");
                post.later(3600);
            }
            let told = |one: &server::Seen| ["AUTH", "MAIL"].iter().any(|command| one.said(command));
            assert!(!server.seen().iter().any(told), "{scheme}: {:?}", server.seen());
            world.configure(&format!("{lines}\nMailAuthority {own}"));
            post.work();
            assert_eq!(post.state().1, "done", "{scheme}: {:?}", post.state());
            let last = server.seen().pop().expect("a connection");
            assert!(last.said("AUTH PLAIN") && last.letter.contains("Subject"), "{scheme}: {last:?}");
            assert_eq!(last.said("STARTTLS"), scheme == "smtp");
        }
    }

    /// Nobody at the other end, and nobody to write to.
    fn a_letter_cannot_be_written(world: &World) {
        let post = Post::new(world);
        world.configure("MailServer smtp://127.0.0.1:1\nMailFrom billing@seed.example.com");
        post.send();
        post.work();
        assert_eq!(post.state().1, "ready", "{:?}", post.state());
        let set = |email: &str| {
            let sql = Sql::new("UPDATE users SET email = ").bind(email).sql(" WHERE account_id = ");
            let sql = sql.bind(world.id("client").parse::<i64>().expect("an id"));
            world.app.db.write(move |conn| sql.clone().execute(conn)).expect("a client");
        };
        set("client\nBcc: all@example.com");
        post.later(1);
        post.send();
        post.work();
        let (_, state, _, error) = post.state();
        assert!(state == "failed" && error.contains("nobody can be written to"), "{state} {error}");
        set("");
        let refused = world.call("client", &format!("func=payment.send&elid={}", post.payment));
        assert_eq!(dom::find(&refused, "/doc/error/@object"), ["email"]);
    }

    /// The letter of an invoice holds what was issued, however the payer is called later.
    fn invoices_are_sent(world: &World) {
        let post = Post::new(world);
        let period = "fromdate=2026-06-01&todate=2026-06-30";
        let company = world.id("company");
        world.done("admin", &format!("func=invoice.generate&company={company}&{period}&sok=ok"));
        let list = world.done("admin", "func=invoice");
        let id = dom::find(&list, "/doc/elem/id").concat();
        let draft = world.call("admin", &format!("func=invoice.send&elid={id}"));
        assert_eq!(dom::find(&draft, "/doc/error/@object"), ["status"]);
        world.done("admin", &format!("func=invoice.status.1&elid={id}"));
        for user in ["client", "admin"] {
            world.done(user, &format!("func=invoice.send&elid={id}&sok=ok"));
        }
        assert_eq!((post.rows().len(), post.work()), (1, 1));
        assert_eq!(post.state().1, "done", "{:?}", post.state());
        let letter = post.file();
        let number = dom::find(&world.done("client", "func=invoice"), "/doc/elem/number").concat();
        assert!(head(&letter, "Subject").starts_with(&format!("Invoice {number}: ")), "{letter}");
        let name = format!("filename=\"{number}.pdf\"");
        assert!(letter.contains(&name) && letter.contains("Content-Type: application/pdf"), "{letter}");
        assert!(!world.everything().contains("%PDF"), "the outbox keeps ids");
    }
}
