//! What the calls and the thread share.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::debug_log::DebugLog;
use crate::message::{Heartbeat, Register, Unregister};
use crate::outbox::{Item, Outbox};
use crate::own_process::{now_ms, Load};

/// How long a change of trouble waits after the heartbeat that told the last one.
const QUIET: Duration = Duration::from_secs(1);

/// How many mistakes wait to be told.
const MOST_REMARKS: usize = 16;

/// What does not change in the life of a client.
pub(crate) struct Identity {
    pub(crate) channel: String,
    pub(crate) pid: u32,
    /// Whether `pid` is this process, so that the client can tell its start and measure it.
    pub(crate) is_own: bool,
    pub(crate) started_at: Option<f64>,
    pub(crate) version: Option<String>,
    pub(crate) socket_path: PathBuf,
}

/// Whether the bot has been said to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    New,
    /// It beats and was never registered.
    Beating,
    Registered,
    /// It said goodbye.
    Gone,
}

struct Beat {
    interval: Duration,
    next: Instant,
}

#[derive(Default)]
struct Trouble {
    text: Option<Arc<str>>,
    /// What the newest line said.
    said: Option<Arc<str>>,
    /// Until when a change waits.
    quiet_until: Option<Instant>,
}

pub(crate) struct State {
    pub(crate) outbox: Outbox,
    pub(crate) standing: Standing,
    features: Arc<str>,
    trouble: Trouble,
    beat: Option<Beat>,
    /// The client was closed: no call counts any more, and what waits may leave until then.
    pub(crate) closing: Option<Instant>,
    /// The thread is to end at once.
    pub(crate) is_ended: bool,
    /// The thread has ended, or there never was one.
    pub(crate) is_done: bool,
    /// When to try again to start one.
    pub(crate) thread_due: Option<Instant>,
    /// The thread sleeps until a call has a line for it.
    pub(crate) is_idle: bool,
    pub(crate) is_connected: bool,
    pub(crate) connections: u64,
    pub(crate) refused: u64,
    remarks: Vec<(&'static str, String)>,
    known_remarks: Vec<(&'static str, &'static str)>,
}

pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) log: DebugLog,
    state: Mutex<State>,
    /// The thread waits here for calls.
    wake: Condvar,
    /// `flush` and `close` wait here for the thread.
    settled: Condvar,
}

impl Shared {
    pub(crate) fn new(identity: Identity, log: DebugLog, outbox: Outbox) -> Shared {
        let state = State {
            outbox,
            standing: Standing::New,
            features: "{}".into(),
            trouble: Trouble::default(),
            beat: None,
            closing: None,
            is_ended: false,
            is_done: true,
            thread_due: None,
            is_idle: false,
            is_connected: false,
            connections: 0,
            refused: 0,
            remarks: Vec::new(),
            known_remarks: Vec::new(),
        };
        Shared { identity, log, state: Mutex::new(state), wake: Condvar::new(), settled: Condvar::new() }
    }

    /// The state. A panic elsewhere leaves it in order: no change of it is left half done.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread where it sleeps until there is a line. Waking it costs more than the rest
    /// of a call, so a thread that will look by itself is left alone.
    pub(crate) fn wake_if_idle(&self, mut state: MutexGuard<'_, State>) {
        if state.is_idle {
            state.is_idle = false;
            drop(state);
            self.wake.notify_one();
        }
    }

    pub(crate) fn wake_always(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn settle(&self) {
        self.settled.notify_all();
    }

    /// Waits until the thread has news; false when the time is over. `None` never ends.
    pub(crate) fn wait_for_news<'a>(
        &self,
        state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
    ) -> (MutexGuard<'a, State>, bool) {
        wait(&self.settled, state, deadline)
    }

    /// The thread's sleep, until the deadline, a due heartbeat, the end, or a call: one that has a
    /// line if `is_idle`, else one that calls the thread whatever it does.
    pub(crate) fn sleep<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
        is_idle: bool,
    ) -> MutexGuard<'a, State> {
        let due = state.next_due();
        let until = match (deadline, due) {
            (Some(deadline), Some(due)) => Some(deadline.min(due)),
            (deadline, due) => deadline.or(due),
        };
        state.is_idle = is_idle;
        let (mut state, _) = wait(&self.wake, state, until);
        state.is_idle = false;
        state.beat_if_due(Instant::now());
        state
    }

    /// Remembers a mistake of a call, each kind once; the thread tells it.
    pub(crate) fn remark(
        &self,
        state: &mut State,
        call: &'static str,
        kind: &'static str,
        text: Cow<'_, str>,
    ) {
        let is_known = state.known_remarks.contains(&(call, kind));
        if !self.log.is_heard() || is_known || state.known_remarks.len() >= 8 * MOST_REMARKS {
            return;
        }
        state.known_remarks.push((call, kind));
        if state.remarks.len() < MOST_REMARKS {
            state.remarks.push((call, text.into_owned()));
        }
    }

    /// Tells the mistakes. Not to be called while the state is locked.
    pub(crate) fn tell_remarks(&self) {
        if !self.log.is_heard() {
            return;
        }
        let remarks = std::mem::take(&mut self.lock().remarks);
        for (call, text) in remarks {
            self.log.tell(&format!("{call}: {text}"));
        }
    }

    /// The text of a state line, as things are now. What cannot be said is left out: that the bot
    /// lives must get through.
    pub(crate) fn text_of(
        &self,
        state: &mut State,
        outbox: &Outbox,
        item: &Item,
        load: Load,
    ) -> Option<String> {
        let Identity { channel, pid, started_at, version, .. } = &self.identity;
        let (channel, pid, started_at) = (channel.as_str(), *pid, *started_at);
        let interval_s = state.interval_s();
        let trouble = state.trouble.text.clone();
        let text = match item {
            Item::Greeting | Item::Register { .. } => {
                let (ts, features) = match item {
                    Item::Register { ts, features } => (*ts, features),
                    _ => (None, &state.features),
                };
                let full = Register {
                    channel,
                    pid,
                    version: version.as_deref(),
                    started_at,
                    interval_s,
                    trouble: trouble.as_deref(),
                    ts,
                    features: Vec::new(),
                };
                let bare = Register { channel, pid, started_at, ..Register::default() };
                full.encode_with(features).or_else(|_| bare.encode_with(features)).ok()
            }
            Item::Heartbeat { ts, rss_mb, cpu_pct } => {
                let beat = Heartbeat {
                    channel,
                    pid,
                    rss_mb: rss_mb.or(load.rss_mb),
                    cpu_pct: cpu_pct.or(load.cpu_pct),
                    dropped: Some(outbox.lost),
                    started_at,
                    interval_s,
                    trouble: trouble.as_deref(),
                    ts: *ts,
                };
                beat.encode().ok()
            }
            Item::Unregister { ts } => Unregister { channel, pid, ts: *ts }.encode().ok(),
            Item::Row { .. } => None,
        };
        if !matches!(item, Item::Unregister { .. }) {
            state.trouble.said = trouble;
        }
        text
    }
}

