//! What is `Send`, `Sync` and `Unpin`: exactly what the child is. That it compiles is the test.

use std::{future::Future, marker::PhantomPinned};

use gather::{GatherSet, Id};

use crate::support::{Fut, Neither, OnlySend, OnlySync, assert_impl, assert_not_impl, yielding};

macro_rules! as_its_children {
    ($($set:ident)+) => {
        $(
            const _: () = {
                use sets::$set;
                assert_impl!($set<Fut<(), Neither>>: Send, Sync, Unpin);
                assert_impl!($set<Fut<OnlySend, ()>>: Send, Unpin);
                assert_not_impl!($set<Fut<OnlySend, ()>>: Sync);
                assert_impl!($set<Fut<OnlySync, ()>>: Sync, Unpin);
                assert_not_impl!($set<Fut<OnlySync, ()>>: Send);
                assert_impl!($set<Fut<Neither, ()>>: Unpin);
                assert_not_impl!($set<Fut<Neither, ()>>: Send, Sync);
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
