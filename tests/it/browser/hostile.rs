//! Hostile texts in every field of every form that takes text, and then in a browser.

use std::collections::HashSet;
use std::sync::Arc;

use billmgr::rpc::meta::{Field, Shape, ValueKind};
use billmgr::rpc::registry::Func;

use super::chromium::{Browser, Manner};
use super::pages::pages as pages_of;
use crate::direct::{self, tables};
use crate::support::World;

/// What would run a script, ask a foreign host, break out of an attribute or an element, be worked
/// out by a template, or look like something else. `xss-mark` tells what came out as markup.
const TEXTS: [&str; 14] = [
    "\"><xss-mark></xss-mark><script>window.ran=1</script>",
    "' xss-mark autofocus onfocus='window.ran=2' x='",
    "\" xss-mark autofocus onfocus=\"window.ran=3\" x=\"",
    "</textarea></title></select></style><xss-mark><script>window.ran=4</script>",
    "<svg xss-mark onload=window.ran=5><animate onbegin=window.ran=6 attributeName=x dur=1s>",
    "<img src=//evil.example/x.png xss-mark onerror=window.ran=7>",
    "javascript:window.ran=8//",
    "{{1234*5678}}{%print(1234*5678)%}${1234*5678}<%=1234*5678%>",
    "--><xss-mark><!-- ]]><xss-mark><![CDATA[",
    "&lt;xss-mark&gt;&#60;xss-mark&#62;",
    "\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}\u{2028}",
    "\u{1}\u{7f}\u{85}\u{1b}[2J\u{fffe}",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩\u{200d}👩\u{200d}👧 \u{10ffff} Ž\u{30c}\u{30c}\u{30c}\u{30c}",
    "\\\"};window.ran=9;//`${window.ran=10}`",
];

/// What a page may not hold, whatever anybody wrote.
const BROKEN: &str = r#"
    const found = [];
    if (window.ran) found.push("a script ran: " + window.ran);
    for (const it of document.querySelectorAll("xss-mark, [xss-mark]")) found.push("markup: " + it.outerHTML.slice(0, 120));
    for (const it of document.querySelectorAll("*")) for (const {name, value} of it.attributes) {
        if (/^on/.test(name) || (/^(href|src|action|formaction)$/.test(name) && /^\s*(javascript|data|\/\/)/i.test(value)))
            found.push("attribute: " + name + "=" + value.slice(0, 80));
    }
    for (const {name} of performance.getEntriesByType("resource"))
        if (!name.startsWith(location.origin)) found.push("foreign: " + name);
    if (document.documentElement.innerHTML.includes("7006652")) found.push("a template was worked out");
    return found.join("\n");
"#;

/// A form of which no text field may be filled in so: it would lock the test out.
const LEFT_OUT: [&str; 3] = ["usrparam", "settings", "paramlist.edit"];

/// Posts a call as a page's own form does.
const POST: &str = r#"
    const form = document.createElement("form");
    form.method = "post"; form.action = "?"; form.id = "posted";
    for (const [name, value] of PAIRS) {
        const input = document.createElement("textarea");
        input.name = name; input.value = value;
        form.append(input);
    }
    document.body.append(form);
    form.submit();
"#;

fn forms(world: &World) -> Vec<Arc<Func>> {
    let is_meant = |func: &&Arc<Func>| {
        let meta = &func.meta;
        let writes = meta.shape() == Shape::Form && !meta.reads && !meta.table.is_empty();
        let is_meant = func.verb == "edit" || meta.table != "users";
        writes && is_meant && !LEFT_OUT.contains(&func.name())
    };
    world.app.registry.iter().filter(is_meant).cloned().collect()
}

fn takes_text(field: &Field) -> bool {
    let is_typed = field.options.is_empty() && field.vals.is_empty() && field.control != "select";
    is_typed && !field.readonly && matches!(field.kind, ValueKind::Text | ValueKind::Lines)
}

/// Who signs in keeps his name.
fn is_left(world: &World, func: &Func, field: &Field, id: &str) -> bool {
    let of_login = func.meta.table == "users" && ["name", "email"].contains(&field.name.as_str());
    of_login && id == direct::caller(&world.app, "admin").user.id.to_string()
}

/// Puts a text into a field of a record; other texts where that one is refused. How many were taken?
fn fill(world: &World, func: &Func, id: &str, nth: &mut usize) -> usize {
    let mut taken = 0;
    for field in func.meta.fields().filter(|field| takes_text(field) && !is_left(world, func, field, id)) {
        let turn = *nth;
        *nth += 1;
        let texts = TEXTS.iter().cycle().skip(turn).take(TEXTS.len());
        let put = |text: &&&str| {
            let text: String = text.chars().take(field.max.unwrap_or(255)).collect();
            let pairs = [("elid", id), (field.name.as_str(), text.as_str()), ("sok", "ok")];
            direct::call(&world.app, "admin", func.name(), &pairs).is_ok()
        };
        taken += usize::from(texts.take(6).any(|text| put(&text)));
    }
    taken
}

