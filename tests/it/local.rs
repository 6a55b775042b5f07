//! The local utility against a running server (operations.md, R62–R64).

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use billmgr::level::Level;

use crate::support::{World, dom, worlds};

/// The user of the system that has no rights anywhere.
const NOBODY: u32 = 65534;

pub fn mgrctl(world: &World) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mgrctl"));
    command.env("BILLMGR_SOCKET", world.socket()).env_remove("SSH_CONNECTION");
    command
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn ask(world: &World, args: &[&str]) -> String {
    text(mgrctl(world).args(args).output().expect("mgrctl runs"))
}

/// May this test act as another user of the system?
fn is_root(world: &World) -> bool {
    let owner = std::fs::metadata(world.dir()).map(|about| std::os::unix::fs::MetadataExt::uid(&about));
    owner.expect("a directory") == 0
}

/// mgrctl where every user of the system can run it.
fn copy_for_all(world: &World) -> PathBuf {
    let (dir, program) = (world.dir(), world.dir().join("mgrctl"));
    std::fs::copy(env!("CARGO_BIN_EXE_mgrctl"), &program).expect("a copy of mgrctl");
    for path in [&dir, &program] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("rights are set");
    }
    program
}

fn ask_as_nobody(world: &World, program: &Path, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.env("BILLMGR_SOCKET", world.socket()).uid(NOBODY).gid(NOBODY).current_dir("/");
    text(command.args(args).output().expect("mgrctl runs"))
}

