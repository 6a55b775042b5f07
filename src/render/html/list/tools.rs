//! The same list for programs: files of exactly these rows, and the call in three manners.

use serde::Serialize;

use super::Links;
use crate::render::html::api::Api;
use crate::render::html::sheet::Sheet;
use crate::rpc::page::ALL;

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

/// The longest page there is.
const PRINTED_MAX: &str = "10000";

impl Tools {
    pub fn new(sheet: &Sheet, links: &Links) -> Self {
        const PAGE: [&str; 4] = ["p_num", "p_cnt", "p_off", "p_columns"];
        let export = |out: &'static str| {
            let href = links.with(&[("out", out), ("p_cnt", ALL)], &PAGE);
            Export { out, href, file: format!("{}.{out}", sheet.func) }
        };
        let params = links.kept(&["p_columns"]);
        let print = links.with(&[("out", "print"), ("p_cnt", PRINTED_MAX)], &PAGE[..3]);
        Self { exports: ["csv", "json", "xml"].map(export).into(), print, api: Api::new(sheet, &params) }
    }
}
