//! What the program of a module may do, and what not.

use super::shop::Shop;
use crate::support::{dom, worlds};

/// Each is called by the program; the answer begins with this.
const CALLS: [(&str, &str); 33] = [
    ("service.moduleinfo elid=$item", "id="),
    ("service.setstatus elid=$item service_status=2", "OK"),
    ("vds.edit elid=$item", "elid="),
    ("processing.customparam elid=$MODULE", ""),
    ("processing.savebalance processingmodule=$MODULE balance=5 currency=EUR", "OK"),
    ("task.gettype operation=open", ""),
    ("task.edit item=$item runningoperation=$BILLMGR_OPERATION type=open sok=ok", "OK"),
    ("processing.import.service module=$MODULE itemtype=vds import_service_name=found sok=ok", "OK"),
    ("processing.import.service module=pmtest itemtype=vds import_service_name=x sok=ok", "ERROR access"),
    ("processing.import.service module=1$MODULE itemtype=vds import_service_name=x sok=ok", "ERROR access"),
    ("processing.import.assign elid=1000000000001 account=1 sok=ok", "ERROR access"),
    ("service_profile2item.edit item=$item service_profile=$CONTACT type=owner sok=ok", "OK"),
    ("service_profile2item.edit item=$OTHER service_profile=$CONTACT type=owner sok=ok", "ERROR access"),
    (
        "service_profile2processingmodule.edit processingmodule=$MODULE service_profile=$CONTACT type=owner externalid=C sok=ok",
        "OK",
    ),
    (
        "service_profile2processingmodule.edit processingmodule=$MODULE service_profile=1$CONTACT type=owner externalid=C sok=ok",
        "ERROR access",
    ),
    (
        "service_profile2processingmodule.edit processingmodule=1 service_profile=$CONTACT type=owner externalid=C sok=ok",
        "ERROR access",
    ),
    ("service.postopen elid=$OTHER", "ERROR access"),
    ("service.postopen elid=$item,$OTHER", "ERROR access"),
    ("service.postsuspend elid=$item", "ERROR access"),
    ("service.saveparam elid=$OTHER name=ip value=192.0.2.99", "ERROR access"),
    ("service.moduleinfo elid=$OTHER", "ERROR access"),
    ("runningoperation.edit elid=1$BILLMGR_OPERATION errorxml=x sok=ok", "ERROR access"),
    ("runningoperation.setmanual elid=1$BILLMGR_OPERATION", "ERROR access"),
    ("task.edit item=$OTHER type=open sok=ok", "ERROR access"),
    ("vds.edit elid=$item note=x sok=ok", "ERROR access"),
    ("vds.edit elid=$OTHER", "ERROR access"),
    ("vds.delete elid=$item", "ERROR access"),
    ("processing.edit elid=$MODULE url=http://evil.example.com sok=ok", "ERROR access"),
    ("payment.setpaid elid=1", "ERROR access"),
    ("account", "ERROR access"),
    ("service.setstatus elid=$item service_status=2 su=admin", "ERROR access(su)"),
    ("whoami auth=$SESSION", "ERROR access"),
    ("no.such.function", "ERROR missed(func)"),
];

worlds! {
    /// Its own service, operation and module account, and nothing else.
    fn a_program_has_the_rights_of_its_operation(world: &World) {
        let shop = Shop::with_script(world, "exit 0");
        let other = shop.order("other.example.com");
        shop.work();
        let session = world.sign_in("admin");
        let latvia = dom::find(&world.done("admin", "func=country&p_cnt=1000"), "/doc/elem[iso2=LV]/id").concat();
        let who = "firstname=Ada&lastname=Byron&email=ada@example.com&phone=%2B37120000000";
        let contact = format!("func=service_profile.edit&{who}&location_country={latvia}&sok=ok");
        let contact = world.done("client", &contact).get_text("id").expect("a contact").to_owned();
        let calls: Vec<String> = CALLS.iter().map(|(call, _)| format!("mgrctl {call} | head -1 >> said")).collect();
        let names = format!("OTHER={other}; MODULE={}; SESSION={session}; CONTACT={contact}", shop.module);
        let without = "(unset BILLMGR_TOKEN; mgrctl account) > without; BILLMGR_TOKEN=x mgrctl account > wrong; \
                       (unset BILLMGR_TOKEN; mgrctl -l) > stop; mgrctl -l >> stop";
        let calls: String = calls.iter().map(|call| format!("echo >> said; {call}\n")).collect();
        shop.script(&format!("case $command in open) :;; *) exit 0;; esac\n{names}\n{calls}\n{without}\nexit 1"));
        let item = shop.order("a.example.com");
        shop.work();
        let mut lines = shop.noted("said").replace('\r', "");
        for (call, begins) in CALLS {
            let rest = lines.strip_prefix('\n').unwrap_or_else(|| panic!("{call}: {lines} {:?}", shop.logs(&item)));
            let (answer, after) = match rest.starts_with('\n') || rest.is_empty() {
                true => ("", rest),
                false => rest.split_at(rest.find('\n').map_or(rest.len(), |at| at + 1)),
            };
            assert!(answer.starts_with(begins), "{call}: {answer} {:?}", shop.logs(&item));
            lines = after.to_owned();
        }
        for name in ["without", "wrong"] {
            assert!(shop.noted(name).starts_with("ERROR auth(token)"), "{name}: {}", shop.noted(name));
        }
        assert!(!shop.noted("stop").contains("OK"), "{}", shop.noted("stop"));
        assert_eq!((shop.status(&other).as_str(), shop.status(&item).as_str()), ("5_open", "5_open"));
        assert_eq!(shop.text(&other, "ip"), "");
        // Its log tells nobody the token or the password.
        assert!(shop.operation(&item).2.contains("code 1"), "{:?}", shop.operation(&item));
        shop.check();
    }
}
