//! A server with known data for every test, on either engine, and the means to look at it.

pub mod database;
pub mod dice;
pub mod dom;
pub mod dump;
pub mod http;
pub mod letter;
pub mod process;
pub mod seed;
pub mod tls;
pub mod world;

pub use database::Engine;
pub use dice::Dice;
pub use http::{Connection, Reply, Request};
pub use world::World;

/// Defines a test that is run once on each engine, in a world of its own.
///
/// Without BILLMGR_TEST_POSTGRES the half on PostgreSQL does nothing: that there is one is for
/// `tests/run` to say.
macro_rules! worlds {
    ($($(#[$about:meta])* fn $name:ident($world:ident: &World) $body:block)+) => {$(
        $(#[$about])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn test($world: &crate::support::World) $body

            #[test]
            fn sqlite() {
                test(&crate::support::World::new(crate::support::Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                if crate::support::Engine::Postgres.is_here() {
                    test(&crate::support::World::new(crate::support::Engine::Postgres));
                }
            }
        }
    )+};
}
pub(crate) use worlds;
