//! Requests that are broken below the level of parameters. What parameters can do wrong stands
//! in tests/calls/bad_input.txt.

use crate::support::{Connection, Reply, Request, World, dom, worlds};

const FORM: &str = "application/x-www-form-urlencoded";

const PARTS: &str = "multipart/form-data; boundary=part";
const A_FILE: &str = "--part\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\n\
    1\r\n--part--\r\n";

fn error(reply: &Reply) -> (String, String) {
    let doc = dom::parse(&reply.body).unwrap_or_else(|why| panic!("{why}: {reply:?}"));
    let error = doc.get("error").unwrap_or_else(|| panic!("no error in {}", reply.body));
    let attr = |name| error.get_attr(name).unwrap_or_default().to_owned();
    (attr("type"), attr("object"))
}

fn is(kind: &str, object: &str) -> (String, String) {
    (kind.to_owned(), object.to_owned())
}

/// A change that is refused if anything of the request is.
fn change(world: &World) -> String {
    let profile = world.id("client_profile");
    format!("func=profile.edit&elid={profile}&sok=ok&out=xml&{}&name=", world.proof("client"))
}

fn name_of(world: &World) -> String {
    let query = format!("func=profile.edit&elid={}", world.id("client_profile"));
    world.done("client", &query).get_text("name").unwrap_or_default().to_owned()
}

