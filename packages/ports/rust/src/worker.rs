//! The thread: it connects, for ever, and writes.

use std::os::unix::net::UnixStream;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::backoff::{Backoff, IDLE};
use crate::connection::{Connection, Outcome};
use crate::own_process::LoadMeter;
use crate::state::{Shared, Standing, State};

/// What stands in a list of the process's threads. Linux shows 15 bytes.
const THREAD_NAME: &str = "kissbot-monitor";

/// It calls little, and reads into small buffers.
const STACK_BYTES: usize = 256 * 1_024;

/// How long it stays away after a panic.
const PANIC_PAUSE: Duration = Duration::from_secs(1);

/// Starts the thread. Where there can be none, every line waits in the bounded outbox, and the bot
/// does not notice.
pub(crate) fn start(shared: &Arc<Shared>) -> bool {
    let own = shared.clone();
    shared.lock().is_done = false;
    let started = thread::Builder::new()
        .name(THREAD_NAME.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || work_for_ever(&own))
        .is_ok();
    if !started {
        shared.lock().is_done = true;
    }
    started
}

/// A panic here would be a fault of ours; it reaches nobody, and the work goes on.
fn work_for_ever(shared: &Shared) {
    loop {
        let done = catch_unwind(AssertUnwindSafe(|| Worker::new(shared).work()));
        let mut state = shared.lock();
        state.is_connected = false;
        state.outbox.abandon_leaving();
        match done {
            Err(panic) if !state.is_ended && state.closing.is_none() => {
                // What it carries may panic when it is dropped.
                std::mem::forget(panic);
                drop(shared.sleep(state, Instant::now().checked_add(PANIC_PAUSE), false));
            }
            _ => {
                state.outbox.abandon();
                state.is_done = true;
                drop(state);
                shared.settle();
                return;
            }
        }
    }
}

struct Worker<'a> {
    shared: &'a Shared,
    backoff: Backoff,
    load: LoadMeter,
    /// Before that, it connects only for a line.
    rests_until: Option<Instant>,
    /// Whether a closed client has made its last attempt.
    is_last_attempt_over: bool,
    was_refused: bool,
}

impl Worker<'_> {
    fn new(shared: &Shared) -> Worker<'_> {
        Worker {
            shared,
            backoff: Backoff::new(),
            load: LoadMeter::new(),
            rests_until: None,
            is_last_attempt_over: false,
            was_refused: false,
        }
    }

    /// Returns when the client is closed.
    fn work(&mut self) {
        while self.wait_until_wanted() {
            let pause = match UnixStream::connect(&self.shared.identity.socket_path) {
                Ok(stream) => match self.talk(stream) {
                    Some(pause) => pause,
                    None => return,
                },
                Err(error) => {
                    if !self.was_refused {
                        self.shared.log.tell(&format!("no connection: {error}"));
                    }
                    self.was_refused = true;
                    self.backoff.pause_after(None)
                }
            };
            if !self.pause(pause) {
                return;
            }
        }
    }

    /// The pause after the connection; nothing where the client is closed.
    fn talk(&mut self, stream: UnixStream) -> Option<Duration> {
        let opened = Instant::now();
        {
            let mut state = self.shared.lock();
            if state.is_ended {
                return None;
            }
            state.is_connected = true;
            state.connections += 1;
            if state.standing == Standing::Registered {
                state.outbox.greet();
            }
        }
        self.was_refused = false;
        self.shared.log.tell("connected");
        let outcome = Connection::new(self.shared, stream, &mut self.load).run();
        self.shared.lock().is_connected = false;
        if outcome == Outcome::Closed {
            return None;
        }
        let lived = opened.elapsed();
        self.shared.log.tell(&format!("disconnected after {} ms", lived.as_millis()));
        if lived < IDLE {
            return Some(self.backoff.pause_after(Some(lived)));
        }
        // As the Python monitor does with a connection without lines: the next line finds its way
        // at once, and until then nobody is bothered.
        self.rests_until = Instant::now().checked_add(self.backoff.rest());
        Some(Duration::ZERO)
    }

    /// False when the client is closed and has nothing to say.
    fn wait_until_wanted(&mut self) -> bool {
        loop {
            self.shared.tell_remarks();
            let state = self.shared.lock();
            if state.is_ended || (state.closing.is_some() && state.outbox.is_empty()) {
                return false;
            }
            let rest = self.rests_until.filter(|until| *until > Instant::now());
            if !state.outbox.is_empty() || (rest.is_none() && state.wants_connection()) {
                self.rests_until = None;
                return true;
            }
            drop(self.shared.sleep(state, rest, true));
        }
    }

    /// False when there is nothing to wait for: the client is closed, and has nothing to say or
    /// could say it only after its deadline.
    fn pause(&mut self, pause: Duration) -> bool {
        let Some(until) = Instant::now().checked_add(pause) else {
            return false;
        };
        let mut state = self.shared.lock();
        loop {
            if state.is_ended {
                return false;
            }
            if let Some(deadline) = state.closing {
                match self.closing(&state, until, deadline) {
                    Closing::TryNow => return true,
                    Closing::GiveUp => return false,
                    Closing::Wait => {}
                }
            }
            if Instant::now() >= until {
                return true;
            }
            state = self.shared.sleep(state, Some(until), false);
        }
    }

    /// A closed client tries once at once, whatever pause it is in; then it waits only for an
    /// attempt that comes in time.
    fn closing(&mut self, state: &MutexGuard<'_, State>, until: Instant, deadline: Instant) -> Closing {
        if state.outbox.is_empty() {
            return Closing::GiveUp;
        }
        if !self.is_last_attempt_over {
            self.is_last_attempt_over = true;
            return Closing::TryNow;
        }
        if until > deadline {
            Closing::GiveUp
        } else {
            Closing::Wait
        }
    }
}

enum Closing {
    TryNow,
    GiveUp,
    Wait,
}
