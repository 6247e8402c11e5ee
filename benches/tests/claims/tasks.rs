//! `JoinSet`, `FutureGroup` and `moro`: children that are spawned one by one.

use std::future::pending;
use std::panic::catch_unwind;
use std::rc::Rc;
use std::sync::Arc;

use futures_concurrency::future::FutureGroup;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet, yield_now};

/// The row "nothing runs after its drop": a `JoinSet` that is dropped aborts its children, which are dropped later.
#[test]
fn a_join_set_that_is_dropped_leaves_children_for_a_while() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let held = Arc::new(());
        let spawn = || {
            let (mut set, held) = (JoinSet::new(), held.clone());
            set.spawn(async move {
                let _held = held;
                pending::<()>().await;
            });
            set
        };
        let set = spawn();
        yield_now().await;
        drop(set);
        assert_eq!(Arc::strong_count(&held), 2);
        yield_now().await;
        assert_eq!(Arc::strong_count(&held), 1);

        let mut set = spawn();
        yield_now().await;
        set.shutdown().await;
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// The row "`!Send` children".
#[test]
fn a_join_set_takes_children_that_are_not_send_in_a_local_set() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let sum = runtime.block_on(LocalSet::new().run_until(async {
        let mut set = JoinSet::new();
        for n in 1..=3 {
            let n = Rc::new(n);
            set.spawn_local(async move { *n });
        }
        set.join_all().await.into_iter().sum::<u32>()
    }));
    assert_eq!(sum, 6);
}

/// The row "after a caught panic": it is that child's `JoinError`.
#[test]
fn a_join_set_goes_on_after_a_panic() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut set = JoinSet::new();
        set.spawn(async { std::panic::resume_unwind(Box::new("a child")) });
        set.spawn(async { 2 });
        let mut outcomes = Vec::new();
        while let Some(outcome) = set.join_next().await {
            outcomes.push(outcome.ok());
        }
        outcomes.sort_unstable();
        assert_eq!(outcomes, [None, Some(2)]);
    });
}

/// The row "a child spawns children", and "an error ends the others": in `moro-local` they panic, as the scope is
/// borrowed while it polls children.
#[test]
fn a_child_in_moro() {
    async fn fail(n: u32) -> Result<(), u32> {
        Err(n)
    }

    async fn first_error() -> Result<(), u32> {
        moro::async_scope!(|scope| {
            for n in 1..=2 {
                drop(scope.spawn(fail(n)).or_cancel(scope));
            }
            pending::<()>().await;
            Ok(())
        })
        .await
    }

    async fn local_first_error() -> Result<(), u32> {
        moro_local::async_scope!(|scope| {
            drop(scope.spawn(fail(1)).or_cancel(scope));
            Ok(())
        })
        .await
    }

    assert_eq!(futures::executor::block_on(first_error()), Err(1));
    let local = catch_unwind(|| futures::executor::block_on(local_first_error()));
    assert!(local.is_err());
}

/// The row "cancel one child": by key. The rows "outputs of different types" and "a child spawns children" are
/// "no", since `insert` takes `&mut self` and futures of one type.
#[test]
fn a_future_group_cancels_by_key() {
    let held = Arc::new(());
    let mut group = FutureGroup::new();
    let keys = [0, 1].map(|_| {
        let held = held.clone();
        group.insert(async move {
            let _held = held;
            pending::<()>().await;
        })
    });
    assert!(group.remove(keys[0]));
    assert_eq!((group.len(), Arc::strong_count(&held)), (1, 2));
}