worlds! {
    /// R62 Functions, parameters and formats are those of the web server, which takes no part.
    fn mgrctl_answers_like_the_server(world: &World) {
        let text = world.get(&format!("func=payment&out=text&{}", world.proof("admin"))).body;
        assert_eq!(ask(world, &["-m", "billmgr", "payment"]), text);
        assert_eq!(ask(world, &["payment", "out=text"]), text);
        let web = world.call("admin", "func=payment&lang=ru");
        for line in ["-o xml payment lang=ru", "payment -m core lang=ru out=xml", "payment lang=ru -o xml"] {
            let args: Vec<&str> = line.split(' ').collect();
            let local = dom::parse(&ask(world, &args)).expect("XML");
            assert_eq!(dom::nodes(&local, "/doc/elem"), dom::nodes(&web, "/doc/elem"));
            assert_eq!(local.get_attr("host"), Some("http://"), "protocol.md §3.1");
        }
        for out in ["json", "sjson", "bjson", "JSONdata", "csv", "devel"] {
            let web = world.get(&format!("func=currency&out={out}&{}", world.proof("admin"))).body;
            let local = ask(world, &["-o", out, "currency"]);
            let here = format!("http://{}", world.address);
            assert_eq!(local.replace("http://", ""), web.replace(&here, "").replace("http://", ""), "{out}");
        }
    }

    /// R62 What it changes is changed; errors are answers too, with exit code 0.
    fn mgrctl_changes_data(world: &World) {
        let (client, method) = (world.id("client"), world.id("paymethod"));
        let (plid, paymethod) = (format!("plid={client}"), format!("paymethod={method}"));
        let description = "description=by hand: 5 & 6 = 11 – ок";
        let made = ask(world, &[
            "payment.edit", &plid, "subaccountamount=3.50", &paymethod, description, "sok=ok",
        ]);
        let id = made.lines().find_map(|line| line.strip_prefix("id=")).expect("an id");
        assert!(made.starts_with("OK\n"), "{made}");
        let shown = world.done("admin", &format!("func=payment.edit&elid={id}"));
        assert_eq!(shown.get_text("description"), Some("by hand: 5 & 6 = 11 – ок"));
        assert!(ask(world, &["payment.setpaid", &format!("elid={id}")]).starts_with("OK"));
        let error = world.unchanged(|| ask(world, &["payment.setcanceled", &format!("elid={id}")]));
        assert!(error.starts_with("ERROR value(status)"), "{error}");
    }

    /// R63 No password is asked for: root, or who runs the server, is the server administrator.
    /// su and auth name somebody else.
    fn mgrctl_is_who_runs_it(world: &World) {
        let who = |args: &[&str]| {
            let all: Vec<&str> = ["-o", "xml", "whoami"].iter().chain(args).copied().collect();
            let doc = dom::parse(&ask(world, &all)).expect("XML");
            let find = |path: &str| dom::find(&doc, path).concat();
            (find("/doc/user/@name"), find("/doc/user/@level"), find("/doc/error/@type"))
        };
        let is = |name: &str, level: &str| (name.to_owned(), level.to_owned(), String::new());
        assert_eq!(who(&[]), is("root", "30"));
        assert_eq!(who(&["su=client"]), is("client", "16"));
        assert_eq!(who(&["su=admin"]), is("admin", "29"));
        assert_eq!(who(&["su=no.such.user"]).2, "access");
        let session = world.sign_in("reseller");
        assert_eq!(who(&[&format!("auth={session}")]), is("reseller", "24"));
        let journal = world.done("admin", "func=journal&p_cnt=1");
        let before = dom::find(&journal, "/doc/elem/id").concat();
        ask(world, &["profile.edit", "su=client", "name=By root", "sok=ok"]);
        let journal = world.done("admin", "func=journal&p_cnt=1");
        assert_ne!(dom::find(&journal, "/doc/elem/id").concat(), before);
        assert_eq!(dom::find(&journal, "/doc/elem/user").concat(), "client");
        assert!(dom::find(&journal, "/doc/elem/real_user").concat().starts_with("root ("));
    }

    /// R63 Another user of the system is the panel's user that has his name, or nobody.
    fn mgrctl_of_another_system_user(world: &World) {
        if !is_root(world) {
            return; // only root can be somebody else
        }
        let program = copy_for_all(world);
        let refused = world.unchanged(|| ask_as_nobody(world, &program, &["payment.delete", "elid=1"]));
        assert!(refused.starts_with("ERROR auth(socket)"), "{refused}");
        let client = world.id("client_user");
        world.done("admin", &format!("func=user.edit&elid={client}&system_user=nobody&sok=ok"));
        let who = ask_as_nobody(world, &program, &["-o", "xml", "whoami"]);
        assert!(who.contains("name=\"client\"") && who.contains("level=\"16\""), "{who}");
        let text = world.get(&format!("func=payment&out=text&{}", world.proof("client"))).body;
        assert_eq!(ask_as_nobody(world, &program, &["payment"]), text);
        assert!(ask_as_nobody(world, &program, &["paymethod"]).starts_with("ERROR access(paymethod)"));
        assert!(ask_as_nobody(world, &program, &["whoami", "su=admin"]).starts_with("ERROR access(su)"));
        world.done("admin", &format!("func=user.suspend&elid={client}"));
        assert!(ask_as_nobody(world, &program, &["payment"]).starts_with("ERROR auth(socket)"));
    }

    /// R64 Help names every function with its kind, and every parameter of one.
    fn mgrctl_shows_help(world: &World) {
        let help = ask(world, &["-m", "billmgr", "-i"]);
        for func in world.app.registry.iter() {
            let name = func.name();
            let is_there = help.lines().any(|line| line.split(' ').next() == Some(name));
            assert!(is_there, "{name} is not in the help");
            let one = ask(world, &["-i", name]);
            assert!(one.starts_with(name), "{one}");
            assert!(one.replace(['\n', ' '], "").contains("Functiontype:"), "{one}");
            for field in func.meta.fields().filter(|field| field.level <= Level::Super) {
                let names = |line: &str| line.trim_start().split(' ').next() == Some(field.name.as_str());
                assert!(one.lines().any(names), "{name}: {} is not in the help:\n{one}", field.name);
            }
        }
        assert!(ask(world, &["-i", "payment", "lang=ru"]).contains("Платежи"));
        assert!(ask(world, &["-i", "no.such.function"]).starts_with("ERROR missed(func)"));
    }
}
