//! What small tables, and small files of ours, may cost: they are read in seconds and some hundred megabytes, or refused with
//! file, place and reason.

use crate::dear::{Input, each};
use crate::support::{one, reads, refuses};
use domain::snapshot::Format;
use serde_json::{Value, json};

/// As long as an input may be that is called small.
const SMALL: usize = 4_900_000;

/// A word of a few letters, another one for each number.
fn word(n: usize) -> String {
    let mut out = String::new();
    let mut left = n;
    loop {
        out.push(char::from(b'a' + (left % 26) as u8));
        left /= 26;
        if left == 0 {
            return out;
        }
    }
}

/// A table that is as long as a small input is.
fn table(header: &str, row: impl Fn(usize) -> String) -> String {
    let mut out = format!("{header}\n");
    for n in 0.. {
        let row = row(n);
        if out.len() + row.len() >= SMALL {
            break;
        }
        out.push_str(&row);
        out.push('\n');
    }
    out
}

fn grants_apart() -> String {
    table("identity,action,resource", |n| format!("{0},{0},{0}", word(n)))
}

#[test]
fn no_small_table_is_dear() {
    let input = Input { test: "small::no_small_table_is_dear", format: Format::Csv, file: "a.csv" };
    each(&input, || {
        let cell = |n: usize| (0..n).map(word).collect::<Vec<_>>().join(";");
        let every = "identity,kind,name,environment,criticality,owner,team,account,permission_set,effect,action,resource,ends_at";
        vec![
            ("identities", table("identity", word)),
            ("identities with names", table("identity,name", |n| format!("{0},n{0}", word(n)))),
            ("identities with hints", table("identity,environment,owner,team", |n| format!("{},p,o,t", word(n)))),
            ("grants, nothing shared", grants_apart()),
            ("grants of one identity", table("identity,action", |n| format!("a,{}", word(n)))),
            ("grants of one rule", table("identity,action", |n| format!("{},read", word(n)))),
            ("sets, nothing shared", table("identity,permission_set,action", |n| format!("{0},{0},{0}", word(n)))),
            ("sets of one identity", table("identity,permission_set,action", |n| format!("a,{},read", word(n)))),
            ("everything", table(every, |n| format!("{0},bot,n{0},prod,high,o,t,1,s{0},allow,a{0},r{0},2030-01-01", word(n)))),
            (
                "rows as people have them",
                table("identity,permission_set,action,resource", |n| {
                    format!("service-account-{},set-{},tickets.read,crm/customers/{n}", n % 5_000, n % 300)
                }),
            ),
            ("cells of many actions", table("identity,action,resource", |n| format!("{},\"{}\",\"x://a{n};x://b\"", word(n), cell(500)))),
            ("the same row", table("identity,action", |_| "a,b".to_owned())),
            ("empty rows", table("identity,action", |n| if n == 0 { "a,b" } else { "," }.to_owned())),
            ("rows that contradict each other", table("identity,name", |n| format!("a,{}", word(n / 1_000_000)))),
        ]
    });
}

#[test]
fn no_small_file_of_ours_is_dear() {
    let input = Input { test: "small::no_small_file_of_ours_is_dear", format: Format::Countersign, file: "a.json" };
    let of = |n: usize, one: &dyn Fn(usize) -> Value| {
        json!({ "version": 1, "source": "s", "identities": (0..n).map(one).collect::<Vec<_>>() }).to_string()
    };
    each(&input, || {
        let plain = |n: usize| json!({ "key": word(n), "name": "a", "kind": "bot" });
        let holding =
            |n: usize| json!({ "key": word(n), "name": "a", "kind": "bot", "grants": [{ "actions": [word(n)], "resources": ["x"] }] });
        let grants = (0..130_000).map(|n| json!({ "actions": [word(n)], "resources": ["x"] })).collect::<Vec<_>>();
        let holder = move |_| json!({ "key": "a", "name": "a", "kind": "bot", "grants": grants });
        vec![
            ("identities", of(120_000, &plain)),
            ("grants, nothing shared", of(58_000, &holding)),
            ("grants of one identity", of(1, &holder)),
        ]
    });
}

#[test]
fn a_table_that_is_too_dear_is_refused_with_its_line_and_the_way_out() {
    let error = refuses(Format::Csv, &one("a.csv", &grants_apart()));
    assert!(error.place.as_deref().is_some_and(|place| place.starts_with("line ")), "{error}");
    assert!(error.reason.contains("part the table, and import each part as a source"), "{error}");
    // A table of as many rows that say the same of the same is read.
    let shared = table("identity,action,resource", |n| format!("{},read,crm", word(n % 1_000)));
    assert_eq!(reads(Format::Csv, &one("a.csv", &shared)).grants.len(), 1_000);
}
