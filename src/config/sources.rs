//! Brings together what the files, the environment and the panel say.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::params::{self, ENV_OTHER, ENV_PREFIX, PARAMS, Param};
use super::value::Value;
use super::{ConfigError, Given, Source, file};

#[derive(Default)]
pub struct Sources {
    file: BTreeMap<&'static str, Given>,
    environment: BTreeMap<&'static str, Given>,
    panel: BTreeMap<&'static str, Given>,
    pub errors: Vec<ConfigError>,
    pub warnings: Vec<ConfigError>,
}

impl Sources {
    pub fn read_files(&mut self, main: &Path) {
        match file::paths(main) {
            Ok(paths) => paths.iter().for_each(|path| self.read_file(path)),
            Err(error) => {
                let source = Source::File { path: file::beside(main).into(), line: 0 };
                self.fail(source, "", format!("cannot be read: {error}"));
                self.read_file(main);
            }
        }
    }

    fn read_file(&mut self, path: &Path) {
        let path: Arc<Path> = path.into();
        let at = |line| Source::File { path: path.clone(), line };
        let text = match file::read(&path) {
            Ok(text) => text,
            Err(reason) => return self.fail(at(0), "", reason),
        };
        for found in file::parse(&text) {
            match found {
                Ok(entry) => self.take_entry(at(entry.line), entry),
                Err((line, reason)) => self.fail(at(line), "", reason),
            }
        }
    }

    fn take_entry(&mut self, source: Source, entry: file::Entry) {
        match known(&entry).and_then(|param| Ok((param, text_of(param, entry.value)?))) {
            Ok((param, text)) => self.take_file_value(Given { param, text, source }),
            Err(reason) => self.fail(source, &entry.name, reason),
        }
    }

    /// Lines of a list add to each other; of anything else a later file may replace what an
    /// earlier one says, and the same file may not say two things.
    fn take_file_value(&mut self, given: Given) {
        let name = given.param.name;
        let Some(before) = self.file.get_mut(name) else {
            self.file.insert(name, given);
            return;
        };
        if given.param.kind.repeatable() {
            before.text = format!("{}, {}", before.text, given.text);
            return;
        }
        match (&before.source, &given.source) {
            (Source::File { path, line }, Source::File { path: same, .. }) if path == same => {
                let reason = format!("already stands in line {line}");
                self.fail(given.source, name, reason);
            }
            _ => *before = given,
        }
    }

    /// An empty value is none: compose files pass names on that nobody set. A name that is not
    /// ours is only worth a warning: cluster software makes such names for a service `billmgr`.
    pub fn read_environment(&mut self, env: impl Iterator<Item = (String, String)>) {
        for (key, text) in env.filter(|(key, text)| key.starts_with(ENV_PREFIX) && !text.trim().is_empty()) {
            if let Some(param) = PARAMS.iter().find(|param| param.env_name() == key) {
                let given = Given { param, text, source: Source::Environment };
                self.environment.insert(param.name, given);
            } else if let Some((_, advice)) =
                params::RETIRED.iter().find(|row| params::env_name(row.0) == key)
            {
                self.fail(Source::Environment, &key, *advice);
            } else if !ENV_OTHER.contains(&key.as_str()) {
                let near = params::nearest(&key[ENV_PREFIX.len()..]).map(Param::env_name);
                self.warn(Source::Environment, &key, format!("is unknown and ignored{}", meant(near)));
            }
        }
    }

    /// A row that the panel may not set is ignored: who can write to the database shall not thereby
    /// choose whom the server trusts. One that is unknown may be left by a newer release.
    pub fn read_panel(&mut self, panel: &BTreeMap<String, String>) {
        for (name, text) in panel {
            match params::find(name) {
                Some(param) if !param.editable => {
                    self.warn(Source::Panel, name, "may be set in the file only and is ignored")
                }
                Some(param) if param.is_empty(text) => (),
                Some(param) => {
                    let given = Given { param, text: text.clone(), source: Source::Panel };
                    self.panel.insert(param.name, given);
                }
                None => self.warn(Source::Panel, name, "is unknown and ignored"),
            }
        }
    }

