//! What reaches out of the program: processes and calls over the network.
//!
//! Everything here blocks and belongs on the blocking pool, between the job that noted what is to
//! be done and the job that notes what came of it (decisions.md, Writing: phases of a call).

pub mod http;
pub mod program;
pub mod webhook;
