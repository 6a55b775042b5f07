//! What goes into a program and comes out of it, by one thread that waits for all of it.

use std::io::{self, ErrorKind, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStdin};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};

use super::KEPT_BYTES;

/// How long what a program started may go on writing after it has ended itself.
const GRACE: Duration = Duration::from_millis(500);
const CHUNK: usize = 16 * 1024;

/// An output of the program, until it is closed.
struct Output {
    pipe: Option<Box<dyn Pipe>>,
    kept: Vec<u8>,
}

trait Pipe: Read + AsFd + Send {}
impl<P: Read + AsFd + Send> Pipe for P {}

impl Output {
    fn new(pipe: Option<impl Pipe + 'static>) -> Self {
        Self { pipe: pipe.map(|pipe| Box::new(pipe) as Box<dyn Pipe>), kept: Vec::new() }
    }

    /// Reads once what is there.
    fn read(&mut self) {
        let mut chunk = [0; CHUNK];
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(&mut chunk) {
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => self.pipe = None,
            Ok(count) => {
                let place = KEPT_BYTES - self.kept.len();
                self.kept.extend_from_slice(&chunk[..count.min(place)]);
            }
        }
    }
}

pub struct Pump<'i> {
    input: Option<(ChildStdin, &'i [u8])>,
    outputs: [Output; 2],
}

/// Which of the pipes something happened on.
struct Ready {
    exit: bool,
    input: bool,
    outputs: [bool; 2],
}

impl<'i> Pump<'i> {
    pub fn new(child: &mut Child, input: &'i [u8]) -> io::Result<Self> {
        let input = child.stdin.take().map(|pipe| (pipe, input));
        if let Some((pipe, _)) = &input {
            ioctl_fionbio(pipe, true)?;
        }
        Ok(Self { input, outputs: [Output::new(child.stdout.take()), Output::new(child.stderr.take())] })
    }

    pub fn kept(self) -> (Vec<u8>, Vec<u8>) {
        let [stdout, stderr] = self.outputs;
        (stdout.kept, stderr.kept)
    }

    /// Until the program has ended and its outputs are closed. `exit` is closed when it has ended.
    /// Was its time up before?
    pub fn run(&mut self, exit: &PipeReader, deadline: Instant) -> io::Result<bool> {
        let (mut end, mut ended) = (deadline, false);
        while !ended || self.outputs.iter().any(|output| output.pipe.is_some()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(!ended);
            }
            let ready = self.wait((!ended).then_some(exit), left)?;
            self.step(&ready);
            if ready.exit {
                ended = true;
                end = deadline.min(Instant::now() + GRACE);
            }
        }
        Ok(false)
    }

    fn wait(&self, exit: Option<&PipeReader>, left: Duration) -> io::Result<Ready> {
        let input = self.input.as_ref().map(|(pipe, _)| pipe.as_fd());
        let [stdout, stderr] = self.outputs.each_ref().map(|output| output.pipe.as_ref().map(|p| p.as_fd()));
        let pipes = [
            (exit.map(AsFd::as_fd), PollFlags::IN),
            (input, PollFlags::OUT),
            (stdout, PollFlags::IN),
            (stderr, PollFlags::IN),
        ];
        let [exit, input, stdout, stderr] = happened(pipes, left)?;
        Ok(Ready { exit, input, outputs: [stdout, stderr] })
    }

    fn step(&mut self, ready: &Ready) {
        if ready.input {
            self.feed();
        }
        for (output, is_ready) in self.outputs.iter_mut().zip(ready.outputs) {
            if is_ready {
                output.read();
            }
        }
    }

    /// Writes what the pipe takes; closes it behind the last byte, or when nobody reads it.
    fn feed(&mut self) {
        let Some((pipe, rest)) = &mut self.input else { return };
        match pipe.write(rest) {
            Ok(count) if count < rest.len() => *rest = &rest[count..],
            Err(cause) if matches!(cause.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Ok(_) | Err(_) => self.input = None,
        }
    }
}

/// Waits until something happens on one of the pipes that are there.
fn happened<const N: usize>(
    pipes: [(Option<BorrowedFd>, PollFlags); N],
    left: Duration,
) -> io::Result<[bool; N]> {
    let mut asked: Vec<PollFd> = Vec::with_capacity(N);
    for (fd, flags) in &pipes {
        asked.extend(fd.as_ref().map(|fd| PollFd::from_borrowed_fd(*fd, *flags)));
    }
    // What is left is less than a run of a program may take, which is less than any overflow.
    let left = Timespec { tv_sec: left.as_secs().min(86_400) as i64, tv_nsec: left.subsec_nanos().into() };
    match poll(&mut asked, Some(&left)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(cause) => return Err(cause.into()),
    }
    let mut answers = asked.iter().map(|fd| !fd.revents().is_empty());
    Ok(pipes.map(|(fd, _)| fd.is_some() && answers.next().unwrap_or_default()))
}
