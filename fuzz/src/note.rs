#![no_main]
use domain::note::{Checkpoint, Verifier};
libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Checkpoint::parse(text);
    let _ = Verifier::parse(text);
    if let Ok(key) = Verifier::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k") {
        let _ = key.open(text);
    }
});
