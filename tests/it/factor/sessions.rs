//! Sessions as their users see and end them.

use super::{HERE, error_of, from, text, whoami};
use crate::support::{dom, worlds};

worlds! {
    /// Everybody has a list of his own; what acts as him is not in it, and strangers' are out of reach.
    fn everybody_ends_his_own(world: &World) {
        let (one, two) = (world.sign_in("client"), world.sign_in("client"));
        let strange = world.sign_in("client2");
        let acting = world.done("admin", &format!("func=su&elid={}", world.id("client_user")));
        let acting = text(&acting, "/doc/auth/@id");
        let list = |proof: &str| from(world, HERE, &format!("func=session&{proof}"));
        let own = list(&format!("auth={one}"));
        assert_eq!(dom::find(&own, "/doc/elem/name"), ["client", "client"]);
        assert_eq!(dom::find(&own, "/doc/elem[current=on]/name"), ["client"]);
        assert!(dom::find(&own, "/doc/elem/level").is_empty());
        let of_two = text(&list(&format!("auth={two}")), "/doc/elem[current=on]/id");
        let of_strange = text(&list(&format!("auth={strange}")), "/doc/elem/id");
        assert_eq!(error_of(&whoami(world, &format!("auth={of_two}"))), "auth session", "a handle opens nothing");
        let end = |what: &str| from(world, HERE, &format!("func=session.delete&auth={one}&elid={what}"));
        for foreign in [&of_strange, &strange, &acting] {
            assert_eq!(error_of(&end(foreign)), "", "what is not there is no error");
            assert_eq!(error_of(&whoami(world, &format!("auth={foreign}"))), if *foreign == of_strange { "auth session" } else { "" });
        }
        assert_eq!(error_of(&whoami(world, &format!("auth={two}"))), "");
        end(&of_two);
        assert_eq!(error_of(&whoami(world, &format!("auth={two}"))), "auth session");
        end(&one);
        assert_eq!(error_of(&whoami(world, &format!("auth={one}"))), "auth session", "his own by its id");
        let staff = list(&world.proof("admin"));
        assert_eq!(dom::find(&staff, "/doc/elem[name=client]/level"), ["16"], "staff sees them all");
        let reseller = list(&world.proof("reseller"));
        assert!(dom::nodes(&reseller, "/doc/elem").is_empty());
    }
}
