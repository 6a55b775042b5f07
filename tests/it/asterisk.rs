//! Asterisk as a switch, played by our own peers: what they say is recorded in `asterisk/`.