impl State {
    pub(crate) fn register(&mut self, features: Arc<str>) {
        self.standing = Standing::Registered;
        self.features = features.clone();
        self.outbox.put(Item::Register { ts: now_ms(), features });
    }

    /// False where the bot said goodbye: then there is no heartbeat until it registers again.
    pub(crate) fn beat(&mut self, rss_mb: Option<f64>, cpu_pct: Option<f64>) -> bool {
        match self.standing {
            Standing::Gone => return false,
            Standing::New => self.standing = Standing::Beating,
            Standing::Beating | Standing::Registered => {}
        }
        self.outbox.put(Item::Heartbeat { ts: now_ms(), rss_mb, cpu_pct });
        true
    }

    /// False where there is nobody to say goodbye for, or it was said.
    pub(crate) fn unregister(&mut self, is_own: bool) -> bool {
        self.beat = None;
        let before = std::mem::replace(&mut self.standing, Standing::Gone);
        match before {
            Standing::Gone => return false,
            // Another process may have been registered by another client.
            Standing::New if is_own => {
                self.standing = Standing::New;
                return false;
            }
            _ => {}
        }
        self.outbox.put(Item::Unregister { ts: now_ms() });
        true
    }

    /// False where it beats already.
    pub(crate) fn start_beating(&mut self, interval: Duration) -> bool {
        if self.beat.is_some() {
            return false;
        }
        let interval = interval.clamp(Duration::from_millis(1), Duration::from_secs(86_400));
        self.beat = Some(Beat { interval, next: Instant::now() + interval });
        self.beat(None, None)
    }

    pub(crate) fn stop_beating(&mut self) {
        self.beat = None;
    }

    /// A change sends a heartbeat at once, at most one a second; the last text always arrives.
    pub(crate) fn set_trouble(&mut self, text: Option<String>) {
        self.trouble.text = text.map(Arc::from);
        if self.trouble.quiet_until.is_none() {
            self.tell_trouble();
        }
    }

    /// Tells it now, whatever was told a moment ago.
    pub(crate) fn tell_trouble(&mut self) {
        self.trouble.quiet_until = None;
        let is_there = matches!(self.standing, Standing::Beating | Standing::Registered);
        if is_there && self.trouble.text != self.trouble.said && self.beat(None, None) {
            self.trouble.quiet_until = Some(Instant::now() + QUIET);
        }
    }

    pub(crate) fn interval_s(&self) -> Option<f64> {
        self.beat.as_ref().map(|beat| beat.interval.as_secs_f64())
    }

    /// Whether a connection is wanted: there is something to say, or a bot to register again.
    pub(crate) fn wants_connection(&self) -> bool {
        !self.outbox.is_empty() || self.standing == Standing::Registered
    }

    fn next_due(&self) -> Option<Instant> {
        let beat = self.beat.as_ref().map(|beat| beat.next);
        match (beat, self.trouble.quiet_until) {
            (Some(beat), Some(quiet)) => Some(beat.min(quiet)),
            (beat, quiet) => beat.or(quiet),
        }
    }

    pub(crate) fn beat_if_due(&mut self, now: Instant) {
        if self.closing.is_some() {
            self.beat = None;
            self.trouble.quiet_until = None;
            return;
        }
        if let Some(beat) = &mut self.beat {
            if beat.next <= now {
                beat.next = now + beat.interval;
                self.beat(None, None);
            }
        }
        if self.trouble.quiet_until.is_some_and(|until| until <= now) {
            self.tell_trouble();
        }
    }
}

fn wait<'a>(
    condition: &Condvar,
    state: MutexGuard<'a, State>,
    deadline: Option<Instant>,
) -> (MutexGuard<'a, State>, bool) {
    let Some(deadline) = deadline else {
        return (condition.wait(state).unwrap_or_else(PoisonError::into_inner), true);
    };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return (state, false);
    }
    let (state, _) = condition.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
    (state, true)
}
