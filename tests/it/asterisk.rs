//! Asterisk as a switch, played by our own peers. What it says in `asterisk/*.txt` was recorded of Asterisk
//! 22.10 (`tests/asterisk`), with names and numbers replaced; what could not be had from it says so.

mod calls;
mod hostile;
mod peers;
mod realtime;
mod secured;
