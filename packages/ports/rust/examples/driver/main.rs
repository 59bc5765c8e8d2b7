//! Drives the client for the conformance runner: commands on standard input, answers on standard
//! output, one JSON object a line.
#![allow(unsafe_code)] // fork, which the standard library has not

mod fields;
mod json;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::{Duration, Instant};

use fields::{features, integer, number, pid, required, text, Held, Unrepresentable};
use json::Value;
use kissbot_monitor::message::{CustomMetric, Heartbeat, LlmUsageLine, Refusal, Register, Unregister};
use kissbot_monitor::{LlmUsage, MonitorClient};

extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

const UNSUPPORTED: &str = "\"unsupported\":true";
const UNREPRESENTABLE: &str = "\"unrepresentable\":true";

/// A client, and how often it is to beat once it is registered.
struct Driven {
    monitor: MonitorClient,
    interval: Option<Duration>,
}

enum Next {
    Answer(String),
    Return,
}

fn main() {
    // What a command makes panic is told to the runner, not to a person.
    std::panic::set_hook(Box::new(|_| {}));
    let mut clients = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let Some(command) = line.ok().and_then(|line| Value::parse(&line)) else {
            eprintln!("driver: a line that is no JSON");
            std::process::exit(3);
        };
        match answer(&command, &mut clients) {
            Next::Return => return,
            Next::Answer(answer) => {
                let seq = command.get("seq").number().unwrap_or(0.0);
                let comma = if answer.is_empty() { "" } else { "," };
                println!("{{\"seq\":{seq}{comma}{answer}}}");
                let _ = std::io::stdout().flush();
            }
        }
    }
}

fn answer(command: &Value, clients: &mut HashMap<String, Driven>) -> Next {
    let client = command.get("client").text().unwrap_or_default();
    Next::Answer(match (command.get("cmd").text().unwrap_or_default(), clients.get(client)) {
        ("hello", _) => hello(),
        ("noop", _) => String::new(),
        ("encode", _) => encode(command.get("message").clone().untagged()),
        ("control", _) => control(count_of(command)),
        ("exit", _) => match command.get("how").text() {
            Some("code") => std::process::exit(command.get("code").number().unwrap_or(0.0) as i32),
            Some("crash") => panic!("the runner asked for it"),
            _ => return Next::Return,
        },
        ("open", _) => open(command, clients),
        ("call", Some(driven)) => {
            let started = Instant::now();
            let fields = command.get("fields").clone().untagged();
            let done = catch_unwind(AssertUnwindSafe(|| call(driven, command.get("do").text(), &fields)));
            match done {
                Ok(Ok(took)) => took_us(took),
                Ok(Err(Unrepresentable)) => UNREPRESENTABLE.to_owned(),
                Err(_) => format!("{},\"raised\":\"panic\"", took_us(started.elapsed())),
            }
        }
        ("burst", Some(driven)) => burst(&driven.monitor, command),
        ("threads", Some(driven)) => threads(&driven.monitor, command),
        ("fork", Some(driven)) => fork_and_call(&driven.monitor, command),
        ("stats", Some(driven)) => {
            let stats = driven.monitor.stats();
            format!("\"lost\":{},\"held\":{}", stats.dropped, stats.waiting)
        }
        ("close", Some(driven)) => {
            let timeout = command.get("timeout_ms").number().unwrap_or(500.0);
            let started = Instant::now();
            driven.monitor.close(Duration::from_millis(timeout as u64));
            took_us(started.elapsed())
        }
        _ => UNSUPPORTED.to_owned(),
    })
}

fn hello() -> String {
    format!(
        concat!(
            "\"driver\":1,\"protocol\":\"1.1\",\"pid\":{},",
            "\"implementation\":{{\"name\":\"kissbot-rust\",\"language\":\"rust\",\"version\":\"{}\"}},",
            "\"can\":[\"encode\",\"conduct\"],\"bounds\":{{\"lines\":1024,\"bytes\":262144}},",
            "\"timer\":true,\"batches\":true,\"interval\":true,\"fork\":true,\"threads\":true"
        ),
        std::process::id(),
        env!("CARGO_PKG_VERSION"),
    )
}

