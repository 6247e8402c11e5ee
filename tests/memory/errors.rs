//! What `all_ok`, `partition` and the splits of `Errors` allocate.

use std::ptr;

use gather::{Errors, Outcomes};

use crate::{
    counting::counted,
    failures::{BoxError, Odd, errors, group, leaf},
};

/// Calls it, and counts how often that allocates.
fn allocations<R>(of: impl FnOnce() -> R) -> (R, usize) {
    let (result, count) = counted(of);
    (result, count.allocations + count.reallocations)
}

#[test]
fn how_many_allocations_do_all_ok_and_partition_take() {
    let ok: Vec<Result<u64, u64>> = (0..1000).map(Ok).collect();
    assert_eq!(allocations(|| ok.all_ok().unwrap().len()), (1000, 0));
    let ok: Vec<Result<String, BoxError>> = (0..1000).map(|_| Ok(String::new())).collect();
    assert_eq!(allocations(|| ok.all_ok().unwrap().len()), (1000, 0));

    let mixed: Vec<Result<u64, u64>> = (0..1000)
        .map(|n| if n % 2 == 0 { Ok(n) } else { Err(n) })
        .collect();
    assert_eq!(allocations(|| mixed.clone().partition()).1, 3);
    let ok: Vec<Result<u64, u64>> = (0..1000).map(Ok).collect();
    assert_eq!(allocations(|| ok.partition()).1, 1);
}

#[test]
fn how_many_allocations_do_keyed_or_missing_outcomes_take() {
    let keyed = || -> Vec<(u64, Result<u64, u64>)> { (0..1000).map(|n| (n, Ok(n))).collect() };
    let ok = keyed();
    assert_eq!(allocations(|| ok.all_ok().unwrap().len()), (1000, 0));
    let ok = keyed();
    assert_eq!(allocations(|| ok.partition()).1, 1);

    let each = |n: u64| (n % 2 == 0).then_some(Ok::<_, u64>(n));
    let partial: Vec<_> = (0..1000).map(each).collect();
    assert_eq!(allocations(|| partial.clone().partition()).1, 2);
    assert_eq!(allocations(|| partial.all_ok().unwrap().len()), (1000, 0));
}

#[test]
fn a_split_that_matches_all_returns_the_same_group() {
    // The addresses of the group and its leaf, which tell the same group from an equal one.
    fn places(errors: &Errors<BoxError>) -> (*const (), *const ()) {
        let group: &Errors<BoxError> = errors.get(1).unwrap().downcast_ref().unwrap();
        let leaf: &Odd = group.get(0).unwrap().downcast_ref().unwrap();
        (ptr::from_ref(group).cast(), ptr::from_ref(leaf).cast())
    }
    let all = errors([leaf(1), group([leaf(3)])]);
    let before = places(&all);
    let ((all, none), allocations) = allocations(|| all.split_type::<Odd>());
    assert!(none.is_none());
    assert_eq!(places(&all.unwrap()), before);
    // Two allocations, both for lists: the group is not allocated again, where it might have the old address.
    assert_eq!(allocations, 2);
}
