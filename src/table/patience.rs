//! When a pass is to end early.

/// What a poll of the parent has left for children that it polls in vain. A pass ends early without
/// it: where a cooperative budget has run out (tokio's), all children come back at once, and to poll
/// the others too would be quadratic.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    left: u32,
    /// So many pending children are not asked whether they woke themselves: to read what a wake has
    /// just written takes almost as long as the wake.
    unasked: u32,
}

impl Patience {
    pub(super) const FULL: Self = Self {
        left: 256,
        unasked: 32,
    };
    /// A child that woke itself while polled: it tells at once that it wants no more of this pass.
    pub(super) const WOKE_ITSELF: u32 = 8;
    /// A woken child that was polled for nothing: tokio wakes those only after the parent's poll.
    const POLLED_FOR_NOTHING: u32 = 1;

    /// A child that was woken is pending, perhaps since it has woken itself.
    #[inline(always)]
    pub(super) fn pending(&mut self, is_woken: impl FnOnce() -> bool) {
        let woke_itself = if self.unasked > 0 {
            self.unasked -= 1;
            false
        } else {
            is_woken()
        };
        self.spend(if woke_itself {
            Self::WOKE_ITSELF
        } else {
            Self::POLLED_FOR_NOTHING
        });
    }

    #[inline(always)]
    pub(super) fn spend(&mut self, patience: u32) {
        self.left = self.left.saturating_sub(patience);
    }

    #[inline(always)]
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }
}
