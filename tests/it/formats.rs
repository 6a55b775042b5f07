//! The same answer in every format.

mod expected;
mod page;

use billmgr::level::Level;
use serde_json::Value;

use crate::support::{Request, World, dom, worlds};
use crate::sweep::{self, Line};

fn json_of(line: &mut Line, query: &str, out: &str) -> Value {
    let reply = line.get(&format!("{query}&out={out}"));
    assert_eq!(reply.mime(), "application/json", "{query}");
    serde_json::from_str(&reply.body).unwrap_or_else(|why| panic!("{query} {out}: {why}\n{}", reply.body))
}

/// Sends a page's form, but as a program does.
fn press(world: &World, user: &str, action: &str, fields: &[(String, String)]) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let body = format!("{body}&out=xml&{}", world.proof(user));
    let request =
        Request::post(format!("/billmgr{action}"), "application/x-www-form-urlencoded", body.as_str());
    let reply = request.send(world.address);
    assert!(reply.body.contains("<ok"), "{action} {body}: {}", reply.body);
}

worlds! {
    /// R43 Every function gives the same data in xml, json, sjson, JSONdata, bjson, text and csv.
    /// R54 R55 R57 So does every shape of an answer.
    fn every_function_says_the_same(world: &World) {
        let registry = &world.app.registry;
        let mut kinds = [0; 3];
        for user in ["admin", "client"] {
            let mut line = Line::new(world, user);
            for query in sweep::reads(world) {
                // There are more functions than rows of a usual page, and text and csv give every row.
                let query = match query == "func=userrights" {
                    true => format!("{query}&p_cnt=10000"),
                    false => query,
                };
                let doc = line.xml(&query);
                let name = query[5..].split('&').next().unwrap_or_default();
                let is_above = registry.get(name).is_some_and(|func| func.meta.level > Level::User);
                if user == "client" && is_above && name != "country" {
                    continue; // one refusal is like another
                }
                let key = registry.get(name).map_or("id".into(), |func| func.meta.key().to_owned());
                kinds[expected::kind(&doc) as usize] += 1;
                let what = format!("{user}: {query}");
                let json = expected::without_out(json_of(&mut line, &query, "json"));
                assert_eq!(json, expected::json(&doc), "{what}");
                let devel = dom::parse(&line.get(&format!("{query}&out=devel")).body).expect("XML");
                let json = expected::without_out(json_of(&mut line, &query, "sjson"));
                assert_eq!(json, expected::json(&devel), "{what}");
                expected::check_flat(&doc, &json_of(&mut line, &query, "JSONdata"), &what);
                expected::check_brief(&doc, &json_of(&mut line, &query, "bjson"), &what);
                let text = line.get(&format!("{query}&out=text")).body;
                assert_eq!(text, expected::text(&doc, &key), "{what}");
                expected::check_csv(&doc, &line.get(&format!("{query}&out=csv")).body, &what);
            }
        }
        let [lists, others, errors] = kinds;
        assert!(lists > 50 && others > 50 && errors < lists + others, "{kinds:?}");
    }

    /// R24 The fields of a page's form, sent as they stand there, are a call that saves them.
    fn a_form_of_the_panel_is_a_call(world: &World) {
        for (user, func, record) in [
            ("client", "profile.edit", "client_profile"),
            ("admin", "payment.edit", "client_payment"),
            ("admin", "paymethod.edit", "paymethod"),
            ("admin", "account.edit", "client"),
            ("admin", "user.edit", "client_user"),
            ("admin", "project.edit", "project"),
        ] {
            let query = format!("func={func}&elid={}", world.id(record));
            let page = world.get(&format!("{query}&{}", world.proof(user))).body;
            let (action, fields) = page::form(&page);
            assert!(fields.iter().any(|(name, value)| name == "func" && value == func), "{func}: {fields:?}");
            let before = world.done(user, &query);
            press(world, user, &action, &fields);
            assert_eq!(world.done(user, &query), before, "{func} is saved as it was");
        }
    }

    /// R24 A box without a tick is sent as nothing, and is off all the same.
    fn a_box_without_a_tick_is_off(world: &World) {
        let query = format!("func=user.edit&elid={}", world.id("client_user"));
        let is_on = || world.done("admin", &query).get_text("default_access_allow") == Some("on");
        assert!(is_on());
        let (action, mut fields) = page::form(&world.get(&format!("{query}&{}", world.proof("admin"))).body);
        fields.retain(|(name, _)| name != "default_access_allow");
        press(world, "admin", &action, &fields);
        assert!(!is_on());
    }

    /// R41 A template in the data directory is a format at once, for every function; no built-in
    /// one can be replaced; a fault of it is told as such.
    fn formats_of_the_operator(world: &World) {
        let formats = world.dir().join("formats");
        std::fs::create_dir(&formats).expect("a directory");
        let get = |query: &str| world.get(&format!("{query}&{}", world.proof("admin")));
        let refused = get("func=project&out=short");
        assert!(refused.body.contains("type=\"value\" object=\"out\""), "{}", refused.body);
        let write = |name: &str, text: &str| std::fs::write(formats.join(name), text).expect("a template");
        write("short.txt.j2", include_str!("../formats/short.txt.j2"));
        for out in ["short", "SHORT"] {
            let reply = get(&format!("func=project&out={out}"));
            assert_eq!(reply.mime(), "text/plain; charset=UTF-8");
            assert_eq!(reply.body, format!("{} Seed Hosting\n", world.id("project")));
        }
        assert!(get("func=no.such&out=short").body.starts_with("missed: "), "an error in the own format");
        for query in sweep::reads(world) {
            assert_eq!(get(&format!("{query}&out=short")).status, 200, "{query}");
        }
        write("page.html.j2", "<p>{{ doc.elem[0].name[\"$\"] }}</p>");
        let project = world.id("project");
        world.done("admin", &format!("func=project.edit&elid={project}&name=%3Cb%3E%26&sok=ok"));
        let page = get("func=project&out=page");
        assert_eq!((page.mime(), page.body.as_str()), ("text/html; charset=UTF-8", "<p>&lt;b&gt;&amp;</p>"));
        write("page.html.j2", "changed");
        assert_eq!(get("func=project&out=page").body, "changed");
        write("xml.txt.j2", "not this");
        assert!(get("func=project&out=xml").body.starts_with("<?xml"), "built-in names stay");
        write("wrong.txt.j2", "{% for %}");
        let wrong = get("func=project&out=wrong");
        let is_told = wrong.body.contains("type=\"format\" object=\"out\"");
        assert!(is_told && !wrong.body.contains("{%"), "{}", wrong.body);
        std::fs::remove_file(formats.join("short.txt.j2")).expect("removed");
        assert!(get("func=project&out=short").body.contains("object=\"out\""));
    }
}
