//! Every number on Overview, on Adoption and in the filters of the list leads to exactly so many rows.

use crate::support::{self, Site};
use domain::asof::Wanted;
use domain::permission::Role;
use domain::snapshot::Format;
use domain::time::SECOND;
use service::identities::{self, Registration};
use service::imports::{Input, InputFile, Wish};
use service::{Principal, people};
use store::on_both;
use store::testing::Scratch;

/// `href` and text of every link in the main part of a page.
fn links(html: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for chunk in support::main_part(html).split("<a ").skip(1) {
        let inside = chunk.split("</a>").next().unwrap_or_default();
        let Some((tag, content)) = inside.split_once('>') else { continue };
        let Some(href) = tag.split("href=\"").nth(1).and_then(|h| h.split('"').next()) else { continue };
        let mut text = String::new();
        let mut in_tag = false;
        for c in content.chars() {
            match c {
                '<' => in_tag = true,
                '>' => (in_tag, text) = (false, text + " "),
                c if !in_tag => text.push(c),
                _ => {}
            }
        }
        out.push((href.replace("&amp;", "&"), text));
    }
    out
}

/// The first number of a text.
fn number(text: &str) -> Option<usize> {
    let word = text.split_whitespace().find(|w| w.chars().next().is_some_and(|c| c.is_ascii_digit()))?;
    word.replace(',', "").parse().ok()
}

/// The lines of a list, the names of its columns first.
async fn lines(site: &Site, cookie: &str, href: &str) -> Vec<String> {
    let (path, query) = href.split_once('?').unwrap_or((href, ""));
    let csv = site.get(&format!("{path}.csv?{query}"), Some(cookie)).await;
    assert!(csv.status.is_success(), "{href}: {}", csv.text);
    csv.text.lines().map(str::to_owned).collect()
}

async fn rows(site: &Site, cookie: &str, href: &str) -> usize {
    lines(site, cookie, href).await.len() - 1
}

