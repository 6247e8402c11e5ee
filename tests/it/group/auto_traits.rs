//! What of a group is `Send`, `Sync` and `Unpin`. That it compiles is the test.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    cell::Cell, error::Error, future::ready, marker::PhantomPinned, rc::Rc, sync::MutexGuard,
};

use gather::{
    Child, Errors, Grace, Group, GroupFuture, LocalChild, LocalGroup, LocalGroupFuture, group,
};

use crate::support::{assert_impl, assert_not_impl};

type Both = ();
type OnlySend = Cell<u8>;
type OnlySync = MutexGuard<'static, u8>;
type Neither = Rc<u8>;

type Running<R, E> = GroupFuture<'static, R, E>;
type RunningLocal<R, E> = LocalGroupFuture<'static, R, E>;

// A handle moves values between threads: they have to be `Send`. They need not be `Sync`, as no two
// threads have a reference to one.
assert_impl!(Group<'static, Both, Both>: Send, Sync, Unpin, Clone);
assert_impl!(Group<'static, OnlySend, Both>: Send, Sync, Unpin);
assert_impl!(Group<'static, PhantomPinned, PhantomPinned>: Send, Sync, Unpin);
assert_not_impl!(Group<'static, OnlySync, Both>: Send, Sync);
assert_not_impl!(Group<'static, Neither, Both>: Send, Sync);

assert_impl!(Child<Both>: Send, Sync, Unpin);
assert_impl!(Child<OnlySend>: Send, Sync, Unpin);
assert_impl!(Child<PhantomPinned>: Send, Sync, Unpin);
assert_not_impl!(Child<OnlySync>: Send, Sync, Clone);
assert_not_impl!(Child<Neither>: Send, Sync);

assert_impl!(Running<Both, Both>: Send, Unpin);
assert_impl!(Running<OnlySend, OnlySend>: Send, Unpin);
assert_impl!(Running<PhantomPinned, PhantomPinned>: Send, Unpin);
assert_not_impl!(Running<OnlySync, Both>: Send, Sync);
assert_not_impl!(Running<Neither, Both>: Send, Sync);
assert_not_impl!(Running<Both, OnlySync>: Send, Sync);
assert_not_impl!(Running<Both, Neither>: Send, Sync);

assert_impl!(Grace<'static, Both, Both, Both>: Send, Unpin);
assert_impl!(Grace<'static, Both, Both, OnlySend>: Send, Unpin);
assert_not_impl!(Grace<'static, Both, Both, OnlySync>: Send, Sync);
assert_not_impl!(Grace<'static, Both, Both, Neither>: Send, Sync);
assert_not_impl!(Grace<'static, Both, Both, PhantomPinned>: Unpin);
assert_not_impl!(Grace<'static, Neither, Both, Both>: Send);

// Its children need not be `Send`, so none of its types is.
assert_impl!(LocalGroup<'static, Neither, Neither>: Unpin, Clone);
assert_not_impl!(LocalGroup<'static, Both, Both>: Send, Sync);
assert_not_impl!(LocalGroup<'static, OnlySend, Both>: Send, Sync);
assert_impl!(RunningLocal<Neither, Neither>: Unpin);
assert_not_impl!(RunningLocal<Both, Both>: Send, Sync);
assert_impl!(LocalChild<Neither>: Unpin);
assert_not_impl!(LocalChild<Both>: Send, Sync);

fn spawnable<F: Future + Send + 'static>(_: F) {}

fn sendable<T: Send>(_: &T) {}

#[test]
fn the_future_of_cancelled_is_send_as_the_handle_is() {
    drop(group(|g: Group<'_, Cell<u8>, ()>| {
        sendable(&g.cancelled());
        ready(Ok(Cell::new(1)))
    }));
}

/// With errors that have a lifetime in their type, and with those that have none.
#[test]
fn a_group_of_any_error_can_be_awaited_in_a_spawned_task() {
    async fn run<E: Send + 'static>() {
        let name = String::from("a");
        let outer: Result<usize, Errors<E>> = group(async |g| {
            let length = g.spawn(async { Ok(name.len()) });
            Ok(length.await)
        })
        .await;
        let name = &name;
        let inner: Result<usize, Errors<E>> = group(|g| async move {
            let length = g.spawn(async { Ok(name.len()) });
            Ok(length.await)
        })
        .grace(ready(()))
        .await;
        assert_eq!((outer.ok(), inner.ok()), (Some(1), Some(1)));
    }
    spawnable(run::<String>());
    spawnable(async {
        let name = String::from("a");
        let length: Result<usize, Errors<&'static str>> = group(async |g| {
            let length = g.spawn(async { Ok(name.len()) });
            Ok(length.await)
        })
        .await;
        length.is_ok()
    });
    spawnable(async {
        let name = String::from("a");
        let length: Result<usize, Errors<Box<dyn Error + Send + Sync>>> = group(async |g| {
            let inner = group(async |g| Ok::<_, &str>(g.spawn(async { Ok(name.len()) }).await));
            let inner = inner.await.map_err(|errors| errors.boxed())?;
            Ok(inner + g.spawn(async { Ok(name.len()) }).await)
        })
        .grace(async {})
        .await;
        length.is_ok()
    });
    spawnable(group(async |g| {
        let child = g.spawn(async { Err::<(), &str>("bad") });
        Ok(child.await)
    }));
}
