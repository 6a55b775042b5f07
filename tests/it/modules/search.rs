//! A module is asked what there is at its vendor, and what it finds is given to a client.

use billmgr::doc::Node;

use super::shop::Shop;
use crate::support::{World, dom, worlds};

/// What a registrar's module does: it names no product type, for its own is the only one.
const REGISTRAR: &str = r#"
echo "$@" >> asked
while [ $# -gt 1 ]; do case $1 in --command) command=$2 ;; --module) module=$2 ;; esac; shift 2; done
value() { sed -n "s/^$1=//p"; }
case $command in
features) echo "<doc><features><feature name=\"import\"/></features></doc>" ;;
import)
    found="module=$module status=2 import_pricelist_intname=1 import_service_name=found.example expiredate=2027-03-01"
    service=$(mgrctl processing.import.service $found sok=ok | value service_id)
    who="firstname=Ada lastname=Byron email=ada@example.com phone=+37120000000 location_country=$LATVIA"
    contact=$(mgrctl processing.import.profile module=$module type=owner externalid=H-1 $who sok=ok | value profile_id)
    for item in $service 1 1000000000999; do
        mgrctl service_profile2item.edit item=$item service_profile=$contact type=owner sok=ok >> said
    done
    mgrctl processing.import.assign elid=$service account=1 sok=ok >> said
    mgrctl service.moduleinfo elid=1 >> said ;;
esac
"#;

fn key(world: &World, query: &str, path: &str) -> String {
    let found = dom::find(&world.done("admin", query), path);
    found.into_iter().next().unwrap_or_else(|| panic!("{query}: no {path}"))
}

/// A module for domains alone, whose program is the shop's.
fn registrar(world: &World) -> String {
    let domains = key(world, "func=itemtype&p_cnt=100", "/doc/elem[intname=domain]/id");
    let query = format!("func=processing.edit&name=R&module=pmtest&itemtype={domains}&sok=ok");
    world.done("admin", &query).get_text("id").expect("a module").to_owned()
}

fn search(world: &World, module: &str, more: &str) -> Node {
    world.call("admin", &format!("func=processing.import.search&elid={module}{more}"))
}

fn last(world: &World, module: &str) -> String {
    search(world, module, "").get_text("last").unwrap_or_default().to_owned()
}

worlds! {
    fn a_registrar_tells_its_domains(world: &World) {
        let shop = Shop::with_script(world, "exit 0");
        let module = registrar(world);
        let latvia = key(world, "func=country&p_cnt=1000", "/doc/elem[iso2=LV]/id");
        shop.script(&REGISTRAR.replace("$LATVIA", &latvia));
        assert_eq!(last(world, &module), "");
        let asked = search(world, &module, "&searchstring=a.example%20b.example&sok=ok");
        assert!(asked.get("ok").is_some(), "{asked:?}");
        let again = search(world, &module, "&sok=ok");
        assert_eq!(dom::find(&again, "/doc/error/@type"), ["busy"]);
        assert!(last(world, &module).ends_with("waiting"), "{}", last(world, &module));
        assert_eq!(shop.work(), 1);
        assert!(last(world, &module).ends_with("done"), "{} {}", last(world, &module), shop.noted("said"));
        let args = shop.noted("asked");
        let args = args.lines().find(|line| line.contains("import")).expect("it was asked");
        assert!(args.starts_with("--command import --searchstring a.example b.example --runningoperation "), "{args}");
        assert!(args.ends_with(&format!(" --module {module}")), "{args}");
        // Its own finds it may put together; nothing else is its.
        let said = shop.noted("said");
        let said: Vec<&str> = said.lines().map(|line| line.split('(').next().unwrap_or_default()).collect();
        assert_eq!(said, ["OK", "ERROR access", "ERROR access", "ERROR access", "ERROR access"]);
        let form = world.done("admin", &format!("func=processing.import&elid={module}"));
        let found = dom::find(&form, "/doc/slist[@name=found]/val");
        assert_eq!(found, ["found.example", "H-1"]);
        shop.check();
    }

    /// It is not asked again by itself: who wants to know can.
    fn what_goes_wrong_is_told(world: &World) {
        let shop = Shop::with_script(world, "exit 0");
        let module = registrar(world);
        let fails = "case $command in import) echo no such login; exit 3 ;; esac";
        let cannot = "case $command in features) echo '<doc><features><feature name=\"open\"/></features></doc>' ;; esac";
        let says = "case $command in import) mgrctl runningoperation.edit elid=$BILLMGR_OPERATION errorxml=denied sok=ok ;; esac";
        for (script, why) in [(fails, "code 3"), (cannot, "cannot do `import`"), (says, "denied")] {
            shop.script(script);
            shop.later(1);
            let asked = search(world, &module, "&sok=ok");
            let id = asked.get_text("id").unwrap_or_else(|| panic!("{why}: {asked:?}")).to_owned();
            assert_eq!((shop.work(), shop.work()), (1, 0), "{why}");
            let told = last(world, &module);
            assert!(told.contains(" · failed · ") && told.contains(why), "{told}");
            let history = world.done("admin", &format!("func=runningoperation.errorhistory&elid={id}"));
            assert!(dom::find(&history, "/doc/elem/error").concat().contains(why), "{history:?}");
        }
        let sandbox = world.done("admin", "func=processing.edit&name=S&module=sandbox&sok=ok");
        let sandbox = sandbox.get_text("id").expect("a module");
        assert_eq!(dom::find(&search(world, sandbox, "&sok=ok"), "/doc/error/@object"), ["module"]);
        assert_eq!(dom::find(&search(world, "999999", ""), "/doc/error/@type"), ["missed"]);
        let client = world.call("client", &format!("func=processing.import.search&elid={module}&sok=ok"));
        assert_eq!(dom::find(&client, "/doc/error/@type"), ["access"]);
    }
}
