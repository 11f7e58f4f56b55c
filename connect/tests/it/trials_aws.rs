//! Small inputs after public reports on AWS, each with the answer somebody stated. They stand beside the project
//! (`COUNTERSIGN_FIXTURES`); where they are absent, the siblings in `aws` try the same.

use crate::aws::{classes, judged, kind, named, units};
use crate::support::{grants, identities, says};
use connect::{Error, Input, Options, read};
use domain::identity::Kind;
use domain::rule::Via;
use domain::snapshot::{Format, Snapshot};
use std::path::PathBuf;

/// The folder of a trial, by what it is about.
fn folder(about: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("COUNTERSIGN_FIXTURES").map(PathBuf::from) else {
        println!("COUNTERSIGN_FIXTURES is not set: the trials were not read");
        return None;
    };
    let all = std::fs::read_dir(root.join("trials")).expect("the trials").map(|e| e.expect("an entry").path());
    let named = |path: &PathBuf| path.file_name().and_then(|n| n.to_str()).and_then(|n| n.split_once('-')).is_some_and(|(_, n)| n == about);
    Some(all.into_iter().find(named).unwrap_or_else(|| panic!("no trial about {about}")))
}

fn attempt(about: &str, file: &str) -> Option<Result<Snapshot, Error>> {
    let input = Input::from_path(&folder(about)?.join(file)).expect("a trial");
    Some(read(Format::Aws, &input, &Options::default()))
}

fn trial(about: &str) -> Option<Snapshot> {
    attempt(about, "in.json").map(|read| read.unwrap_or_else(|e| panic!("{about}: {e}")))
}

fn refused(about: &str) -> Option<Error> {
    attempt(about, "in.json").map(|read| read.expect_err(about))
}

#[test]
fn denies_and_boundaries() {
    let Some(s) = trial("deny-by-token-time") else { return };
    let (classes_of, totals) = judged(&s, "job");
    assert_eq!((classes_of.as_str(), totals.grants, totals.denied), ("read", 1, 1));
    let s = trial("deny-over-policy-variable").expect("a trial");
    let (classes_of, totals) = judged(&s, "svc-a");
    assert_eq!((classes_of.as_str(), totals.denied), ("", 1));
    assert_eq!(classes(&trial("boundary-denies-iam").expect("a trial"), "priv"), "");
    let s = trial("deny-all-unknown-action").expect("a trial");
    assert_eq!((classes(&s, "svc-q"), classes(&s, "svc-known")), (String::new(), String::new()));
    assert_eq!(judged(&s, "svc-q").1.by_class.iter().sum::<i64>(), 0);
    let s = trial("notresource-deny").expect("a trial");
    let name = s.identities[0].name.clone();
    let left = classes(&s, &name);
    assert!(left.contains("destructive") && left.contains("wildcard"), "{left}");
}

#[test]
fn wildcards_and_unknown_actions() {
    let Some(s) = trial("obfuscated-admin") else { return };
    assert!(["u1", "u2", "u3"].iter().all(|u| classes(&s, u).contains("admin")));
    let s = trial("wildcard-spelled-otherwise").expect("a trial");
    assert_eq!(classes(&s, "u1"), "admin secrets destructive write read wildcard");
    assert_eq!(classes(&s, "u2"), "full_control admin secrets destructive write read wildcard");
    let s = trial("notaction-unknown-action").expect("a trial");
    assert_eq!(classes(&s, "svc-a"), "full_control admin secrets destructive write read wildcard");
    let s = trial("deny-suffix-wildcard").expect("a trial");
    let name = s.identities[0].name.clone();
    assert_eq!(classes(&s, &name).trim_end_matches(" wildcard"), "read");
    let s = trial("upper-case-service").expect("a trial");
    assert!(
        s.identities.iter().all(|i| classes(&s, &i.name) == classes(&s, &s.identities[0].name))
            && classes(&s, &s.identities[0].name).starts_with("admin secrets")
    );
    let s = trial("conditional-allow-counted").expect("a trial");
    let name = s.identities[0].name.clone();
    let (left, totals) = judged(&s, &name);
    assert!(totals.conditional == 3 && left.contains("admin") && left.contains("write"), "{left} {totals:?}");
}

