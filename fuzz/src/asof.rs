#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = domain::asof::Wanted::parse(text, domain::time::Timestamp(1_800_000_000_000_000));
    let _ = domain::text::capped(text, 20);
    let _ = domain::text::csv_cell(text);
});
