//! What a provider says has become of a message (SMPP 3.4 appendix B and §5.3.2.35).

use serde::{Deserialize, Serialize};

use super::pdu::Delivery;
use crate::telecom::sms::receipt::State;

/// How the id in the text of a receipt is related to that in the answer to a submission. Numbers
/// are kept as decimals, whatever they come as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum IdForm {
    #[default]
    Same,
    /// The answer has it hexadecimal, the receipt decimal.
    HexAnswer,
    /// The answer has it decimal, the receipt hexadecimal.
    HexReceipt,
}

impl IdForm {
    pub fn of(name: &str) -> Self {
        match name {
            "hexanswer" => Self::HexAnswer,
            "hexreceipt" => Self::HexReceipt,
            _ => Self::Same,
        }
    }

    /// The id of an answer, as it is kept. Parameters of a receipt have the same form.
    pub fn answered(self, id: &str) -> String {
        number(id, self == Self::HexAnswer, self)
    }

    /// The id in the text of a receipt.
    fn receipted(self, id: &str) -> String {
        number(id, self == Self::HexReceipt, self)
    }
}

fn number(id: &str, is_hex: bool, form: IdForm) -> String {
    let id = id.trim();
    let radix = if is_hex { 16 } else { 10 };
    match u128::from_str_radix(id, radix) {
        Ok(number) if form != IdForm::Same && !id.starts_with('+') => number.to_string(),
        _ => id.to_owned(),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub message_id: String,
    /// None where it is still under way.
    pub state: Option<State>,
    pub reason: String,
}

impl Receipt {
    /// None where no message is named.
    pub fn read(delivery: &Delivery, form: IdForm) -> Option<Self> {
        // What follows is of the message, and could say anything.
        let text = before_text(&delivery.text);
        let named = delivery.receipted_message_id.as_deref().map(|id| form.answered(id));
        let message_id = named.or_else(|| field(text, "id:").map(|id| form.receipted(id)))?;
        let stat = field(text, "stat:").unwrap_or_default();
        let state = match delivery.message_state {
            Some(code) => state_of_code(code),
            None => state_of_word(stat),
        };
        let err = field(text, "err:").filter(|err| !err.trim_start_matches('0').is_empty());
        let reason = [stat, err.unwrap_or_default()].join(" ").trim().to_owned();
        Some(Self { message_id, state, reason })
    }
}

fn before_text(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    &text[..lower.find("text:").unwrap_or(text.len())]
}

/// The word that follows a name, which begins the text or stands behind a space.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let begins = |at: usize| at == 0 || lower[..at].ends_with(char::is_whitespace);
    let (at, _) = lower.match_indices(name).find(|(at, _)| begins(*at))?;
    let word = text[at + name.len()..].split_whitespace().next()?;
    Some(word)
}

fn state_of_word(word: &str) -> Option<State> {
    match word.to_ascii_uppercase().as_str() {
        "DELIVRD" => Some(State::Delivered),
        "EXPIRED" => Some(State::Expired),
        "DELETED" | "UNDELIV" => Some(State::Undelivered),
        "REJECTD" => Some(State::Rejected),
        _ => None,
    }
}

/// §5.2.28; 1, 6 and 7 are under way, accepted and unknown.
fn state_of_code(code: u8) -> Option<State> {
    match code {
        2 => Some(State::Delivered),
        3 => Some(State::Expired),
        4 | 5 => Some(State::Undelivered),
        8 => Some(State::Rejected),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, form: IdForm) -> Option<(String, Option<State>, String)> {
        let delivery = Delivery { esm_class: 4, text: text.to_owned(), ..Delivery::default() };
        Receipt::read(&delivery, form).map(|receipt| (receipt.message_id, receipt.state, receipt.reason))
    }

    const WHOLE: &str = "id:0123456789 sub:001 dlvrd:001 submit date:2605092300 done date:2605092301 \
                         stat:DELIVRD err:000 text:Your code";

    #[test]
    fn the_text_of_appendix_b() {
        let expected = ("0123456789".to_owned(), Some(State::Delivered), "DELIVRD".to_owned());
        assert_eq!(read(WHOLE, IdForm::Same), Some(expected.clone()));
        assert_eq!(
            read(&WHOLE.replace("id:", "ID: ").replace("stat:", "Stat:"), IdForm::Same),
            Some(expected)
        );
        let failed = read("id:a-b stat:UNDELIV err:0x45", IdForm::Same).unwrap();
        assert_eq!(failed, ("a-b".to_owned(), Some(State::Undelivered), "UNDELIV 0x45".to_owned()));
        for (word, state) in [
            ("EXPIRED", Some(State::Expired)),
            ("REJECTD", Some(State::Rejected)),
            ("DELETED", Some(State::Undelivered)),
            ("ACCEPTD", None),
            ("ENROUTE", None),
            ("", None),
        ] {
            assert_eq!(read(&format!("id:1 stat:{word}"), IdForm::Same).unwrap().1, state, "{word}");
        }
    }

    #[test]
    fn the_text_of_a_message_says_nothing() {
        let told = read("id:1 stat:UNDELIV err:001 text:id:2 stat:DELIVRD", IdForm::Same).unwrap();
        assert_eq!((told.0.as_str(), told.1), ("1", Some(State::Undelivered)));
        assert_eq!(read("text:id:2 stat:DELIVRD", IdForm::Same), None);
        assert_eq!(read("paid:2 stat:DELIVRD", IdForm::Same), None);
        assert_eq!(read("", IdForm::Same), None);
        assert_eq!(read("id:", IdForm::Same), None);
        assert_eq!(read("İ id:3 é stat:DELIVRD", IdForm::Same).unwrap().0, "3");
    }

    #[test]
    fn ids_of_both_forms_are_one() {
        assert_eq!(IdForm::HexAnswer.answered("00BEEF"), "48879");
        assert_eq!(read("id:0000048879 stat:DELIVRD", IdForm::HexAnswer).unwrap().0, "48879");
        assert_eq!(IdForm::HexReceipt.answered("48879"), "48879");
        assert_eq!(read("id:beef stat:DELIVRD", IdForm::HexReceipt).unwrap().0, "48879");
        // What is no number is left alone.
        assert_eq!(IdForm::HexAnswer.answered("x-1"), "x-1");
        assert_eq!(IdForm::Same.answered("0042"), "0042");
        let long = "f".repeat(40);
        assert_eq!(IdForm::HexAnswer.answered(&long), long);
    }

    #[test]
    fn parameters_say_it_better_than_the_text() {
        let delivery = Delivery {
            esm_class: 4,
            text: "id:1 stat:UNDELIV".into(),
            receipted_message_id: Some("1F".into()),
            message_state: Some(2),
            ..Delivery::default()
        };
        let receipt = Receipt::read(&delivery, IdForm::HexAnswer).unwrap();
        assert_eq!((receipt.message_id.as_str(), receipt.state), ("31", Some(State::Delivered)));
    }
}
