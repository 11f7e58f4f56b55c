//! What a small input may cost: it is refused with file, place and reason, or read in seconds and some hundred megabytes.

use super::{allow, user, users};
use crate::dear::{Input, each};
use crate::support::one;
use connect::{Options, read};
use domain::snapshot::Format;
use serde_json::{Value, json};

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
    let member = |i: usize| json!({"UserName": format!("u{i}"), "UserId": format!("AIDA{i}"), "Arn": format!("arn:aws:iam::111122223333:user/u{i}"), "GroupList": ["g"]});
    json!({"UserDetailList": (0..n).map(member).collect::<Vec<_>>(), "GroupDetailList": [{"GroupName": "g", "GroupId": "AGPA1",
        "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": policy(statements)}]}]})
}

fn on(n: usize, effect: &str, action: &str, of: impl Fn(usize) -> String) -> Vec<Value> {
    (0..n).map(|i| statement(effect, &json!(action), &json!(of(i)))).collect()
}

/// What an input is about, and how it is made.
type Case = (&'static str, fn() -> Value);

/// Inputs of at most 5 MB that are as costly as they can be.
const CASES: [Case; 17] = [
    ("actions × resources", || {
        users(&[user("a", &[policy(&[statement("Allow", &many(2_000, |i| format!("s3:Get{i}")), &many(2_000, arn))])])])
    }),
    ("pairs of many statements", || {
        let all: Vec<Value> = (0..100).map(|k| statement("Allow", &many(400, |i| format!("s3:G{k}{i}")), &many(500, arn))).collect();
        users(&[user("a", &[policy(&all)])])
    }),
    ("users × statements of a group", || grouped(20_000, &on(20_000, "Allow", "s3:*", arn))),
    ("users × a few statements of everything under a deny", || {
        let mut all = on(240, "Allow", "*", arn);
        all.push(statement("Deny", &json!("iam:DeleteUser"), &json!("*")));
        grouped(4_000, &all)
    }),
    ("users × statements of everything, each user with a deny", || {
        let mut account = grouped(4_000, &on(240, "Allow", "*", arn));
        for (i, one) in account["UserDetailList"].as_array_mut().expect("users").iter_mut().enumerate() {
            let denied = policy(&[statement("Deny", &json!("iam:DeleteUser"), &json!(["*", format!("x{i}")]))]);
            one["UserPolicyList"] = json!([{"PolicyName": "d", "PolicyDocument": denied}]);
        }
        account
    }),
    ("denies × allows", || users(&[user("a", &[policy(&both(9_000, |i| format!("arn:aws:s3:::d{i}/*"), arn))])])),
    ("denies × allows that they cover", || {
        users(&[user("a", &[policy(&both(950, |i| format!("arn:aws:s3:::*{i}"), |i| format!("arn:aws:s3:::{i}")))])])
    }),
    ("denies × allows of a group", || grouped(1_000, &both(300, |i| format!("arn:aws:s3:::d{i}/*"), arn))),
    ("globs", || {
        let long = |i: usize| format!("arn:aws:s3:::{}{i}*b", "a*".repeat(900));
        users(&[user("a", &[policy(&both(1_200, long, |i| format!("arn:aws:s3:::{}{i}", "a".repeat(1_900))))])])
    }),
    ("a long pattern", || users(&[user("a", &[allow("s3:*", &"a*".repeat(2_000_000))])])),
    ("patterns of every service", || {
        users(&[user("a", &[policy(&[statement("Allow", &many(200_000, |i| format!("*:*a{i}")), &json!("*"))])])])
    }),
    ("patterns of one service", || {
        users(&[user("a", &[policy(&[statement("Allow", &many(240_000, |i| format!("ec2:*{i}")), &json!("*"))])])])
    }),
    ("policies that are not there", || {
        let mut one = user("a", &[]);
        let absent = |i: usize| json!({"PolicyName": "p", "PolicyArn": format!("arn:aws:iam::aws:policy/p{i}")});
        one["AttachedManagedPolicies"] = (0..60_000).map(absent).collect();
        one["GroupList"] = many(60_000, |i| format!("g{i}"));
        users(&[one])
    }),
    ("tags", || {
        let mut one = user("a", &[]);
        one["Tags"] = (0..100_000).map(|i| json!({"Key": format!("k{i}"), "Value": "v"})).collect();
        users(&[one])
    }),
    ("holders of a trust policy", || {
        let named = |i: usize| json!({"AWS": format!("arn:aws:iam::111122223333:user/u{i}")});
        let mut trust: Vec<Value> =
            (0..12_000).map(|i| json!({"Effect": "Allow", "Principal": named(i), "Action": "sts:AssumeRole"})).collect();
        trust.extend((0..12_000).map(|i| json!({"Effect": "Deny", "NotPrincipal": named(100_000 + i), "Action": "sts:AssumeRole"})));
        let mut account = users(&(0..10_000).map(|i| user(&format!("u{i}"), &[])).collect::<Vec<_>>());
        account["RoleDetailList"] = json!([super::role("r", &Value::Array(trust))]);
        account
    }),
    ("accounts × policies of AWS", || {
        let of = |i: usize| {
            let mut one = user(&format!("u{i}"), &[allow("s3:*", "*")]);
            one["Arn"] = json!(format!("arn:aws:iam::{i:012}:user/u{i}"));
            one
        };
        let mut all = users(&(0..4_000).map(of).collect::<Vec<_>>());
        all["Policies"] = (0..10_000).map(|i| json!({"PolicyName": "p", "Arn": format!("arn:aws:iam::aws:policy/p{i}")})).collect();
        all
    }),
    (
        "nothing but brackets",
        || json!({"UserDetailList": [{"UserName": "a", "UserId": "A", "Arn": "x", "Tags": vec![json!([]); 1_500_000]}]}),
    ),
];

fn arn(i: usize) -> String {
    format!("arn:aws:s3:::b{i}/*")
}

fn both(n: usize, deny: impl Fn(usize) -> String, allowed: impl Fn(usize) -> String) -> Vec<Value> {
    let mut all = on(n, "Deny", "*", deny);
    all.extend(on(n, "Allow", "*", allowed));
    all
}

fn text(wanted: &str) -> String {
    CASES.iter().find(|(name, _)| *name == wanted).expect("a case").1().to_string()
}

#[test]
fn no_small_input_is_dear() {
    let input = Input { test: "aws::bounds::no_small_input_is_dear", format: Format::Aws, file: "a.json" };
    each(&input, || CASES.iter().map(|(name, make)| (*name, make().to_string())).collect());
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
        ("accounts × policies of AWS", "all accounts", "policies that accounts share come to"),
        ("holders of a trust policy", "trust policy of r", "comparing the principals of a trust policy takes more than"),
    ] {
        let error = read(Format::Aws, &one("a.json", &text(name)), &Options::default()).expect_err(name);
        assert!(error.file == "a.json" && error.place.as_deref().is_some_and(|p| p.starts_with(place)), "{name}: {error}");
        assert!(error.reason.contains(reason), "{name}: {error}");
    }
}
