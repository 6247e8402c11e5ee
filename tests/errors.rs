//! `Errors` and `Outcomes`: what is kept, in which half, how often dropped, how it reads.
#![cfg(all(feature = "alloc", not(gather_loom)))]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    error::Error,
    fmt::{self, Write as _},
    io, iter,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use gather::{Errors, Outcomes, gather};
use pollster::block_on;

type BoxError = Box<dyn Error + Send + Sync>;

// ---- errors to test with ----

macro_rules! display {
    ($error:ident, $($write:tt)*) => {
        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $($write)*, self.0)
            }
        }
    };
}

#[derive(Clone, Debug, PartialEq)]
struct Even(u32);
display!(Even, "even {}");
impl Error for Even {}

#[derive(Clone, Debug, PartialEq)]
struct Odd(u32);
display!(Odd, "odd {}");
impl Error for Odd {}

fn leaf(number: u32) -> BoxError {
    if number % 2 == 0 {
        Even(number).into()
    } else {
        Odd(number).into()
    }
}

/// A message and what it comes from.
#[derive(Debug)]
struct Because(&'static str, BoxError);
impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.1)
    }
}

fn because(message: &'static str, cause: impl Into<BoxError>) -> Because {
    Because(message, cause.into())
}

/// As `anyhow::Error` is: no `Error`, but printed in `{:#}` it shows its causes.
#[derive(Debug)]
struct Report(Because);
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        if f.alternate() {
            let causes = iter::successors(self.0.source(), |&error| error.source());
            causes
                .into_iter()
                .try_for_each(|cause| write!(f, ": {cause}"))?;
        }
        Ok(())
    }
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

fn errors<E>(errors: impl IntoIterator<Item = E>) -> Errors<E> {
    errors.into_iter().enumerate().collect()
}

fn group(members: impl IntoIterator<Item = BoxError>) -> BoxError {
    errors(members).into()
}

// ---- an oracle that knows nothing of stacks and boxes ----

#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Leaf(u32),
    Group(Vec<(usize, Tree)>),
}

impl Tree {
    fn random(random: &mut impl FnMut(u32) -> u32, depth: u32) -> Self {
        if depth == 0 || (depth < 6 && random(3) > 0) {
            return Self::Leaf(random(1000));
        }
        let mut index = 0;
        let mut member = |random: &mut _| {
            index += 1 + Self::below(random, 3);
            (index, Self::random(random, depth - 1))
        };
        Self::Group(
            (0..Self::below(random, 5))
                .map(|_| member(random))
                .collect(),
        )
    }

    fn below(random: &mut impl FnMut(u32) -> u32, limit: u32) -> usize {
        random(limit) as usize
    }

    fn members(&self) -> &[(usize, Self)] {
        match self {
            Self::Leaf(_) => panic!("a leaf"),
            Self::Group(members) => members,
        }
    }

    fn build(&self) -> Errors<BoxError> {
        let build = |(index, tree): &(usize, Self)| match tree {
            Self::Leaf(number) => (*index, leaf(*number)),
            Self::Group(_) => (*index, tree.build().into()),
        };
        self.members().iter().map(build).collect()
    }

    fn read(errors: &Errors<BoxError>) -> Self {
        let read = |(index, error): (usize, &BoxError)| {
            let tree = match error.downcast_ref() {
                Some(group) => Self::read(group),
                None => Self::Leaf(number(&**error)),
            };
            (index, tree)
        };
        Self::Group(errors.iter().map(read).collect())
    }

    fn leaves(&self) -> Vec<u32> {
        match self {
            Self::Leaf(number) => vec![*number],
            Self::Group(members) => members.iter().flat_map(|(_, tree)| tree.leaves()).collect(),
        }
    }

    fn keep(&self, matches: &dyn Fn(u32) -> bool) -> Option<Self> {
        match self {
            Self::Leaf(number) => matches(*number).then_some(Self::Leaf(*number)),
            Self::Group(members) => {
                let keep = |(index, tree): &(usize, Self)| Some((*index, tree.keep(matches)?));
                let kept: Vec<_> = members.iter().filter_map(keep).collect();
                (!kept.is_empty()).then_some(Self::Group(kept))
            }
        }
    }

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

/// What std's own builders would show.
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

fn number(error: &(dyn Error + 'static)) -> u32 {
    let even = error.downcast_ref().map(|Even(number)| *number);
    let odd = || error.downcast_ref().map(|Odd(number)| *number);
    even.or_else(odd).expect("a leaf")
}

/// xorshift: the same trees at each run.
fn random(seed: u32) -> impl FnMut(u32) -> u32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state % below
    }
}

