//! In a file of its own, as a fork copies whatever other tests hold at that moment.
#![allow(unsafe_code)] // fork, which the standard library has not

mod monitor;

use std::time::Duration;

use monitor::{field, Folder};

extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(code: i32) -> !;
}

#[test]
fn a_forked_child_uses_a_connection_of_its_own() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    client.register(&[]);
    let mut parents = listening.accept();
    assert_eq!(parents.types(1), ["register"]);

    let child = unsafe { fork() };
    if child == 0 {
        client.register(&[]);
        client.custom_metric("of the child", 1.0);
        client.close(Duration::from_secs(5));
        unsafe { _exit(0) }
    }
    let mut childs = listening.accept();
    let lines = childs.rest();
    let mut status = 0;
    assert_eq!(unsafe { waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    client.custom_metric("of the parent", 2.0);
    client.close(Duration::from_secs(5));
    let line = parents.line().expect("a row");

    assert_eq!(field(&line, "metric_name").as_deref(), Some("of the parent"));
    assert_eq!(parents.line(), None);
    assert_eq!(lines.len(), 2);
    assert_eq!(field(&lines[0], "type").as_deref(), Some("register"));
    assert_eq!(field(&lines[0], "pid"), Some(child.to_string()));
    assert_eq!(field(&lines[1], "metric_name").as_deref(), Some("of the child"));
}
