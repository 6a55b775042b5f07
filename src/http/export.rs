//! A whole list in pieces: rows leave while further ones are read (decisions.md, Reading and
//! lists), so that a million of them need no more memory than a page.

use std::io;
use std::time::Duration;

use http_body_util::channel::{Channel, Sender};
use hyper::body::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::output::Output;
use crate::cell::{Cell, Column};
use crate::db;
use crate::doc::Answer;
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::list::RowSink;

pub type Pieces = Channel<Bytes, io::Error>;

/// A list that is shorter goes out in one piece, with its length.
const PIECE_BYTES: usize = 256 * 1024;
const PIECES_WAITING: usize = 2;
/// Who takes a piece no sooner is not waited for: each export holds a connection to the database.
const TAKE_TIMEOUT: Duration = Duration::from_secs(30);
static EXPORTS: Semaphore = Semaphore::const_new(2);

/// What the pieces of an answer leave by, as soon as there is a first one.
pub struct Exit(Option<oneshot::Sender<Begun>>);

/// An answer that has begun: its content type and what it consists of.
pub struct Begun {
    pub mime: &'static str,
    pub pieces: Pieces,
}

impl Exit {
    pub fn new() -> (Self, oneshot::Receiver<Begun>) {
        let (begun, begins) = oneshot::channel();
        (Self(Some(begun)), begins)
    }

    /// The whole answer will be one piece, however long it is.
    pub fn closed() -> Self {
        Self(None)
    }
}

/// An output whose rows leave when there are many.
pub struct Export {
    pub output: Output,
    exit: Exit,
    way: Option<Way>,
}

struct Way {
    sender: Option<Sender<Bytes, io::Error>>,
    _place: SemaphorePermit<'static>,
}

impl Export {
    pub fn new(output: Output, exit: Exit) -> Self {
        Self { output, exit, way: None }
    }

    fn send_rows(&mut self) -> Result<()> {
        let Some(rows) = self.output.ready().filter(|rows| rows.len() >= PIECE_BYTES) else { return Ok(()) };
        if let Some(way) = &mut self.way {
            return way.send(std::mem::take(rows).into());
        }
        let Some(begun) = self.exit.0.take() else { return Ok(()) };
        let piece = std::mem::take(rows).into();
        self.way.insert(Way::open(begun, self.output.mime())?).send(piece)
    }

    /// The rest of the answer: as a text, unless pieces of it have left.
    pub fn finish(self, rest: impl FnOnce(Output) -> Result<String>) -> Result<Option<String>> {
        let text = rest(self.output)?;
        let Some(mut way) = self.way else { return Ok(Some(text)) };
        way.send(text.into())?;
        way.sender = None;
        Ok(None)
    }
}

impl Way {
    fn open(begun: oneshot::Sender<Begun>, mime: &'static str) -> Result<Self> {
        let place = EXPORTS.try_acquire().map_err(|_| Error::new("busy", "export"))?;
        let (sender, pieces) = Channel::new(PIECES_WAITING);
        begun.send(Begun { mime, pieces }).map_err(|_| gone())?;
        Ok(Self { sender: Some(sender), _place: place })
    }

    fn send(&mut self, piece: Bytes) -> Result<()> {
        let Some(sender) = self.sender.as_mut().filter(|_| !piece.is_empty()) else { return Ok(()) };
        let sent = tokio::time::timeout(TAKE_TIMEOUT, sender.send_data(piece));
        let sent = tokio::runtime::Handle::current().block_on(sent);
        db::allow(BUDGET_SLOW);
        sent.map_err(|_slow| gone())?.map_err(|_closed| gone())
    }
}

/// An answer without its end must not look like a whole one.
impl Drop for Way {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            sender.abort(io::Error::other("the answer broke off"));
        }
    }
}

fn gone() -> Error {
    Error::new("timeout", "export")
}

impl RowSink for Export {
    fn list(&mut self, columns: &[Column], key: &str) {
        self.output.list(columns, key);
    }

    fn begin(&mut self, head: &dyn Fn() -> Answer) {
        self.output.begin(head);
    }

    fn row(&mut self, columns: &[Column], cells: &[Cell]) -> Result<()> {
        self.output.row(columns, cells);
        self.send_rows()
    }
}
