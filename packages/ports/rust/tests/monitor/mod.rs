//! A monitor under control, for the tests.
#![allow(dead_code)] // each test file uses a part of it

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kissbot_monitor::MonitorClient;

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of a test's own, with a short path, gone in the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kissbot-rs-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }

    pub fn socket(&self) -> PathBuf {
        self.0.join("m.sock")
    }

    /// A client of this folder's monitor.
    pub fn client(&self) -> MonitorClient {
        MonitorClient::builder("lounge").socket_path(self.socket()).build().expect("a client")
    }

    pub fn monitor(&self) -> Monitor {
        let _ = fs::remove_file(self.socket());
        Monitor { listener: UnixListener::bind(self.socket()).expect("a listener") }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Monitor {
    listener: UnixListener,
}

impl Monitor {
    /// The next connection; it reads nothing by itself.
    pub fn accept(&self) -> Reader {
        self.accept_within(PATIENCE).expect("a connection")
    }

    pub fn accept_within(&self, time: Duration) -> Option<Reader> {
        self.listener.set_nonblocking(true).expect("a listener that does not wait");
        let deadline = Instant::now() + time;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).expect("a stream that waits");
                    return Some(Reader { stream, held: Vec::new() });
                }
                Err(_) if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
                Err(_) => return None,
            }
        }
    }

    /// Fills the backlog, so that the next attempt to connect waits. Holds what it needs.
    pub fn fill_backlog(&self, socket: PathBuf) {
        let (connected, counted) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let mut held = Vec::new();
            while let Ok(stream) = UnixStream::connect(&socket) {
                held.push(stream);
                if connected.send(()).is_err() {
                    break;
                }
            }
        });
        while counted.recv_timeout(Duration::from_millis(300)).is_ok() {}
    }
}

/// One connection, at the monitor's end.
pub struct Reader {
    pub stream: UnixStream,
    held: Vec<u8>,
}

impl Reader {
    /// The next line without its newline; `None` at the end.
    pub fn line(&mut self) -> Option<String> {
        self.line_within(PATIENCE).expect("a line, or the end")
    }

    /// `Err` where none comes in that time.
    pub fn line_within(&mut self, time: Duration) -> Result<Option<String>, ErrorKind> {
        let deadline = Instant::now() + time;
        loop {
            if let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.held.drain(..=end).collect();
                return Ok(Some(String::from_utf8(line).expect("UTF-8").trim_end().to_owned()));
            }
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left)).expect("a timeout");
            let mut bytes = [0; 65_536];
            match self.stream.read(&mut bytes) {
                Ok(0) => {
                    assert!(self.held.is_empty(), "half a line: {:?}", String::from_utf8_lossy(&self.held));
                    return Ok(None);
                }
                Ok(count) => self.held.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error.kind()),
            }
        }
    }

    pub fn lines(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.line().expect("a line")).collect()
    }

    pub fn types(&mut self, count: usize) -> Vec<String> {
        self.lines(count).iter().map(|line| field(line, "type").unwrap_or_default()).collect()
    }

    /// All lines until the end of the connection.
    pub fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.line() {
            lines.push(line);
        }
        lines
    }
}

/// The text of a field in a line, without quotes; `None` where there is none.
pub fn field(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":"))?;
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    Some(rest[..end].trim_matches('"').to_owned())
}

/// Polls until it is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
