//! What a bot and a monitor see of a client.

mod monitor;

use std::io::Write;
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use kissbot_monitor::{LlmUsage, MonitorClient};
use monitor::{field, until, Folder};

const HALF_A_SECOND: Duration = Duration::from_millis(500);

fn assert_clients_cross_threads<T: Send + Sync + Clone + 'static>(_: &T) {}

#[test]
fn a_whole_life_arrives_in_the_order_of_the_calls() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = MonitorClient::builder("lounge")
        .socket_path(folder.socket())
        .version("2.1.0")
        .build()
        .expect("a client");
    assert_clients_cross_threads(&client);
    assert!(client.register(&[("jokes", true), ("quotes", false)]));
    let usage = LlmUsage::new("sonnet", "chat", 1200, 340).latency_ms(812.5).provider("anthropic");
    assert!(client.llm_usage(&usage.tokens_cached(900).tokens_cache_write(200).cost_usd(0.0042)));
    assert!(client.llm_usage(&LlmUsage::new("sonnet", "chat", 0, 0).error("rate_limit")));
    assert!(client.custom_metric("viewers", 57.0));
    let mut reader = listening.accept();
    let lines = reader.lines(4);
    assert!(client.heartbeat_with(Some(1.5), Some(f64::NAN)));
    let beat = reader.line().expect("a heartbeat");
    assert!(client.unregister());
    client.close(HALF_A_SECOND);
    let goodbye = reader.rest();

    let pid = std::process::id();
    let register = format!(
        "{{\"type\":\"register\",\"channel\":\"lounge\",\"pid\":{pid},\"features\":{{\"jokes\":true,\"quotes\":false}},\"version\":\"2.1.0\""
    );
    assert!(lines[0].starts_with(&register), "{}", lines[0]);
    assert!(lines[1]
        .contains("\"tokens_in\":1200,\"tokens_out\":340,\"latency_ms\":812.5,\"provider\":\"anthropic\""));
    assert!(lines[1].contains("\"tokens_cached\":900,\"tokens_cache_write\":200,\"cost_usd\":0.0042,\"ts\":"));
    assert!(lines[2].contains("\"tokens_in\":0,\"tokens_out\":0,\"error\":\"rate_limit\",\"ts\":"));
    assert!(lines[3].contains("\"metric_name\":\"viewers\",\"value\":57,\"ts\":"));
    assert!(
        beat.contains("\"rss_mb\":1.5,\"dropped\":0") || beat.contains("\"rss_mb\":1.5,\"cpu_pct\":"),
        "{beat}"
    );
    assert_eq!(goodbye.len(), 1);
    assert_eq!(field(&goodbye[0], "type").as_deref(), Some("unregister"));
    if cfg!(target_os = "linux") {
        assert_eq!(field(&lines[0], "started_at"), field(&beat, "started_at"));
    }
}

#[test]
fn a_monitor_that_comes_late_gets_the_registration_and_the_newest_rows_and_the_number_of_the_others() {
    let folder = Folder::new();
    let client = folder.client();
    client.register(&[]);
    for index in 0..3_000 {
        client.custom_metric("n", f64::from(index));
    }
    assert_eq!(client.stats().waiting, 1 + 1_024);
    assert_eq!(client.stats().dropped, 3_000 - 1_024);
    let listening = folder.monitor();
    let mut reader = listening.accept();
    assert_eq!(reader.types(1), ["register"]);
    for index in 1_976..3_000 {
        assert_eq!(field(&reader.line().expect("a row"), "value"), Some(index.to_string()));
    }
    client.heartbeat();
    assert_eq!(field(&reader.line().expect("a heartbeat"), "dropped").as_deref(), Some("1976"));
}

#[test]
fn the_bound_in_bytes_holds_as_well() {
    let folder = Folder::new();
    let client = MonitorClient::builder("lounge")
        .socket_path(folder.socket())
        .max_buffered_bytes(1_000)
        .build()
        .expect("a client");
    for index in 0..100 {
        client.custom_metric("n", f64::from(index));
    }
    let waiting = client.stats().waiting;
    assert!((5..20).contains(&waiting), "{waiting}");
    // A line that is larger than the bound is lost, and no other for it.
    client.custom_metric(&"é".repeat(256), 1.0);
    client.llm_usage(&LlmUsage::new(&"😀".repeat(256), "f", 0, 0));
    assert_eq!(client.stats().dropped as usize, 100 - waiting + 1 + (waiting - client.stats().waiting + 1));
}

