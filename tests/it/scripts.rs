//! The clients of tests/php, tests/python and tests/shell, as programs of their own against a running server.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::seed::PASSWORD;
use crate::support::{World, worlds};
use crate::{local, sweep};

/// What a script needs, and whether it is here: `tests/run` says what is missing; without it, a
/// look at the machine does.
pub fn is_here(tool: &str) -> bool {
    match std::env::var("BILLMGR_TEST_SKIP") {
        Ok(skip) => {
            !skip.split(' ').any(|missing| missing == tool || (missing == "php" && tool.starts_with("php")))
        }
        Err(_) => probe(tool),
    }
}

fn probe(tool: &str) -> bool {
    let says_yes = |program: &str, args: &[&str]| {
        Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
    };
    match tool {
        "php-xml" => says_yes(
            "php",
            &["-r", "exit((int)!(extension_loaded('simplexml') && extension_loaded('dom')));"],
        ),
        "python" => {
            let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
            says_yes(&python.display().to_string(), &["-c", "import pyfivesim, requests"])
        }
        "php-curl" => says_yes("php", &["-r", "exit((int)!extension_loaded('curl'));"]),
        tool => says_yes(tool, &["--version"]),
    }
}

pub fn script(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

/// Runs a script that must find everything as it expects; what it prints.
pub fn run(command: &mut Command) -> String {
    let output = command.output().expect("the script starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{err}{out}");
    out.into_owned()
}

fn php(world: &World, name: &str, who: &str, more: &[&str]) -> String {
    let mut command = Command::new("php");
    command
        .arg(script(&format!("php/{name}.php")))
        .arg(world.url())
        .arg(format!("{who}:{PASSWORD}"))
        .args(more);
    run(&mut command)
}

fn shell(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command.arg(script(&format!("shell/{name}.sh"))).args(args);
    command
}

worlds! {
    /// R65 What PHP's own libraries make of the answers.
    fn php_reads_lists(world: &World) {
        if !is_here("php-xml") {
            return;
        }
        let ids = |out: String| -> Vec<String> {
            out.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
        };
        for (who, rows) in [("admin", "5"), ("client", "2"), ("reseller2", "1")] {
            let dom = ids(php(world, "payment_dom", who, &[rows]));
            assert_eq!(ids(php(world, "payment_simplexml", who, &[rows])), dom);
            assert_eq!(ids(php(world, "payment_json", who, &[rows])), dom);
        }
        assert_eq!(php(world, "payment_dom", "client", &["2"]).lines().next(), Some(world.id("client_paid")));
    }

    /// R65 file_get_contents and DOMDocument read every function.
    fn php_reads_every_function(world: &World) {
        if !is_here("php-xml") {
            return;
        }
        let list = world.dir().join("queries");
        let queries = sweep::reads(world);
        std::fs::write(&list, queries.join("\n")).expect("a file");
        let out = php(world, "every_function", "admin", &[&list.display().to_string()]);
        assert_eq!(out.trim(), queries.len().to_string());
    }

    /// R65 Sessions and errors as a PHP client meets them.
    fn php_signs_in_and_sees_errors(world: &World) {
        if !is_here("php-xml") {
            return;
        }
        assert_eq!(php(world, "auth_session", "client", &[]).trim(), "16");
        php(world, "errors", "admin", &[]);
    }

    /// R65 A payment is made with cURL's multipart form.
    fn php_makes_a_payment(world: &World) {
        if !is_here("php-curl") || !is_here("php-xml") {
            return;
        }
        let method = format!("paymethod={}", world.id("paymethod"));
        let fields = [world.id("client2"), &method, "subaccountamount=7.25", "description=PHP & <cURL>"];
        let id = php(world, "payment_post", "admin", &fields);
        let shown = world.done("admin", &format!("func=payment.edit&elid={}", id.trim()));
        assert_eq!(shown.get_text("subaccountamount"), Some("7.25"));
        assert_eq!(shown.get_text("description"), Some("PHP & <cURL>"));
    }

    /// R168 Janus would take the token of a web phone.
    fn php_checks_the_token_of_a_web_phone(world: &World) {
        if !is_here("php-xml") {
            return;
        }
        let secret = "a-secret-of-janus";
        world.configure(&format!("JanusSecret {secret}"));
        let now = (world.clock.now_us() / 1_000_000).to_string();
        let name = php(world, "softphone_token", "client", &[secret, &now]);
        assert!(name.trim().ends_with("_web1"), "{name}");
    }

    /// R1 Everything that curl can send a call as.
    fn curl_reads_payments(world: &World) {
        if is_here("curl") {
            let who = format!("admin:{PASSWORD}");
            run(&mut shell("curl_payment", &[&world.url(), &who]));
        }
    }

    /// R5 A session with curl, by parameter and by cookie.
    fn curl_keeps_a_session(world: &World) {
        if is_here("curl") {
            let who = format!("reseller:{PASSWORD}");
            assert_eq!(run(&mut shell("curl_session", &[&world.url(), &who])).trim(), "24");
        }
    }

    /// R4 A link with a one-time key signs a browser in.
    fn curl_follows_a_key(world: &World) {
        if is_here("curl") {
            let who = format!("admin:{PASSWORD}");
            run(&mut shell("curl_key_login", &[&world.url(), &who, "client"]));
        }
    }

    /// R72, R75 The telephony APIs by the lines of their documentation.
    fn curl_telephones(world: &World) {
        if !is_here("curl") {
            return;
        }
        world.configure("JanusSecret a-secret-of-janus");
        let made = |query: &str, name: &str| {
            let doc = world.done("admin", &format!("func={query}&sok=ok"));
            doc.get_text(name).unwrap_or_else(|| panic!("{query}: no {name}")).to_owned()
        };
        let of = format!("project={}&currency={}", world.id("project"), world.id("euro"));
        let plan = made(&format!("plan.edit&name=Plan&{of}"), "id");
        made(&format!("rate.import&plan={plan}&data=49,Germany,0.01"), "added");
        made(&format!("account.plan&elid={}&plan={plan}", world.id("client")), "plan");
        world.done("admin", &format!("func=plan.grant.resume&plid={plan}&elid={}", world.id("client")));
        let retail = made(&format!("account.plan&elid={}&plan={plan}", world.id("reseller")), "retail_plan");
        made(&format!("voucher.edit&project={}&amount=5&code=123456", world.id("project")), "id");
        let key = |who: &str| made(&format!("apikey.edit&name=curl&plid={}", world.id(who)), "key");
        let [client, reseller] = ["client", "reseller"].map(key);
        world.done("client", &format!("func=usrparam.passwd&old_passwd={PASSWORD}&passwd=OldPassword&sok=ok"));
        let base = world.url().replace("/billmgr", "");
        run(&mut shell("curl_telephony", &[&base, &client, &reseller, &plan, &retail]));
    }

    /// R124-R130 The eSIM API by the lines of its documentation, for a client and for a reseller.
    fn curl_esims(world: &World) {
        if !is_here("curl") {
            return;
        }
        let made = |query: &str, name: &str| {
            let doc = world.done("admin", &format!("func={query}&sok=ok"));
            doc.get_text(name).unwrap_or_else(|| panic!("{query}: no {name}")).to_owned()
        };
        let of = format!("project={}&currency={}", world.id("project"), world.id("euro"));
        let provider = made(&format!("esim.provider.edit&code=sandbox&name=x&kind=sandbox&{of}"), "id");
        made(&format!("esim.package.sync&provider={provider}"), "added");
        made(&format!("subaccount.edit&elid={}&creditlimit=50.00", world.id("reseller_subaccount")), "id");
        let base = world.url().replace("/billmgr", "");
        for who in ["client", "reseller"] {
            let key = made(&format!("apikey.edit&name=curl&plid={}", world.id(who)), "key");
            run(&mut shell("curl_esim", &[&base, &key]));
        }
    }

    /// R62 Scripts of the field around mgrctl.
    fn shell_scripts_call_mgrctl(world: &World) {
        let program = local::mgrctl(world).get_program().to_string_lossy().into_owned();
        for name in ["mgrctl_payment", "mgrctl_calls"] {
            run(shell(name, &[&program]).env("BILLMGR_SOCKET", world.socket()));
        }
    }
}
