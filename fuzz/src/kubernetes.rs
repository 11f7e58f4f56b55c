#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::read(domain::snapshot::Format::Kubernetes, data));
