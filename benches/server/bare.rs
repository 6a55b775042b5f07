//! What our server is compared with: hyper alone, and hyper with diesel and nothing else.

use std::convert::Infallible;
use std::fmt::Write;

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Arguments by which this program becomes one of them.
pub const FIXED: &str = "--serve-fixed";
pub const FLOOR: &str = "--serve-floor";

/// Of a usual answer.
pub const FIXED_BYTES: usize = 1536;

/// A fixed body of so many bytes: the ceiling of any server on hyper.
pub fn fixed(bytes: usize) {
    let body = Bytes::from(vec![b'x'; bytes]);
    serve(move |_query| body.clone());
}

fn serve(answer: impl Fn(&str) -> Bytes + Clone + Send + Sync + 'static) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        println!("bare listens on http://{}/", listener.local_addr().expect("it is bound"));
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let answer = answer.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let body = answer(request.uri().query().unwrap_or_default());
                async move { Ok::<_, Infallible>(Response::new(Full::new(body))) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
}

diesel::table! {
    payment_list (id) {
        id -> BigInt,
        number -> Text,
        createdate -> BigInt,
        sender_name -> Text,
        recipient_name -> Text,
        account_name -> Text,
        paymethod_name -> Text,
        subaccountamount -> BigInt,
        subaccount_iso -> Text,
        paymethodamount -> BigInt,
        paymethod_iso -> Text,
        status -> BigInt,
        paydate -> BigInt,
        real_status -> BigInt,
        sender_id -> BigInt,
        recipient_id -> BigInt,
        account_id -> BigInt,
        paymethod_module -> Text,
    }
}

#[derive(Queryable)]
struct Payment {
    id: i64,
    number: String,
    createdate: i64,
    sender_name: String,
    recipient_name: String,
    account_name: String,
    paymethod_name: String,
    subaccountamount: i64,
    subaccount_iso: String,
    paymethodamount: i64,
    paymethod_iso: String,
    status: i64,
    paydate: i64,
    real_status: i64,
    sender_id: i64,
    recipient_id: i64,
    account_id: i64,
    paymethod_module: String,
}

#[derive(Debug)]
struct Setup;

impl CustomizeConnection<SqliteConnection, PoolError> for Setup {
    fn on_acquire(&self, conn: &mut SqliteConnection) -> Result<(), PoolError> {
        use diesel::connection::SimpleConnection;
        let setup = "PRAGMA query_only = ON; PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -4096";
        conn.batch_execute(setup).map_err(PoolError::QueryError)
    }
}

/// The administrator's newest 50 payments, with no caller, parameters, metadata or formats.
pub fn floor(url: &str) {
    // Stable statements are ours to give: without them SQLite prepares LIMIT ? again each time.
    let _hook = billmgr::db::Db::open(url).expect("the database opens");
    let manager = ConnectionManager::<SqliteConnection>::new(url.trim_start_matches("sqlite:"));
    let setup = Box::new(Setup);
    let builder = Pool::builder().max_size(4).test_on_check_out(false).connection_customizer(setup);
    let pool = builder.build(manager).expect("the database opens");
    serve(move |_query| {
        let mut conn = pool.get().expect("a connection is free");
        let rows = payment_list::table.order(payment_list::id.desc()).limit(50);
        Bytes::from(xml(&rows.load::<Payment>(&mut conn).expect("the list is read")))
    });
}

fn xml(rows: &[Payment]) -> String {
    let mut out = String::with_capacity(32 * 1024);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc>");
    for row in rows {
        row.write(&mut out).expect("a String takes everything");
    }
    out.push_str("</doc>\n");
    out
}

impl Payment {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        write!(out, "<elem><id>{}</id><number>{}</number>", self.id, self.number)?;
        write!(out, "<create_date>{}</create_date>", self.createdate)?;
        write!(out, "<sender_name>{}</sender_name>", self.sender_name)?;
        write!(out, "<recipient_name>{}</recipient_name>", self.recipient_name)?;
        write!(out, "<account_name>{}</account_name>", self.account_name)?;
        write!(out, "<paymethod_name>{}</paymethod_name>", self.paymethod_name)?;
        let (amount, iso) = (self.subaccountamount, &self.subaccount_iso);
        write!(out, "<subaccountamount_iso>{amount} {iso}</subaccountamount_iso>")?;
        let (amount, iso) = (self.paymethodamount, &self.paymethod_iso);
        write!(out, "<paymethodamount_iso>{amount} {iso}</paymethodamount_iso>")?;
        write!(out, "<status>{}</status><pay_date>{}</pay_date>", self.status, self.paydate)?;
        write!(out, "<real_status>{}</real_status>", self.real_status)?;
        write!(out, "<sender_id>{}</sender_id>", self.sender_id)?;
        write!(out, "<recipient_id>{}</recipient_id>", self.recipient_id)?;
        write!(out, "<account_id>{}</account_id>", self.account_id)?;
        write!(out, "<paymethod_module>{}</paymethod_module></elem>", self.paymethod_module)
    }
}