#[test]
fn a_frozen_monitor_is_not_felt_and_keeps_its_connection() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.register(&[]);
    let mut reader = listening.accept();
    let started = Instant::now();
    for index in 0..20_000 {
        client.custom_metric("n", f64::from(index));
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    until("the kernel takes no more", || client.stats().waiting == 1_024);
    assert!(listening.accept_within(Duration::from_millis(700)).is_none(), "a second connection");

    // When it wakes up, it gets what there is, in order and once.
    let mut last = -1.0;
    let mut count = 0u64;
    assert_eq!(reader.types(1), ["register"]);
    while last < 19_999.0 {
        let value: f64 = field(&reader.line().expect("a row"), "value")
            .and_then(|text| text.parse().ok())
            .expect("a value");
        assert!(value > last, "{value} after {last}");
        last = value;
        count += 1;
    }
    client.heartbeat();
    assert_eq!(field(&reader.line().expect("a heartbeat"), "dropped"), Some((20_000 - count).to_string()));
}

#[test]
fn dropping_a_client_takes_at_most_150_ms_before_a_frozen_monitor_a_full_backlog_and_none() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let fill = |client: &MonitorClient| {
        client.register(&[]);
        for index in 0..20_000 {
            client.custom_metric("n", f64::from(index));
        }
    };
    let frozen = folder.client();
    fill(&frozen);
    let held = listening.accept();
    until("it stalls", || frozen.stats().waiting >= 1_024);
    let started = Instant::now();
    drop(frozen);
    assert!(started.elapsed() < Duration::from_millis(150), "frozen: {:?}", started.elapsed());
    drop(held);

    listening.fill_backlog(folder.socket());
    let waiting = folder.client();
    fill(&waiting);
    let started = Instant::now();
    drop(waiting);
    assert!(started.elapsed() < Duration::from_millis(150), "full backlog: {:?}", started.elapsed());

    let elsewhere = Folder::new();
    let absent = elsewhere.client();
    fill(&absent);
    let started = Instant::now();
    drop(absent);
    assert!(started.elapsed() < Duration::from_millis(150), "absent: {:?}", started.elapsed());
}

#[test]
fn closing_hands_over_what_waits_and_ends_in_time() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.register(&[]);
    client.custom_metric("n", 1.0);
    client.close(Duration::from_secs(10));
    assert_eq!(client.stats().waiting, 0);
    assert!(!client.custom_metric("n", 2.0));
    assert!(!client.register(&[]));
    let mut reader = listening.accept();
    assert_eq!(reader.rest().len(), 2);

    let client = folder.client();
    for index in 0..20_000 {
        client.custom_metric("n", f64::from(index));
    }
    let _held = listening.accept();
    let started = Instant::now();
    client.close(Duration::from_millis(200));
    assert!((200..1_200).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[test]
fn a_monitor_that_restarts_learns_of_the_bot_by_itself() {
    let folder = Folder::new();
    let client = folder.client();
    let listening = folder.monitor();
    client.register(&[("jokes", true)]);
    let mut first = listening.accept();
    let line = first.line().expect("the registration");
    drop((first, listening));
    let listening = folder.monitor();
    let again = listening.accept().line().expect("the registration");
    assert!(field(&line, "ts").is_some());
    // It tells no time: it is not the moment when the bot registered.
    assert_eq!(field(&again, "ts"), None);
    assert_eq!(line.split(",\"ts\"").next(), again.strip_suffix('}'));
    assert_eq!(client.stats().connections, 2);
}

#[test]
fn a_monitor_that_closes_its_side_alone_is_taken_for_gone() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.register(&[]);
    let mut first = listening.accept();
    first.line();
    first.stream.shutdown(Shutdown::Write).expect("a half-closed connection");
    assert_eq!(listening.accept().types(1), ["register"]);
}

