//! Where everything stands: the places of the rail, their tabs, and the keys that lead to them. Nothing stands here
//! before its page does.

use crate::context::PageContext;
use domain::permission::Action;
use leptos::prelude::*;
use service::Principal;
use service::overview::Chrome;
use ui::number;

/// A page of a place.
pub struct Tab {
    /// With what its list is narrowed to, where it is a part of another tab's.
    pub path: &'static str,
    pub label: &'static str,
    needs: Action,
}

const fn tab(path: &'static str, label: &'static str, needs: Action) -> Tab {
    Tab { path, label, needs }
}

/// A place of the rail; it leads to the first of its tabs that the viewer may open.
struct Place {
    /// The heading it stands under.
    group: &'static str,
    label: &'static str,
    /// With `g` ahead of it, the key that leads there.
    key: &'static str,
    tabs: &'static [Tab],
    /// True of the pages below its own.
    holds: fn(&str) -> bool,
}

const PLACES: [Place; 9] = [
    Place { group: "", label: INBOX, key: "i", tabs: &[tab("/inbox", INBOX, Action::ReadChanges)], holds: |p| p == "/inbox" },
    Place { group: "", label: "Overview", key: "o", tabs: &[tab("/", "Overview", Action::ReadOverview)], holds: |p| p == "/" },
    Place {
        group: "Inventory",
        label: "Identities",
        key: "d",
        tabs: &[
            tab("/identities", "Identities", Action::ReadInventory),
            tab("/grants", "Grants", Action::ReadInventory),
            tab("/grants?standing=1", "Zero standing", Action::ReadInventory),
            tab("/permission-sets", "Permission sets", Action::ReadInventory),
        ],
        holds: |p| ["/identities", "/grants", "/permission-sets"].iter().any(|own| p.starts_with(own)),
    },
    Place {
        group: "Inventory",
        label: "Resources",
        key: "r",
        tabs: &[tab("/resources", "Resources", Action::ReadInventory)],
        holds: |p| p.starts_with("/resources"),
    },
    Place {
        group: "Inventory",
        label: "Adoption",
        key: "a",
        tabs: &[tab("/adoption", "Adoption", Action::ReadInventory)],
        holds: |p| p.starts_with("/adoption"),
    },
    Place {
        group: "Inventory",
        label: "Sources",
        key: "s",
        tabs: &[tab("/settings/sources", "Sources", Action::ReadInventory), tab("/imports", "Imports", Action::ReadInventory)],
        holds: |p| p.starts_with("/settings/sources") || p.starts_with("/imports"),
    },
    Place {
        group: "Control",
        label: "Changes",
        key: "c",
        tabs: &[tab("/changes", "Changes", Action::ReadChanges)],
        holds: |p| p.starts_with("/changes"),
    },
    Place {
        group: "Assurance",
        label: "Ledger",
        key: "l",
        tabs: &[tab("/ledger", "Ledger", Action::ReadLedger)],
        holds: |p| p.starts_with("/ledger") || p.starts_with("/redactions"),
    },
    Place {
        group: "Installation",
        label: "Settings",
        key: "t",
        tabs: &[
            tab("/settings/people", "People", Action::ReadPeople),
            tab("/settings/groups", "Groups", Action::ReadPeople),
            tab("/settings/resets", "Resets", Action::ResetFactors),
            tab("/settings/teams", "Teams", Action::ReadInventory),
            tab("/settings/routing", "Routing", Action::ReadChanges),
            tab("/api", "API", Action::ManageTokens),
        ],
        holds: |p| {
            ["/settings/people", "/settings/groups", "/settings/resets", "/settings/teams", "/settings/routing", "/api"]
                .iter()
                .any(|own| p.starts_with(own))
        },
    },
];

/// What waits for the viewer: in the rail of whoever decides, and of whoever is asked for something.
const INBOX: &str = "Inbox";

/// One's own pages: they stand in the account menu.
pub const OWN: [Tab; 4] = [
    tab("/settings/profile", "Profile", Action::ReadOverview),
    tab("/settings/security", "Security", Action::ReadOverview),
    tab("/settings/tokens", "My tokens", Action::ManageTokens),
    tab("/keyboard", "Keyboard", Action::ReadOverview),
];

