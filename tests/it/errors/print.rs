//! How `Errors` prints.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io, iter,
    sync::Arc,
};

use gather::Errors;

use crate::support::{
    causes::{Report, because},
    failures::{BoxError, Even, errors, group, leaf},
    trees::{Tree, random_trees},
};

/// As drawn by recursion.
impl Tree {
    fn text(&self) -> String {
        let members = match self {
            Self::Leaf(number) => return leaf(*number).to_string(),
            Self::Group(members) => members,
        };
        let mut text = match members.len() {
            0 => "no errors".to_owned(),
            1 => "1 error".to_owned(),
            count => format!("{count} errors"),
        };
        for (at, (index, tree)) in members.iter().enumerate() {
            let (branch, indent) = match at + 1 == members.len() {
                true => ("└─", "\n   "),
                false => ("├─", "\n│  "),
            };
            let below = tree.text().replace('\n', indent);
            write!(text, "\n{branch} {index}: {below}").unwrap();
        }
        text
    }

    fn line(&self) -> String {
        match self {
            Self::Leaf(number) => leaf(*number).to_string(),
            Self::Group(members) if members.is_empty() => "no errors".to_owned(),
            Self::Group(members) => {
                let each = |(index, tree): &(usize, Self)| format!("{index}: {}", tree.line());
                let line: Vec<_> = members.iter().map(each).collect();
                let s = if line.len() == 1 { "" } else { "s" };
                format!("{} error{s} ({})", line.len(), line.join("; "))
            }
        }
    }
}

/// What std's own builders would print.
struct Builders<'a>(&'a Tree);
impl fmt::Debug for Builders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Tree::Leaf(number) => leaf(*number).fmt(f),
            Tree::Group(members) => {
                let members = members.iter().map(|(index, tree)| (index, Builders(tree)));
                f.write_str("Errors ")?;
                f.debug_map().entries(members).finish()
            }
        }
    }
}

#[test]
fn how_does_a_nested_failure_print() {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    let mirrors: Errors<BoxError> = errors([
        because("mirror 0", io::Error::from(io::ErrorKind::TimedOut)).into(),
        because("mirror 1", because("no route", refused())).into(),
    ]);
    let checks: Errors<BoxError> = [(2, "bad checksum".into()), (11, "cut short".into())]
        .into_iter()
        .collect();
    let failure: Errors<BoxError> = [
        (0, because("cannot read the index", refused()).into()),
        (3, mirrors.into()),
        (
            4,
            because("package `left`", because("did not verify", checks)).into(),
        ),
        (17, "two lines:\nhere is the second".into()),
    ]
    .into_iter()
    .collect();

    assert_eq!(
        failure.to_string(),
        "\
4 errors
├─ 0: cannot read the index
│     caused by: connection refused
├─ 3: 2 errors
│  ├─ 0: mirror 0
│  │     caused by: timed out
│  └─ 1: mirror 1
│        caused by: no route
│        caused by: connection refused
├─ 4: package `left`
│     caused by: did not verify
│     caused by: 2 errors
│     ├─ 2: bad checksum
│     └─ 11: cut short
└─ 17: two lines:
   here is the second"
    );
    assert_eq!(
        format!("{failure:#}"),
        "4 errors (0: cannot read the index: connection refused; \
         3: 2 errors (0: mirror 0: timed out; 1: mirror 1: no route: connection refused); \
         4: package `left`: did not verify: 2 errors (2: bad checksum; 11: cut short); \
         17: two lines: here is the second)"
    );
}

#[test]
fn how_do_none_and_one_print() {
    assert_eq!(errors::<Even>([]).to_string(), "no errors");
    assert_eq!(format!("{:#}", errors::<Even>([])), "no errors");
    assert_eq!(
        format!("{:?} {0:#?}", errors::<Even>([])),
        "no errors Errors {}"
    );
    assert_eq!(errors([Even(2)]).to_string(), "1 error\n└─ 0: even 2");
    assert_eq!(errors([group([])]).to_string(), "1 error\n└─ 0: no errors");
}

