//! A runtime of one thread, as tokio's `current_thread` is, in the standard library alone.

mod monitor;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use monitor::Folder;

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

/// Yields to the other tasks once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Runs the tasks in turns until the first is done.
fn run(mut tasks: VecDeque<Pin<Box<dyn Future<Output = bool>>>>) {
    let waker = Waker::from(Arc::new(Nobody));
    let mut context = Context::from_waker(&waker);
    while let Some(mut task) = tasks.pop_front() {
        match task.as_mut().poll(&mut context) {
            Poll::Ready(true) => return,
            Poll::Ready(false) => {}
            Poll::Pending => tasks.push_back(task),
        }
    }
}

#[test]
fn it_works_in_a_runtime_of_one_thread_and_holds_no_task_up_before_a_frozen_monitor() {
    let folder = Folder::new();
    let listening = folder.monitor();
    let client = folder.client();
    let _held = {
        client.register(&[]);
        listening.accept()
    };
    let gaps = Rc::new(RefCell::new(Vec::new()));
    let measured = gaps.clone();
    let calls = async move {
        for index in 0..10_000 {
            client.custom_metric("n", f64::from(index));
            Yield(false).await;
        }
        client.unregister();
        true
    };
    let clock = async move {
        let mut before = Instant::now();
        loop {
            Yield(false).await;
            measured.borrow_mut().push(before.elapsed());
            before = Instant::now();
        }
    };
    run(VecDeque::from([Box::pin(calls) as Pin<Box<dyn Future<Output = bool>>>, Box::pin(clock)]));
    let mut gaps = gaps.take();
    gaps.sort();
    // The scheduler of a busy machine makes a few of them long.
    let p999 = gaps[gaps.len() * 999 / 1_000];
    assert!(gaps.len() >= 9_000 && p999 < Duration::from_millis(5), "{p999:?}");
}
