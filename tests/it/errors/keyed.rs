//! Children with keys: the key replaces the index, in every result and in what is printed.

use std::{future::ready, rc::Rc, task::Poll};

use gather::{ChildExt, Errors, Outcomes, first_ok, gather, try_gather};
use pollster::block_on;

use crate::support::{
    Log, Task,
    failures::{BoxError, Even, leaf},
    panic_of, poll_once, yielding,
};

/// Statuses above 400 fail.
fn status(
    path: &'static str,
    code: u16,
) -> impl Future<Output = (&'static str, Result<u16, String>)> {
    let page = if code < 400 {
        Ok(code)
    } else {
        Err(format!("{code}"))
    };
    yielding(usize::from(code % 3), page).keyed(path)
}

#[test]
fn what_do_all_ok_and_partition_give_of_keyed_children() {
    let ok = || gather([status("/", 200), status("/a", 201)]);
    let mixed = || gather([status("/", 200), status("/down", 503), status("/off", 404)]);

    let all = block_on(ok()).all_ok();
    assert_eq!(all, Ok(vec![("/", 200), ("/a", 201)]));
    let errors: Errors<String, &str> = block_on(mixed()).all_ok().unwrap_err();
    assert_eq!(
        errors.into_iter().collect::<Vec<_>>(),
        [("/down", "503".to_owned()), ("/off", "404".to_owned())]
    );
    assert_eq!(
        block_on(mixed()).partition(),
        (
            vec![("/", 200)],
            vec![("/down", "503".to_owned()), ("/off", "404".to_owned())]
        )
    );
}

#[test]
fn what_do_try_gather_and_first_ok_give_of_keyed_children() {
    let ok = try_gather([status("/", 200), status("/a", 201)]);
    assert_eq!(block_on(ok), Ok(vec![("/", 200), ("/a", 201)]));
    // 402 does not yield, 503 does.
    let bad = try_gather([status("/down", 503), status("/", 200), status("/off", 402)]);
    assert_eq!(block_on(bad), Err(("/off", "402".to_owned())));

    let one = first_ok([status("/down", 503), status("/", 200)]);
    assert_eq!(block_on(one), Ok(("/", 200)));
    let none = first_ok([status("/down", 503), status("/off", 404)]);
    assert_eq!(
        block_on(none).unwrap_err().to_string(),
        "2 errors\n├─ /down: 503\n└─ /off: 404"
    );
}

#[test]
fn is_each_key_moved_and_dropped_once() {
    let log = Log::default();
    let child = |n: usize| ready(if n % 2 == 0 { Ok(n) } else { Err(n) }).keyed(log.on_drop(n));
    let (values, errors) = block_on(gather((0..4).map(child))).partition();
    assert_eq!(log.take(), []);
    drop(values);
    assert_eq!(log.take(), [0, 2]);
    drop(errors);
    assert_eq!(log.take(), [1, 3]);

    let errors = block_on(first_ok([1, 3].map(child))).err().unwrap();
    assert_eq!(log.take(), []);
    drop(errors);
    assert_eq!(log.take(), [1, 3]);

    let won = block_on(first_ok([1, 2, 3].map(child))).ok().unwrap();
    assert_eq!((won.1, log.take()), (2, vec![1, 3]));
}

#[test]
fn may_a_key_be_of_any_type() {
    // Neither `Clone` nor `Debug`, `Display` or `'static`.
    struct Key<'a>(&'a str);
    let name = String::from("a");
    let job = || gather([ready(Err::<(), _>(1)).keyed(Key(&name))]);
    let errors = block_on(job()).all_ok().err().unwrap();
    let (key, error) = errors.first().unwrap();
    assert_eq!((key.0, *error), ("a", 1));
    assert_eq!(block_on(job()).partition().1[0].0.0, "a");
    let (key, _) = block_on(try_gather([ready(Err::<(), _>(1)).keyed(Key(&name))]))
        .err()
        .unwrap();
    assert_eq!(key.0, "a");
}

#[test]
fn how_is_an_error_looked_up_by_its_key() {
    let by_index: Errors<_> = [(1, "a"), (4, "b"), (4, "c")].into_iter().collect();
    assert_eq!((by_index[4], by_index.get(4)), ("b", Some(&"b")));
    assert_eq!(by_index[&1], "a");
    let text = panic_of(|| by_index[0]);
    assert_eq!(text, "the child with this key has no error");

    let by_str: Errors<_, &str> = [("/down", 503), ("/off", 404)].into_iter().collect();
    assert_eq!((by_str["/off"], by_str.get("/")), (404, None));
    let by_string = by_str.clone().map_keys(str::to_owned);
    assert_eq!((by_string["/off"], by_string.get("/")), (404, None));
    assert_eq!(by_string[&"/down".to_owned()], 503);

    #[derive(PartialEq, Eq)]
    struct Id(u8);
    let by_id: Errors<_, Id> = [(Id(7), Even(2))].into_iter().collect();
    assert_eq!(by_id[&Id(7)], Even(2));
}

