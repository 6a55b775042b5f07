//! The table, on the terminal and as JSON.

use serde_json::{Map, Value, json};

use super::data;
use super::load::Measured;

#[derive(Debug, Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Told for what stands beside it.
    None,
}

impl Target {
    fn verdict(self, value: f64) -> &'static str {
        match self {
            Self::AtLeast(least) if value >= least => "ok",
            Self::AtMost(most) if value <= most => "ok",
            Self::None => "",
            _ => "below",
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(least) => format!(">= {least}"),
            Self::AtMost(most) => format!("<= {most}"),
            Self::None => String::new(),
        }
    }
}

pub struct Report {
    quick: bool,
    rows: Vec<Value>,
}

impl Report {
    pub fn new(quick: bool) -> Self {
        println!("{:58} {:>12} {:10} {:9} verdict", "what", "value", "unit", "target");
        Self { quick, rows: Vec::new() }
    }

    /// The rate of each subject, with the processor time that its server spent.
    pub fn rates(&mut self, measured: &[Measured]) {
        for one in measured {
            let cpu_us = [("cpu_us", json!(rounded(one.cpu()))), ("rounds", json!(one.rates))];
            let unit = format!("/s, {:.1} us", one.cpu());
            self.put(one.name, one.rate(), &unit, Target::None, &cpu_us);
        }
    }

    pub fn row(&mut self, name: &str, value: f64, unit: &str, target: Target) {
        self.put(name, value, unit, target, &[]);
    }

    fn put(&mut self, name: &str, value: f64, unit: &str, target: Target, more: &[(&str, Value)]) {
        let (value, verdict) = (rounded(value), target.verdict(value));
        println!("{name:58} {value:>12} {unit:10} {:9} {verdict}", target.text());
        let mut row = Map::new();
        row.insert("name".into(), name.into());
        row.insert("value".into(), json!(value));
        row.insert("unit".into(), unit.split(',').next().unwrap_or_default().into());
        row.insert("target".into(), target.text().into());
        row.insert("verdict".into(), verdict.into());
        row.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.rows.push(Value::Object(row));
    }

    /// Writes `target/bench.json`.
    pub fn keep(&self) {
        let path = data::target_dir().join("bench.json");
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let report = json!({ "quick": self.quick, "cores": cores, "rows": self.rows });
        std::fs::write(&path, format!("{report:#}\n")).expect("target can be written");
        println!("\n{}", path.display());
    }
}

/// Three digits behind the point below ten, else one.
fn rounded(value: f64) -> f64 {
    let unit = if value.abs() < 10.0 { 1000.0 } else { 10.0 };
    (value * unit).round() / unit
}
