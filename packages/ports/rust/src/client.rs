use std::path::PathBuf;
use std::process;
use std::sync::{Arc, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use crate::builder::Builder;
use crate::debug_log::{DebugLog, Listener};
use crate::message::{as_label, features_text, CustomMetric, LlmUsageLine, Refusal, Register};
use crate::outbox::{Item, Outbox};
use crate::own_process::{now_ms, started_at};
use crate::settings::SettingError;
use crate::state::{Identity, Shared, State};
use crate::usage::LlmUsage;
use crate::worker;

/// How long the last clone of a client that was not closed holds its bot when it is dropped.
const DROP_TIMEOUT: Duration = Duration::from_millis(100);

const LONGEST_TIMEOUT: Duration = Duration::from_secs(86_400);

/// How long a process that could start no thread waits before it tries again.
const THREAD_PAUSE: Duration = Duration::from_secs(1);

/// What a client is made of, in this process and in one that is forked from it.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) channel: String,
    pub(crate) other_pid: Option<u32>,
    pub(crate) socket_path: PathBuf,
    pub(crate) version: Option<String>,
    pub(crate) max_buffered_lines: usize,
    pub(crate) max_buffered_bytes: usize,
    pub(crate) listener: Option<Arc<Listener>>,
    pub(crate) is_debug: bool,
}

/// Reports one bot.
///
/// A call returns in microseconds whatever the monitor does, and panics for no argument. It
/// returns `true` where the client took the line; `false` where it did not, as no receiver would
/// accept it, the client is closed or disabled, or there is nothing to say. Neither is a reason to
/// call again.
///
/// A clone is another handle of the same client. When the last one is dropped, the client closes
/// as [`close`](MonitorClient::close) does, within 100 ms. The end of a process by
/// [`std::process::exit`] drops nothing: close before.
#[derive(Clone)]
pub struct MonitorClient {
    handle: Option<Arc<Handle>>,
}

/// The counters of a client at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Whether there is a connection.
    pub is_connected: bool,
    /// Lines that wait.
    pub waiting: usize,
    /// Lines that the operating system took.
    pub sent: u64,
    /// Usage and metric lines that were taken and then lost; what a heartbeat tells.
    pub dropped: u64,
    /// Calls whose arguments no line can carry.
    pub refused: u64,
    /// Connections so far.
    pub connections: u64,
}

struct Handle {
    settings: Settings,
    shared: Arc<Shared>,
    /// The process that made it. In another one its thread does not exist.
    maker: u32,
    /// What the process uses that was forked from this one.
    forked: OnceLock<Arc<Handle>>,
}

impl MonitorClient {
    /// A client of the bot `channel` in this process, for the monitor of `KISSBOT_MONITOR_SOCKET`,
    /// else of `/tmp/kissbot_monitor.sock`. `KISSBOT_MONITOR_DISABLED=1`, or a variable that makes
    /// no sense, disables it: it does nothing then.
    ///
    /// # Errors
    ///
    /// A channel has 1 to 128 code points without control characters, and is neither `.` nor `..`.
    pub fn new(channel: &str) -> Result<MonitorClient, SettingError> {
        MonitorClient::builder(channel).build()
    }

