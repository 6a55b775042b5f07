//! Records of calls from elsewhere, and switches.

use super::phones::{Phones, refusal, text};
use crate::direct::tables;
use crate::support::{dom, worlds};

const HEAD: &str = "switch,uniqueid,sip,login,dst,start,billsec,duration,cause";

fn import(phones: &Phones, lines: &[&str]) -> billmgr::doc::Node {
    let text = [&[HEAD], lines].concat().join("\n");
    let file: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    phones.world.call("admin", &format!("func=cdr.import&sok=ok&file={file}"))
}

worlds! {
    fn records_from_elsewhere_are_charged_once(world: &World) {
        let phones = Phones::new(world);
        phones.pay("reseller", "1.00");
        phones.ask("call.authorize", "known", "&sip=client&dst=4915112345");
        let lines = [
            "built-in,r1,buyer,,+4915112345,2026-06-15 10:00:00,61,70,answered",
            "built-in,r2,,client2,4930123456,2026-06-15 10:00:00,1,,",
            "built-in,r3,buyer,,4915112345,2026-06-15 10:00:00,0,20,busy",
            "built-in,r4,,buyer,33112345,2026-06-15 10:00:00,0,,noanswer",
            "built-in,r1,buyer,,4915112345,2026-06-15 10:00:00,61,70,answered",
            "built-in,r5,buyer,,33112345,2026-06-15 10:00:00,5,,answered",
            "built-in,r6,ghost,,4915112345,2026-06-15 10:00:00,5,,answered",
            "other,r7,buyer,,4915112345,2026-06-15 10:00:00,5,,answered",
            "built-in,r8,buyer,,4915112345,2026-06-16 10:00:00,5,,answered",
            "built-in,r9,buyer,,4915112345,2026-06-15 10:00:00,5,4,answered",
            "built-in,r10,buyer,,4915112345,2026-06-15 10:00:00,-5,4,answered",
            "built-in,r11,buyer,,text,2026-06-15 10:00:00,5,5,answered",
        ];
        let books = [("client", "buyer"), ("client", "reseller"), ("client", "client2"), ("issued_retail", "reseller")];
        let moved = phones.moved(&books, || {
            let doc = import(&phones, &lines);
            assert_eq!([text(&doc, "loaded"), text(&doc, "known"), text(&doc, "failed")], ["4", "1", "7"]);
            assert_eq!(dom::find(&doc, "/doc/elem/line").first().map(String::as_str), Some("2"));
            let faults = ["missed(rate)", "missed(sip)", "missed(switch)", "value(start)", "value(duration)", "value(billsec)", "value(dst)"];
            assert_eq!(dom::find(&doc, "/doc/elem/fault"), faults);
        });
        assert_eq!(moved, ["-1.25", "-0.071", "-0.12", "1.25"]);
        let again = phones.moved(&books, || {
            let doc = import(&phones, &lines);
            assert_eq!([text(&doc, "loaded"), text(&doc, "known")], ["0", "5"]);
        });
        assert_eq!(again, ["0.00", "0.00", "0.00", "0.00"]);
        // One whose end got lost is settled by its record.
        world.clock.advance_us(600_000_000);
        let doc = import(&phones, &["built-in,known,client,,4915112345,2026-06-15 12:00:00,30,40,answered"]);
        assert_eq!(dom::find(&doc, "/doc/elem/cost"), ["0.04"]);
        assert_eq!(tables::rows(&world.app.db, "call").len(), 0);
        let list = world.done("admin", "func=cdr&filter=on&late=on");
        assert_eq!(dom::find(&list, "/doc/elem/id").len(), 2);
        assert_eq!(dom::find(&world.done("buyer", "func=cdr.failed"), "/doc/elem/id").len(), 2);
        phones.check();
        for head in ["", "switch,uniqueid,dst,start\n", "a;b\n"] {
            let doc = world.call("admin", &format!("func=cdr.import&sok=ok&file=%20{}", head.replace('\n', "%0A")));
            assert!(doc.get("error").is_some(), "{head}");
        }
        assert_eq!(refusal(&world.call("reseller", "func=cdr.import&sok=ok&file=x")), ("access".into(), "cdr.import".into()));
    }

    fn a_thousand_records_are_read_in_pieces(world: &World) {
        let phones = Phones::new(world);
        let line = |n: usize| format!("built-in,many-{n},client,,4915112345,2026-06-15 10:00:00,10,,");
        let lines: Vec<String> = (0..1_000).map(line).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let moved = phones.moved(&[("client", "client")], || {
            assert_eq!(text(&import(&phones, &lines), "loaded"), "1000");
        });
        assert_eq!(moved, ["-20.00"]);
        phones.check();
    }

    fn switches_and_their_secrets(world: &World) {
        let phones = Phones::new(world);
        phones.pay("client", "1.00");
        let made = world.done("admin", "func=switch.edit&name=pbx&kind=asterisk&address=192.0.2.1:5038&login=ami&secret=very-secret&sok=ok");
        let id = text(&made, "id");
        let row = tables::rows(&world.app.db, "switch").into_iter().find(|row| row["id"] == id).unwrap();
        assert!(!row["secret"].is_empty() && !row["secret"].contains("very-secret"));
        assert!(!world.everything().contains("very-secret"));
        world.done("admin", &format!("func=switch.edit&elid={id}&login=other&sok=ok"));
        let kept = tables::rows(&world.app.db, "switch").into_iter().find(|row| row["id"] == id).unwrap();
        assert_eq!(row["secret"], kept["secret"]);
        for (more, object) in [("name=12", "name"), ("name=x&kind=other", "kind")] {
            let doc = world.call("admin", &format!("func=switch.edit&{more}&sok=ok"));
            assert_eq!(refusal(&doc), ("value".into(), object.to_owned()), "{more}");
        }
        assert_eq!(refusal(&world.call("admin", "func=switch.edit&name=pbx&sok=ok")).0, "exists");
        let ask = |func: &str, uniqueid: &str, more: &str| {
            world.call("admin", &format!("func={func}&switch={id}&uniqueid={uniqueid}{more}"))
        };
        assert!(ask("call.authorize", "s1", "&sip=client&dst=4915112345").get("error").is_none());
        assert_eq!(refusal(&world.call("admin", &format!("func=switch.delete&elid={id}"))), ("used".into(), "call".into()));
        // Off: calls under way go on and end, new ones do not begin.
        world.done("admin", &format!("func=switch.suspend&elid={id}"));
        assert_eq!(refusal(&ask("call.authorize", "s2", "&sip=client&dst=4915112345")).0, "missed");
        assert!(ask("call.extend", "s1", "").get("error").is_none());
        assert!(ask("call.end", "s1", "&billsec=1").get("error").is_none());
        world.done("admin", &format!("func=switch.delete&elid={id}"));
        assert_eq!(dom::find(&world.done("admin", "func=cdr"), "/doc/elem/switch_name"), ["pbx"]);
        world.configure("Option Production");
        assert_eq!(refusal(&phones.call("client", "4915112345", "")), ("access".into(), "sandbox.call".into()));
        assert_eq!(refusal(&world.call("admin", "func=switch.edit&name=x&kind=sandbox&sok=ok")).1, "kind");
        for user in ["client", "reseller", "buyer"] {
            for func in ["call.authorize", "call.extend", "call.end", "sandbox.call", "switch", "switch.edit"] {
                assert_eq!(refusal(&world.call(user, &format!("func={func}"))).0, "access", "{user} {func}");
            }
        }
        phones.check();
    }
}
