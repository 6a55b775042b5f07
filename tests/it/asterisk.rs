//! Asterisk as a switch, played by our own peers: what it says is recorded in `asterisk/*.txt`.

mod calls;
mod hostile;
mod peers;
mod realtime;
