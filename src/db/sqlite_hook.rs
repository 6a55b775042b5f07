//! Stable statements and a deadline on every SQLite connection, without build flags.
//!
//! A connection is used by one thread at a time, which Rust sees to: SQLite need not lock it for
//! every value that is read. Nor does anybody ask how much memory it has taken.
//!
//! Without QPSG SQLite silently prepares a statement that binds LIMIT again on each call: a page
//! of 50 rows costs 72 µs instead of 51. The progress handler ends a statement that runs past the
//! thread's deadline; its connection stays usable.
#![allow(unsafe_code)] // the only unsafe code of the project: SQLite offers this as C functions

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Once;
use std::time::Instant;

use libsqlite3_sys as ffi;

/// Instructions of the virtual machine between two looks at the clock.
const PROGRESS_STEPS: c_int = 1000;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The statements of this thread end after the moment, while this stands.
pub struct Deadline(Option<Instant>);

impl Deadline {
    pub fn set(at: Instant) -> Self {
        Self(DEADLINE.replace(Some(at)))
    }

    /// None, while this stands.
    pub fn lift() -> Self {
        Self(DEADLINE.replace(None))
    }

    /// Moves the deadline that stands, if one does.
    pub fn postpone(at: Instant) {
        if DEADLINE.get().is_some() {
            DEADLINE.set(Some(at));
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        DEADLINE.set(self.0);
    }
}

/// Once, before the first connection.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: `hook` has the signature that SQLite calls automatic extensions with; registering
        // and configuring take nothing else.
        let code = unsafe {
            // Refused where somebody has used SQLite before us; then it is only slower.
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MULTITHREAD);
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int);
            ffi::sqlite3_auto_extension(Some(hook))
        };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite registers its connection hook");
    });
}

unsafe extern "C" fn hook(
    db: *mut ffi::sqlite3,
    _error: *mut *mut c_char,
    _api: *const ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: SQLite hands in the connection that it is opening; the calls only set it up.
    unsafe {
        let unasked = std::ptr::null_mut::<c_int>();
        ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_ENABLE_QPSG, 1 as c_int, unasked);
        // An unknown "name" is an error and not a text.
        ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_DQS_DML, 0 as c_int, unasked);
        ffi::sqlite3_progress_handler(db, PROGRESS_STEPS, Some(is_over), std::ptr::null_mut());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn is_over(_context: *mut c_void) -> c_int {
    DEADLINE.get().is_some_and(|at| Instant::now() > at) as c_int
}
