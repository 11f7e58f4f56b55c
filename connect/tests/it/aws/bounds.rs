//! What a small input may cost: it is refused with file, place and reason, or read in seconds and some hundred megabytes.

use super::{allow, user, users};
use crate::support::one;
use connect::{Error, Options, read};
use domain::access::{self, HeldRule, Memory};
use domain::snapshot::{Format, Snapshot};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

/// Set in the process that reads, to the case it reads.
const ALONE: &str = "COUNTERSIGN_READS_AWS";

fn statement(effect: &str, actions: &Value, resources: &Value) -> Value {
    json!({"Effect": effect, "Action": actions, "Resource": resources})
}

fn policy(statements: &[Value]) -> Value {
    json!({"Statement": statements})
}

fn many(n: usize, of: impl Fn(usize) -> String) -> Value {
    (0..n).map(|i| Value::String(of(i))).collect()
}

/// A user for each number in a group with some statements.
fn grouped(n: usize, statements: &[Value]) -> Value {
    let one = |i: usize| json!({"UserName": format!("u{i}"), "UserId": format!("AIDA{i}"), "Arn": format!("arn:aws:iam::111122223333:user/u{i}"), "GroupList": ["g"]});
    json!({"UserDetailList": (0..n).map(one).collect::<Vec<_>>(), "GroupDetailList": [{"GroupName": "g", "GroupId": "AGPA1",
        "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": policy(statements)}]}]})
}

fn on(n: usize, effect: &str, action: &str, of: impl Fn(usize) -> String) -> Vec<Value> {
    (0..n).map(|i| statement(effect, &json!(action), &json!(of(i)))).collect()
}

fn trusting(statements: Vec<Value>, n: usize) -> Value {
    let mut account = users(&(0..n).map(|i| user(&format!("u{i}"), &[])).collect::<Vec<_>>());
    account["RoleDetailList"] = json!([super::role("r", &Value::Array(statements))]);
    account
}

/// Inputs of at most 5 MB that are as costly as they can be, by name.
fn cases() -> Vec<(&'static str, Value)> {
    let arn = |i: usize| format!("arn:aws:s3:::b{i}/*");
    let long = |i: usize| format!("arn:aws:s3:::{}{i}*b", "a*".repeat(900));
    let near = |i: usize| format!("arn:aws:s3:::{}{i}", "a".repeat(1_900));
    let both = |n: usize, deny: &dyn Fn(usize) -> String, allowed: &dyn Fn(usize) -> String| {
        let mut all = on(n, "Deny", "*", deny);
        all.extend(on(n, "Allow", "*", allowed));
        all
    };
    let named = |i: usize| json!({"AWS": format!("arn:aws:iam::111122223333:user/u{i}")});
    let mut trust: Vec<Value> =
        (0..12_000).map(|i| json!({"Effect": "Allow", "Principal": named(i), "Action": "sts:AssumeRole"})).collect();
    trust.extend((0..12_000).map(|i| json!({"Effect": "Deny", "NotPrincipal": named(100_000 + i), "Action": "sts:AssumeRole"})));
    vec![
        (
            "actions × resources",
            users(&[user("a", &[policy(&[statement("Allow", &many(2_000, |i| format!("s3:Get{i}")), &many(2_000, arn))])])]),
        ),
        (
            "pairs of many statements",
            users(&[user(
                "a",
                &[policy(
                    &(0..100).map(|k| statement("Allow", &many(400, |i| format!("s3:G{k}{i}")), &many(500, arn))).collect::<Vec<_>>(),
                )],
            )]),
        ),
        ("users × statements of a group", grouped(20_000, &on(20_000, "Allow", "s3:*", arn))),
        (
            "users × a few statements of everything under a deny",
            grouped(4_000, &{
                let mut all = on(240, "Allow", "*", arn);
                all.push(statement("Deny", &json!("iam:DeleteUser"), &json!("*")));
                all
            }),
        ),
        ("denies × allows", users(&[user("a", &[policy(&both(9_000, &|i| format!("arn:aws:s3:::d{i}/*"), &arn))])])),
        (
            "denies × allows that they cover",
            users(&[user("a", &[policy(&both(1_500, &|i| format!("arn:aws:s3:::*{i}"), &|i| format!("arn:aws:s3:::{i}")))])]),
        ),
        ("denies × allows of a group", grouped(1_000, &both(300, &|i| format!("arn:aws:s3:::d{i}/*"), &arn))),
        ("globs", users(&[user("a", &[policy(&both(1_200, &long, &near))])])),
        ("a long pattern", users(&[user("a", &[allow("s3:*", &"a*".repeat(2_000_000))])])),
        (
            "patterns of every service",
            users(&[user("a", &[policy(&[statement("Allow", &many(200_000, |i| format!("*:*a{i}")), &json!("*"))])])]),
        ),
        (
            "patterns of one service",
            users(&[user("a", &[policy(&[statement("Allow", &many(240_000, |i| format!("ec2:*{i}")), &json!("*"))])])]),
        ),
        ("policies that are not there", {
            let mut one = user("a", &[]);
            one["AttachedManagedPolicies"] =
                (0..60_000).map(|i| json!({"PolicyName": "p", "PolicyArn": format!("arn:aws:iam::aws:policy/p{i}")})).collect();
            one["GroupList"] = many(60_000, |i| format!("g{i}"));
            users(&[one])
        }),
        ("tags", {
            let mut one = user("a", &[]);
            one["Tags"] = (0..100_000).map(|i| json!({"Key": format!("k{i}"), "Value": "v"})).collect();
            users(&[one])
        }),
        ("holders of a trust policy", trusting(trust, 10_000)),
        (
            "accounts",
            users(
                &(0..6_000)
                    .map(|i| {
                        let mut one = user(&format!("u{i}"), &[allow("s3:*", "*")]);
                        one["Arn"] = json!(format!("arn:aws:iam::{i:012}:user/u{i}"));
                        one["AttachedManagedPolicies"] =
                            json!([{"PolicyName": "p", "PolicyArn": format!("arn:aws:iam::aws:policy/p{}", i % 100)}]);
                        one
                    })
                    .collect::<Vec<_>>(),
            ),
        ),
        ("accounts × policies of AWS", {
            let mut all = users(
                &(0..4_000)
                    .map(|i| {
                        let mut one = user(&format!("u{i}"), &[]);
                        one["Arn"] = json!(format!("arn:aws:iam::{i:012}:user/u{i}"));
                        one
                    })
                    .collect::<Vec<_>>(),
            );
            all["Policies"] = (0..10_000).map(|i| json!({"PolicyName": "p", "Arn": format!("arn:aws:iam::aws:policy/p{i}")})).collect();
            all
        }),
        (
            "nothing but brackets",
            json!({"UserDetailList": [{"UserName": "a", "UserId": "A", "Arn": "x", "Tags": vec![json!([]); 1_500_000]}]}),
        ),
    ]
}

