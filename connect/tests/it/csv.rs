//! Tables as spreadsheets and programs write them.

use crate::support::{files, grants, identities, one, reads, refuses, says};
use domain::snapshot::{Format, Snapshot};

fn table(text: &str) -> Snapshot {
    reads(Format::Csv, &one("in.csv", text))
}

/// Where it is refused, and why.
fn refused(text: &str) -> (String, String) {
    let error = refuses(Format::Csv, &one("in.csv", text));
    (error.place.unwrap_or_default(), error.reason)
}

#[test]
fn separators_marks_and_cases_of_spreadsheets() {
    for text in [
        "identity,kind,action,resource\nbot-a,bot,read,x\n",
        "\u{FEFF}identity;kind;action;resource\r\nbot-a;bot;read;x\r\n",
        "sep=;\r\nIdentity;Kind;Action;Resource\r\nbot-a;Bot;read;x\r\n;;;\r\n",
        "\"sep=\t\"\nIDENTITY\tKIND\tACTION\tRESOURCE\nbot-a\tBOT\tread\tx\n",
        "identity\tkind\taction\tresource\nbot-a\tbot\tread\tx",
        "identity|kind|action|resource\nbot-a|bot|read|x",
        "\"identity\";\"kind\";\"action\";\"resource\"\n\"bot-a\";\"bot\";\"read\";\"x\"",
        "resource,action,identity,kind,,\nx,read,bot-a,bot,,\n,,,,,\n",
        "\n\nIdentity , Kind , Action , Resource\n bot-a , bot , read , x \n\n",
    ] {
        let s = table(text);
        assert_eq!((identities(&s), grants(&s)), (vec!["bot bot-a".to_owned()], vec!["bot-a: allow read on x".to_owned()]), "{text:?}");
        assert!(s.notes.is_empty(), "{text:?}: {:?}", s.notes);
    }
}

