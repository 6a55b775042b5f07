//! Processing modules: programs that report through mgrctl, webhooks, and what goes wrong with them.

mod faults;
mod hook;
mod program;
mod rights;
mod search;
mod shop;
