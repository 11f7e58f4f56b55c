#![no_main]
use domain::coupling::{Estate, Named, Side, check, rules_of};
use domain::difference::texts;
// Two texts, parted by a NUL.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (before, after) = (Side::of_bytes(&data[..at]), Side::of_bytes(data.get(at + 1..).unwrap_or_default()));
    let estate = Estate::new([(Named::Secret, "vault/crm/quick".to_owned()), (Named::Tool, "issue_write".to_owned())]);
    for found in check(before, after, &estate) {
        assert!(found.text.chars().count() <= 400);
    }
    let _ = rules_of(before, after);
    if let (Side::Text(before), Side::Text(after)) = (before, after) {
        let _ = texts::compare(before, after);
        let _ = texts::unseen(after, 20);
        if let Ok(tool) = serde_json::from_str(after) {
            let _ = domain::tool::coupled(None, &tool, &estate);
            let _ = domain::tool::compare(&[], &[tool]);
        }
    }
});
