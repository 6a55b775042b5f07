//! Server processes: started, asked for their processor time and memory, ended.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::bare;

/// `utime` and `stime` of /proc/<pid>/stat count these, on every Linux.
const TICK_US: f64 = 10_000.0;
/// How often the memory of a process is looked at.
const LOOK: Duration = Duration::from_millis(2);

pub struct Server {
    child: Child,
    pub port: u16,
    /// Kept open, so that the server can go on writing to it.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// The server of this package on a data directory, with lines of a configuration file.
    pub fn billmgr(data: &Path, config: &str) -> Self {
        let file = data.join("bench.conf");
        std::fs::write(&file, config).expect("the configuration can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_billmgr"));
        command.arg("--config").arg(&file).arg("--data").arg(data);
        command.args(["serve", "--listen", "http://127.0.0.1:0"]);
        Self::start(command)
    }

    /// A server that answers this many bytes, whatever it is asked.
    pub fn fixed(bytes: usize) -> Self {
        Self::bare(&[bare::FIXED, &bytes.to_string()])
    }

    /// This program again, as one of the servers of `bare`.
    pub fn bare(args: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("the program has a path"));
        command.args(args);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let port = listens(&mut stdout).expect("the server says where it listens");
        Self { child, port, _stdout: stdout }
    }

    /// Processor time since the start, of all threads.
    pub fn cpu_us(&self) -> f64 {
        let stat = self.proc("stat");
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
        ticks.sum::<f64>() * TICK_US
    }

    pub fn rss_mib(&self) -> f64 {
        self.status_mib("VmRSS:")
    }

    /// The most it held since `forget_peak`.
    pub fn peak_mib(&self) -> f64 {
        self.status_mib("VmHWM:")
    }

    pub fn forget_peak(&self) {
        let path = format!("/proc/{}/clear_refs", self.child.id());
        std::fs::write(path, "5").expect("the peak of an own process can be reset");
    }

    /// Memory of its own: pages of the database that are mapped belong to the system, which takes them back
    /// when it likes.
    pub fn own_mib(&self) -> f64 {
        self.status_mib("RssAnon:")
    }

    /// The most of it while `work` lasts.
    pub fn most_of_its_own<T>(&self, work: impl FnOnce() -> T) -> (T, f64) {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let watch = scope.spawn(|| {
                let mut most = 0.0_f64;
                while !is_over.load(Ordering::Relaxed) {
                    most = most.max(self.own_mib());
                    std::thread::sleep(LOOK);
                }
                most.max(self.own_mib())
            });
            let done = work();
            is_over.store(true, Ordering::Relaxed);
            (done, watch.join().expect("looking never fails"))
        })
    }

    fn status_mib(&self, name: &str) -> f64 {
        mib(&self.proc("status"), name)
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(path).expect("the server runs")
    }

    /// Ends it as an administrator would, so that the next start finds a closed database.
    pub fn stop(mut self) {
        let kill = format!("kill {}", self.child.id());
        let _ = Command::new("sh").args(["-c", &kill]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of /proc/<pid>/status.
fn mib(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default();
    kib / 1024.0
}

/// A program that came to its end.
pub struct Ran {
    pub seconds: f64,
    /// The most memory that it held of its own.
    pub peak_mib: f64,
    pub said: String,
}

/// A command of the server's program on a data directory.
pub fn run(data: &Path, words: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_billmgr"));
    command.arg("--data").arg(data).args(words).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut child = command.spawn().expect("the program can be started");
    let (path, mut peak_mib) = (format!("/proc/{}/status", child.id()), 0.0_f64);
    while child.try_wait().expect("a child can be waited for").is_none() {
        peak_mib = peak_mib.max(mib(&std::fs::read_to_string(&path).unwrap_or_default(), "RssAnon:"));
        std::thread::sleep(LOOK);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let output = child.wait_with_output().expect("it has ended");
    assert!(output.status.success(), "{words:?}: {}", output.status);
    Ran { seconds, peak_mib, said: String::from_utf8_lossy(&output.stdout).into_owned() }
}

/// `… listens on http://127.0.0.1:PORT/…`
fn listens(stdout: &mut impl BufRead) -> Option<u16> {
    let line = stdout.lines().map_while(Result::ok).find(|line| line.contains(" listens on http://"))?;
    line.split(':').nth(2)?.split('/').next()?.parse().ok()
}
