//! The table of everything that can be configured. The file, the environment, the panel's form
//! and the help read only this.

#[cfg(test)]
mod tests;

pub use super::param::Param;
use super::value::Kind;

pub const ENV_PREFIX: &str = "BILLMGR_";

/// Names with our prefix that are no parameters: read by the local utility, or given to modules.
pub const ENV_OTHER: [&str; 3] = ["BILLMGR_SOCKET", "BILLMGR_OPERATION", "BILLMGR_TOKEN"];

pub fn env_name(name: &str) -> String {
    format!("{ENV_PREFIX}{}", name.to_ascii_uppercase())
}

pub static PARAMS: [Param; 45] = [
    Param::new("Listen", Kind::Listen, "http://127.0.0.1:1500", [
        "Where the server waits for calls: http://address:port or https://address:port; may be repeated.",
        "Где сервер ждёт вызовов: http://адрес:порт или https://адрес:порт; можно повторять.",
    ])
    .at_start(),
    Param::new("DataDir", Kind::Path, "", [
        "Directory of the database, the key, the socket and the files of the server.",
        "Каталог базы данных, ключа, сокета и файлов сервера.",
    ])
    .at_start(),
    Param::new("DatabaseUrl", Kind::Url(&["postgres", "postgresql"]), "", [
        "Address of a PostgreSQL database, postgres://user:password@host/name; without it SQLite in DataDir.",
        "Адрес базы PostgreSQL, postgres://user:password@host/name; без него SQLite в DataDir.",
    ])
    .secret()
    .at_start(),
    Param::new("KeyFile", Kind::Path, "", [
        "File of the keys that seal secrets in the database; without it secret.key in DataDir.",
        "Файл ключей, которыми запечатаны секреты в базе; без него secret.key в DataDir.",
    ])
    .at_start(),
    Param::new("TlsCert", Kind::Path, "", [
        "Certificate chain (PEM) of the https listeners; without it a self-signed one is made.",
        "Цепочка сертификатов (PEM) для https; без неё создаётся самоподписанный сертификат.",
    ])
    .at_start(),
    Param::new("TlsKey", Kind::Path, "", [
        "Private key (PEM) of TlsCert.",
        "Закрытый ключ (PEM) к TlsCert.",
    ])
    .at_start(),
    Param::new("PathAlias", Kind::UrlPaths, "", [
        "Further path under which the panel answers, such as /ispmgr; may be repeated.",
        "Дополнительный путь, по которому отвечает панель, например /ispmgr; можно повторять.",
    ]),
    Param::new("TimeZone", Kind::Zone, "UTC", [
        "Time zone of a provider that has none of its own, such as Europe/Riga.",
        "Часовой пояс провайдера, у которого нет своего, например Europe/Riga.",
    ])
    .editable(),
    Param::new("PublicUrl", Kind::Url(&["https", "http"]), "", [
        "Address of the panel in letters where the provider has none, such as https://my.example.com/billmgr.",
        "Адрес панели в письмах, если у провайдера нет своего, например https://my.example.com/billmgr.",
    ])
    .editable(),
    Param::new("DefaultLang", Kind::OneOf(&["en", "ru"]), "en", [
        "Language of a caller who asks for none.",
        "Язык для тех, кто не указал свой.",
    ])
    .editable(),
    Param::new("RestrictAuthinfoRange", Kind::Networks, "", [
        "Addresses and networks from which authinfo is allowed with Option RestrictAuthinfo.",
        "Адреса и сети, из которых разрешён authinfo при Option RestrictAuthinfo.",
    ])
    .editable(),
    Param::new("TrustedProxy", Kind::Networks, "", [
        "Addresses and networks of reverse proxies whose X-Forwarded headers are believed.",
        "Адреса и сети прокси, чьим заголовкам X-Forwarded сервер верит.",
    ]),
    Param::new("ForwardedSecret", Kind::Text { min: 16, max: 255 }, "", [
        "Secret that a reverse proxy sends as X-Forwarded-Secret to be believed.",
        "Секрет, который прокси передаёт в X-Forwarded-Secret, чтобы сервер ему верил.",
    ])
    .secret(),
    Param::new("AllowOrigin", Kind::Origins, "", [
        "Origin whose pages may read answers in a browser, such as https://shop.example; may be repeated.",
        "Источник, чьи страницы читают ответы в браузере, например https://shop.example; можно повторять.",
    ]),
    Param::new("MgrctlGroup", Kind::Text { min: 1, max: 32 }, "", [
        "Group of the system whose members call mgrctl as server administrators.",
        "Группа системы, члены которой вызывают mgrctl как администраторы сервера.",
    ]),
    Param::new("RateMaxAgeDays", Kind::Number { min: 1, max: 3650 }, "7", [
        "Greatest age in days of an exchange rate that money may be converted at.",
        "Наибольший возраст курса в днях, при котором по нему можно пересчитывать деньги.",
    ])
    .editable(),
    Param::new("AgentMarkup", Kind::Number { min: 0, max: 1000 }, "20", [
        "Percent by which the call rates of a new reseller's clients are above his own.",
        "На сколько процентов цены звонков клиентов нового реселлера выше его собственных.",
    ])
    .editable(),
    Param::new("NumberCurrency", Kind::Text { min: 3, max: 3 }, "", [
        "Code of the currency in which virtual numbers are sold; empty: that of the first provider.",
        "Код валюты, в которой продаются виртуальные номера; пусто — валюта первого провайдера.",
    ])
    .editable(),
    Param::new("PhoneCheckProvider", Kind::Text { min: 1, max: 32 }, "", [
        "Code of the SMS provider that sends codes to confirm phones, at your cost; empty: phones are not confirmed.",
        "Код провайдера SMS, который отправляет коды подтверждения телефонов за ваш счёт; пусто — телефоны не подтверждаются.",
    ])
    .editable(),
    Param::new("BodyLimit", Kind::Number { min: 16_384, max: 67_108_864 }, "1048576", [
        "Greatest size of a request body in bytes.",
        "Наибольший размер тела запроса в байтах.",
    ])
    .editable(),
    Param::new("SessionMinutes", Kind::Number { min: 1, max: 10_080 }, "60", [
        "Minutes after its last request when a session ends.",
        "Через сколько минут после последнего запроса заканчивается сеанс.",
    ])
    .editable(),
    Param::new("LogLevel", Kind::OneOf(&["error", "warn", "info", "debug", "trace"]), "info", [
        "How much the log tells: error, warn, info, debug or trace.",
        "Подробность журнала: error, warn, info, debug или trace.",
    ])
    .at_start(),
    Param::new("PasswordMinLength", Kind::Number { min: 6, max: 64 }, "8", [
        "Least number of characters of a new password.",
        "Наименьшее число символов нового пароля.",
    ])
    .editable(),
    Param::new("ModuleTimeout", Kind::Number { min: 1, max: 540 }, "300", [
        "Seconds after which the program or webhook of a processing module is broken off.",
        "Через сколько секунд прерывается программа или вебхук модуля обработки.",
    ])
    .editable(),
    Param::new("ModuleWait", Kind::Number { min: 1, max: 10_080 }, "60", [
        "Minutes in which a processing module that goes on by itself has to report.",
        "За сколько минут должен отчитаться модуль обработки, который продолжает работу сам.",
    ])
    .editable(),
    Param::new("MailServer", Kind::MailServer, "", [
        "Server that takes letters, smtp://user@host:587 or smtps://host; without it they are files in mail.",
        "Сервер для отправки писем, smtp://user@host:587 или smtps://host; без него письма — файлы в mail.",
    ]),
    Param::new("MailPassword", Kind::Text { min: 1, max: 255 }, "", [
        "Password of the user in MailServer.",
        "Пароль пользователя из MailServer.",
    ])
    .secret(),
    Param::new("MailFrom", Kind::Mailbox, "", [
        "Sender of letters where the provider has none, such as Example <billing@example.com>.",
        "Отправитель писем, если у провайдера нет своего, например Example <billing@example.com>.",
    ]),
    Param::new("MailAuthority", Kind::Path, "", [
        "File (PEM) of authorities that may vouch for the mail server, besides those that the system believes.",
        "Файл (PEM) центров, сертификатам которых почтового сервера можно верить кроме системных.",
    ]),
    Param::new("MailTimeoutSeconds", Kind::Number { min: 1, max: 60 }, "30", [
        "Seconds in which the mail server has to answer each command.",
        "За сколько секунд почтовый сервер должен ответить на каждую команду.",
    ])
    .editable(),
    Param::new("SipRealm", Kind::Text { min: 1, max: 64 }, "billmgr", [
        "Realm of SIP passwords; a change counts for all lines at once, and web phones have to be opened anew.",
        "Область (realm) паролей SIP; новое значение сразу действует для всех линий, а веб-телефоны нужно открыть заново.",
    ])
    .editable(),
    Param::new("SipProxy", Kind::Text { min: 1, max: 255 }, "", [
        "Where web phones register, such as sip:sip.example.com:5060.",
        "Адрес, на котором регистрируются веб-телефоны, например sip:sip.example.com:5060.",
    ])
    .editable(),
    Param::new("AgiListen", Kind::Address, "", [
        "Where switches ask about calls by FastAGI, such as 127.0.0.1:4573; without it they cannot.",
        "Где коммутаторы спрашивают о вызовах по FastAGI, например 127.0.0.1:4573; без него нигде.",
    ])
    .at_start(),
    Param::new("JanusServer", Kind::Url(&["wss", "ws", "https", "http"]), "", [
        "Address of the Janus gateway of web phones, such as wss://phone.example.com:8989.",
        "Адрес шлюза Janus для веб-телефонов, например wss://phone.example.com:8989.",
    ])
    .editable(),
    Param::new("JanusSecret", Kind::Text { min: 16, max: 255 }, "", [
        "Secret that Janus checks tokens with (token_auth_secret); without it there are no web phones.",
        "Секрет, которым Janus проверяет токены (token_auth_secret); без него веб-телефонов нет.",
    ])
    .secret(),
    Param::new("ApiAddressRate", Kind::Number { min: 0, max: 1_000_000 }, "100", [
        "Requests a second that the number API takes from one address; 0 takes them all.",
        "Сколько запросов в секунду API номеров принимает с одного адреса; 0 — без ограничения.",
    ])
    .editable(),
    Param::new("ApiKeyRate", Kind::Number { min: 0, max: 1_000_000 }, "100", [
        "Requests a second that the number API takes with one key; 0 takes them all.",
        "Сколько запросов в секунду API номеров принимает с одним ключом; 0 — без ограничения.",
    ])
    .editable(),
    Param::new("ApiBuyRate", Kind::Number { min: 0, max: 1_000_000 }, "100", [
        "Purchases a second that the number API takes with one key; 0 takes them all.",
        "Сколько покупок в секунду API номеров принимает с одним ключом; 0 — без ограничения.",
    ])
    .editable(),
    Param::option("RestrictAuthinfo", [
        "Allow authinfo from the addresses of RestrictAuthinfoRange only.",
        "Разрешить authinfo только с адресов из RestrictAuthinfoRange.",
    ])
    .editable(),
    Param::option("BindSessionIp", [
        "Accept a session only from the address at which it was opened.",
        "Принимать сеанс только с того адреса, с которого он открыт.",
    ])
    .editable(),
    Param::option("DisableRegistration", [
        "Let nobody register; staff makes all clients.",
        "Закрыть регистрацию: клиентов создают только сотрудники.",
    ])
    .editable(),
    Param::option("DisableCookieSecure", [
        "Send cookies without Secure, for a panel used over plain http.",
        "Отдавать cookie без Secure: для панели, которая работает по http.",
    ]),
    Param::option("Production", [
        "Refuse to start with sandboxes of outside parties.",
        "Не запускаться с песочницами внешних систем.",
    ])
    .at_start(),
    Param::option("Compress", [
        "Compress long answers.",
        "Сжимать длинные ответы.",
    ])
    .editable(),
    Param::option("JsonWithMetadata", [
        "Put metadata and messages into out=json too, as sjson has them.",
        "Включать метаданные и сообщения и в out=json, как в sjson.",
    ])
    .editable(),
];

