//! `out=csv` (decisions.md, Reading and lists): RFC 4180, the first line holds protocol names.

use std::borrow::Cow;

use super::{Render, escape, fault, pairs};
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body};

#[derive(Default)]
struct Csv {
    out: String,
    has_names: bool,
    /// A field before it is known whether it needs quotes.
    field: String,
}

pub fn start() -> Box<dyn Render> {
    Box::<Csv>::default()
}

impl Render for Csv {
    fn list(&mut self, columns: &[Column], _key: &str) {
        self.has_names = true;
        line(&mut self.out, columns.iter().map(|column| column.name.as_str()));
    }

    fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        if !self.has_names {
            self.list(columns, "");
        }
        for (place, cell) in cells.iter().enumerate() {
            self.out.push_str(if place == 0 { "" } else { "," });
            self.field.clear();
            escape::cell(&mut self.field, cell, |out, text| out.push_str(text));
            escape::csv(&mut self.out, &self.field);
        }
        // A lone empty field would be an empty line, which readers skip.
        if let [cell] = cells
            && escape::is_empty(cell)
        {
            self.out.push_str("\"\"");
        }
        self.out.push_str("\r\n");
    }

    fn ready(&mut self) -> Option<&mut String> {
        Some(&mut self.out)
    }

    /// What is no list is a table of one row.
    fn finish(self: Box<Self>, answer: &Answer) -> String {
        let mut out = self.out;
        match answer.body {
            Body::List => {}
            Body::Error => {
                let fault = fault(&answer.doc);
                line(&mut out, ["type", "object", "msg"].into_iter());
                line(&mut out, [fault.kind, fault.object, fault.msg].into_iter());
            }
            body => {
                let mut found = pairs(answer);
                if body == Body::Ok {
                    found.insert(0, (Cow::Borrowed("ok"), "yes"));
                }
                line(&mut out, found.iter().map(|(name, _)| name.as_ref()));
                line(&mut out, found.iter().map(|(_, value)| *value));
            }
        }
        out
    }
}

fn line<'a>(out: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (place, field) in fields.enumerate() {
        out.push_str(if place == 0 { "" } else { "," });
        escape::csv(out, field);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use crate::cell::{Cell, Column};
    use crate::render::samples::{self, Sample, rendered};

    const LIST: &str = "amount,sender,day,allowrefund,status,note,id\r\n\
        10.00 RUB, - ,2024-05-07,off,Зачислен,,6\r\n\
        -0.50,\"<&\"\">, a\r\nb\",2024-05-07 00:00:00,on,,,-5\r\n";

    #[test]
    fn documents() {
        let lone =
            Sample { columns: vec![Column::new("x")], rows: vec![vec![Cell::Null]], ..samples::list() };
        for (sample, expected) in [
            (samples::list(), LIST),
            (samples::empty_list(), "amount,sender,day,allowrefund,status,note,id\r\n"),
            (lone, "x\r\n\"\"\r\n"),
            (samples::form(), "elid,name,profiletype,note,plid\r\n1,X,1,,\r\n"),
            (samples::created(), "ok,id\r\nyes,17\r\n"),
            (samples::error(), "type,object,msg\r\nvalue,elid,\"Bad\r\n'X'\"\r\n"),
        ] {
            assert_eq!(rendered("csv", &sample), expected);
        }
    }
}
