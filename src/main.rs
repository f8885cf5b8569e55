//! The program. As a worker it reads one file in the sandbox, as a walker it lists one drive; otherwise it does what is typed.

use std::process::ExitCode;

use rideau::{cli, sandbox, steps::examine};
use rideau_connectors::drive;

fn main() -> ExitCode {
    // First of all, before any runtime or thread: a worker locks itself in.
    if std::env::args().nth(1).as_deref() == Some(sandbox::WORKER_ARGUMENT) {
        return sandbox::worker_main(examine::work);
    }
    if std::env::args().nth(1).as_deref() == Some(drive::WALKER_ARGUMENT) {
        return drive::walker_main();
    }
    cli::main()
}
