use std::env;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;

use crate::client::{MonitorClient, Settings};
use crate::debug_log::{DebugLog, Listener};
use crate::message::refusal_of_channel;
use crate::settings::{absolute, fault_of_path, Environment, SettingError};

/// What a client is made of, beside its channel. See [`MonitorClient::builder`].
#[must_use]
pub struct Builder {
    channel: String,
    pid: Option<u32>,
    socket_path: Option<PathBuf>,
    version: Option<String>,
    max_buffered_lines: usize,
    max_buffered_bytes: usize,
    listener: Option<Arc<Listener>>,
}

impl Builder {
    pub(crate) fn new(channel: &str) -> Builder {
        Builder {
            channel: channel.to_owned(),
            pid: None,
            socket_path: None,
            version: None,
            max_buffered_lines: 1_024,
            max_buffered_bytes: 262_144,
            listener: None,
        }
    }

    /// The process that the client speaks for, if not this one. Its load is not measured.
    pub fn pid(mut self, pid: u32) -> Builder {
        self.pid = Some(pid);
        self
    }

    /// The monitor's socket, rather than that of `KISSBOT_MONITOR_SOCKET` or
    /// `/tmp/kissbot_monitor.sock`.
    pub fn socket_path(mut self, path: impl AsRef<Path>) -> Builder {
        self.socket_path = Some(path.as_ref().to_owned());
        self
    }

    /// The version of the bot: 1 to 256 code points without control characters. Any other is left
    /// out.
    pub fn version(mut self, version: &str) -> Builder {
        self.version = Some(version.to_owned());
        self
    }

    /// How many usage and metric lines may wait; 1,024 if not said, at least 1.
    pub fn max_buffered_lines(mut self, lines: usize) -> Builder {
        self.max_buffered_lines = lines;
        self
    }

    /// How many bytes of them may wait; 262,144 if not said.
    pub fn max_buffered_bytes(mut self, bytes: usize) -> Builder {
        self.max_buffered_bytes = bytes;
        self
    }

    /// Hears of changes of the connection and of mistakes in calls, each kind of these once. It is
    /// called in the client's own thread; one that panics is not called again.
    /// `KISSBOT_MONITOR_DEBUG=1` writes the same to standard error.
    pub fn logger(mut self, listener: impl Fn(&str) + Send + Sync + 'static) -> Builder {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Makes the client. Fails for a channel, a pid or a socket path that cannot be, and judges
    /// none of them where the environment disables the client.
    pub fn build(self) -> Result<MonitorClient, SettingError> {
        let environment = Environment::read(self.socket_path.as_deref(), |name| env::var_os(name));
        let socket_path = match environment.socket {
            Ok(path) => path,
            Err(why) => {
                let log = DebugLog::new(&self.channel, self.listener, environment.is_debug);
                log.tell(&format!("disabled: {why}"));
                return Ok(MonitorClient::disabled());
            }
        };
        if let Some(refusal) = refusal_of_channel(&self.channel) {
            return Err(SettingError { text: refusal.to_string() });
        }
        if self.pid == Some(0) {
            return Err(SettingError { text: "pid: expected an integer from 1 to 4294967295".to_owned() });
        }
        if let Some(fault) = fault_of_path(&socket_path) {
            return Err(SettingError { text: format!("socket_path: {fault}") });
        }
        let pid = self.pid.filter(|pid| *pid != process::id());
        Ok(MonitorClient::start(Settings {
            channel: self.channel,
            other_pid: pid,
            socket_path: absolute(&socket_path),
            version: self.version,
            max_buffered_lines: self.max_buffered_lines,
            max_buffered_bytes: self.max_buffered_bytes,
            listener: self.listener,
            is_debug: environment.is_debug,
        }))
    }
}
