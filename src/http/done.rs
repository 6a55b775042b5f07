//! What a call has come to, before it is a reply.

use crate::doc::File;
use crate::render;

pub struct Done {
    pub text: String,
    /// Writes to the database before the call.
    pub writes: Option<u64>,
    pub mime: &'static str,
    /// A session that the call opened.
    pub session: Option<String>,
    /// Where a browser goes instead of being shown it.
    pub location: Option<String>,
    /// A form, filled in or refused, and nothing done.
    pub is_form: bool,
    /// What is sent instead of the text.
    pub file: Option<File>,
}

impl Done {
    pub fn file(file: File) -> Self {
        Self {
            text: String::new(),
            writes: None,
            mime: file.mime,
            session: None,
            location: None,
            is_form: false,
            file: Some(file),
        }
    }

    /// Nothing but the way on.
    pub fn gone(location: String) -> Self {
        Self {
            text: String::new(),
            writes: None,
            mime: render::PAGE.mime,
            session: None,
            location: Some(location),
            is_form: false,
            file: None,
        }
    }
}