/// Reads, and judges as an import does.
fn costs(text: &str) -> Result<Snapshot, Error> {
    let s = read(Format::Aws, &one("a.json", text), &Options::default())?;
    let mut memory = Memory::default();
    for part in std::iter::once(&s).chain(&s.others) {
        for of_one in part.grants.chunk_by(|a, b| a.identity == b.identity) {
            let held: Vec<HeldRule<'_>> = of_one
                .iter()
                .map(|g| HeldRule {
                    rule: part.rules.get(g.rule),
                    via: part.paths.get(g.path).0,
                    via_name: part.paths.get(g.path).1,
                    timed: false,
                })
                .collect();
            let judged = access::judge(&held, &mut memory);
            assert_eq!(judged.len(), held.len());
        }
    }
    Ok(s)
}

fn peak_mb() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number") / 1024
}

/// The sizes and times are of a program that is optimised; without that it takes some ten times as long.
#[test]
fn no_small_input_is_dear() {
    if let Ok(wanted) = std::env::var(ALONE) {
        let text = cases().into_iter().find(|(name, _)| *name == wanted).expect("a case").1.to_string();
        let (size, before, began) = (text.len(), peak_mb(), Instant::now());
        let read = costs(&text);
        let (took, peak) = (began.elapsed(), peak_mb());
        let said = read.as_ref().map_or_else(ToString::to_string, |s| format!("{} grants", s.grants.len()));
        println!("{wanted}: {size} bytes, {took:?}, {before} to {peak} MB: {}", said.chars().take(240).collect::<String>());
        assert!(size < 5_500_000 && peak < before + 300, "{wanted}: {peak} MB");
        assert!(took < Duration::from_secs(if cfg!(debug_assertions) { 50 } else { 5 }), "{wanted}: {took:?}");
        if let Err(error) = read {
            assert!(error.file == "a.json" && error.place.is_some(), "{error}");
        }
        return;
    }
    let program = std::env::current_exe().expect("this program");
    for (name, _) in cases() {
        let this = ["--exact", "aws::bounds::no_small_input_is_dear", "--nocapture"];
        let ended = Command::new(&program).args(this).env(ALONE, name).output().expect("ran");
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(ended.status.success() && said.contains("1 passed"), "{name}: {said}");
        said.lines().filter(|line| line.starts_with(name)).for_each(|line| println!("{line}"));
    }
}

#[test]
fn what_is_too_much_is_refused_with_place_and_reason() {
    for (name, place, reason) in [
        ("actions × resources", "line 1", "user a, policy p0, 2000 actions on 2000 resources; at most 250000 pairs"),
        ("users × statements of a group", "UserDetailList[", "more than 1,0"),
        ("denies × allows", "UserDetailList[0], user a", "comparing the denies and allows takes more than"),
        ("globs", "UserDetailList[0], user a", "comparing the denies and allows takes more than"),
        ("a long pattern", "line 1", "user a, policy p0, the pattern that begins with"),
        ("patterns of every service", "line 1", "comparing the patterns of actions takes more than"),
        ("holders of a trust policy", "trust policy of r", "comparing the principals of a trust policy takes more than"),
    ] {
        let text = cases().into_iter().find(|(n, _)| *n == name).expect("a case").1.to_string();
        let error = read(Format::Aws, &one("a.json", &text), &Options::default()).expect_err(name);
        assert!(error.file == "a.json" && error.place.as_deref().is_some_and(|p| p.starts_with(place)), "{name}: {error}");
        assert!(error.reason.contains(reason), "{name}: {error}");
    }
}
