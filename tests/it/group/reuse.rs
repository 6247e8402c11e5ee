//! Slots that are used again: late wakes of an earlier child do no harm to the next one.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, poll_fn},
    task::Poll,
};

use gather::{Group, group};

use crate::support::{Log, Remote, Task, yield_now, yielding};

type Ended = Result<(), &'static str>;

/// How many children, the body included, fill one, two, three and four chunks: one more needs a new chunk.
const CHUNKS: [usize; 4] = [32, 64, 128, 256];

#[test]
fn a_child_in_the_slot_of_one_that_woke_itself_as_it_ended_keeps_its_error() {
    let job = group(async |g| {
        g.spawn(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Ready(Ok(()))
        }));
        yield_now().await;
        g.spawn(yielding(1, Ok(())));
        g.spawn(yielding(1, Err::<(), _>("kept")));
        Ok(())
    });
    let (result, polls) = Task::new().run(job);
    assert_eq!(result.unwrap_err().to_string(), "1 error\n└─ 2: kept");
    assert_eq!(polls, 3, "each polled once a poll");
}

/// The children before are in full chunks, so the one that comes and goes is alone in its chunk.
#[test]
fn a_child_alone_in_a_chunk_after_one_that_woke_itself_keeps_its_error() {
    for slots in CHUNKS {
        let (task, log) = (Task::new(), Log::default());
        let mut handle = None;
        let mut job = group(|g: Group<'static, (), &str>| {
            // The body is in the first slot.
            (1..slots).for_each(|_| drop(g.spawn(pending::<Ended>())));
            handle = Some(g);
            pending()
        });
        let g = handle.unwrap();
        assert!(task.settle(&mut job).is_pending());
        for round in 0..5 {
            let mut polls = 0;
            g.spawn(poll_fn(move |cx| {
                polls += 1;
                cx.waker().wake_by_ref();
                if polls == 2 {
                    Poll::Ready(Ok(()))
                } else {
                    Poll::Pending
                }
            }));
            assert!(task.poll(&mut job).is_pending());
            assert!(task.poll(&mut job).is_pending());
            let noted = log.clone();
            let failure = if round == 4 { Err("kept") } else { Ok(()) };
            g.spawn(async move {
                noted.note(1);
                yield_now().await;
                noted.note(2);
                failure
            });
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(log.take(), [1], "{slots}");
            assert_eq!(task.poll(&mut job).is_ready(), round == 4);
            assert_eq!(log.take(), [2]);
        }
    }
}

#[test]
fn a_late_wake_polls_the_next_child_at_most_once_and_loses_none_of_its_wakes() {
    let task = Task::new();
    let mut handle = None;
    let mut job = group(|g: Group<'static, (), &str>| {
        handle = Some(g);
        pending()
    });
    let g = handle.unwrap();
    let mut stale = vec![];
    for _ in 0..10 {
        let (remote, child) = Remote::<Ended>::new();
        g.spawn(child);
        assert!(task.settle(&mut job).is_pending());
        task.woken();
        stale.iter().for_each(std::task::Waker::wake_by_ref);
        assert!(task.woken() <= 1);
        assert!(task.settle(&mut job).is_pending());
        assert!(remote.polls() <= 2);
        stale.push(remote.waker());
        remote.finish(Ok(()));
        assert_eq!(task.woken(), 1);
        stale.iter().for_each(std::task::Waker::wake_by_ref);
        assert!(task.settle(&mut job).is_pending());
        assert_eq!(remote.drops(), 1);
        stale.iter().for_each(std::task::Waker::wake_by_ref);
        assert_eq!(task.woken(), 0, "the slot is vacant");
    }
}

#[test]
fn no_child_is_moved_while_the_group_grows() {
    use std::marker::PhantomPinned;
    let (task, log) = (Task::new(), Log::default());
    let mut handle = None;
    let mut job = group(|g: Group<'static, (), &str>| {
        handle = Some(g);
        pending()
    });
    let g = handle.unwrap();
    for number in 0..500 {
        let log = log.clone();
        g.spawn(async move {
            let (here, _pinned) = (number, PhantomPinned);
            let address = &raw const here as usize;
            for _ in 0..3 {
                yield_now().await;
                assert_eq!(&raw const here as usize, address);
            }
            Ok(log.note(number))
        });
        assert!(task.poll(&mut job).is_pending());
    }
    assert!(task.settle(&mut job).is_pending());
    let mut noted = log.take();
    noted.sort_unstable();
    assert!(noted.into_iter().eq(0..500));
}
