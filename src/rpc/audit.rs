//! What is wrong with the registry. The server does not start with any of it.

use super::answers::Answers;
use super::meta::{Field, ScopeKind, Shape};
use super::registry::{Func, Registry};
use crate::db::Db;
use crate::level::Level;

const LANGS: [&str; 2] = ["en", "ru"];

/// Words that are missing, and functions open to clients without a scope.
pub fn faults(registry: &Registry) -> Vec<String> {
    registry.described().flat_map(|func| func_faults(registry, func)).collect()
}

fn func_faults(registry: &Registry, func: &Func) -> Vec<String> {
    let mut faults = Vec::new();
    for name in words_needed(func) {
        for lang in LANGS {
            let plain = name.strip_prefix("short_").unwrap_or(&name);
            let word = |name| registry.words.own(lang, &func.sets, name);
            if word(&name).or_else(|| word(plain)).is_none() {
                faults.push(format!("`{}` has no word `{name}` in {lang}", func.name()));
            }
        }
    }
    for button in func.meta.buttons().filter(|button| !registry.knows(&button.func)) {
        faults.push(format!("`{}` has a button for `{}`, which is not there", func.name(), button.func));
    }
    for name in card_funcs(func).filter(|name| !registry.knows(name)) {
        faults.push(format!("the card `{}` shows `{name}`, which is not there", func.name()));
    }
    for (_, list) in func.meta.asked().filter(|(_, list)| !registry.knows(list)) {
        faults.push(format!("`{}` asks for `{list}`, which is not there", func.name()));
    }
    faults.extend(super::plot::faults(func, |name| registry.knows(name)));
    for name in super::currency::unknown(&func.meta) {
        faults.push(format!("`{}` does not say what currency `{name}` is in", func.name()));
    }
    for name in unknown_columns(func) {
        faults.push(format!("`{}` tells of what it finds `{name}`, which is no column of it", func.name()));
    }
    faults.extend(scope_fault(func));
    faults.extend(public_fault(func));
    faults
}

/// The title, and a label for every column, field, code, page, list and button.
fn words_needed(func: &Func) -> Vec<String> {
    let meta = &func.meta;
    let mut names = vec!["title".to_owned()];
    for field in meta.coldata.cols.iter().chain(meta.fields()) {
        names.push(field.name.clone());
        names.extend(field.vals.iter().map(|val| val.word.clone()));
    }
    names.extend(meta.form.pages.iter().map(|page| page.name.clone()));
    let of_pages = meta.form.pages.iter().flat_map(|page| &page.lists);
    names.extend(of_pages.clone().map(|list| list.name.clone()));
    let lists = of_pages.chain(meta.fields().filter_map(|field| field.list.as_deref()));
    names.extend(lists.flat_map(|list| &list.cols).map(|col| col.name.clone()));
    names.extend(meta.form.buttons.iter().map(|button| format!("msg_{}", button.name)));
    names.extend(meta.buttons().map(|button| format!("short_{}", button.name)));
    let card = meta.card.iter().filter(|_| meta.shape() == Shape::Card);
    names.extend(card.flat_map(|card| card.words()));
    names
}

fn unknown_columns(func: &Func) -> impl Iterator<Item = &str> {
    let find = func.meta.find.iter();
    let named = find.flat_map(|find| find.shows.split_whitespace());
    named.filter(|name| func.meta.col(name).is_none())
}

/// What a card leads to, asks for and offers.
fn card_funcs(func: &Func) -> impl Iterator<Item = &str> {
    let card = func.meta.card.iter().filter(|_| func.meta.shape() == Shape::Card);
    card.flat_map(|card| card.funcs())
}

/// Rows that clients reach belong to somebody.
fn scope_fault(func: &Func) -> Option<String> {
    let meta = &func.meta;
    let reads_rows = !meta.view.is_empty() || !meta.table.is_empty();
    // A price list, and the conditions of who looks through it.
    let is_public = meta.scope == ScopeKind::Public && (meta.shape() == Shape::List || func.verb == "filter");
    let open = meta.level < Level::Department && !meta.scope.is_owned() && !is_public;
    (reads_rows && open).then(|| format!("`{}` is open to clients without a scope", func.name()))
}

/// What is kept for everybody, everybody may ask, and it changes nothing.
fn public_fault(func: &Func) -> Option<String> {
    let meta = &func.meta;
    let kept = meta.answers == Answers::Public;
    let wrong = kept && (meta.level != Level::Nobody || !meta.reads);
    wrong.then(|| {
        format!("`{}` answers to everybody, but is no reading function of level nobody", func.name())
    })
}

/// Columns that the metadata names and the database lacks.
pub fn schema_faults(registry: &Registry, db: &Db) -> Vec<String> {
    registry.described().flat_map(|func| columns_missing(func, db)).collect()
}

fn columns_missing(func: &Func, db: &Db) -> Vec<String> {
    let meta = &func.meta;
    let mut wanted: Vec<(String, String)> = Vec::new();
    if !meta.view.is_empty() && matches!(meta.shape(), Shape::List | Shape::Card) {
        for col in meta.coldata.cols.iter() {
            wanted.push((meta.view.clone(), col.column().to_owned()));
            wanted.extend((!col.currency.is_empty()).then(|| (meta.view.clone(), col.currency.clone())));
        }
        let found_by = meta.find.iter().flat_map(|find| find.by.split_whitespace());
        wanted.extend(found_by.map(|name| {
            let column = meta.col(name).map_or(name, Field::column);
            (meta.view.clone(), column.to_owned())
        }));
        wanted.extend((!meta.parent.is_empty()).then(|| (meta.view.clone(), meta.parent.clone())));
        if meta.scope.is_owned() {
            wanted.extend(["account_id", "reseller_id"].map(|name| (meta.view.clone(), name.into())));
        }
    }
    let in_table = |field: &&Field| !field.virtual_ && field.link.is_empty() && !meta.table.is_empty();
    if matches!(meta.shape(), Shape::Form | Shape::Wizard) {
        wanted.extend(meta.fields().filter(in_table).map(|f| (meta.table.clone(), f.column().to_owned())));
    }
    for field in meta.fields() {
        wanted.extend(
            super::currency::stored(&field.currency).map(|(view, column, _)| (view.into(), column.into())),
        );
        wanted
            .extend((!field.options.is_empty()).then(|| (format!("{}_option", field.options), "id".into())));
        wanted.extend((!field.link.is_empty()).then(|| (field.link.clone(), field.link_to.clone())));
    }
    let missing = wanted.into_iter().filter(|(table, column)| !db.has_column(table, column));
    missing.map(|(table, column)| format!("`{}` needs {table}.{column}", func.name())).collect()
}
