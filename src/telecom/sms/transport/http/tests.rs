use super::*;

const URL: &str = "https://sms.example.org/send?to=%digits%&text=%text%&key=%secret%";

fn settings() -> Settings<'static> {
    Settings {
        url: URL,
        method: "GET",
        secret: "s3cret",
        timeout: Duration::from_secs(5),
        ..Settings::default()
    }
}

fn attempt() -> Attempt {
    Attempt {
        reference: "sms-7".into(),
        phone: "+447575396991".into(),
        sender: String::new(),
        text: "a&b=c \"é\"".into(),
        is_unicode: false,
        parts: 1,
    }
}

fn field(settings: Settings) -> String {
    let error = Gateway::new(&settings).err().expect("it is refused");
    assert_eq!(error.kind, "value");
    error.object.to_string()
}

fn came_to(settings: Settings, status: u16, body: &str) -> Outcome {
    let gateway = Gateway::new(&settings).expect("good settings");
    gateway.outcome(&attempt(), &Answer { status, body: body.as_bytes().to_vec() })
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Unknown { .. } => "unknown",
        Outcome::NotSent { .. } => "not sent",
        Outcome::Throttled { .. } => "throttled",
    }
}

#[test]
fn a_request_out_of_its_templates() {
    let get = Gateway::new(&settings()).unwrap().request(&attempt());
    assert_eq!(
        get.url,
        "https://sms.example.org/send?to=447575396991&text=a%26b%3Dc%20%22%C3%A9%22&key=s3cret"
    );
    assert_eq!((get.method, get.body.as_str(), get.headers.len()), (Method::GET, "", 0));
    let post = Settings {
        url: "http://127.0.0.1:1/%login%/messages",
        method: "POST",
        content: "json",
        headers: "Authorization: Basic %basic%\r\n\r\n X-Ref :%id%",
        body: r#"{"to":"%number%","text":"%text%","from":"%from%"}"#,
        login: "a/b",
        sender: "Brand",
        ..settings()
    };
    let post = Gateway::new(&post).unwrap().request(&attempt());
    assert_eq!(post.url, "http://127.0.0.1:1/a%2Fb/messages");
    assert_eq!(post.body, r#"{"to":"+447575396991","text":"a&b=c \"é\"","from":"Brand"}"#);
    let headers: Vec<_> = post.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        headers,
        ["authorization=Basic YS9iOnMzY3JldA==", "x-ref=sms-7", "content-type=application/json"]
    );
}

#[test]
fn the_field_that_is_wrong() {
    let long = "a".repeat(501);
    let body = "to=%number%&text=%text%";
    let post = || Settings { url: "https://x/", method: "POST", body, ..settings() };
    Gateway::new(&post()).unwrap();
    for (settings, expected) in [
        (Settings { url: "ftp://x/%number%%text%", ..settings() }, "url"),
        (Settings { url: "https://%login%.x/%number%%text%", ..settings() }, "url"),
        (Settings { url: "https://x/?to=%nubmer%&%number%%text%", ..settings() }, "url"),
        (Settings { url: "https://x/?to=%number%", ..settings() }, "url"),
        (Settings { url: "https://x/ %number%%text%", ..settings() }, "url"),
        (Settings { method: "PUT", ..settings() }, "method"),
        (Settings { content: "xml", ..post() }, "content"),
        (Settings { body, ..settings() }, "body"),
        (Settings { body: "text=%text%", ..post() }, "body"),
        (Settings { body: "%number%%text%%passwd%", ..post() }, "body"),
        (Settings { body: r#"{"to":%number%,"t":"%text%"}"#, content: "json", ..post() }, "body"),
        (Settings { headers: "Host: x", ..post() }, "headers"),
        (Settings { headers: "X-Text: %text%", ..post() }, "headers"),
        (Settings { headers: "no colon", ..post() }, "headers"),
        (Settings { success: "(", ..post() }, "success"),
        (Settings { success: &long, ..post() }, "success"),
        (Settings { throttled: r"\w{500}{500}", ..post() }, "throttled"),
        (Settings { message_id: "id", ..post() }, "message_id"),
        (Settings { message_id: "(a)(b)", ..post() }, "message_id"),
    ] {
        let shown = format!("{settings:?}");
        assert_eq!(field(settings), expected, "{shown}");
    }
}

#[test]
fn what_answers_say() {
    for (status, expected) in [
        (200, "accepted"),
        (202, "accepted"),
        (302, "rejected"),
        (400, "rejected"),
        (401, "rejected"),
        (429, "throttled"),
        (500, "rejected"),
        (502, "unknown"),
        (503, "throttled"),
        (504, "unknown"),
    ] {
        assert_eq!(kind(&came_to(settings(), status, "")), expected, "{status}");
    }
    let own = || Settings {
        success: r#"^200 .*"status":\s*"ok""#,
        message_id: r#""id":\s*"?([\w-]+)"#,
        throttled: "slow down",
        ..settings()
    };
    let accepted = |id: &str| Outcome::Accepted { message_id: id.into() };
    assert_eq!(came_to(own(), 200, "{\"status\":\n\"ok\", \"id\": 42}"), accepted("42"));
    assert_eq!(came_to(own(), 200, r#"{"status":"ok"}"#), accepted("sms-7"));
    let long = format!(r#"{{"status":"ok","id":"{}"}}"#, "x".repeat(65));
    assert_eq!(came_to(own(), 200, &long), accepted("sms-7"));
    assert_eq!(kind(&came_to(own(), 200, "not json")), "rejected");
    assert_eq!(kind(&came_to(own(), 200, "please slow down")), "throttled");
    assert_eq!(kind(&came_to(own(), 503, "")), "rejected");
}

#[test]
fn a_reason_is_short_and_tells_no_secret() {
    let Outcome::Rejected { reason } =
        came_to(settings(), 400, &format!("key=s3cret\r\n{}", "x".repeat(999)))
    else {
        panic!("it was refused")
    };
    assert!(reason.starts_with("400 key=***  xxx"), "{reason}");
    assert_eq!(reason.chars().count(), 200);
}
