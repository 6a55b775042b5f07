use std::fs;

use super::*;

/// A directory with `billmgr.conf` and what its `.d` holds, gone at the end of the test.
struct Files(PathBuf);

impl Files {
    fn new(test: &str, main: &str, parts: &[(&str, &str)]) -> Self {
        let dir = std::env::temp_dir().join(format!("billmgr-config-{test}-{}", std::process::id()));
        fs::create_dir_all(dir.join("billmgr.conf.d")).expect("a directory");
        fs::write(dir.join("billmgr.conf"), main).expect("a file");
        for (name, text) in parts {
            fs::write(dir.join("billmgr.conf.d").join(name), text).expect("a file");
        }
        Self(dir)
    }

    fn load(
        &self,
        env: &[(&str, &str)],
        panel: &[(&str, &str)],
    ) -> std::result::Result<Config, Vec<ConfigError>> {
        load(Some(&self.0.join("billmgr.conf")), env, panel)
    }

    /// The errors, without the name of the directory.
    fn errors(&self) -> Vec<String> {
        let Err(errors) = self.load(&[], &[]) else { panic!("nothing is wrong") };
        let dir = format!("{}/", self.0.display());
        errors.iter().map(|error| error.to_string().replace(&dir, "")).collect()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn load(
    file: Option<&Path>,
    env: &[(&str, &str)],
    panel: &[(&str, &str)],
) -> std::result::Result<Config, Vec<ConfigError>> {
    let owned = |(name, text): &(&str, &str)| (name.to_string(), text.to_string());
    Config::load(file, env.iter().map(owned), &panel.iter().map(owned).collect())
}

fn row<'a>(config: &'a Config, name: &str) -> Row<'a> {
    config.list().find(|row| row.name == name).expect(name)
}

#[test]
fn defaults() {
    let config = load(None, &[], &[]).expect("defaults are right");
    assert_eq!(config.listen, [Listen::Tcp { address: "127.0.0.1:1500".into(), tls: false }]);
    assert_eq!((config.body_limit_bytes, config.session_minutes, config.rate_max_age_days), (1 << 20, 60, 7));
    assert_eq!((config.default_lang.as_str(), config.log_level.as_str()), ("en", "info"));
    assert_eq!((config.data_dir.as_ref(), config.tls.as_ref()), (None, None));
    assert!(config.list().all(|row| *row.source == Source::Default && !row.fixed));
    assert_eq!((config.list().count(), config.warnings.len()), (PARAMS.len(), 0));
}

#[test]
fn environment_over_file_over_panel_over_default() {
    let rows = [
        ("de", "SessionMinutes 30", "BILLMGR_SESSIONMINUTES", "20", "40", 20, "environment", true),
        ("ef", "SessionMinutes 30", "BILLMGR_SESSIONMINUTES", "", "40", 30, "billmgr.conf:1", true),
        ("fp", "", "BILLMGR_SOCKET", "/x", "40", 40, "panel", false),
        ("pd", "", "BILLMGR_SOCKET", "/x", " ", 60, "default", false),
    ];
    for (test, file, key, env, panel, minutes, source, fixed) in rows {
        let files = Files::new(test, file, &[]);
        let config = files.load(&[(key, env)], &[("SessionMinutes", panel)]).expect(test);
        let row = row(&config, "SessionMinutes");
        assert_eq!((config.session_minutes, row.fixed, row.editable), (minutes, fixed, true), "{test}");
        assert!(row.source.to_string().ends_with(source), "{test}: {}", row.source);
        assert!(config.warnings.is_empty(), "{test}: {:?}", config.warnings);
    }
}

#[test]
fn parts_add_to_lists_and_replace_the_rest() {
    let main = "Listen http://127.0.0.1:1500\nTimeZone UTC\nRestrictAuthinfoRange 10.0.0.1\n\
                RestrictAuthinfoRange 10.0.0.2,10.0.0.3 # office\nOption RestrictAuthinfo";
    let parts = [
        ("20.conf", "DefaultLang ru\nPathAlias /b"),
        ("10.conf", "DefaultLang en\nListen https://[::1]:1501\nPathAlias /a\nOption RestrictAuthinfo off"),
        ("README", "nonsense"),
        (".30.conf", "nonsense"),
    ];
    let config = Files::new("parts", main, &parts).load(&[], &[]).expect("right");
    assert_eq!(config.default_lang, "ru");
    assert_eq!(config.path_alias, ["/a", "/b"]);
    assert_eq!(row(&config, "Listen").value, "http://127.0.0.1:1500, https://[::1]:1501");
    assert_eq!(config.restrict_authinfo_range.to_string(), "10.0.0.1, 10.0.0.2, 10.0.0.3");
    assert!(!config.restrict_authinfo);
    assert!(row(&config, "DefaultLang").source.to_string().ends_with("20.conf:1"));
}

