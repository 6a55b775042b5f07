//! The local utility `mgrctl`; all of it is in the library, where it is tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    billmgr::mgrctl::main()
}
