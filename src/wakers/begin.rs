//! How a poll of the parent starts.

use core::task::Waker;

use super::{Cursor, Wakers, rest::WakeOnUnwind};

/// What there is to do in a poll of the parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// To poll an only child.
    Only,
    /// What is left of the first pass.
    First,
    /// A pass, which may turn out to be empty.
    Pass,
    /// To poll this child, and nothing else: the poller is asleep already.
    One(usize),
    /// Nothing: nobody was woken, and the parent is known.
    Nothing,
    /// Nothing now: the parent was woken, to be polled again.
    Later,
}

impl Wakers {
    /// Starts a poll of the parent: finds out whom to poll, which is the rest of a pass that ended
    /// early, or else the children that were woken.
    #[inline(always)]
    pub(crate) fn begin(&mut self, parent: &Waker, running: usize) -> Begin {
        self.rest.rested = false;
        if self.shared.children == 1 {
            self.cursor.first = 0;
            return Begin::Only;
        }
        if self.cursor.first < self.shared.children {
            return Begin::First;
        }
        if !self.rest.asleep && !self.cursor.woken.is_empty() {
            return Begin::Pass;
        }
        if self.sleeps_on(parent) {
            return Begin::Nothing;
        }
        self.begin_later(parent, running)
    }

    /// Whether nobody was woken, and the parent is known.
    #[inline(always)]
    fn sleeps_on(&self, parent: &Waker) -> bool {
        self.shared.root().is_none_or(|root| {
            self.rest.asleep
                && root.look().is_asleep()
                && self.cursor.woken.is_clear()
                && self.rest.knows(root, parent)
        })
    }

    #[inline(never)]
    fn begin_later(&mut self, parent: &Waker, running: usize) -> Begin {
        let Self {
            shared,
            cursor: Cursor { woken, .. },
            rest,
        } = self;
        let Some(root) = shared.root() else {
            return Begin::Nothing;
        };
        let mut found = root.look();
        if rest.asleep {
            if !found.is_asleep() && !rest.spare && woken.is_clear() && running > 1 {
                // Where one child was woken, and is not the last, back to sleep at once: polling it is
                // all there is to do, and this spares a step of the protocol.
                if let Some(child) = root.lone(found) {
                    let returns = !rest.returns;
                    if !root.is_in_parent(returns)
                        && root.parent.keeps(parent)
                        && root.sleep(found, false)
                    {
                        rest.returns = returns;
                        return Begin::One(child);
                    }
                    found = root.look();
                }
            }
            let Some(woke) = rest.wake(root, found) else {
                // The scary race.
                rest.rested = true;
                parent.wake_by_ref();
                return Begin::Later;
            };
            if !woke.by_child || woke.spare.is_some() {
                WakeOnUnwind::call(parent, || drop(woke.spare));
                found = root.look();
            }
        }
        if woken.is_empty() {
            root.collect(found, woken);
        }
        Begin::Pass
    }
}
