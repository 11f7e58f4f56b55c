//! What must stand before an installation is sealed (DESIGN section 4, threats.md 10): people enough to decide on changes of the
//! gate, and a second place for checkpoints. Each line is computed from what is there.

use crate::ids::{GroupId, PersonId};

crate::words! {
    /// A line of the checklist. Its label is what has to be so.
    Line {
        Deciders = "deciders", "two people of two groups can decide";
        Security = "security", "one of them is a security reviewer";
        Admin = "admin", "an active admin, who decides nothing";
        Factors = "factors", "each of them has a second factor of their own";
        Agree = "agree", "they can agree on a change of the gate";
        Outside = "outside", "checkpoints reach a second location";
        Profile = "profile", "the routing policy is for several people";
    }
}

/// Somebody active, as far as sealing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub person: PersonId,
    /// Holds a deciding role over everything.
    pub decides: bool,
    pub security: bool,
    pub admin: bool,
    pub group: Option<GroupId>,
    /// Has a second factor that they set up themselves.
    pub factor: bool,
}

/// What else is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Those who decide could complete a change of the gate today.
    pub agree: bool,
    pub outside: bool,
    /// The policy lets one person stand for several.
    pub small_team: bool,
}

/// The first three lines, of some of the people.
fn staffed(people: &[Candidate]) -> [bool; 3] {
    let deciders: Vec<&Candidate> = people.iter().filter(|p| p.decides && p.group.is_some()).collect();
    let pair = |fits: fn(&Candidate) -> bool| {
        deciders.iter().any(|one| fits(one) && deciders.iter().any(|two| two.person != one.person && two.group != one.group))
    };
    [pair(|_| true), pair(|one| one.security), people.iter().any(|p| p.admin && !p.decides)]
}

/// The lines that are open.
pub fn open(people: &[Candidate], beside: Beside) -> Vec<Line> {
    let [deciders, security, admin] = staffed(people);
    let own: Vec<Candidate> = people.iter().filter(|p| p.factor).copied().collect();
    let lines = [
        (deciders, Line::Deciders),
        (security, Line::Security),
        (admin, Line::Admin),
        (staffed(&own) == [true; 3], Line::Factors),
        (beside.agree, Line::Agree),
        (beside.outside, Line::Outside),
        (!beside.small_team, Line::Profile),
    ];
    lines.into_iter().filter(|(done, _)| !done).map(|(_, line)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn person(n: u128, group: Option<u128>) -> Candidate {
        let (person, group) = (PersonId::new(Uuid::from_u128(n)), group.map(|g| GroupId::new(Uuid::from_u128(g))));
        Candidate { person, decides: group.is_some(), security: n == 2, admin: group.is_none(), group, factor: true }
    }

    #[test]
    fn each_line_is_open_until_what_it_says_is_so() {
        let all = [person(1, Some(10)), person(2, Some(20)), person(3, None)];
        let beside = Beside { agree: true, outside: true, small_team: false };
        assert_eq!(open(&all, beside), []);
        let without = |n: usize| all.iter().enumerate().filter(|(at, _)| *at != n).map(|(_, p)| *p).collect::<Vec<_>>();
        let bent = |n: usize, bend: fn(&mut Candidate)| {
            let mut all = all;
            bend(&mut all[n]);
            all.to_vec()
        };
        use Line::{Admin, Agree, Deciders, Factors, Outside, Profile, Security};
        let cases: Vec<(Vec<Candidate>, Vec<Line>)> = vec![
            (vec![], vec![Deciders, Security, Admin, Factors]),
            (without(0), vec![Deciders, Security, Factors]),
            (without(1), vec![Deciders, Security, Factors]),
            (without(2), vec![Admin, Factors]),
            (bent(0, |p| p.group = None), vec![Deciders, Security, Factors]),
            (bent(0, |p| p.group = Some(GroupId::new(Uuid::from_u128(20)))), vec![Deciders, Security, Factors]),
            (bent(1, |p| p.security = false), vec![Security, Factors]),
            (bent(2, |p| p.decides = true), vec![Admin, Factors]),
            (bent(0, |p| p.factor = false), vec![Factors]),
            (bent(2, |p| p.factor = false), vec![Factors]),
        ];
        for (people, expected) in cases {
            assert_eq!(open(&people, beside), expected, "{people:?}");
        }
        assert_eq!(open(&all, Beside { agree: false, outside: false, small_team: true }), [Agree, Outside, Profile]);
    }
}
