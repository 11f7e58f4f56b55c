//! The panel beside a change: what the reader may do with it now and why, or why not. Every button says what it does, none
//! is heavier than another, and each form carries what was decided on and what was on the page.

use super::{gist, route};
use crate::context::PageContext;
use crate::pages::second_step::passkey_answer;
use domain::change::independence::Against;
use domain::change::route::Auth;
use domain::change::state::{Event, Part};
use domain::change::{ConsentAs, State, Verdict};
use leptos::prelude::*;
use service::changes::Page;
use ui::{ErrorSummary, Tone, counted, icon, time_words};

/// A button of the form: the event, where it leads, its key, what it says, and what follows from it.
struct Choice {
    event: Event,
    path: &'static str,
    key: &'static str,
    label: String,
    follows: String,
    /// It takes a text.
    text: bool,
}

pub fn panel(cx: &PageContext, m: &Page) -> AnyView {
    view! {
        <aside class="stack" aria-label="Decide">
            <div class="card decide" id="decide">
                <div class="pad stack">
                    <div class="row between"><h2>"Decide"</h2><a class="btn sheet-x" href="#main">"Close"</a></div>
                    <ErrorSummary sent=cx.flash.clone()/>
                    {why(cx, m)}
                    {due(m)}
                    {factor(cx, m)}
                    {form(cx, m)}
                    {undo(cx, m)}
                </div>
                {binds(m)}
            </div>
        </aside>
        <a class="sheet btn" href="#decide">{sheet(m)}</a>
    }
    .into_any()
}

/// What the bar at the foot of a phone says.
fn sheet(m: &Page) -> String {
    let of = m.deciding.tally.as_ref().map(|t| route::count_words(t.approvals, m.candidate.route.cell.people));
    format!("Decide: {}", of.unwrap_or_else(|| m.state.label().to_owned()))
}

/// Why the reader may decide, or why not.
fn why(cx: &PageContext, m: &Page) -> AnyView {
    let may = m.mine.parts.contains(&Part::Approver);
    let text = if !cx.is_now() {
        "You're viewing the past. Return to now to decide.".to_owned()
    } else if m.state == State::Approved && m.mine.events.contains(&Event::Object) {
        "You can object until its wait is over.".to_owned()
    } else if !domain::change::state::is_open(m.state) {
        format!("This change is {}. There is nothing left to decide.", m.state.label())
    } else if may && m.mine.events.contains(&Event::Approve) {
        "You can decide: you hold a deciding role here, and nothing stands against it.".to_owned()
    } else if !m.mine.consents.is_empty() {
        format!("You are asked to consent as {}. Consent never counts as an approval.", consents(&m.mine.consents))
    } else if m.mine.parts.contains(&Part::Author) {
        "You asked for this change, so others decide.".to_owned()
    } else if m.mine.against.is_empty() {
        format!("Nobody decides on it now: it is {}.", m.state.label())
    } else {
        format!("You cannot decide. What stands against it: {}.", route::reasons(&m.mine.against))
    };
    let yes = may || !m.mine.consents.is_empty();
    let (class, tone) = if yes { ("why", Tone::Ok) } else { ("why no", Tone::Unknown) };
    view! { <div class=class>{icon(tone)}<p>{text}</p></div> }.into_any()
}

fn consents(all: &[ConsentAs]) -> String {
    all.iter().map(|c| c.label()).collect::<Vec<_>>().join(" and ")
}

/// What becomes of it if nobody does anything.
fn due(m: &Page) -> Option<AnyView> {
    let now = m.as_of.at;
    let text = match m.state {
        State::InReview => format!("If nobody decides, the review ends {} without effect.", time_words(m.review_ends_at, now)),
        State::NeedsInformation => "The review waits for an answer of whoever asked for the change.".to_owned(),
        State::Approved => match (m.waits_until, m.lapses_at) {
            (Some(until), _) if until > now => format!("It takes effect after its wait, {}.", time_words(until, now)),
            (_, Some(lapses)) => format!("Approved. It is applied now, or lapses {}.", time_words(lapses, now)),
            _ => "Approved. It is applied now.".to_owned(),
        },
        _ => return None,
    };
    Some(view! { <p class="small muted">{text}</p> }.into_any())
}

fn choices(m: &Page) -> Vec<Choice> {
    let make = |event, path, key, label: &str, follows: &str, text| Choice {
        event,
        path,
        key,
        label: label.to_owned(),
        follows: follows.to_owned(),
        text,
    };
    let left = m.deciding.tally.as_ref().map_or(0, |t| m.candidate.route.cell.people.saturating_sub(t.approvals));
    let after = match left {
        0 | 1 => "The last approval it needs".to_owned(),
        n => format!("{} more after yours", counted(i64::from(n) - 1, "approval", "approvals")),
    };
    let approve = format!("Approve: {}", gist(&m.candidate.effect));
    let consent = format!("Consent as {}", consents(&m.mine.consents));
    let all = [
        make(Event::Approve, "approve", "a", &approve, &with_auth(m, &after), false),
        make(Event::Consent, "consent", "c", &consent, "Needed, and never counted as an approval", false),
        make(Event::RefuseConsent, "refuse", "f", "Refuse consent", "Ends this change. Needs a comment", true),
        make(Event::Reject, "reject", "r", "Reject: everything stays as it is", "Ends this change. Needs guidance in the comment", true),
        make(Event::Ask, "ask", "q", "Ask a question", "The review waits for the answer. Needs a comment", true),
        make(Event::Recuse, "recuse", "s", "Step aside", "You are not asked again. Needs a reason in the comment", true),
        make(Event::Object, "object", "b", "Object: return it to review", "Approvals are asked for again. Needs a comment", true),
        make(Event::Answer, "answer", "w", "Send the answer", "The review goes on", true),
        make(Event::Withdraw, "withdraw", "x", "Withdraw this change", "Ends it. Everything stays as it is", false),
    ];
    all.into_iter().filter(|c| m.mine.events.contains(&c.event)).collect()
}

