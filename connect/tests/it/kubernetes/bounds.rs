//! What small inputs may cost: no depth ends the process, and what multiplies is counted ahead and refused with its place.

use super::{cluster_binding, cluster_role, files, group, one, rbac, refused, try_files};
use crate::bad_input::computed;
use std::fmt::Write as _;
use std::process::Command;

/// A thread of the server's size: what overflows it ends the process.
fn on_a_small_stack(what: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(what).expect("a thread").join().expect("no overflow");
}

#[test]
fn depth_is_read_or_refused_with_its_place_and_never_ends_the_process() {
    on_a_small_stack(|| {
        for depth in [60, 120, 5_000] {
            let mut map = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n");
            (1..=depth).for_each(|n| writeln!(map, "{}a:", " ".repeat(n)).expect("text"));
            let mut lists = String::new();
            (0..depth).for_each(|_| lists.push_str("{kind: List, apiVersion: v1, items: ["));
            lists.push_str(&format!("{{kind: ServiceAccount, apiVersion: v1, metadata: {{name: a, namespace: x}}}}{}", "]}".repeat(depth)));
            let json =
                format!("{{\"kind\": \"ConfigMap\", \"apiVersion\": \"v1\", \"data\": {}1{}}}", "{\"a\":".repeat(depth), "}".repeat(depth));
            for (name, text) in [("map.yaml", &map), ("lists.yaml", &lists), ("in.json", &json)] {
                match try_files(&[(name, text.as_bytes())]) {
                    Ok(s) => assert!(depth <= 120 && (name != "lists.yaml" || s.identities.len() == 1), "{name} {depth}"),
                    Err(e) => assert!(depth > 60 && e.file == name && e.place.is_some_and(|p| p.starts_with("line ")), "{name} {depth}"),
                }
            }
        }
    });
}

