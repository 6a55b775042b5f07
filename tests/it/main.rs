//! Everything that needs a database or a server, on both engines.

mod access;
mod bad_input;
mod calls;
mod demo;
mod coverage;
mod formats;
mod local;
mod scripts;
mod support;
mod sweep;
