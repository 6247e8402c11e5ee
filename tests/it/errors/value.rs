//! `Errors`: what it is, and how often each error is dropped, however deep.

use std::{
    cell::Cell,
    error::Error,
    fmt,
    panic::AssertUnwindSafe,
    rc::Rc,
    sync::{Arc, Mutex},
    thread,
};

use gather::Errors;

use crate::support::{
    assert_not_impl, catch_unwind,
    causes::{Report, because},
    failures::{BoxError, Even, Odd, errors, group, leaf},
};

#[test]
fn does_the_question_mark_box_every_kind() {
    fn send<E: fmt::Debug + fmt::Display + Send + Sync + 'static>(
        error: E,
    ) -> Result<(), BoxError> {
        Err(errors([error]))?
    }
    fn any<E: fmt::Debug + fmt::Display + 'static>(error: E) -> Result<(), Box<dyn Error>> {
        Err(errors([error]))?
    }
    assert!(send(Even(2)).unwrap_err().is::<Errors<Even>>());
    assert!(send(leaf(2)).unwrap_err().is::<Errors<BoxError>>());
    assert!(
        send(Report(because("a", "b")))
            .unwrap_err()
            .is::<Errors<Report>>()
    );
    assert!(send("text").unwrap_err().is::<Errors<&str>>());
    assert!(
        any(Box::<dyn Error>::from("text"))
            .unwrap_err()
            .is::<Errors<Box<dyn Error>>>()
    );
    assert!(any(Rc::new(2)).unwrap_err().is::<Errors<Rc<i32>>>());
}

#[test]
fn is_it_send_and_sync_when_its_errors_are() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<Errors<BoxError>>();
    sync::<Errors<BoxError>>();
    send::<Errors<Cell<u8>>>();

    assert_not_impl!(Errors<Cell<u8>>: Sync);
    assert_not_impl!(Errors<Rc<u8>>: Send);
    assert_not_impl!(Errors<Rc<u8>>: Sync);
    assert_not_impl!(Errors<Box<dyn Error>>: Send);
}

#[test]
fn which_error_is_at_an_index() {
    let errors: Errors<_> = [(1, "a"), (4, "b"), (4, "c")].into_iter().collect();
    assert_eq!(errors.len(), 3);
    assert!(!errors.is_empty());
    assert_eq!(errors.first(), Some((&1, &"a")));
    assert_eq!(errors.get(4), Some(&"b"));
    assert_eq!(errors.get(0), None);
    assert_eq!(errors.iter().len(), 3);
    assert_eq!(errors.iter().next_back(), Some((&4, &"c")));
    assert_eq!(
        (&errors).into_iter().map(|(index, _)| index).sum::<usize>(),
        9
    );
    assert_eq!(errors.clone(), errors);
    assert_ne!(
        errors
            .clone()
            .map(|error| if error == "b" { "d" } else { error }),
        errors
    );
    assert_eq!(errors.clone().into_iter().next_back(), Some((4, "c")));

    let (none, all) = errors.clone().split(|_| false);
    assert_eq!((none, all.as_ref()), (None, Some(&errors)));
    let (all, none) = errors.clone().split(|_| true);
    assert_eq!((none, all.as_ref()), (None, Some(&errors)));
}

/// Counts itself when it is dropped, and panics then if told to.
#[derive(Debug)]
struct Dropped {
    number: usize,
    log: Arc<Mutex<Vec<usize>>>,
    panics: bool,
}
impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)
    }
}
impl Error for Dropped {}
impl Drop for Dropped {
    fn drop(&mut self) {
        self.log.lock().unwrap().push(self.number);
        assert!(!self.panics, "dropped {}", self.number);
    }
}

