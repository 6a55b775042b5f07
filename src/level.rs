//! Access levels (protocol.md §1.7).

use serde::Deserialize;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not signed in.
    #[default]
    Nobody,
    Registered,
    /// A client's user.
    User,
    Reseller,
    /// A department of staff.
    Department,
    /// An employee.
    Admin,
    /// The server administrator.
    Super,
}

const NUMBERS: [(Level, i64, &str); 7] = [
    (Level::Nobody, 0, "nobody"),
    (Level::Registered, 1, "registered"),
    (Level::User, 16, "user"),
    (Level::Reseller, 24, "reseller"),
    (Level::Department, 28, "department"),
    (Level::Admin, 29, "admin"),
    (Level::Super, 30, "super"),
];

impl Level {
    pub fn number(self) -> i64 {
        NUMBERS[self as usize].1
    }

    pub fn name(self) -> &'static str {
        NUMBERS[self as usize].2
    }

    /// The level of a stored number; an unknown one is nobody's.
    pub fn of(number: i64) -> Self {
        NUMBERS.iter().find(|row| row.1 == number).map_or(Self::Nobody, |row| row.0)
    }

    /// Staff has no account and sees all of them.
    pub fn is_staff(self) -> bool {
        self >= Self::Department
    }
}