#[test]
fn how_do_keys_print() {
    let errors: Errors<BoxError, String> = [
        ("/down".to_owned(), "503\nlater".into()),
        ("two\nlines".to_owned(), leaf(2)),
    ]
    .into_iter()
    .collect();
    assert_eq!(
        errors.to_string(),
        "2 errors\n├─ /down: 503\n│  later\n└─ two\n   lines: even 2"
    );
    assert_eq!(
        format!("{errors:#}"),
        "2 errors (/down: 503 later; two lines: even 2)"
    );
    assert_eq!(
        format!("{errors:?}"),
        "2 errors\n├─ \"/down\": 503\n│  later\n└─ \"two\\nlines\": even 2"
    );
    assert_eq!(
        format!("{errors:#?}"),
        "Errors {\n    \"/down\": \"503\\nlater\",\n    \"two\\nlines\": Even(\n        2,\n    ),\n}"
    );
}

/// Two hosts in a region each, as typed errors, or boxed.
fn regions(
    region: impl Fn(Errors<Even, &'static str>) -> BoxError,
) -> Errors<BoxError, &'static str> {
    let hosts = || [("a:80", Even(2)), ("b:80", Even(4))].into_iter().collect();
    [("eu", region(hosts())), ("us", leaf(1))]
        .into_iter()
        .collect()
}

#[test]
fn do_keys_print_at_every_level() {
    let tree = "2 errors\n├─ eu: 2 errors\n│  ├─ a:80: even 2\n│  └─ b:80: even 4\n└─ us: odd 1";
    let line = "2 errors (eu: 2 errors (a:80: even 2; b:80: even 4); us: odd 1)";
    for errors in [regions(Into::into), regions(|hosts| hosts.boxed().into())] {
        assert_eq!(errors.to_string(), tree);
        assert_eq!(format!("{errors:#}"), line);
        // A group by index around the keyed ones.
        let outer: Errors<BoxError> = [(7, errors.into())].into_iter().collect();
        let tree = tree.replace('\n', "\n   ");
        assert_eq!(outer.to_string(), format!("1 error\n└─ 7: {tree}"));
    }
}

#[test]
fn does_a_split_group_keep_its_key_on_both_sides() {
    let group: Errors<BoxError> = [(0, leaf(2)), (5, leaf(3))].into_iter().collect();
    let errors = || -> Errors<BoxError, Rc<str>> {
        let group: Errors<BoxError> = group_of(&group);
        [("g".into(), group.into()), ("x".into(), leaf(4))]
            .into_iter()
            .collect()
    };
    fn group_of(group: &Errors<BoxError>) -> Errors<BoxError> {
        let copy = |(&index, error): (&usize, &BoxError)| {
            (
                index,
                error
                    .downcast_ref::<Even>()
                    .map_or(leaf(3), |even| even.clone().into()),
            )
        };
        group.iter().map(copy).collect()
    }
    let (even, odd) = errors().split_type::<Even>();
    assert_eq!(
        even.unwrap().to_string(),
        "2 errors\n├─ g: 1 error\n│  └─ 0: even 2\n└─ x: even 4"
    );
    assert_eq!(
        odd.unwrap().to_string(),
        "1 error\n└─ g: 1 error\n   └─ 5: odd 3"
    );
    assert_eq!(
        errors().flatten().to_string(),
        "3 errors\n├─ g: even 2\n├─ g: odd 3\n└─ x: even 4"
    );
}

#[test]
fn are_keyed_children_polled_as_often_as_others() {
    let keyed = |n: usize| yielding(n, Ok::<_, ()>(n)).keyed(n);
    let plain = |n: usize| yielding(n, Ok::<_, ()>(n));
    let (values, polls) = Task::new().run(try_gather((0..40).map(keyed)));
    assert_eq!(values.unwrap().len(), 40);
    assert_eq!(polls, Task::new().run(try_gather((0..40).map(plain))).1);
    let none = first_ok(Vec::<std::future::Ready<(u8, Result<(), ()>)>>::new());
    let Poll::Ready(Err(errors)) = poll_once(none) else {
        panic!("there is none to succeed");
    };
    assert!(errors.is_empty());
}

#[test]
fn are_keyed_jobs_send_with_borrowed_items() {
    fn spawned<F: Future + Send + 'static>(task: F) -> F::Output {
        block_on(task)
    }
    let counts = spawned(async {
        let paths = [String::from("/"), String::from("/down")];
        let page = |path: &str| {
            let length = path.len();
            async move {
                yielding(1, ()).await;
                if length < 5 { Ok(length) } else { Err(Even(2)) }
            }
        };
        let pages = || paths.iter().map(|path| page(path).keyed(path.as_str()));
        let all = try_gather(pages()).await.err().map(|(path, _)| path.len());
        let first = first_ok(pages()).await.ok().map(|(path, _)| path.len());
        let unkeyed = first_ok(paths.iter().map(|path| page(path))).await.ok();
        let errors = gather(pages()).await.all_ok().err().map(|all| all.len());
        (all, first, unkeyed, errors)
    });
    assert_eq!(counts, (Some(5), Some(1), Some(1), Some(1)));
}