    /// For every parameter the text that counts and its value, in the order of the table.
    pub fn resolve(&mut self) -> (Vec<Given>, BTreeMap<&'static str, Value>) {
        let given: Vec<Given> = PARAMS.iter().map(|param| self.first(param)).collect();
        let mut values = BTreeMap::new();
        for Given { param, text, source } in &given {
            match param.parse(text) {
                Ok(value) => _ = values.insert(param.name, value),
                Err(reason) => self.fail(source.clone(), param.name, reason),
            }
        }
        (given, values)
    }

    fn first(&self, param: &'static Param) -> Given {
        let layers = [&self.environment, &self.file, &self.panel];
        let default = || Given { param, text: param.default.into(), source: Source::Default };
        layers.iter().find_map(|layer| layer.get(param.name)).cloned().unwrap_or_else(default)
    }

    /// What only several values together can get wrong.
    pub fn check_together(&mut self, given: &[Given]) {
        self.check_mail(given);
        let get = |name: &str| given.iter().find(|given| given.param.name == name);
        let (Some(cert), Some(key)) = (get("TlsCert"), get("TlsKey")) else { return };
        for (one, other) in [(cert, key), (key, cert)] {
            if other.text.is_empty() && !one.text.is_empty() {
                self.fail(
                    one.source.clone(),
                    one.param.name,
                    format!("needs {} beside it", other.param.name),
                );
            }
        }
        let (Some(option), Some(range)) = (get("RestrictAuthinfo"), get("RestrictAuthinfoRange")) else {
            return;
        };
        let on = matches!(option.param.parse(&option.text), Ok(Value::Flag(true)));
        if on && range.param.is_empty(&range.text) {
            let reason = "refuses every authinfo, because RestrictAuthinfoRange names no address";
            self.warn(option.source.clone(), option.param.name, reason);
        }
    }

    /// A server that nobody could be told from by a sender, or that would refuse every letter.
    fn check_mail(&mut self, given: &[Given]) {
        let get = |name: &str| given.iter().find(|given| given.param.name == name);
        let Some(server) = get("MailServer").filter(|server| !server.text.is_empty()) else { return };
        let Ok(Value::MailServer(parsed)) = server.param.parse(&server.text) else { return };
        let has = |name: &str| get(name).is_some_and(|given| !given.text.is_empty());
        let needs = [("MailFrom", true), ("MailPassword", !parsed.user.is_empty())];
        for (other, _) in needs.iter().filter(|(other, needed)| *needed && !has(other)) {
            self.fail(server.source.clone(), server.param.name, format!("needs {other} beside it"));
        }
        if has("MailPassword") && parsed.user.is_empty() {
            self.fail(server.source.clone(), server.param.name, "names no user for MailPassword");
        }
    }

    fn fail(&mut self, source: Source, name: &str, reason: impl Into<String>) {
        self.errors.push(error(source, name, reason));
    }

    fn warn(&mut self, source: Source, name: &str, reason: impl Into<String>) {
        self.warnings.push(error(source, name, reason));
    }
}

fn error(source: Source, name: &str, reason: impl Into<String>) -> ConfigError {
    ConfigError { source, name: name.chars().take(64).collect(), reason: reason.into() }
}

fn known(entry: &file::Entry) -> Result<&'static Param, String> {
    if let Some(advice) = params::retired(&entry.name) {
        return Err(advice.into());
    }
    match params::find(&entry.name) {
        Some(param) if param.is_option() == entry.option => Ok(param),
        Some(param) => Err(format!("is written `{}`", param.syntax())),
        None => Err(format!("is unknown{}", meant(params::nearest(&entry.name).map(Param::syntax)))),
    }
}

fn meant(name: Option<String>) -> String {
    name.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The checked text of a line; `Option Name` alone switches on.
fn text_of(param: &Param, value: Option<String>) -> Result<String, String> {
    let text = match value {
        None if param.is_option() => "on".to_owned(),
        None if param.optional() => return Err("has no value; write `\"\"` for none".into()),
        None => return Err("has no value".into()),
        Some(text) => text,
    };
    param.parse(&text)?;
    Ok(text)
}
