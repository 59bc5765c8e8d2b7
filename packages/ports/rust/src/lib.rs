//! Reports a bot to KissBot Monitor over protocol 1.1: that it is alive, and what its calls of
//! language models cost.
//!
//! A bot cannot notice the monitor. No call waits for it, none panics, and what waits for it is
//! bounded, whether it is slow, frozen, absent, restarting or flooded. One thread with a name of
//! its own does all input and output; the calls only put a line into a bounded buffer. So the
//! client works in every runtime and in none, and needs a handle of neither.
//!
//! ```no_run
//! use kissbot_monitor::{LlmUsage, MonitorClient};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), kissbot_monitor::SettingError> {
//! let monitor = MonitorClient::new("lounge")?;
//! monitor.register(&[("jokes", true), ("quotes", false)]);
//! monitor.start_heartbeat(Duration::from_secs(30));
//! monitor.llm_usage(&LlmUsage::new("gpt-4o-mini", "reply", 812, 64).latency_ms(912.5));
//! monitor.custom_metric("queue_length", 7.0);
//! monitor.unregister();
//! monitor.close(Duration::from_millis(500));
//! # Ok(())
//! # }
//! ```
//!
//! # What is guaranteed
//!
//! - A call returns in microseconds, and panics for no argument. The constructor alone fails, for
//!   a channel or a socket path that cannot be.
//! - At most 1,024 usage and metric lines of 262,144 bytes wait, the oldest are dropped, and their
//!   number is told in the next heartbeat. Beside them wait one registration, one heartbeat and
//!   one goodbye, of each the newest.
//! - After a loss the client connects again, for ever, after a pause of a random length that grows
//!   from 0.25 s to 30 s. Each connection begins with the registration.
//! - The process ends when the bot ends. [`MonitorClient::close`] has a deadline, and dropping the
//!   last clone of a client waits for 100 ms at most.
//! - After a fork the child uses a connection of its own, once it calls the client.
#![forbid(unsafe_code)]

#[cfg(not(unix))]
compile_error!("kissbot-monitor speaks over a Unix socket, which this platform has not");

mod backoff;
mod builder;
mod client;
mod connection;
mod debug_log;
pub mod message;
mod outbox;
mod own_process;
mod settings;
mod state;
mod usage;
mod worker;

pub use builder::Builder;
pub use client::{MonitorClient, Stats};
pub use settings::SettingError;
pub use usage::LlmUsage;

/// The examples of the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