#[test]
fn a_monitor_that_accepts_and_closes_is_not_hammered() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.register(&[]);
    let started = Instant::now();
    let mut connections = 0;
    while started.elapsed() < Duration::from_secs(2) {
        if listening.accept_within(Duration::from_millis(20)).is_some() {
            connections += 1;
        }
        client.custom_metric("n", 1.0);
    }
    assert!((2..40).contains(&connections), "{connections} connections in 2 s");
}

#[test]
fn what_a_monitor_says_is_thrown_away() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.register(&[]);
    let mut reader = listening.accept();
    reader.stream.set_write_timeout(Some(Duration::from_millis(20))).expect("a timeout");
    let noise = vec![b'x'; 65_536];
    for index in 0..40 {
        let _ = reader.stream.write(&noise);
        client.custom_metric("n", f64::from(index));
    }
    assert_eq!(reader.lines(41).len(), 41);
}

#[test]
fn a_goodbye_is_said_once_for_each_registration_and_no_heartbeat_follows_it() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    assert!(!client.unregister(), "there is nobody to say goodbye for");
    client.register(&[]);
    let mut reader = listening.accept();
    assert_eq!(reader.types(1), ["register"]);
    assert!(client.unregister());
    assert!(!client.unregister());
    assert!(!client.heartbeat());
    assert_eq!(reader.types(1), ["unregister"]);
    client.custom_metric("n", 1.0);
    assert_eq!(reader.types(1), ["custom_metric"]);
    client.register(&[]);
    assert_eq!(reader.types(1), ["register"]);
    assert!(client.heartbeat());
    assert_eq!(reader.types(1), ["heartbeat"]);
    client.unregister();
    assert_eq!(reader.types(1), ["unregister"]);

    // One that said goodbye is not registered again at the next connection.
    drop((reader, listening));
    let listening = folder.monitor();
    client.custom_metric("n", 2.0);
    assert_eq!(listening.accept().types(1), ["custom_metric"]);
}

#[test]
fn a_bot_that_comes_back_while_the_monitor_is_away_ends_as_registered() {
    let folder = Folder::new();
    let client = folder.client();
    client.register(&[]);
    client.heartbeat();
    client.unregister();
    client.register(&[("back", true)]);
    let listening = folder.monitor();
    let mut reader = listening.accept();
    client.close(HALF_A_SECOND);
    let lines = reader.rest();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("\"features\":{\"back\":true}"));
}

#[test]
fn it_beats_by_itself_and_says_how_often() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.register(&[]);
    assert!(client.start_heartbeat(Duration::from_millis(50)));
    assert!(!client.start_heartbeat(Duration::from_millis(50)));
    let mut reader = listening.accept();
    assert_eq!(reader.types(1), ["register"]);
    for _ in 0..4 {
        let beat = reader.line().expect("a heartbeat");
        assert_eq!(field(&beat, "type").as_deref(), Some("heartbeat"));
        assert_eq!(field(&beat, "interval_s").as_deref(), Some("0.05"));
        if cfg!(target_os = "linux") {
            assert!(field(&beat, "rss_mb").is_some(), "{beat}");
        }
    }
    client.stop_heartbeat();
    client.custom_metric("n", 1.0);
    while reader.types(1) == ["heartbeat"] {}
    assert!(reader.line_within(Duration::from_millis(300)).is_err(), "a beat after the end of the beats");
}

#[test]
fn trouble_is_told_at_once_repeated_and_cleared() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.set_trouble(Some("gateway\nclosed: 4004"));
    client.register(&[]);
    let mut reader = listening.accept();
    let trouble = |line: String| field(&line, "trouble");
    assert_eq!(trouble(reader.line().expect("a registration")).as_deref(), Some("gateway closed: 4004"));
    assert!(client.set_trouble(Some("rate limit")));
    assert_eq!(trouble(reader.line().expect("a heartbeat")).as_deref(), Some("rate limit"));
    assert!(!client.set_trouble(Some(" \n ")), "a blank text changes nothing");
    for index in 0..50 {
        client.set_trouble(Some(&format!("flapping {index}")));
    }
    client.set_trouble(None);
    // At most one a second; the last is right.
    let mut beats = 1;
    while trouble(reader.line().expect("a heartbeat")).is_some() {
        beats += 1;
    }
    assert!(beats < 10, "{beats} heartbeats");
    assert!(reader.line_within(Duration::from_millis(1_200)).is_err());
}

