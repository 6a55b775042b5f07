//! Where a call runs. Reads on SQLite run where the request arrived; whatever may wait (a password,
//! anything on PostgreSQL, a read that ran into its deadline) goes to a thread of its own (design.md
//! §6). So do writes, but for one at a time, which spares two changes of threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{block_in_place, spawn_blocking};

use super::Reply;
use super::answer::Job;
use super::export::Exit;
use crate::auth::{Caller, identify};
use crate::db::{self, Backend};
use crate::error::{Error, Result};

/// Passwords that are hashed, or next in turn, on threads of their own. More of them would hold
/// the threads that writes need, each with its memory.
static SIGN_INS: Semaphore = Semaphore::const_new(4);
/// A further one is told to try again.
static SIGN_INS_WAITING: Semaphore = Semaphore::const_new(256);
/// The place to write where the request arrived: the other threads go on to answer meanwhile.
static WRITES_HERE: Semaphore = Semaphore::const_new(1);

impl Job {
    pub async fn reply(self) -> Reply {
        if self.app.db.backend() == Backend::Sqlite {
            db::keep_connection();
            if let Some(reply) = self.guarded(|| self.inline(), Some) {
                return reply;
            }
        }
        let _turn = match self.turn().await {
            Ok(turn) => turn,
            Err(error) => return self.refuse(&Caller::nobody(self.ip), error),
        };
        if let Some(_place) = self.place() {
            db::return_connection();
            return self.guarded(|| block_in_place(|| self.blocking(Exit::closed())), |reply| reply);
        }
        self.elsewhere().await
    }

    /// On a thread of its own.
    async fn elsewhere(self) -> Reply {
        let job = Arc::new(self);
        let blocking = job.clone();
        let (exit, begins) = Exit::new();
        let mut done = spawn_blocking(move || blocking.blocking(exit));
        let done = tokio::select! {
            biased;
            Ok(begun) = begins => return job.begun(begun),
            done = &mut done => done,
        };
        done.unwrap_or_else(|_panic| job.refuse(&Caller::nobody(job.ip), panicked()))
    }

    /// What the work gives; after a panic what is made of the refusal.
    fn guarded<T>(&self, work: impl FnOnce() -> T, refused: impl FnOnce(Reply) -> T) -> T {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_panic| refused(self.refuse(&Caller::nobody(self.ip), panicked())))
    }

    /// A place among those who hash, where this call must.
    async fn turn(&self) -> Result<Option<[SemaphorePermit<'static>; 2]>> {
        if !identify::hashes(&self.app, &self.claim()) {
            return Ok(None);
        }
        let waiting = SIGN_INS_WAITING.try_acquire().map_err(|_| Error::new("busy", "auth"))?;
        Ok(Some([waiting, SIGN_INS.acquire().await.map_err(Error::system)?]))
    }

    /// The place to write here, where it is free and this call may have it.
    fn place(&self) -> Option<SemaphorePermit<'static>> {
        let fits = self.app.db.backend() == Backend::Sqlite && self.writes() && !self.is_slow();
        fits.then(|| WRITES_HERE.try_acquire().ok()).flatten()
    }
}

fn panicked() -> Error {
    Error::new("system", "panic").cause("a handler panicked")
}
