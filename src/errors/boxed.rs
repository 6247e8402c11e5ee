//! Groups of boxed errors: taken apart by type and flattened, never by recursion.

use alloc::{boxed::Box, vec, vec::Vec};
use core::{error::Error, mem};

use super::{BoxError, Errors, Group, drop::each_leaf};

type Members = Vec<(usize, BoxError)>;
type Half = Option<Box<Group>>;

impl<K: Clone> Errors<Box<dyn Error + Send + Sync>, K> {
    /// Splits the errors into the leaves of type `T`, and the others.
    ///
    /// Both halves keep the groups around their leaves. This is the counterpart of Python's `except*`.
    ///
    /// ```
    /// use gather::Errors;
    /// use std::{error::Error, fmt, io};
    ///
    /// #[derive(Debug)]
    /// struct Refused;
    /// # impl fmt::Display for Refused {
    /// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    /// #         f.write_str("refused")
    /// #     }
    /// # }
    /// impl Error for Refused {}
    ///
    /// type BoxError = Box<dyn Error + Send + Sync>;
    /// let timeout = || BoxError::from(io::Error::from(io::ErrorKind::TimedOut));
    /// let group: Errors<BoxError> = [(0, timeout()), (1, Refused.into())].into_iter().collect();
    /// let errors: Errors<BoxError> = [(5, group.into()), (7, timeout())].into_iter().collect();
    ///
    /// let (refused, rest) = errors.split_type::<Refused>();
    /// assert_eq!(format!("{:#}", refused.unwrap()), "1 error (5: 1 error (1: refused))");
    /// assert_eq!(
    ///     format!("{:#}", rest.unwrap()),
    ///     "2 errors (5: 1 error (0: timed out); 7: timed out)",
    /// );
    /// ```
    ///
    /// Each leaf is in one of the halves, with its index or key. A group is in both halves if it has leaves of
    /// both, and its key is cloned. A half without leaves is `None`. Groups without leaves are removed; groups of
    /// one leaf stay. Causes are not considered, only the type of the leaf itself.
    ///
    /// A nested `Errors<T>` matches as a whole. A nested `Errors` of any other type is a leaf.
    pub fn split_type<T: Error + 'static>(self) -> (Option<Self>, Option<Self>) {
        self.split_leaves(|leaf| leaf.is::<T>() || leaf.is::<Errors<T>>())
    }

    /// Splits the errors into the leaves for which `matches` returns `true`, and the others.
    ///
    /// Both halves keep the groups around their leaves. `matches` is called once for each leaf, in order.
    ///
    /// ```
    /// # use gather::Errors;
    /// # use std::{error::Error, io};
    /// # type BoxError = Box<dyn Error + Send + Sync>;
    /// # let timeout = BoxError::from(io::Error::from(io::ErrorKind::TimedOut));
    /// # let errors: Errors<BoxError> = [(0, timeout), (1, "teapot".into())].into_iter().collect();
    /// let (io, other) = errors.split_leaves(|leaf| {
    ///     // Looks at causes, too.
    ///     std::iter::successors(Some(leaf), |&error| error.source()).any(|error| error.is::<io::Error>())
    /// });
    /// # assert_eq!((io.unwrap().len(), other.unwrap().len()), (1, 1));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if `matches` does, and drops all errors.
    pub fn split_leaves<P>(self, mut matches: P) -> (Option<Self>, Option<Self>)
    where
        P: FnMut(&(dyn Error + 'static)) -> bool,
    {
        let (mut matched, mut rest) = (Vec::new(), Vec::new());
        for (key, error) in self {
            match error.downcast() {
                Ok(group) => {
                    let (yes, no) = split_group(group, &mut matches);
                    if let Some(yes) = yes {
                        matched.push((key.clone(), yes as BoxError));
                    }
                    rest.extend(no.map(|no| (key, no as BoxError)));
                }
                Err(leaf) if matches(&*leaf) => matched.push((key, leaf)),
                Err(leaf) => rest.push((key, leaf)),
            }
        }
        let half = |errors: Vec<_>| (!errors.is_empty()).then(|| errors.into_iter().collect());
        (half(matched), half(rest))
    }

    /// Returns the leaves in order, without the groups around them.
    ///
    /// A leaf gets the index or key of its outermost group: that of the child that it came from.
    ///
    /// ```
    /// # use gather::Errors;
    /// # use std::error::Error;
    /// # type BoxError = Box<dyn Error + Send + Sync>;
    /// let group: Errors<BoxError> = [(0, "a".into()), (1, "b".into())].into_iter().collect();
    /// let errors: Errors<BoxError> = [(3, group.into()), (8, "c".into())].into_iter().collect();
    /// assert_eq!(format!("{:#}", errors.flatten()), "3 errors (3: a; 3: b; 8: c)");
    /// ```
    pub fn flatten(self) -> Self {
        let mut leaves = Vec::new();
        for (key, error) in self {
            match error.downcast() {
                Ok(group) => each_leaf(*group, |leaf| leaves.push((key.clone(), leaf))),
                Err(leaf) => leaves.push((key, leaf)),
            }
        }
        leaves.into_iter().collect()
    }
}

/// As `split_leaves`, for a group in a box.
fn split_group(
    group: Box<Group>,
    matches: &mut impl FnMut(&(dyn Error + 'static)) -> bool,
) -> (Half, Half) {
    // The outermost one has no index.
    let mut group = Splitting::new(0, group);
    let mut outer = Vec::new();
    loop {
        match group.members.next() {
            Some((index, error)) => match error.downcast() {
                Ok(inner) => outer.push(mem::replace(&mut group, Splitting::new(index, inner))),
                Err(leaf) if matches(&*leaf) => group.matched.push((index, leaf)),
                Err(leaf) => group.rest.push((index, leaf)),
            },
            None => {
                let index = group.index;
                let (matched, rest) = group.halves();
                let Some(next) = outer.pop() else {
                    return (matched, rest);
                };
                group = next;
                let member = |half: Box<Group>| (index, half as BoxError);
                group.matched.extend(matched.map(member));
                group.rest.extend(rest.map(member));
            }
        }
    }
}

/// A group whose leaves are being told apart.
struct Splitting {
    /// Its own index, in the group around it.
    index: usize,
    /// Its box, empty for now: the first half that has any leaves moves in again.
    shell: Box<Group>,
    members: vec::IntoIter<(usize, BoxError)>,
    matched: Members,
    rest: Members,
}

impl Splitting {
    fn new(index: usize, mut shell: Box<Group>) -> Self {
        Self {
            index,
            members: mem::take(&mut shell.errors).into_iter(),
            shell,
            matched: Vec::new(),
            rest: Vec::new(),
        }
    }

    fn halves(self) -> (Half, Half) {
        let mut shell = Some(self.shell);
        let mut half = |errors: Members| {
            if errors.is_empty() {
                return None;
            }
            let mut half = shell
                .take()
                .unwrap_or_else(|| Box::new(Group::from_iter([])));
            half.errors = errors;
            Some(half)
        };
        (half(self.matched), half(self.rest))
    }
}
