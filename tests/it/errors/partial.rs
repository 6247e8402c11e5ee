//! Outcomes of which some are missing, as at a deadline: are the indices those of the inputs?

use std::future::{Pending, Ready, pending, ready};

use futures::future::Either;
use gather::{ChildExt, Outcomes, gather};

use crate::support::{failures::Even, panic_of, poll_once};

type Child = Either<Pending<Result<u32, Even>>, Ready<Result<u32, Even>>>;

/// Of every three the first is never done, the last fails.
fn child(n: u32) -> Child {
    match n % 3 {
        0 => Either::Left(pending()),
        1 => Either::Right(ready(Ok(n))),
        _ => Either::Right(ready(Err(Even(n)))),
    }
}

fn at_the_deadline<F: Future>(children: impl IntoIterator<Item = F>) -> Vec<Option<F::Output>> {
    let mut job = gather(children);
    assert!(poll_once(&mut job).is_pending());
    job.into_partial()
}

#[test]
fn are_the_indices_those_of_the_inputs() {
    for n in [1, 2, 3, 7, 100] {
        let (values, errors) = at_the_deadline((0..n).map(child)).partition();
        let expected = (0..n).filter(|n| n % 3 == 1);
        assert!(values.into_iter().eq(expected.map(|n| (n as usize, n))));
        let expected = || (0..n).filter(|n| n % 3 == 2).map(|n| (n as usize, Even(n)));
        assert!(errors.into_iter().eq(expected()));
        match at_the_deadline((0..n).map(child)).all_ok() {
            Ok(values) => assert!(n < 3 && values.len() == n as usize),
            Err(errors) => assert!(errors.into_iter().eq(expected())),
        }
    }
}

#[test]
fn is_a_missing_one_an_error() {
    let partial = vec![Some(Ok::<_, Even>(1)), None, Some(Ok(3))];
    assert_eq!(partial.clone().all_ok(), Ok(vec![Some(1), None, Some(3)]));
    assert_eq!(partial.partition(), (vec![(0, 1), (2, 3)], vec![]));
    let nothing: Vec<Option<Result<u8, Even>>> = vec![None, None];
    assert_eq!(nothing.clone().all_ok(), Ok(vec![None, None]));
    assert_eq!(nothing.partition(), (vec![], vec![]));
    assert_eq!(Vec::<Option<Result<u8, Even>>>::new().all_ok(), Ok(vec![]));
}

#[test]
fn do_keys_come_through_a_deadline() {
    let children = || {
        let keyed = ["a", "b", "c", "d"].into_iter().zip(0..);
        keyed.map(|(key, n)| child(n).keyed(key))
    };
    let (values, errors) = at_the_deadline(children()).partition();
    assert_eq!((values, errors), (vec![("b", 1)], vec![("c", Even(2))]));
    let errors = at_the_deadline(children()).all_ok().unwrap_err();
    assert_eq!(errors.to_string(), "1 error\n└─ c: even 2");
    let values = at_the_deadline(children().take(2)).all_ok();
    assert_eq!(values, Ok(vec![None, Some(("b", 1))]));
}

#[test]
fn can_the_missing_ones_be_tried_again() {
    let inputs = [1, 0, 4, 3];
    let values = at_the_deadline(inputs.map(child)).all_ok().unwrap();
    let again = inputs
        .iter()
        .zip(&values)
        .filter(|(_, value)| value.is_none());
    assert_eq!(again.map(|(n, _)| *n).collect::<Vec<_>>(), [0, 3]);
}

#[test]
fn is_a_child_that_panicked_among_the_missing() {
    let child = |n| async move {
        assert_ne!(n, 0, "it is");
        Err::<u8, _>(Even(n))
    };
    let mut job = gather([0, 2].map(child));
    panic_of(|| poll_once(&mut job));
    panic_of(|| poll_once(&mut job));
    assert_eq!(job.into_partial().partition(), (vec![], vec![(1, Even(2))]));
}