#[test]
fn does_every_tree_print_as_drawn_by_recursion() {
    for tree in random_trees() {
        let errors = tree.build();
        assert_eq!(errors.to_string(), tree.text());
        assert_eq!(format!("{errors:#}"), tree.line());
        assert_eq!(format!("{errors:?}"), tree.text());
        assert_eq!(format!("{errors:#?}"), format!("{:#?}", Builders(&tree)));
    }
}

#[test]
fn do_groups_of_any_type_draw_as_branches() {
    let expected = "\
2 errors
├─ 0: 2 errors
│  ├─ 0: even 2
│  └─ 1: even 4
└─ 1: 1 error
   └─ 0: even 6";
    let typed = || [errors([Even(2), Even(4)]), errors([Even(6)])];
    assert_eq!(errors(typed()).to_string(), expected);
    assert_eq!(errors(typed()).boxed().to_string(), expected);
    assert_eq!(errors(typed().map(Errors::boxed)).to_string(), expected);
    assert_eq!(
        errors(typed().map(Errors::boxed)).boxed().to_string(),
        expected
    );

    let expected =
        "1 error\n└─ 0: outer\n      caused by: 2 errors\n      ├─ 0: even 2\n      └─ 1: even 4";
    let [typed_cause, _] = typed();
    assert_eq!(
        errors([because("outer", typed_cause)]).boxed().to_string(),
        expected
    );
    let [boxed_cause, _] = typed().map(Errors::boxed);
    assert_eq!(
        errors([because("outer", boxed_cause)]).boxed().to_string(),
        expected
    );

    let line = "2 errors (0: 2 errors (0: even 2; 1: even 4); 1: 1 error (0: even 6))";
    assert_eq!(format!("{:#}", errors(typed())), line);
    assert_eq!(format!("{:#}", errors(typed()).boxed()), line);
    assert_eq!(format!("{:#}", errors(typed().map(Errors::boxed))), line);
}

#[test]
fn which_causes_are_printed() {
    let cause = || because("outer", "inner");
    let with = "1 error\n└─ 0: outer\n      caused by: inner";
    let without = "1 error\n└─ 0: outer";

    assert_eq!(errors([cause()]).to_string(), without);
    assert_eq!(errors([cause()]).with_causes().to_string(), with);
    let (first, second) = errors([cause(), cause()]).with_causes().split({
        let mut first = false;
        move |_| std::mem::replace(&mut first, true)
    });
    assert_eq!(first.unwrap().to_string(), with.replace("0:", "1:"));
    assert_eq!(second.unwrap().to_string(), with);

    assert_eq!(errors([cause()]).boxed().to_string(), with);
    assert_eq!(errors([Box::<dyn Error>::from(cause())]).to_string(), with);
    assert_eq!(
        errors([Box::new(cause()) as Box<dyn Error + Send>]).to_string(),
        with
    );
    assert_eq!(
        errors([Arc::new(cause()) as Arc<dyn Error + Send + Sync>]).to_string(),
        with
    );
    // By its own `Display`.
    assert_eq!(
        errors([Report(cause())]).to_string(),
        "1 error\n└─ 0: outer: inner"
    );
    assert_eq!(
        format!("{:#}", errors([Report(cause())])),
        "1 error (0: outer: inner)"
    );
}

#[test]
fn does_a_reporter_print_each_error_once() {
    let inner = errors([leaf(2), leaf(3)]);
    let outer = because("cannot start", errors([leaf(1), inner.into()]));
    let mut report = outer.to_string();
    for cause in iter::successors(outer.source(), |&error| error.source()) {
        write!(report, "\n{cause}").unwrap();
    }
    assert_eq!(
        report,
        "cannot start\n2 errors\n├─ 0: odd 1\n└─ 1: 2 errors\n   ├─ 0: even 2\n   └─ 1: odd 3"
    );
}
