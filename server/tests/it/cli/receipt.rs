//! Verifying a receipt with nothing but the file and what the verifier brings.

use super::countersign;
use serde_json::Value;

#[test]
fn a_receipt_is_verified_without_a_store() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("none");
    let receipt = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/it/receipt.json");
    let key = domain::note::Signer::new("countersign-000000000000", &[7; 32]).expect("a name").verifier().to_text();
    let address = "https://countersign.example.org";
    let verify = |file: &str, more: &[&str]| countersign(&data, &[&["change", "verify", file], more].concat(), "");
    let valid = verify(receipt, &["--key", &key, "--address", address]);
    assert_eq!((valid.code, valid.err.as_str()), (0, ""), "{}", valid.out);
    assert!(valid.out.contains("2 of 2 people approved chg_") && valid.out.contains("Applied with entry"), "{}", valid.out);
    let told: Value = serde_json::from_str(&verify(receipt, &["--key", &key, "--address", address, "--json"]).out).expect("json");
    let passkey = told["proven"]["approvals"][0]["passkey"][0].as_str().expect("a passkey");
    assert_eq!(told["result"], "valid");

    let altered = place.path().join("altered.json");
    let text = std::fs::read_to_string(receipt).expect("read");
    std::fs::write(&altered, text.replacen("\\\"epoch\\\":1", "\\\"epoch\\\":2", 1)).expect("written");
    let altered = altered.to_str().expect("a path");
    for (file, more, code, said) in [
        (receipt, vec!["--address", address], 1, "Indeterminate. Nothing contradicts the receipt. Missing: the key of the ledger."),
        (receipt, vec!["--key", &key], 1, "Missing: the address of the installation."),
        (receipt, vec!["--key", &key, "--address", address, "--passkey", passkey], 1, "is none of those you know"),
        (receipt, vec!["--key", &key, "--address", "https://other.example"], 1, "the passkey was used on another site"),
        (altered, vec!["--key", &key, "--address", address], 1, "Refused at step row: a record isn't what its ledger entry commits to."),
        (receipt, vec!["--key", "x"], 2, "verifier key"),
        (receipt, vec!["--address", "countersign.example.org"], 2, "--address must be https://NAME"),
        ("/nowhere", vec!["--key", &key], 2, "File not found"),
    ] {
        let ended = verify(file, &more);
        assert_eq!(ended.code, code, "{more:?}: {}{}", ended.out, ended.err);
        assert!(format!("{}{}", ended.out, ended.err).contains(said), "{more:?}: {}{}", ended.out, ended.err);
    }
    assert!(!data.exists(), "it needs no store and makes none");
}
