//! Errors that borrow, and what they can be used for.

use std::future::ready;

use gather::{ChildExt, Errors, FirstOk, Outcomes, first_ok, gather};
use pollster::block_on;

use crate::support::failures::{BoxError, errors, leaf};

#[test]
fn may_errors_and_keys_borrow() {
    let text = String::from("two words");
    let failing = || text.split(' ').map(|word| ready(Err::<(), &str>(word)));

    let Err(errors) = block_on(gather(failing())).all_ok() else {
        panic!("all fail");
    };
    assert_eq!((errors.len(), errors[1]), (2, "words"));
    let (short, long) = errors.split(|word| word.len() < 4);
    assert!(short.is_some_and(|short| short.first() == Some((&0, &"two"))));
    let long = long.map(|long| long.map(str::to_owned));
    assert_eq!(long.unwrap().to_string(), "1 error\n└─ 1: words");

    let Err(errors) = block_on(first_ok(failing())) else {
        panic!("all fail");
    };
    assert!(errors.into_iter().eq([(0, "two"), (1, "words")]));

    let keyed = text
        .split(' ')
        .map(|word| ready(Err::<(), BoxError>(leaf(1))).keyed(word));
    let errors = block_on(first_ok(keyed)).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "2 errors\n├─ two: odd 1\n└─ words: odd 1"
    );
    let boxed: BoxError = errors.map_keys(str::to_owned).into();
    assert!(boxed.is::<Errors<BoxError, String>>());
}

/// Asserts that the types need no bound to be named.
#[allow(dead_code)]
struct Names<F: Future, E, K> {
    job: FirstOk<F>,
    errors: Errors<E, K>,
}

#[test]
fn are_nested_all_oks_dropped_without_recursion() {
    // Those that `all_ok` makes are dropped one within the other, but any other one takes what is below
    // it apart, so a chain with some of both does not overflow.
    std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(|| {
            let mut error = leaf(0);
            for level in 0..100_000 {
                let all = vec![Err::<(), _>(leaf(1)), Err(error)]
                    .all_ok()
                    .unwrap_err();
                error = if level % 2 == 0 {
                    all.into()
                } else {
                    errors([BoxError::from(all)]).into()
                };
            }
            drop(error);
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn does_boxed_make_a_deep_group_safe_to_drop() {
    std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(|| {
            let mut error = leaf(0);
            for _ in 0..100_000 {
                error = vec![Err::<(), _>(error)].all_ok().unwrap_err().into();
            }
            drop(vec![Err::<(), _>(error)].all_ok().unwrap_err().boxed());
        })
        .unwrap()
        .join()
        .unwrap();
}
