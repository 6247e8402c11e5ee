//! A table whose outputs are taken one by one, and whose slots are used again.

use core::{
    cell::Cell,
    future::Future,
    task::{Context, Poll, ready},
};

use super::{Patience, Table, visit};
use crate::wakers::Begin;

impl<F: Future> Table<F> {
    /// Starts a poll of the parent, in which `poll_next` is then called until it is pending, and children
    /// may be started. For a table that has no first pass.
    #[inline]
    pub(crate) fn begin_next(&mut self, cx: &Context<'_>) {
        if let Begin::One(child) = self.begin(cx) {
            self.wakers.start_one(child);
        }
    }

    /// The next output, be it one that no reader was shown, and its index. `None` once there are no more.
    #[inline(always)]
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        if !self.wakers.is_pass_over() {
            if let Poll::Ready(Some(next)) = self.poll_next_woken(cx) {
                return Poll::Ready(Some(next));
            }
        }
        self.poll_last(cx)
    }

    /// The same where nobody that was woken is left.
    #[inline(never)]
    fn poll_last(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        if let Some(next) = self.next_unshown() {
            return Poll::Ready(Some(next));
        }
        if self.slots.running() == 0 {
            // What is left are wakes of children that are over. Not for those that take their slots.
            self.wakers.forget_woken();
            return Poll::Ready(None);
        }
        if self.wakers.is_only() {
            return visit(
                &mut self.slots,
                self.wakers.only(cx.waker()),
                |slots, index, output| Some((index, slots.empty(index, output))),
            )
            .map_or(Poll::Pending, Poll::Ready);
        }
        self.rest(cx);
        Poll::Pending
    }

    /// The next output, in a poll of the parent that starts with it.
    #[inline(always)]
    pub(crate) fn begin_poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(usize, F::Output)>> {
        if let Some(next) = self.next_unshown() {
            return Poll::Ready(Some(next));
        }
        if self.slots.running() == 0 {
            return Poll::Ready(None);
        }
        let begin = self.begin(cx);
        let Self { wakers, slots, .. } = self;
        let one = match begin {
            Begin::Only => wakers.only(cx.waker()),
            Begin::One(child) => wakers.one(child, cx.waker()),
            Begin::First => {
                let index = ready!(self.poll_first::<true>(cx, |_, _| true));
                let next = index.and_then(|index| Some((index, self.slots.take(index)?)));
                return Poll::Ready(next);
            }
            Begin::Pass => return self.poll_next_woken(cx),
            Begin::Nothing | Begin::Later => return Poll::Pending,
        };
        let next = visit(slots, one, |slots, index, output| {
            Some((index, slots.empty(index, output)))
        });
        next.map_or(Poll::Pending, Poll::Ready)
    }

    #[inline(always)]
    fn poll_next_woken(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        self.poll_woken(cx, |slots, index, output| {
            Some((index, slots.empty(index, output)))
        })
    }

    #[inline(always)]
    fn next_unshown(&mut self) -> Option<(usize, F::Output)> {
        let (index, finished) = self.slots.show_next()?;
        Some((index, finished.take()))
    }

    /// Whether none of those that were woken before the poll is left, and no output.
    pub(crate) fn is_pass_over(&self) -> bool {
        self.wakers.is_pass_over() && !self.slots.may_show()
    }

    /// Puts another child into slot `index`, which is empty, and polls it. The slot stays empty if the
    /// child is ready.
    #[inline(always)]
    pub(crate) fn start(
        &mut self,
        index: usize,
        child: F,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let Self {
            wakers,
            slots,
            patience,
        } = self;
        if wakers.is_for_only_child() {
            let (only, unwinding) = wakers.only(cx.waker()).start();
            let waker = only.lend();
            let cx = &mut Context::from_waker(&waker);
            let polled = slots.start(index, child, cx, || only.finished());
            unwinding.end();
            return polled;
        }
        let turn = Cell::new(index);
        let newcomer = wakers.start(cx.waker(), &turn);
        let waker = newcomer.lend();
        let cx = &mut Context::from_waker(&waker);
        let polled = slots.start(index, child, cx, || newcomer.finished());
        let woke_itself = polled.is_pending() && newcomer.pending();
        newcomer.end();
        if woke_itself {
            patience.spend(Patience::WOKE_ITSELF);
            // This may call the parent's waker, whose panic is no end of the child.
            wakers.wake_started(index);
        }
        polled
    }

    /// Whether there is something to be gained by polling more children now.
    #[inline]
    pub(crate) fn is_patient(&self) -> bool {
        !self.patience.is_over()
    }

    /// Sees to it that the parent is woken for children that were started.
    pub(crate) fn rest(&mut self, cx: &Context<'_>) {
        if !self.wakers.is_over() {
            self.wakers.rest(cx.waker());
        }
    }
}
