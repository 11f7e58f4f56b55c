//! One parser per target: whatever bytes come, it answers and does not panic.

use connect::{Input, InputFile, Options};
use domain::snapshot::Format;

pub fn read(format: Format, data: &[u8]) {
    let input = Input::single(InputFile::from_bytes("fuzz", data.to_vec()));
    let _ = connect::read(format, &input, &Options::default());
}
