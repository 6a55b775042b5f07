use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A folder of programs, gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let dir = std::env::temp_dir().join(format!("billmgr-modules-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        Self(dir)
    }

    /// With one shell script `it`.
    fn with(script: &str) -> Self {
        let folder = Self::new();
        folder.add("it", &format!("#!/bin/sh\n{script}\n"), 0o755);
        folder
    }

    fn add(&self, name: &str, text: &str, mode: u32) {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("its mode");
    }

    fn program(&self, name: &str) -> Program {
        Program {
            dir: self.0.clone(),
            name: name.into(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            limit: Duration::from_secs(30),
        }
    }

    fn run(&self) -> Outcome {
        self.program("it").run().expect("it runs")
    }

    /// What it wrote to a file of its folder.
    fn noted(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is killed at its limit. A machine that is busy elsewhere is given more time, until the script came
/// as far as it should.
fn killed(script: &str, came_far: impl Fn(&Outcome) -> bool) -> (Folder, Outcome) {
    let run = |limit_ms| {
        let folder = Folder::with(script);
        let mut program = folder.program("it");
        program.limit = Duration::from_millis(limit_ms);
        let outcome = program.run().expect("it runs");
        (folder, outcome)
    };
    let mut runs = [300, 3_000].into_iter().map(run);
    runs.find(|(_, outcome)| came_far(outcome)).unwrap_or_else(|| run(30_000))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Neither running nor a zombie; it may take a moment to go.
fn is_gone(pid: &str) -> bool {
    assert!(pid.parse::<u32>().is_ok(), "no process: {pid:?}");
    let there = Path::new("/proc").join(pid);
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let status = std::fs::read_to_string(there.join("stat")).unwrap_or_default();
        // What was orphaned is reaped by init, when it pleases.
        status.is_empty() || status.contains(") Z ")
    })
}

#[test]
fn what_it_is_given_and_gives() {
    let folder = Folder::with("echo \"$1|$2\"; cat; echo why >&2; pwd -P > where");
    let mut program = folder.program("it");
    program.args = vec!["a b".into(), "$(id)".into()];
    program.stdin = b"<doc/>".to_vec();
    let outcome = program.run().expect("it runs");
    assert_eq!((text(&outcome.stdout), text(&outcome.stderr)), ("a b|$(id)\n<doc/>".into(), "why\n".into()));
    assert!(outcome.is_success());
    assert_eq!(folder.noted("where"), folder.0.canonicalize().expect("a path").display().to_string());
}

#[test]
fn the_environment_is_its_own() {
    let folder = Folder::with("env | cut -d= -f1 | sort | grep -v '^_$' | tr '\\n' ' '; echo; echo $PATH");
    let mut program = folder.program("it");
    program.env = vec![("BILLMGR_TOKEN", "t".into()), ("BILLMGR_OPERATION", "7".into())];
    let said = text(&program.run().expect("it runs").stdout);
    let (names, path) = said.trim().split_once('\n').expect("two lines");
    let known = ["BILLMGR_OPERATION", "BILLMGR_TOKEN", "HOME", "LANG", "PATH", "PWD", "OLDPWD", "SHLVL"];
    assert!(names.split_whitespace().all(|name| known.contains(&name)), "{names}");
    assert!(names.contains("BILLMGR_OPERATION BILLMGR_TOKEN") && names.contains("PATH"), "{names}");
    let own = std::env::current_exe().expect("a program").parent().expect("a directory").to_owned();
    assert_eq!(path.split(':').next(), own.to_str());
}

#[test]
fn how_it_ends() {
    for (script, code) in [("exit 0", Some(0)), ("exit 3", Some(3)), ("kill -9 $$", None)] {
        let outcome = Folder::with(script).run();
        assert_eq!((outcome.code, outcome.timed_out), (code, false), "{script}");
        assert_eq!(outcome.is_success(), code == Some(0));
    }
}

#[test]
fn what_cannot_be_run() {
    let folder = Folder::with("exit 0");
    folder.add("plain", "#!/bin/sh\n", 0o644);
    folder.add("orphan", "#!/no/such/interpreter\n", 0o755);
    folder.add("Upper", "#!/bin/sh\n", 0o755);
    std::fs::create_dir(folder.0.join("folder")).expect("a directory");
    std::os::unix::fs::symlink("/bin/true", folder.0.join("link")).expect("a link");
    for (name, kind) in [
        ("none", "missed"),
        ("plain", "system"),
        ("orphan", "system"),
        ("folder", "system"),
        ("link", "system"),
        ("../it", "value"),
        ("..", "value"),
        ("/bin/true", "value"),
        ("it\0", "value"),
        ("Upper", "value"),
        ("", "value"),
        (&"x".repeat(65), "value"),
    ] {
        let error = folder.program(name).run().expect_err(name);
        assert_eq!((error.kind, error.object.as_str()), (kind, "module"), "{name}");
    }
    let mut program = folder.program("it");
    program.args = vec!["a\0b".into()];
    assert_eq!(program.run().expect_err("no argument").kind, "system");
}

#[test]
fn one_that_hangs_is_killed_with_its_children() {
    let script = "sleep 600 & echo $! > child; echo $$ > own; echo begun; wait";
    let (folder, outcome) = killed(script, |outcome| !outcome.stdout.is_empty());
    assert_eq!((outcome.code, outcome.timed_out, text(&outcome.stdout)), (None, true, "begun\n".into()));
    assert!(!Path::new("/proc").join(folder.noted("own")).exists(), "not even a zombie");
    assert!(is_gone(&folder.noted("child")));
}

#[test]
fn a_signal_does_not_save_it() {
    let script = "trap '' TERM INT HUP; echo begun; while :; do sleep 1; done";
    let (_, outcome) = killed(script, |outcome| !outcome.stdout.is_empty());
    assert_eq!((outcome.timed_out, text(&outcome.stdout)), (true, "begun\n".into()));
}

#[test]
fn what_it_leaves_behind_ends_with_it() {
    let folder = Folder::with("sleep 600 & echo $! > child; echo done");
    let begun = Instant::now();
    let outcome = folder.run();
    assert!(begun.elapsed() < Duration::from_secs(20), "the child holds the output open");
    assert_eq!((outcome.code, outcome.timed_out, text(&outcome.stdout)), (Some(0), false, "done\n".into()));
    assert!(is_gone(&folder.noted("child")));
}

#[test]
fn what_it_leaves_to_process_1_is_reaped() {
    // This process inherits orphans from now on, as process 1 does.
    rustix::process::set_child_subreaper(Some(Pid::from_raw(1).expect("a number"))).expect("a subreaper");
    let folder = Folder::with("sleep 600 >&- 2>&- & echo $! > one; sleep 600 & echo $! > other");
    folder.run();
    for name in ["one", "other"] {
        let pid = folder.noted(name);
        assert!(pid.parse::<u32>().is_ok() && !Path::new("/proc").join(&pid).exists(), "{name}: a zombie");
    }
}

#[test]
fn one_that_left_the_group_holds_nobody_up() {
    let folder = Folder::with("setsid sleep 30 & echo done");
    let begun = Instant::now();
    assert_eq!(text(&folder.run().stdout), "done\n");
    assert!(begun.elapsed() < Duration::from_secs(25));
}

#[test]
fn endless_output_is_read_and_cut() {
    let full = |outcome: &Outcome| (outcome.stdout.len(), outcome.stderr.len()) == (KEPT_BYTES, KEPT_BYTES);
    let (_, outcome) = killed("yes & yes >&2", full);
    assert!(outcome.timed_out && full(&outcome), "{} {}", outcome.stdout.len(), outcome.stderr.len());
    let finite = Folder::with("head -c 3000000 /dev/zero; echo end >&2").run();
    assert_eq!(
        (finite.stdout.len(), text(&finite.stderr), finite.code),
        (KEPT_BYTES, "end\n".into(), Some(0))
    );
}

#[test]
fn it_may_close_its_outputs_and_go_on() {
    let folder = Folder::with("echo early; exec >&- 2>&-; sleep 0.3; echo late > noted; exit 4");
    let outcome = folder.run();
    assert_eq!((text(&outcome.stdout), outcome.code), ("early\n".into(), Some(4)));
    assert_eq!(folder.noted("noted"), "late");
}

#[test]
fn it_need_not_read_what_it_is_given() {
    for script in ["exit 5", "exec <&-; sleep 0.1; exit 5", "head -c 1 >/dev/null; exit 5"] {
        let folder = Folder::with(script);
        let mut program = folder.program("it");
        program.stdin = vec![b'x'; 1_000_000];
        assert_eq!(program.run().expect("it runs").code, Some(5), "{script}");
    }
    let folder = Folder::with("sleep 0.1; wc -c");
    let mut program = folder.program("it");
    program.stdin = vec![b'x'; 1_000_000];
    assert_eq!(text(&program.run().expect("it runs").stdout).trim(), "1000000");
    assert_eq!(Folder::with("cat; echo end").run().stdout, b"end\n", "nothing is given: the input is empty");
}

#[test]
fn bytes_stay_what_they_are() {
    let outcome = Folder::with("printf '\\000\\377\\376<doc'; head -c 65536 /dev/urandom >&2").run();
    assert_eq!(outcome.stdout, b"\0\xff\xfe<doc");
    assert_eq!(outcome.stderr.len(), KEPT_BYTES);
}

#[test]
fn its_processes_are_known_while_they_run() {
    let script = "sleep 600 & echo $! > child.new; mv child.new child; until [ -e seen ]; do sleep .01; done";
    let folder = Folder::with(script);
    let program = folder.program("it");
    let running = std::thread::spawn(move || program.run());
    let child = || folder.noted("child").parse::<i32>().ok();
    while child().is_none() {
        assert!(!running.is_finished(), "it ended before it began");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child().expect("a process");
    assert!(is_ours(pid));
    assert!(!is_ours(std::process::id() as i32) && !is_ours(0) && !is_ours(-1));
    folder.add("seen", "", 0o644);
    running.join().expect("no panic").expect("it runs");
    assert!(is_ours(i32::MAX), "there is no such process, so nobody can tell");
}

/// Whoever enters a container from outside has a group that has no number in there.
#[test]
fn a_group_is_told_by_the_system() {
    for (stat, group) in [
        ("42 (cat) R 7 40 40 0 -1", Some(40)),
        ("42 (a) b) 1 2 (c) S 7 40 40 0 -1", Some(40)),
        ("42 (mgrctl) S 0 0 0 0 -1", Some(0)),
        ("42 (cat", None),
        ("42 (cat) R 7", None),
        ("", None),
    ] {
        assert_eq!(group_in(stat), group, "{stat}");
    }
}
