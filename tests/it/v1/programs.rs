//! The samples of the documentation in three languages, and PyFiveSim as it is published.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use billmgr::number::sandbox;
use serde_json::Value;

use super::open;
use crate::scripts::{is_here, run, script};
use crate::support::{World, worlds};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Language {
    Shell,
    Python,
    Php,
}

type Values<'v> = BTreeMap<&'v str, String>;

/// The interpreter in which `tests/run` put what Python needs.
fn python() -> PathBuf {
    let own = std::env::var_os("BILLMGR_TEST_PYTHON").map(PathBuf::from);
    own.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python"))
}

impl Language {
    fn is_here(self) -> bool {
        is_here(match self {
            Self::Shell => "curl",
            Self::Python => "python",
            Self::Php => "php-curl",
        })
    }

    fn path(self, name: &str) -> PathBuf {
        script(&match self {
            Self::Shell => format!("shell/v1/{name}.sh"),
            Self::Python => format!("python/v1/{name}.py"),
            Self::Php => format!("php/v1/{name}.php"),
        })
    }

    /// The sample with the server and the values of this run, and with its answer printed.
    fn tuned(self, sample: &str, base: &str, values: &Values) -> String {
        let sample = sample.replace("https://$DOMAIN", base);
        let line = |line: &str| -> String {
            let name = line.split('=').next().unwrap_or_default().trim_end();
            match (self, values.get(name.trim_start_matches('$'))) {
                (Self::Python, Some(value)) if !name.starts_with(' ') => format!("{name} = '{value}'"),
                (Self::Php, Some(value)) if name.starts_with('$') => format!("{name} = '{value}';"),
                _ => line.to_owned(),
            }
        };
        let body: Vec<String> = sample.lines().map(line).collect();
        let body = body.join("\n");
        match self {
            Self::Shell => {
                format!(
                    "curl() {{ command curl -sS -w '\\n%{{http_code}} %{{content_type}}' \"$@\"; }}\n{body}\n"
                )
            }
            Self::Python => {
                format!(
                    "{body}\nprint(response.text)\nprint(response.status_code, response.headers['Content-Type'])\n"
                )
            }
            Self::Php => body.replace(
                "curl_close($ch);",
                "echo $result, \"\\n\", curl_getinfo($ch, CURLINFO_RESPONSE_CODE), ' ', \
                 curl_getinfo($ch, CURLINFO_CONTENT_TYPE), \"\\n\";",
            ),
        }
    }

