//! Who is calling, what they may see, and how they proved it.

pub mod access;
pub mod apikey;
pub mod credential;
pub mod grant;
pub mod identify;
pub mod password;
pub mod phone;
pub mod proof;
pub mod recovery;
pub mod register;
pub mod rights;
pub mod session;
pub mod signin;
pub mod su;
pub mod throttle;
pub mod totp;
pub mod verify;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::config::Networks;
use crate::level::Level;
use crate::savedfilter::SavedFilter;
use crate::time::Zone;

/// Whose rows a caller sees. Each is one equality on the row (decisions.md, Reading and lists).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    All,
    Reseller(i64),
    Account(i64),
    Nobody,
}

/// A user as the caches hold it.
#[derive(Debug, Clone)]
pub struct User {
    /// 0 for nobody and for the server administrator on the socket.
    pub id: i64,
    pub name: String,
    pub level: Level,
    pub account_id: i64,
    pub reseller_id: i64,
    pub realname: String,
    pub email: String,
    pub phone: String,
    pub lang: String,
    /// The user's own zone; pages alone use it.
    pub timezone: String,
    /// The zone of the client's provider: dates of its money are the provider's calendar days.
    pub provider_zone: Option<Zone>,
    /// May sign in, and so may its account.
    pub active: bool,
    pub password: String,
    /// Made up for him by somebody else, who has seen it.
    pub passwd_temporary: bool,
    pub credential_version: i64,
    /// From where the user may sign in; empty: from anywhere.
    pub addr: Networks,
    /// An employee with rights of his own.
    pub restricted: bool,
    /// What a function without a stored right means: allowed, except for users made otherwise.
    pub default_allow: bool,
    /// Stored rights by function name or family pattern.
    pub rights: HashMap<String, bool>,
    /// Stored filters by list, urlencoded.
    pub filters: HashMap<String, String>,
    /// Filters of lists that he has named.
    pub saved_filters: Vec<SavedFilter>,
    /// Numbers of his account are sold.
    pub is_vendor: bool,
    /// A password is not enough to sign in.
    pub totp: bool,
    /// He has shown that he reads this e-mail, and this phone.
    pub email_confirmed: bool,
    pub phone_confirmed: bool,
}

/// How the caller proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    Nothing,
    /// A session named by the `auth` parameter.
    Auth,
    /// A session named by the cookie alone: the browser sends it without being asked.
    Cookie,
    AuthInfo,
    /// `func=auth` with a password or a one-time key, `totp.confirm` with a code.
    SignIn,
    /// A password whose code is still to come, or the id that was given for it. It is nobody yet.
    Step,
    /// The key of another API.
    Key,
    /// The local socket.
    Socket,
    /// The token of a running operation, on the local socket.
    Token,
    /// The program itself: jobs, demo data.
    Own,
}

/// One identity on the way from who signed in to whom the call acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub id: i64,
    pub name: String,
    pub level: Level,
}

#[derive(Debug, Clone)]
pub struct Caller {
    pub user: Arc<User>,
    /// Outermost first; the last is `user`.
    pub path: Vec<Hop>,
    pub session: Option<Arc<session::Session>>,
    pub ip: IpAddr,
    pub via: Via,
    /// The operating-system user on the socket, for the journal.
    pub system_user: String,
    /// The caller may do what it allows and nothing else.
    pub grant: Option<Arc<grant::Grant>>,
    /// Whose password was right and whose code is still to come.
    pub awaited: Option<Arc<User>>,
}

impl User {
    pub fn nobody() -> Self {
        Self {
            id: 0,
            name: String::new(),
            level: Level::Nobody,
            account_id: 0,
            reseller_id: 0,
            realname: String::new(),
            email: String::new(),
            phone: String::new(),
            lang: String::new(),
            timezone: String::new(),
            provider_zone: None,
            active: true,
            password: String::new(),
            passwd_temporary: false,
            credential_version: 0,
            addr: Networks::default(),
            restricted: false,
            default_allow: true,
            rights: HashMap::new(),
            filters: HashMap::new(),
            saved_filters: Vec::new(),
            is_vendor: false,
            totp: false,
            email_confirmed: false,
            phone_confirmed: false,
        }
    }

    /// The server administrator of the local socket.
    pub fn root() -> Self {
        Self { name: "root".into(), level: Level::Super, ..Self::nobody() }
    }

    pub fn hop(&self) -> Hop {
        Hop { id: self.id, name: self.name.clone(), level: self.level }
    }

