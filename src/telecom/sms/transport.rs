//! How a message leaves: one trait over every kind of provider.

pub mod http;
pub mod smpp;

/// One message to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Ours, `sms-<id>`: the same for every try of the same message.
    pub reference: String,
    /// `+` and 7–15 digits.
    pub phone: String,
    /// Empty: the provider's own.
    pub sender: String,
    pub text: String,
    pub is_unicode: bool,
    pub parts: u32,
}

/// What came of handing it over. Whatever left us is charged (operations.md §2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With the provider's own name of it, at most 64 printable characters.
    Accepted { message_id: String },
    /// Handed over and refused.
    Rejected { reason: String },
    /// Handed over, and the answer is lost: a receipt may tell.
    Unknown { reason: String },
    /// Nothing left us.
    NotSent { reason: String },
    /// The provider asks to come later and has taken nothing.
    Throttled { reason: String },
}

/// Blocks as long as the provider takes: never inside of a job.
pub trait Transport: Send + Sync {
    fn send(&self, attempt: &Attempt) -> Outcome;
}
