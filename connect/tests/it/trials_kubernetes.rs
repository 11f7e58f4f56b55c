//! Small inputs after public reports, each with the answer somebody stated. They stand beside the project
//! (`COUNTERSIGN_FIXTURES`); where they are absent, the siblings in `kubernetes` try the same.

use crate::kubernetes::{classes, held, identity, keys, says};
use connect::{Error, Input, Options, read};
use domain::snapshot::{Format, Snapshot};
use std::path::PathBuf;

fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("COUNTERSIGN_FIXTURES").map(PathBuf::from);
    if found.is_none() {
        println!("COUNTERSIGN_FIXTURES is not set: the trials were not read");
    }
    found
}

/// The trial of a name, without the number it has among others.
fn attempt(path: &str) -> Option<Result<Snapshot, Error>> {
    let (name, inner) = path.split_once('/').expect("a trial and what is in it");
    let all = std::fs::read_dir(fixtures()?.join("trials")).expect("trials").map(|e| e.expect("an entry").path());
    let is_it =
        |folder: &PathBuf| folder.file_name().and_then(|n| n.to_str()).and_then(|n| n.split_once('-')).is_some_and(|(_, n)| n == name);
    let path = all.into_iter().find(is_it).unwrap_or_else(|| panic!("no trial {name}")).join(inner);
    let input = Input::from_path(&path).expect("a trial");
    Some(read(Format::Kubernetes, &input, &Options::default()))
}

fn trial(path: &str) -> Option<Snapshot> {
    attempt(path).map(|read| read.unwrap_or_else(|e| panic!("{path}: {e}")))
}

