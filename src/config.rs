//! What the administrator of the server decides: environment over `billmgr.conf` over panel over
//! default (decisions.md, Names, configuration, data).

pub mod file;
pub mod mail;
mod param;
pub mod params;
pub mod ranges;
mod sources;
#[cfg(test)]
mod tests;
pub mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use file::Watch;
pub use mail::MailServer;
pub use params::{PARAMS, Param};
pub use ranges::Networks;
pub use value::{Listen, Secret};

use crate::error::{Error, Result};
use crate::time::Zone;
use sources::Sources;
use value::Value;

/// All values, read and checked once. A change makes a new one.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: Vec<Listen>,
    pub data_dir: Option<PathBuf>,
    pub database_url: Option<Secret>,
    pub key_file: Option<PathBuf>,
    pub tls: Option<Tls>,
    pub path_alias: Vec<String>,
    pub time_zone: Zone,
    /// What links in letters begin with where the provider has no address of his own; "": nothing is known.
    pub public_url: String,
    pub default_lang: String,
    pub restrict_authinfo_range: Networks,
    pub trusted_proxy: Networks,
    pub forwarded_secret: Option<Secret>,
    /// Lower case, without a port that the scheme implies: compare with `Origin` as sent.
    pub allow_origin: Vec<String>,
    pub mgrctl_group: Option<String>,
    pub rate_max_age_days: u32,
    pub agent_markup_percent: u32,
    /// Of the prices of virtual numbers; "": that of the first provider.
    pub number_currency: String,
    /// Who sends codes to confirm phones; "" where nobody does.
    pub phone_check_provider: String,
    pub body_limit_bytes: usize,
    pub session_minutes: u32,
    pub log_level: String,
    pub password_min_length: usize,
    pub module_timeout_seconds: u64,
    pub module_wait_minutes: i64,
    /// Without one letters are files.
    pub mail_server: Option<MailServer>,
    pub mail_password: Option<Secret>,
    /// Who writes where the provider has no address of its own.
    pub mail_from: String,
    /// Who may vouch for the mail server, besides those that the system believes.
    pub mail_authority: Option<PathBuf>,
    pub mail_timeout_seconds: u64,
    pub sip_realm: String,
    /// "" where web phones are told none.
    pub sip_proxy: String,
    /// Without one switches cannot ask by FastAGI.
    pub agi_listen: Option<String>,
    /// Without one there are no web phones.
    pub janus_secret: Option<Secret>,
    pub janus_server: String,
    /// Requests a second of the number API; 0: as many as there are.
    pub api_address_rate: u32,
    pub api_key_rate: u32,
    pub api_buy_rate: u32,
    pub restrict_authinfo: bool,
    pub bind_session_ip: bool,
    pub disable_registration: bool,
    pub disable_cookie_secure: bool,
    pub production: bool,
    pub compress: bool,
    pub json_with_metadata: bool,
    /// What is allowed and yet worth a line in the log.
    pub warnings: Vec<ConfigError>,
    given: Vec<Given>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Environment,
    File { path: Arc<Path>, line: u32 },
    Panel,
    Default,
}

impl Source {
    /// A value that the panel cannot change because something outside of it decides.
    pub fn is_fixed(&self) -> bool {
        matches!(self, Self::Environment | Self::File { .. })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment"),
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Panel => f.write_str("panel"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What is wrong and where; never with the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub source: Source,
    /// "" where a whole file or line is meant.
    pub name: String,
    pub reason: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "{}: {}", self.source, self.reason),
            name => write!(f, "{}: {} {}", self.source, name.escape_debug(), self.reason),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A parameter with the text that it was given.
#[derive(Clone)]
struct Given {
    param: &'static Param,
    text: String,
    source: Source,
}

impl Given {
    fn shown(&self) -> &str {
        if self.param.secret && !self.text.is_empty() { Secret::MASK } else { &self.text }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={:?} ({})", self.param.name, self.shown(), self.source)
    }
}

/// A row of `paramlist`.
#[derive(Debug)]
pub struct Row<'a> {
    pub name: &'static str,
    /// A secret is masked.
    pub value: &'a str,
    pub source: &'a Source,
    pub editable: bool,
    /// Environment or file decide; the panel's form is refused.
    pub fixed: bool,
    pub param: &'static Param,
}

/// What the process was started with, of our names. A value that is no UTF-8 is refused when it
/// is checked, where `std::env::vars` would end the process over any name.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |(key, value): (std::ffi::OsString, std::ffi::OsString)| {
        (key.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    };
    std::env::vars_os().map(text).filter(|(key, _)| key.starts_with(params::ENV_PREFIX))
}

