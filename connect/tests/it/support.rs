//! Reading small inputs, and what they gave in lines that can be compared.

use connect::{Error, Input, InputFile, Options, read};
use domain::snapshot::{Format, Snapshot};

pub fn files(root: &str, all: &[(&str, &str)]) -> Input {
    let file = |(name, text): &(&str, &str)| InputFile::from_bytes(format!("{root}/{name}"), text.as_bytes().to_vec());
    Input::of(root, all.iter().map(file).collect())
}

pub fn one(name: &str, text: &str) -> Input {
    Input::single(InputFile::from_bytes(name, text.as_bytes().to_vec()))
}

pub fn reads(format: Format, input: &Input) -> Snapshot {
    read(format, input, &Options::default()).unwrap_or_else(|e| panic!("{}: {e}", input.name))
}

pub fn refuses(format: Format, input: &Input) -> Error {
    match read(format, input, &Options::default()) {
        Err(error) => error,
        Ok(out) => panic!("{} was read: {out:?}", input.name),
    }
}

/// `kind key`, in order.
pub fn identities(s: &Snapshot) -> Vec<String> {
    let mut out: Vec<String> = s.identities.iter().map(|i| format!("{} {}", i.kind, i.key)).collect();
    out.sort();
    out
}

/// `identity: effect actions on resources [in set] [until end]`, in order.
pub fn grants(s: &Snapshot) -> Vec<String> {
    let mut out: Vec<String> = s
        .grants
        .iter()
        .map(|g| {
            let rule = s.rules.get(g.rule);
            let set = g.set().map(|set| format!(" in {}", s.sets[set as usize].key)).unwrap_or_default();
            let end = g.ends_at().map(|at| format!(" until {}", domain::time::Timestamp(at))).unwrap_or_default();
            let (who, effect) = (&s.identities[g.identity as usize].key, rule.effect);
            format!("{who}: {effect} {} on {}{set}{end}", rule.actions.join(" "), rule.resources.join(" "))
        })
        .collect();
    out.sort();
    out
}

/// `identity: method key`, in order.
pub fn credentials(s: &Snapshot) -> Vec<String> {
    let mut out: Vec<String> =
        s.credentials.iter().map(|c| format!("{}: {} {}", s.identities[c.identity as usize].key, c.method, c.key_id)).collect();
    out.sort();
    out
}

/// `identity: tool`, in order.
pub fn tools(s: &Snapshot) -> Vec<String> {
    let whose = |surface: u32| &s.identities[s.surfaces[surface as usize].identity as usize].key;
    let mut out: Vec<String> = s.tools.iter().map(|t| format!("{}: {}", whose(t.surface), t.name)).collect();
    out.sort();
    out
}

/// Drift keys and digests: what a second import compares.
pub fn compared(s: &Snapshot) -> Vec<String> {
    let tools = s.tools.iter().map(|t| t.drift_key.clone());
    tools.chain(s.surfaces.iter().filter_map(|x| x.digest.clone())).collect()
}

/// Whether a note says all of these.
pub fn says(s: &Snapshot, words: &[&str]) -> bool {
    s.notes.iter().any(|note| words.iter().all(|word| note.contains(word)))
}
