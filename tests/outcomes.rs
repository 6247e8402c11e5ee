//! `Outcomes`: the values and the errors of many results, each with its index.

#![cfg(all(feature = "alloc", not(gather_loom)))]

mod common;

use common::{Log, Parent, SIZES, yielding};
use gather::{Outcomes, gather};

#[test]
fn partition_keeps_every_outcome_with_its_index_and_in_order() {
    for n in SIZES {
        for every in [1, 2, 3, usize::MAX] {
            let failed = |index: usize| index % every == every - 1;
            let outcome = |index| if failed(index) { Err(index) } else { Ok(index) };
            let job = gather((0..n).map(|index| yielding(index % 3, outcome(index))));
            let (values, errors) = Parent::new().run(job).0.partition();
            let numbered = |index| (index, index);
            assert!(
                values
                    .into_iter()
                    .eq((0..n).filter(|&index| !failed(index)).map(numbered))
            );
            assert!(
                errors
                    .into_iter()
                    .eq((0..n).filter(|&index| failed(index)).map(numbered))
            );
        }
    }
}

#[test]
fn partition_moves_what_it_is_given_and_drops_nothing() {
    let log = Log::default();
    let outcomes = (0..6).map(|index| match index % 2 {
        0 => Ok(log.on_drop(index)),
        _ => Err(log.on_drop(index)),
    });
    let (values, errors) = outcomes.collect::<Vec<_>>().partition();
    assert_eq!(log.take(), []);
    drop(values);
    assert_eq!(log.take(), [0, 2, 4]);
    drop(errors);
    assert_eq!(log.take(), [1, 3, 5]);
}

#[test]
fn partition_tells_whom_to_try_again() {
    let attempt = |index: usize, attempts: usize| async move {
        yielding(index, ()).await;
        if index < attempts {
            Ok(index * 10)
        } else {
            Err("not yet")
        }
    };
    let mut done = vec![None; 5];
    let mut left: Vec<usize> = (0..5).collect();
    let mut attempts = 0;
    while !left.is_empty() {
        attempts += 2;
        let job = gather(left.iter().map(|&index| attempt(index, attempts)));
        let (values, errors) = pollster::block_on(job).partition();
        for (index, value) in values {
            done[left[index]] = Some(value);
        }
        left = errors.into_iter().map(|(index, _)| left[index]).collect();
    }
    assert_eq!(
        (attempts, done),
        (6, [0, 10, 20, 30, 40].map(Some).to_vec())
    );
}
