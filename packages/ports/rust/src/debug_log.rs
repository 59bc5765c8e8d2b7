//! What the client tells its developer: changes of the connection, and mistakes in calls.

use std::io::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

pub(crate) type Listener = dyn Fn(&str) + Send + Sync;

/// Tells a listener of the bot's, or standard error. It is called in the client's own thread alone,
/// so a listener that waits or panics is not felt by the bot.
pub(crate) struct DebugLog {
    name: String,
    listener: Option<Arc<Listener>>,
    is_debug: bool,
    is_broken: AtomicBool,
}

impl DebugLog {
    pub(crate) fn new(channel: &str, listener: Option<Arc<Listener>>, is_debug: bool) -> DebugLog {
        let name = format!("kissbot-monitor {channel:?}");
        DebugLog { name, listener, is_debug, is_broken: AtomicBool::new(false) }
    }

    /// Whether anybody listens.
    pub(crate) fn is_heard(&self) -> bool {
        self.is_debug || self.listener.is_some()
    }

    pub(crate) fn tell(&self, text: &str) {
        if self.is_debug {
            let _ = writeln!(std::io::stderr(), "{}: {text}", self.name);
        }
        let Some(listener) = &self.listener else {
            return;
        };
        if self.is_broken.load(Ordering::Relaxed) {
            return;
        }
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| listener(text))) {
            // What a panic carries may panic when it is dropped.
            std::mem::forget(panic);
            self.is_broken.store(true, Ordering::Relaxed);
        }
    }
}