#[test]
fn every_error_is_reported_with_its_place() {
    let main = "Lisen http://127.0.0.1:1\n\nDBPassword hunter2\nOption EULA\nRestrictAuthinfo on\n\
                Option Listen x\n\
                TimeZone Mars/Base\nBodyLimit\nDatabaseUrl\nTlsCert /c.pem\nDataDir /a\n\
                DataDir /b\nOption Compress maybe\n\
                DatabaseUrl mysql://u:hunter2@h/b\nQuux 1\nDefaultLang \"en";
    let files = Files::new("errors", main, &[("1.conf", "TimeZone UTC\npath DataDir /x\nListen \"\"")]);
    let expected = [
        "billmgr.conf:16: the quote has no end",
        "billmgr.conf:1: Lisen is unknown; did you mean `Listen <value>`?",
        "billmgr.conf:3: DBPassword is not used; write `DatabaseUrl postgres://user:password@host/name`",
        "billmgr.conf:4: EULA is not needed: there is no agreement to accept",
        "billmgr.conf:5: RestrictAuthinfo is written `Option RestrictAuthinfo`",
        "billmgr.conf:6: Listen is written `Listen <value>`",
        "billmgr.conf:7: TimeZone `Mars/Base` is no time zone; names are like `UTC` and `Europe/Riga`",
        "billmgr.conf:8: BodyLimit has no value",
        "billmgr.conf:9: DatabaseUrl has no value; write `\"\"` for none",
        "billmgr.conf:10: TlsCert needs TlsKey beside it",
        "billmgr.conf:12: DataDir already stands in line 11",
        "billmgr.conf:13: Compress `maybe` is neither on nor off",
        "billmgr.conf:14: DatabaseUrl is not an address that begins with postgres:// or postgresql://",
        "billmgr.conf:15: Quux is unknown",
        "billmgr.conf.d/1.conf:2: path is not used; write `Name value`, such as `DataDir /var/lib/billmgr`",
        "billmgr.conf.d/1.conf:3: Listen needs a value",
    ];
    let (mut found, mut expected) = (files.errors(), expected.map(str::to_owned).to_vec());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn errors_stand_in_the_order_of_the_lines() {
    let files = Files::new("order", "Quux 1\nA 'b\nTlsKey /k\nX 1", &[("1.conf", "Y 1")]);
    let places: Vec<String> =
        files.errors().iter().map(|error| error.split(": ").next().unwrap_or_default().into()).collect();
    let expected =
        ["billmgr.conf:1", "billmgr.conf:2", "billmgr.conf:4", "billmgr.conf.d/1.conf:1", "billmgr.conf:3"];
    assert_eq!(places, expected, "what several values get wrong comes last");
}

#[test]
fn files_that_cannot_be_read() {
    let files = Files::new("unread", "TimeZone UTC", &[]);
    let dir = load(Some(&files.0), &[], &[]).expect_err("a directory");
    assert!(dir[0].to_string().ends_with(": is not a file"), "{}", dir[0]);
    let none = load(Some(&files.0.join("none.conf")), &[], &[]).expect_err("no file");
    assert!(none[0].to_string().contains("none.conf: cannot be read: "), "{}", none[0]);
    fs::write(files.0.join("billmgr.conf"), b"TimeZone \xff").expect("a file");
    assert_eq!(files.errors(), ["billmgr.conf: is not UTF-8"]);
    fs::write(files.0.join("billmgr.conf"), "# x\n".repeat(300_000)).expect("a file");
    assert_eq!(files.errors(), ["billmgr.conf: is larger than 1048576 bytes"]);
}

#[test]
fn environment_rows() {
    let rows: [(&str, &str, std::result::Result<&str, &str>); 8] = [
        ("BILLMGR_LISTEN", "http://a:1, unix:/s", Ok("")),
        ("BILLMGR_RESTRICTAUTHINFO", "off", Ok("")),
        (
            "BILLMGR_LISTENN",
            "x",
            Ok("environment: BILLMGR_LISTENN is unknown and ignored; did you mean `BILLMGR_LISTEN`?"),
        ),
        ("BILLMGR_PORT_1500_TCP", "x", Ok("environment: BILLMGR_PORT_1500_TCP is unknown and ignored")),
        ("HOME", "/root", Ok("")),
        ("BILLMGR_BODYLIMIT", "1", Err("environment: BodyLimit `1` is not a number from 16384 to 67108864")),
        (
            "BILLMGR_FORWARDEDSECRET",
            "short",
            Err("environment: ForwardedSecret must have 16 to 255 characters"),
        ),
        (
            "BILLMGR_EULA",
            "b",
            Err("environment: BILLMGR_EULA is not needed: there is no agreement to accept"),
        ),
    ];
    let joined =
        |errors: Vec<ConfigError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for (key, text, expected) in rows {
        let found = load(None, &[(key, text)], &[]).map(|config| joined(config.warnings)).map_err(joined);
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{key}");
    }
}

#[test]
fn warnings() {
    let panel = [("TlsKey", "/tmp/k"), ("Newer", "1"), ("RestrictAuthinfo", "on")];
    let config = load(None, &[], &panel).expect("ignored, not refused");
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    let expected = [
        "panel: Newer is unknown and ignored",
        "panel: TlsKey may be set in the file only and is ignored",
        "panel: RestrictAuthinfo refuses every authinfo, because RestrictAuthinfoRange names no address",
    ];
    assert_eq!(warnings, expected);
    assert!(config.restrict_authinfo && config.tls.is_none());
    assert!(
        load(None, &[], &[("SessionMinutes", "0")]).is_err(),
        "a known name with a bad value is no guess"
    );
}

#[test]
fn secrets_are_masked_and_never_printed() {
    let file = "DatabaseUrl postgres://u:hunter2@h/b\nForwardedSecret \"hunter2 hunter2 #1\"";
    let config = Files::new("secrets", file, &[]).load(&[], &[]).expect("right");
    assert_eq!(config.forwarded_secret.as_ref().map(Secret::reveal), Some("hunter2 hunter2 #1"));
    assert_eq!(row(&config, "DatabaseUrl").value, "********");
    assert!(!format!("{config:?} {:?}", config.list().collect::<Vec<_>>()).contains("hunter2"));
    let none = load(None, &[], &[]).expect("defaults");
    assert_eq!(row(&none, "DatabaseUrl").value, "", "nothing to mask");
}

#[test]
fn validate_rows() {
    let config = Files::new("validate", "DefaultLang ru", &[])
        .load(&[("BILLMGR_COMPRESS", "on")], &[])
        .expect("right");
    let rows = [
        ("SessionMinutes", "30", "ok"),
        ("SessionMinutes", "0", "value(SessionMinutes) 0"),
        ("SessionMinutes", "", "missed(SessionMinutes)"),
        ("RestrictAuthinfoRange", "", "ok"),
        ("RestrictAuthinfoRange", "10.0.0.0/8 ten", "value(RestrictAuthinfoRange) 10.0.0.0/8 ten"),
        ("RestrictAuthinfo", "on", "ok"),
        ("DefaultLang", "en", "value(DefaultLang) en desc_fixed"),
        ("Compress", "off", "value(Compress) off desc_fixed"),
        ("ForwardedSecret", "hunter2", "access(ForwardedSecret)"),
        ("Listen", "http://a:1", "access(Listen)"),
        ("Nonsense", "1", "missed(elid) Nonsense"),
    ];
    for (name, value, expected) in rows {
        let found = match config.validate(name, value) {
            Ok(()) => "ok".to_owned(),
            Err(error) => {
                let params = error.params.iter().map(|(_, value)| format!(" {value}")).collect::<String>();
                format!("{}({}){params}", error.kind, error.object)
            }
        };
        assert_eq!(found, expected, "{name} {value}");
    }
}

#[test]
fn changed_names() {
    let secret = |text| load(None, &[("BILLMGR_FORWARDEDSECRET", text), ("BILLMGR_TIMEZONE", "UTC")], &[]);
    let (before, after) =
        (secret("0123456789abcdef").expect("right"), secret("0123456789abcdeF").expect("right"));
    let names = |params: Vec<&Param>| params.iter().map(|param| param.name).collect::<Vec<_>>();
    assert_eq!(names(after.changed(&before)), ["ForwardedSecret"], "masked, and yet seen");
    assert_eq!(names(after.changed(&load(None, &[], &[]).expect("right"))), ["ForwardedSecret"]);
}

#[test]
fn a_mail_server_needs_a_sender_and_a_password_for_its_user() {
    let rows: [(&str, &[&str]); 4] = [
        ("MailServer smtp://a.example\nMailFrom b@a.example", &[]),
        ("MailServer smtp://a.example", &["MailServer needs MailFrom beside it"]),
        ("MailServer smtp://u@a.example\nMailFrom b@a.example", &["MailServer needs MailPassword beside it"]),
        (
            "MailServer smtp://u:hunter2@a.example\nMailPassword hunter2",
            &["MailServer holds a password, which belongs into MailPassword"],
        ),
    ];
    for (at, (file, expected)) in rows.iter().enumerate() {
        let files = Files::new(&format!("mail{at}"), file, &[]);
        let found = files.load(&[], &[]).map_or_else(|errors| errors, |_| Vec::new());
        let reasons: Vec<String> =
            found.iter().map(|error| format!("{} {}", error.name, error.reason)).collect();
        assert_eq!(reasons, *expected, "{file}");
    }
    let file = "MailServer smtp://a.example\nMailFrom b@a.example\nMailPassword hunter2";
    assert!(Files::new("mail9", file, &[]).load(&[], &[]).is_err(), "whose password is it?");
}
