//! Groups of errors, taken apart: which half has what. First as in CPython's test_exception_group.py.

use gather::{Errors, Outcomes, gather};
use pollster::block_on;

use crate::support::{
    failures::{BoxError, Even, Odd, errors, group, leaf},
    trees::{Tree, number, random, random_trees},
};

impl Tree {
    fn read(errors: &Errors<BoxError>) -> Self {
        let read = |(&index, error): (&usize, &BoxError)| {
            let tree = match error.downcast_ref() {
                Some(group) => Self::read(group),
                None => Self::Leaf(number(&**error)),
            };
            (index, tree)
        };
        Self::Group(errors.iter().map(read).collect())
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
}

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
        let mut observed = Vec::new();
        let (below, above) = tree.build().split_leaves(|error| {
            observed.push(number(error));
            number(error) < limit
        });
        assert_eq!(observed, tree.leaves(), "each once and in order");
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
fn does_flatten_keep_the_outermost_index_of_each_leaf() {
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
