//! What a grant lets its holder do, as a sentence a person would say.

use domain::asof::AsOf;
use domain::privilege::{Breadth, Class};
use domain::text;
use service::identities::ShownGrant;

/// `change permissions on 2 places`, or nothing where denies leave nothing.
pub fn can(g: &ShownGrant) -> Option<String> {
    let what = match g.judged.classes.highest()? {
        Class::FullControl => "do anything",
        Class::Admin => "change permissions",
        Class::Secrets => "read secrets",
        Class::Destructive => "delete or stop things",
        Class::Write => "change data",
        Class::Read => "read data",
    };
    Some(format!("{what} {}", place(g)))
}

fn place(g: &ShownGrant) -> String {
    let named: Vec<&String> = g.held.rule.resources.iter().filter(|r| *r != "*" && *r != "*/*").collect();
    match (named.first(), g.judged.breadth) {
        (Some(one), _) if named.len() == g.held.rule.resources.len() => match named.len() {
            1 => format!("on {}", text::capped(one, 60)),
            n => format!("on {} and {} more", text::capped(one, 60), n - 1),
        },
        (_, Some(Breadth::Everything)) => "on everything".to_owned(),
        (_, Some(Breadth::Service)) => "on every resource of one service".to_owned(),
        _ => "on every resource".to_owned(),
    }
}

/// Through what it is held: the policy, role or group, else the path.
pub fn through(g: &ShownGrant) -> Option<String> {
    let set = g.held.set_name.as_deref().filter(|n| !n.is_empty());
    set.or(Some(g.held.via_name.as_str()).filter(|n| !n.is_empty())).map(|n| text::capped(n, 60))
}

/// `Can do anything on everything through AdministratorAccess. Never expires.`
pub fn sentence(g: &ShownGrant, as_of: AsOf) -> Option<String> {
    let through = through(g).map(|t| format!(" through {t}")).unwrap_or_default();
    let ends = match g.held.ends_at {
        None => "Never expires.".to_owned(),
        Some(at) if at <= as_of.at => "Expired, but still present.".to_owned(),
        Some(at) => format!("Expires {} UTC.", at.moment()),
    };
    Some(format!("Can {}{through}. {ends}", can(g)?))
}
