//! `keyed`: which key comes with which output.

use std::{
    future::{pending, poll_fn},
    rc::Rc,
    task::Poll,
};

use futures::future::FusedFuture;
use gather::{ChildExt, gather};
use pollster::block_on;

use crate::support::{panic_of, poll_once};

#[test]
fn which_key_comes_with_which_output() {
    let jobs = ["ant", "zebra", "ox"].map(|name| async move { name.len() }.keyed(name));
    assert_eq!(
        block_on(gather(jobs)),
        [("ant", 3), ("zebra", 5), ("ox", 2)]
    );
}

#[test]
fn is_a_key_handed_out_once() {
    let key = Rc::new(());
    let mut keyed = {
        let mut polls = 0;
        let child = poll_fn(move |_| {
            polls += 1;
            if polls == 2 {
                Poll::Ready(polls)
            } else {
                Poll::Pending
            }
        });
        child.keyed(key.clone())
    };
    assert!(poll_once(&mut keyed).is_pending());
    assert!(!keyed.is_terminated());
    let Poll::Ready((out, 2)) = poll_once(&mut keyed) else {
        panic!("it is ready");
    };
    assert!(Rc::ptr_eq(&out, &key));
    assert!(keyed.is_terminated());
    assert_eq!(Rc::strong_count(&key), 2);

    let again = panic_of(|| poll_once(&mut keyed));
    assert_eq!(again, "`Keyed` polled after completion");

    let unused = pending::<()>().keyed(key.clone());
    assert_eq!(format!("{unused:?}"), "Keyed { key: Some(()), .. }");
    drop(unused);
    assert_eq!(Rc::strong_count(&key), 2);
}
