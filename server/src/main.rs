//! The `countersign` program.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(server::cli::run(server::cli::Cli::parse()));
            // What still reads a large file beside the requests is not waited for.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            eprintln!("countersign: {error}");
            ExitCode::from(2)
        }
    }
}
