//! `GroupFuture::at_most`: how many children are alive at once, and what the others wait for.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, ready},
    sync::Mutex,
    task::Poll,
};

use gather::{Child, Group, GroupFuture, group, local_group};

use crate::support::{Holding, Log, Remote, Task, panic_of, polls, yield_now, yielding};

type Ended = Result<usize, &'static str>;
type Handle = Group<'static, usize, &'static str>;

/// A group with a limit, so many children, and a body that ends when the remote does.
struct Limited {
    g: Handle,
    remotes: Vec<Remote<Ended>>,
    handles: Vec<Child<usize>>,
    body: Remote<Ended>,
    job: GroupFuture<'static, usize, &'static str>,
}

fn limited(limit: usize, n: usize) -> Limited {
    let (body, wait) = Remote::new();
    let (remotes, children) = Remote::many(n);
    let mut handle = None;
    let job = group(|g: Handle| {
        handle = Some(g);
        wait
    });
    let g = handle.unwrap();
    let handles = children.into_iter().map(|child| g.spawn(child)).collect();
    let job = job.at_most(limit);
    Limited {
        g,
        remotes,
        handles,
        body,
        job,
    }
}

#[test]
fn how_many_start_and_does_one_that_ends_start_the_next_in_the_same_poll() {
    for limit in [1, 2, 7, 31, 32, 33, 64, 100, usize::MAX] {
        let n = 100;
        let Limited {
            remotes,
            body,
            mut job,
            ..
        } = limited(limit, n);
        let task = Task::new();
        for ended in 0..n {
            assert!(task.poll(&mut job).is_pending());
            let started = n.min(ended.saturating_add(limit));
            let expected = (0..n).map(|index| match index {
                _ if index < ended => 2,
                _ if index < started => 1,
                _ => 0,
            });
            assert!(polls(&remotes).into_iter().eq(expected));
            assert_eq!(task.woken(), 0);
            remotes[ended].finish(Ok(ended));
            assert_eq!(task.woken(), 1);
        }
        body.finish(Ok(7));
        assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
        assert_eq!(polls(&remotes), vec![2; n]);
        drop(body.take_waker());
        assert_eq!(task.clones(), 0);
    }
}

#[test]
fn does_the_body_count() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |g| {
        for number in 0..3 {
            let log = &log;
            let child = g.spawn(async move { Ok(log.note(number)) });
            child.await;
            log.note(10);
        }
        Ok::<_, &str>(7)
    });
    assert_eq!(task.run(job.at_most(1)).0.unwrap(), 7);
    assert_eq!(log.take(), [0, 10, 1, 10, 2, 10]);
}

#[test]
fn in_which_order_do_they_start_wherever_they_were_spawned() {
    let (task, log) = (Task::new(), Log::default());
    let job = local_group(async |g| {
        for number in 0..3 {
            let (inner, log) = (g.clone(), &log);
            g.spawn(async move {
                log.note(number);
                inner.spawn(async move { Ok(log.note(10 + number)) });
                yield_now().await;
                Ok(())
            });
        }
        yield_now().await;
        g.spawn(async { Ok(log.note(20)) });
        Ok::<_, &str>(())
    });
    task.run(job.at_most(2)).0.unwrap();
    // The body is polled first in the second poll, and spawns its last child there.
    assert_eq!(log.take(), [0, 1, 2, 10, 11, 20, 12]);
}

#[test]
fn is_the_task_woken_for_a_spawn_only_below_the_limit() {
    let Limited {
        g,
        remotes,
        mut job,
        ..
    } = limited(2, 1);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    let (more, children) = Remote::<Ended>::many(3);
    let mut children = children.into_iter();
    g.spawn(children.next().unwrap());
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    for child in children {
        g.spawn(child);
        assert_eq!(task.woken(), 0);
    }
    assert!(task.poll(&mut job).is_pending(), "a poll without a wake");
    assert_eq!((polls(&more), task.woken()), (vec![1, 0, 0], 0));
    remotes[0].finish(Ok(0));
    more[0].finish(Ok(0));
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((polls(&more), task.woken()), (vec![2, 1, 1], 0));
    // The limit is reached again.
    g.finish(1);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(1));
    assert!(more.iter().all(|remote| remote.drops() == 1));
}

#[test]
fn when_is_a_waiting_child_that_is_cancelled_dropped() {
    let Limited {
        remotes,
        handles,
        mut job,
        ..
    } = limited(1, 4);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    handles[1].cancel();
    handles[2].cancel();
    assert_eq!((task.woken(), handles[1].is_finished()), (0, false));
    remotes[0].finish(Ok(0));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(polls(&remotes), [2, 0, 0, 1]);
    assert!(handles[..3].iter().all(Child::is_finished));
    assert_eq!(
        remotes.iter().map(Remote::drops).collect::<Vec<_>>(),
        [1, 1, 1, 0]
    );
    // A running child that is cancelled makes room.
    assert_eq!(task.woken(), 1);
    handles[3].cancel();
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    assert!(handles[3].is_finished());
}