worlds! {
    /// R57 A body over the limit is HTTP 413 with an error document; one below it is read.
    fn large_bodies(world: &World) {
        let post = |body: String| Request::post("/billmgr?out=xml", FORM, body).send(world.address);
        let fits = post(format!("{}&pad={}", change(world) + "Fits", "x".repeat(1_000_000)));
        assert_eq!(fits.status, 200, "{}", fits.body);
        assert_eq!(name_of(world), "Fits");
        let large = format!("{}&pad={}", change(world) + "X", "x".repeat(1_100_000));
        let refused = world.unchanged(|| post(large));
        assert_eq!((refused.status, error(&refused)), (413, is("limit", "body")));
        assert_eq!(refused.mime(), "text/xml");
        world.configure("BodyLimit 20000");
        let refused = post(format!("{}&pad={}", change(world) + "X", "x".repeat(20_000)));
        assert_eq!((refused.status, error(&refused)), (413, is("limit", "body")));
        assert_eq!(name_of(world), "Fits");
    }

    /// R57 A body whose length is not told ends at the limit as well.
    fn a_body_without_an_end(world: &World) {
        let mut connection = Connection::open(world.address);
        let host = world.address;
        let head = format!("POST /billmgr?out=xml HTTP/1.1\r\nHost: {host}\r\n");
        connection.write(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes());
        let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
        for _ in 0..40 {
            connection.write(chunk.as_bytes());
        }
        let reply = connection.read().expect("an answer");
        assert_eq!((reply.status, error(&reply)), (413, is("limit", "body")));
    }

    /// R23 A query of 60 kB is answered; one of 70 kB is HTTP 414.
    fn long_queries(world: &World) {
        let query = |length: usize| format!("{}Long&pad={}", change(world), "x".repeat(length));
        assert_eq!(world.get(&query(60_000)).status, 200);
        assert_eq!(name_of(world), "Long");
        let refused = world.unchanged(|| world.get(&query(70_000)));
        assert_eq!(refused.status, 414, "{}", refused.body);
    }

    /// R23 More parameters than anybody needs are refused.
    fn many_parameters(world: &World) {
        let many: String = (0..5000).map(|number| format!("&p{number}=1")).collect();
        let refused = world.unchanged(|| world.post(&format!("{}X{many}", change(world))));
        assert_eq!(error(&refused), is("limit", "params"));
        let deep = format!("{{\"out\":\"xml\",\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let refused = Request::post("/billmgr?out=xml", "application/json", deep).send(world.address);
        assert_eq!(error(&refused), is("value", "body"));
    }

    /// R23 Lists and texts that are longer than a statement can be.
    fn long_values(world: &World) {
        let numbers = |count: usize| (1..=count).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
        let payment = world.id("client_payment");
        for (query, object) in [
            (format!("func=payment&filter=on&number={}", "1".repeat(60_000)), "number"),
            (format!("func=payment.filter&sok=ok&number={}", "1".repeat(60_000)), "number"),
            (format!("func=payment&filter=on&status={}", numbers(40_000)), "status"),
            (format!("func=payment.delete&elid={}", numbers(40_000)), "elid"),
            (format!("func=groupedit&faction=user.edit&sok=ok&elid={}", numbers(40_000)), "elid"),
            (format!("func=payment.setpaid&elid={payment}&externalid={}", "1".repeat(256)), "externalid"),
            (format!("func=payment.setpaid&elid={payment}&info={}", "1".repeat(65_537)), "info"),
        ] {
            let body = format!("{query}&out=xml&{}", world.proof("admin"));
            let refused = world.unchanged(|| world.post(&body));
            assert_eq!(error(&refused), is("limit", object), "{}", &query[..60]);
        }
    }

    /// R57 Bodies that are not what they say.
    fn broken_bodies(world: &World) {
        let send = |mime: &str, body: &str| Request::post("/billmgr?out=xml", mime, body).send(world.address);
        for (mime, body, wanted) in [
            ("application/json", "{\"func\":", is("value", "body")),
            ("application/json", "{\"func\":{\"a\":1}}", is("value", "body")),
            ("application/json", "{\"func\":\"whoami\",\"elid\":[[1]]}", is("value", "body")),
            ("multipart/form-data", "x", is("value", "body")),
            (PARTS, "--other\r\n\r\n", is("value", "body")),
            (PARTS, "--part\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", is("value", "body")),
            (PARTS, A_FILE, is("missed", "func")),
        ] {
            let reply = world.unchanged(|| send(mime, body));
            assert_eq!((reply.status, error(&reply)), (200, wanted), "{mime} {body}");
        }
    }

    /// R2 What stands in JSON proves an identity or none, as in a form.
    fn json_bodies(world: &World) {
        let post = |body: &str| Request::post("/billmgr", "application/json", body).send(world.address);
        let proof = world.proof("client").replace("authinfo=", "");
        let members = format!("\"func\":\"whoami\",\"out\":\"xml\",\"authinfo\":\"{proof}\",\"lang\":null");
        let reply = post(&format!("{{{members}}}"));
        assert!(reply.body.contains("name=\"client\""), "{}", reply.body);
        let reply = post("{\"func\":\"whoami\",\"out\":\"xml\"}");
        assert_eq!(error(&reply), is("auth", "session"));
    }

    /// R23 A request of which only half arrives does nothing, and nobody else waits for it.
    fn half_a_request(world: &World) {
        let body = change(world) + "Half";
        let host = world.address;
        let head = format!("POST /billmgr?out=xml HTTP/1.1\r\nHost: {host}\r\nContent-Type: {FORM}\r\n");
        world.unchanged(|| {
            let mut open = Vec::new();
            for (length, sent) in [(body.len() + 1, body.as_str()), (body.len(), &body[..20])] {
                let mut connection = Connection::open(world.address);
                connection.write(format!("{head}Content-Length: {length}\r\n\r\n{sent}").as_bytes());
                open.push(connection);
            }
            let mut silent = Connection::open(world.address);
            silent.write(&head.as_bytes()[..30]);
            open.push(silent);
            assert_ne!(name_of(world), "Half");
            for connection in &mut open {
                connection.finish();
                if let Some(reply) = connection.read().filter(|reply| reply.status == 200) {
                    assert_eq!(error(&reply), is("value", "body"));
                }
            }
        });
    }

    /// R17 Other paths are no calls.
    fn other_paths(world: &World) {
        let query = format!("func=whoami&out=xml&{}", world.proof("client"));
        for path in ["/billmgr", "/billmgr/", "/manager/billmgr", "/manager", "/"] {
            let reply = Request::get(format!("{path}?{query}")).send(world.address);
            assert!(reply.body.contains("name=\"client\""), "{path}: {}", reply.body);
        }
        for path in ["/ispmgr", "/billmgr/x", "/etc/passwd", "/billmgr/../etc/passwd", "/%2e%2e/etc/passwd"] {
            let reply = Request::get(format!("{path}?{query}")).send(world.address);
            assert_eq!(reply.status, 404, "{path}: {}", reply.body);
        }
        world.configure("PathAlias /ispmgr");
        let reply = Request::get(format!("/ispmgr?{query}")).send(world.address);
        assert!(reply.body.contains("binary=\"/ispmgr\""), "{}", reply.body);
    }
}

/// What nobody expects in a name: markup, templates, quotes, ends of things, other directions.
pub const HOSTILE: [&str; 16] = [
    "<b>&amp;\"'</b>",
    "]]>",
    "<![CDATA[x]]>",
    "<?php echo 1 ?>",
    "<!-- -- -->",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "a\tb\nc\r\nd\re",
    "\"}]},{\"$\":\"\\u0000\\\\",
    "\u{2028}\u{2029}\u{7f}\u{85}\u{200f}",
    "Счёт № 1 – 漢字 💰 e\u{301}",
    "__value__ __object__ %s {{ 7 * 7 }} {% raw %} ${x}",
    "=cmd|' /C calc'!A1, \"x\"",
    "  blanks  around  ",
    "x=1 y=2",
    "'; DROP TABLE profile; --",
];

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn rename(world: &World, name: &str) {
    world.done(
        "client",
        &format!("func=profile.edit&elid={}&name={}&sok=ok", world.id("client_profile"), encoded(name)),
    );
}

/// A row of the list and the form of the renamed payer, in one format.
fn answers(world: &World, out: &str) -> [String; 2] {
    let form = format!("func=profile.edit&elid={}", world.id("client_profile"));
    ["func=profile", &form].map(|query| {
        let reply = world.get(&format!("{query}&out={out}&{}", world.proof("client")));
        assert_eq!(reply.status, 200, "{query} {out}: {}", reply.body);
        reply.body
    })
}

worlds! {
    /// R45 Hostile values come back as they went in, in every format, and break none of them.
    fn hostile_values(world: &World) {
        for name in HOSTILE {
            rename(world, name);
            for out in ["xml", "devel"] {
                let [list, form] = answers(world, out).map(|body| dom::parse(&body).expect("XML"));
                assert_eq!(dom::find(&list, "/doc/elem/name"), [name], "{out}");
                assert_eq!(dom::find(&form, "/doc/name"), [name], "{out}");
            }
            for (out, list_path, form_path) in [
                ("json", "/doc/elem/0/name/$", "/doc/name/$"),
                ("sjson", "/doc/elem/0/name/$", "/doc/name/$"),
                ("xjson", "/doc/elem/0/name/$", "/doc/name/$"),
                ("bjson", "/elem/0/name", "/model/name"),
                ("JSONdata", "/0/name", "/name"),
            ] {
                let [list, form] = answers(world, out).map(|body| {
                    let json = serde_json::from_str::<serde_json::Value>(&body);
                    json.unwrap_or_else(|why| panic!("{out}: {why}: {body}"))
                });
                assert_eq!(list.pointer(list_path).and_then(|value| value.as_str()), Some(name), "{out}");
                assert_eq!(form.pointer(form_path).and_then(|value| value.as_str()), Some(name), "{out}");
            }
            let line = name.replace(char::is_control, " ");
            let [list, form] = answers(world, "text");
            assert_eq!(list.lines().count(), 1, "{list:?}");
            assert!(form.lines().any(|have| have == format!("name={line}")), "{name:?}: {form:?}");
        }
    }

    /// R45 No page lets markup through.
    fn pages_of_hostile_values(world: &World) {
        for name in HOSTILE.into_iter().filter(|name| name.contains('<')) {
            rename(world, name);
            for out in ["", "print"] {
                let page = world.get(&format!("func=profile&out={out}&{}", world.proof("client"))).body;
                assert!(!page.contains(name), "{name} stands in the page of out={out}");
                assert!(page.contains("&lt;"), "{page}");
            }
            let query = format!("func=profile.edit&elid={}", world.id("client_profile"));
            let form = world.get(&format!("{query}&{}", world.proof("client"))).body;
            assert!(!form.contains(name), "{name} stands in the form");
        }
        let func = encoded("<script>alert(1)</script>");
        let page = world.get(&format!("func={func}&{}", world.proof("client"))).body;
        assert!(!page.contains("<script>alert"), "{page}");
    }

    /// R45 An error that repeats what was sent is as well formed.
    fn errors_of_hostile_values(world: &World) {
        for value in HOSTILE {
            let query = format!("func=payment.edit&elid={}&sok=ok", world.id("client_payment"));
            let doc = world.call("admin", &format!("{query}&subaccountamount={}", encoded(value)));
            assert_eq!(dom::find(&doc, "/doc/error/@object"), ["subaccountamount"], "{value:?}");
            let told = dom::find(&doc, "/doc/error/param[@name=value]").concat();
            assert_eq!(told, value, "the value is told back");
            let name = format!("{}={}", encoded(value), encoded(value));
            let doc = world.call("admin", &format!("func=currency&{name}"));
            assert!(doc.get("error").is_none(), "{value:?} is only an unknown parameter");
        }
    }
}
