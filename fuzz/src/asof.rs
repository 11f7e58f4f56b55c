#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = domain::asof::Wanted::parse(text);
    let _ = domain::text::capped(text, 20);
    let _ = domain::text::csv_cell(text);
});
