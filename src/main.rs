//! The command line of the server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use billmgr::start::Options;
use billmgr::{command, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "billmgr", version, about = "A billing server that speaks the BILLmanager RPC protocol")]
struct Args {
    /// Configuration file, `Name value` lines.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the database, keys and templates.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until stopped.
    Serve {
        /// Address to listen on, such as http://127.0.0.1:1500 or unix:/run/billmgr.sock; repeatable.
        #[arg(long, value_name = "URL")]
        listen: Vec<String>,
        /// Fill an empty database with demo data and say what to try.
        #[arg(long)]
        demo: bool,
    },
    /// Print every callable function: name, shape, lowest level.
    Funcs,
    /// Run a billing job now: autopay, prolong, meter, suspend, close, remind or calls.
    Job {
        name: String,
        /// As if it were that moment: 2026-12-31 or "2026-12-31 06:00:00".
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Run the jobs of the days to come on a copy of the books and print what would happen.
    Simulate {
        /// The last day: 2027-11-22.
        #[arg(long, value_name = "DATE")]
        until: String,
    },
    /// Verify every invariant of the ledger and name what is off.
    Check,
    /// The keys of sealed secrets.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Add a new key and seal every secret in the database with it.
    Rotate,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let place = Options { config: args.config, data: args.data, listen: Vec::new(), demo: false };
    match args.command {
        Command::Serve { listen, demo } => serve::run(Options { listen, demo, ..place }),
        Command::Funcs => command::print_funcs(&place),
        Command::Job { name, at } => command::job(&place, &name, at.as_deref()),
        Command::Simulate { until } => command::simulate(&place, &until),
        Command::Check => command::check(&place),
        Command::Key { command: KeyCommand::Rotate } => command::rotate_key(&place),
    }
}
