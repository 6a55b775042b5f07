//! Everything that needs a database or a server, on both engines.

mod calls;
mod support;
