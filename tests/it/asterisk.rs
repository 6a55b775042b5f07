//! Asterisk as a switch, played by our own peers. What it says in `asterisk/*.txt` was written down after its
//! sources and documents (18), not taken from a running one.

mod calls;
mod hostile;
mod peers;
mod realtime;
