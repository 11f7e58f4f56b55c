//! Choosing what to import: the files, where they come from, and only what their format asks for.

use crate::context::PageContext;
use crate::pages::{Content, page};
use domain::identity::Environment;
use domain::permission::Action;
use domain::snapshot::Format;
use leptos::prelude::*;
use ui::{ErrorSummary, Field, Select, field_error, time_words};

#[component]
pub fn New() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::Import)?;
            service::only_now(cx.wanted()?)?;
            let known = service::sources::states(read).await?;
            let last = known
                .last_heard
                .map_or_else(|| "No imports yet.".to_owned(), |at| format!("Last import: {}.", time_words(at, read.as_of().at)));
            let names = service::imports::sources(read).await?;
            Ok(Content::new("Import a file", None, body(&cx, &last, &names)))
        })
    })
}

/// The format the form is for; none where it is detected.
fn chosen(cx: &PageContext) -> Option<Format> {
    let typed = cx.flash.typed("format");
    Format::parse(if typed.is_empty() { cx.param("format").unwrap_or_default() } else { &typed })
}

fn body(cx: &PageContext, last: &str, names: &[String]) -> AnyView {
    let format = chosen(cx);
    let chip = |word: &str, label: &'static str| ui::chip(cx.with(&[("format", word)]), label, format.map_or("", Format::as_str) == word);
    let formats = Format::ALL.iter().map(|f| chip(f.as_str(), f.label())).collect_view();
    view! {
        <div class="head"><div>
            <p class="crumb"><a href="/imports">"Imports"</a></p>
            <h1>"Import a file"</h1>
            <p>{last.to_owned()}" Preview shows every change before you save. Secrets are never stored."</p>
        </div></div>
        <ErrorSummary sent=cx.flash.clone()/>
        <div class="row" role="group" aria-label="Format">{chip("", "Detect the format")}{formats}</div>
        {form(cx, format, names)}
        {how(format)}
    }
    .into_any()
}

fn form(cx: &PageContext, format: Option<Format>, names: &[String]) -> impl IntoView + use<> {
    let environments = Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect::<Vec<_>>();
    // What names itself needs no name; of the others one is asked for ahead of the upload.
    let named = matches!(format, None | Some(Format::Aws | Format::Mcp));
    let hint = if named {
        "e.g. prod-cluster. AWS accounts and MCP servers name themselves."
    } else {
        "Where the file comes from, e.g. prod-cluster"
    };
    let known = names.iter().map(|n| view! { <option value=n.clone()></option> }).collect_view();
    let source = cx.param("source").unwrap_or_default().to_owned();
    let kubernetes = (format == Some(Format::Kubernetes)).then(|| {
        view! { <Field sent=cx.flash.clone() name="namespace" label="Default namespace" optional=true hint="e.g. argocd"/> }
    });
    let mcp = (format == Some(Format::Mcp)).then(|| {
        view! { <Field sent=cx.flash.clone() name="server" label="Server these tools belong to" optional=true hint="e.g. github"/> }
    });
    view! {
        <section class="card form-narrow">
            <form class="pad form-narrow" method="post" action="/imports" enctype="multipart/form-data">
                <input type="hidden" name="format" value=format.map_or("", Format::as_str)/>
                {field_error(&cx.flash, "format")}
                <label>"Files"<input type="file" name="files" id="field-files" multiple=true required=true aria-describedby="hint-files"/>
                    {field_error(&cx.flash, "files")}
                    <span class="hint" id="hint-files">"One file, or all files of a folder together."</span></label>
                <Field sent=cx.flash.clone() name="source" label="Source" value=source required=!named optional=named list="sources" hint=hint/>
                <datalist id="sources">{known}</datalist>
                <Select sent=cx.flash.clone() name="environment" label="Environment" optional=true none="Not stated" options=environments/>
                {kubernetes}
                {mcp}
                <div class="row">
                    <button class="btn primary" type="submit" name="dry_run" value="1">"Preview changes"</button>
                    <button class="btn" type="submit" name="dry_run" value="">"Import now"</button>
                </div>
            </form>
        </section>
    }
}

/// Where the file of a format comes from.
fn how(format: Option<Format>) -> impl IntoView {
    let (what, command) = match format {
        None | Some(Format::Aws) => ("An AWS account:", "aws iam get-account-authorization-details > account.json"),
        Some(Format::Kubernetes) => {
            ("A cluster:", "kubectl get sa,roles,rolebindings,clusterroles,clusterrolebindings -A -o yaml > cluster.yaml")
        }
        Some(Format::Mcp) => ("An MCP server:", "The answer of tools/list, or the configuration of a client (mcp.json)"),
        Some(Format::A2a) => ("An agent:", "curl https://AGENT/.well-known/agent-card.json > agent-card.json"),
        Some(Format::Csv) => ("A table:", "name,kind,owner,permission,resource"),
        Some(Format::Countersign) => ("Your own tool:", "/api/schemas/import.json describes the format"),
    };
    view! { <p class="small muted">{what}" "{ui::copied(command)}</p> }
}
