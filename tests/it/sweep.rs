//! What holds for every function of the registry.

use std::collections::BTreeMap;
use std::sync::Arc;

use billmgr::doc::Node;
use billmgr::level::Level;
use billmgr::rpc::answers::Answers;
use billmgr::rpc::meta::Shape;
use billmgr::rpc::registry::Func;

use crate::support::{Connection, Engine, Reply, Request, World, dom, worlds};

/// A first row of every list, by the list's name.
type Keys = BTreeMap<String, String>;

fn keys(world: &World) -> Keys {
    let mut keys = Keys::new();
    for func in world.app.registry.iter().filter(|func| func.meta.shape() == Shape::List) {
        let Some(elid) = parent_key(func, &keys) else { continue };
        let doc = world.call("admin", &format!("func={}&p_cnt=1&elid={elid}", func.name()));
        let key = dom::find(&doc, &format!("/doc/elem[1]/{}", func.meta.key()));
        keys.extend(key.first().map(|key| (func.name().to_owned(), key.clone())));
    }
    keys
}

/// Whose rows a nested list shows; "" for a list that stands alone.
fn parent_key(func: &Func, keys: &Keys) -> Option<String> {
    match func.meta.parent.as_str() {
        "" => Some(String::new()),
        _ => keys.get(func.meta.parent_table()).cloned(),
    }
}

/// Parameters without which a function only says what is missing.
fn needed(name: &str) -> &'static str {
    match name {
        "user.lookup" => "&by=name&text=client",
        "check.money" => "&value=1.5",
        _ => "",
    }
}

/// Every function that changes nothing, as it can be called: alone, and for a record.
pub fn reads(world: &World) -> Vec<String> {
    let keys = keys(world);
    let mut queries = Vec::new();
    // A file is no document of any format: transcripts look at files.
    // `totp.new` shows another secret each time; tests/it/factor.rs looks at it.
    let reads = |func: &&Arc<Func>| {
        !func.writes(false) && func.meta.answers != Answers::File && func.name() != "totp.new"
    };
    for func in world.app.registry.iter().filter(reads) {
        let query = format!("func={}{}", func.name(), needed(func.name()));
        let of_record = keys.get(&func.object).cloned();
        let elids = [parent_key(func, &keys).filter(|key| !key.is_empty()), of_record];
        // A key may be any text.
        let escaped = |elid: &String| form_urlencoded::byte_serialize(elid.as_bytes()).collect::<String>();
        queries.extend(elids.iter().flatten().map(|elid| format!("{query}&elid={}", escaped(elid))));
        queries.push(query);
    }
    queries.dedup();
    queries
}

/// One connection for many calls by a user, with GET.
pub struct Line {
    connection: Connection,
    proof: String,
}

impl Line {
    pub fn new(world: &World, user: &str) -> Self {
        let proof = if user.is_empty() { String::new() } else { format!("&{}", world.proof(user)) };
        Self { connection: Connection::open(world.address), proof }
    }

    pub fn get(&mut self, query: &str) -> Reply {
        self.connection.send(&Request::get(format!("/billmgr?{query}{}", self.proof)))
    }

    pub fn post(&mut self, query: &str) -> Reply {
        let body = format!("{query}{}", self.proof);
        self.connection.send(&Request::post("/billmgr", "application/x-www-form-urlencoded", body))
    }

    pub fn xml(&mut self, query: &str) -> Node {
        let reply = self.get(&format!("{query}&out=xml"));
        dom::parse(&reply.body).unwrap_or_else(|why| panic!("{query}: {why}\n{}", reply.body))
    }
}

fn error_of(doc: &Node) -> &str {
    doc.get("error").and_then(|error| error.get_attr("type")).unwrap_or_default()
}