fn random_trees() -> impl Iterator<Item = Tree> {
    (0..2000).map(|seed| Tree::random(&mut random(seed), 6))
}

/// Runs `test` where a recursion of 100 000 levels, or of 10 000, cannot be.
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

// ---- CPython's test_exception_group.py ----

#[test]
fn split_by_type() {
    let split = errors([leaf(1), leaf(2), leaf(3)]).split_type::<Odd>();
    assert_eq!(
        format!("{:#}", split.0.unwrap()),
        "2 errors (0: odd 1; 2: odd 3)"
    );
    assert_eq!(format!("{:#}", split.1.unwrap()), "1 error (1: even 2)");
}

#[test]
fn split_by_predicate() {
    let (large, small) =
        errors([leaf(1), group([leaf(2), leaf(3)])]).split_leaves(|error| number(error) > 2);
    assert_eq!(
        format!("{:#}", large.unwrap()),
        "1 error (1: 1 error (1: odd 3))"
    );
    assert_eq!(
        format!("{:#}", small.unwrap()),
        "2 errors (0: odd 1; 1: 1 error (0: even 2))"
    );
}

#[test]
fn full_match_gives_the_same_group() {
    // Where the group and its leaf are, which tells the same from an equal one.
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
    // Three lists and the outermost box, so none for the group: a new one might be in its old place.
    assert_eq!(allocations, 4);
}

#[test]
fn no_match_gives_none() {
    let (none, all) = errors([leaf(1), group([leaf(3)])]).split_type::<Even>();
    assert!(none.is_none());
    assert_eq!(
        format!("{:#}", all.unwrap()),
        "2 errors (0: odd 1; 1: 1 error (0: odd 3))"
    );
}

#[test]
fn each_leaf_is_in_exactly_one_half() {
    for tree in random_trees() {
        let (matched, rest) = tree.build().split_type::<Even>();
        let leaves =
            |half: Option<Errors<_>>| half.map_or(vec![], |half| Tree::read(&half).leaves());
        let (even, odd) = tree
            .leaves()
            .into_iter()
            .partition::<Vec<_>, _>(|number| number % 2 == 0);
        assert_eq!((leaves(matched), leaves(rest)), (even, odd), "{tree:?}");
    }
}

#[test]
fn structure_is_kept() {
    for (seed, tree) in (1..).zip(random_trees()) {
        let limit = random(seed)(1000);
        let mut shown = Vec::new();
        let (below, above) = tree.build().split_leaves(|error| {
            shown.push(number(error));
            number(error) < limit
        });
        assert_eq!(shown, tree.leaves(), "each once and in order");
        assert_eq!(
            below.as_ref().map(Tree::read),
            tree.keep(&|number| number < limit)
        );
        assert_eq!(
            above.as_ref().map(Tree::read),
            tree.keep(&|number| number >= limit)
        );
    }
}

#[test]
fn empty_groups_vanish() {
    let empty = || group([]);
    let (even, odd) =
        errors([group([leaf(1)]), group([empty(), leaf(2)]), empty()]).split_type::<Even>();
    assert_eq!(
        format!("{:#}", even.unwrap()),
        "1 error (1: 1 error (1: even 2))"
    );
    assert_eq!(
        format!("{:#}", odd.unwrap()),
        "1 error (0: 1 error (0: odd 1))"
    );

    let nothing = errors([group([empty()]), empty()]).split_type::<Even>();
    assert!(nothing.0.is_none() && nothing.1.is_none());
    let nothing = errors::<BoxError>([]).split_type::<Even>();
    assert!(nothing.0.is_none() && nothing.1.is_none());
}

