//! In place of tests/it/support/panics.rs: a panic ends the instance.

pub(crate) fn panic_of<R>(_: impl FnOnce() -> R) -> String {
    crate::harness::needs("a panic that is caught")
}