fn open(command: &Value, clients: &mut HashMap<String, Driven>) -> String {
    let mut builder = MonitorClient::builder(command.get("channel").text().unwrap_or_default());
    if let Some(socket) = command.get("socket").text() {
        builder = builder.socket_path(socket);
    }
    match builder.build() {
        Ok(monitor) => {
            let interval = command.get("interval_s").number().map(Duration::from_secs_f64);
            let name = command.get("client").text().unwrap_or_default().to_owned();
            clients.insert(name, Driven { monitor, interval });
            String::new()
        }
        Err(error) => format!("\"raised\":{:?}", error.to_string()),
    }
}

/// How long the call took.
fn call(driven: &Driven, what: Option<&str>, fields: &Value) -> Held<Duration> {
    let monitor = &driven.monitor;
    let of = |name: &str| fields.get(name);
    let started;
    match what {
        Some("register") => {
            let features = features(of("features"))?;
            started = Instant::now();
            monitor.register(&features);
            if let Some(interval) = driven.interval {
                monitor.start_heartbeat(interval);
            }
        }
        Some("heartbeat") => {
            let (rss_mb, cpu_pct) = (number(of("rss_mb"))?, number(of("cpu_pct"))?);
            started = Instant::now();
            monitor.heartbeat_with(rss_mb, cpu_pct);
        }
        Some("unregister") => {
            started = Instant::now();
            monitor.unregister();
        }
        Some("custom_metric") => {
            let (name, value) = (required(text(of("metric_name"))?)?, required(number(of("value"))?)?);
            started = Instant::now();
            monitor.custom_metric(name, value);
        }
        Some("llm_usage") => {
            let usage = usage(fields)?;
            started = Instant::now();
            monitor.llm_usage(&usage);
        }
        _ => return Err(Unrepresentable),
    }
    Ok(started.elapsed())
}

fn usage(fields: &Value) -> Held<LlmUsage<'_>> {
    let of = |name: &str| fields.get(name);
    let mut usage = LlmUsage::new(
        required(text(of("model"))?)?,
        required(text(of("feature"))?)?,
        required(integer(of("tokens_in"))?)?,
        required(integer(of("tokens_out"))?)?,
    );
    if let Some(latency_ms) = number(of("latency_ms"))? {
        usage = usage.latency_ms(latency_ms);
    }
    if let Some(provider) = text(of("provider"))? {
        usage = usage.provider(provider);
    }
    if let Some(tokens) = integer(of("tokens_cached"))? {
        usage = usage.tokens_cached(tokens);
    }
    if let Some(tokens) = integer(of("tokens_cache_write"))? {
        usage = usage.tokens_cache_write(tokens);
    }
    if let Some(cost_usd) = number(of("cost_usd"))? {
        usage = usage.cost_usd(cost_usd);
    }
    if let Some(kind) = text(of("error"))? {
        usage = usage.error(kind);
    }
    Ok(usage)
}

fn burst(monitor: &MonitorClient, command: &Value) -> String {
    let name = command.get("fields").get("metric_name").text().unwrap_or("n").to_owned();
    let from = command.get("from").number().unwrap_or(0.0);
    let times = timed(count_of(command), |index| {
        monitor.custom_metric(&name, from + index as f64);
    });
    quantiles(times)
}

fn control(count: usize) -> String {
    quantiles(timed(count, |index| {
        let metric = CustomMetric { channel: "lounge", metric_name: "n", value: index as f64, ts: Some(1.0) };
        let _ = std::hint::black_box(metric.encode());
    }))
}

fn threads(monitor: &MonitorClient, command: &Value) -> String {
    let (count, from) = (count_of(command), command.get("from").number().unwrap_or(0.0));
    let threads = command.get("threads").number().unwrap_or(1.0) as usize;
    let times = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let first = from + (thread * count) as f64;
                scope.spawn(move || {
                    timed(count, |index| {
                        monitor.custom_metric("n", first + index as f64);
                    })
                })
            })
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    quantiles(times)
}