    pub fn scope(&self) -> Scope {
        match self.level {
            level if level.is_staff() => Scope::All,
            Level::Reseller => Scope::Reseller(self.account_id),
            Level::User => Scope::Account(self.account_id),
            _ => Scope::Nobody,
        }
    }

    /// Vendors, and staff for them.
    pub fn may_sell(&self) -> bool {
        self.is_vendor || self.level.is_staff()
    }

    /// Level 30, or 29 without restrictions (decisions.md, Access).
    pub fn is_server_admin(&self) -> bool {
        self.level >= Level::Super || (self.level == Level::Admin && !self.restricted)
    }

    /// A stored right for the function or its family, else what the level says.
    pub fn may(&self, func: &str) -> bool {
        if self.is_server_admin() {
            return true;
        }
        let family = func.split_once('.').map(|(_, rest)| format!("{{type}}.{rest}"));
        let stored = self.rights.get(func).or_else(|| family.and_then(|name| self.rights.get(&name)));
        let parent = || func.split_once('.').and_then(|(object, _)| self.rights.get(object));
        *stored.or_else(parent).unwrap_or(&self.default_allow) || (stored.is_none() && ALWAYS.contains(&func))
    }

    /// The same for a function that shares the right of another, unless it has one of its own.
    pub fn may_as(&self, func: &str, other: &str) -> bool {
        let object = func.split_once('.').map_or(func, |(object, _)| object);
        let is_judged = other.is_empty() || [func, object].iter().any(|name| self.rights.contains_key(*name));
        self.may(if is_judged { func } else { other })
    }
}

/// What no right takes away: leaving, and seeing who one is.
const ALWAYS: [&str; 8] = ["auth", "logout", "whoami", "keepalive", "menu", "chlevel", "desktop", "usrparam"];

/// By which a user chooses a password of his own.
pub const OWN_PASSWD: &str = "usrparam.passwd";
/// What he may call who has yet to choose one (operations.md §2.15).
const WITHOUT_PASSWORD: [&str; 5] = [OWN_PASSWD, "auth", "logout", "whoami", "keepalive"];

impl Caller {
    pub fn new(user: Arc<User>, ip: IpAddr, via: Via) -> Self {
        let path = vec![user.hop()];
        Self { user, path, session: None, ip, via, system_user: String::new(), grant: None, awaited: None }
    }

    /// A module that shows the token of its operation.
    pub fn of_grant(grant: grant::Grant, ip: IpAddr) -> Self {
        let caller = Self::new(Arc::new(grant.user()), ip, Via::Token);
        Self { grant: Some(Arc::new(grant)), ..caller }
    }

    pub fn nobody(ip: IpAddr) -> Self {
        Self { path: Vec::new(), ..Self::new(Arc::new(User::nobody()), ip, Via::Nothing) }
    }

    /// Between password and code; `awaited` where it was the password that came just now.
    pub fn between(awaited: Option<Arc<User>>, ip: IpAddr) -> Self {
        Self { via: Via::Step, awaited, ..Self::nobody(ip) }
    }

    /// May who has yet to show a code call it: to begin with the password, and to be told what is missing?
    pub fn may_between(&self, func: &str) -> bool {
        match func {
            "whoami" => self.via == Via::Step,
            "auth" => self.awaited.is_some(),
            _ => false,
        }
    }

    /// Has he to choose a password before he calls it, for he signed in with one that somebody else made up?
    /// Not who acts as another, and no key of his.
    pub fn owes_password(&self, func: &str) -> bool {
        let is_own = matches!(self.via, Via::Auth | Via::Cookie | Via::AuthInfo | Via::SignIn);
        is_own && self.path.len() == 1 && self.user.passwd_temporary && !WITHOUT_PASSWORD.contains(&func)
    }

    /// The program itself.
    pub fn own() -> Self {
        Self::new(Arc::new(User::root()), IpAddr::from([127, 0, 0, 1]), Via::Own)
    }

    pub fn level(&self) -> Level {
        self.user.level
    }

    pub fn scope(&self) -> Scope {
        self.user.scope()
    }

    pub fn is_known(&self) -> bool {
        self.user.level > Level::Nobody
    }

    /// Who really called: the outermost hop, with the system's name on the socket.
    pub fn real_name(&self) -> String {
        let name = self.path.first().map_or("", |hop| &hop.name);
        match self.system_user.is_empty() {
            true => name.to_owned(),
            false => format!("{name} ({})", self.system_user),
        }
    }

    pub fn ip_text(&self) -> String {
        self.ip.to_canonical().to_string()
    }
}
