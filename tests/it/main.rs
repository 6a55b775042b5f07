//! Everything that needs a database or a server, on both engines.

mod access;
mod bad_input;
mod calls;
mod coverage;
mod demo;
mod direct;
mod export;
mod faults;
mod formats;
mod local;
mod matrix;
mod scripts;
mod soak;
mod support;
mod sweep;
mod tidy;
mod walk;