impl Config {
    /// Reads everything and reports all that is wrong at once. `panel` is what the database keeps.
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        panel: &BTreeMap<String, String>,
    ) -> std::result::Result<Self, Vec<ConfigError>> {
        let mut sources = Sources::default();
        if let Some(path) = file {
            sources.read_files(path);
        }
        sources.read_environment(env);
        sources.read_panel(panel);
        let (given, values) = sources.resolve();
        sources.check_together(&given);
        if !sources.errors.is_empty() {
            return Err(sources.errors);
        }
        Ok(Self::typed(&Values(values), given, sources.warnings))
    }

    fn typed(values: &Values, given: Vec<Given>, warnings: Vec<ConfigError>) -> Self {
        Self {
            listen: values.listen("Listen"),
            data_dir: values.path("DataDir"),
            database_url: values.secret("DatabaseUrl"),
            key_file: values.path("KeyFile"),
            tls: values.path("TlsCert").zip(values.path("TlsKey")).map(|(cert, key)| Tls { cert, key }),
            path_alias: values.texts("PathAlias"),
            time_zone: values.zone("TimeZone"),
            public_url: values.text("PublicUrl"),
            default_lang: values.text("DefaultLang"),
            restrict_authinfo_range: values.networks("RestrictAuthinfoRange"),
            trusted_proxy: values.networks("TrustedProxy"),
            forwarded_secret: values.secret("ForwardedSecret"),
            allow_origin: values.texts("AllowOrigin"),
            mgrctl_group: Some(values.text("MgrctlGroup")).filter(|group| !group.is_empty()),
            rate_max_age_days: values.number("RateMaxAgeDays"),
            agent_markup_percent: values.number("AgentMarkup"),
            number_currency: values.text("NumberCurrency").to_uppercase(),
            phone_check_provider: values.text("PhoneCheckProvider").to_lowercase(),
            body_limit_bytes: values.number("BodyLimit"),
            session_minutes: values.number("SessionMinutes"),
            log_level: values.text("LogLevel"),
            password_min_length: values.number("PasswordMinLength"),
            module_timeout_seconds: values.number("ModuleTimeout"),
            module_wait_minutes: i64::from(values.number::<u32>("ModuleWait")),
            mail_server: values.mail_server("MailServer"),
            mail_password: values.secret("MailPassword"),
            mail_from: values.text("MailFrom"),
            mail_authority: values.path("MailAuthority"),
            mail_timeout_seconds: values.number("MailTimeoutSeconds"),
            sip_realm: values.text("SipRealm"),
            sip_proxy: values.text("SipProxy"),
            agi_listen: Some(values.text("AgiListen")).filter(|address| !address.is_empty()),
            janus_secret: values.secret("JanusSecret"),
            janus_server: values.text("JanusServer"),
            api_address_rate: values.number("ApiAddressRate"),
            api_key_rate: values.number("ApiKeyRate"),
            api_buy_rate: values.number("ApiBuyRate"),
            restrict_authinfo: values.flag("RestrictAuthinfo"),
            bind_session_ip: values.flag("BindSessionIp"),
            disable_registration: values.flag("DisableRegistration"),
            disable_cookie_secure: values.flag("DisableCookieSecure"),
            production: values.flag("Production"),
            compress: values.flag("Compress"),
            json_with_metadata: values.flag("JsonWithMetadata"),
            warnings,
            given,
        }
    }

    /// Every name in the order of the table.
    pub fn list(&self) -> impl Iterator<Item = Row<'_>> {
        self.given.iter().map(|given| Row {
            name: given.param.name,
            value: given.shown(),
            source: &given.source,
            editable: given.param.editable,
            fixed: given.source.is_fixed(),
            param: given.param,
        })
    }

    pub fn source(&self, name: &str) -> Option<&Source> {
        self.given(name).map(|given| &given.source)
    }

    /// What differs from an earlier one; a name that is `at_start` waits for the next start.
    pub fn changed(&self, before: &Self) -> Vec<&'static Param> {
        let pairs = self.given.iter().zip(&before.given);
        pairs.filter(|(now, then)| now.text != then.text).map(|(now, _)| now.param).collect()
    }

    /// Whether the panel may store this value: `missed(elid)` an unknown name, `access(name)` one
    /// that only the file may set, `value(name)` one that is fixed (`desc`) or a value that it
    /// cannot hold, `missed(name)` nothing where a value is needed.
    pub fn validate(&self, name: &str, value: &str) -> Result<()> {
        let given = self.given(name).ok_or_else(|| Error::missed("elid").with("value", name))?;
        if !given.param.editable {
            return Err(Error::access(name));
        }
        if given.source.is_fixed() {
            return Err(Error::value(name, value).with("desc", "desc_fixed"));
        }
        if given.param.is_empty(value) && !given.param.optional() {
            return Err(Error::missed(name));
        }
        given.param.parse(value).map(drop).map_err(|reason| Error::value(name, value).cause(reason))
    }

    fn given(&self, name: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.param.name == name)
    }
}

/// The values by name. A wrong name or kind here is a fault of this file, found by any test.
struct Values(BTreeMap<&'static str, Value>);

/// Defines a reader of one kind of value.
macro_rules! reader {
    ($name:ident, $kind:ident, $result:ty) => {
        fn $name(&self, name: &str) -> $result {
            match &self.0[name] {
                Value::$kind(value) => value.clone(),
                _ => unreachable!("{name} is of another kind"),
            }
        }
    };
}

impl Values {
    reader!(text, Text, String);
    reader!(texts, Texts, Vec<String>);
    reader!(listen, Listen, Vec<Listen>);
    reader!(networks, Networks, Networks);
    reader!(zone, Zone, Zone);
    reader!(flag, Flag, bool);
    reader!(whole, Number, u64);

    fn number<T: TryFrom<u64>>(&self, name: &str) -> T {
        T::try_from(self.whole(name))
            .unwrap_or_else(|_| unreachable!("{name} has greater bounds than its field"))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(PathBuf::from)
    }

    fn mail_server(&self, name: &str) -> Option<MailServer> {
        match &self.0[name] {
            Value::MailServer(server) => Some(server.clone()),
            _ => None, // nothing was given
        }
    }

    fn secret(&self, name: &str) -> Option<Secret> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(Secret::new)
    }
}