/// Two people of whom one is unclear, who holds something and has a tag.
const USERS: &[u8] = br#"{"UserDetailList": [
  {"Path": "/", "UserName": "obama", "UserId": "AIDA8", "Arn": "arn:aws:iam::444455556666:user/obama", "GroupList": [], "AttachedManagedPolicies": [],
   "Tags": [{"Key": "owner", "Value": "omar"}],
   "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]},
  {"Path": "/", "UserName": "ann@example.org", "UserId": "AIDA9", "Arn": "arn:aws:iam::444455556666:user/ann", "GroupList": [], "AttachedManagedPolicies": [],
   "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]}],
  "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;

async fn estate(site: &Site) {
    let services = &site.services;
    let host = Principal::Host { user: "test".to_owned() };
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/samples/");
    let input = |name: &str| Input::single(InputFile::from_bytes(name, std::fs::read(format!("{samples}{name}")).expect("a sample")));
    let people_and_tags = b"identity,kind,owner,account\na,bot,omar,1\nb,bot,,1\nc,integration,omar,\n".to_vec();
    let csv = Input::single(InputFile::from_bytes("c.csv", people_and_tags));
    let users = Input::single(InputFile::from_bytes("users.json", USERS.to_vec()));
    let all = [
        (Format::Aws, input("aws.json"), "aws"),
        (Format::Kubernetes, input("kubernetes.yaml"), "cluster"),
        (Format::Csv, csv, "feed"),
        (Format::Aws, users, "users"),
    ];
    for (format, input, source) in all {
        let request = service::imports::Request {
            format,
            input,
            how: Wish { source: Some(source.to_owned()), confirm_removals: true, ..Wish::default() },
        };
        service::imports::run(&support::by(services, &host), request, |_| {}).await.expect("imported");
    }
    let admin = people::sign_in(services, "admin@example.org", support::PASSWORD, "t").await.expect("signed in");
    let analyst = people::sign_in(services, "analyst@example.org", support::PASSWORD, "t").await.expect("signed in");
    let id = |p: &Principal| (p.person_id().expect("a person")).to_string();
    let register = async |name: &str, owner: &Principal, backup: String| {
        let record = Registration { name: name.into(), kind: "ai_agent".into(), owner: id(owner), backup, ..Registration::default() };
        identities::register(&support::by(services, &admin), &record).await.expect("registered");
    };
    let (team, _) = service::teams::add(&support::by(services, &admin), "crew", "").await.expect("added");
    let record = Registration {
        name: "of the crew".into(),
        kind: "bot".into(),
        owner: id(&admin),
        team: team.to_string(),
        ..Registration::default()
    };
    identities::register(&support::by(services, &admin), &record).await.expect("registered");
    register("stays", &admin, id(&analyst)).await;
    register("handed over", &analyst, id(&admin)).await;
    register("orphan", &analyst, String::new()).await;
    people::lock_out(&support::by(services, &admin), analyst.person_id().expect("a person")).await.expect("locked out");
}

on_both!(every_number_leads_to_its_rows, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    site.person(Role::Analyst).await;
    estate(&site).await;
    let seq = service::overview::chrome(&site.services, None).await.expect("chrome").head;
    let (mut checked, mut unclear, mut grants) = (0, 0, 0);
    let first = site.get("/identities?sort=privilege", Some(&cookie)).await.text;
    let identity = links(&first).into_iter().find(|(href, _)| href.starts_with("/identities/idn_")).expect("an identity").0;
    let teams = site.get("/settings/teams", Some(&cookie)).await.text;
    let team = links(&teams).into_iter().find(|(href, _)| href.starts_with("/settings/teams/tea_")).expect("a team").0;
    let sets = site.get("/permission-sets", Some(&cookie)).await.text;
    let set = links(&sets).into_iter().find(|(href, _)| href.starts_with("/permission-sets/set_")).expect("a set").0;
    let access = format!("{identity}/access");
    let history = format!("{identity}/history");
    let narrowed = [
        "/compare?against=1",
        "/compare?against=0&thing=identity",
        &access,
        &history,
        "/identities?kind=cloud_role",
        "/identities?no_owner=1&people=no&platform=1",
        "/identities?privileged=1&environment=unknown",
        "/identities?q=a",
        "/grants",
        "/grants?class=admin",
        "/grants?standing=1&no_owner=1",
        "/resources",
        "/resources?no_owner=1",
        "/grants?standing=1",
        "/permission-sets",
        "/permission-sets?state=absent",
        "/permission-sets?source=aws",
        "/settings/sources",
        "/settings/teams",
        "/search?q=a",
        &team,
        &set,
        "/adoption",
        "/",
        "/?view=posture",
        "/?view=work",
        "/?view=evidence",
        "/identities",
        &identity,
    ];
    let then = narrowed.iter().map(|p| format!("{p}{}as_of={seq}", if p.contains('?') { '&' } else { '?' })).collect::<Vec<_>>();
    for page in narrowed.iter().copied().chain(then.iter().map(String::as_str)) {
        let html = site.get(page, Some(&cookie)).await;
        assert!(html.status.is_success(), "{page}");
        for (href, text) in links(&html.text) {
            let listed = ["/identities", "/grants", "/resources", "/permission-sets"].iter().find(|l| href.split('?').next() == Some(**l));
            // The heading of a column sorts; it says no number.
            let (Some(list), Some(n)) = (listed, number(&text).filter(|_| !href.contains("after="))) else { continue };
            // Nobody takes more than so many lists out in a minute.
            s.clock.advance(2 * SECOND);
            assert_eq!(rows(&site, &cookie, &href).await, n, "{page}: {href} says {text:?}");
            checked += 1;
            grants += usize::from(*list == "/grants");
            unclear += usize::from(href.contains("human=unclear"));
        }
    }
    assert!(grants > 30, "only {grants} numbers of grants were found");
    assert!(checked > 60, "only {checked} numbers were found");
    assert!(unclear > 20, "only {unclear} numbers were said of what is unclear");
});

on_both!(every_measure_and_its_unclear_part_lead_to_their_rows, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    site.person(Role::Analyst).await;
    estate(&site).await;
    let host = Principal::Host { user: "t".to_owned() };
    let overview = service::overview::page(&mut support::at(&site.services, &host, Wanted::Now).await).await.expect("overview");
    assert_eq!((overview.count("identities.unclear"), overview.count("identities.human")), (1, 1));
    for of_unclear in
        ["identities.no_owner", "identities.hinted", "identities.kind.cloud_user", "grants.class.full_control", "grants.wildcard"]
    {
        let figure = overview.figure(of_unclear);
        assert!(figure.unclear == 1 && figure.n >= 1, "{of_unclear}: {figure:?}");
    }
    let now = overview.trend.last().expect("a point").1;
    assert_eq!(now.to_vec(), overview.by_class().into_iter().map(|(_, f)| f.n).collect::<Vec<_>>(), "the trend ends where the bars stand");
    for measure in store::measures::ALL {
        s.clock.advance(2 * SECOND);
        let there = lines(&site, &cookie, measure.rows).await;
        assert_eq!(there.len() as i64 - 1, overview.count(measure.name), "{}: {}", measure.name, measure.rows);
    }
});