/// The pages that show a record: its form, its history, its card, its paper, and the list with it.
fn pages(world: &World, func: &Func, id: &str) -> Vec<String> {
    let registry = &world.app.registry;
    let of_record = |verb: &&str| registry.get(&format!("{}.{verb}", func.object)).is_some();
    let verbs = ["history", "card", "print"].into_iter().filter(of_record);
    let mut pages = vec![format!("func={}&elid={id}", func.name())];
    pages.extend(verbs.map(|verb| format!("func={}.{verb}&elid={id}", func.object)));
    pages.extend(tabs(world, func, id));
    let object = registry.get(&func.object).filter(|object| object.meta.shape() == Shape::List);
    if let Some(object) = object {
        let list = match object.meta.parent.as_str() {
            "" => Some(format!("func={}", func.object)),
            column => {
                parent_of(world, func, id, column).map(|elid| format!("func={}&elid={elid}", func.object))
            }
        };
        pages.extend(list.into_iter().flat_map(|list| [format!("{list}&out=print"), list]));
    }
    pages
}

/// The tabs of a record's card.
fn tabs(world: &World, func: &Func, id: &str) -> Vec<String> {
    let card = world.app.registry.get(&format!("{}.card", func.object));
    let tabs = card.iter().flat_map(|card| card.meta.card.iter()).flat_map(|card| &card.tabs);
    tabs.map(|tab| format!("func={}.card&elid={id}&tab={}", func.object, tab.name)).collect()
}

fn parent_of(world: &World, func: &Func, id: &str, column: &str) -> Option<String> {
    let rows = tables::rows(&world.app.db, &func.meta.table);
    let row = rows.into_iter().find(|row| row.get("id").is_some_and(|it| it == id));
    row.and_then(|row| row.get(column).cloned()).filter(|parent| !parent.is_empty())
}

/// What a browser finds wrong with the page that it shows.
fn faults(browser: &Browser, page: &str) -> Option<String> {
    let found = browser.ask(BROKEN).as_str().unwrap_or_default().to_owned();
    // A page to print names no icon, so a browser looks for one by itself.
    let complaints: Vec<String> =
        browser.complaints().into_iter().filter(|line| !line.contains("/favicon.ico")).collect();
    (!found.is_empty() || !complaints.is_empty()).then(|| format!("{page}: {found} {complaints:?}"))
}

/// What a browser finds wrong with all these pages, as that user sees them.
fn look(browser: &Browser, user: &str, pages: &[String]) -> Vec<String> {
    browser.sign_in(user);
    let look = |page: &String| {
        browser.go(page);
        faults(browser, page).map(|fault| format!("{user}: {fault}"))
    };
    pages.iter().filter_map(look).collect()
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn texts_of_every_field_are_texts() {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    let (mut taken, mut nth, mut shown, mut closed) = (0, 0, Vec::new(), Vec::new());
    for func in forms(&world).into_iter().filter(|func| func.meta.fields().any(takes_text)) {
        let before = taken;
        let ids = tables::ids(&world.app.db, &func.meta.table);
        for id in ids.iter().take(2) {
            taken += fill(&world, &func, id, &mut nth);
            shown.extend(pages(&world, &func, id));
        }
        if taken == before {
            closed.push(format!("{} ({} records)", func.name(), ids.len()));
        }
    }
    assert!(taken > 200, "{taken} of {nth} fields took a text");
    shown.extend(TEXTS.map(|text| format!("func=find&q={}", escaped(text))));
    shown.extend(TEXTS.map(|text| format!("func=menu&q={}", escaped(text))));
    let others = pages_of(&world);
    let func = |page: &String| page.split('&').next().unwrap_or_default().to_owned();
    let seen: HashSet<String> = shown.iter().map(func).collect();
    shown.extend(others.iter().filter(|page| !seen.contains(&func(page))).cloned());
    shown.sort();
    shown.dedup();
    let found = [look(&browser, "admin", &shown), look(&browser, "client", &others)].concat();
    println!(
        "{taken} of {nth} fields took a hostile text; {} pages were looked at",
        shown.len() + others.len()
    );
    println!("no text was taken by: {}", closed.join(", "));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What is refused comes back to be corrected: in each field that takes no text, in the id of a
/// record, and in what a list is ordered and filtered by.
#[test]
fn what_is_refused_comes_back_as_text() {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    let (mut found, mut refused) = (Vec::new(), 0);
    for (nth, func) in forms(&world).iter().enumerate() {
        let text = TEXTS[nth % TEXTS.len()];
        let id = tables::ids(&world.app.db, &func.meta.table).into_iter().next().unwrap_or_default();
        let others = func.meta.fields().filter(|field| !takes_text(field) && !field.readonly);
        let mut pairs = vec![("func", func.name()), ("elid", id.as_str()), ("sok", "ok")];
        pairs.extend(others.map(|field| (field.name.as_str(), text)));
        browser.ask(&POST.replace("PAIRS", &serde_json::to_string(&pairs).expect("JSON")));
        browser.until("an answer", || !browser.has("#posted") && browser.has("main"));
        refused += usize::from(browser.has("[aria-invalid=true]"));
        found.extend(faults(&browser, func.name()));
        let text = escaped(text);
        let list =
            format!("func={}&elid={text}&filter=on&p_col={text}&p_columns={text}&{text}={text}", func.object);
        for page in [format!("func={}&elid={text}", func.name()), list] {
            browser.go(&page);
            found.extend(faults(&browser, &page));
        }
    }
    println!("{refused} forms showed what they refused");
    assert!(refused > 50, "{refused} forms showed what they refused");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
