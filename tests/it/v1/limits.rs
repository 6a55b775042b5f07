//! R231: how many requests a second are answered.

use super::{get, key, open};
use crate::support::{World, worlds};

const SECOND_US: i64 = 1_000_000;
const PROFILE: &str = "/v1/user/profile";
const GUEST: &str = "/v1/guest/flash/en";
const BUY: &str = "/v1/user/buy/activation/russia/any/amazon";

/// The statuses of so many requests.
fn statuses(world: &World, count: usize, path: &str, key: &str, from: &str) -> Vec<u16> {
    (0..count).map(|_| get(world, path, key, from).status).collect()
}

worlds! {
    /// Of an address, with a key wherever it is shown, and purchases; each second anew.
    fn so_many_a_second(world: &World) {
        let key = open(world);
        world.configure("ApiAddressRate 5\nApiKeyRate 4\nApiBuyRate 2");
        assert_eq!(statuses(world, 6, GUEST, "", "192.0.2.1"), [200, 200, 200, 200, 200, 503]);
        let told = get(world, GUEST, "bogus", "192.0.2.1");
        assert_eq!((told.status, told.mime()), (503, "text/plain"));
        assert_eq!(told.body, "ip address limit is 5 requests per second");
        let of_key: Vec<u16> =
            (0..6).map(|nth| get(world, PROFILE, &key, &format!("192.0.2.{}", 10 + nth)).status).collect();
        assert_eq!(of_key, [200, 200, 200, 200, 429, 429]);
        let told = get(world, PROFILE, &key, "192.0.2.20");
        assert_eq!(told.body, "api limit is 4 requests per second");
        world.clock.advance_us(SECOND_US);
        assert_eq!(statuses(world, 3, BUY, &key, "192.0.2.1"), [200, 200, 503]);
        // The other protocol and the other key count for themselves; other APIs and the panel do not count.
        let line = format!("/stubs/handler_api.php?api_key={key}&action=getBalance");
        assert_eq!(get(world, &line, "", "192.0.2.30").status, 200);
        let told = get(world, &line, "", "192.0.2.30");
        assert_eq!((told.status, told.body.as_str()), (429, "api limit is 4 requests per second"));
        for _ in 0..10 {
            assert_eq!(get(world, "/billmgr?func=currency&out=xml", "", "192.0.2.30").status, 200);
        }
    }

    /// Five seconds with too many within ten minutes: ten minutes without an answer.
    fn too_often(world: &World) {
        let key = open(world);
        world.configure("ApiAddressRate 0\nApiKeyRate 3");
        for _ in 0..4 {
            assert_eq!(statuses(world, 4, PROFILE, &key, "192.0.2.1"), [200, 200, 200, 429]);
            world.clock.advance_us(60 * SECOND_US);
            assert_eq!(statuses(world, 1, PROFILE, &key, "192.0.2.1"), [200]);
            world.clock.advance_us(SECOND_US);
        }
        assert_eq!(statuses(world, 5, PROFILE, &key, "192.0.2.1"), [200, 200, 200, 429, 429]);
        world.clock.advance_us(599 * SECOND_US);
        assert_eq!(statuses(world, 1, PROFILE, &key, "192.0.2.1"), [429]);
        let other = self::key(world, "client2");
        assert_eq!(statuses(world, 1, PROFILE, &other, "192.0.2.1"), [200]);
        world.clock.advance_us(SECOND_US);
        assert_eq!(statuses(world, 3, PROFILE, &key, "192.0.2.1"), [200, 200, 200]);
    }
}
