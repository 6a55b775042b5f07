//! What may happen to a payment (decisions.md, Money, "Payment transitions").

use crate::error::{Error, Result};

/// The stored codes (functions.md, payment status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    New = 1,
    InPay = 2,
    OnCredit = 3,
    Paid = 4,
    RefundPending = 5,
    Refunded = 6,
    Fraud = 7,
}

impl Status {
    pub const ALL: [Status; 7] = [
        Self::New,
        Self::InPay,
        Self::OnCredit,
        Self::Paid,
        Self::RefundPending,
        Self::Refunded,
        Self::Fraud,
    ];

    pub const fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether its amount stands in the client's book.
    pub const fn is_credited(self) -> bool {
        matches!(self, Self::OnCredit | Self::Paid | Self::RefundPending)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    SetInPay,
    SetNoPay,
    SetPaid,
    /// An administrator credits it before the money is there, until a date.
    OnCredit,
    /// The date has passed without the money.
    CreditExpired,
    SetCanceled,
    SetFraud,
    /// The money, or a part of it, is asked back.
    Refund,
    /// It was given back, and some of it stays.
    RefundPart,
    RefundAll,
    /// It was not given back.
    RefundRefused,
    Delete,
}

/// What an event asks of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posts {
    None,
    Credit,
    Reverse,
    /// Reverses what is being refunded.
    Refund,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub status: Status,
    pub posts: Posts,
    /// Mark the record deleted.
    pub delete: bool,
    /// False where the payment already was what the event makes of it.
    pub changed: bool,
}

/// What an event does to a payment of that status, or that it may not happen to it.
pub fn next(status: Status, event: Event) -> Result<Step> {
    use Event::*;
    use Status::*;
    let step = |status, posts| Step { status, posts, delete: false, changed: true };
    Ok(match (status, event) {
        (New, SetInPay) => step(InPay, Posts::None),
        (InPay, SetNoPay) => step(New, Posts::None),
        (New | InPay, SetPaid) => step(Paid, Posts::Credit),
        // The credit was posted when the payment was put on credit.
        (Status::OnCredit, SetPaid) => step(Paid, Posts::None),
        (New | InPay, Event::OnCredit) => step(Status::OnCredit, Posts::Credit),
        (Status::OnCredit, CreditExpired) => step(New, Posts::Reverse),
        (New | InPay, SetFraud) => step(Fraud, Posts::None),
        (Status::OnCredit | Paid, SetFraud) => step(Fraud, Posts::Reverse),
        (Paid, Refund) => step(RefundPending, Posts::None),
        (RefundPending, RefundPart) => step(Paid, Posts::Refund),
        (RefundPending, RefundAll) => step(Refunded, Posts::Refund),
        (RefundPending, RefundRefused) => step(Paid, Posts::None),
        (New | InPay, SetCanceled) | (New | InPay | Fraud, Delete) => {
            Step { delete: true, ..step(status, Posts::None) }
        }
        _ if result(event) == Some(status) => Step { changed: false, ..step(status, Posts::None) },
        _ => return Err(Error::value("status", status.code().to_string())),
    })
}

/// The status an event leads to; nothing where it leads out of the list.
const fn result(event: Event) -> Option<Status> {
    match event {
        Event::SetInPay => Some(Status::InPay),
        Event::SetNoPay | Event::CreditExpired => Some(Status::New),
        Event::SetPaid => Some(Status::Paid),
        Event::OnCredit => Some(Status::OnCredit),
        Event::SetFraud => Some(Status::Fraud),
        Event::RefundAll => Some(Status::Refunded),
        // Said twice they would be about another refund.
        Event::Refund | Event::RefundPart | Event::RefundRefused => None,
        Event::SetCanceled | Event::Delete => None,
    }
}

/// The ledger key of a payment's credit. One whose credit has expired may be credited again;
/// `reversed` counts those earlier credits, since a key is never used twice.
pub fn credit_key(payment: i64, reversed: u32) -> String {
    match reversed {
        0 => format!("credit:payment:{payment}"),
        _ => format!("credit:payment:{payment}:{}", u64::from(reversed) + 1),
    }
}

