//! Everything that needs a database or a server, on both engines.

mod access;
mod bad_input;
mod calls;
mod coverage;
mod demo;
mod formats;
mod local;
mod scripts;
mod soak;
mod support;
mod sweep;
