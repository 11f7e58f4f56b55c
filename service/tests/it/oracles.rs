//! What the importers must find in inputs nobody on this project wrote. Runs where `COUNTERSIGN_FIXTURES`
//! names the folder (`cargo xtask oracles`), on both engines.

use crate::support;
use domain::snapshot::Format;
use service::imports::{Outcome, Tally};
use std::path::PathBuf;
use store::on_both;
use store::testing::Scratch;

fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("COUNTERSIGN_FIXTURES").map(PathBuf::from);
    if found.is_none() {
        println!("COUNTERSIGN_FIXTURES is not set: the outside inputs were not imported");
    }
    found
}

fn tally(total: u64, added: u64, removed: u64, changed: u64) -> Tally {
    Tally { total, added, removed, changed }
}

async fn series(s: &Scratch, format: Format, source: &str, folders: &[PathBuf]) -> Vec<Outcome> {
    let services = support::services(s);
    let mut out = Vec::new();
    for folder in folders {
        let mut request = support::request(format, source, support::path(folder));
        request.how.server = (format == Format::Mcp).then(|| "github".to_owned());
        out.push(support::import(&services, request.clone()).await);
        let again = support::import(&services, support::anew(request)).await;
        assert!(again.unchanged, "{}: a second time nothing changes: {again:?}", folder.display());
    }
    support::intact(s).await;
    out
}

on_both!(argo_cd_over_three_releases, async |s: &Scratch| {
    let Some(root) = fixtures() else { return };
    let folders: Vec<PathBuf> = ["v2.3.0", "v2.8.0", "v2.14.0"].iter().map(|v| root.join("k8s-argo-cd").join(v)).collect();
    let out = series(s, Format::Kubernetes, "argo", &folders).await;
    assert_eq!(out[0].units, tally(130, 130, 0, 0));
    assert_eq!(out[1].units, tally(134, 10, 6, 0));
    assert_eq!(out[2].units, tally(201, 67, 0, 0));
});

on_both!(github_tools_at_three_dates, async |s: &Scratch| {
    let Some(root) = fixtures() else { return };
    let folders: Vec<PathBuf> =
        ["2025-06-26", "2025-09-30", "2025-12-31"].iter().map(|d| root.join("github-mcp-toolsnaps").join(d)).collect();
    let out = series(s, Format::Mcp, "github", &folders).await;
    assert_eq!(out[0].tools, tally(50, 50, 0, 0));
    assert_eq!(out[1].tools, tally(72, 24, 2, 17));
    assert_eq!(out[2].tools, tally(98, 43, 17, 12));
});

on_both!(nine_versions_of_a_managed_policy, async |s: &Scratch| {
    let Some(root) = fixtures() else { return };
    let folder = root.join("aws-managed-policies/history/BedrockAgentCoreFullAccess");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("folder").map(|e| e.expect("entry").path()).collect();
    files.sort();
    let out = series(s, Format::Aws, "aws managed", &files).await;
    let actions: Vec<u64> = out.iter().map(|o| o.actions.total).collect();
    assert_eq!(actions, [59, 59, 59, 74, 79, 81, 81, 83, 83]);
    assert!(out.iter().all(|o| o.actions.removed == 0));
});

on_both!(two_aws_accounts, async |s: &Scratch| {
    let Some(root) = fixtures() else { return };
    let services = support::services(s);
    let small = support::path(&root.join("aws-cloudsplaining/test/files/example-authz-details.json"));
    let out = support::import(&services, support::request(Format::Aws, "", small)).await;
    assert_eq!((out.source.as_str(), out.identities.total), ("aws:012345678901", 6));
    let large = support::path(&root.join("aws-cloudsplaining/test/files/example_authz_v2.json"));
    let out = support::import(&services, support::request(Format::Aws, "example", large)).await;
    assert!(out.identities.total > 0 && out.grants.total > 0, "{out:?}");
    support::intact(s).await;
});
