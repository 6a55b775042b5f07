//! The same list for programs: files of exactly these rows, and the call in three manners.

use serde::Serialize;

use super::Links;
use crate::render::html::api::Api;
use crate::render::html::sheet::Sheet;

#[derive(Serialize)]
pub struct Tools {
    exports: Vec<Export>,
    /// The same rows as a page to print.
    print: String,
    api: Api,
}

#[derive(Serialize)]
struct Export {
    out: &'static str,
    href: String,
    file: String,
}

/// The longest page there is; csv gives every row where neither page nor size are named.
const ROWS_MAX: &str = "10000";

impl Tools {
    pub fn new(sheet: &Sheet, links: &Links) -> Self {
        const PAGE: [&str; 3] = ["p_num", "p_cnt", "p_columns"];
        let export = |out: &'static str| {
            let more = [("out", out), ("p_cnt", ROWS_MAX)];
            let more = if out == "csv" { &more[..1] } else { &more[..] };
            Export { out, href: links.with(more, &PAGE), file: format!("{}.{out}", sheet.func) }
        };
        let params = links.kept(&["p_columns"]);
        let print = links.with(&[("out", "print"), ("p_cnt", ROWS_MAX)], &PAGE[..2]);
        Self { exports: ["csv", "json", "xml"].map(export).into(), print, api: Api::new(sheet, &params) }
    }
}
