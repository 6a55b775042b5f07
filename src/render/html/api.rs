//! "Show as API call": the call behind a page as an address, for curl and for mgrctl. Who calls is
//! left for the reader to fill in: no page shows a secret.

use form_urlencoded::Serializer;
use serde::Serialize;

use super::sheet::{Params, Sheet};

#[derive(Serialize)]
pub struct Api {
    url: String,
    curl: String,
    mgrctl: String,
}

impl Api {
    pub fn new(sheet: &Sheet, params: &Params) -> Self {
        Self::of(sheet, sheet.func, params)
    }

    /// The call of another function, on the page of this one.
    pub fn of(sheet: &Sheet, func: &str, params: &Params) -> Self {
        let attr = |name| sheet.doc.get_attr(name).unwrap_or_default();
        let base = format!("{}{}", attr("host"), attr("binary"));
        let url = Serializer::for_suffix(format!("{base}?"), base.len() + 1)
            .append_pair("func", func)
            .extend_pairs(params)
            .append_pair("out", "json")
            .finish();
        let pair = |(name, value): &(&str, &str)| quoted(&format!("{name}={value}"));
        let pairs: Vec<String> = params.iter().map(pair).collect();
        let data: String = pairs.iter().map(|pair| format!(" --data-urlencode {pair}")).collect();
        let words: String = pairs.iter().map(|pair| format!(" {pair}")).collect();
        let func = quoted(func);
        Self {
            curl: format!(
                "curl --get {} --data-urlencode \"authinfo=$LOGIN:$PASSWORD\" --data func={func}{data} --data out=json",
                quoted(&base)
            ),
            mgrctl: format!("mgrctl -m billmgr -o json {func}{words}"),
            url,
        }
    }
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
