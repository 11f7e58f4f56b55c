//! AWS as the world writes it: siblings of every kind of input that came out wrong once, and what an input may cost.

mod accounts;
mod bounds;
mod policies;
mod text;

use crate::support::{one, reads};
use connect::{Input, InputFile};
use domain::access::{self, HeldRule, Memory, Totals};
use domain::identity::Kind;
use domain::privilege::Classes;
use domain::snapshot::{Format, Snapshot};
use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";

/// An identity's grants judged together: its classes with the mark, and its sums.
pub fn judged(s: &Snapshot, name: &str) -> (String, Totals) {
    let at = s.identities.iter().position(|i| i.name == name).unwrap_or_else(|| panic!("nobody is called {name}")) as u32;
    let of_one: Vec<HeldRule<'_>> = s
        .grants
        .iter()
        .filter(|g| g.identity == at)
        .map(|g| {
            let (via, via_name) = s.paths.get(g.path);
            HeldRule { rule: s.rules.get(g.rule), via, via_name, timed: false }
        })
        .collect();
    let judged = access::judge(&of_one, &mut Memory::default());
    let counts = |held: &HeldRule<'_>| held.rule.effect == domain::rule::Effect::Allow && held.via != domain::rule::Via::Boundary;
    let left = of_one.iter().zip(&judged).filter(|(h, _)| counts(h)).fold(Classes::default(), |all, (_, j)| all.union(j.classes));
    let mark = left.wildcard().then_some("wildcard");
    let words = left.iter().map(domain::privilege::Class::as_str).chain(mark).collect::<Vec<_>>().join(" ");
    (words, access::totals(&of_one, &judged))
}

pub fn classes(s: &Snapshot, name: &str) -> String {
    judged(s, name).0
}

pub fn kind(s: &Snapshot, name: &str) -> Kind {
    s.identities.iter().find(|i| i.name == name).expect(name).kind
}

/// The names of the identities, in order.
pub fn named(s: &Snapshot) -> Vec<&str> {
    let mut out: Vec<&str> = s.identities.iter().map(|i| i.name.as_str()).collect();
    out.sort_unstable();
    out
}

/// `action on resource` of everything an identity holds.
pub fn units(s: &Snapshot, name: &str) -> Vec<String> {
    let held = s.grants.iter().filter(|g| s.identities[g.identity as usize].name == name);
    held.flat_map(|g| s.rules.get(g.rule).units().map(|(action, resource)| format!("{action} on {resource}")).collect::<Vec<_>>()).collect()
}

pub fn user(name: &str, policies: &[Value]) -> Value {
    let inline: Vec<Value> =
        policies.iter().enumerate().map(|(i, d)| json!({"PolicyName": format!("p{i}"), "PolicyDocument": d})).collect();
    json!({"Path": "/", "UserName": name, "UserId": format!("AIDA{name}"), "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "UserPolicyList": inline})
}

pub fn role(name: &str, trust: &Value) -> Value {
    json!({"Path": "/", "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": trust}})
}

pub fn allow(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
}

pub fn users(all: &[Value]) -> Value {
    json!({"UserDetailList": all, "GroupDetailList": [], "RoleDetailList": [], "Policies": []})
}

pub fn snapshot(account: &Value) -> Snapshot {
    reads(Format::Aws, &one("a.json", &account.to_string()))
}

/// Values as the files of a folder.
pub fn folder(all: &[Value]) -> Input {
    let file = |(i, v): (usize, &Value)| InputFile::from_bytes(format!("d/{i}.json"), v.to_string().into_bytes());
    Input::of("d", all.iter().enumerate().map(file).collect())
}
