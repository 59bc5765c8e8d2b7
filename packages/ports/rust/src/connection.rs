//! One connection: it writes what waits, and notices its end.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::outbox::{Chunk, Outbox};
use crate::own_process::{Load, LoadMeter};
use crate::state::{Shared, Standing, State};

/// How often an idle connection is looked at: what tells its end is that it can be read.
const IDLE_LOOK: Duration = Duration::from_millis(500);

/// How long it waits before it tries again what a slow monitor did not take: at first, and at most.
const STALL_PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(160));

/// How much of what a monitor says is thrown away in one round.
const MOST_READS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The monitor closed it, or it broke.
    Lost,
    /// The client is closed, and nothing waits.
    Closed,
}

pub(crate) struct Connection<'a> {
    shared: &'a Shared,
    stream: UnixStream,
    load: &'a mut LoadMeter,
    chunk: Chunk,
    pause: Duration,
}

impl Connection<'_> {
    pub(crate) fn new<'a>(shared: &'a Shared, stream: UnixStream, load: &'a mut LoadMeter) -> Connection<'a> {
        Connection { shared, stream, load, chunk: Chunk::default(), pause: STALL_PAUSES.0 }
    }

    /// Until it ends. What was begun and not finished is lost then.
    pub(crate) fn run(mut self) -> Outcome {
        let outcome = if self.stream.set_nonblocking(true).is_ok() { self.talk() } else { Outcome::Lost };
        let mut state = self.shared.lock();
        let is_gone = state.standing == Standing::Gone;
        state.outbox.lose(&mut self.chunk, is_gone);
        drop(state);
        self.shared.settle();
        outcome
    }

    fn talk(&mut self) -> Outcome {
        loop {
            self.shared.tell_remarks();
            if self.is_over() {
                return Outcome::Lost;
            }
            let load = self.load_if_needed();
            let mut state = self.shared.lock();
            if state.is_ended {
                return Outcome::Closed;
            }
            state.beat_if_due(Instant::now());
            self.fill(&mut state, load);
            if self.chunk.is_empty() {
                if state.outbox.waiting() == 0 {
                    self.shared.settle();
                    if state.closing.is_some() {
                        return Outcome::Closed;
                    }
                }
                drop(self.shared.sleep(state, Instant::now().checked_add(IDLE_LOOK), true));
                continue;
            }
            drop(state);
            match self.stream.write(self.chunk.rest()) {
                Ok(0) => return Outcome::Lost,
                Ok(taken) => {
                    self.pause = STALL_PAUSES.0;
                    self.shared.lock().outbox.advance(&mut self.chunk, taken);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    self.shared.lock().outbox.advance(&mut self.chunk, 0);
                }
                Err(error) => {
                    let mut state = self.shared.lock();
                    state.outbox.advance(&mut self.chunk, 0);
                    if error.kind() != ErrorKind::WouldBlock {
                        return Outcome::Lost;
                    }
                    // Slow, perhaps frozen, and not dead: it stays connected.
                    drop(self.shared.sleep(state, Instant::now().checked_add(self.pause), false));
                    self.pause = (2 * self.pause).min(STALL_PAUSES.1);
                }
            }
        }
    }

    /// Reads without waiting and throws away what comes; true at the end of the stream.
    fn is_over(&mut self) -> bool {
        let mut trash = [0; 4_096];
        for _ in 0..MOST_READS {
            match self.stream.read(&mut trash) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock => return false,
                    _ => return true,
                },
            }
        }
        false
    }

    /// Measured outside of the lock, as it asks the kernel.
    fn load_if_needed(&mut self) -> Load {
        let has_heartbeat = {
            let mut state = self.shared.lock();
            state.beat_if_due(Instant::now());
            state.outbox.has_heartbeat()
        };
        if has_heartbeat && self.shared.identity.is_own {
            self.load.measure()
        } else {
            Load::default()
        }
    }

    fn fill(&mut self, state: &mut State, load: Load) {
        let shared = self.shared;
        // The outbox is lent out of the state, as its lines are written with the rest of it.
        let mut outbox = std::mem::replace(&mut state.outbox, Outbox::new(1, 0));
        outbox.fill(&mut self.chunk, |outbox, item| shared.text_of(state, outbox, item, load));
        state.outbox = outbox;
    }
}