#[test]
fn threads_do_not_mix_their_lines() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let client = client.clone();
            thread::spawn(move || {
                for index in 0..200 {
                    client.custom_metric(&format!("t{thread}"), f64::from(index));
                }
            })
        })
        .collect();
    let mut reader = listening.accept();
    let mut next = [0; 4];
    for line in reader.lines(800) {
        let name = field(&line, "metric_name").expect("a name");
        let thread: usize = name[1..].parse().expect("a number");
        assert_eq!(field(&line, "value"), Some(next[thread].to_string()));
        next[thread] += 1;
    }
    assert_eq!(next, [200; 4]);
    for thread in threads {
        thread.join().expect("no panic");
    }
}

#[test]
fn a_panic_in_the_thread_of_the_client_reaches_nobody() {
    std::panic::set_hook(Box::new(|_| {}));
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = MonitorClient::builder("lounge")
        .socket_path(folder.socket())
        .logger(|text| panic!("the bot's own logger fails: {text}"))
        .build()
        .expect("a client");
    client.register(&[]);
    let mut reader = listening.accept();
    assert_eq!(reader.types(1), ["register"]);
    client.custom_metric("n", 1.0);
    assert_eq!(reader.types(1), ["custom_metric"]);
    client.close(HALF_A_SECOND);
}

#[test]
fn a_logger_hears_of_connections_and_of_each_mistake_once() {
    let (told, heard) = std::sync::mpsc::channel();
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = MonitorClient::builder("lounge")
        .socket_path(folder.socket())
        .logger(move |text| {
            let _ = told.send(text.to_owned());
        })
        .build()
        .expect("a client");
    for _ in 0..3 {
        assert!(!client.custom_metric("n", f64::NAN));
    }
    client.register(&[]);
    let _reader = listening.accept();
    let mut lines: Vec<String> = Vec::new();
    until("both are told", || {
        lines.extend(heard.try_iter());
        lines.len() == 2
    });
    lines.sort();
    assert_eq!(lines, ["connected", "custom_metric: value: expected a finite number"]);
    assert_eq!(client.stats().refused, 3);
    assert_eq!(client.stats().dropped, 0);
}

#[test]
fn no_argument_makes_a_call_panic() {
    let folder = Folder::new();
    let client = folder.client();
    let long = "x".repeat(100_000);
    let texts = ["", ".", "..", "a\0b", "\u{85}", "\u{2028}", "😀", "\"\\", long.as_str()];
    let numbers = [0.0, -0.0, -1.0, 1e308, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for text in texts {
        let _ = MonitorClient::builder(text).socket_path(text).version(text).pid(0).build();
        client.set_trouble(Some(text));
        client.register(&[(text, true), (text, false)]);
        for number in numbers {
            client.custom_metric(text, number);
            client.heartbeat_with(Some(number), Some(number));
            for tokens in [0, 1 << 53, u64::MAX] {
                let usage = LlmUsage::new(text, text, tokens, tokens).latency_ms(number).cost_usd(number);
                client.llm_usage(
                    &usage.provider(text).error(text).tokens_cached(tokens).tokens_cache_write(tokens),
                );
            }
        }
    }
    for interval in [Duration::ZERO, Duration::MAX] {
        client.start_heartbeat(interval);
        client.stop_heartbeat();
    }
    assert!(!client.flush(Duration::ZERO));
    client.close(Duration::ZERO);
    client.close(Duration::MAX);
    let closed = folder.client();
    closed.close(Duration::MAX);
}

#[test]
fn the_constructor_alone_fails_and_says_why() {
    let error = MonitorClient::new("..").expect_err("no channel").to_string();
    assert!(error.starts_with("channel: expected 1 to 128 code points"), "{error}");
    let long = "x".repeat(200);
    let error = MonitorClient::builder("lounge").socket_path(long).build().expect_err("no path").to_string();
    assert!(error.starts_with("socket_path: expected 1 to 10"), "{error}");
    let error = MonitorClient::builder("lounge").pid(0).build().expect_err("no pid").to_string();
    assert!(error.starts_with("pid: expected"), "{error}");
}
