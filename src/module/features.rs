//! What a program of a module says that it can do (`--command features`).

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use serde::Deserialize;

use super::program;
use crate::app::App;
use crate::error::Result;
use crate::service::status::Operation;

/// What the program prints:
/// `<doc><itemtypes><itemtype name="vds"/></itemtypes><features><feature name="open"/></features></doc>`.
/// Nothing at all means that it can do everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Features {
    #[serde(default)]
    itemtypes: ItemTypes,
    features: Option<Words>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct ItemTypes {
    #[serde(default)]
    itemtype: Vec<Named>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Words {
    #[serde(default)]
    feature: Vec<Named>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Named {
    #[serde(rename = "@name")]
    name: String,
}

impl Features {
    pub fn read(output: &str) -> std::result::Result<Self, String> {
        match output.trim() {
            "" => Ok(Self::default()),
            text => quick_xml::de::from_str(text).map_err(|why| why.to_string()),
        }
    }

    /// A program that names no types serves all of them.
    pub fn serves(&self, itemtype: &str) -> bool {
        self.itemtypes.itemtype.is_empty()
            || self.itemtypes.itemtype.iter().any(|named| named.name == itemtype)
    }

    pub fn has(&self, word: &str) -> bool {
        self.features.as_ref().is_none_or(|words| words.feature.iter().any(|named| named.name == word))
    }

    /// The command for an operation. A change of tariff is a change of parameters to a program that
    /// knows no other.
    pub fn command(&self, operation: Operation) -> Option<&'static str> {
        let words = match operation {
            Operation::ChangeTariff => vec![operation.word(), Operation::SetParam.word()],
            _ => vec![operation.word()],
        };
        words.into_iter().find(|word| self.has(word))
    }

    pub fn itemtypes(&self) -> impl Iterator<Item = &str> {
        self.itemtypes.itemtype.iter().map(|named| named.name.as_str())
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.features.iter().flat_map(|words| words.feature.iter().map(|named| named.name.as_str()))
    }
}

/// Of a program as it is now: a new file is asked anew.
type Known = HashMap<PathBuf, (SystemTime, Arc<Features>)>;
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// The outer error is that of the server, the inner what the program did wrong.
pub fn of(app: &App, module: &str) -> Result<std::result::Result<Arc<Features>, program::Fault>> {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = program::folder(app)?.join(module);
    let changed =
        std::fs::metadata(&path).and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    if let Some((_, features)) = known().get(&path).filter(|(at, _)| *at == changed) {
        return Ok(Ok(features.clone()));
    }
    let features = match program::ask_features(app, module)? {
        Ok(features) => Arc::new(features),
        Err(fault) => return Ok(Err(fault)),
    };
    known().insert(path, (changed, features.clone()));
    Ok(Ok(features))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &str = "<?xml version=\"1.0\"?><doc><itemtypes><itemtype name=\"vds\"/></itemtypes>\
        <features><feature name=\"open\"/><feature name=\"setparam\"/></features><params/></doc>";

    #[test]
    fn what_a_program_can_do() {
        let short = Features::read(SHORT).expect("XML");
        assert!(short.serves("vds") && !short.serves("domain"));
        assert_eq!(short.command(Operation::Open), Some("open"));
        assert_eq!(short.command(Operation::ChangeTariff), Some("setparam"));
        assert_eq!(short.command(Operation::Reboot), None);
        let all = Features::read(" \n").expect("nothing is said");
        assert!(all.serves("domain"));
        assert_eq!(all.command(Operation::ChangeTariff), Some("changepricelist"));
        let none = Features::read("<doc><features/></doc>").expect("XML");
        assert_eq!(none.command(Operation::Open), None);
        for rubbish in ["ok", "<doc>", "\u{1}\u{2}", "<doc><features><feature/></features></doc>"] {
            assert!(Features::read(rubbish).is_err(), "{rubbish}");
        }
    }
}
