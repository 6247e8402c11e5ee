//! What `main`, `unwrap` and `anyhow` print.

use std::io;

use anyhow::Context as _;
use gather::{Errors, Outcomes};

use crate::support::{
    causes::because,
    failures::{BoxError, Even, errors, group, leaf},
    panic_of,
};

fn refused() -> BoxError {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    because("mirror 1", refused).into()
}

#[test]
fn what_does_main_print() {
    // `Error: ` comes before it, on its line.
    let boxed = errors([leaf(1), group([leaf(2), refused()])]);
    assert_eq!(
        format!("{boxed:?}"),
        "\
2 errors
├─ 0: odd 1
└─ 1: 2 errors
   ├─ 0: even 2
   └─ 1: mirror 1
         caused by: connection refused"
    );
    // What else is known of them is how they look for debugging.
    let typed = [("/down", "503"), ("/off", "404")];
    let typed: Errors<&str, &str> = typed.into_iter().collect();
    assert_eq!(
        format!("{typed:?}"),
        "2 errors\n├─ \"/down\": \"503\"\n└─ \"/off\": \"404\""
    );
    assert_eq!(format!("{:?}", errors([Even(2)])), "1 error\n└─ 0: Even(2)");
    assert_eq!(
        format!("{:?}", errors([Even(2)]).with_causes()),
        "1 error\n└─ 0: even 2"
    );
    assert_eq!(
        format!("{:?}", errors([errors([Even(2), Even(4)])])),
        "1 error\n└─ 0: 2 errors\n   ├─ 0: Even(2)\n   └─ 1: Even(4)"
    );
    // Errors that have only `Debug`.
    assert_eq!(
        format!("{:?}", errors([(), ()])),
        "2 errors\n├─ 0: ()\n└─ 1: ()"
    );
}

#[test]
fn what_does_unwrap_print() {
    let failed = vec![Ok(()), Err(leaf(1))].all_ok();
    assert_eq!(
        panic_of(|| failed.unwrap()),
        "called `Result::unwrap()` on an `Err` value: 1 error\n└─ 1: odd 1"
    );
}

#[test]
fn is_the_derived_form_still_there() {
    assert_eq!(
        format!("{:#?}", errors([leaf(1), group([leaf(2)])])),
        "\
Errors {
    0: Odd(
        1,
    ),
    1: Errors {
        0: Even(
            2,
        ),
    },
}"
    );
}

#[test]
fn what_does_anyhow_print_around_it() {
    let all = || Err::<(), _>(errors([leaf(1), refused()]));
    let error = all().context("cannot start").unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "\
cannot start: 2 errors
├─ 0: odd 1
└─ 1: mirror 1
      caused by: connection refused"
    );
    let report = format!("{error:?}");
    assert_eq!(
        report.split("\n\nStack backtrace").next().unwrap(),
        "\
cannot start

Caused by:
    2 errors
    ├─ 0: odd 1
    └─ 1: mirror 1
          caused by: connection refused"
    );
}

#[test]
fn how_do_errors_of_anyhow_print() {
    let error = |n| anyhow::Error::new(Even(n)).context("outer");
    let errors: Errors<anyhow::Error, &str> =
        [("a", error(2)), ("b", error(4))].into_iter().collect();
    assert_eq!(
        errors.to_string(),
        "2 errors\n├─ a: outer: even 2\n└─ b: outer: even 4"
    );
}