fn fork_and_call(monitor: &MonitorClient, command: &Value) -> String {
    // Nothing runs between the two but what may: the child has the thread that forked alone.
    let child = unsafe { fork() };
    if child == 0 {
        monitor.register(&[]);
        let from = command.get("from").number().unwrap_or(0.0);
        for index in 0..count_of(command) {
            monitor.custom_metric("n", from + index as f64);
        }
        monitor.close(Duration::from_millis(500));
        std::process::exit(0);
    }
    let mut status = 0;
    if child < 0 || unsafe { waitpid(child, &mut status, 0) } != child {
        return UNSUPPORTED.to_owned();
    }
    let signal = status & 0x7f;
    let status = if signal == 0 { (status >> 8) & 0xff } else { -signal };
    format!("\"pid\":{child},\"status\":{status}")
}

fn encode(message: Value) -> String {
    let Ok(line) = line_of(&message) else {
        return UNREPRESENTABLE.to_owned();
    };
    match line {
        Ok(line) => format!("\"line\":\"{}\"", base64(line.as_bytes())),
        Err(refusal) => format!("\"refused\":\"{}\"", refusal.field),
    }
}

fn line_of(message: &Value) -> Held<Result<String, Refusal>> {
    let of = |name: &str| message.get(name);
    let channel = required(text(of("channel"))?)?;
    let ts = number(of("ts"))?;
    Ok(match of("type").text() {
        Some("register") => Register {
            channel,
            pid: pid(of("pid"))?,
            features: features(of("features"))?,
            version: text(of("version"))?,
            started_at: number(of("started_at"))?,
            interval_s: number(of("interval_s"))?,
            trouble: text(of("trouble"))?,
            ts,
        }
        .encode(),
        Some("heartbeat") => Heartbeat {
            channel,
            pid: pid(of("pid"))?,
            rss_mb: number(of("rss_mb"))?,
            cpu_pct: number(of("cpu_pct"))?,
            dropped: integer(of("dropped"))?,
            started_at: number(of("started_at"))?,
            interval_s: number(of("interval_s"))?,
            trouble: text(of("trouble"))?,
            ts,
        }
        .encode(),
        Some("unregister") => Unregister { channel, pid: pid(of("pid"))?, ts }.encode(),
        Some("llm_usage") => LlmUsageLine {
            channel,
            model: required(text(of("model"))?)?,
            feature: required(text(of("feature"))?)?,
            tokens_in: required(integer(of("tokens_in"))?)?,
            tokens_out: required(integer(of("tokens_out"))?)?,
            latency_ms: number(of("latency_ms"))?,
            provider: text(of("provider"))?,
            tokens_cached: integer(of("tokens_cached"))?,
            tokens_cache_write: integer(of("tokens_cache_write"))?,
            cost_usd: number(of("cost_usd"))?,
            error: text(of("error"))?,
            ts,
        }
        .encode(),
        Some("custom_metric") => CustomMetric {
            channel,
            metric_name: required(text(of("metric_name"))?)?,
            value: required(number(of("value"))?)?,
            ts,
        }
        .encode(),
        _ => return Err(Unrepresentable),
    })
}

fn timed(count: usize, mut run: impl FnMut(usize)) -> Vec<f64> {
    let mut times = Vec::with_capacity(count);
    for index in 0..count {
        let started = Instant::now();
        run(index);
        times.push(started.elapsed().as_nanos() as f64 / 1_000.0);
    }
    times
}

fn quantiles(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let last = times.len().saturating_sub(1);
    let at =
        |share: f64| times.get(((times.len() as f64 * share) as usize).min(last)).copied().unwrap_or(0.0);
    let (p50, p99, p999, max) = (at(0.5), at(0.99), at(0.999), at(1.0));
    format!("\"took_us\":{{\"p50\":{p50},\"p99\":{p99},\"p999\":{p999},\"max\":{max}}}")
}

fn took_us(took: Duration) -> String {
    format!("\"took_us\":{}", took.as_nanos() as f64 / 1_000.0)
}

fn count_of(command: &Value) -> usize {
    command.get("count").number().unwrap_or(0.0) as usize
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let joined =
            group.iter().enumerate().fold(0, |all, (index, byte)| all | u32::from(*byte) << (16 - 8 * index));
        for digit in 0..4 {
            let is_padding = digit > group.len();
            let value = DIGITS[(joined >> (18 - 6 * digit) & 63) as usize];
            let _ = text.write_char(if is_padding { '=' } else { value as char });
        }
    }
    text
}
