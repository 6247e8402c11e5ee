//! What is `Send`, `Sync` and `Unpin`: exactly what the child is. That it compiles is the test.

use std::{
    cell::Cell,
    future::Future,
    marker::{PhantomData, PhantomPinned},
    pin::Pin,
    rc::Rc,
    sync::MutexGuard,
    task::{Context, Poll},
};

use gather::{GatherSet, Id};

use crate::support::{assert_impl, assert_not_impl, yielding};

/// A future that has the traits of `P`, whatever its output is.
struct Fut<P, T>(PhantomData<(P, fn() -> T)>);

impl<P, T> Future for Fut<P, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        Poll::Pending
    }
}

macro_rules! as_its_children {
    ($($set:ident)+) => {
        $(
            const _: () = {
                use sets::$set;
                assert_impl!($set<Fut<(), Rc<u8>>>: Send, Sync, Unpin);
                assert_impl!($set<Fut<Cell<u8>, ()>>: Send, Unpin);
                assert_not_impl!($set<Fut<Cell<u8>, ()>>: Sync);
                assert_impl!($set<Fut<MutexGuard<'static, u8>, ()>>: Sync, Unpin);
                assert_not_impl!($set<Fut<MutexGuard<'static, u8>, ()>>: Send);
                assert_impl!($set<Fut<Rc<u8>, ()>>: Unpin);
                assert_not_impl!($set<Fut<Rc<u8>, ()>>: Send, Sync);
                assert_impl!($set<Fut<PhantomPinned, ()>>: Send, Sync, Unpin);
            };
        )+
    };
}

mod sets {
    pub(super) use gather::GatherSet;
    pub(super) type Next<F> = gather::Next<'static, F>;
    pub(super) type NextWithId<F> = gather::NextWithId<'static, F>;
}

as_its_children! { GatherSet Next NextWithId }
assert_impl!(Id: Send, Sync, Unpin, Copy);

#[test]
fn can_a_set_be_waited_on_in_a_task_that_is_spawned() {
    fn spawnable(_: impl Future + Send + 'static) {}

    spawnable(async {
        let mut set = GatherSet::new();
        let id = set.push(yielding(1, 1));
        while let Some((other, _)) = set.next_with_id().await {
            assert!(id <= other);
            set.push(yielding(1, 1));
            set.next().await;
        }
    });
}