#[test]
fn roles_and_their_trust() {
    let Some(s) = trial("irsa-role-kind") else { return };
    assert_eq!((kind(&s, "irsa"), kind(&s, "podid"), kind(&s, "gha")), (Kind::Workload, Kind::Workload, Kind::CiIdentity));
    let s = trial("trust-principal-star").expect("a trial");
    assert!(["open", "open2"].iter().all(|role| says(&s, &[&format!("role {role} can be assumed by anybody")])), "{:?}", s.notes);
    let s = trial("trust-deny").expect("a trial");
    assert_eq!((classes(&s, "alice-bot").as_str(), classes(&s, "bob-bot").as_str()), ("admin secrets write", ""));
    let s = trial("trust-condition-lost").expect("a trial");
    let (_, totals) = judged(&s, "ops-bot");
    assert_eq!((totals.grants, totals.conditional), (1, 1));
    assert!(
        s.grants
            .iter()
            .any(|g| s.paths.get(g.path).0 == Via::Trust && s.rules.get(g.rule).conditions == ["Bool aws:MultiFactorAuthPresent true"])
    );
    let s = trial("aws-cn").expect("a trial");
    assert!(s.identities.iter().any(|i| i.kind == Kind::Workload) && s.grants.iter().any(|g| s.paths.get(g.path).0 == Via::Trust));
    assert_eq!(s.default_source.as_deref(), Some("aws:111122223333"));
}

#[test]
fn nulls_encodings_and_pages() {
    let Some(s) = trial("null-lists") else { return };
    assert_eq!((s.identities.len(), s.grants.len()), (1, 1));
    let s = trial("empty-boundary-object").expect("a trial");
    assert_eq!((s.identities.len(), s.grants.len(), s.identities[0].unknown_access.len(), s.surfaces.len()), (1, 1, 0, 0));
    assert_eq!(trial("powershell-utf16").expect("a trial").identities.len(), 1);
    assert_eq!(attempt("utf8-bom-json", "aws.json").expect("a trial").expect("reads").identities.len(), 1);
    assert_eq!(attempt("all-pages-in-a-folder", "pages").expect("a trial").expect("reads").identities.len(), 2);
    let alone = attempt("all-pages-in-a-folder", "pages/p1.json").expect("a trial").expect_err("one page");
    assert!(alone.reason.contains("import them together"), "{alone}");
    assert_eq!(trial("concatenated-pages").expect("a trial").identities.len(), 2);
    let s = trial("policy-text-with-percent").expect("a trial");
    assert_eq!(units(&s, "u1"), ["s3:GetObject on arn:aws:s3:::b/%2Fx"]);
}

#[test]
fn policies_by_themselves() {
    let Some(error) = refused("bare-policy-without-action") else { return };
    assert!(error.file.ends_with("in.json") && error.reason.contains("\"Actions\"") && error.reason.contains("statement 1"), "{error}");
    let s = trial("statement-one-object").expect("a trial");
    assert_eq!((s.sets.len(), s.rules.get(0).actions.len(), s.sets_only), (1, 2, true));
    let s = trial("get-role-policy").expect("a trial");
    assert_eq!((s.sets[0].kind, s.sets[0].key.as_str(), s.sets[0].name.as_str()), ("inline_policy", "role/job/inline-a", "inline-a"));
    assert!(s.sets_only && s.sets.len() == 1);
    let error = refused("bad-statement-says-which").expect("a trial");
    assert!(["svc-x", "policy bad", "Effect", "\"allow\""].iter().all(|word| error.reason.contains(word)), "{error}");
}

#[test]
fn what_is_said_twice_or_elsewhere() {
    let Some(s) = trial("two-accounts-in-one-file") else { return };
    assert_eq!(
        (s.default_source.as_deref(), identities(&s)),
        (Some("aws:111122223333"), vec!["cloud_user AIDAEXAMPLE00000001".to_owned()])
    );
    let other = &s.others[0];
    assert_eq!((other.default_source.as_deref(), named(other)), (Some("aws:444455556666"), vec!["r2"]));
    let s = attempt("same-role-in-two-files", "d").expect("a trial").expect("reads");
    assert_eq!((s.identities.len(), s.surfaces.len()), (1, 1));
    assert!(says(&s, &["role priv", "a.json", "b.json", "counts once"]), "{:?}", s.notes);
    let error = refused("two-roles-one-roleid").expect("a trial");
    assert!(
        error.reason.contains("role two") && error.reason.contains("role one") && error.reason.contains("AROAEXAMPLE00000001"),
        "{error}"
    );
    let s = trial("group-of-another-page").expect("a trial");
    assert_eq!(s.identities[0].unknown_access, ["group admins is not in the file"]);
    let s = trial("admin-policy-absent").expect("a trial");
    assert_eq!(s.identities[0].unknown_access, ["policy arn:aws:iam::aws:policy/AdministratorAccess is not in the file"]);
    assert!(grants(&s).is_empty());
}

#[test]
fn the_order_of_lists_is_nothing() {
    let Some(folder) = folder("same-file-again-after-reordering") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).expect("files").map(|e| e.expect("an entry").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    let read = |file: &PathBuf| {
        let s = read(Format::Aws, &Input::from_path(file).expect("a trial"), &Options::default()).expect("reads");
        (identities(&s), grants(&s))
    };
    assert!(files.len() > 1 && files.iter().all(|file| read(file) == read(&files[0])), "{files:?}");
}
