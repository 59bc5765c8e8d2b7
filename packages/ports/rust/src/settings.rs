//! Where the monitor listens, and whether the client reports at all.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const DEFAULT_SOCKET: &str = "/tmp/kissbot_monitor.sock";

/// How many bytes a socket's path may have.
const MOST_PATH_BYTES: usize = if cfg!(target_vendor = "apple") { 103 } else { 107 };

/// What a client cannot be made with. It is the programmer's mistake; a mistake in the environment
/// disables the client instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    pub(crate) text: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for SettingError {}

/// What the environment says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) is_debug: bool,
    /// The socket's path; or why the client is disabled.
    pub(crate) socket: Result<PathBuf, String>,
}

impl Environment {
    /// Reads `KISSBOT_MONITOR_SOCKET`, `KISSBOT_MONITOR_DISABLED` and `KISSBOT_MONITOR_DEBUG`. One
    /// that is empty is absent. A path that the programmer gave comes before the environment's.
    pub(crate) fn read(given: Option<&Path>, read: impl Fn(&str) -> Option<OsString>) -> Environment {
        let read = |name: &str| read(name).filter(|value| !value.is_empty());
        let is =
            |name: &str, value: &str| read(name).is_some_and(|found| found.as_bytes() == value.as_bytes());
        let is_off = |name: &str| read(name).is_none() || is(name, "0") || is(name, "false");
        Environment {
            is_debug: !is_off("KISSBOT_MONITOR_DEBUG"),
            socket: if is("KISSBOT_MONITOR_DISABLED", "1") || is("KISSBOT_MONITOR_DISABLED", "true") {
                Err("KISSBOT_MONITOR_DISABLED is set".to_owned())
            } else if !is_off("KISSBOT_MONITOR_DISABLED") {
                Err("KISSBOT_MONITOR_DISABLED: expected 1 or 0".to_owned())
            } else if let Some(given) = given {
                Ok(given.to_owned())
            } else {
                match read("KISSBOT_MONITOR_SOCKET").map(PathBuf::from) {
                    None => Ok(PathBuf::from(DEFAULT_SOCKET)),
                    Some(path) if path.is_relative() => {
                        Err("KISSBOT_MONITOR_SOCKET: expected an absolute path".to_owned())
                    }
                    Some(path) => match fault_of_path(&path) {
                        Some(fault) => Err(format!("KISSBOT_MONITOR_SOCKET: {fault}")),
                        None => Ok(path),
                    },
                }
            },
        }
    }
}

/// Why no socket can have that path.
pub(crate) fn fault_of_path(path: &Path) -> Option<String> {
    let bytes = path.as_os_str().as_bytes();
    let is_possible = (1..=MOST_PATH_BYTES).contains(&bytes.len()) && !bytes.contains(&0);
    (!is_possible).then(|| format!("expected 1 to {MOST_PATH_BYTES} bytes and no NUL, got {}", bytes.len()))
}

/// The path as it is meant now, whatever directory the process changes to; as it is where no socket
/// can have that path.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    match env::current_dir() {
        Ok(folder) if fault_of_path(&folder.join(path)).is_none() => folder.join(path),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(given: Option<&str>, variables: &[(&str, &str)]) -> Environment {
        Environment::read(given.map(Path::new), |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn an_empty_variable_is_absent() {
        let empty = [("KISSBOT_MONITOR_SOCKET", ""), ("KISSBOT_MONITOR_DISABLED", "")];
        assert_eq!(with(None, &empty).socket, Ok(PathBuf::from(DEFAULT_SOCKET)));
    }

    #[test]
    fn a_path_of_the_programmer_comes_before_that_of_the_environment() {
        let set = [("KISSBOT_MONITOR_SOCKET", "/run/a.sock")];
        assert_eq!(with(None, &set).socket, Ok(PathBuf::from("/run/a.sock")));
        assert_eq!(with(Some("/run/b.sock"), &set).socket, Ok(PathBuf::from("/run/b.sock")));
    }

    #[test]
    fn a_mistake_in_the_environment_disables_the_client() {
        let long = format!("/{}", "x".repeat(200));
        for (name, value) in [
            ("KISSBOT_MONITOR_SOCKET", "relative.sock"),
            ("KISSBOT_MONITOR_SOCKET", long.as_str()),
            ("KISSBOT_MONITOR_DISABLED", "maybe"),
            ("KISSBOT_MONITOR_DISABLED", "1"),
            ("KISSBOT_MONITOR_DISABLED", "true"),
        ] {
            let disabled = with(None, &[(name, value)]).socket;
            assert!(disabled.as_ref().is_err_and(|why| why.starts_with(name)), "{disabled:?}");
        }
        assert!(with(None, &[("KISSBOT_MONITOR_DISABLED", "0")]).socket.is_ok());
    }
}