worlds! {
    /// R1 Every function answers a GET and a POST alike.
    fn get_and_post_are_alike(world: &World) {
        for user in ["admin", "client"] {
            let mut line = Line::new(world, user);
            for query in reads(world) {
                for out in ["xml", "text"] {
                    let query = format!("{query}&out={out}");
                    let (get, post) = (line.get(&query), line.post(&query));
                    let seen = |reply: Reply| (reply.status, reply.mime().to_owned(), reply.body);
                    assert_eq!(seen(get), seen(post), "{user}: {query}");
                }
            }
        }
    }

    /// R2 Without an identity every function that needs one answers an error and does nothing.
    /// R17 An error, and no blank page.
    fn nobody_is_told_to_sign_in(world: &World) {
        let mut line = Line::new(world, "");
        world.unchanged(|| for func in world.app.registry.iter() {
            let closed = func.meta.level > Level::Nobody;
            for more in ["", "&sok=ok", "&elid=1&sok=ok"] {
                let doc = line.xml(&format!("func={}{more}", func.name()));
                // Its proof is the code.
                let closed = closed || (func.name() == "totp.confirm" && !more.is_empty());
                assert_eq!(error_of(&doc) == "auth", closed, "{}{more}: {doc:?}", func.name());
            }
        });
    }

    /// R3 Whose level is too low is told so by every function, and nothing is done.
    fn low_levels_are_refused(world: &World) {
        for (user, level) in [("client", Level::User), ("reseller", Level::Reseller)] {
            let mut line = Line::new(world, user);
            let closed: Vec<Arc<Func>> =
                world.app.registry.iter().filter(|func| func.meta.level > level).cloned().collect();
            assert!(closed.len() > 20, "{} functions are closed to {user}", closed.len());
            world.unchanged(|| for func in &closed {
                for more in ["", "&sok=ok", "&elid=1&sok=ok"] {
                    let doc = line.xml(&format!("func={}{more}", func.name()));
                    assert_eq!(error_of(&doc), "access", "{}{more}", func.name());
                }
            });
        }
    }

    /// R29 So is an administrator who calls as a client.
    fn su_takes_the_level_too(world: &World) {
        let mut line = Line::new(world, "admin");
        for func in world.app.registry.iter().filter(|func| func.meta.level > Level::User) {
            let doc = line.xml(&format!("func={}&su=client", func.name()));
            assert_eq!(error_of(&doc), "access", "{}", func.name());
        }
    }

    /// R25 With su the answer is the very one that the named user gets.
    fn su_answers_what_the_user_is_answered(world: &World) {
        for user in ["client", "reseller", "buyer2", "employee"] {
            let (mut own, mut admin) = (Line::new(world, user), Line::new(world, "admin"));
            // Their answers name the hops and the parameter.
            for query in reads(world).iter().filter(|query| !query.starts_with("func=whoami")) {
                let wanted = own.get(&format!("{query}&out=bjson")).body;
                let got = admin.get(&format!("{query}&out=bjson&su={user}")).body;
                assert_eq!(got, wanted, "{user}: {query}");
            }
        }
    }

    /// R47 No form that is only opened, and R52 no function that reads, changes anything.
    fn reading_changes_nothing(world: &World) {
        let queries = reads(world);
        assert!(queries.len() > 100, "only {} calls", queries.len());
        for user in ["admin", "reseller", "client"] {
            let mut line = Line::new(world, user);
            world.unchanged(|| queries.iter().for_each(|query| drop(line.xml(query))));
        }
    }

    /// R52 sok changes no list and no read.
    fn sok_means_nothing_to_a_list(world: &World) {
        let mut line = Line::new(world, "admin");
        let reads = |func: &&Arc<Func>| !func.writes(true) && func.meta.shape() != Shape::Wizard;
        world.unchanged(|| for func in world.app.registry.iter().filter(reads) {
            let query = format!("func={}&elid=1&out=xml", func.name());
            assert_eq!(line.get(&format!("{query}&sok=ok")).body, line.get(&query).body, "{}", func.name());
        });
    }

    /// R42 Without out every function answers a page.
    fn every_function_has_a_page(world: &World) {
        for user in ["admin", "client"] {
            let mut line = Line::new(world, user);
            for query in reads(world) {
                let reply = line.get(&query);
                let fine = reply.status == 200 && reply.mime() == "text/html; charset=UTF-8";
                assert!(fine && reply.body.starts_with("<!DOCTYPE html>"), "{user}: {query}: {reply:?}");
            }
        }
    }

    /// R65 A plain GET without any header is answered with one XML document and no redirect.
    fn any_client_library_can_read_it(world: &World) {
        let proof = world.proof("admin");
        for query in reads(world) {
            let mut connection = Connection::open(world.address);
            // As PHP's file_get_contents asks: HTTP/1.0, and the end of the answer ends the connection.
            let host = world.address;
            let head = format!("GET /billmgr?{query}&out=xml&{proof} HTTP/1.0\r\nHost: {host}\r\n\r\n");
            connection.write(head.as_bytes());
            let reply = connection.read().expect("an answer");
            assert_eq!((reply.status, reply.mime()), (200, "text/xml"), "{query}");
            let doc = dom::parse(&reply.body).unwrap_or_else(|why| panic!("{query}: {why}"));
            assert_eq!(doc.name, "doc", "{query}");
        }
    }
}

/// R43 Both engines answer alike, over every function.
#[test]
fn engines_answer_alike() {
    if !Engine::Postgres.is_here() {
        return;
    }
    let [sqlite, postgres] = [Engine::Sqlite, Engine::Postgres].map(World::new);
    for user in ["admin", "reseller", "client"] {
        let mut lines = [&sqlite, &postgres].map(|world| Line::new(world, user));
        let [queries, same] = [&sqlite, &postgres].map(reads);
        assert_eq!(queries, same);
        for query in queries {
            let [one, other] = lines.each_mut().map(|line| {
                let mut doc = line.xml(&query);
                doc.attrs.retain(|(name, _)| name != "host");
                doc
            });
            assert_eq!(one, other, "{user}: {query}");
        }
    }
}
