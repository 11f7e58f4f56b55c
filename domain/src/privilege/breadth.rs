//! How far a grant reaches, and the rank of an identity: the worst thing it can do, then how far, then how many of
//! those grants. Rules are not read here: each dialect says how broad its rules are.

use super::Class;

crate::words! {
    /// How far a rule reaches. Declared narrowest first: the broader is the greater. Asked from left to right, the first
    /// that fits counts:
    ///
    /// | | everything | one resource | a service | an account |
    /// |---|---|---|---|---|
    /// | AWS | full control | every resource written out | all actions are of one service, or all patterns of resources are | the rest |
    /// | Kubernetes | `*/*` bound in the whole cluster | every object and URL written out | resources of one API group, or patterns of URLs | the rest, and `*/*` bound in one namespace |
    /// | other formats | `*` on `*` | every resource written out | patterns of resources | `*` |
    ///
    /// A rule that names no resource, or only what it leaves out, is read as one on `*`. A deny or a boundary narrows by the
    /// actions it takes away; where it takes full control, an account is left at most.
    Breadth {
        OneResource = "one_resource", "one resource";
        Service = "service", "a service";
        Account = "account", "an account";
        Everything = "everything", "everything";
    }
}

/// Bits for the count of grants; the two above them hold the breadth, and those above these the class.
const COUNT: u32 = 32;
const BREADTH: u32 = 2;

/// Where an identity stands among others, the worse the greater: its worst class, then the broadest of its grants of that
/// class, then how many of them there are. A count beyond 32 bits stays at their end. It is stored and compared as it is,
/// never taken apart; an identity without a grant has rank 0, which no class gives.
pub fn rank(worst: Class, breadth: Breadth, count: u64) -> i64 {
    let count = count.min((1 << COUNT) - 1) as i64;
    (i64::from(worst.severity()) << (COUNT + BREADTH)) | ((breadth as i64) << COUNT) | count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breadth_stands_narrowest_first_and_fits_its_bits() {
        assert!(Breadth::ALL.is_sorted() && Breadth::ALL.len() == 1 << BREADTH);
        assert_eq!(Breadth::ALL.first().zip(Breadth::ALL.last()), Some((&Breadth::OneResource, &Breadth::Everything)));
    }

    #[test]
    fn one_grant_of_full_control_outranks_any_number_of_lesser_ones() {
        use Breadth::{Account, Everything, OneResource, Service};
        let falling = [
            rank(Class::FullControl, Everything, 2),
            rank(Class::FullControl, Everything, 1),
            rank(Class::Admin, Account, 1),
            rank(Class::Admin, Service, 1_000_000),
            rank(Class::Admin, OneResource, 5),
            rank(Class::Admin, OneResource, 1),
            rank(Class::Secrets, Everything, u64::MAX),
            rank(Class::Destructive, Everything, 9),
            rank(Class::Write, Account, 9),
            rank(Class::Read, Everything, 4_000_000_000),
            rank(Class::Read, OneResource, 1),
            0,
        ];
        assert!(falling.is_sorted_by(|a, b| a > b), "{falling:?}");
    }

    proptest! {
        #[test]
        fn class_then_breadth_then_count(a in (0usize..6, 0usize..4, any::<u64>()), b in (0usize..6, 0usize..4, any::<u64>())) {
            let of = |(class, breadth, count): (usize, usize, u64)| rank(Class::ALL[class], Breadth::ALL[breadth], count);
            // Classes stand worst first, so the lower place is the worse.
            let key = |(class, breadth, count): (usize, usize, u64)| (6 - class, breadth, count.min(u64::from(u32::MAX)));
            prop_assert_eq!(of(a).cmp(&of(b)), key(a).cmp(&key(b)));
            prop_assert!(of(a) > 0);
        }
    }
}
