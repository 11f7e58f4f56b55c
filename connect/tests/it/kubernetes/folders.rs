//! Folders of real repositories: manifests beside templates, values, patches and more end in an inventory and a list of what
//! was left out.

use super::{ALL, PODS, SECRETS, account, classes, cluster_binding, cluster_role, files, held, holder, keys, rbac, says, try_files};
use connect::{Input, Options, read};
use domain::snapshot::Format;

#[test]
fn what_is_no_manifest_is_counted_by_kind_and_named() {
    let manifests = account("x/a") + &cluster_role("r", SECRETS) + &cluster_binding("b", "r", &holder("x/a"));
    let prose = "Just some words, and no manifest.\n";
    let alert = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: p}\nspec: {text: 'is {{ $value }}'}\n";
    let s = files(&[
        ("charts/x/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"),
        ("charts/x/values.yaml", "replicas: 1\nserviceAccount: {name: '{{ tpl }}'}\n"),
        ("charts/x/templates/rbac.yaml", "{{- if .Values.rbac }}\nkind: ClusterRole\nmetadata:\n  name: {{ .Release.Name }}\n{{- end }}\n"),
        ("charts/x/templates/only.yaml", "{{ include \"x.all\" . }}\n"),
        ("charts/x/templates/quoted.yaml", &cluster_role("{{ .Release.Name }}", ALL)),
        ("config/rbac/kustomization.yaml", "resources:\n- role.yaml\n"),
        (
            "config/default/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches:\n- path: patch.yaml\n- path: ../other/./patch.yaml\n",
        ),
        ("config/default/patch.yaml", &rbac("ClusterRole", "metadata: {name: r}\nrules: []")),
        ("config/other/patch.yaml", &cluster_binding("b", "r", &holder("x/z"))),
        ("config/other/delete.yaml", &rbac("ClusterRole", "$patch: delete\nmetadata: {name: r}")),
        ("config/patch.json", "[{\"op\": \"add\", \"path\": \"/rules/-\", \"value\": {}}]\n"),
        ("config/rbac/all.yaml", &manifests),
        ("docs/empty.yaml", ""),
        ("docs/only-comments.yaml", "# nothing\n---\n# here\n"),
        ("docs/prose.yaml", prose),
        ("docs/broken.yaml", "a: b\n\tc: d\n"),
        ("docs/zipped.yaml", "PK\u{3}\u{4}rest"),
        ("docs/alert.yaml", alert),
        ("package.json", "{\"name\": \"x\", \"version\": \"1\"}"),
        (".github/workflows/ci.yaml", "on: push\njobs: {x: {run: \"${{ github.ref }}\"}}\n"),
    ]);
    assert_eq!((keys(&s), classes(&s, "x/a")), (vec!["x/a"], "secrets read".to_owned()));
    let counted: Vec<(&str, u64)> = s.skipped.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    let expected = [
        ("Helm template", 3),
        ("JSON patch", 1),
        ("Kustomization", 2),
        ("PrometheusRule", 1),
        ("document without a kind", 5),
        ("empty file", 2),
        ("file or object that cannot be read", 2),
        ("kustomize patch", 3),
    ];
    assert_eq!(counted, expected);
    for words in [
        &["Skipped Helm templates", "charts/x/templates/rbac.yaml", "only.yaml", "quoted.yaml"][..],
        &["Skipped documents without a kind", "charts/x/Chart.yaml", "values.yaml", "docs/prose.yaml", "package.json"],
        &["Skipped patches for kustomize", "config/default/patch.yaml", "config/other/patch.yaml"],
        &["Skipped JSON patches", "config/patch.json"],
        &["Skipped empty files", "docs/empty.yaml", "only-comments.yaml"],
        &["Skipped docs/broken.yaml, line 1, column 4"],
        &["Skipped docs/zipped.yaml", "zip"],
        &["Kustomizations are not applied"],
    ] {
        assert!(words.iter().all(|w| s.notes.iter().any(|n| n.contains(w))), "{words:?}: {:#?}", s.notes);
    }
    assert!(s.notes.iter().all(|n| n.len() < 600), "{:#?}", s.notes);
}

#[test]
fn a_chart_of_templates_alone_is_an_empty_inventory_with_its_list() {
    let s =
        files(&[("a.yaml", "{{- if .x }}\nkind: Role\n{{- end }}\n"), ("b.yaml", "{{ include \"x\" . }}\n"), ("values.yaml", "a: 1\n")]);
    assert!(s.identities.is_empty() && s.skipped.get("Helm template") == Some(&2), "{:?}", s.skipped);
    assert!(says(&s, &["The input holds no service account"]), "{:?}", s.notes);
    let error = try_files(&[("a.json", b"{\"Statement\": []}"), ("b.json", b"[]")]).expect_err("nothing of Kubernetes");
    assert!(error.reason.contains("no Kubernetes object") && error.reason.contains("a.json"), "{error}");
}

#[test]
fn a_thousand_files_are_read_from_a_folder_and_named_within_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for i in 0..1_100 {
        let below = folder.path().join(format!("app{}", i % 20));
        std::fs::create_dir_all(&below).expect("a folder");
        let text = match i % 4 {
            0 => account(&format!("ns{}/account-{i}", i % 20)),
            1 => {
                cluster_role(&format!("role-{i}"), PODS)
                    + &cluster_binding(
                        &format!("binding-{i}"),
                        &format!("role-{i}"),
                        &holder(&format!("ns{}/account-{}", (i - 1) % 20, i - 1)),
                    )
            }
            2 => "{{ range .Values.all }}\n- {{ . }}\n{{ end }}\n".to_owned(),
            _ => format!("replicas: {i}\n"),
        };
        std::fs::write(below.join(format!("{i}.yaml")), text).expect("written");
    }
    let input = Input::from_path(folder.path()).expect("a folder");
    let s = read(Format::Kubernetes, &input, &Options::default()).expect("reads");
    assert_eq!((s.identities.len(), s.grants.len(), s.sets.len()), (275, 275, 275));
    assert_eq!((s.skipped["Helm template"], s.skipped["document without a kind"]), (275, 275));
    assert_eq!(held(&s, "ns0/account-0"), ["get on /pods by ClusterRoleBinding binding-1"]);
    assert!(says(&s, &["Skipped Helm templates", "app10/10.yaml"]), "{:?}", s.notes);
    assert!(says(&s, &["… and 75 more"]) && s.notes.len() < 40, "{}", s.notes.len());
    assert!(s.notes.iter().all(|n| !n.contains(folder.path().to_str().expect("a path"))), "named within the folder");
}

#[test]
fn a_folder_of_one_file_is_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("only.yaml"), "{{- if .x }}\nkind: Role\n{{- end }}\n").expect("written");
    let of = |path: &std::path::Path| read(Format::Kubernetes, &Input::from_path(path).expect("an input"), &Options::default());
    assert_eq!(of(folder.path()).expect("reads").skipped["Helm template"], 1);
    assert!(of(&folder.path().join("only.yaml")).is_err());
}

#[test]
fn a_file_that_cannot_be_opened_is_refused_whatever_stands_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.yaml"), account("x/a")).expect("written");
    std::fs::write(folder.path().join("b.yaml"), account("x/b")).expect("written");
    let input = Input::from_path(folder.path()).expect("a folder");
    std::fs::remove_file(folder.path().join("b.yaml")).expect("gone");
    let error = read(Format::Kubernetes, &input, &Options::default()).expect_err("what is not there is not gone from the cluster");
    assert!(error.file.ends_with("b.yaml"), "{error}");
}