/// What an approval takes beside the button.
fn with_auth(m: &Page, after: &str) -> String {
    match m.deciding.auth {
        Some(auth) if auth != Auth::None => format!("{after}. Takes {}", auth.label()),
        _ => after.to_owned(),
    }
}

fn form(cx: &PageContext, m: &Page) -> Option<AnyView> {
    let choices = choices(m);
    let first = choices.first()?.path;
    let from =
        cx.param("from").filter(|from| *from == "inbox").map(|from| view! { <input type="hidden" name="from" value=from.to_owned()/> });
    let text = choices.iter().any(|c| c.text);
    let unable = route::missing_factor(&m.deciding).or_else(|| must_confirm(m).then(|| "Confirm who you are first".to_owned()));
    let signed = unable.is_none() && signs(m);
    let wanted = cx.param("do").unwrap_or_default().to_owned();
    let buttons = choices.into_iter().map(|c| {
        let verdict = verdict(c.event);
        let blocked = unable.clone().filter(|_| verdict.is_some());
        let off = blocked.is_some();
        let follows = blocked.unwrap_or(c.follows);
        let verdict = verdict.filter(|_| signed);
        let focus = (wanted == c.path).then_some("autofocus");
        view! {
            <button type="submit" formaction=format!("/changes/{}/{}", m.id, c.path) data-do=c.key data-text=c.text.then_some("1") data-verdict=verdict disabled=off autofocus=focus>
                <strong>{c.label}</strong><kbd aria-hidden="true">{c.key}</kbd><small>{follows}</small>
            </button>
        }
    });
    Some(
        view! {
            <form class="stack tight" method="post" action=format!("/changes/{}/{first}", m.id) data-passkey=signed.then_some("get") data-question=signed.then(|| format!("/changes/{}/question", m.id))>
                <input type="hidden" name="candidate" value=m.candidate_digest.clone()/>
                <input type="hidden" name="shown" value=m.shown_digest.clone()/>
                {from}
                {text.then(|| view! { <ui::TextArea sent=cx.flash.clone() name="text" label="Comment" hint="Guidance, question or reason. No secrets."/> })}
                {signed.then(|| passkey_answer("Your passkey signs this decision, which needs JavaScript. Turn it on for this page."))}
                <div class="choice">{buttons.collect_view()}</div>
            </form>
        }
        .into_any(),
    )
}

/// What a passkey signs of an event.
fn verdict(event: Event) -> Option<&'static str> {
    match event {
        Event::Approve => Some(Verdict::Approve.as_str()),
        Event::Reject => Some(Verdict::Reject.as_str()),
        _ => None,
    }
}

/// True where the reader decides by a signature.
fn signs(m: &Page) -> bool {
    m.deciding.auth == Some(Auth::Passkey) && m.mine.events.contains(&Event::Approve)
}

/// True where the reader has to show anew who they are before they decide.
fn must_confirm(m: &Page) -> bool {
    m.deciding.auth == Some(Auth::Reauth) && !m.mine.confirmed && m.mine.events.contains(&Event::Approve)
}

/// The way to what a decision takes and the reader has not given yet.
fn factor(cx: &PageContext, m: &Page) -> Option<AnyView> {
    let (text, href, label) = if m.mine.against.contains(&Against::NoFactor) {
        ("Add what the decision takes to your account.", "/settings/security".to_owned(), "Open Security")
    } else if must_confirm(m) && cx.is_now() {
        let next = crate::context::encode(&format!("/changes/{}", m.id));
        ("A decision on this change takes two factors, shown within five minutes.", format!("/reauth?next={next}"), "Confirm who you are")
    } else {
        return None;
    };
    Some(view! { <div class="row between"><p class="small">{text}</p><a class="btn" href=href>{label}</a></div> }.into_any())
}

/// What takes an effective change back: a change of its own.
fn undo(cx: &PageContext, m: &Page) -> Option<AnyView> {
    if let Some(by) = m.undone_by {
        return Some(view! { <p class="small"><a href=format!("/changes/{by}")>"The change that undoes it"</a></p> }.into_any());
    }
    m.may_undo.then(|| {
        view! {
            <form class="stack tight" method="post" action=format!("/changes/{}/undo", m.id)>
                <h3>"Undo this change"</h3>
                <p class="small muted">"An undo is a change of its own. It needs the approvals that its own effect asks for."</p>
                <ui::TextArea sent=cx.flash.clone() name="justification" label="Reason" hint="Why it should be undone. No secrets."/>
                <div class="choice"><button type="submit"><strong>"Propose the undo"</strong><small>"Nothing changes before it is approved"</small></button></div>
            </form>
        }
        .into_any()
    })
}

/// What a decision binds to: short, with the whole behind it.
fn binds(m: &Page) -> AnyView {
    let short: String = m.candidate_digest.chars().take(12).collect();
    view! {
        <div class="pad stack tight rule">
            <h3>"What a decision binds to"</h3>
            <p class="small">"This candidate and this page as shown. Any later edit voids it."</p>
            <p class="small">"SHA-256 "<code>{short}"…"</code></p>
            <details><summary class="small">"Show both in full"</summary>
                <p class="small">"Candidate "{ui::copied(m.candidate_digest.clone())}</p>
                <p class="small">"Page "{ui::copied(m.shown_digest.clone())}</p>
            </details>
        </div>
    }
    .into_any()
}