#[test]
fn single_member_groups_stay() {
    let (even, odd) = errors([group([group([leaf(2)])])]).split_type::<Even>();
    assert_eq!(
        even.unwrap().to_string(),
        "1 error\n└─ 0: 1 error\n   └─ 0: 1 error\n      └─ 0: even 2"
    );
    assert!(odd.is_none());
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
        assert_eq!(format!("{deep:?}").matches("Even(0)").count(), DEEP);
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
    // As recursion would have had it.
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

// ---- which are dropped, and when ----

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

// ---- how it reads ----

#[test]
fn how_does_a_nested_failure_read() {
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
fn how_do_none_and_one_read() {
    assert_eq!(errors::<Even>([]).to_string(), "no errors");
    assert_eq!(format!("{:#}", errors::<Even>([])), "no errors");
    assert_eq!(
        format!("{:?} {0:#?}", errors::<Even>([])),
        "Errors {} Errors {}"
    );
    assert_eq!(errors([Even(2)]).to_string(), "1 error\n└─ 0: even 2");
    assert_eq!(errors([group([])]).to_string(), "1 error\n└─ 0: no errors");
}

#[test]
fn does_every_tree_read_as_drawn_by_recursion() {
    for tree in random_trees() {
        let errors = tree.build();
        assert_eq!(errors.to_string(), tree.text());
        assert_eq!(format!("{errors:#}"), tree.line());
        assert_eq!(format!("{errors:?}"), format!("{:?}", Builders(&tree)));
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
fn whose_causes_show() {
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
    // By its own means.
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

// ---- what it is ----

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

    macro_rules! is_not {
        ($type:ty: $auto:ident) => {{
            // Ambiguous, and no program, if both impls are there.
            trait Once<Impl> {
                fn once() {}
            }
            struct Auto;
            impl<T> Once<()> for T {}
            impl<T: $auto> Once<Auto> for T {}
            <$type as Once<_>>::once();
        }};
    }
    is_not!(Errors<Cell<u8>>: Sync);
    is_not!(Errors<Rc<u8>>: Send);
    is_not!(Errors<Rc<u8>>: Sync);
    is_not!(Errors<Box<dyn Error>>: Send);
}

#[test]
fn which_error_is_at_an_index() {
    let errors: Errors<_> = [(1, "a"), (4, "b"), (4, "c")].into_iter().collect();
    assert_eq!(errors.len(), 3);
    assert!(!errors.is_empty());
    assert_eq!(errors.first(), Some((1, &"a")));
    assert_eq!(errors.get(4), Some(&"b"));
    assert_eq!(errors.get(0), None);
    assert_eq!(errors.iter().len(), 3);
    assert_eq!(errors.iter().next_back(), Some((4, &"c")));
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

#[test]
fn is_a_nested_errors_of_the_type_kept_whole_in_its_half() {
    let typed = || BoxError::from(errors([Even(2), Even(4)]));
    let (even, odd) = errors([typed(), leaf(1), group([typed(), leaf(3)])]).split_type::<Even>();
    assert_eq!(
        format!("{:#}", even.unwrap()),
        "2 errors (0: 2 errors (0: even 2; 1: even 4); 2: 1 error (0: 2 errors (0: even 2; 1: even 4)))"
    );
    assert_eq!(
        format!("{:#}", odd.unwrap()),
        "2 errors (1: odd 1; 2: 1 error (1: odd 3))"
    );
}

#[test]
fn where_do_leaves_come_from_once_flat() {
    for tree in random_trees() {
        let expected: Vec<_> = tree
            .members()
            .iter()
            .flat_map(|(index, tree)| {
                tree.leaves()
                    .into_iter()
                    .map(|number| (*index, Tree::Leaf(number)))
            })
            .collect();
        assert_eq!(Tree::read(&tree.build().flatten()), Tree::Group(expected));
    }
}

// ---- all_ok and partition ----

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

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is passed on to the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<R>(of: impl FnOnce() -> R) -> (R, usize) {
    let before = ALLOCATIONS.get();
    let result = of();
    (result, ALLOCATIONS.get() - before)
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
fn does_all_ok_give_back_spare_memory() {
    let ok: Vec<Result<u64, [u64; 32]>> = (0..1000).map(Ok).collect();
    assert!(ok.all_ok().unwrap().capacity() <= 2000);
}

// ---- with a job ----

#[test]
fn do_jobs_in_jobs_give_groups_in_groups() {
    async fn job(name: u32, failing: u32) -> Result<u32, BoxError> {
        if failing >> name & 1 == 1 {
            return Err(leaf(name));
        }
        Ok(name)
    }
    async fn pair(first: u32, failing: u32) -> Result<Vec<u32>, BoxError> {
        Ok(gather([job(first, failing), job(first + 1, failing)])
            .await
            .all_ok()?)
    }
    let all = |failing| {
        block_on(gather([
            pair(0, failing),
            pair(2, failing),
            pair(4, failing),
        ]))
        .all_ok()
    };

    assert_eq!(all(0).unwrap(), [[0, 1], [2, 3], [4, 5]]);
    let errors = all(0b10_0011).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "\
2 errors
├─ 0: 2 errors
│  ├─ 0: even 0
│  └─ 1: odd 1
└─ 2: 1 error
   └─ 1: odd 5"
    );
    let (even, odd) = errors.split_type::<Even>();
    assert_eq!(
        format!("{:#}", even.unwrap()),
        "1 error (0: 1 error (0: even 0))"
    );
    assert_eq!(
        odd.unwrap()
            .flatten()
            .into_iter()
            .map(|(index, _)| index)
            .collect::<Vec<_>>(),
        [0, 2]
    );
}
