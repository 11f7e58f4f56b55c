//! Routing: every cell of the default matrix against the table of threats.md D, written here in its own words; what raises a
//! row or a column; what blocks; the profile for small teams.

use crate::change_world::{NOW, effect_of, grant, rule, world};
use domain::change::Direction;
use domain::change::content::{Grant, Terms};
use domain::change::effect::{Effect, Matter, Moves, Reversibility, Row};
use domain::change::operation::Operation;
use domain::change::route::{
    Auth, Block, Cell, Column, Endless, Line, NotBuilt, Notice, Policy, Profile, Raise, Spot, column_of, line_of, route, terms_block,
    wait_ends,
};
use domain::identity::{Criticality, Environment};
use domain::privilege::Class;
use domain::resource::Extent;
use domain::rule::{Dialect, Effect as Does, SelfEvidence};
use domain::time::{DAY, SECOND, Timestamp};

/// Row, then development, production, critical. Durations in minutes, hours and days.
const MATRIX: &str = "
reduces_undoable | 0 notice | 0 notice+call undo 24h | 1I
reduces_partly | 0 notice | 1I (owner counts) | 1I RA
reduces_irreversible | 1I | OC 1I RA W24h | OC 2I G PK W24h
neutral_undoable | 0 sampled 5 | 1I (envelope 10) | 1I
neutral_partly | 0 | 1I | OC 1I
neutral_irreversible | 1I | OC 1I RA | OC 2I G RA
widens_undoable | 1I RA X7d | OC RO 1I PK X24h V1h; standing 2I G | OC RO 2I G S PK W1h X8h V15m; no standing
widens_partly | 1I RA X24h | OC RO 2I G PK W1h X8h | OC RO 2I G S PK W4h X4h; no standing
widens_irreversible | OC 1I S RA X8h | OC RO 2I G S PK W4h X4h or 1 use | OC RO 3I G S PK W24h 1 use; no standing
self_governing_undoable | 2I G S RA | OC 2I G S PK W4h V1h | OC 2I G S by lot PK W24h
self_governing_partly | 2I G S RA W4h | OC 2I G S PK W24h | OC 3I G S PK W48h
self_governing_irreversible | 2I G S RA W4h | OC 2I G S PK W24h | OC 3I G S PK W48h
gate | 2I G S PK W24h | 2I G S PK W24h | 2I G S PK W24h
adopt | 2I G RA | 2I G PK | 2I G PK
first_owner | OC 1I | OC 1I | OC 1I
";

fn lasting(seconds: u32) -> String {
    match seconds {
        s if s % 86_400 == 0 && s > 86_400 * 2 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s => format!("{}m", s / 60),
    }
}

/// A cell in the words of the table.
fn said(cell: &Cell) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut put = |stands: bool, text: &str| {
        if stands {
            out.push(text.to_owned());
        }
    };
    put(cell.owner, "OC");
    put(cell.resource_owner, "RO");
    put(true, &if cell.people == 0 { "0".to_owned() } else { format!("{}I", cell.people) });
    put(cell.groups_distinct, "G");
    put(cell.security, "S");
    put(cell.lot, "by lot");
    put(cell.auth == Auth::Reauth, "RA");
    put(cell.auth == Auth::Passkey, "PK");
    put(cell.wait > 0, &format!("W{}", lasting(cell.wait)));
    put(cell.life.is_some(), &format!("X{}", lasting(cell.life.unwrap_or(0))));
    put(cell.life.is_some() && cell.uses.is_some(), "or");
    put(cell.uses.is_some(), &format!("{} use", cell.uses.unwrap_or(0)));
    put(cell.verify_within.is_some(), &format!("V{}", lasting(cell.verify_within.unwrap_or(0))));
    put(cell.notice == Notice::Owner, "notice");
    put(cell.notice == Notice::OwnerAndOnCall, "notice+call");
    put(cell.undo_within.is_some(), &format!("undo {}", lasting(cell.undo_within.unwrap_or(0))));
    put(cell.sampled > 0, &format!("sampled {}", cell.sampled));
    put(cell.in_envelope.is_some(), &format!("(envelope {})", cell.in_envelope.unwrap_or(0)));
    put(cell.owner_counts, "(owner counts)");
    let text = out.join(" ");
    match cell.endless {
        Endless::Raise => text,
        Endless::TwoGroups => format!("{text}; standing 2I G"),
        Endless::Exception => format!("{text}; no standing"),
    }
}

