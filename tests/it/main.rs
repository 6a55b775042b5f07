//! Everything that needs a database or a server, on both engines.

mod access;
mod bad_input;
mod beginning;
mod calls;
mod coverage;
mod demo;
mod direct;
mod export;
mod faults;
mod formats;
mod gateway;
mod goods;
mod invoices;
mod local;
mod mail;
mod matrix;
mod modules;
mod offers;
mod property;
mod scripts;
mod soak;
mod support;
mod sweep;
mod telecom_lines;
mod tidy;
mod walk;
