//! What this process knows of itself. What it cannot know is absent, never guessed.

use std::fs;
use std::process;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The kernel tells times of processes in these, on all platforms with `/proc` that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A measurement is good for this long: asking the kernel takes longer than the rest of a
/// heartbeat.
const VALID: Duration = Duration::from_secs(1);

/// Now, in Unix milliseconds.
pub(crate) fn now_ms() -> Option<f64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_millis() as f64)
}

/// When this process started, in Unix milliseconds: the same for all clients of the process, and
/// also after the clock was set.
pub(crate) fn started_at() -> Option<f64> {
    static KNOWN: Mutex<Option<(u32, Option<f64>)>> = Mutex::new(None);
    // A process that was forked may find it locked for ever.
    let Ok(mut known) = KNOWN.try_lock() else {
        return measure_start();
    };
    match *known {
        Some((pid, started_at)) if pid == process::id() => started_at,
        _ => {
            let started_at = measure_start();
            *known = Some((process::id(), started_at));
            started_at
        }
    }
}

fn measure_start() -> Option<f64> {
    // In some containers another file lies over it, which tells the age of the container.
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    if mounts.lines().any(|line| line.split(' ').nth(4) == Some("/proc/uptime")) {
        return None;
    }
    let uptime_s: f64 = fs::read_to_string("/proc/uptime").ok()?.split(' ').next()?.parse().ok()?;
    let age_ms = 1_000.0 * (uptime_s - stat_field(22)? / TICKS_PER_SECOND);
    // Each of the two is cut to a hundredth of a second.
    (age_ms > -20.0).then(|| now_ms().map(|now| (now - age_ms).round()))?
}

/// A number of `/proc/self/stat`, counted from 1 as the kernel's manual does.
fn stat_field(number: usize) -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second is the name of the program, which may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(number.checked_sub(3)?)?.parse().ok()
}

/// What this process uses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    /// Resident memory, in units of 1,048,576 bytes.
    pub(crate) rss_mb: Option<f64>,
    /// Percent of one core since the measurement before; absent until there was one.
    pub(crate) cpu_pct: Option<f64>,
}

/// Measures the load of this process, at most once a second.
pub(crate) struct LoadMeter {
    last: Option<(Instant, Load)>,
    base: Option<(Instant, f64)>,
}

impl LoadMeter {
    pub(crate) fn new() -> LoadMeter {
        LoadMeter { last: None, base: cpu_ms().map(|cpu_ms| (Instant::now(), cpu_ms)) }
    }

    pub(crate) fn measure(&mut self) -> Load {
        if let Some((at, load)) = self.last {
            if at.elapsed() < VALID {
                return load;
            }
        }
        let now = Instant::now();
        let mut cpu_pct = None;
        if let (Some((before, before_ms)), Some(now_ms)) = (self.base, cpu_ms()) {
            let elapsed = now.duration_since(before);
            if elapsed >= VALID {
                let share = (now_ms - before_ms) / (1_000.0 * elapsed.as_secs_f64());
                cpu_pct = Some(hundredths(100.0 * share.max(0.0)));
                self.base = Some((now, now_ms));
            }
        }
        let load = Load { rss_mb: rss_mb(), cpu_pct };
        self.last = Some((now, load));
        load
    }
}

fn cpu_ms() -> Option<f64> {
    Some((stat_field(14)? + stat_field(15)?) * 1_000.0 / TICKS_PER_SECOND)
}

fn rss_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(hundredths(kilobytes / 1_024.0))
}

fn hundredths(value: f64) -> f64 {
    (100.0 * value).round() / 100.0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_the_process_is_within_two_seconds_of_the_truth_and_always_the_same() {
        // The test runner has just been started.
        let (started, now) = (started_at(), now_ms());
        if let (Some(started), Some(now)) = (started, now) {
            assert!(started <= now + 20.0 && started > now - 60_000.0, "{started} {now}");
        }
        assert_eq!(started_at(), started);
    }

    #[test]
    fn memory_is_measured_and_a_first_share_of_the_processor_is_unknown() {
        let load = LoadMeter::new().measure();
        assert!(load.rss_mb.is_some_and(|rss| rss > 0.5 && rss < 4_096.0), "{load:?}");
        assert_eq!(load.cpu_pct, None);
    }
}
