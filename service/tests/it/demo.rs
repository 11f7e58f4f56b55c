//! The demo's four stories, step by step: what changed stands at the position the step names.

use crate::support;
use domain::asof::Wanted;
use domain::ports::Clock;
use domain::time::DAY;
use service::identities::{self, Detail, ShownSurface, Text};
use service::{Error, Services, demo};
use std::collections::BTreeMap;
use store::on_both;
use store::testing::Scratch;

async fn at(services: &Services, step: &demo::Told, back: i64) -> Detail {
    let id = domain::ids::IdentityId::parse(step.identity.as_deref().expect("an identity")).expect("an id");
    identities::show(&mut support::at(services, &support::host(), Wanted::Position(step.seq.plus(-back))).await, id).await.expect("shown")
}

fn text(d: &Detail, locator: &str) -> String {
    let found = d.surfaces.iter().find(|s| s.surface.locator == locator);
    match found {
        Some(ShownSurface { text: Text::Content(text), .. }) => text.clone(),
        _ => String::new(),
    }
}

on_both!(every_step_names_its_position_and_what_changed_there, async |s: &Scratch| {
    let now = s.clock.now();
    let clock = demo::SetClock::before(now);
    let services = support::services_with(s, clock.clone());
    let told = demo::load(&services, &support::host(), &clock, now, "a long enough sentence").await.expect("loaded");
    let mut stories: BTreeMap<&str, Vec<&demo::Told>> = BTreeMap::new();
    for step in told.iter().filter(|t| !t.story.is_empty()) {
        stories.entry(&step.story).or_default().push(step);
    }
    assert_eq!(stories.keys().copied().collect::<Vec<_>>(), ["connector", "operations", "repository", "support"]);
    for (story, steps) in &stories {
        assert!(steps.len() >= 2 && steps.windows(2).all(|w| w[0].seq < w[1].seq && w[0].at < w[1].at), "{story}");
        for step in steps {
            let (before, after) = (at(&services, step, 1).await, at(&services, step, 0).await);
            let moved = before.totals.grants != after.totals.grants
                || before.surfaces.iter().map(|s| &s.surface.content_digest).ne(after.surfaces.iter().map(|s| &s.surface.content_digest));
            assert!(moved, "{story}: {} changed nothing at {}", step.says, step.seq);
        }
    }
    let support_story = &stories["support"];
    assert!(text(&at(&services, support_story[1], 1).await, "prompts/support.md").contains("Never refund"));
    assert!(!text(&at(&services, support_story[1], 0).await, "prompts/support.md").contains("Never refund"));
    let reaches = |d: &Detail, what: &str| d.grants.iter().any(|g| g.held.rule.resources.iter().any(|r| r == what));
    assert!(reaches(&at(&services, support_story[2], 0).await, "vault/crm/readwrite"));
    let connector = &stories["connector"];
    let last = connector.last().expect("a step");
    assert!(!reaches(&at(&services, last, 1).await, "mcp:enrichment") && reaches(&at(&services, last, 0).await, "mcp:enrichment"));
    assert!(told.first().expect("a start").at.micros() < now.micros() - 150 * DAY, "months of history");
    let again = demo::load(&services, &support::host(), &clock, now, "a long enough sentence").await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{:?}", again.err());
    support::intact(s).await;
});
