//! A MiniJinja template and its data make a paper.

use std::error::Error as StdError;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, escape_formatter};

use super::read;
use super::tree::Paper;
use crate::error::{Error, Result};
use crate::render::escape;
use crate::render::limited::Limited;

/// Instructions of a template: a second or so.
const FUEL: u64 = 10_000_000;
const MAX_SOURCE_BYTES: usize = 256 << 10;
const MAX_OUTPUT_BYTES: usize = 8 << 20;

/// The paper that `template` makes of `data`. What is not there, or null, is an empty text. The
/// cause of an error says what is wrong with the template and names the element at fault.
pub fn make(template: &str, data: &serde_json::Value) -> Result<Paper> {
    if template.len() > MAX_SOURCE_BYTES {
        return Err(fault("the template is too large"));
    }
    let xml = render(template, data)?;
    read::read(&escape::xml_clean(xml)).map_err(fault)
}

fn fault(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::new("format", "template").cause(cause)
}

/// What MiniJinja says with what made it say so: a limit of ours is behind "failed to write".
fn told(error: minijinja::Error) -> Error {
    let (mut told, mut cause) = (error.to_string(), error.source());
    while let Some(behind) = cause {
        told.push_str(&format!(": {behind}"));
        cause = behind.source();
    }
    fault(told)
}

fn render(template: &str, data: &serde_json::Value) -> Result<String> {
    let mut out = Limited::new(MAX_OUTPUT_BYTES);
    let environment = environment();
    let template = environment.template_from_str(template).map_err(told)?;
    template.render_captured_to(Serde(data), &mut out).map_err(told)?;
    out.into_text().map_err(fault)
}

/// A template has no way to a file: no loader is set, so `include` and `extends` find nothing.
fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(write);
    environment
}

fn write(out: &mut Output, state: &mut State, value: &Value) -> std::result::Result<(), minijinja::Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    match value.as_str() {
        Some(text) if !value.is_safe() && text.contains(['\n', '\r']) => {
            let kept =
                text.replace("\r\n", "\n").replace(['\n', '\r'], read::LINE_FEED.encode_utf8(&mut [0; 4]));
            escape_formatter(out, state, &Value::from(kept))
        }
        _ => escape_formatter(out, state, value),
    }
}