/// The ledger key of a payment's nth refund, counted from 1.
pub fn refund_key(payment: i64, nth: i64) -> String {
    format!("refund:payment:{payment}:{nth}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::Dice;

    const EVENTS: [Event; 12] = [
        Event::SetInPay,
        Event::SetNoPay,
        Event::SetPaid,
        Event::OnCredit,
        Event::CreditExpired,
        Event::SetCanceled,
        Event::SetFraud,
        Event::Delete,
        Event::Refund,
        Event::RefundPart,
        Event::RefundAll,
        Event::RefundRefused,
    ];

    /// A digit is the next status, `=` nothing changes, `x` marked deleted, `-` refused; `+`,
    /// `r` and `p` after a digit: credited, reversed, the part that is refunded.
    fn written(status: Status, event: Event) -> String {
        let Ok(step) = next(status, event) else { return "-".to_owned() };
        match step {
            Step { changed: false, .. } => {
                assert_eq!((step.status, step.posts, step.delete), (status, Posts::None, false));
                "=".to_owned()
            }
            Step { delete: true, .. } => {
                assert_eq!((step.status, step.posts), (status, Posts::None));
                "x".to_owned()
            }
            Step { status, posts, .. } => {
                let mark = match posts {
                    Posts::None => "",
                    Posts::Credit => "+",
                    Posts::Reverse => "r",
                    Posts::Refund => "p",
                };
                format!("{}{mark}", status.code())
            }
        }
    }

    #[test]
    fn every_event_in_every_status() {
        // setinpay setnopay setpaid oncredit creditexpired setcanceled setfraud delete refund part all refused
        for (status, expected) in [
            (Status::New, ["2", "=", "4+", "3+", "=", "x", "7", "x", "-", "-", "-", "-"]),
            (Status::InPay, ["=", "1", "4+", "3+", "-", "x", "7", "x", "-", "-", "-", "-"]),
            (Status::OnCredit, ["-", "-", "4", "=", "1r", "-", "7r", "-", "-", "-", "-", "-"]),
            (Status::Paid, ["-", "-", "=", "-", "-", "-", "7r", "-", "5", "-", "-", "-"]),
            (Status::RefundPending, ["-", "-", "-", "-", "-", "-", "-", "-", "-", "4p", "6p", "4"]),
            (Status::Refunded, ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "=", "-"]),
            (Status::Fraud, ["-", "-", "-", "-", "-", "-", "=", "x", "-", "-", "-", "-"]),
        ] {
            assert_eq!(EVENTS.map(|event| written(status, event)), expected, "{status:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_status() {
        let error = next(Status::Paid, Event::Delete).unwrap_err();
        assert_eq!((error.kind, error.object.as_str(), error.param("value")), ("value", "status", Some("4")));
    }

    #[test]
    fn codes() {
        for (code, status) in (1..).zip(Status::ALL) {
            assert_eq!((status.code(), Status::from_code(code)), (code, Some(status)));
        }
        assert_eq!(Status::from_code(0), None);
        assert_eq!(Status::from_code(8), None);
    }

    #[test]
    fn no_chain_of_events_credits_twice() {
        let mut dice = Dice(3);
        for _ in 0..2_000 {
            let (mut status, mut credited) = (Status::New, 0);
            for _ in 0..20 {
                let Ok(step) = next(status, EVENTS[dice.between(0, 11) as usize]) else { continue };
                credited += match step.posts {
                    Posts::None => 0,
                    Posts::Credit => 1,
                    Posts::Reverse => -1,
                    Posts::Refund => i32::from(step.status.is_credited()) - 1,
                };
                assert_eq!(credited, i32::from(step.status.is_credited()));
                if step.delete {
                    assert_eq!(credited, 0);
                    break;
                }
                status = step.status;
            }
        }
    }

    #[test]
    fn keys_of_credits() {
        for (reversed, key) in
            [(0, "credit:payment:17"), (1, "credit:payment:17:2"), (2, "credit:payment:17:3")]
        {
            assert_eq!(credit_key(17, reversed), key);
        }
    }
}
