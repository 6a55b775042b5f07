//! A headless Chromium with a driver of its own, steered by thirtyfour.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use hyper::body::Bytes;
use serde_json::{Value, json};
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::prelude::*;
use thirtyfour::session::http::{Body, HttpClient};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::support::{Connection, World, seed::PASSWORD};

/// Browsers at a time: each takes a processor and much memory.
static PLACES: Semaphore = Semaphore::const_new(2);

/// How a browser looks at the panel.
#[derive(Clone, Copy, PartialEq)]
pub enum Manner {
    Desktop,
    Telephone,
    WithoutScript,
}

pub struct Browser {
    pub driver: WebDriver,
    runtime: Runtime,
    address: SocketAddr,
    child: Child,
    url: String,
    _place: SemaphorePermit<'static>,
}

impl Browser {
    /// Nothing where `tests/run`, or a look at the machine, says that there is no Chromium.
    pub fn open(world: &World, manner: Manner) -> Option<Self> {
        is_here().then(|| Self::start(world, manner))
    }

    fn start(world: &World, manner: Manner) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let place = runtime.block_on(PLACES.acquire()).expect("the places are never closed");
        let mut command = Command::new("chromedriver");
        let mut child =
            command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut said = BufReader::new(child.stdout.take().expect("its output is read")).lines();
        let port = said.by_ref().find_map(|line| {
            let line = line.expect("text");
            line.split("started successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok()
        });
        // Who does not listen to what it says stops it.
        std::thread::spawn(move || said.for_each(drop));
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("chromedriver says its port")));
        let builder =
            WebDriver::builder(format!("http://{address}"), capabilities(manner)).client(Wire(address));
        let driver = runtime.block_on(builder.connect()).expect("Chromium starts");
        Self { driver, runtime, address, child, url: world.url(), _place: place }
    }

    fn wait<T>(&self, what: &str, step: impl Future<Output = WebDriverResult<T>>) -> T {
        self.runtime.block_on(step).unwrap_or_else(|cause| panic!("{what}: {cause}\n{}", self.text()))
    }

    pub fn go(&self, query: &str) {
        self.wait(query, self.driver.goto(format!("{}?{query}", self.url)));
    }

    /// Another site's page.
    pub fn visit(&self, url: &str) {
        self.wait(url, self.driver.goto(url));
    }

    pub fn sign_in(&self, user: &str) {
        self.go("func=logon");
        self.fill("#f_username", user);
        self.fill("#f_password", PASSWORD);
        self.press(".login button");
        self.find(".user-name"); // who goes on sooner would break the sign-in off
    }

    /// An element of this page, or of the one that is on its way.
    pub fn find(&self, css: &str) -> WebElement {
        let found = std::cell::RefCell::new(None);
        self.until(css, || {
            *found.borrow_mut() = self.all(css).into_iter().next();
            found.borrow().is_some()
        });
        found.into_inner().expect("it was found")
    }

    /// A page that is just leaving has nothing any more.
    fn all(&self, css: &str) -> Vec<WebElement> {
        match self.runtime.block_on(self.driver.find_all(By::Css(css))) {
            Err(cause) if is_leaving(&cause) => Vec::new(),
            found => self.wait(css, async { found }),
        }
    }

    pub fn has(&self, css: &str) -> bool {
        !self.all(css).is_empty()
    }

    pub fn press(&self, css: &str) {
        self.at_rest(css, async |element: WebElement| element.click().await);
    }

    pub fn press_link(&self, words: &str) {
        let link = self.wait(words, self.driver.find(By::LinkText(words)));
        self.wait(words, link.click());
    }

    /// What a program that reads the page aloud takes an element for.
    pub fn role(&self, css: &str) -> String {
        let (session, element) =
            (self.driver.session_id().to_string(), self.find(css).element_id().to_string());
        let path = format!("/session/{session}/element/{element}/computedrole");
        let reply: Value =
            serde_json::from_str(&exchange(self.address, "GET", &path, "").body).expect("JSON");
        reply["value"].as_str().unwrap_or_default().to_owned()
    }

    /// How high an element stands on the page.
    pub fn height(&self, css: &str) -> f64 {
        let element = self.find(css);
        self.wait(css, element.rect()).height
    }

    /// Replaces what stands in a control.
    pub fn fill(&self, css: &str, text: &str) {
        self.at_rest(css, async |element: WebElement| {
            element.clear().await?;
            element.send_keys(text).await
        });
    }

    pub fn keys(&self, css: &str, keys: impl Into<thirtyfour::TypingData>) {
        let element = self.find(css);
        self.wait(css, element.send_keys(keys));
    }

    /// Types where the focus is.
    pub fn types(&self, keys: impl Into<thirtyfour::TypingData>) {
        let typing = async { self.driver.active_element().await?.send_keys(keys).await };
        self.wait("typing", typing);
    }

    pub fn words(&self, css: &str) -> String {
        self.at_rest(css, async |element: WebElement| element.text().await)
    }

    pub fn value(&self, css: &str) -> String {
        self.at_rest(css, async |element: WebElement| element.prop("value").await).unwrap_or_default()
    }

    /// One that was swapped since it was found, so that nothing was done with it, is looked for anew.
    fn at_rest<T>(&self, css: &str, step: impl AsyncFn(WebElement) -> WebDriverResult<T>) -> T {
        for _ in 0..20 {
            match self.runtime.block_on(step(self.find(css))) {
                Err(cause) if cause.to_string().contains("stale element") => {}
                done => return self.wait(css, async { done }),
            }
        }
        panic!("{css} is never at rest");
    }

    pub fn address(&self) -> String {
        self.wait("address", self.driver.current_url()).to_string()
    }

    /// The whole text of the page.
    pub fn text(&self) -> String {
        let body = self.runtime.block_on(async { self.driver.find(By::Tag("body")).await?.text().await });
        body.unwrap_or_default()
    }

    /// The value of a script, which is not one of the page's own.
    pub fn ask(&self, script: &str) -> Value {
        self.wait(script, self.driver.execute(script, Vec::<Value>::new())).json().clone()
    }

    pub fn reload(&self) {
        self.wait("again", self.driver.refresh());
    }

    pub fn clear_cookies(&self) {
        self.wait("cookies", self.driver.delete_all_cookies());
    }

    /// Waits until the page says so. It does at once; a machine that builds beside may take long.
    pub fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..400 {
            if holds() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{what}: not within twenty seconds\n{}", self.text());
    }

    /// What the browser complained about since the last look: scripts that failed, what the content
    /// security policy stopped, files that were not there.
    pub fn complaints(&self) -> Vec<String> {
        let session = self.driver.session_id().to_string();
        let body = json!({"type": "browser"}).to_string();
        let reply = exchange(self.address, "POST", &format!("/session/{session}/se/log"), &body);
        let reply: Value = serde_json::from_str(&reply.body).expect("JSON");
        let lines = reply["value"].as_array().cloned().unwrap_or_default();
        let bad = lines.iter().filter(|line| matches!(line["level"].as_str(), Some("SEVERE" | "WARNING")));
        bad.map(|line| line["message"].to_string()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let driver = self.driver.clone();
        let _ = self.runtime.block_on(driver.quit());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Did the document go while the driver looked into it?
fn is_leaving(cause: &WebDriverError) -> bool {
    let told = cause.to_string();
    let signs = ["stale element", "aborted by navigation", "execution context", "context with specified id"];
    signs.iter().any(|sign| told.contains(sign))
}

fn is_here() -> bool {
    let says_yes =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success());
    match std::env::var("BILLMGR_TEST_SKIP") {
        Ok(skip) => !skip.split(' ').any(|missing| missing.starts_with("chromium")),
        Err(_) => says_yes("chromium") && says_yes("chromedriver"),
    }
}

fn capabilities(manner: Manner) -> Capabilities {
    let mut wanted = DesiredCapabilities::chrome();
    // Where root runs the tests there is no sandbox to be had.
    for arg in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-features=BackForwardCache,MediaRouter,OptimizationHints,Translate",
        "--window-size=1280,900",
    ] {
        wanted.add_arg(arg).expect("an argument");
    }
    match manner {
        Manner::Desktop => Ok(()),
        Manner::Telephone => {
            let metrics =
                json!({"deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 1.0, "touch": false}});
            wanted.add_experimental_option("mobileEmulation", metrics)
        }
        Manner::WithoutScript => {
            let off = json!({"profile.managed_default_content_settings.javascript": 2});
            wanted.add_experimental_option("prefs", off)
        }
    }
    .expect("an option");
    let mut wanted: Capabilities = wanted.into();
    wanted.set("goog:loggingPrefs", json!({"browser": "ALL"})).expect("a preference");
    wanted
}

fn exchange(address: SocketAddr, method: &str, path: &str, body: &str) -> crate::support::Reply {
    let mut connection = Connection::open(address);
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    connection.write(head.as_bytes());
    connection.read().expect("chromedriver answers")
}

/// The driver's protocol over the client that all tests use: reqwest would be a second one.
struct Wire(SocketAddr);

#[async_trait::async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: hyper::Request<Body<'_>>) -> WebDriverResult<hyper::Response<Bytes>> {
        let body = match request.body() {
            Body::Empty => String::new(),
            Body::Json(value) => value.to_string(),
        };
        let reply = exchange(self.0, request.method().as_str(), request.uri().path(), &body);
        let response = hyper::Response::builder().status(reply.status).body(Bytes::from(reply.body));
        response.map_err(|cause| WebDriverError::RequestFailed(cause.to_string()))
    }

    async fn new(&self) -> Arc<dyn HttpClient> {
        Arc::new(Wire(self.0))
    }
}
