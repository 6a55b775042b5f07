use std::collections::BTreeSet;

use super::*;

#[test]
fn table_agrees_with_itself() {
    let names: BTreeSet<String> =
        PARAMS.iter().map(|param| param.name).chain(RETIRED.map(|row| row.0)).map(env_name).collect();
    assert_eq!(names.len(), PARAMS.len() + RETIRED.len(), "a name stands twice");
    for param in &PARAMS {
        assert!(param.parse(param.default).is_ok(), "{}: its default", param.name);
        assert!(!(param.secret && param.editable), "{}: the panel's table keeps no secrets", param.name);
        assert!(!(param.at_start && param.editable), "{}: a form that does nothing", param.name);
        let [en, ru] = param.help;
        assert!(en.ends_with('.') && ru.ends_with('.') && !en.contains('\n'), "{}", param.name);
        assert!(ru.chars().any(|c| ('а'..='я').contains(&c)), "{}: not in Russian", param.name);
    }
}

#[test]
fn nearest_name() {
    let rows = [
        ("listen", Some("Listen")),
        ("Lisen", Some("Listen")),
        ("Data_Dir", Some("DataDir")),
        ("RestrictAuthInfo", Some("RestrictAuthinfo")),
        ("RestrictAuthinfoRanges", Some("RestrictAuthinfoRange")),
        ("Timezone", Some("TimeZone")),
        ("PasswdMinLength", Some("PasswordMinLength")),
        ("Port", None),
        ("", None),
        ("Листен", None),
    ];
    for (name, expected) in rows {
        assert_eq!(nearest(name).map(|param| param.name), expected, "{name}");
    }
}

#[test]
fn an_empty_value_is_for_what_may_be_empty() {
    for (name, text, taken) in [
        ("TimeZone", "", false),
        ("Listen", " , ", false),
        ("RestrictAuthinfo", "", false),
        ("DataDir", "", true),
        ("PathAlias", " , ", true),
        ("ForwardedSecret", "", true),
    ] {
        assert_eq!(find(name).expect(name).parse(text).is_ok(), taken, "{name}");
    }
}
