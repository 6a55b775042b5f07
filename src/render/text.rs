//! `out=text` (protocol.md §3.6, U1, U9): lines for shell scripts.

use super::{Render, escape, fault, pairs};
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body};

#[derive(Default)]
struct Text {
    key: String,
    /// The columns with the key first: scripts take it by `cut -d' ' -f1 | cut -d= -f2`.
    order: Vec<usize>,
    rows: String,
}

pub fn start() -> Box<dyn Render> {
    Box::<Text>::default()
}

impl Text {
    /// Where no key was told, it is `id`, else the first column.
    fn arrange(&mut self, columns: &[Column]) {
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        let first = place(&self.key).or_else(|| place("id")).unwrap_or_default();
        self.order = (0..columns.len()).collect();
        if first > 0 {
            self.order[..=first].rotate_right(1);
        }
    }
}

impl Render for Text {
    fn list(&mut self, columns: &[Column], key: &str) {
        self.key = key.to_owned();
        self.arrange(columns);
    }

    fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        if self.order.len() != columns.len() {
            self.arrange(columns);
        }
        let out = &mut self.rows;
        for (place, &at) in self.order.iter().enumerate() {
            out.push_str(if place == 0 { "" } else { " " });
            out.push_str(&columns[at].name);
            out.push('=');
            escape::cell(out, &cells[at], escape::line);
        }
        out.push('\n');
    }

    fn ready(&mut self) -> Option<&mut String> {
        Some(&mut self.rows)
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String {
        let mut out = self.rows;
        match answer.body {
            Body::List => return out,
            Body::Error => {
                let fault = fault(&answer.doc);
                escape::line(&mut out, &format!("ERROR {}({}) {}", fault.kind, fault.object, fault.msg));
                out.push('\n');
                return out;
            }
            Body::Ok => out.push_str("OK\n"),
            Body::Form | Body::Object | Body::File => {}
        }
        for (name, value) in pairs(answer) {
            escape::line(&mut out, &name);
            out.push('=');
            escape::line(&mut out, value);
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use crate::render::samples::{self, Sample, rendered};

    const LIST: &str = "\
id=6 amount=10.00 RUB sender= -  day=2024-05-07 allowrefund=off status=Зачислен note=
id=-5 amount=-0.50 sender=<&\">, a  b day=2024-05-07 00:00:00 allowrefund=on status= note=
";
    const BY_SENDER: &str = "\
sender= -  amount=10.00 RUB day=2024-05-07 allowrefund=off status=Зачислен note= id=6
sender=<&\">, a  b amount=-0.50 day=2024-05-07 00:00:00 allowrefund=on status= note= id=-5
";

    const PRICES: &str = "\
pricelist_id=1
pricelist_price_period_type=month
pricelist_price_period_cost=1.00
pricelist_price_period_type=month
pricelist_price_period_cost=2.00
";

    #[test]
    fn documents() {
        for (sample, expected) in [
            (samples::list(), LIST),
            (Sample { key: "unknown", ..samples::list() }, LIST),
            (Sample { key: "sender", ..samples::list() }, BY_SENDER),
            (samples::empty_list(), ""),
            (samples::form(), "elid=1\nname=X\nprofiletype=1\nnote=\nplid=\n"),
            (samples::auth(), "auth=f33b\n"),
            (samples::whoami(), "user_name=admin2\nuser_id=4\npath=1\npath=4\nversion_core=5.389\n"),
            (samples::pricelist(), PRICES),
            (samples::created(), "OK\nid=17\n"),
            (
                samples::redirected(),
                "OK\nlocation=func=payment.edit&elid=7\nauth=f33b\ndoc_newexpiredate=2027-01-01\n",
            ),
            (samples::error(), "ERROR value(elid) Bad  'X'\n"),
        ] {
            assert_eq!(rendered("text", &sample), expected);
        }
    }
}