fn open<'a>(tabs: &'a [Tab], who: &Principal) -> Vec<&'a Tab> {
    tabs.iter().filter(|t| who.may(t.needs)).collect()
}

/// One's own pages that one may open.
pub fn own(who: &Principal) -> Vec<&'static Tab> {
    open(&OWN, who)
}

/// Where the steps of the setup stand, for whoever can take them.
pub fn setup(cx: &PageContext, who: &Principal) -> Option<String> {
    who.may(Action::ManageSources).then(|| cx.link("/?view=operations") + "#setup")
}

/// Keys and where they lead, for the page that lists them.
pub fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    PLACES.iter().map(|p| (p.key, p.label))
}

impl Tab {
    fn fits(&self, cx: &PageContext) -> bool {
        let (path, narrowed) = self.path.split_once('?').map_or((self.path, None), |(path, query)| (path, query.split_once('=')));
        path == cx.path && narrowed.is_none_or(|(name, word)| cx.param(name) == Some(word))
    }
}

/// The tabs beside the page that is shown; none where it stands alone.
pub fn tabs(cx: &PageContext) -> Option<AnyView> {
    let who = cx.viewer().ok()?;
    let own: &'static [Tab] = &OWN[..3];
    let all = PLACES.iter().map(|p| (p.label, p.tabs)).chain([("Your account", own)]);
    let (label, tabs) = all.into_iter().find(|(_, tabs)| tabs.iter().any(|t| t.fits(cx)))?;
    let tabs = open(tabs, who);
    // The one that says most of what is shown.
    let shown = tabs.iter().filter(|t| t.fits(cx)).map(|t| t.path).max_by_key(|path| path.len());
    let items = tabs.iter().map(|t| {
        let here = shown == Some(t.path);
        view! { <a href=cx.link(t.path) aria-current=here.then_some("page")>{t.label}</a> }
    });
    (tabs.len() > 1).then(|| view! { <nav class="tabs" aria-label=label>{items.collect_view()}</nav> }.into_any())
}

/// Work that waits at a place, of the present alone.
fn waiting(cx: &PageContext, chrome: &Chrome, label: &str) -> Option<AnyView> {
    let (n, late) = match label {
        INBOX => (chrome.waiting, false),
        "Adoption" => (chrome.unreviewed, false),
        "Sources" => (chrome.late, true),
        _ => return None,
    };
    let said = match (label, late) {
        (INBOX, _) => format!("{n} wait for you"),
        (_, true) => format!("{n} late"),
        _ => format!("{n} wait for a first review"),
    };
    (cx.is_now() && n > 0).then(|| {
        let shown = if late { format!("!{}", number(n)) } else { number(n) };
        view! { <span class="n" class:warn=late title=said>{shown}</span> }.into_any()
    })
}

/// The places that the viewer may open, under their headings.
pub fn rail(cx: &PageContext, who: &Principal, chrome: &Chrome) -> AnyView {
    let mut groups: Vec<(&str, Vec<AnyView>)> = Vec::new();
    for place in &PLACES {
        let Some(first) = open(place.tabs, who).first().copied() else { continue };
        if place.label == INBOX && !who.may(Action::DecideChange) && chrome.waiting == 0 {
            continue;
        }
        let here = (place.holds)(&cx.path);
        let item = view! {
            <li>
                <a href=cx.link(first.path) aria-current=here.then_some("page") data-key=place.key>
                    <span>{place.label}</span>
                    {waiting(cx, chrome, place.label)}
                </a>
            </li>
        };
        match groups.last_mut() {
            Some((group, items)) if *group == place.group => items.push(item.into_any()),
            _ => groups.push((place.group, vec![item.into_any()])),
        }
    }
    let groups = groups.into_iter().map(|(group, items)| {
        view! { {(!group.is_empty()).then(|| view! { <p class="group">{group}</p> })} <ul>{items}</ul> }
    });
    view! { <nav aria-label="Main">{groups.collect_view()}</nav> }.into_any()
}
