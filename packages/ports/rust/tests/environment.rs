//! In a file of its own, as the environment belongs to the whole process.

mod monitor;

use std::env;
use std::time::Duration;

use kissbot_monitor::MonitorClient;
use monitor::Folder;

#[test]
fn the_environment_names_the_socket_and_disables_the_client() {
    let folder = Folder::new();
    let listening = folder.monitor();
    env::set_var("KISSBOT_MONITOR_SOCKET", folder.socket());
    let client = MonitorClient::new("lounge").expect("a client");
    client.register(&[]);
    assert_eq!(listening.accept().types(1), ["register"]);
    drop(client);

    for (name, value) in [("KISSBOT_MONITOR_DISABLED", "1"), ("KISSBOT_MONITOR_SOCKET", "a.sock")] {
        env::set_var(name, value);
        // It judges nothing then.
        let client = MonitorClient::new("..").expect("a client");
        assert!(!client.register(&[]));
        client.close(Duration::from_secs(5));
        env::set_var("KISSBOT_MONITOR_DISABLED", "");
    }
    assert!(listening.accept_within(Duration::from_millis(300)).is_none());
}
