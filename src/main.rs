//! The program. As a worker it reads one file in the sandbox; otherwise it does what is typed.

use std::process::ExitCode;

use rideau::{cli, sandbox, steps::examine};

fn main() -> ExitCode {
    // First of all, before any runtime or thread: a worker locks itself in.
    if std::env::args().nth(1).as_deref() == Some(sandbox::WORKER_ARGUMENT) {
        return sandbox::worker_main(examine::work);
    }
    cli::main()
}
