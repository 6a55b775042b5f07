//! What reaches out of the program: processes and calls over the network.
//!
//! Everything here blocks and belongs on the blocking pool, between the job that noted what is to
//! be done and the job that notes what came of it (decisions.md, Writing: phases of a call).

pub mod http;
pub mod program;
pub mod webhook;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Calls that wait for others at the same time: slow ones may not take every thread of the server.
const WAITING_MAX: usize = 96;
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// A call that waits for somebody outside, until it is dropped.
pub struct Waiting;

impl Waiting {
    /// Error `busy` of what is named where too many wait already.
    pub fn begin(what: &'static str) -> Result<Self> {
        let waiting = Self; // counted down when it is dropped
        match WAITING.fetch_add(1, Ordering::SeqCst) < WAITING_MAX {
            true => Ok(waiting),
            false => Err(Error::new("busy", what)),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Characters of what somebody else said.
const SAID_MAX_CHARS: usize = 200;

/// What another program said, as one line that may be kept and shown.
pub fn said(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(SAID_MAX_CHARS).collect::<String>().trim().to_owned()
}