on_both!(who_reaches_a_resource_is_counted_as_its_pages_show, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    site.person(Role::Analyst).await;
    estate(&site).await;
    let json = async |path: &str| {
        let answer = site.get(path, Some(&cookie)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        serde_json::from_str::<serde_json::Value>(&answer.text).expect("json")
    };
    for (kind, reached) in [("arn", true), ("kubernetes", true), ("mcp", false)] {
        let body = format!(r#"{{"name":"everything {kind}","kind":"{kind}","pattern":"*"}}"#);
        let made = site.send(Site::request(&axum::http::Method::POST, "/api/v1/resources", Some(&cookie), "application/json", &body)).await;
        let made: serde_json::Value = serde_json::from_str(&made.text).expect("json");
        let path = format!("/api/v1/resources/{}/reach", made["id"].as_str().expect("an id"));
        let (mut rows, mut after) = (0, String::new());
        let total = loop {
            let page = json(&format!("{path}?after={after}")).await;
            rows += page["items"].as_array().expect("a list").len();
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break page["total"].as_u64().expect("a number") as usize,
            }
        };
        assert_eq!((rows, rows > 0), (total, reached), "{kind}");
        let shown = site.get(&path.replace("/api/v1", "").replace("/reach", ""), Some(&cookie)).await.text;
        let heading = support::main_part(&shown).split("Who reaches it</h2>").nth(1).expect("the section");
        let said = heading.split(['<', '>']).find_map(|t| t.trim().parse::<usize>().ok());
        assert_eq!(said, Some(total), "{kind}");
    }
    let list = site.get("/resources", Some(&cookie)).await.text;
    let (href, text) = links(&list).into_iter().find(|(href, _)| href.contains("no_owner=1")).expect("a chip");
    let unowned = site.get(&href, Some(&cookie)).await.text;
    assert_eq!(Some(support::main_part(&unowned).matches("class=\"name\"").count()), number(&text));
});

on_both!(every_export_arrives_whole_packed_or_not, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    site.person(Role::Analyst).await;
    estate(&site).await;
    for path in ["/identities.csv", "/imports.csv", "/imports/differences.csv", "/ledger.csv", "/ledger.jsonl", "/settings/people.csv"] {
        let plain = site.get(&format!("{path}?as_of=5"), Some(&cookie)).await.text;
        assert!(plain.lines().count() > 1, "{path}");
        for encoding in ["gzip", "br"] {
            let mut request = Site::request(&axum::http::Method::GET, &format!("{path}?as_of=5"), Some(&cookie), "", "");
            request.headers_mut().insert("accept-encoding", encoding.parse().expect("a value"));
            // A body that breaks off or panics fails here.
            let packed = site.send(request).await;
            assert_eq!(packed.headers["content-encoding"], encoding, "{path}");
            assert!(!packed.text.is_empty());
        }
    }
});
