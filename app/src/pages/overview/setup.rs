//! The first five minutes: a place to drop a file, and the steps that make an installation one to rely on.

use crate::context::PageContext;
use domain::permission::Action;
use leptos::prelude::*;
use service::overview::Overview as Model;
use service::{Error, Read, people};
use ui::{Tone, icon};

/// How far the setup is.
pub struct Setup {
    imported: bool,
    owned: bool,
    /// Active people, where the viewer may see them.
    people: Option<(i64, i64)>,
    anchored: bool,
    verified: bool,
}

pub async fn load(read: &mut Read, m: &Model) -> Result<Setup, Error> {
    let people = if read.who().may(Action::ReadPeople) {
        let s = people::surroundings(read).await?;
        Some((s.active, s.deciding))
    } else {
        None
    };
    let services = read.services();
    Ok(Setup {
        imported: m.began,
        owned: m.count("identities") > 0 && m.privileged_unowned().n == 0,
        people,
        anchored: services.is_anchored(),
        verified: services.verified().is_some_and(|v| v.intact),
    })
}

struct Step {
    done: bool,
    label: &'static str,
    why: &'static str,
    action: Option<(&'static str, &'static str)>,
}

fn steps(cx: &PageContext, s: &Setup) -> Vec<Step> {
    let may = |action| cx.is_now() && cx.viewer().is_ok_and(|w| w.may(action));
    let to = |needs, label, href| may(needs).then_some((label, href));
    let mut steps = vec![Step {
        done: s.imported,
        label: "Import a file",
        why: "AWS, Kubernetes, MCP, agent cards or CSV: a preview shows every change first.",
        action: to(Action::Import, "Import a file", "/imports/new"),
    }];
    if let Some((active, deciding)) = s.people {
        steps.push(Step {
            done: active > 1 && deciding > 0,
            label: "Invite people who can approve",
            why: "Admins can't approve changes. Two reviewers from two groups can.",
            action: to(Action::ManagePeople, "Invite people", "/settings/people"),
        });
    }
    steps.extend([
        Step {
            done: s.owned,
            label: "Assign owners",
            why: "Start with privileged identities.",
            action: to(Action::WriteInventory, "Assign owners", "/identities?privileged=1&no_owner=1&sort=privilege"),
        },
        Step {
            done: s.anchored,
            label: "Copy checkpoints to a second location",
            why: "A copy elsewhere shows a database swapped for another one. Set checkpoint_sink in the configuration.",
            action: None,
        },
        Step {
            done: s.verified,
            label: "Verify the ledger",
            why: "Recomputes every entry and record.",
            action: to(Action::VerifyLedger, "Verify ledger", "/ledger/verify"),
        },
    ]);
    steps
}

/// How many steps are left.
pub fn left(cx: &PageContext, s: &Setup) -> (usize, usize) {
    let all = steps(cx, s);
    (all.iter().filter(|s| !s.done).count(), all.len())
}

pub fn list(cx: &PageContext, s: &Setup) -> AnyView {
    let items = steps(cx, s).into_iter().map(|step| {
        let mark = if step.done { icon(Tone::Ok).into_any() } else { view! { <span class="o" aria-hidden="true"></span> }.into_any() };
        let state = if step.done { "done: " } else { "to do: " };
        let action = step.action.filter(|_| !step.done).map(|(label, href)| view! { <a class="btn" href=href>{label}</a> });
        view! { <li>{mark}<span><span class="vh">{state}</span>{step.label}<span class="sub">{step.why}</span></span>{action}</li> }
    });
    view! { <section class="card" id="setup"><header><h2>"Setup"</h2></header><ul class="todo">{items.collect_view()}</ul></section> }
        .into_any()
}

pub fn body(cx: &PageContext, s: &Setup) -> AnyView {
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::Import));
    view! {
        <div class="head"><div><h1>"Overview"</h1><p class="say">"No identities yet. Import a file to see every identity and what it can do."</p></div></div>
        {may.then(drop_zone)}
        {list(cx, s)}
    }
    .into_any()
}

/// A form around a field of files: a browser takes files that are dropped on it, with or without a script.
fn drop_zone() -> impl IntoView {
    view! {
        <section class="card"><div class="pad">
            <form class="drop" method="post" action="/imports" enctype="multipart/form-data">
                <h2>"Start with a file you have"</h2>
                <p class="muted">"An AWS account in one command:"<br/><code>"aws iam get-account-authorization-details > account.json"</code></p>
                <input type="hidden" name="format" value=""/>
                <label class="files"><span class="label">"Drop files here, or choose them"</span><input type="file" name="files" multiple=true required=true/></label>
                <label class="files"><span class="label">"Source "<span class="opt">"(optional)"</span></span><input name="source" autocomplete="off" aria-describedby="hint-source"/>
                    <span class="hint" id="hint-source">"e.g. prod-cluster. AWS accounts and MCP servers name themselves."</span></label>
                <button class="btn primary" type="submit" name="dry_run" value="1">"Preview changes"</button>
                <p class="small muted">"Kubernetes manifests, MCP tools, agent cards and CSV work too. The format is detected. A preview shows every change; secrets are never stored. "<a href="/imports/new">"More options"</a></p>
            </form>
        </div></section>
    }
}
