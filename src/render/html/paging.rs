//! The pages of a list.

use serde::Serialize;

use super::list::Links;
use super::sheet::{Params, Sheet};

#[derive(Serialize)]
pub struct Paging<'a> {
    shown: String,
    page_of: String,
    first: String,
    last: String,
    previous: Option<String>,
    next: Option<String>,
    links: Vec<PageLink>,
    size: u64,
    sizes: Vec<u64>,
    /// What the choice of a page size keeps of the call.
    keep: Params<'a>,
}

#[derive(Serialize)]
struct PageLink {
    number: u64,
    href: String,
    current: bool,
    after_gap: bool,
}

struct Count {
    page: u64,
    pages: u64,
    size: u64,
}

impl<'a> Paging<'a> {
    pub fn new(sheet: &Sheet<'a>, links: &Links<'a>, rows: usize) -> Self {
        let total = sheet.doc.get_text("p_elems").map_or(rows.to_string(), str::to_owned);
        let count = Count::new(sheet, &total, rows as u64);
        let href = |number: u64| links.with(&[("p_num", &number.to_string())], &["p_num"]);
        Self {
            shown: shown(sheet, &count, &total, rows as u64),
            page_of: sheet
                .fill("page_of", &[("page", &count.page.to_string()), ("pages", &count.pages.to_string())]),
            first: href(1),
            last: href(count.pages),
            previous: (count.page > 1).then(|| href(count.page - 1)),
            next: (count.page < count.pages).then(|| href(count.page + 1)),
            links: page_links(&count, href),
            size: count.size,
            sizes: sizes(count.size),
            keep: links.kept(&["p_num", "p_cnt"]),
        }
    }
}

impl Count {
    /// A total may say "10,000+" (decisions.md, Paging): then a full page has one after it.
    fn new(sheet: &Sheet, total: &str, rows: u64) -> Self {
        let number = |name: &str| sheet.doc.get_text(name).and_then(|text| text.parse::<u64>().ok());
        let elems: String = total.chars().filter(char::is_ascii_digit).collect();
        let elems: u64 = elems.parse().unwrap_or(rows);
        let size = number("p_cnt").filter(|size| *size > 0).unwrap_or_else(|| elems.max(1));
        let page = number("p_num").unwrap_or(1).max(1);
        let known = elems.div_ceil(size).max(page);
        let more = total.ends_with('+') && rows == size && known == page;
        Self { page, pages: known + u64::from(more), size }
    }
}

fn shown(sheet: &Sheet, count: &Count, total: &str, rows: u64) -> String {
    if rows == 0 {
        return String::new();
    }
    let first = (count.page - 1).saturating_mul(count.size) + 1;
    let last = first + rows - 1;
    sheet.fill("rows_of", &[("first", &first.to_string()), ("last", &last.to_string()), ("total", total)])
}

/// The first page, the last, and the current one with two to either side.
fn page_links(count: &Count, href: impl Fn(u64) -> String) -> Vec<PageLink> {
    let near = count.page.saturating_sub(2).max(1)..=(count.page + 2).min(count.pages);
    let mut numbers: Vec<u64> = [1].into_iter().chain(near).chain([count.pages]).collect();
    numbers.dedup();
    let mut before = 0;
    let link = |number| {
        let after_gap = number > before + 1;
        before = number;
        PageLink { number, href: href(number), current: number == count.page, after_gap }
    };
    numbers.into_iter().map(link).collect()
}

fn sizes(size: u64) -> Vec<u64> {
    let mut sizes = vec![20, 50, 100, 200, 500, size];
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}
