//! The manager interface of one switch for as long as it is ours: hears how its calls begin and end, lets
//! them go on while there is money, and cuts them.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, mpsc as std_mpsc};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::ami::{self, Message, Reader, Writer};
use super::live::{Calls, Deed, Row};
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::effect::http::Trust;
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::telecom::{call, party};

/// Where a switch is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    pub id: i64,
    pub name: String,
    pub address: String,
    /// Spoken to over TLS: whose certificates are believed (PEM), empty for those of the system.
    pub authorities: Option<String>,
    pub login: String,
    pub secret: String,
}

const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(10);
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the staff waits for the answer to an order.
const ORDER_TIMEOUT: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_secs(1);
const PING_EACH: Duration = Duration::from_secs(15);
/// A switch that says nothing for so long, not even to a `Ping`, is gone.
const SILENCE: Duration = Duration::from_secs(45);
const LIST_EACH: Duration = Duration::from_secs(60);
/// Between attempts to sign in; doubled from one to the next.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
const MESSAGES_WAITING: usize = 8_192;
const ORDERS_WAITING: usize = 64;

/// What an order came to; the word says why it was not followed.
type Done = std_mpsc::SyncSender<std::result::Result<(), String>>;

/// A call to be cut.
pub struct Order {
    uniqueid: String,
    done: Done,
}

/// Switches that can be given orders, by their ids.
#[derive(Default)]
pub struct Links(Mutex<HashMap<i64, mpsc::Sender<Order>>>);

impl Links {
    pub fn open(&self, switch_id: i64) -> mpsc::Receiver<Order> {
        let (sender, receiver) = mpsc::channel(ORDERS_WAITING);
        self.0.lock().unwrap_or_else(|poison| poison.into_inner()).insert(switch_id, sender);
        receiver
    }

    pub fn close(&self, switch_id: i64) {
        self.0.lock().unwrap_or_else(|poison| poison.into_inner()).remove(&switch_id);
    }

    /// Has a call cut, and waits until the switch has said that it is. Blocks.
    pub fn hang_up(&self, switch_id: i64, uniqueid: &str) -> Result<()> {
        let failed = |why: &str| Error::new("failed", "switch").with("value", why);
        let sender = self.0.lock().unwrap_or_else(|poison| poison.into_inner()).get(&switch_id).cloned();
        let sender = sender.ok_or_else(|| failed("there is no connection to it"))?;
        let (done, answer) = std_mpsc::sync_channel(1);
        let order = Order { uniqueid: uniqueid.to_owned(), done };
        sender.try_send(order).map_err(|_| Error::new("busy", "switch"))?;
        match answer.recv_timeout(ORDER_TIMEOUT) {
            Ok(done) => done.map_err(|why| failed(&why)),
            Err(_) => Err(failed("it does not answer")),
        }
    }
}

/// Stays signed in until it is dropped.
pub async fn run(app: Arc<App>, place: Place, mut orders: mpsc::Receiver<Order>) {
    let (mut calls, mut pause) = (Calls::default(), PAUSE);
    loop {
        let mut is_up = false;
        let Err(cause) = connected(&app, &place, (&mut calls, &mut orders), &mut is_up).await;
        pause = if is_up { PAUSE } else { pause };
        tracing::warn!("switch {}: {cause}; tried again in {} s", place.name, pause.as_secs());
        let wake = Instant::now() + pause;
        while let Ok(Some(order)) = tokio::time::timeout_at(wake, orders.recv()).await {
            let _ = order.done.send(Err("there is no connection to it".to_owned()));
        }
        pause = (2 * pause).min(PAUSE_MAX);
    }
}

async fn connected(
    app: &Arc<App>,
    place: &Place,
    (calls, orders): (&mut Calls, &mut mpsc::Receiver<Order>),
    is_up: &mut bool,
) -> io::Result<std::convert::Infallible> {
    let trust = place.authorities.as_deref().map(Trust::of_pem).transpose().map_err(io::Error::other)?;
    let signed_in = ami::sign_in(&place.address, trust, (&place.login, &place.secret));
    let (reader, writer) = tokio::time::timeout(SIGN_IN_TIMEOUT, signed_in).await??;
    tracing::info!("switch {}: signed in", place.name);
    *is_up = true;
    let now = Instant::now();
    let (asked, pending) = ((0, 0), HashMap::new());
    let mut link =
        Link { app, id: place.id, writer, calls, pending, asked, heard: now, sent: now, listed: now };
    link.calls.anew();
    link.list().await?;
    let mut tasks = JoinSet::new();
    let mut messages = listen(reader, &mut tasks);
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => link.message(message?),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            },
            Some(order) = orders.recv() => link.order(order).await?,
            _ = tick.tick() => link.tick().await?,
        }
    }
}

/// Reads on a task of its own: a message that has begun is read to its end.
fn listen(mut reader: Reader, tasks: &mut JoinSet<()>) -> mpsc::Receiver<io::Result<Message>> {
    let (sender, receiver) = mpsc::channel(MESSAGES_WAITING);
    tasks.spawn(async move {
        loop {
            let message = reader.next().await;
            let is_end = message.is_err();
            if sender.send(message).await.is_err() || is_end {
                return;
            }
        }
    });
    receiver
}

struct Link<'l> {
    app: &'l Arc<App>,
    id: i64,
    writer: Writer,
    calls: &'l mut Calls,
    /// Orders that were passed on, by the action.
    pending: HashMap<u64, Done>,
    /// The action that asked for the newest list, and when.
    asked: (u64, i64),
    heard: Instant,
    sent: Instant,
    listed: Instant,
}