    /// Runs a sample; what the server answered.
    fn sample(self, world: &World, name: &str, values: &Values) -> Value {
        let path = self.path(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let tuned = world.dir().join(path.file_name().expect("a name"));
        let base = world.url().replace("/billmgr", "");
        std::fs::write(&tuned, self.tuned(&text, &base, values)).expect("a file");
        let mut command = match self {
            Self::Shell => Command::new("bash"),
            Self::Python => Command::new(python()),
            Self::Php => Command::new("php"),
        };
        let out = run(command.arg(tuned).envs(values.iter().map(|(name, value)| (*name, value))));
        let (body, status) = out.trim_end().rsplit_once('\n').unwrap_or(("", out.trim_end()));
        assert_eq!(status, "200 application/json", "{self:?} {name}: {body}");
        serde_json::from_str(body).unwrap_or_else(|why| panic!("{self:?} {name}: {why} in {body}"))
    }
}

/// The names of the members, in their order.
fn names(value: &Value) -> String {
    let names: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.join(" ")
}

const BOUGHT: &str =
    "id phone operator product price status expires sms created_at forwarding forwarding_number country";
const ORDER: &str =
    "id created_at phone product price status expires sms forwarding forwarding_number country operator";
const PROFILE: &str = "id email vendor default_forwarding_number balance rating default_country default_operator \
                       frozen_balance total_active_orders did_order last_order last_top_orders last_top_idx";

/// Every sample of a language, in an order in which they make sense.
fn samples(world: &World, language: Language, key: &str) {
    let product = "amazon";
    let fixed =
        [("token", key), ("country", "russia"), ("operator", "any"), ("product", product), ("lang", "en")];
    let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
    let with = |more: &[(&'static str, &str)]| -> Values {
        fixed.iter().cloned().chain(more.iter().map(|(name, value)| (*name, (*value).to_owned()))).collect()
    };
    let ask = |name: &str, more: &[(&'static str, &str)]| language.sample(world, name, &with(more));
    let shown = |name: &str, expected: &str, more: &[(&'static str, &str)]| -> Value {
        let answer = ask(name, more);
        assert_eq!(names(&answer), expected, "{language:?} {name}");
        answer
    };
    let buy = || shown("buy_activation", BOUGHT, &[]);
    let of = |order: &Value| order["id"].to_string();
    let act = |name: &str, id: &str, status: &str| {
        let order = shown(name, ORDER, &[("id", id), ("_id", id)]);
        assert_eq!(order["status"], status, "{language:?} {name}");
    };

    shown("profile", PROFILE, &[]);
    shown("products", "amazon telegram", &[("operator", "beeline")]);
    assert_eq!(names(&ask("prices", &[])), "russia");
    assert_eq!(names(&ask("prices_country", &[])["russia"]), "1day amazon telegram");
    assert_eq!(names(&ask("prices_product", &[])), "amazon");
    shown("flash", "text", &[]);

    let first = buy();
    assert_eq!(first["sms"], Value::Null);
    act("check", &of(&first), "PENDING");
    act("cancel", &of(&first), "CANCELED");
    act("ban", &of(&buy()), "BANNED");
    let bought = world.done(
        "client",
        &format!("func=number.buy&country=any&operator=any&product={product}&reuse=on&sok=ok"),
    );
    let id = bought.get_text("id").expect("an id");
    world.clock.advance_us(3_000_000);
    sandbox::run_due(&world.app).expect("the sandbox delivers");
    act("check", id, "RECEIVED");
    let inbox = shown("inbox", "Data Total", &[("id", id), ("_id", id)]);
    assert_eq!(names(&inbox["Data"][0]), "ID created_at date sender text code is_wave wave_uuid");
    act("finish", id, "FINISHED");
    let phone = bought.get_text("phone").expect("a phone").trim_start_matches('+');
    let again = shown("reuse", BOUGHT, &[("number", phone)]);
    act("cancel", &of(&again), "CANCELED");
    let hosting = shown(
        "buy_hosting",
        "id phone product price status expires sms created_at operator country",
        &[("product", "1day")],
    );

    let paged =
        [("category", "hosting"), ("limit", "15"), ("offset", "0"), ("order", "id"), ("reverse", "true")];
    let orders = shown("orders", "Data ProductNames Statuses Total", &paged);
    assert_eq!(orders["Data"][0]["id"], hosting["id"]);
    let payments = shown("payments", "Data PaymentTypes PaymentProviders Total", &[]);
    assert_eq!(names(&payments["Data"][0]), "ID TypeName ProviderName Amount Balance CreatedAt");
    shown("vendor", PROFILE, &[]);
    shown("wallets", "fkwallet payeer unitpay", &[]);
    let paged =
        [("category", "activation"), ("limit", "15"), ("offset", "0"), ("order", "id"), ("reverse", "true")];
    shown("vendor_orders", "Data ProductNames Statuses Total", &paged);
    shown("vendor_payments", "Data PaymentProviders PaymentStatuses PaymentTypes Total", &[]);
    assert_eq!(shown("withdraw", "id status", &[])["status"], "pending");
}

worlds! {
    /// Every request of the documentation in curl, Python and PHP.
    fn samples_of_the_documentation(world: &World) {
        let key = open(world);
        for language in [Language::Shell, Language::Python, Language::Php] {
            if language.is_here() {
                samples(world, language, &key);
            }
        }
    }

    /// PyFiveSim as it is published: all of its calls, waiting and not waiting.
    fn a_library_is_served(world: &World) {
        if !is_here("python") {
            return;
        }
        let (key, is_done) = (open(world), AtomicBool::new(false));
        let base = world.url().replace("/billmgr", "/v1");
        std::thread::scope(|scope| {
            // The world's clock stands still: while the library waits for messages it is moved.
            scope.spawn(|| {
                while !is_done.load(Ordering::SeqCst) {
                    world.clock.advance_us(250_000);
                    let _ = sandbox::run_due(&world.app);
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
            let mut command = Command::new(python());
            let output = command.arg(script("python/pyfivesim_calls.py")).arg(base).arg(key).output();
            is_done.store(true, Ordering::SeqCst);
            let output = output.expect("the script starts");
            let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
            assert!(output.status.success(), "{err}{out}");
            assert_eq!(out.trim(), "PyFiveSimSync PyFiveSimAsync");
        });
    }
}