const BY_DATABASE_URL: &str = "is not used; write `DatabaseUrl postgres://user:password@host/name`";

/// Names of the original panel's guide that mean nothing here, and what to do about them
/// (protocol.md §7). They are refused, not skipped: who writes one expects something of it.
pub static RETIRED: [(&str, &str); 14] = [
    ("DBHost", BY_DATABASE_URL),
    ("DBUser", BY_DATABASE_URL),
    ("DBPassword", BY_DATABASE_URL),
    ("DBName", BY_DATABASE_URL),
    ("DisableAutoUpdate", "is not needed: the server does not update itself"),
    ("EULA", "is not needed: there is no agreement to accept"),
    ("FirstStart", "is not needed: a new database is recognised by itself"),
    ("DoNotRestoreTasks", "is not needed: tasks under way are kept in the database and always go on"),
    ("EnableAcmeshDebug", "is not needed: write `LogLevel debug` for more in the log"),
    ("EnableDbAuthlog", "is not needed: sign-ins are always recorded in the database"),
    ("HtmlToTextConverter", "is not needed: no outside converter is called"),
    ("IgnorePluginError", "is not used: correct or remove the plugin that the start names"),
    ("TrustIP", "is not used: nobody signs in by address alone; use `MgrctlGroup` or a key"),
    ("path", "is not used; write `Name value`, such as `DataDir /var/lib/billmgr`"),
];

pub fn find(name: &str) -> Option<&'static Param> {
    PARAMS.iter().find(|param| param.name == name)
}

pub fn retired(name: &str) -> Option<&'static str> {
    RETIRED.iter().find(|(known, _)| *known == name).map(|(_, advice)| *advice)
}

/// The known name that a misspelt one is likely to mean.
pub fn nearest(name: &str) -> Option<&'static Param> {
    let name = name.to_ascii_lowercase();
    let far = |param: &&Param| distance(&name, &param.name.to_ascii_lowercase());
    let best = PARAMS.iter().min_by_key(far)?;
    (far(&best) <= best.name.len() / 3).then_some(best)
}

/// Characters to insert, drop or change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, left) in a.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (place, right) in b.iter().enumerate() {
            let changed = corner + usize::from(left != *right);
            corner = row[place + 1];
            row[place + 1] = changed.min(corner + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}