impl Link<'_> {
    async fn send(&mut self, action: &str, fields: &[(&str, &str)]) -> io::Result<u64> {
        self.sent = Instant::now();
        tokio::time::timeout(SEND_TIMEOUT, self.writer.send(action, fields)).await?
    }

    /// Asks for all channels: who is not among them has ended while nobody heard it.
    async fn list(&mut self) -> io::Result<()> {
        self.listed = Instant::now();
        self.calls.list_again();
        let asked_us = self.app.clock.now_us();
        self.asked = (self.send("CoreShowChannels", &[]).await?, asked_us);
        Ok(())
    }

    fn message(&mut self, message: Message) {
        self.heard = Instant::now();
        let (id, now_us) = (message.action_id(), self.app.clock.now_us());
        if !message.get("Response").is_empty() {
            if let Some(done) = self.pending.remove(&id) {
                let why = || Err(message.get("Message").to_owned());
                let _ = done.send(if message.is_success() { Ok(()) } else { why() });
            } else if id == self.asked.0 && !message.is_success() {
                tracing::warn!("switch {}: no list of channels: {}", self.id, message.get("Message"));
            }
        } else if message.get("Event") == "CoreShowChannelsComplete" {
            if id == self.asked.0 {
                self.calls.listed(self.asked.1, now_us);
            }
        } else if message.get("Event") != "CoreShowChannel" || id == self.asked.0 {
            self.calls.heard(&message, now_us);
        }
    }

    async fn order(&mut self, order: Order) -> io::Result<()> {
        let Some(channel) = self.calls.channel(&order.uniqueid).map(str::to_owned) else {
            let _ = order.done.send(Err("it has no such channel".to_owned()));
            return Ok(());
        };
        let id = self.hang_up(&channel).await?;
        if self.pending.len() < ORDERS_WAITING {
            self.pending.insert(id, order.done);
        }
        Ok(())
    }

    async fn hang_up(&mut self, channel: &str) -> io::Result<u64> {
        self.send("Hangup", &[("Channel", channel), ("Cause", "16")]).await
    }

    async fn tick(&mut self) -> io::Result<()> {
        if self.heard.elapsed() > SILENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if self.sent.elapsed() > PING_EACH {
            self.send("Ping", &[]).await?;
        }
        if self.listed.elapsed() > LIST_EACH {
            self.list().await?;
        }
        let id = self.id;
        let rows = self.blocking(move |app| rows(app, id)).await?;
        for deed in self.calls.due(&rows, self.app.clock.now_us()) {
            self.act(deed).await?;
        }
        Ok(())
    }

    async fn act(&mut self, deed: Deed) -> io::Result<()> {
        let id = self.id;
        match deed {
            Deed::Limit { channel, sec } => {
                let fields = [("Channel", channel.as_str()), ("Timeout", &sec.to_string())];
                self.send("AbsoluteTimeout", &fields).await?;
            }
            Deed::Cut { channel } => drop(self.hang_up(&channel).await?),
            Deed::Extend { uniqueid, talked_sec } => {
                let extend = move |app: &Arc<App>| {
                    call::extend(app, (id, &uniqueid), Some(talked_sec), app.clock.now_us()).map(drop)
                };
                self.blocking(extend).await?;
            }
            Deed::Settle { uniqueid, end } => {
                self.blocking(move |app| settle(app, (id, &uniqueid), end.into())).await?
            }
            Deed::Gone { uniqueid } => self.blocking(move |app| gone(app, id, uniqueid)).await?,
        }
        Ok(())
    }

    /// What fails there concerns one call and not the connection.
    async fn blocking<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<App>) -> Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let app = self.app.clone();
        let done = tokio::task::spawn_blocking(move || work(&app)).await.map_err(io::Error::other)?;
        Ok(done.unwrap_or_else(|error| {
            if error.kind != "missed" {
                tracing::warn!("switch {}: {error}", self.id);
            }
            T::default()
        }))
    }
}

/// A report that cannot be true is as good as none.
fn settle(app: &Arc<App>, (id, uniqueid): (i64, &str), end: call::End) -> Result<()> {
    match call::settle(app, (id, uniqueid), end, app.clock.now_us()) {
        Err(error) if error.kind == "value" => gone(app, id, uniqueid.to_owned()),
        done => done.map(drop),
    }
}

fn gone(app: &Arc<App>, id: i64, uniqueid: String) -> Result<()> {
    let now_us = app.clock.now_us();
    app.db.write(move |conn| call::gone(conn, (id, &uniqueid), now_us)).map(drop)
}

const ROWS: &str = " AND COALESCE(s.active, i.status = 1 AND p.active, FALSE) FROM call c JOIN account a ON a.id = c.account_id LEFT JOIN account r ON r.id = a.reseller_id \
     LEFT JOIN sip s ON s.name = c.sip_name LEFT JOIN ipauth i ON i.peer_name = c.sip_name \
     LEFT JOIN sip p ON p.id = i.sip_id WHERE c.switch_id = ";

fn rows(app: &App, switch_id: i64) -> Result<Vec<Row>> {
    let kinds = [Kind::Text, Kind::Int, Kind::Int, Kind::Flag];
    let sql = Sql::new("SELECT c.uniqueid, c.granted_sec, c.started_at, ").sql(party::OPEN).sql(ROWS);
    let found = app.db.read(BUDGET_SLOW, |conn| sql.bind(switch_id).load(conn, &kinds))?;
    let row = |row: &Vec<crate::db::Raw>| Row {
        uniqueid: row[0].str().to_owned(),
        granted_sec: row[1].int(),
        started_us: row[2].int(),
        open: row[3].on(),
    };
    Ok(found.iter().map(row).collect())
}