#[test]
fn every_cell_of_the_default_policy_is_that_of_the_table() {
    let policy = Policy::of(Profile::Standard);
    let mut seen = 0;
    for (line, text) in Line::ALL.iter().zip(MATRIX.lines().filter(|l| !l.is_empty())) {
        let parts: Vec<&str> = text.split(" | ").collect();
        assert_eq!((parts[0], parts.len()), (line.as_str(), 4));
        for (column, expected) in Column::ALL.iter().zip(&parts[1..]) {
            assert_eq!(said(&policy.cell(*line, *column)), *expected, "{line} {column}");
            seen += 1;
        }
    }
    assert_eq!(seen, Line::ALL.len() * Column::ALL.len());
    let text = serde_json::to_string(&policy).expect("json");
    assert_eq!(serde_json::from_str::<Policy>(&text).expect("reads"), policy, "a policy is typed JSON");
    let sparse: Policy = serde_json::from_str(r#"{"profile":"standard","cells":{}}"#).expect("reads");
    assert_eq!(sparse.cell(Line::Gate, Column::Critical), policy.cell(Line::Gate, Column::Critical), "what is left out is the default's");
}

/// An effect of a direction and a reversibility that nothing raises.
fn plain(direction: Direction, reversibility: Reversibility) -> Effect {
    let row = Row {
        moves: Moves::Gains,
        direction,
        reversibility,
        identity: None,
        identities: 1,
        class: None,
        wildcard: false,
        extent: Extent::Known,
        what: String::new(),
        why: String::new(),
    };
    Effect {
        direction,
        reversibility,
        matter: Matter::Ordinary,
        standing: false,
        ends_at: Some(NOW.plus(3_600 * SECOND)),
        max_uses: None,
        gaining: 1,
        classes: vec![],
        wildcard: false,
        rows: vec![row],
    }
}

fn spot(column: Column) -> Spot {
    let (environment, criticality) = match column {
        Column::Development => (Environment::Test, Criticality::Low),
        Column::Production => (Environment::Production, Criticality::High),
        Column::Critical => (Environment::Production, Criticality::Critical),
    };
    Spot { environment, criticality }
}

#[test]
fn direction_reversibility_and_place_lead_to_their_cell() {
    let policy = Policy::of(Profile::Standard);
    let mut lines = Vec::new();
    for direction in Direction::ALL {
        for back in Reversibility::ALL {
            let effect = plain(*direction, *back);
            lines.push(line_of(&effect));
            for column in Column::ALL {
                let found = route(&effect, None, &[spot(*column)], SelfEvidence::No, &policy);
                assert_eq!((found.line, found.column), (line_of(&effect), *column));
                assert_eq!((found.cell, found.raises, found.single_control), (policy.cell(found.line, *column), vec![], false));
                assert_eq!(found.not_built, NotBuilt::ALL);
            }
        }
    }
    assert_eq!(lines, Line::ALL[..12], "each pair has a row of its own, from mild to severe");
    for (matter, line) in [(Matter::Adopt, Line::Adopt), (Matter::Installation, Line::Gate), (Matter::FirstOwner, Line::FirstOwner)] {
        let effect = Effect { matter, standing: true, wildcard: true, ..plain(Direction::Widens, Reversibility::Undoable) };
        let found = route(&effect, Some(&effect), &[spot(Column::Development)], SelfEvidence::Unknown, &policy);
        assert_eq!((found.line, found.column, found.raises), (line, Column::Development, vec![]), "these stand apart");
    }
}

#[test]
fn whatever_is_unknown_counts_as_production_and_the_strictest_place_counts() {
    for environment in Environment::ALL {
        for criticality in Criticality::ALL {
            let strict = matches!(environment, Environment::Production | Environment::Unknown) || *criticality == Criticality::Unknown;
            let expected = match criticality {
                Criticality::Critical => Column::Critical,
                _ if strict => Column::Production,
                _ => Column::Development,
            };
            assert_eq!(column_of(Spot { environment: *environment, criticality: *criticality }), expected, "{environment} {criticality}");
        }
    }
    let policy = Policy::of(Profile::Standard);
    let effect = plain(Direction::Widens, Reversibility::Undoable);
    let of = |spots: &[Spot]| route(&effect, None, spots, SelfEvidence::No, &policy).column;
    assert_eq!(of(&[]), Column::Production);
    assert_eq!(of(&[spot(Column::Development), spot(Column::Critical), spot(Column::Production)]), Column::Critical);
}

#[test]
fn what_is_gained_and_by_what_evidence_only_raises() {
    let policy = Policy::of(Profile::Standard);
    let base = || plain(Direction::Widens, Reversibility::Undoable);
    let of = |effect: &Effect, evidence, sum: Option<&Effect>| {
        let found = route(effect, sum, &[spot(Column::Development)], evidence, &policy);
        (found.line, found.column, found.raises)
    };
    let (undoable, partly, severe) = (Line::WidensUndoable, Line::WidensPartly, Line::SelfGoverningUndoable);
    let steering = Row { moves: Moves::Steers, ..base().rows[0].clone() };
    for (effect, evidence, expected) in [
        (base(), SelfEvidence::No, (undoable, Column::Development, vec![])),
        (Effect { classes: vec![Class::Write], ..base() }, SelfEvidence::No, (undoable, Column::Development, vec![])),
        (Effect { classes: vec![Class::Secrets], ..base() }, SelfEvidence::No, (undoable, Column::Production, vec![Raise::Class])),
        (Effect { classes: vec![Class::Destructive], ..base() }, SelfEvidence::No, (undoable, Column::Production, vec![Raise::Class])),
        (Effect { wildcard: true, ..base() }, SelfEvidence::No, (undoable, Column::Production, vec![Raise::Wildcard])),
        (Effect { rows: vec![steering], ..base() }, SelfEvidence::No, (undoable, Column::Production, vec![Raise::Escalation])),
        (Effect { gaining: 25, ..base() }, SelfEvidence::No, (undoable, Column::Development, vec![])),
        (Effect { gaining: 26, ..base() }, SelfEvidence::No, (undoable, Column::Production, vec![Raise::Many])),
        (Effect { standing: true, ..base() }, SelfEvidence::No, (partly, Column::Development, vec![Raise::Standing])),
        (base(), SelfEvidence::Yes, (partly, Column::Development, vec![Raise::Evidence])),
        (base(), SelfEvidence::Unknown, (partly, Column::Development, vec![Raise::Evidence])),
        (
            Effect { standing: true, ..base() },
            SelfEvidence::Yes,
            (Line::WidensIrreversible, Column::Development, vec![Raise::Standing, Raise::Evidence]),
        ),
        (plain(Direction::Reduces, Reversibility::Undoable), SelfEvidence::Yes, (Line::ReducesUndoable, Column::Development, vec![])),
    ] {
        assert_eq!(of(&effect, evidence, None), expected, "{effect:?} {evidence}");
    }
    let sum = plain(Direction::SelfGoverning, Reversibility::Undoable);
    assert_eq!(of(&base(), SelfEvidence::No, Some(&sum)), (severe, Column::Development, vec![Raise::Sum]), "a step of a stairway");
    assert_eq!(of(&sum, SelfEvidence::No, Some(&base())), (severe, Column::Development, vec![]), "the sum never lowers");
    assert_eq!(Line::SelfGoverningIrreversible.raised(), Line::SelfGoverningIrreversible);
}

#[test]
fn access_without_an_end_takes_more_people_or_an_exception_and_a_long_life_is_blocked() {
    let policy = Policy::of(Profile::Standard);
    let before = world(&[]);
    let of = |terms: Terms, column: Column| {
        let added = Grant { terms, ..grant(1, rule(Dialect::Csv, Does::Allow, "read", "crm")) };
        let effect = effect_of(&before, &[Operation::GrantAdd(added)]);
        let found = route(&effect, None, &[spot(column)], SelfEvidence::No, &policy);
        (found.cell.people, found.cell.groups_distinct, terms_block(&found, &effect, NOW))
    };
    let hours = |n: i64| Terms { ends_at: Some(NOW.plus(n * 3_600 * SECOND)), ..Terms::default() };
    for (terms, column, expected) in [
        (Terms::default(), Column::Development, (1, false, None)),
        (Terms::default(), Column::Production, (2, true, None)),
        (Terms::default(), Column::Critical, (2, true, Some(Block::NeedsException))),
        (hours(24), Column::Production, (1, false, None)),
        (hours(8), Column::Critical, (2, true, None)),
        (hours(9), Column::Critical, (2, true, Some(Block::TooLong))),
    ] {
        assert_eq!(of(terms.clone(), column), expected, "{terms:?} {column}");
    }
    let irreversible = |terms: Terms| {
        let added = Grant { terms, ..grant(1, rule(Dialect::Csv, Does::Allow, "tickets.delete", "crm")) };
        let effect = effect_of(&before, &[Operation::GrantAdd(added)]);
        let found = route(&effect, None, &[spot(Column::Development)], SelfEvidence::No, &policy);
        assert_eq!((found.line, found.column), (Line::WidensIrreversible, Column::Production), "a class of it raises the column");
        terms_block(&found, &effect, NOW)
    };
    assert_eq!(irreversible(Terms { max_uses: Some(1), ..hours(20) }), None, "one use will do");
    assert_eq!((irreversible(hours(4)), irreversible(hours(5))), (None, Some(Block::TooLong)));
}

#[test]
fn a_small_team_has_one_person_and_a_day_for_ever_marked() {
    let (standard, small) = (Policy::of(Profile::Standard), Policy::of(Profile::SmallTeam));
    for line in Line::ALL {
        for column in Column::ALL {
            let cell = standard.cell(*line, *column);
            let (direction, back) = (Direction::ALL[(*line as usize / 3).min(3)], Reversibility::ALL[*line as usize % 3]);
            let matter = match line {
                Line::Gate => Matter::Installation,
                Line::Adopt => Matter::Adopt,
                Line::FirstOwner => Matter::FirstOwner,
                _ => Matter::Ordinary,
            };
            let effect = Effect { matter, ..plain(direction, back) };
            let found = route(&effect, None, &[spot(*column)], SelfEvidence::No, &small);
            assert_eq!((found.line, found.single_control), (*line, cell.people > 1), "{line} {column}");
            let several = cell.people > 1;
            let expected = if several {
                Cell { people: 1, groups_distinct: false, security: false, lot: false, wait: cell.wait.max(86_400), ..cell }
            } else {
                cell
            };
            assert_eq!(found.cell, expected, "{line} {column}");
        }
    }
}

#[test]
fn a_wait_runs_from_the_last_approval_and_again_from_a_jump_of_the_clock() {
    let effect = plain(Direction::SelfGoverning, Reversibility::Undoable);
    let found = route(&effect, None, &[spot(Column::Critical)], SelfEvidence::No, &Policy::of(Profile::Standard));
    let (last, jump) = (Timestamp(5 * DAY), Timestamp(7 * DAY));
    assert_eq!(wait_ends(&found, last, None), last.plus(DAY));
    assert_eq!(wait_ends(&found, last, Some(jump)), jump.plus(DAY));
    assert_eq!(wait_ends(&found, last, Some(Timestamp(0))), last.plus(DAY));
    assert_eq!((found.review, found.lapse), (3 * 86_400, 86_400));
}

#[test]
fn a_policy_is_replayed_over_what_was_routed() {
    let past = |line, column| {
        let policy = Policy::of(Profile::Standard);
        domain::change::route::Route {
            line,
            column,
            raises: vec![],
            cell: policy.cell(line, column),
            single_control: false,
            review: 0,
            lapse: 0,
            not_built: vec![],
        }
    };
    let routes = [
        past(Line::ReducesUndoable, Column::Production),
        past(Line::WidensPartly, Column::Production),
        past(Line::SelfGoverningPartly, Column::Critical),
    ];
    let with = |policy: &Policy| {
        let nobody = domain::change::independence::today(policy, &[], true, NOW);
        domain::change::replay::replay(&routes, policy, &nobody)
    };
    let same = with(&Policy::of(Profile::Standard));
    assert_eq!((same.changes, same.more, same.fewer, same.longer, same.shorter, same.undecidable), (3, 0, 0, 0, 0, 2));
    assert_eq!((same.wait_was, same.wait_is), (3_600, 3_600));
    let small = with(&Policy::of(Profile::SmallTeam));
    assert_eq!((small.fewer, small.longer, small.shorter, small.wait_is), (2, 1, 0, 24 * 3_600));
    let mut strict = Policy::of(Profile::Standard);
    for cell in strict.cells.get_mut(&Line::ReducesUndoable).expect("a line").values_mut() {
        cell.people = 1;
    }
    assert_eq!((with(&strict).more, with(&strict).undecidable), (1, 3));
}