/// The grants of an identity without their paths.
fn reaches(s: &Snapshot, key: &str) -> Vec<String> {
    held(s, key).into_iter().map(|line| line.split(" by ").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn bindings() {
    let Some(s) = trial("rolebinding-to-clusterrole/in.yaml") else { return };
    assert_eq!(held(&s, "shop/api"), ["get list on /secrets by RoleBinding shop/read-secrets"]);
    assert!(held(&s, "other/api").is_empty());
    let s = trial("role-and-clusterrole-same-name/in.yaml").expect("a trial");
    assert_eq!((classes(&s, "x/a"), classes(&s, "x/b")), ("read".to_owned(), "destructive write read".to_owned()));
}

#[test]
fn typed_lists_pages_and_several_values() {
    let Some(s) = trial("typed-list-without-item-kinds/d") else { return };
    assert_eq!((held(&s, "shop/api").len(), classes(&s, "shop/api")), (1, "secrets read".to_owned()));
    assert_eq!(keys(&trial("pages-of-a-list/d").expect("a trial")), ["x/a", "x/b"]);
    let alone = attempt("pages-of-a-list/d/p1.json").expect("a trial").expect_err("the last page is missing");
    assert!(alone.reason.contains("import them together"), "{alone}");
    assert_eq!(keys(&trial("json-lines/in.json").expect("a trial")), ["x/a", "x/b"]);
}

#[test]
fn only_what_grants_access_in_kubernetes_does() {
    let Some(s) = trial("role-of-another-api-group/in.yaml") else { return };
    assert_eq!(s.skipped.get("Role of iam.services.k8s.aws"), Some(&1), "{:?}", s.skipped);
    assert_eq!(s.sets.iter().filter(|set| set.present).map(|set| set.key.as_str()).collect::<Vec<_>>(), ["ci/deployer"]);
    assert!(held(&s, "ci/bot").is_empty() && !identity(&s, "ci/bot").unknown_access.is_empty());
    let s = trial("typo-in-api-group/in.yaml").expect("a trial");
    assert!(s.grants.is_empty() && s.sets.is_empty(), "{:?}", s.sets);
    assert_eq!(s.skipped.values().sum::<u64>(), 2);
    assert!(says(&s, &["rbac.authorization.k8.io", "line 6"]), "{:?}", s.notes);
}

#[test]
fn aggregation_takes_the_place_of_own_rules() {
    let Some(s) = trial("aggregation-overwrites-own-rules/in.yaml") else { return };
    assert_eq!(reaches(&s, "kf/u"), ["get on kubeflow.example/notebooks"]);
    assert_eq!(classes(&s, "kf/u"), "read");
    assert!(says(&s, &["nb-edit", "do not count"]), "{:?}", s.notes);
}

#[test]
fn folders_hold_other_things_too() {
    let Some(s) = trial("kustomization-without-kind/rbac") else { return };
    assert_eq!((keys(&s), classes(&s, "system/controller-manager")), (vec!["system/controller-manager"], "secrets read".to_owned()));
    assert_eq!(s.skipped.get("Kustomization"), Some(&1));
    let s = trial("json-patch-in-a-folder/c").expect("a trial");
    assert_eq!((keys(&s), s.skipped.get("JSON patch")), (vec!["x/a"], Some(&1)));
    assert!(says(&s, &["metrics_patch.yaml"]), "{:?}", s.notes);
}

#[test]
fn openshift() {
    let Some(s) = trial("openshift-roleref-without-kind/in.yaml") else { return };
    assert_eq!(held(&s, "ops/pruner"), ["delete get on /pods by ClusterRoleBinding prune"]);
    assert_eq!(s.identities.len(), 1);
}

#[test]
fn yaml_as_the_field_writes_it() {
    let Some(s) = trial("duplicate-yaml-key/in.yaml") else { return };
    assert_eq!(keys(&s), ["shop/api"]);
    assert!(says(&s, &["\"app\"", "lines 7 and 9"]), "{:?}", s.notes);
    let s = trial("duplicate-anchor/in.yaml").expect("a trial");
    assert_eq!(reaches(&s, "x/u"), ["delete on batch/cronjobs", "delete on batch/jobs", "get on /configmaps", "get on /pods"]);
    let s = trial("merge-keys/in.yaml").expect("a trial");
    assert_eq!(reaches(&s, "x/u"), ["get list on /pods", "get list on /secrets"]);
    assert_eq!(keys(&trial("bom-yaml/in.yaml").expect("a trial")), ["shop/api"]);
    assert_eq!(keys(&trial("helm-template-output/in.yaml").expect("a trial")), ["shop/api"]);
}

#[test]
fn nulls_are_nothing() {
    let Some(s) = trial("null-members-rbac/in.yaml") else { return };
    assert_eq!((keys(&s), s.sets.len(), s.grants.len()), (vec!["shop/api"], 2, 0));
}

#[test]
fn wildcards_of_kubernetes() {
    let Some(s) = trial("star-slash-star/in.yaml") else { return };
    assert_eq!(classes(&s, "x/u"), "", "it reaches nothing");
    let s = trial("subresource-scale/in.yaml").expect("a trial");
    assert_eq!(classes(&s, "x/u"), "write read");
    assert_eq!(reaches(&s, "x/u"), ["get on /pods/log", "update on apps/*/status#web apps/deployments/scale#web"]);
}

#[test]
fn said_twice() {
    let Some(s) = trial("same-role-twice/in.yaml") else { return };
    assert_eq!(reaches(&s, "x/u"), ["get on /pods"]);
    assert!(says(&s, &["Role x/r is said twice", "line 1", "line 12"]), "{:?}", s.notes);
}

#[test]
fn anybody() {
    let Some(s) = trial("anonymous-bound/in.yaml") else { return };
    assert!(says(&s, &["system:anonymous", "without signing in"]), "{:?}", s.notes);
    assert!(!identity(&s, "system:anonymous").platform_managed);
    let s = trial("unauthenticated-group/in.yaml").expect("a trial");
    assert!(held(&s, "shop/api").is_empty());
    assert!(says(&s, &["system:unauthenticated", "without signing in"]), "{:?}", s.notes);
}

#[test]
fn what_people_made_is_not_the_platforms() {
    let Some(s) = trial("tiller-in-kube-system/in.yaml") else { return };
    assert!(!identity(&s, "kube-system/tiller").platform_managed);
    assert!(classes(&s, "kube-system/tiller").starts_with("full_control"));
}

#[test]
fn refusals_say_what_it_is() {
    let Some(read) = attempt("helm-template-unrendered/in.yaml") else { return };
    let error = read.expect_err("a template");
    assert!(error.reason.contains("Helm template") && error.place.as_deref().is_some_and(|p| p.starts_with("line ")), "{error}");
    let error = attempt("rules-tab-indent/in.yaml").expect("a trial").expect_err("a tab");
    assert!(error.place.as_deref().is_some_and(|p| p.starts_with("line 4")), "{error}");
    assert_eq!(error.to_string().matches("line ").count(), 1, "{error}");
}

#[test]
fn argo_cd_has_the_units_somebody_counted() {
    let Some(root) = fixtures() else { return };
    for (release, units) in [("v2.3.0", 130), ("v2.8.0", 134), ("v2.14.0", 201)] {
        let input = Input::from_path(&root.join("k8s-argo-cd").join(release)).expect("a folder");
        let s = read(Format::Kubernetes, &input, &Options::default()).expect("reads");
        let all: std::collections::HashSet<(u32, &str, &str)> =
            s.set_rules.iter().flat_map(|(set, rule, _)| s.rules.get(*rule).units().map(move |(a, r)| (*set, a, r))).collect();
        assert_eq!(all.len(), units, "{release}: {:?}", s.notes);
    }
}
