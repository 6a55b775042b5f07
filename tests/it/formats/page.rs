//! What a browser would send of a page's form.

/// The address and the pairs of the form that saves, in the order of the page.
pub fn form(page: &str) -> (String, Vec<(String, String)>) {
    let form = page.split("<form id=\"form\"").nth(1).and_then(|part| part.split("</form>").next());
    let form = form.unwrap_or_else(|| panic!("no form in {page}"));
    // The button that saves stands outside of the form.
    let saves = page.contains("form=\"form\" name=\"sok\" value=\"ok\"");
    let mut fields: Vec<_> = saves.then(|| ("sok".to_owned(), "ok".to_owned())).into_iter().collect();
    for (at, _) in form.match_indices('<') {
        let rest = &form[at + 1..];
        let Some((tag, body)) = rest.split_once('>') else { continue };
        let name = attr(tag, "name");
        match tag.split([' ', '\n']).next().filter(|_| !has(tag, "disabled")) {
            Some("input") => fields.extend(input(tag, name)),
            Some("textarea") => {
                let text = body.split("</textarea>").next().unwrap_or_default();
                fields.extend(name.map(|name| (name, plain(text.strip_prefix('\n').unwrap_or(text)))));
            }
            Some("select") => {
                let options = body.split("</select>").next().unwrap_or_default();
                fields.extend(name.into_iter().flat_map(|name| chosen(options, &name, has(tag, "multiple"))));
            }
            _ => {}
        }
    }
    (attr(form, "action").unwrap_or_default(), fields)
}

fn input(tag: &str, name: Option<String>) -> Option<(String, String)> {
    let kind = attr(tag, "type").unwrap_or_default();
    let is_off = matches!(kind.as_str(), "checkbox" | "radio") && !has(tag, "checked");
    let value = attr(tag, "value").unwrap_or_default();
    (!is_off).then_some((name?, value))
}

/// The selected options; of a list with one choice the first where none is.
fn chosen(options: &str, name: &str, many: bool) -> Vec<(String, String)> {
    let tags: Vec<&str> =
        options.split("<option").skip(1).filter_map(|part| part.split('>').next()).collect();
    let value = |tag: &&str| (name.to_owned(), attr(tag, "value").unwrap_or_default());
    let selected: Vec<_> = tags.iter().filter(|tag| has(tag, "selected")).map(value).collect();
    match selected.is_empty() && !many {
        true => tags.iter().take(1).map(value).collect(),
        false => selected,
    }
}

fn has(tag: &str, attr: &str) -> bool {
    tag.split([' ', '\n', '/']).any(|word| word == attr || word.starts_with(&format!("{attr}=")))
}

fn attr(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    Some(plain(rest.split('"').next()?))
}

fn plain(text: &str) -> String {
    quick_xml::escape::unescape(text).expect("entities of XML").into_owned()
}
