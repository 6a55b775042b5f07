//! Printed documents (decisions.md, Printed documents): a template and its data make a small tree,
//! which is shown as a page for the printer or as a PDF. Both have the same words.

mod flow;
mod font;
pub mod html;
mod layout;
mod pdf;
mod pieces;
mod read;
mod table;
mod template;
pub mod tree;

#[cfg(test)]
mod readers;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use html::html;
pub use pdf::{bound, pdf};
pub use pieces::{Image, Qr};
pub use template::make;
pub use tree::Paper;

/// The templates that come with the program: name, language, source. Each begins with the members
/// that it reads.
pub const DELIVERED: [(&str, &str, &str); 12] = [
    ("payment", "en", include_str!("paper/templates/payment.en.j2")),
    ("payment", "ru", include_str!("paper/templates/payment.ru.j2")),
    ("invoice", "en", include_str!("paper/templates/invoice.en.j2")),
    ("invoice", "ru", include_str!("paper/templates/invoice.ru.j2")),
    ("act", "en", include_str!("paper/templates/act.en.j2")),
    ("act", "ru", include_str!("paper/templates/act.ru.j2")),
    ("contract", "en", include_str!("paper/templates/contract.en.j2")),
    ("contract", "ru", include_str!("paper/templates/contract.ru.j2")),
    ("reconciliation", "en", include_str!("paper/templates/reconciliation.en.j2")),
    ("reconciliation", "ru", include_str!("paper/templates/reconciliation.ru.j2")),
    ("envelope", "en", include_str!("paper/templates/envelope.en.j2")),
    ("envelope", "ru", include_str!("paper/templates/envelope.ru.j2")),
];

/// The source of a delivered template.
pub fn delivered(name: &str, lang: &str) -> Option<&'static str> {
    DELIVERED.iter().find(|(have, of, _)| *have == name && *of == lang).map(|(_, _, source)| *source)
}
