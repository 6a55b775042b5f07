//! stub
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Delivered,
    Undelivered,
    Expired,
    Rejected,
}