#[test]
fn is_each_error_dropped_once_in_order() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let counted = |number| -> BoxError {
        Box::new(Dropped {
            number,
            log: log.clone(),
            panics: false,
        })
    };
    let nested = || {
        errors([
            counted(0),
            group([counted(1), group([counted(2)]), counted(3)]),
            counted(4),
        ])
    };

    drop(nested());
    assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3, 4]);
    log.lock().unwrap().clear();

    drop(nested().into_iter());
    assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3, 4]);
    log.lock().unwrap().clear();

    drop(nested().flatten());
    assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3, 4]);
    log.lock().unwrap().clear();

    let split = nested().split_leaves(|error| error.to_string() == "2");
    assert_eq!(log.lock().unwrap().len(), 0);
    drop(split);
    assert_eq!(*log.lock().unwrap(), [2, 0, 1, 3, 4]);
    log.lock().unwrap().clear();

    let split = catch_unwind(AssertUnwindSafe(|| {
        nested()
            .split_leaves(|error| error.to_string() == "1" || error.to_string() == "2" && panic!())
    }));
    assert!(split.is_err());
    let mut log = log.lock().unwrap();
    log.sort_unstable();
    assert_eq!(*log, [0, 1, 2, 3, 4]);
}

#[test]
fn is_each_error_dropped_once_if_one_of_the_drops_panics() {
    for panicking in 0..5 {
        let log = Arc::new(Mutex::new(Vec::new()));
        let counted = |number| -> BoxError {
            Box::new(Dropped {
                number,
                log: log.clone(),
                panics: number == panicking,
            })
        };
        let nested = errors([
            counted(0),
            group([counted(1), group([counted(2)]), counted(3)]),
            counted(4),
        ]);
        let panic = catch_unwind(AssertUnwindSafe(|| drop(nested))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&format!("dropped {panicking}")));
        let mut log = log.lock().unwrap();
        log.sort_unstable();
        assert_eq!(*log, [0, 1, 2, 3, 4]);
    }
}

/// Runs `test` on a stack too small for a recursion of 10 000 levels.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(test).unwrap().join().unwrap();
}

const DEEP: usize = 100_000;

/// `Even(0)` beside a group of the same, and so on, and `Odd(1)` at the end of it.
fn deep() -> Errors<BoxError> {
    let mut deep = errors([leaf(1)]);
    for _ in 0..DEEP {
        deep = errors([leaf(0), deep.into()]);
    }
    deep
}

#[test]
fn deep_nesting_does_not_overflow_when_split() {
    on_a_small_stack(|| {
        let (even, odd) = deep().split_type::<Even>();
        assert_eq!(even.unwrap().flatten().len(), DEEP);
        assert_eq!(odd.unwrap().flatten().len(), 1);
    });
}

#[test]
fn deep_nesting_does_not_overflow_when_printed() {
    on_a_small_stack(|| {
        let deep = deep();
        // Two lines a level, the end of it, and what counts the whole.
        assert_eq!(deep.to_string().lines().count(), 2 * DEEP + 2);
        assert_eq!(format!("{deep:#}").matches("even 0").count(), DEEP);
        assert_eq!(format!("{deep:?}").matches("even 0").count(), DEEP);
        assert_eq!(format!("{deep:#?}").matches("Even(").count(), DEEP);
        let longest = deep
            .to_string()
            .lines()
            .map(|line| line.chars().count())
            .max();
        assert!(longest < Some(3 * 70), "{longest:?}");
    });
}

#[test]
fn deep_nesting_does_not_overflow_when_dropped() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let counted = |number| -> BoxError {
        Box::new(Dropped {
            number,
            log: log.clone(),
            panics: false,
        })
    };
    let mut deep = errors([counted(0)]);
    for number in 1..DEEP {
        deep = errors([counted(2 * number), deep.into(), counted(2 * number + 1)]);
    }
    on_a_small_stack(|| drop(deep));
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 2 * DEEP - 1);
    // In the order in which recursion would drop them.
    assert_eq!(log[..2], [2 * DEEP - 2, 2 * DEEP - 4]);
    assert_eq!(log[2 * DEEP - 3..], [2 * DEEP - 3, 2 * DEEP - 1]);
}

#[test]
fn deep_nesting_does_not_overflow_when_a_split_panics() {
    on_a_small_stack(|| {
        let deep = deep();
        let split = catch_unwind(AssertUnwindSafe(|| {
            deep.split_leaves(|error| !error.is::<Odd>() || panic!())
        }));
        assert!(split.is_err());
    });
}
