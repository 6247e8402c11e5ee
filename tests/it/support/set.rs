//! Sets whose children are finished from outside.

use gather::{GatherSet, Id};

use super::{Child, Remote, Task, polls};

/// Around every size at which a set gets another chunk and another block of nodes: 32, 64, 128.
pub(crate) const SIZES: [usize; 11] = [1, 2, 31, 32, 33, 63, 64, 65, 128, 129, 1000];

/// A child that is pushed.
pub(crate) fn push<T>(set: &mut GatherSet<Child<T>>) -> (Id, Remote<T>) {
    let (remote, child) = Remote::new();
    (set.push(child), remote)
}

pub(crate) type Waiting = (Task, Vec<Id>, Vec<Remote<usize>>, GatherSet<Child<usize>>);

/// A set after its first poll.
pub(crate) fn waiting(n: usize) -> Waiting {
    let mut set = GatherSet::new();
    let (ids, remotes): (_, Vec<_>) = (0..n).map(|_| push(&mut set)).unzip();
    let task = Task::new();
    assert!(task.poll_next(&mut set).is_pending());
    assert_eq!((polls(&remotes), task.woken()), (vec![1; n], 0));
    (task, ids, remotes, set)
}
