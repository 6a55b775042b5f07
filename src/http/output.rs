//! The asked format of an answer: built in, a template of the data directory, or a page.

use crate::app::App;
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body};
use crate::error::{Error, Result};
use crate::render::{self, Format, Render, Words};

pub enum Output {
    Built { format: &'static Format, writer: Box<dyn Render> },
    Custom(Box<render::CustomFormat>),
}

impl Output {
    pub fn of(app: &App, out: &str) -> Result<Self> {
        if super::browser::is_page(out) {
            return Ok(Self::built(&render::PAGE));
        }
        if let Some(format) = render::format(out) {
            return Ok(Self::built(format));
        }
        let custom = render::custom(&app.data_dir.join("formats"), out)?;
        custom.map(|custom| Self::Custom(Box::new(custom))).ok_or_else(|| Error::value("out", out))
    }

    pub fn built(format: &'static Format) -> Self {
        Self::Built { format, writer: (format.start)() }
    }

    pub fn mime(&self) -> &'static str {
        match self {
            Self::Built { format, .. } => format.mime,
            Self::Custom(custom) => custom.mime,
        }
    }

    /// Can the format show an answer of that kind? Errors it can show always.
    pub fn shows(&self, answer: &Answer) -> bool {
        match self {
            Self::Built { format, .. } if format.lists_only => answer.body == Body::List,
            Self::Built { format, .. } if format.printed_only => answer.file.is_some(),
            _ => true,
        }
    }

    /// Can it show what a change answers?
    pub fn shows_deeds(&self) -> bool {
        !matches!(self, Self::Built { format, .. } if format.lists_only || format.printed_only)
    }

    /// Is the printed form of a document wanted, where it has one?
    pub fn prints(&self) -> bool {
        matches!(self, Self::Built { format, .. } if format.printed_only || format.name == render::PAGE.name)
    }

    /// Does the document carry metadata and messages? json only where the administrator says so.
    pub fn wants_words(&self, json_too: bool) -> bool {
        if json_too && matches!(self, Self::Built { format, .. } if format.name == "json") {
            return true;
        }
        let words = match self {
            Self::Built { format, .. } => format.words,
            Self::Custom(custom) => custom.words,
        };
        words == Words::Metadata
    }

    pub fn finish(self, answer: &Answer) -> Result<String> {
        match self {
            Self::Built { writer, .. } => Ok(writer.finish(answer)),
            Self::Custom(custom) => custom.finish(answer),
        }
    }

    /// Rows that may leave before the answer is finished.
    pub fn ready(&mut self) -> Option<&mut String> {
        match self {
            Self::Built { writer, .. } => writer.ready(),
            Self::Custom(_) => None,
        }
    }

    pub fn list(&mut self, columns: &[Column], key: &str) {
        match self {
            Self::Built { writer, .. } => writer.list(columns, key),
            Self::Custom(custom) => custom.list(columns, key),
        }
    }

    pub fn begin(&mut self, head: &dyn Fn() -> Answer) {
        if let Self::Built { writer, .. } = self {
            writer.begin(head);
        }
    }

    pub fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        match self {
            Self::Built { writer, .. } => writer.row(columns, cells),
            Self::Custom(custom) => custom.row(columns, cells),
        }
    }
}
