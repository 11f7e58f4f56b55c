//! What has ended stands in no figure, and must not stand in the way of what is in force.

use crate::support;
use domain::asof::Wanted;
use domain::difference::{How, Thing};
use domain::privilege::Class;
use domain::snapshot::Format;
use service::listing::Listing;
use store::on_both;
use store::testing::Scratch;

on_both!(what_has_ended_hides_no_grant_in_force, async |s: &Scratch| {
    let services = support::services(s);
    let mut text = "identity,action,resource,permission_set,ends_at\n".to_owned();
    for n in 0..20_001 {
        text.push_str(&format!("bot,read,r{n},a,2020-01-01T00:00:00Z\n"));
    }
    let import = async |text: &str| {
        let wish = support::request(Format::Csv, "crew", support::text("crew.csv", text));
        service::imports::run(&support::by(&services, &support::host()), wish, |_| {}).await.expect("imported")
    };
    let first = import(&text).await.seq.expect("a position");
    s.clock.advance(domain::time::DAY);
    text.push_str("bot,*,*,zz,\n");
    import(&text).await;
    let mut read = support::at(&services, &support::host(), Wanted::Now).await;
    let filter = domain::query::grants::Filter { class: Some(Class::FullControl), ..Default::default() };
    let (mut found, mut after) = (0, None::<String>);
    loop {
        let sheet = service::grants::List::sheet(&mut read, &filter, after.as_deref(), 50).await.expect("a sheet");
        found += sheet.rows.len();
        let Some(next) = sheet.next else { break };
        after = Some(next);
    }
    assert_eq!(found, 1, "what the counts say is in the list");
    let filter = service::comparison::Filter { against: Some(first.to_string()), ..Default::default() };
    let differences = support::sheet::<service::comparison::List>(&services, &support::host(), Wanted::Now, &filter).await.rows;
    assert!(
        differences
            .iter()
            .map(|row| &row.difference)
            .any(|d| d.thing == Thing::Grant && d.how == How::Added && d.class == Some(Class::FullControl)),
        "{differences:?}"
    );
});
