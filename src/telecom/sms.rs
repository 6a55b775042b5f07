//! Short messages: what they cost, their way to a provider, and what became of them.

pub mod ask;
pub mod campaign;
pub mod claim;
pub mod gsm;
pub mod hook;
pub mod info;
pub mod message;
pub mod outcome;
pub mod part;
pub mod price;
pub mod provider;
pub mod rate;
pub mod receipt;
pub mod scheduled;
pub mod send;
pub mod transport;
pub mod unwritten;
pub mod worker;

pub use receipt::{State, report};

/// What a message became; the words of the protocol.
pub mod status {
    pub const SENDING: &str = "SENDING";
    pub const SENT: &str = "SENT_TO_PROVIDER";
    pub const DELIVERED: &str = "DELIVERED";
    pub const UNDELIVERED: &str = "UNDELIVERED";
    pub const REJECTED: &str = "REJECTED";
    /// Handed over, and nobody knows what became of it.
    pub const UNKNOWN: &str = "UNKNOWN";
    /// Nothing left us, and nothing was charged in the end.
    pub const FAILED: &str = "FAILED";
    /// Of what waits.
    pub const SCHEDULED: &str = "SCHEDULED";
    pub const PROCESSING: &str = "PROCESSING";
    pub const PREPARING: &str = "PREPARING";
    pub const QUEUED: &str = "QUEUED";
    pub const RUNNING: &str = "RUNNING";
    pub const FINISHED: &str = "FINISHED";
    pub const CANCELED: &str = "CANCELED";
}

/// Why it was not sent or did not arrive.
pub mod reason {
    pub const NO_BALANCE: &str = "NO_BALANCE";
    pub const NO_RATE: &str = "NO_RATE";
    /// The client is switched off.
    pub const DISABLED: &str = "DISABLED";
    /// His reseller's affair, of which nothing is told.
    pub const UNAVAILABLE: &str = "UNAVAILABLE";
    pub const REJECTED: &str = "REJECTED";
    pub const NOT_SENT: &str = "NOT_SENT";
    pub const THROTTLED: &str = "THROTTLED";
    /// The answer of the provider did not come.
    pub const TIMEOUT: &str = "TIMEOUT";
    /// The server ended between handing over and writing down.
    pub const LOST: &str = "LOST";
    pub const EXPIRED: &str = "EXPIRED";
    pub const UNDELIVERED: &str = "UNDELIVERED";
}
