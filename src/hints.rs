//! The hints of `mgrctl -i`, generated from the registry (protocol.md §5): every function, or one
//! function with each parameter, its kind and its values.

use crate::auth::Caller;
use crate::rpc::describe::kind_words;
use crate::rpc::meta::{Field, ValueKind};
use crate::rpc::registry::{Func, Registry};

const NAME_WIDTH: usize = 45;
const TEXT_WIDTH: usize = 47;

pub fn text(registry: &Registry, caller: &Caller, name: &str, lang: &str) -> String {
    let mut out = String::new();
    if name.is_empty() {
        for func in registry.all().iter().filter(|func| func.meta.level <= caller.level()) {
            row(&mut out, func.name(), &about(registry, func, lang));
        }
        return out;
    }
    let Some(func) = registry.get(name).filter(|func| func.meta.level <= caller.level()) else {
        return format!("ERROR missed(func) {name}\n");
    };
    row(&mut out, func.name(), &about(registry, &func, lang));
    for field in func.meta.fields().filter(|field| field.level <= caller.level()) {
        row(&mut out, &format!("  {}", field.name), &about_field(registry, &func, field, lang));
    }
    for col in func.meta.coldata.cols.iter().filter(|col| col.level <= caller.level()) {
        row(&mut out, &format!("  < {}", col.name), &about_field(registry, &func, col, lang));
    }
    out
}

fn about(registry: &Registry, func: &Func, lang: &str) -> String {
    let help = registry.words.find(lang, &func.own_sets(), "help").unwrap_or_default();
    let kind = registry.words.common(lang, "hint_function_type").unwrap_or("Function type");
    let help = if help.is_empty() { String::new() } else { format!("{} ", help.trim()) };
    format!("{}. {help}{kind}: {}", registry.title(func, lang), kind_words(func))
}

fn about_field(registry: &Registry, func: &Func, field: &Field, lang: &str) -> String {
    let hint = registry.words.find(lang, &func.sets, &format!("hint_{}", field.name)).unwrap_or_default();
    let label = registry.label(func, lang, field);
    let values: Vec<String> = field
        .vals
        .iter()
        .map(|val| {
            let words = registry.words.find(lang, &func.sets, &val.word).unwrap_or_default();
            format!("{} = {words}", val.key)
        })
        .collect();
    let values = if values.is_empty() { String::new() } else { format!(" [{}]", values.join("; ")) };
    let required = if field.required { " *" } else { "" };
    format!("{label} ({}){required}. {hint}{values}", kind(field.kind)).trim().to_owned()
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text | ValueKind::Msg => "text",
        ValueKind::Lines => "lines",
        ValueKind::Id => "id",
        ValueKind::Ids => "ids",
        ValueKind::Int => "int",
        ValueKind::Money => "money",
        ValueKind::Percent => "percent",
        ValueKind::Rate => "rate",
        ValueKind::Date => "date",
        ValueKind::Time => "time",
        ValueKind::Flag => "on|off",
        ValueKind::Password | ValueKind::Secret => "secret",
    }
}

/// The name padded to its column, the text wrapped, further lines under the text.
fn row(out: &mut String, name: &str, text: &str) {
    let mut line = format!("{name:NAME_WIDTH$}");
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > TEXT_WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(NAME_WIDTH);
            width = 0;
        }
        if width > 0 {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += length;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}
