//! What is no Asterisk, or one that somebody speaks through.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::asterisk::peers::{DST, Pbx};
use crate::calls_money::phones::Phones;
use crate::direct::tables;
use crate::support::worlds;

/// What is answered to these bytes before the end.
fn answered(pbx: &Pbx, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(pbx.agi).expect("FastAGI is there");
    stream.set_read_timeout(Some(Duration::from_secs(40))).expect("a stream");
    let _ = stream.write_all(bytes); // it may be cut off before its end
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    String::from_utf8_lossy(&heard).into_owned()
}

fn environment(pbx: &Pbx, script: &str, more: &str) -> String {
    let script = script.replace("{key}", &pbx.key);
    format!(
        "agi_network: yes\nagi_network_script: {script}\nagi_channel: PJSIP/client-00000001\nagi_uniqueid: 1.1\n{more}agi_extension: {DST}\n\n"
    )
}

worlds! {
    /// Each is hung up on without a word, and lets no call through.
    fn conversations_that_are_none(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("client", "10.00");
        let env = |script: &str, more: &str| environment(&pbx, script, more).into_bytes();
        let long = format!("agi_callerid: {}\n", "9".repeat(5_000));
        let many: String = (0..200).map(|nth| format!("agi_arg_{nth}: x\n")).collect();
        let bad: Vec<Vec<u8>> = vec![
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
            vec![0xFF; 100_000],
            vec![0; 10],
            b"\n".to_vec(),
            env("00000000000000000000000000000000/authorize", ""),
            env("authorize", ""),
            env("{key}/", ""),
            env("{key}/other", ""),
            env("{key}/authorize/../end", ""),
            env("{key}/authorize", &long),
            env("{key}/authorize", &many),
            // A caller whose name holds the end of a line speaks as another line, or as another call.
            env("{key}/authorize", "agi_calleridname: x\nagi_accountcode: buyer\nagi_accountcode: client\n"),
            env("{key}/authorize", "agi_calleridname: x\nSET VARIABLE y z\n"),
            env("{key}/authorize", "agi_calleridname: x\nagi_uniqueid: 2.2\n"),
        ];
        for bytes in &bad {
            assert_eq!(answered(&pbx, bytes), "", "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(300)]));
        }
        assert_eq!(tables::rows(&world.app.db, "call").len(), 0);
        assert_eq!(tables::rows(&world.app.db, "cdr").len(), 0);
        // From an address that is not the switch's.
        let edit = format!("func=switch.edit&elid={}&sok=ok&addr=192.0.2.1", pbx.switch);
        world.done("admin", &edit);
        assert_eq!(answered(&pbx, &env("{key}/authorize", "")), "");
        assert_eq!(tables::rows(&world.app.db, "call").len(), 0);
    }

    /// Ends that cannot be true change nothing.
    fn ends_that_cannot_be_true(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("client", "10.00");
        let begin = environment(&pbx, "{key}/authorize", "");
        let first = "SET CALLERID";
        // It never answers our first command: the call stays without a verdict.
        let mut stream = TcpStream::connect(pbx.agi).expect("FastAGI is there");
        stream.write_all(begin.as_bytes()).expect("we are heard");
        let mut heard = [0; 12];
        stream.read_exact(&mut heard).expect("a command");
        assert_eq!(heard, first.as_bytes());
        drop(stream);
        for arg in ["-5", "1e9", "99999999999999999999", "4000", "60.5", "x"] {
            let end = environment(&pbx, "{key}/end", &format!("agi_arg_1: {arg}\nagi_arg_2: ANSWER\n"));
            assert_eq!(answered(&pbx, end.as_bytes()), "");
        }
        assert_eq!(tables::rows(&world.app.db, "call").len(), 1);
        let end = environment(&pbx, "{key}/end", "agi_arg_1: 10\nagi_arg_2: ANSWER\n");
        answered(&pbx, end.as_bytes());
        assert_eq!(tables::rows(&world.app.db, "cdr")[0]["billsec"], "10");
        pbx.phones.check();
    }

    /// Who says nothing is hung up on and keeps nobody from being answered.
    fn slow_peers(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        let mut slow: Vec<TcpStream> =
            (0..50).map(|_| TcpStream::connect(pbx.agi).expect("FastAGI is there")).collect();
        for stream in &mut slow {
            stream.write_all(b"agi_network: yes\n").expect("we are heard");
        }
        let start = Instant::now();
        assert_eq!(answered(&pbx, b"\n"), "");
        assert!(start.elapsed() < Duration::from_secs(5));
        let mut one = slow.pop().expect("a stream");
        one.set_read_timeout(Some(Duration::from_secs(40))).expect("a stream");
        assert_eq!(one.read(&mut [0; 8]).unwrap_or(0), 0);
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    }

    /// A manager interface that is none, refuses us, or floods us: we come back later.
    fn managers_that_are_none(world: &World) {
        let mut pbx = Pbx::new(Phones::new(world));
        pbx.start();
        let mut talk = pbx.connection();
        talk.say("SSH-2.0-OpenSSH_9.2");
        assert_eq!(talk.hear(), None);
        let mut talk = pbx.connection();
        talk.say("Asterisk Call Manager/7.0.3");
        talk.play("> Action: Challenge\n> ActionID: 1\n> AuthType: MD5\n>\n< Response: Success\n< ActionID: 1\n< Challenge: 1\n<", &[]);
        for _ in 0..7 {
            let line = talk.hear().expect("we sign in");
            assert!(!line.contains(crate::asterisk::peers::SECRET), "the secret is never sent");
        }
        talk.play("< Response: Error\n< ActionID: 2\n< Message: Authentication failed\n<", &[]);
        assert_eq!(talk.hear(), None);
        let mut talk = pbx.manager();
        talk.play(include_str!("ami_no_channels.txt"), &[]);
        talk.say(&"x".repeat(3_000_000));
        talk.say("");
        talk.play(include_str!("ami_begin.txt"), &[("line", "client"), ("uniqueid", "1.1"), ("dst", DST)]);
        // The switch is given another secret: the connection ends, and a new one begins.
        world.done("admin", &format!("func=switch.edit&elid={}&login=other&sok=ok", pbx.switch));
        assert_eq!(talk.hear(), None);
        let mut talk = pbx.connection();
        talk.say("Asterisk Call Manager/7.0.3");
        assert_eq!(talk.hear().as_deref(), Some("Action: Challenge"));
        world.done("admin", &format!("func=switch.suspend&elid={}", pbx.switch));
        while talk.hear().is_some() {}
    }
}
