//! What is dropped, and when.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use crate::stage::*;

/// A job that is dropped half way leaks the outputs that it has: `futures_buffered::join_all` did, until 0.2.13.
#[test]
fn which_leaks_outputs() {
    exactly([], |name| {
        let (remotes, mut job, task) = name.started(40);
        remotes[1].end(End::Ready);
        assert!(poll(&mut job, &task).is_pending());
        drop(job);
        remotes.iter().any(|remote| alive(remote) > 0)
    });
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        resume_unwind(Box::new("a drop"));
    }
}

/// The row "the drop of a child panics": other children are leaked.
fn leaks(name: Name, n: usize) -> bool {
    let held = Arc::new(());
    let children = (0..n).map(|index| {
        let (held, bomb) = (held.clone(), (index == 1).then(|| PanicsInDrop));
        let child: futures::future::BoxFuture<'static, Token> = Box::pin(async move {
            let _held = (held, bomb);
            pending().await
        });
        child
    });
    let (mut job, task) = (name.job(children.collect()), Default::default());
    assert!(poll(&mut job, &task).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(job))).is_err());
    Arc::strong_count(&held) > 1
}

#[test]
fn which_leaks_children_when_a_drop_panics() {
    exactly(
        [FuturesUnordered, Buffered, BufferUnordered, ConcurrencyJoin],
        |name| leaks(name, 10),
    );
    exactly(
        [
            JoinAll,
            FuturesUnordered,
            Buffered,
            BufferUnordered,
            ConcurrencyJoin,
        ],
        |name| leaks(name, 100),
    );
}