fn words(n: usize, start: &str) -> String {
    (0..n).map(|i| format!("{start}{i}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn lists_of_a_rule_that_multiply_are_refused_with_their_place() {
    let rule = format!(
        "[{{apiGroups: [{}], resources: [{}], resourceNames: [{}], verbs: [get]}}]",
        words(1000, "g"),
        words(1000, "r"),
        words(1000, "n")
    );
    let text = cluster_role("big", &rule);
    assert!(text.len() < 25_000);
    let error = refused(&text);
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 4, ClusterRole big, rules[0]")), "{error}");
    assert!(error.reason.contains("1,000 API groups × 1,000 resources × 1,000 names × 1 verbs"), "{error}");
    // In a folder too: what is too much to read is no reason to believe that it is nothing.
    assert!(try_files(&[("a.yaml", text.as_bytes()), ("b.yaml", super::account("x/a").as_bytes())]).is_err());
    let many = format!("[{{apiGroups: [''], resources: [{}], verbs: [{}]}}]", words(2000, "r"), words(2000, "v"));
    assert!(refused(&cluster_role("big", &many)).reason.contains("2,000 verbs"));
    assert_eq!(
        one(&cluster_role("fair", &format!("[{{apiGroups: [''], resources: [{}], verbs: [get]}}]", words(500, "r")))).set_rules.len(),
        1
    );
}

/// Inputs below 5 MB that cost most, by what multiplies in them.
fn costly() -> Vec<(&'static str, String)> {
    let accounts: String = (0..20_000).map(|i| super::account(&format!("x/account-number-{i}"))).collect();
    let few = (0..99).map(|i| format!("{{apiGroups: [''], resources: [s{i}], verbs: [get]}}")).collect::<Vec<_>>().join(", ");
    let at_the_bound = cluster_role("r", &format!("[{few}]")) + &cluster_binding("b", "r", &group("system:authenticated"));
    let rules = (0..300).map(|i| format!("{{apiGroups: [''], resources: [r{i}], verbs: [get]}}")).collect::<Vec<_>>().join(", ");
    let everybody = cluster_role("r", &format!("[{rules}]")) + &cluster_binding("b", "r", &group("system:serviceaccounts"));
    let chain: String = (0..8_000)
        .map(|i| {
            let next = i + 1;
            let body = if i == 7_999 {
                "rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]".to_owned()
            } else {
                format!("aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{l: '{next}'}}}}]}}")
            };
            rbac("ClusterRole", &format!("metadata: {{name: c{i}, labels: {{l: '{i}'}}}}\n{body}"))
        })
        .collect();
    let all_of_all: String = (0..6_000)
        .map(|i| {
            let selector = format!("{{matchExpressions: [{{key: k{i}, operator: DoesNotExist}}]}}");
            rbac("ClusterRole", &format!("metadata: {{name: c{i}}}\naggregationRule: {{clusterRoleSelectors: [{selector}]}}"))
        })
        .collect();
    let verbs = (0..5_000).map(|i| format!("v{i}")).collect::<Vec<_>>().join(", ");
    let aliases: String = (0..5_000).map(|_| "- {apiGroups: [''], resources: [pods], verbs: *v}\n").collect();
    let aliased = rbac(
        "ClusterRole",
        &format!("metadata: {{name: a}}\nrules:\n- {{apiGroups: [''], resources: [x], verbs: &v [{verbs}]}}\n{aliases}"),
    );
    let merges: String = (0..5_000).map(|i| format!("m{i}: {{<<: *v}}\n")).collect();
    let merged = format!("kind: ConfigMap\napiVersion: v1\nbase: &v {{{}}}\n{merges}", words(5_000, "k").replace(',', ": 1,"));
    let mut bomb = String::from("kind: List\napiVersion: v1\nl0: &l0 {kind: List, items: [1]}\n");
    for i in 1..40 {
        writeln!(bomb, "l{i}: &l{i} {{kind: List, items: [*l{0}, *l{0}, *l{0}]}}", i - 1).expect("text");
    }
    bomb.push_str("items: [*l39]\n");
    let small = format!("kind: ConfigMap\napiVersion: v1\ndata: [{}1]", "a,".repeat(1_500_000));
    let pairs = format!("kind: ConfigMap\napiVersion: v1\ndata: {{{}z: 1}}", (0..200_000).map(|i| format!("k{i}: 1,")).collect::<String>());
    let lines = "{}\n".repeat(1_500_000);
    let nodes = (0..1_000).map(|i| format!("{{apiGroups: [''], resources: [nodes, r{i}], verbs: [get]}}")).collect::<Vec<_>>().join(", ");
    let bound: String = (0..15_000).map(|i| super::binding(&format!("x/b{i}"), "r", "")).collect();
    vec![
        ("bindings of nobody", cluster_role("r", &format!("[{nodes}]")) + &bound),
        ("a group", accounts.clone() + &everybody),
        ("a group at the bound", accounts.clone() + &at_the_bound),
        ("a group, within bounds", accounts + &cluster_role("r", super::PODS) + &cluster_binding("b", "r", &group("system:authenticated"))),
        ("a chain of roles", chain),
        ("all roles of all roles", all_of_all),
        ("aliases", aliased),
        ("merge keys", merged),
        ("lists of lists", bomb),
        ("small values", small),
        ("members", pairs),
        ("values on lines", lines),
    ]
}

/// The most memory this process has used, in kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Set in the process that reads.
const ALONE: &str = "COUNTERSIGN_READS_KUBERNETES_ALONE";

#[test]
fn inputs_below_five_megabytes_cost_less_than_five_seconds_and_three_hundred_megabytes() {
    if let Some(wanted) = std::env::var_os(ALONE) {
        let (name, text) = costly().into_iter().find(|(name, _)| wanted == *name).expect("an input");
        assert!(text.len() < 5_000_000, "{name}: {}", text.len());
        let before = computed();
        let read = try_files(&[("in.yaml", text.as_bytes())]);
        let (took, peak) = (computed() - before, peak());
        let said = read.map_or_else(|e| e.to_string(), |s| format!("{} grants, {} rules of roles", s.grants.len(), s.set_rules.len()));
        println!("{name}: {} bytes, {took:.1} s, {peak} kB: {said}", text.len());
        assert!(peak < 300 * 1024, "{name}: {peak} kB");
        // Without optimisation it takes several times as long as in a release.
        assert!(took < if cfg!(debug_assertions) { 10.0 } else { 3.0 }, "{name}: {took:.1} s");
        return;
    }
    for (name, _) in costly() {
        let this = ["--exact", "kubernetes::bounds::inputs_below_five_megabytes_cost_less_than_five_seconds_and_three_hundred_megabytes"];
        let mut program = Command::new(std::env::current_exe().expect("this program"));
        let ended = program.args(this).arg("--nocapture").env(ALONE, name).output().expect("ran");
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        println!("{}", said.lines().filter(|l| l.starts_with(name)).collect::<String>());
        assert!(ended.status.success() && said.contains("1 passed"), "{name}: {said}");
    }
}

#[test]
fn names_and_kinds_without_end_are_cut_or_refused() {
    let kinds: String = (0..2_000).map(|i| format!("apiVersion: v1\nkind: K{i}{}\n---\n", "x".repeat(200))).collect();
    let roles: String = (0..2_000).map(|i| format!("apiVersion: g{i}.io/v1\nkind: Role\n---\n")).collect();
    let s = one(&(kinds + &roles + &super::account("x/a")));
    assert_eq!(s.skipped.values().sum::<u64>(), 4_000);
    assert!(s.skipped.len() <= 501 && s.skipped.keys().all(|kind| kind.len() <= 100), "{}", s.skipped.len());
    assert!(s.notes.len() <= 600 && s.notes.iter().all(|note| note.len() < 2_000), "{}", s.notes.len());
    assert!(refused(&super::account(&format!("x/{}", "a".repeat(2_000)))).reason.contains("longer than 1024 bytes"));
}

#[test]
fn a_chain_of_roles_is_followed_to_its_end() {
    let link = |name: &str, label: &str, next: &str| {
        rbac(
            "ClusterRole",
            &format!(
                "metadata: {{name: {name}, labels: {{l: {label}}}}}\naggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{l: {next}}}}}]}}"
            ),
        )
    };
    let last = rbac("ClusterRole", "metadata: {name: c, labels: {l: c}}\nrules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]");
    let s = files(&[("in.yaml", &(link("a", "a", "b") + &link("b", "b", "c") + &last))]);
    assert_eq!((s.sets.len(), s.set_rules.len(), s.rules.len()), (3, 3, 1));
}
