//! Children that panic beside healthy ones, on every executor.

use std::{
    future::{Future, poll_fn},
    task::Poll,
    thread,
};

use gather::{ChildExt, Panic, gather};

use crate::support::{current_thread, two_threads};

const CHILDREN: usize = 100;

/// Children that are ready at once, panic at once, are ready later, panic later, and so on.
fn job() -> impl Future<Output = Vec<(usize, Result<usize, Panic>)>> + Send + 'static {
    let child = |index: usize| async move {
        if index % 4 > 1 {
            let mut yields = index % 7 + 1;
            poll_fn(move |cx| {
                yields -= 1;
                cx.waker().wake_by_ref();
                if yields == 0 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            // Woken by another thread.
            let (send, receive) = futures::channel::oneshot::channel();
            thread::spawn(move || send.send(()));
            receive.await.unwrap();
        }
        assert!(index % 2 == 0, "child {index}");
        index
    };
    gather((0..CHILDREN).map(move |index| child(index).catch_panic().keyed(index)))
}

fn check(outcomes: Vec<(usize, Result<usize, Panic>)>) {
    assert_eq!(outcomes.len(), CHILDREN);
    for (index, (key, outcome)) in outcomes.into_iter().enumerate() {
        assert_eq!(key, index);
        match outcome {
            Ok(output) => assert!(index % 2 == 0 && output == index),
            Err(panic) => assert_eq!(panic.to_string(), format!("child {index}")),
        }
    }
}

#[test]
fn on_pollster() {
    check(pollster::block_on(job()));
}

#[test]
fn on_smol() {
    check(smol::block_on(job()));
    check(smol::block_on(smol::spawn(job())));
}

#[test]
fn on_async_std() {
    check(async_std::task::block_on(job()));
    check(async_std::task::block_on(async_std::task::spawn(job())));
}

#[test]
fn on_tokio() {
    for runtime in [current_thread(), two_threads()] {
        check(runtime.block_on(job()));
        check(runtime.block_on(runtime.spawn(job())).unwrap());
    }
}

#[test]
fn on_futures() {
    use futures::{
        executor::{LocalPool, ThreadPool, block_on},
        task::SpawnExt,
    };
    check(block_on(job()));
    check(LocalPool::new().run_until(job()));
    let mut local = LocalPool::new();
    let spawned = local.spawner().spawn_with_handle(job()).unwrap();
    check(local.run_until(spawned));
    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    check(block_on(pool.spawn_with_handle(job()).unwrap()));
}
