//! `Outcomes`: the values and the errors of many results, each with its index.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gather::{Errors, Outcomes, gather};

use crate::support::{Log, SIZES, Task, failures::Even, yielding};

#[test]
fn partition_keeps_every_outcome_with_its_index_and_in_order() {
    for n in SIZES {
        for every in [1, 2, 3, usize::MAX] {
            let failed = |index: usize| index % every == every - 1;
            let outcome = |index| if failed(index) { Err(index) } else { Ok(index) };
            let job = gather((0..n).map(|index| yielding(index % 3, outcome(index))));
            let (values, errors) = Task::new().run(job).0.partition();
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
fn partition_gives_the_indices_of_the_children_to_try_again() {
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

#[test]
fn all_ok_gives_all_values_or_all_errors_in_order() {
    let ok: Vec<Result<u32, Even>> = (0..100).map(Ok).collect();
    assert_eq!(ok.all_ok(), Ok((0..100).collect()));

    let some = |n| if n % 3 == 1 { Err(Even(n)) } else { Ok(n) };
    let expected: Errors<_> = (0..100)
        .filter(|n| n % 3 == 1)
        .map(|n| (n as usize, Even(n)))
        .collect();
    assert_eq!(
        (0..100).map(some).collect::<Vec<_>>().all_ok(),
        Err(expected)
    );

    assert_eq!(Vec::<Result<u8, u8>>::new().all_ok(), Ok(vec![]));
    assert_eq!(
        vec![Err::<(), ()>(()), Ok(()), Err(())]
            .all_ok()
            .unwrap_err()
            .len(),
        2
    );
    assert_eq!(vec![Ok::<(), ()>(()); 7].all_ok(), Ok(vec![(); 7]));
}

#[test]
fn partition_gives_both_in_order() {
    let outcomes = vec![Ok('a'), Err(1), Err(2), Ok('d'), Ok('e')];
    let (values, errors) = outcomes.partition();
    assert_eq!(values, [(0, 'a'), (3, 'd'), (4, 'e')]);
    assert_eq!(errors, [(1, 1), (2, 2)]);
}

#[test]
fn does_all_ok_drop_each_value_once() {
    let dropped = AtomicUsize::new(0);
    struct Value<'a>(&'a AtomicUsize);
    impl Drop for Value<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    let values = |failing: usize| -> Vec<Result<Value<'_>, usize>> {
        let each = |n| {
            if n == failing {
                Err(n)
            } else {
                Ok(Value(&dropped))
            }
        };
        (0..100).map(each).collect()
    };
    assert!(values(50).all_ok().is_err());
    assert_eq!(dropped.swap(0, Relaxed), 99);
    let all = values(100).all_ok();
    assert_eq!(dropped.load(Relaxed), 0);
    drop(all);
    assert_eq!(dropped.load(Relaxed), 100);
}

#[test]
fn does_all_ok_give_back_spare_memory() {
    let ok: Vec<Result<u64, [u64; 32]>> = (0..1000).map(Ok).collect();
    assert!(ok.all_ok().unwrap().capacity() <= 2000);
}
