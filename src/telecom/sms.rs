//! Short messages: what they cost, their way to a provider, and what became of them.

pub mod gsm;
pub mod receipt;
pub mod transport;
