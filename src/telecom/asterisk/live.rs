//! What is known of the calls of one switch, and what is to be done about them: no network, no database,
//! no clock.

use std::collections::{HashMap, HashSet};

use super::agi::disposition;
use super::ami::Message;
use crate::telecom::call::{End, cause};
use crate::time::SECOND_US;

/// Channels that are remembered; a switch with more of them is watched for the calls only.
const CHANNELS_MAX: usize = 50_000;
/// So long before its grant ends a call is extended, and tried again.
const AHEAD_US: i64 = 20 * SECOND_US;
const AGAIN_US: i64 = 5 * SECOND_US;
/// A call that outlasts its grant by more is cut; the switch should have done so.
const OVERRUN_US: i64 = 2 * SECOND_US;
/// How long the better reports of an end (the dialplan's, the record) are waited for.
const GRACE_US: i64 = 2 * SECOND_US;
/// Nobody rings longer.
const RING_MAX_US: i64 = 180 * SECOND_US;
/// A channel that is over is remembered so long.
const KEPT_US: i64 = 60 * SECOND_US;

/// A call of the switch that has been let through and is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub uniqueid: String,
    pub granted_sec: i64,
    pub started_us: i64,
    /// Nobody of it was switched off.
    pub open: bool,
}

/// What is to be done about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Its channel may go on so many seconds.
    Limit {
        channel: String,
        sec: i64,
    },
    /// It needs more seconds: it has lasted so many.
    Extend {
        uniqueid: String,
        talked_sec: i64,
    },
    Cut {
        channel: String,
    },
    Settle {
        uniqueid: String,
        end: Told,
    },
    /// It is over, and nobody knows when that was.
    Gone {
        uniqueid: String,
    },
}

/// The end of a call as the switch told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub cause: &'static str,
    pub billsec: i64,
    pub end_us: i64,
}

impl From<Told> for End {
    fn from(told: Told) -> Self {
        Self { cause: told.cause, billsec: told.billsec, duration: None, end_us: told.end_us }
    }
}

#[derive(Debug, Default)]
struct Channel {
    name: String,
    began_us: i64,
    answered_us: i64,
    ended_us: i64,
    /// Its hang-up was seen, and all that came before.
    is_known: bool,
    /// Seconds and disposition of its record.
    record: Option<(i64, &'static str)>,
    dialled: &'static str,
    /// When the switch hangs up by itself; 0: as it was let through.
    deadline_us: i64,
    /// The grant that the switch was told of.
    limited_sec: i64,
    asked_us: i64,
    cut_us: i64,
}

#[derive(Debug, Default)]
pub struct Calls {
    channels: HashMap<String, Channel>,
    /// When the newest complete list of channels was asked for.
    listed_us: i64,
    listing: Vec<Message>,
}

impl Calls {
    /// Takes an event in.
    pub fn heard(&mut self, event: &Message, now_us: i64) {
        let uniqueid = event.get("Uniqueid");
        match event.get("Event") {
            // Any channel may have asked: which of them is a call, the rows say.
            "Newchannel" => self.begun(event, true, now_us),
            "DialEnd" => {
                if let Some(channel) = self.channels.get_mut(uniqueid) {
                    channel.dialled = disposition(event.get("DialStatus"));
                    if channel.dialled == cause::ANSWERED && channel.answered_us == 0 {
                        channel.answered_us = now_us;
                    }
                }
            }
            "Rename" => {
                if let Some(channel) = self.channels.get_mut(uniqueid) {
                    channel.name = event.get("Newname").to_owned();
                }
            }
            "Cdr" => self.recorded(event),
            "Hangup" => self.ended(event, now_us),
            "CoreShowChannel" if self.listing.len() < CHANNELS_MAX => self.listing.push(event.clone()),
            _ => {}
        }
    }

    fn begun(&mut self, event: &Message, is_known: bool, began_us: i64) {
        if self.channels.len() < CHANNELS_MAX {
            let name = event.get("Channel").to_owned();
            let channel = Channel { name, began_us, is_known, ..Channel::default() };
            self.channels.entry(event.get("Uniqueid").to_owned()).or_insert(channel);
        }
    }

    /// A call may have several records: one a number that was tried.
    fn recorded(&mut self, event: &Message) {
        let Some(channel) = self.channels.get_mut(event.get("UniqueID")) else { return };
        let billsec = event.get("BillableSeconds").parse::<i64>().unwrap_or_default().max(0);
        let told = match disposition(event.get("Disposition")) {
            cause::ANSWERED => (billsec, cause::ANSWERED),
            other => (0, other),
        };
        if channel.record.is_none_or(|known| known.0 < told.0) {
            channel.record = Some(told);
        }
    }

    fn ended(&mut self, event: &Message, now_us: i64) {
        self.begun(event, false, now_us);
        if let Some(channel) = self.channels.get_mut(event.get("Uniqueid")) {
            channel.ended_us = now_us;
        }
    }

    /// A new list of all channels was asked for.
    pub fn list_again(&mut self) {
        self.listing.clear();
    }