#[test]
fn wide_text_of_spreadsheets() {
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("Identity\tAction\tName\na\tread\tMüller\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let s = reads(Format::Csv, &connect::Input::single(connect::InputFile::from_bytes("in.txt", wide)));
    assert_eq!((s.identities[0].name.as_str(), s.grants.len()), ("Müller", 1));
}

#[test]
fn words_are_read_in_any_case() {
    let s = table("Identity,Kind,Effect,Action,Permission Set,Ends At\na,AI agent,ALLOW,read,p,2027-01-31\na,ai_agent,Deny,write,,\n");
    let expected = ["a: allow read on unstated in p until 2027-01-31T23:59:59.999999Z", "a: deny write on unstated"];
    assert_eq!((identities(&s), grants(&s)), (vec!["ai_agent a".to_owned()], expected.map(str::to_owned).to_vec()));
    for (text, said) in [
        ("identity,kind\na,ghost\n", "write one of ai_agent, service_account"),
        ("identity,effect,action\na,perhaps,read\n", "write allow or deny"),
        ("identity,action,ends_at\na,read,31.12.2026\n", "write 2026-11-23"),
    ] {
        let (place, reason) = refused(text);
        assert!(place == "line 2" && reason.contains(said), "{place}: {reason}");
    }
}

#[test]
fn a_column_is_never_lost() {
    for (header, wrong, right) in [
        ("identity,actions,resource", "actions", "action"),
        ("identity,action,resorce", "resorce", "resource"),
        ("identity,action,Expires", "Expires", "ends_at"),
        ("identity,action,Role", "Role", "permission_set"),
        ("identity,action,Type", "Type", "kind"),
        ("Principal,action", "Principal", "identity"),
        ("identity,acton,Expires", "acton", "action"),
        ("identity,action,effekt", "effekt", "effect"),
    ] {
        let (place, reason) = refused(&format!("{header}\na,b,c\n"));
        assert!(place == "line 1" && reason.contains(wrong) && reason.contains(&format!("write {right}")), "{header}: {reason}");
    }
    let s = table("identity,action,Comment,Ticket\na,read,why not,7\n");
    assert!(says(&s, &["Comment"]) && says(&s, &["Ticket"]), "{:?}", s.notes);
    assert_eq!((s.skipped.len(), s.skipped.get("column Comment")), (2, Some(&1)));
    for (text, place, said) in [
        ("identity,action,action\na,read,write\n", "line 1", "two columns are named action"),
        ("identity,Action,ACTION\na,read,write\n", "line 1", "two columns are named ACTION"),
        ("name,kind,email\na,bot,x\n", "line 1", "no column named identity; the columns found are: name, kind, email"),
        ("identity,action\na,read,more\n", "line 2", "cell 3 holds \"more\""),
        ("identity,action,\na,read,more\n", "line 2", "cell 3 holds \"more\""),
        ("identity,action,resource\na,read\n", "line 2", "2 cells where the header has 3"),
        ("identity,action\na,read\nb,\"write\nc,read\n", "line 3", "never closed"),
        ("identity,action\n\"x\ny\",read\nb,\"\"\"write\n", "line 4", "never closed"),
        ("sep=;\nidentity;action\na\n", "line 3", "1 cells where the header has 2"),
    ] {
        let (at, reason) = refused(text);
        assert!(at == place && reason.contains(said), "{text:?}: {at}: {reason}");
    }
}

#[test]
fn a_row_is_never_lost() {
    for (text, place, said) in [
        ("identity,effect,action,resource\na,deny,,x\n", "line 2", "it states effect and no action"),
        ("identity,action,resource\na,,x\n", "line 2", "it states resource and no action"),
        ("identity,action,permission_set\na,,p\n", "line 2", "it states permission_set and no action"),
        ("identity,action,ends_at\na,,2027-01-01\n", "line 2", "it states ends_at and no action"),
        ("identity,action\na,\" , ; \"\n", "line 2", "separators only"),
        ("identity,action\n,read\n", "line 2", "the identity is empty"),
        ("identity,action\n", "", "no row"),
        ("identity,action\n,\n,\n", "", "no row"),
    ] {
        let (at, reason) = refused(text);
        assert!(at == place && reason.contains(said), "{text:?}: {at}: {reason}");
    }
    assert_eq!(identities(&table("identity,action\na,\nb,read\n")), ["service_account a", "service_account b"]);
}

#[test]
fn what_contradicts_itself_is_refused_with_both_lines() {
    for column in ["kind", "name", "environment", "criticality", "owner", "team", "account"] {
        let (one, two) = if column == "kind" { ("bot", "workload") } else { ("x", "y") };
        let (place, reason) = refused(&format!("identity,{column}\na,{one}\nb,{one}\na,\na,{two}\n"));
        assert!(place == "line 5" && reason.contains("line 2") && reason.contains(column), "{column}: {place}: {reason}");
        let s = table(&format!("identity,{column}\na,\na,{one}\na,{one}\n"));
        let said = [s.identities[0].kind.as_str(), &s.identities[0].name].contains(&one) || s.identities[0].hints.get(column) == Some(one);
        assert!(said && s.notes.is_empty(), "{column}: {s:?}");
    }
    let error = refuses(Format::Csv, &files("d", &[("a.csv", "identity,owner\nx,omar\n"), ("b.csv", "identity,owner\nx,ann\n")]));
    assert!(error.file == "d/b.csv" && error.reason.contains("d/a.csv, line 2"), "{error}");
}

#[test]
fn rows_said_twice_are_one_grant_with_a_note() {
    let s = table("identity,action,resource,permission_set\na,read,x,p\na,read,x,p\n");
    assert_eq!((s.grants.len(), s.set_rules.len()), (1, 1));
    assert!(says(&s, &["line 3", "line 2"]), "{:?}", s.notes);
    let s = table("identity,action,ends_at\na,read,2027-01-01\na,read,2028-01-01\na,read,2026-01-01\n");
    assert_eq!(grants(&s), ["a: allow read on unstated until 2028-01-01T23:59:59.999999Z"]);
    assert!(says(&s, &["line 2", "line 3", "later end"]), "{:?}", s.notes);
    assert_eq!(grants(&table("identity,action,ends_at\na,read,2027-01-01\na,read,\n")), ["a: allow read on unstated"]);
    let many = format!("identity,action\n{}", "a,read\n".repeat(200));
    let s = table(&many);
    assert!(s.grants.len() == 1 && s.notes.len() == 51 && s.notes[50].starts_with("and 149 more"), "{:?}", s.notes);
}

#[test]
fn several_actions_and_addresses_in_a_cell_are_several() {
    let s = table(
        "identity,action,resource\na,\"s3:GetObject,s3:PutObject\",\"arn:aws:s3:::x, arn:aws:s3:::y\"\nb,\"read\nlist; get\",\"cn=a,dc=b\"\n",
    );
    assert_eq!(grants(&s), ["a: allow s3:GetObject s3:PutObject on arn:aws:s3:::x arn:aws:s3:::y", "b: allow get list read on cn=a,dc=b"]);
}

#[test]
fn work_is_bounded() {
    let actions: Vec<String> = (0..3000).map(|n| format!("a{n}")).collect();
    let resources: Vec<String> = (0..3000).map(|n| format!("arn:{n}")).collect();
    let (place, reason) = refused(&format!("identity,action,resource\nx,\"{}\",\"{}\"\n", actions.join(","), resources.join(",")));
    assert!(place == "line 2" && reason.contains("3000 actions on 3000 resources"), "{reason}");
    let rows: String =
        (0..100).map(|n| format!("x,\"{}\",\"arn:x{n}\n{}\"\n", actions[..400].join(","), resources[..500].join("\n"))).collect();
    let (place, reason) = refused(&format!("identity,action,resource\n{rows}"));
    assert!(place == "all grants" && reason.contains("pairs"), "{reason}");
    let (place, _) = refused(&format!("identity{}\n", ",x".repeat(100_000)));
    assert_eq!(place, "line 1");
    let many: String = (0..30_000).map(|n| format!("i{},read,x{n},p\n", n % 7)).collect();
    assert_eq!(table(&format!("identity,action,resource,permission_set\n{many}")).grants.len(), 30_000);
}

#[test]
fn cells_that_mean_nothing_are_nothing_and_what_a_spreadsheet_broke_is_refused() {
    let s = reads(
        Format::Csv,
        &one(
            "t.csv",
            "identity,kind,owner,account,action,resource,ends_at\na,NULL,N/A,111122223333,\"[\"\"s3:GetObject\"\",\"\"s3:PutObject\"\"]\",*,-\nb,bot,-,,read,x,never\nTotal: 2,,,,,,\n",
        ),
    );
    assert_eq!(identities(&s), ["bot b", "service_account a"]);
    assert_eq!(grants(&s), ["a: allow s3:GetObject s3:PutObject on *", "b: allow read on x"]);
    assert!(s.identities.iter().all(|i| i.hints.get("owner").is_none()), "{:?}", s.identities);
    assert!(says(&s, &["owner is a word for nothing", "2 rows"]) && says(&s, &["line 4", "sum of a table"]), "{:?}", s.notes);
    let error = refuses(Format::Csv, &one("t.csv", "identity,account,action\nbot,1.11122E+11,read\n"));
    assert!(error.place.as_deref() == Some("line 2") && error.reason.contains("spreadsheet"), "{error}");
}