#[test]
fn are_waiting_children_dropped_unpolled_in_order_when_the_group_ends() {
    for dropped in [false, true] {
        let (task, log) = (Task::new(), Log::default());
        let mut spawned = Vec::new();
        let mut job = group(|g: Group<'_, (), &str>| {
            for number in 0..5 {
                let (remote, child) = Remote::<Ended>::new();
                g.spawn(Holding(child, log.on_drop(number)));
                spawned.push(remote);
            }
            pending()
        })
        .at_most(2);
        assert!(task.poll(&mut job).is_pending());
        if dropped {
            drop(job);
        } else {
            spawned[1].finish(Err("bad"));
            let Poll::Ready(Err(errors)) = task.poll(&mut job) else {
                panic!("it has failed");
            };
            assert_eq!(errors.get(1), Some(&"bad"));
        }
        // The failed child has made room, and the pass starts the next one.
        let started = if dropped { 2 } else { 3 };
        assert_eq!(
            spawned.iter().filter(|child| child.polls() > 0).count(),
            started
        );
        let order = log.take();
        assert_eq!(order.len(), 5);
        assert!(order[order.len() - 2..].is_sorted());
    }
}

#[test]
fn do_waiting_children_run_during_the_grace() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |g| {
        for number in 0..4 {
            let log = &log;
            g.spawn(async move {
                yield_now().await;
                log.note(number);
                if number == 0 { Err("bad") } else { Ok(()) }
            });
        }
        pending::<Result<(), _>>().await
    });
    let job = job.at_most(1).grace(pending::<()>());
    let (result, _) = task.run(Box::pin(job));
    assert_eq!(result.unwrap_err().len(), 1);
    assert_eq!(log.take(), [0, 1, 2, 3]);
}

#[test]
fn do_waiting_children_start_if_all_running_ones_fail_in_the_same_pass() {
    for grace in [false, true] {
        let Limited { remotes, job, .. } = limited(2, 3);
        let task = Task::new();
        let mut job: std::pin::Pin<Box<dyn Future<Output = _>>> = if grace {
            Box::pin(job.grace(pending::<()>()))
        } else {
            Box::pin(job)
        };
        assert!(task.poll(&mut job).is_pending());
        remotes[..2]
            .iter()
            .for_each(|remote| remote.finish(Err("bad")));
        let polled = task.poll(&mut job);
        assert_eq!(polled.is_pending(), grace);
        if grace {
            remotes[2].finish(Ok(1));
            let Poll::Ready(result) = task.poll(&mut job) else {
                panic!("all have ended");
            };
            assert_eq!(result.unwrap_err().len(), 2);
        }
        assert_eq!(remotes[2].drops(), 1);
    }
}

#[test]
fn does_a_panic_drop_the_waiting_children() {
    let (remotes, children) = Remote::<bool>::many(3);
    let task = Task::new();
    let mut job = group(async |g| {
        for child in children {
            g.spawn_infallible(async { assert!(child.await, "child") });
        }
        pending::<Result<(), &str>>().await
    })
    .at_most(1);
    assert!(task.poll(&mut job).is_pending());
    remotes[0].finish(false);
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "child");
    assert_eq!(polls(&remotes), [2, 0, 0]);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
}

#[test]
fn does_a_limit_hold_that_is_set_or_lowered_while_the_group_runs() {
    let Limited {
        g,
        remotes,
        mut job,
        ..
    } = limited(usize::MAX, 3);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    let mut job = job.at_most(2);
    let (late, child) = Remote::<Ended>::new();
    g.spawn(child);
    task.woken();
    for (index, alive) in [(0, 0), (1, 1)] {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(late.polls(), 0);
        remotes[index].finish(Ok(alive));
        assert_eq!(task.woken(), 1);
    }
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(late.polls(), 1);
}

#[test]
fn do_children_that_are_ready_at_once_pass_through_a_small_limit_in_one_poll() {
    for limit in [1, 3] {
        let task = Task::new();
        let job = group(async |g| {
            let handles: Vec<_> = (0..1000).map(|number| g.spawn(ready(Ok(number)))).collect();
            let values = gather::gather(handles).await;
            Ok::<_, &str>(values.into_iter().sum::<usize>())
        });
        let (result, polls) = task.run(job.at_most(limit));
        // The body is woken for the values once.
        assert_eq!((result.unwrap(), polls), (499_500, 2));
    }
}

#[test]
fn do_children_that_wake_themselves_all_end_under_a_limit() {
    let task = Task::new();
    let ended = Mutex::new(Vec::new());
    let job = group(async |g| {
        for number in 0..50 {
            let ended = &ended;
            g.spawn(async move {
                yielding(2, ()).await;
                Ok(ended.lock().unwrap().push(number))
            });
        }
        Ok::<_, &str>(())
    });
    let (result, polls) = task.run(job.at_most(10));
    result.unwrap();
    assert_eq!(polls, 11);
    let mut ended = ended.into_inner().unwrap();
    // A pass polls in the order of slots.
    ended.sort_unstable();
    assert!(ended.into_iter().eq(0..50));
}

#[test]
fn does_a_limit_of_none_panic_at_once() {
    let job = group(async |_: Group<'_, (), ()>| Ok(()));
    assert_eq!(
        panic_of(|| drop(job.at_most(0))),
        "`at_most(0)` would never start a child"
    );
}
