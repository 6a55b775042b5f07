//! Server processes: started, asked for their processor time and memory, ended.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// `utime` and `stime` of /proc/<pid>/stat count these, on every Linux.
const TICK_US: f64 = 10_000.0;

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

    fn status_mib(&self, name: &str) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default();
        kib / 1024.0
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

/// `… listens on http://127.0.0.1:PORT/…`
fn listens(stdout: &mut impl BufRead) -> Option<u16> {
    let line = stdout.lines().map_while(Result::ok).find(|line| line.contains(" listens on http://"))?;
    line.split(':').nth(2)?.split('/').next()?.parse().ok()
}