    /// A client with more than a channel.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), kissbot_monitor::SettingError> {
    /// use kissbot_monitor::MonitorClient;
    /// let monitor = MonitorClient::builder("lounge")
    ///     .version("2.1.0")
    ///     .socket_path("/run/user/1000/kissbot.sock")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(channel: &str) -> Builder {
        Builder::new(channel)
    }

    pub(crate) fn disabled() -> MonitorClient {
        MonitorClient { handle: None }
    }

    pub(crate) fn start(settings: Settings) -> MonitorClient {
        MonitorClient { handle: Some(Arc::new(Handle::start(settings))) }
    }

    /// Says that the bot is there and what it can do. Every later connection begins with it. Of
    /// two features of the same name the last counts; more than 256, or a name that is empty or
    /// has more than 128 code points, are refused, and nothing changes then.
    pub fn register(&self, features: &[(&str, bool)]) -> bool {
        let Some(handle) = self.here() else {
            return false;
        };
        let identity = &handle.shared.identity;
        let line = features_text(features.iter().copied()).and_then(|text| {
            let bare = Register { channel: &identity.channel, pid: identity.pid, ..Register::default() };
            bare.encode_with(&text).map(|_| text)
        });
        match line {
            Ok(text) => handle.take("register", |state| {
                state.register(Arc::from(text.as_str()));
                true
            }),
            Err(refusal) => handle.refuse("register", refusal),
        }
    }

    /// Says that the bot is alive, and what it uses as the client measures it. Nothing is sent
    /// after a goodbye, until the bot registers again.
    pub fn heartbeat(&self) -> bool {
        self.here().is_some_and(|handle| handle.take("heartbeat", |state| state.beat(None, None)))
    }

    /// As [`heartbeat`](MonitorClient::heartbeat), with what the bot measured: resident memory in
    /// units of 1,048,576 bytes, and CPU in percent of one core. What is negative or no number is
    /// left out.
    pub fn heartbeat_with(&self, rss_mb: Option<f64>, cpu_pct: Option<f64>) -> bool {
        let Some(handle) = self.here() else {
            return false;
        };
        let is_amount = |value: &f64| value.is_finite() && *value >= 0.0;
        let (rss_mb, cpu_pct) = (rss_mb.filter(is_amount), cpu_pct.filter(is_amount));
        handle.take("heartbeat", |state| state.beat(rss_mb, cpu_pct))
    }

    /// Beats now and then every `interval`, of at least a millisecond and at most a day, in the
    /// client's own thread. False while it beats already.
    pub fn start_heartbeat(&self, interval: Duration) -> bool {
        let Some(handle) = self.here() else {
            return false;
        };
        let is_new = handle.take("start_heartbeat", |state| state.start_beating(interval));
        // It may sleep for longer than that.
        handle.shared.wake_always();
        is_new
    }

    /// Ends what `start_heartbeat` began.
    pub fn stop_heartbeat(&self) {
        if let Some(handle) = self.here() {
            handle.shared.lock().stop_beating();
        }
    }

    /// Says that the bot is alive but does not work, and why: `Some("gateway closed: 4004")`;
    /// `None` when it works again. Each registration and heartbeat repeats it. A change sends a
    /// heartbeat of its own, at most one a second; the last text always arrives. A longer text is
    /// cut at 256 code points, control characters become spaces, and a blank text is refused.
    pub fn set_trouble(&self, text: Option<&str>) -> bool {
        let Some(handle) = self.here() else {
            return false;
        };
        let label = text.map(as_label);
        if label == Some(None) {
            let expected = "a text that is not blank, or None";
            return handle.refuse("set_trouble", Refusal { field: "trouble", expected });
        }
        let is_taken = handle.take("set_trouble", |state| {
            state.set_trouble(label.flatten());
            true
        });
        handle.shared.wake_always();
        is_taken
    }

    /// Says goodbye, once for each registration, and stops the heartbeat.
    pub fn unregister(&self) -> bool {
        let Some(handle) = self.here() else {
            return false;
        };
        let is_own = handle.shared.identity.is_own;
        handle.take("unregister", |state| state.unregister(is_own))
    }

    /// Reports one call of a language model.
    pub fn llm_usage(&self, usage: &LlmUsage<'_>) -> bool {
        let Some(handle) = self.here() else {
            return false;
        };
        let line = LlmUsageLine {
            channel: &handle.shared.identity.channel,
            model: usage.model,
            feature: usage.feature,
            tokens_in: usage.tokens_in,
            tokens_out: usage.tokens_out,
            latency_ms: usage.latency_ms,
            provider: usage.provider,
            tokens_cached: usage.tokens_cached,
            tokens_cache_write: usage.tokens_cache_write,
            cost_usd: usage.cost_usd,
            error: usage.error,
            ts: now_ms(),
        };
        handle.take_row("llm_usage", line.encode())
    }

    /// Reports a number under a name of the bot's own.
    pub fn custom_metric(&self, metric_name: &str, value: f64) -> bool {
        let Some(handle) = self.here() else {
            return false;
        };
        let channel = &handle.shared.identity.channel;
        let line = CustomMetric { channel, metric_name, value, ts: now_ms() };
        handle.take_row("custom_metric", line.encode())
    }

    /// Waits until nothing waits any more, for at most so long. True where that is so.
    pub fn flush(&self, timeout: Duration) -> bool {
        let Some(handle) = self.here() else {
            return true;
        };
        let deadline = deadline_after(timeout);
        let mut state = handle.shared.lock();
        while state.outbox.waiting() > 0 && !state.is_done {
            let (next, is_in_time) = handle.shared.wait_for_news(state, Some(deadline));
            state = next;
            if !is_in_time {
                break;
            }
        }
        state.outbox.waiting() == 0
    }

    /// Flushes for at most so long, drops what still waits, and gives the connection up. It does
    /// not wait for a monitor that is away, unless that has just gone. The bot's status at the
    /// monitor stays what it is: for a goodbye, call [`unregister`](MonitorClient::unregister)
    /// before. Afterwards calls do nothing.
    pub fn close(&self, timeout: Duration) {
        if let Some(handle) = self.here() {
            handle.close(timeout);
        }
    }

    /// The counters at this moment.
    pub fn stats(&self) -> Stats {
        let Some(handle) = self.here() else {
            return Stats::default();
        };
        let state = handle.shared.lock();
        Stats {
            is_connected: state.is_connected,
            waiting: state.outbox.waiting(),
            sent: state.outbox.sent,
            dropped: state.outbox.lost,
            refused: state.refused,
            connections: state.connections,
        }
    }

    /// What this process uses; nothing where the client is disabled.
    fn here(&self) -> Option<&Handle> {
        let mut handle = self.handle.as_ref()?;
        let pid = process::id();
        while handle.maker != pid {
            let settings = &handle.settings;
            handle = handle.forked.get_or_init(|| Arc::new(Handle::start(settings.clone())));
        }
        Some(handle)
    }
}

