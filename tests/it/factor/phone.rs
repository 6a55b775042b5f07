//! Phones that are confirmed by a code.

use super::{HERE, error_of, from, later, text};
use crate::support::{World, dom, worlds};

const PHONE: &str = "%2B447575396991";
const CODE: &str = "396991";

/// The provider inside of the program, whose codes are the last digits of the number.
fn ready(world: &World) {
    world.done("admin", "func=sms.provider.edit&code=own&name=Own&kind=sandbox&sok=ok");
    world.done("admin", "func=paramlist.edit&elid=PhoneCheckProvider&value=own&sok=ok");
}

fn call(world: &World, user: &str, query: &str) -> billmgr::doc::Node {
    from(world, HERE, &format!("func=validatephone{query}&clicked_button=next&{}", world.proof(user)))
}

fn confirmed(world: &World, user: &str) -> String {
    text(&world.done(user, "func=usrparam"), "/doc/phone_confirmed")
}

worlds! {
    /// The way of a known client: start sends, finish checks. The other steps can be called as well.
    fn a_phone_is_confirmed(world: &World) {
        assert_eq!(error_of(&call(world, "client", &format!(".start&phone={PHONE}&sok=ok"))), "access phone_provider");
        ready(world);
        assert_eq!(text(&world.done("client", "func=whoami"), "/doc/user/@need_phone_validate"), "true");
        let open = call(world, "client", "");
        assert_eq!(text(&open, "/doc/@func"), "validatephone.start");
        assert_eq!(dom::find(&open, "/doc/slist/@name"), ["type"]);
        assert_eq!(text(&open, "/doc/code_count"), "You have 5 attempts to send the code");
        let sent = call(world, "client", &format!(".start&phone={PHONE}&type=sms&sok=ok&snext=ok"));
        assert_eq!((error_of(&sent), text(&sent, "/doc/@func")), (String::new(), "validatephone.finish".into()));
        assert_eq!(text(&sent, "/doc/tryphone"), "+447575396991");
        assert_eq!(text(&sent, "/doc/code_count"), "You have 4 attempts to send the code");
        let first = call(world, "client", &format!(".first&phone={PHONE}&sok=ok&snext=ok"));
        assert_eq!(text(&first, "/doc/code_count"), "You have 4 attempts to send the code", "it is on its way");
        assert!(!world.everything().contains(CODE.repeat(2).as_str()));
        let wrong = call(world, "client", ".finish&code=000000&sok=ok");
        assert_eq!(error_of(&wrong), "fraud_invalid_code code");
        assert_eq!(confirmed(world, "client"), "off");
        let done = call(world, "client", &format!(".finish&code={CODE}&sok=ok"));
        assert_eq!((error_of(&done), text(&done, "/doc/phone")), (String::new(), "+447575396991".into()));
        let user = world.done("client", "func=whoami");
        assert_eq!(text(&user, "/doc/user/@phone"), "+447575396991");
        assert_eq!(text(&user, "/doc/user/@need_phone_validate"), "false");
        assert_eq!(confirmed(world, "client"), "on");
        assert_eq!(error_of(&call(world, "client", &format!(".finish&code={CODE}&sok=ok"))), "fraud_invalid_code code");
        world.done("client", "func=usrparam&phone=%2B447575396992&sok=ok");
        assert_eq!(confirmed(world, "client"), "off", "another number is another number");
        let account = world.done("client", "func=dashboard.info");
        assert_eq!(text(&account, "/doc/elem[1]/realbalance"), text(&world.done("client", "func=dashboard.info"), "/doc/elem[1]/realbalance"));
        assert!(dom::nodes(&world.done("admin", "func=sms"), "/doc/elem").is_empty(), "the client paid nothing");
    }

    fn sending_has_limits(world: &World) {
        ready(world);
        let start = |user: &str| call(world, user, &format!(".start&phone={PHONE}&sok=ok"));
        assert_eq!(error_of(&start("client")), "");
        let soon = start("client");
        assert_eq!(error_of(&soon), "fraud_phone_try_timeout");
        assert_eq!(dom::find(&soon, "/doc/error/param"), ["60"], "the seconds are the only parameter");
        later(world, 15);
        assert_eq!(dom::find(&start("client"), "/doc/error/param"), ["45"]);
        for _ in 0..4 {
            later(world, 60);
            assert_eq!(error_of(&start("client")), "");
        }
        later(world, 60);
        assert_eq!(error_of(&start("client")), "fraud_phone_try_limit phone");
        assert_eq!(error_of(&call(world, "client", ".first&phone=%2B15550001111&sok=ok")), "fraud_phone_try_limit phone");
        assert_eq!(error_of(&start("client2")), "fraud_phone_try_limit phone", "neither to that phone");
        later(world, 24 * 3600);
        assert_eq!(error_of(&start("client")), "");
        for bad in ["123", "%2B12", "x", "%2B1234567890123456"] {
            later(world, 60);
            assert_eq!(error_of(&call(world, "client2", &format!(".start&phone={bad}&sok=ok"))), "value phone", "{bad}");
        }
        assert_eq!(error_of(&call(world, "client2", ".start&sok=ok")), "missed phone");
        assert_eq!(error_of(&call(world, "client2", ".start&phone=%2B447575390005&sok=ok")), "busy sms");
        assert_eq!(error_of(&call(world, "client2", ".start&phone=%2B447575390001&sok=ok")), "value phone");
        assert_eq!(error_of(&call(world, "client2", ".start&phone=%2B447575390011&sok=ok")), "", "at once");
    }

    /// Ten minutes, five tries, one owner.
    fn a_code_ends(world: &World) {
        ready(world);
        let start = |user: &str| call(world, user, &format!(".start&phone={PHONE}&sok=ok"));
        let finish = |user: &str, code: &str| error_of(&call(world, user, &format!(".finish&code={code}&sok=ok")));
        assert_eq!(finish("client", CODE), "fraud_invalid_code code", "none was sent");
        start("client");
        later(world, 600);
        assert_eq!(finish("client", CODE), "fraud_invalid_code code", "too late");
        start("client");
        assert_eq!(finish("client2", CODE), "fraud_invalid_code code", "another's");
        for _ in 0..5 {
            assert_eq!(finish("client", "111111"), "fraud_invalid_code code");
        }
        assert_eq!(finish("client", CODE), "fraud_invalid_code code", "five tries");
        later(world, 60);
        start("client");
        assert_eq!(finish("client", CODE), "");
        assert_eq!(error_of(&start("client2")), "exists phone");
        assert_eq!(error_of(&start("client2")), "fraud_phone_try_timeout", "asking for a taken one counts");
        world.done("client", "func=usrparam&phone=%2B447575396992&sok=ok");
        later(world, 60);
        assert_eq!(error_of(&start("client2")), "");
        assert_eq!(finish("client2", CODE), "", "free again");
        assert_eq!((confirmed(world, "client"), confirmed(world, "client2")), ("off".into(), "on".into()));
    }
}
