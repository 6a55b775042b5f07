//! The session with one provider: a thread of its own with a small runtime, which binds, keeps the
//! link alive, hands submissions over as far as the window goes, takes receipts, and begins anew
//! when it breaks.

mod link;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::Settings;
use super::pdu::Delivery;
use super::receipt::Receipt;
use crate::effect::http::Trust;
use crate::error::{Error, Result};
use link::{End, Link};

/// Between two attempts to connect, from the first failure to many.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(60)];
/// A bind that held so long begins the back-off anew.
const STEADY: Duration = Duration::from_secs(30);

const ENDED: &str = "the session has ended";
/// Threads that write receipts down.
const INLETS: usize = 8;

/// What came of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    Answer {
        status: u32,
        message_id: String,
    },
    /// It left, and no answer came.
    Lost(String),
    NotSent(String),
}

/// A submission on its way to the session.
struct Order {
    body: Vec<u8>,
    answer: oneshot::Sender<Came>,
}

/// Takes what comes in, on a thread that may wait. An error has the provider come again later.
pub trait Inlet: Send + Sync {
    /// Receipts of what was handed over.
    fn receipt(&self, _: &Receipt) -> Result<()> {
        Ok(())
    }

    /// Is it bound to take messages, and hands none over?
    fn takes_messages(&self) -> bool {
        false
    }

    fn message(&self, _: &Delivery) -> Result<()> {
        Ok(())
    }

    /// A message came to who takes none.
    fn unwanted(&self) -> Result<()> {
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Connecting,
    Bound,
    /// Why it is not bound; it is tried again.
    Down(String),
    Stopped,
}

pub struct Session {
    settings: Settings,
    orders: mpsc::Sender<Order>,
    stop: watch::Sender<bool>,
    state: Arc<Mutex<State>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Session {
    /// Begins at once. Without a choice TLS believes the system's authorities.
    pub fn start(settings: Settings, inlet: Arc<dyn Inlet>, trust: Option<Trust>) -> Result<Arc<Self>> {
        let (orders, taken) = mpsc::channel(1);
        let (stop, stops) = watch::channel(false);
        let state = Arc::new(Mutex::new(State::Connecting));
        let keeper = Keeper { settings: settings.clone(), inlet, trust, stops, state: state.clone() };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(INLETS).enable_all().build().map_err(Error::system)?;
        let thread = std::thread::Builder::new().name("smpp".into()).spawn(move || {
            runtime.block_on(keeper.run(taken));
            runtime.shutdown_background();
        });
        let thread = Mutex::new(Some(thread.map_err(Error::system)?));
        Ok(Arc::new(Self { settings, orders, stop, state, thread }))
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn state(&self) -> State {
        self.state.lock().map(|state| state.clone()).unwrap_or(State::Stopped)
    }

    /// Hands it over and blocks until it is answered or given up: not on a thread of a runtime.
    pub fn submit(&self, body: Vec<u8>) -> Came {
        let (answer, answered) = oneshot::channel();
        if self.orders.blocking_send(Order { body, answer }).is_err() {
            return Came::NotSent(ENDED.into());
        }
        // Who takes an order answers it; what became of one that nobody does is not known.
        answered.blocking_recv().unwrap_or_else(|_| Came::Lost(ENDED.into()))
    }

    /// Takes nothing more, waits a moment for answers, unbinds, and comes back when that is done.
    pub fn stop(&self) {
        let _ = self.stop.send(true);
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a session over SMPP panicked");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

struct Keeper {
    settings: Settings,
    inlet: Arc<dyn Inlet>,
    trust: Option<Trust>,
    stops: watch::Receiver<bool>,
    state: Arc<Mutex<State>>,
}

impl Keeper {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut pause = BACK_OFF[0];
        loop {
            self.says(State::Connecting);
            let begun = Instant::now();
            let end = self.session(&mut orders).await;
            if begun.elapsed() > STEADY {
                pause = BACK_OFF[0];
            }
            let reason = match end {
                End::Stopped => break,
                End::Broken(reason) => reason,
            };
            tracing::warn!(provider = self.settings.address.host, "no SMPP session: {reason}");
            self.says(State::Down(reason.clone()));
            if self.wait(pause, &reason, &mut orders).await {
                break;
            }
            pause = (pause * 2).min(BACK_OFF[1]);
        }
        self.says(State::Stopped);
        orders.close();
        while let Ok(order) = orders.try_recv() {
            let _ = order.answer.send(Came::NotSent(ENDED.into()));
        }
    }

    fn says(&self, state: State) {
        if let Ok(mut own) = self.state.lock() {
            *own = state;
        }
    }

    /// Connects, binds and works until it breaks or is stopped.
    async fn session(&mut self, orders: &mut mpsc::Receiver<Order>) -> End {
        let mut stops = self.stops.clone();
        let bound = Link::bind(&self.settings, self.trust.as_ref(), self.inlet.clone());
        let bound = tokio::select! {
            bound = timeout(self.settings.timeout, bound) => bound,
            _ = stops.wait_for(|stop| *stop) => return End::Stopped,
        };
        match bound {
            Ok(Ok(link)) => {
                self.says(State::Bound);
                link.work(orders, stops).await
            }
            Ok(Err(reason)) => End::Broken(reason),
            Err(_) => End::Broken("the provider does not answer".into()),
        }
    }

    /// Until the next attempt nothing can leave, and who wants something to is told so. Stopped?
    async fn wait(&mut self, pause: Duration, reason: &str, orders: &mut mpsc::Receiver<Order>) -> bool {
        let end = Instant::now() + pause;
        loop {
            tokio::select! {
                () = sleep_until(end) => return false,
                _ = self.stops.wait_for(|stop| *stop) => return true,
                Some(order) = orders.recv() => {
                    let _ = order.answer.send(Came::NotSent(reason.to_owned()));
                }
            }
        }
    }
}
