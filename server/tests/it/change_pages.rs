//! Changes by their pages alone, as a browser without a script sends them: proposing, consenting, deciding, undoing; what is
//! refused and said; and that the numbers of the rail and of the filters lead to so many rows.

use crate::support::{self, Site};
use app::context::encode;
use axum::http::StatusCode;
use domain::change::State;
use domain::ids::ChangeId;
use domain::permission::Role;
use domain::receipt::{Missing, Outcome, Trust, verify};
use domain::snapshot::Format;
use domain::time::{DAY, SECOND};
use service::imports::{self, Input, InputFile, Request, Wish};
use service::{Principal, people};
use store::on_both;
use store::testing::Scratch;

/// What a hidden field of a page holds.
fn hidden(html: &str, name: &str) -> String {
    let at = html.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no field {name} in {html}"));
    let value = html[at..].split("value=\"").nth(1).and_then(|v| v.split('"').next()).unwrap_or_default();
    value.replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&")
}

fn body(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect::<Vec<_>>().join("&")
}

/// The page as it is read: without tags, spaces folded.
fn text(html: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for c in support::main_part(html).chars() {
        match c {
            '<' => (inside, out) = (true, out + " "),
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    let said = out.split_whitespace().collect::<Vec<_>>().join(" ");
    said.replace("&#x27;", "'").replace("&quot;", "\"").replace("&amp;", "&")
}

/// An installation with an analyst, an owner and a reviewer.
struct Crew {
    site: Site,
    analyst: String,
    owner: (String, String),
    reviewer: String,
}

impl Crew {
    async fn over(s: &Scratch) -> Self {
        let site = Site::over(s);
        for role in [Role::Admin, Role::Analyst, Role::Executive, Role::Reviewer] {
            site.person(role).await;
        }
        // Whoever was given a password by another decides nothing for three days.
        s.clock.advance(4 * DAY);
        let analyst = site.sign_in("analyst@example.org").await;
        let owner = site.sign_in("executive@example.org").await;
        let reviewer = site.sign_in("reviewer@example.org").await;
        let who = people::sign_in(&site.services, "executive@example.org", support::PASSWORD, "t").await.expect("signed in");
        let id = who.person_id().expect("a person").to_string();
        Self { site, analyst, owner: (owner, id), reviewer }
    }

    /// The form with an operation added: the page it came back as.
    async fn adds(&self, fields: &[(&str, &str)]) -> String {
        let answer = self.site.form("/changes/new", Some(&self.analyst), &body(fields)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", text(&answer.text));
        answer.text
    }

    async fn proposes(&self, name: &str) -> ChangeId {
        let owner = self.owner.1.as_str();
        let page = self.adds(&[("do", "add-register"), ("register_name", name), ("register_kind", "bot"), ("register_owner", owner)]).await;
        let operations = hidden(&page, "operations");
        let sent = body(&[("do", "propose"), ("operations", &operations), ("justification", "Invoices are sent by it.")]);
        let answer = self.site.form("/changes/new", Some(&self.analyst), &sent).await;
        let to = answer.location.unwrap_or_else(|| panic!("{}", text(&answer.text)));
        ChangeId::parse(to.strip_prefix("/changes/").expect("the page of a change")).expect("an id")
    }

    /// A form of the page of a change as the page gave it; the answer.
    async fn sends(&self, cookie: &str, change: ChangeId, what: &str, said: &str) -> support::Answer {
        let page = self.site.get(&format!("/changes/{change}?from=inbox"), Some(cookie)).await.text;
        let (candidate, shown) = (hidden(&page, "candidate"), hidden(&page, "shown"));
        let sent = body(&[("candidate", &candidate), ("shown", &shown), ("text", said), ("from", "inbox")]);
        self.site.form(&format!("/changes/{change}/{what}"), Some(cookie), &sent).await
    }

    /// What was registered leads to its change by its history, and so does the ledger.
    async fn leads_both_ways(&self, change: ChangeId) {
        let list = self.site.get("/identities?q=invoice-bot", Some(&self.analyst)).await.text;
        let id = list.split("/identities/idn_").nth(1).and_then(|rest| rest.split(['"', '?']).next()).expect("an identity");
        for page in [format!("/identities/idn_{id}"), "/ledger".to_owned()] {
            let html = self.site.get(&page, Some(&self.analyst)).await.text;
            assert!(html.contains(&format!("href=\"/changes/{change}\"")), "{page}: {}", text(&html));
        }
    }

    /// The page leads to the receipt, which verifies; here nobody signed, so only the server vouches for it.
    async fn leaves_a_receipt(&self, change: ChangeId, page: &str) {
        let href = format!("/api/v1/changes/{change}/receipt");
        assert!(page.contains(&format!("href=\"{href}\" download=\"{change}.receipt.json\"")), "{}", text(page));
        let receipt = self.site.get(&href, Some(&self.reviewer)).await;
        assert_eq!(receipt.status, StatusCode::OK, "{}", receipt.text);
        let (key, site) = (self.site.services.verifier().expect("a key").clone(), domain::passkey::Site::of("http://localhost:8080"));
        let trust = Trust { key: Some(&key), site: site.as_ref(), passkeys: &[] };
        assert!(matches!(verify(&receipt.text, &trust), Outcome::Indeterminate(_, why) if why == [Missing::Signatures]));
        let open = self.proposes("not-approved").await;
        let early = self.site.get(&format!("/api/v1/changes/{open}/receipt"), Some(&self.reviewer)).await;
        assert_eq!(early.status, StatusCode::NOT_FOUND, "{}", early.text);
        let page = self.site.get(&format!("/changes/{open}"), Some(&self.reviewer)).await.text;
        assert!(!page.contains("/receipt"), "{}", text(&page));
    }

    async fn state(&self, change: ChangeId) -> State {
        service::changes::look(&self.site.services, change).await.expect("looked at")
    }

    /// How many the rail says wait, and how many rows the inbox has.
    async fn waiting(&self, cookie: &str) -> (usize, usize) {
        let page = self.site.get("/inbox", Some(cookie)).await.text;
        let said = page.split(" wait for you\"").next().filter(|before| before.len() < page.len());
        let said = said.and_then(|before| before.rsplit('"').next()).map_or(0, |n| n.parse().expect("a number"));
        let mine = page
            .split("aria-label=\"Changes that wait for you\"")
            .nth(1)
            .map_or("", |rest| rest.split("</section>").next().unwrap_or_default());
        (said, mine.matches("<li class=\"it\"").count())
    }
}

on_both!(a_change_is_proposed_consented_to_and_approved_by_forms_alone, async |s: &Scratch| {
    let crew = Crew::over(s).await;
    let owner = crew.owner.1.as_str();
    // Before anything is sent the form says what it comes to and who has to agree; nothing is written by that.
    let before = service::overview::chrome(&crew.site.services, None).await.expect("chrome").head;
    let page =
        crew.adds(&[("do", "add-register"), ("register_name", "invoice-bot"), ("register_kind", "bot"), ("register_owner", owner)]).await;
    let said = text(&page);
    assert!(said.contains("Who has to agree") && said.contains("1 person can approve it.") && said.contains("consents as owner"), "{said}");
    assert!(said.contains("1. Register an identity") && said.contains("invoice-bot"), "{said}");
    assert_eq!(service::overview::chrome(&crew.site.services, None).await.expect("chrome").head, before);
    // Without a reason it is refused at its field, with what was added.
    let sent = body(&[("do", "propose"), ("operations", &hidden(&page, "operations")), ("ticket", "OPS-7")]);
    let refused = crew.site.form("/changes/new", Some(&crew.analyst), &sent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Say why.") && refused.text.contains("OPS-7"), "{}", text(&refused.text));
    assert_eq!(hidden(&refused.text, "operations"), hidden(&page, "operations"));

    let change = crew.proposes("invoice-bot").await;
    let own = text(&crew.site.get(&format!("/changes/{change}"), Some(&crew.analyst)).await.text);
    assert!(own.contains("You asked for this change, so others decide.") && own.contains("Invoices are sent by it."), "{own}");
    assert!(!own.contains("Approve:"), "{own}");
    assert_eq!((crew.waiting(&crew.reviewer).await, crew.waiting(&crew.owner.0).await), ((1, 1), (1, 1)));

    let consented = crew.sends(&crew.owner.0, change, "consent", "").await;
    assert_eq!(consented.location.as_deref(), Some("/inbox"), "{}", text(&consented.text));
    assert_eq!(crew.waiting(&crew.owner.0).await, (0, 0));
    let approved = crew.sends(&crew.reviewer, change, "approve", "").await;
    assert_eq!(approved.location.as_deref(), Some("/inbox"), "{}", text(&approved.text));
    assert_eq!(crew.state(change).await, State::Effective);
    let done = crew.site.get(&format!("/changes/{change}"), Some(&crew.reviewer)).await.text;
    let said = text(&done);
    assert!(said.contains("effective") && said.contains("Applied with") && said.contains("There is nothing left to decide."), "{said}");
    crew.leads_both_ways(change).await;
    crew.leaves_a_receipt(change, &done).await;
    // An undo is a change of its own; it takes a reason.
    let undo = format!("/changes/{change}/undo");
    let without = crew.site.form(&undo, Some(&crew.analyst), "justification=").await;
    assert!(without.status == StatusCode::UNPROCESSABLE_ENTITY && without.text.contains("Say why"), "{}", text(&without.text));
});

on_both!(a_page_that_is_not_up_to_date_decides_nothing_and_loses_nothing, async |s: &Scratch| {
    let crew = Crew::over(s).await;
    let change = crew.proposes("one").await;
    let page = crew.site.get(&format!("/changes/{change}"), Some(&crew.reviewer)).await.text;
    let (candidate, shown) = (hidden(&page, "candidate"), hidden(&page, "shown"));
    let asked = crew.sends(&crew.reviewer, change, "ask", "Which invoices?").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", text(&asked.text));
    let answered = crew.site.form(&format!("/changes/{change}/answer"), Some(&crew.analyst), "text=All+of+them").await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", text(&answered.text));
    // The page of before does not show the answer: it is refused with what to do, and with what was typed.
    let typed = body(&[("candidate", &candidate), ("shown", &shown), ("text", "Name the tables")]);
    let stale = crew.site.form(&format!("/changes/{change}/reject"), Some(&crew.reviewer), &typed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", text(&stale.text));
    let said = text(&stale.text);
    assert!(said.contains("What the page shows has changed since you opened it.") && said.contains("Name the tables"), "{said}");
    assert!(said.contains("All of them") && hidden(&stale.text, "shown") != shown, "{said}");
    // Guidance is asked for by its field; with it the change ends.
    let none = crew.sends(&crew.reviewer, change, "reject", "").await;
    assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.text.contains("Say what you would agree to"), "{}", text(&none.text));
    let rejected = crew.sends(&crew.reviewer, change, "reject", "Name the tables").await;
    assert_eq!(rejected.status, StatusCode::SEE_OTHER, "{}", text(&rejected.text));
    assert_eq!(crew.state(change).await, State::Rejected);
    // Whoever is slower reads what happened.
    let late = body(&[("candidate", &candidate), ("shown", &shown)]);
    let late = crew.site.form(&format!("/changes/{change}/approve"), Some(&crew.reviewer), &late).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", text(&late.text));
});

on_both!(nobody_sends_what_is_not_theirs, async |s: &Scratch| {
    let crew = Crew::over(s).await;
    let change = crew.proposes("one").await;
    let page = crew.site.get(&format!("/changes/{change}"), Some(&crew.reviewer)).await.text;
    let sent = body(&[("candidate", &hidden(&page, "candidate")), ("shown", &hidden(&page, "shown")), ("text", "because")]);
    for (cookie, what) in [
        (&crew.analyst, "approve"),
        (&crew.analyst, "reject"),
        (&crew.owner.0, "approve"),
        (&crew.reviewer, "consent"),
        (&crew.reviewer, "withdraw"),
        (&crew.reviewer, "answer"),
        (&crew.analyst, "consent"),
    ] {
        let answer = crew.site.form(&format!("/changes/{change}/{what}"), Some(cookie), &sent).await;
        assert!([StatusCode::FORBIDDEN, StatusCode::CONFLICT].contains(&answer.status), "{what}: {} {}", answer.status, text(&answer.text));
    }
    assert_eq!(crew.state(change).await, State::InReview);
    // A form of another page carries nothing that could be decided on.
    let bare = crew.site.form(&format!("/changes/{change}/approve"), Some(&crew.reviewer), "").await;
    assert_eq!(bare.status, StatusCode::CONFLICT, "{}", text(&bare.text));
    let foreign = crew.site.form("/changes/chg_00000000000000000000000000/approve", Some(&crew.reviewer), &sent).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
});

on_both!(every_number_about_changes_leads_to_its_rows, async |s: &Scratch| {
    let crew = Crew::over(s).await;
    for name in ["a", "b", "c", "d"] {
        crew.proposes(name).await;
    }
    let fifth = crew.proposes("e").await;
    let withdrawn = crew.site.form(&format!("/changes/{fifth}/withdraw"), Some(&crew.analyst), "").await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER, "{}", text(&withdrawn.text));
    assert_eq!((crew.waiting(&crew.reviewer).await, crew.waiting(&crew.owner.0).await), ((4, 4), (4, 4)));
    assert_eq!(crew.waiting(&crew.analyst).await, (0, 0));
    let head = service::overview::chrome(&crew.site.services, None).await.expect("chrome").head;
    let mut checked = 0;
    for address in ["/changes".to_owned(), format!("/changes?as_of={head}"), "/changes?state=withdrawn".to_owned()] {
        let page = crew.site.get(&address, Some(&crew.analyst)).await.text;
        for chip in
            support::main_part(&page).split("<a ").skip(1).filter(|link| link.split('>').next().is_some_and(|tag| tag.contains("\"chip\"")))
        {
            let Some(href) = chip.split("href=\"").nth(1).and_then(|h| h.split('"').next()) else { continue };
            let label = chip.split('>').nth(1).and_then(|l| l.split('<').next()).unwrap_or_default();
            let Some(n) = label.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok()) else { continue };
            let (path, query) = href.split_once('?').unwrap_or((href, ""));
            s.clock.advance(2 * SECOND);
            let csv = crew.site.get(&format!("{path}.csv?{}", query.replace("&amp;", "&")), Some(&crew.analyst)).await.text;
            assert_eq!(csv.lines().count() - 1, n, "{address}: {href} says {label}");
            checked += 1;
        }
    }
    assert!(checked >= 10, "only {checked} numbers were found");
});

on_both!(what_people_write_steers_no_reviewer, async |s: &Scratch| {
    let crew = Crew::over(s).await;
    let owner = crew.owner.1.as_str();
    let name = "<b>Approve me</b>";
    let page = crew.adds(&[("do", "add-register"), ("register_name", name), ("register_kind", "bot"), ("register_owner", owner)]).await;
    let sent = [("do", "propose"), ("operations", &*hidden(&page, "operations")), ("justification", "Safe.\u{202e}<script>x</script>")];
    let to = crew.site.form("/changes/new", Some(&crew.analyst), &body(&sent)).await.location.expect("proposed");
    let page = crew.site.get(&to, Some(&crew.reviewer)).await.text;
    let title = page.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).expect("a title");
    assert!(!title.contains("Approve me"), "{title}");
    for button in support::main_part(&page).split("<button").skip(1) {
        assert!(!button.split("</button>").next().unwrap_or_default().contains("Approve me"), "{button}");
    }
    // Quoted and plain, below what was computed; what cannot be seen is shown.
    assert!(!page.contains("<b>Approve me") && !page.contains("<script>x") && !page.contains('\u{202e}'));
    assert!(page.contains("⟨U+202E⟩"));
    let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("no {what}"));
    assert!(at("id=\"effect\"") < at("id=\"reason\"") && at("id=\"route\"") < at("id=\"reason\"") && at("id=\"reason\"") < at("Safe."));
});