impl std::fmt::Debug for MonitorClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let channel = self.handle.as_ref().map(|handle| &handle.settings.channel);
        formatter.debug_struct("MonitorClient").field("channel", &channel).finish_non_exhaustive()
    }
}

impl Handle {
    fn start(settings: Settings) -> Handle {
        let is_own = settings.other_pid.is_none();
        let known = |version: &String| {
            let version = Some(version.as_str());
            Register { channel: "x", pid: 1, version, ..Register::default() }.encode().is_ok()
        };
        let identity = Identity {
            channel: settings.channel.clone(),
            pid: settings.other_pid.unwrap_or_else(process::id),
            is_own,
            started_at: if is_own { started_at() } else { None },
            version: settings.version.clone().filter(known),
            socket_path: settings.socket_path.clone(),
        };
        let log = DebugLog::new(&settings.channel, settings.listener.clone(), settings.is_debug);
        let outbox = Outbox::new(settings.max_buffered_lines, settings.max_buffered_bytes);
        let shared = Arc::new(Shared::new(identity, log, outbox));
        worker::start(&shared);
        Handle { settings, shared, maker: process::id(), forked: OnceLock::new() }
    }

    /// One call: it changes the state, unless the client is closed, and says whether a line waits.
    fn take(&self, call: &'static str, change: impl FnOnce(&mut State) -> bool) -> bool {
        let mut state = self.shared.lock();
        if state.closing.is_some() {
            self.shared.remark(&mut state, call, "closed", "the client is closed".into());
            return false;
        }
        let is_taken = change(&mut state);
        self.wake(state);
        is_taken
    }

    fn take_row(&self, call: &'static str, line: Result<String, Refusal>) -> bool {
        match line {
            Ok(line) => self.take(call, |state| {
                state.outbox.put(Item::Row { line });
                true
            }),
            Err(refusal) => self.refuse(call, refusal),
        }
    }

    fn refuse(&self, call: &'static str, refusal: Refusal) -> bool {
        let mut state = self.shared.lock();
        state.refused += 1;
        self.shared.remark(&mut state, call, refusal.field, refusal.to_string().into());
        self.wake(state);
        false
    }

    /// Wakes the thread; where the process could start none, it tries again now and then.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        if !state.is_done {
            self.shared.wake_if_idle(state);
            return;
        }
        let now = Instant::now();
        let is_due = state.thread_due.map_or(true, |due| due <= now);
        if state.closing.is_none() && is_due {
            state.thread_due = now.checked_add(THREAD_PAUSE);
            drop(state);
            worker::start(&self.shared);
        }
    }

    fn close(&self, timeout: Duration) {
        let deadline = deadline_after(timeout);
        let shared = &self.shared;
        let mut state = shared.lock();
        if state.closing.is_none() {
            state.tell_trouble();
            state.closing = Some(deadline);
            shared.wake_always();
        }
        while state.outbox.waiting() > 0 && !state.is_done {
            let (next, is_in_time) = shared.wait_for_news(state, Some(deadline));
            state = next;
            if !is_in_time {
                break;
            }
        }
        state.is_ended = true;
        state.outbox.abandon();
        drop(state);
        shared.wake_always();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // In a process that was forked from it there is nothing to end, and its lock may be held
        // for ever.
        if self.maker == process::id() {
            self.close(DROP_TIMEOUT);
        }
    }
}

fn deadline_after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout.min(LONGEST_TIMEOUT)).unwrap_or(now)
}
