//! A program of the administrator's, from `modules/` of the data directory, run to its end or to
//! the end of its time.

mod pump;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, ErrorKind, PipeWriter};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::error::{Error, Result};
use pump::Pump;

const NAME_MAX: usize = 64;
/// Of each output so much is kept; the rest is read and thrown away.
pub const KEPT_BYTES: usize = 64 * 1024;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const LANG: &str = "C.UTF-8";
/// How often and how long a program is waited for that is being written at this moment.
const BUSY_TRIES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(25);

/// What is to be run, and how.
#[derive(Debug, Clone)]
pub struct Program {
    /// The folder `modules/`, in which it lies and runs.
    pub dir: PathBuf,
    /// `[a-z0-9_-]{1,64}`
    pub name: String,
    pub args: Vec<String>,
    /// Beside PATH, HOME and LANG nothing else is handed on: the server's own environment may
    /// hold the password of its database.
    pub env: Vec<(&'static str, String)>,
    pub stdin: Vec<u8>,
    /// After so long it is killed, with everything that it started.
    pub limit: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Nothing when a signal ended it.
    pub code: Option<i32>,
    /// The first [`KEPT_BYTES`].
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub timed_out: bool,
}

impl Outcome {
    pub fn is_success(&self) -> bool {
        self.code == Some(0) && !self.timed_out
    }
}

impl Program {
    /// Blocks until it has ended. Nothing that it started in its process group goes on after that.
    pub fn run(&self) -> Result<Outcome> {
        let path = self.path()?;
        let fault =
            |cause: io::Error| Error::new("system", "module").cause(format!("{}: {cause}", path.display()));
        let started = Started::new(&mut self.command(&path)).map_err(fault)?;
        started.finish(&self.stdin, Instant::now() + self.limit).map_err(fault)
    }

    /// The file, when it is one of the folder that may be run.
    fn path(&self) -> Result<PathBuf> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        if !(1..=NAME_MAX).contains(&self.name.len()) || !self.name.bytes().all(is_plain) {
            return Err(Error::value("module", &self.name));
        }
        let path = self.dir.join(&self.name);
        let about = match path.symlink_metadata() {
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                let why = format!("{}: {cause}", path.display());
                return Err(Error::missed("module").with("value", &self.name).cause(why));
            }
            about => about.map_err(Error::system)?,
        };
        // A link could lead out of the folder.
        if !about.is_file() || about.permissions().mode() & 0o111 == 0 {
            let why = format!("{} is no executable file: `chmod +x` makes it one", path.display());
            return Err(Error::new("system", "module").cause(why));
        }
        Ok(path)
    }

    fn command(&self, path: &Path) -> Command {
        let mut command = Command::new(path);
        command.args(&self.args).current_dir(&self.dir).process_group(0);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.env_clear().env("PATH", search_path());
        command.env("LANG", std::env::var_os("LANG").unwrap_or_else(|| LANG.into()));
        command.envs(std::env::var_os("HOME").map(|home| ("HOME", home)));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Where programs are looked for: first beside the server, where `mgrctl` lies.
fn search_path() -> OsString {
    let inherited = std::env::var_os("PATH").unwrap_or_else(|| PATH.into());
    let own = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned));
    let joined = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&inherited)));
    joined.unwrap_or(inherited)
}

/// The process groups that this server started and that have not ended.
static GROUPS: LazyLock<Mutex<HashSet<i32>>> = LazyLock::new(Mutex::default);

fn groups() -> MutexGuard<'static, HashSet<i32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does the process at the other end of a local connection belong to a program of ours? Its user is
/// the server's own, so nothing else tells it from an administrator (decisions.md, Access: mgrctl).
/// A process that is gone cannot show that it does not.
pub fn is_ours(pid: i32) -> bool {
    if pid <= 0 {
        return false;
    }
    // A program that is being started is noted before the lock is given back.
    let groups = groups();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.ok().and_then(|stat| group_in(&stat)).is_none_or(|group| groups.contains(&group))
}

/// The process group that /proc/PID/stat tells; 0 where the group belongs to another PID namespace
/// (who enters a container), for which `getpgid` of rustix has no value.
fn group_in(stat: &str) -> Option<i32> {
    // The name before it may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(2)?.parse().ok()
}

/// Ends every program that runs, with all that it started: the server stops.
pub fn end_all() {
    for pid in groups().iter().filter_map(|group| Pid::from_raw(*group)) {
        drop(Killed(pid));
    }
}

/// A running program, the leader of its process group.
struct Started {
    child: Child,
    pid: Pid,
}

impl Started {
    fn new(command: &mut Command) -> io::Result<Self> {
        let mut tries = 0;
        loop {
            let mut groups = groups();
            match command.spawn() {
                Ok(child) => {
                    let pid = Pid::from_child(&child);
                    groups.insert(pid.as_raw_nonzero().get());
                    return Ok(Self { child, pid });
                }
                Err(cause) if cause.kind() == ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                    drop(groups);
                    tries += 1;
                    std::thread::sleep(BUSY_PAUSE);
                }
                Err(cause) => return Err(cause),
            }
        }
    }

    fn finish(mut self, stdin: &[u8], deadline: Instant) -> io::Result<Outcome> {
        let (exit, writer) = io::pipe()?;
        let mut pump = Pump::new(&mut self.child, stdin)?;
        let timed_out = std::thread::scope(|scope| {
            let _killed = Killed(self.pid);
            let pid = self.pid;
            std::thread::Builder::new().spawn_scoped(scope, move || await_exit(pid, writer))?;
            pump.run(&exit, deadline)
        })?;
        let status = self.child.wait()?;
        reap_orphans(self.pid);
        let (stdout, stderr) = pump.kept();
        Ok(Outcome { code: status.code(), stdout, stderr, timed_out })
    }
}

/// Closes the pipe when the process has ended, and leaves it to be reaped: until then its number is
/// not given to another process, so its group can be killed by it.
fn await_exit(pid: Pid, _closed: PipeWriter) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options) {}
}

/// As process 1 of a container the server inherits what the group leaves: it is dead, but has to be
/// reaped. Elsewhere it has no such children. No group of the same number begins meanwhile.
fn reap_orphans(group: Pid) {
    let _none_begins = groups();
    let reaped = || rustix::process::waitid(WaitId::Pgid(Some(group)), WaitIdOptions::EXITED);
    while let Ok(_) | Err(rustix::io::Errno::INTR) = reaped() {}
}

/// Kills the group when it goes out of scope.
struct Killed(Pid);

impl Drop for Killed {
    fn drop(&mut self) {
        // It fails only where nobody is left.
        let _ = rustix::process::kill_process_group(self.0, Signal::KILL);
    }
}

impl Drop for Started {
    /// However it went, no process and no zombie is left. Not yet reaped, the group is still its.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            drop(Killed(self.pid));
            let _ = self.child.wait();
        }
        groups().remove(&self.pid.as_raw_nonzero().get());
    }
}
