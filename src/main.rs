//! The program: reads the command line, calls the library, prints what went wrong.

use std::process::ExitCode;

fn main() -> ExitCode {
    let result = partyline::cli::parse().into_action().and_then(partyline::cli::run::run);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("partyline: {error:#}");
            ExitCode::FAILURE
        }
    }
}
