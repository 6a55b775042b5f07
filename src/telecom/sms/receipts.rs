//! Receipts that come in at once are written down together: who is first takes those along that wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::receipt::{self, Told};
use crate::app::App;
use crate::error::{Error, Result};

/// Receipts of one transaction.
const BATCH_MAX: usize = 500;

/// Which of the messages are known; nothing where they were not written down.
type Answer = Option<Vec<bool>>;

/// The receipts of one call, and what came of them.
struct Ticket {
    told: Vec<Told>,
    now_us: i64,
    answer: OnceLock<Answer>,
}

#[derive(Default)]
pub struct Receipts {
    waiting: Mutex<VecDeque<Arc<Ticket>>>,
    /// Held by who writes.
    turn: Mutex<()>,
}

impl Receipts {
    /// Blocks until they are written down. Error `busy(db)` where they could not be.
    pub fn report(&self, app: &App, told: Vec<Told>, now_us: i64) -> Result<Vec<bool>> {
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let own = Arc::new(Ticket { told, now_us, answer: OnceLock::new() });
        self.lock_waiting().push_back(own.clone());
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Who had the turn before may have taken this along.
        while own.answer.get().is_none() {
            work_off(app, &self.batch());
        }
        let answer = own.answer.get().cloned().flatten();
        answer.ok_or_else(|| Error::new("busy", "db").cause("receipts were not written down"))
    }

    fn lock_waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Ticket>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The oldest, at least one call's.
    fn batch(&self) -> Vec<Arc<Ticket>> {
        let (mut waiting, mut batch, mut count) = (self.lock_waiting(), Vec::new(), 0);
        while let Some(ticket) = waiting.pop_front() {
            count += ticket.told.len();
            if count > BATCH_MAX && !batch.is_empty() {
                waiting.push_front(ticket);
                break;
            }
            batch.push(ticket);
        }
        batch
    }
}

/// Together; each call by itself where that fails, so that nobody's receipt keeps another's back.
fn work_off(app: &App, batch: &[Arc<Ticket>]) {
    if let Some(answers) = written(app, batch) {
        batch.iter().zip(answers).for_each(|(ticket, answer)| drop(ticket.answer.set(Some(answer))));
        return;
    }
    for ticket in batch {
        let alone = (batch.len() > 1).then(|| written(app, std::slice::from_ref(ticket))).flatten();
        let _ = ticket.answer.set(alone.and_then(|mut answers| answers.pop()));
    }
}

fn written(app: &App, batch: &[Arc<Ticket>]) -> Option<Vec<Vec<bool>>> {
    let now_us = batch.iter().map(|ticket| ticket.now_us).max()?;
    let told: Vec<Told> = batch.iter().flat_map(|ticket| ticket.told.iter().cloned()).collect();
    let mut known = vec![false; told.len()];
    match receipt::write(app, told.into_iter().enumerate().collect(), now_us) {
        Ok(done) => done.into_iter().for_each(|(at, is_known)| known[at] = is_known),
        Err(error) => {
            tracing::error!("receipts of messages were not written down: {error}");
            return None;
        }
    }
    let mut known = known.into_iter();
    Some(batch.iter().map(|ticket| known.by_ref().take(ticket.told.len()).collect()).collect())
}
