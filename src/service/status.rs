//! The states of a service, as numbers in the database and in answers.

use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ordered,
    Active,
    Suspended,
    Deleted,
    Processing,
}

impl Status {
    const ALL: [Self; 5] = [Self::Ordered, Self::Active, Self::Suspended, Self::Deleted, Self::Processing];

    pub fn code(self) -> i64 {
        self as i64 + 1
    }

    pub fn from_code(code: i64) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|status| status.code() == code);
        known.ok_or_else(|| Error::system(format!("unknown service status {code}")))
    }
}

/// What modules are asked to do with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Open,
    Close,
    Suspend,
    Resume,
    Prolong,
    SetParam,
    ChangeTariff,
    ChangePassword,
    Start,
    Stop,
    Reboot,
    HardReboot,
    NewKey,
    UpdateNs,
    AddIp,
    DelIp,
}

impl Operation {
    const ALL: [Self; 16] = [
        Self::Open,
        Self::Close,
        Self::Suspend,
        Self::Resume,
        Self::Prolong,
        Self::SetParam,
        Self::ChangeTariff,
        Self::ChangePassword,
        Self::Start,
        Self::Stop,
        Self::Reboot,
        Self::HardReboot,
        Self::NewKey,
        Self::UpdateNs,
        Self::AddIp,
        Self::DelIp,
    ];

    /// The word that modules are called with (`--command open`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Prolong => "prolong",
            Self::SetParam => "setparam",
            Self::ChangeTariff => "changepricelist",
            Self::ChangePassword => "changepassword",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Reboot => "reboot",
            Self::HardReboot => "hardreboot",
            Self::NewKey => "newkey",
            Self::UpdateNs => "updatens",
            Self::AddIp => "addip",
            Self::DelIp => "delip",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.word() == word)
    }

    /// What a service is while the operation is under way; nothing where it goes on as it is.
    pub fn while_running(self) -> Option<&'static str> {
        match self {
            Self::Open | Self::Close | Self::Suspend | Self::Resume => Some(self.word()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(status.code()).unwrap(), status);
        }
        assert_eq!(Status::Processing.code(), 5);
        assert!(Status::from_code(0).is_err() && Status::from_code(6).is_err());
        for operation in Operation::ALL {
            assert_eq!(Operation::from_word(operation.word()), Some(operation));
        }
        assert_eq!(Operation::from_word("format"), None);
    }
}
