//! The poll of a group, and its end.

use core::{
    cell::Cell,
    convert::Infallible,
    mem,
    ops::ControlFlow,
    task::{Context, Poll},
};

use super::GroupFuture;
use crate::{
    chunks::Chunks,
    errors::Errors,
    group::{kind::Kind, task::Ended},
    ready_set::ReadySet,
    table::{BUDGET, Table},
    unwind,
};

/// The number of the body in the table.
const BODY: u64 = u64::MAX;

impl<R, E, K: Kind> GroupFuture<'_, R, E, K> {
    /// Polls woken children, and starts spawned ones. Ready when the group is over. `is_due` polls the deadline.
    fn run(
        &mut self,
        cx: &mut Context<'_>,
        mut is_due: impl FnMut(&mut Context<'_>) -> bool,
    ) -> Poll<()> {
        if self.shared.unpark() && !self.graceful {
            return Poll::Ready(());
        }
        // Before the children, which can use up the cooperative budget of an executor.
        let mut due = self.signalled && is_due(cx);
        // Bounds the poll if children spawn children without end: when it is spent, no more are taken from the
        // shared queue.
        let (mut budget, mut cancelled) = (BUDGET, None);
        let Self {
            shared,
            tasks,
            unstarted,
            body_runs,
            errors,
            queue,
            limit,
            ..
        } = self;
        let body_runs = Cell::from_mut(body_runs);
        let mut new = |children: &mut Chunks<_>, ready: &ReadySet| {
            if let Some(body) = unstarted.take() {
                return Some(children.insert(BODY, body));
            }
            let is_full = children.len() - usize::from(body_runs.get()) >= *limit;
            if (is_full || queue.is_empty()) && cancelled.is_none() {
                if budget == 0 && !is_full {
                    cx.waker().wake_by_ref();
                    cancelled = Some(shared.unpark());
                } else {
                    cancelled = shared.park(is_full, queue, || ready.notifier());
                    budget = budget.saturating_sub(queue.len());
                }
            }
            if is_full {
                return None;
            }
            let (child, future) = queue.pop_front()?;
            Some(children.insert(child as u64, future))
        };
        let mut done = |children: &mut Chunks<_>, slot, ended: Ended<E>| {
            children.complete(slot, |child| {
                body_runs.set(body_runs.get() && child != BODY);
                if let Some(error) = ended {
                    shared.fail();
                    let index = if child == BODY {
                        shared.next_index()
                    } else {
                        child as usize
                    };
                    errors.push((index, *error));
                }
            });
            ControlFlow::<Infallible>::Continue(())
        };
        let polled = tasks.poll_children(cx, true, &mut new, &mut done);
        // Otherwise the poll has ended early, and has woken the task.
        let is_all_started = budget > 0 && cancelled.is_some();
        if polled.is_ready() && is_all_started {
            return Poll::Ready(());
        }
        if !cancelled.unwrap_or_else(|| self.shared.unpark()) {
            return Poll::Pending;
        }
        if !self.graceful {
            return Poll::Ready(());
        }
        let is_body_alone = self.body_runs && self.tasks.children.len() == 1;
        if is_body_alone && is_all_started && !self.shared.body.get() {
            return Poll::Ready(());
        }
        if !mem::replace(&mut self.signalled, true) {
            self.shared.signal();
            due = is_due(cx);
        }
        if due { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Polls the group until it ends. `of` is the name of the public type.
    pub(in crate::group) fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        of: &str,
        is_due: impl FnMut(&mut Context<'_>) -> bool,
    ) -> Poll<Result<R, Errors<E>>> {
        assert!(!self.terminated, "`{of}` polled after completion");
        if self.ended.is_none() {
            let guard = EndOnUnwind(self);
            let polled = guard.0.run(cx, is_due);
            mem::forget(guard);
            if polled.is_pending() {
                return Poll::Pending;
            }
        }
        // If a drop panics, the next poll returns the result.
        unwind::or_wake(cx, || self.end());
        self.terminated = true;
        let errors = mem::take(&mut self.errors);
        Poll::Ready(match self.ended.take().flatten() {
            Some(value) if errors.is_empty() => Ok(value),
            _ => Err(Errors::new(errors)),
        })
    }

    /// Ends the group. Drops running children and the body in the order of their slots, then children that were not
    /// started.
    pub(super) fn end(&mut self) {
        let closed = self.shared.close();
        let mut values = closed.values.into_iter().flatten();
        self.ended.get_or_insert(values.next());
        let running = mem::replace(&mut self.tasks, Table::growing(usize::MAX));
        let queue = (self.unstarted.take(), mem::take(&mut self.queue));
        // In one tuple: if the drop of one field panics, the others are dropped as well.
        drop((
            running,
            queue,
            closed.queue,
            values,
            closed.notifier,
            closed.listeners,
        ));
    }
}

/// Ends the group if its poll unwinds.
struct EndOnUnwind<'a, 'env, R, E: 'static, K: Kind>(&'a mut GroupFuture<'env, R, E, K>);

impl<R, E, K: Kind> Drop for EndOnUnwind<'_, '_, R, E, K> {
    fn drop(&mut self) {
        self.0.terminated = true;
        unwind::contain(|| self.0.end());
    }
}