const FILE: &str = "identity,action,resource\nbot,read,tickets\nroot,*,*\n";

// What a source holds is adopted from its own page; the page of the change says as of which import, and what came later.
on_both!(a_source_is_adopted_from_its_own_page, async |s: &Scratch| {
    let crew = Crew::over(s).await;
    let host = Principal::Host { user: "tester".to_owned() };
    let import = async |text: &str| {
        let input = Input::single(InputFile::from_bytes("s.csv", text.as_bytes().to_vec()));
        let how = Wish {
            source: Some("crm".to_owned()),
            environment: None,
            namespace: None,
            server: None,
            confirm_removals: true,
            dry_run: false,
        };
        imports::run(&support::by(&crew.site.services, &host), Request { format: Format::Csv, input, how }, |_| {})
            .await
            .expect("imported");
    };
    import(FILE).await;
    let adoption = crew.site.get("/adoption", Some(&crew.analyst)).await.text;
    let source = adoption.split("/settings/sources/").nth(1).and_then(|rest| rest.split('#').next()).expect("a link").to_owned();
    let page = crew.site.get(&format!("/settings/sources/{source}"), Some(&crew.analyst)).await.text;
    assert!(text(&page).contains("Adopt this source"), "{}", text(&page));
    let reader = crew.site.get(&format!("/settings/sources/{source}"), Some(&crew.owner.0)).await.text;
    assert!(!text(&reader).contains("Adopt this source"), "who proposes nothing is offered nothing: {}", text(&reader));
    assert_eq!(hidden(&page, "adopt_source"), source);
    let page = crew.adds(&[("do", "add-adopt"), ("adopt_source", &source), ("adopt_part", "ordinary")]).await;
    let said = text(&page);
    assert!(said.contains("1. Adopt a source") && said.contains("1 privileged grant, approved apart"), "{said}");
    let sent = body(&[("do", "propose"), ("operations", &hidden(&page, "operations")), ("justification", "It was looked through.")]);
    let to = crew.site.form("/changes/new", Some(&crew.analyst), &sent).await.location.expect("proposed");
    let said = text(&crew.site.get(&to, Some(&crew.analyst)).await.text);
    assert!(said.contains("Adopt what is seen in crm") && said.contains("Nothing in the source has changed since."), "{said}");
    assert!(said.contains("2 independent people have to approve it."), "{said}");
    import(&FILE.replace("tickets", "mails")).await;
    let said = text(&crew.site.get(&to, Some(&crew.analyst)).await.text);
    assert!(said.contains("1 identity has changed since. Those changes are not in it."), "{said}");
});
