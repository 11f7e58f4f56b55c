//! What is missing from a store that came back from the past, and accepting it: the only page there is until then.

use super::{Content, open_page};
use leptos::prelude::*;
use service::restored::{Accepted, Loss, Offer, Page};
use ui::{Cell, ErrorSummary, Head, Tone, cell, note};

#[component]
pub fn Restored() -> impl IntoView {
    open_page(|cx| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            let page = service::restored::page(&cx.services, cx.viewer()?).await?;
            let flash = cx.flash.clone();
            let body = if let Some(page) = page {
                view! { <ErrorSummary sent=flash/> {missing(&page)} }.into_any()
            } else {
                let losses = service::restored::losses(&cx.services, cx.viewer()?).await?;
                view! { {whole(&losses)} <ErrorSummary sent=flash/> <p><a class="btn" href="/">"Overview"</a></p> }.into_any()
            };
            Ok(Content::new("Restored", None, body))
        })
    })
}

/// A store that waits for nobody: what was lost in its past is said.
fn whole(losses: &[Loss]) -> AnyView {
    if losses.is_empty() {
        return view! {
            <div class="head"><div><h1>"Nothing is missing"</h1><p>"This store agrees with every checkpoint that was compared when it was opened."</p></div></div>
        }
        .into_any();
    }
    let list = losses.iter().map(|l| view! { <li>{l.says()}</li> }).collect_view();
    view! {
        <div class="head"><div>
            <h1>"Nothing waits to be accepted"</h1>
            <p>"This store was restored from an older copy. What was lost stays lost."</p>
        </div></div>
        <ul>{list}</ul>
        {note(Tone::Warn, "Check what was undone",
            "Deactivated people, removed roles and new passwords of the lost time are back as they were. Every token was revoked.")}
        <p><a class="btn" href="/settings/people">"People and roles"</a> <a class="btn" href="/settings/tokens">"Tokens"</a></p>
    }
    .into_any()
}

fn missing(page: &Page) -> AnyView {
    let heads = vec![Head::new("Missing"), Head::new("Since"), Head::new("Proof")];
    let accepted = page.accepted.iter().map(|a| view! { <li>{by(a)}</li> }).collect_view();
    let nobody = page.accepted.is_empty().then(|| view! { <li>"Nobody yet."</li> });
    view! {
        <div class="head"><div>
            <h1>"Restored from an older copy"</h1>
            <p>"Checkpoints kept elsewhere prove that this store is not the newest. Nothing can be read or changed until what is missing is accepted."</p>
        </div></div>
        <section class="card">{ui::table("What is missing", None, heads, rows(page))}</section>
        {note(Tone::Bad, "What was decided since is undone here",
            "Revoked tokens, deactivated people, removed roles and new passwords of that time are back as they were. Check them first after accepting. If a newer copy exists, stop the server and restore that one instead.")}
        <h2>"Accepted by"</h2>
        <ul>{nobody}{accepted}</ul>
        {offer(page)}
    }
    .into_any()
}

fn rows(page: &Page) -> Vec<Vec<Cell>> {
    let s = &page.statement;
    let at = |seq| if seq == s.head { format!("{} UTC, entry {}", s.head_at.minute(), s.head) } else { format!("entry {seq}") };
    let gaps = s.gaps.iter().map(|g| vec![cell(g.missing(s.head)), cell(at(g.kept.min(s.head))), cell(g.proof())]);
    let unknown = || cell("Unknown: a checkpoint sink no longer proves anything");
    let silent = s.silent.iter().map(|w| vec![unknown(), cell(at(s.head)), cell(w.says())]);
    gaps.chain(silent).collect()
}

fn by(a: &Accepted) -> String {
    format!("{}, {} UTC, ledger entry {}", a.by, a.at.minute(), a.seq)
}

fn offer(page: &Page) -> AnyView {
    use domain::restored::Step;
    let others = page.others.join(", ");
    let (may, text) = match page.offer {
        Offer::NotTheirs => (false, format!("Only admins and security reviewers can accept. Ask: {others}.")),
        Offer::Done(domain::restored::NoStep::Nobody) => (
            false,
            "You can't accept: your right to is newer than the last entry its checkpoints agree with. Put the newest copy back.".to_owned(),
        ),
        Offer::Done(_) => (false, format!("You accepted. Another person has to accept too: {others}.")),
        Offer::May(Step::First) => (true, "A second person has to accept after you. Every token will be revoked then.".to_owned()),
        Offer::May(Step::Second) => {
            (true, "You are the second person. Accepting opens the store again and revokes every token.".to_owned())
        }
        Offer::May(Step::Alone | Step::Host) => (
            true,
            "Setup mode: nobody else can accept, so you may alone. The ledger entry is labelled so. Accepting revokes every token."
                .to_owned(),
        ),
    };
    let button = may.then(|| {
        view! { <form method="post" action="/restored/accept"><button class="btn primary" type="submit">"Accept what is missing"</button></form> }
    });
    view! { <p class="small muted">{text}</p> {button} }.into_any()
}