    /// A list of all channels is complete, which was asked for at that moment.
    pub fn listed(&mut self, asked_us: i64, now_us: i64) {
        let listing = std::mem::take(&mut self.listing);
        if listing.len() >= CHANNELS_MAX {
            return; // one that was cut off proves nothing
        }
        let there: HashSet<&str> = listing.iter().map(|event| event.get("Uniqueid")).collect();
        for (uniqueid, channel) in &mut self.channels {
            let is_missed = !there.contains(uniqueid.as_str()) && channel.began_us < asked_us;
            if is_missed && channel.ended_us == 0 {
                (channel.ended_us, channel.is_known) = (now_us, false);
            }
        }
        for event in &listing {
            self.begun(event, false, now_us);
            let Some(channel) = self.channels.get_mut(event.get("Uniqueid")) else { continue };
            channel.name = event.get("Channel").to_owned();
            // One that was heard from its beginning needs no guess.
            if channel.answered_us == 0 && !channel.is_known && event.get("ChannelStateDesc") == "Up" {
                channel.answered_us = now_us - duration_us(event.get("Duration"));
            }
        }
        self.listed_us = asked_us;
    }

    /// The channel of a call under way.
    pub fn channel(&self, uniqueid: &str) -> Option<&str> {
        let found = self.channels.get(uniqueid).filter(|channel| channel.ended_us == 0);
        found.map(|channel| channel.name.as_str())
    }

    /// The connection is a new one: what was sent or said meanwhile is not certain.
    pub fn anew(&mut self) {
        for channel in self.channels.values_mut() {
            (channel.limited_sec, channel.asked_us, channel.cut_us) = (0, 0, 0);
            channel.is_known &= channel.answered_us > 0;
        }
    }

    /// What is to be done now.
    pub fn due(&mut self, rows: &[Row], now_us: i64) -> Vec<Deed> {
        self.channels.retain(|_, channel| channel.ended_us == 0 || now_us - channel.ended_us < KEPT_US);
        rows.iter().filter_map(|row| self.due_of(row, now_us)).collect()
    }

    fn due_of(&mut self, row: &Row, now_us: i64) -> Option<Deed> {
        let gone = || Some(Deed::Gone { uniqueid: row.uniqueid.clone() });
        let Some(channel) = self.channels.get_mut(&row.uniqueid) else {
            let is_missed = row.started_us < self.listed_us && self.channels.len() < CHANNELS_MAX;
            return if is_missed { gone() } else { None };
        };
        if channel.ended_us > 0 {
            let end = channel.told(row);
            return match (now_us - channel.ended_us >= GRACE_US, end) {
                (false, _) => None,
                (true, Some(end)) => Some(Deed::Settle { uniqueid: row.uniqueid.clone(), end }),
                (true, None) => gone(),
            };
        }
        channel.due(row, now_us)
    }
}

/// `hh:mm:ss`
fn duration_us(text: &str) -> i64 {
    text.split(':').fold(0, |sum: i64, part| {
        sum.saturating_mul(60).saturating_add(part.trim().parse::<u32>().unwrap_or_default().into())
    }) * SECOND_US
}

impl Channel {
    fn due(&mut self, row: &Row, now_us: i64) -> Option<Deed> {
        let again = |last_us: i64| now_us - last_us >= AGAIN_US;
        if !row.open {
            return self.cut(now_us);
        }
        if self.answered_us == 0 {
            let deadline_us = self.deadline_us.max(row.started_us + row.granted_sec * SECOND_US);
            let rings = deadline_us - now_us <= AHEAD_US && now_us - row.started_us < RING_MAX_US;
            return (rings && again(self.asked_us)).then(|| {
                self.asked_us = now_us;
                self.limit(row.granted_sec, now_us)
            });
        }
        // A channel may be up before it asks: behind a prompt, or a menu.
        let answered_us = self.answered_us.max(row.started_us);
        let left_us = answered_us + row.granted_sec * SECOND_US - now_us;
        if left_us <= -OVERRUN_US {
            return self.cut(now_us);
        }
        if self.limited_sec != row.granted_sec && left_us > 0 {
            self.limited_sec = row.granted_sec;
            return Some(self.limit((left_us + SECOND_US - 1) / SECOND_US, now_us));
        }
        (left_us <= AHEAD_US && again(self.asked_us)).then(|| {
            self.asked_us = now_us;
            let talked_sec = (now_us - answered_us) / SECOND_US;
            Deed::Extend { uniqueid: row.uniqueid.clone(), talked_sec }
        })
    }

    fn limit(&mut self, sec: i64, now_us: i64) -> Deed {
        self.deadline_us = now_us + sec * SECOND_US;
        Deed::Limit { channel: self.name.clone(), sec }
    }

    fn cut(&mut self, now_us: i64) -> Option<Deed> {
        (now_us - self.cut_us >= AGAIN_US).then(|| {
            self.cut_us = now_us;
            Deed::Cut { channel: self.name.clone() }
        })
    }

    /// How it ended: by its record, else by what was heard; nothing where that is not all.
    fn told(&self, row: &Row) -> Option<Told> {
        let end_us = self.ended_us;
        if let Some((billsec, cause)) = self.record {
            return Some(Told { cause, billsec, end_us });
        }
        if !self.is_known {
            return None;
        }
        let talked_us = if self.answered_us > 0 { end_us - self.answered_us.max(row.started_us) } else { 0 };
        let cause = match (self.answered_us > 0, self.dialled) {
            (true, _) => cause::ANSWERED,
            (false, "") => "canceled",
            (false, dialled) => dialled,
        };
        Some(Told { cause, billsec: talked_us.max(0) / SECOND_US, end_us })
    }
}

#[cfg(test)]
mod tests;
