//! The unix socket of the local utility: the peer's credentials are the identity
//! (decisions.md, Access: mgrctl).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use tokio::net::UnixStream;

use super::answer::{Job, address};
use super::{Reply, Shared, body, whole};
use crate::app::App;
use crate::auth::grant::Grant;
use crate::auth::{Caller, User, Via};
use crate::db::{Kind, Sql};
use crate::effect::program;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::{command, hints, jobs, rpc, seal};

/// What `mgrctl` found in BILLMGR_TOKEN.
const TOKEN: &str = "x-mgrctl-token";
const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// The process at the other end of a local connection.
#[derive(Debug, Clone)]
pub struct Peer {
    uid: u32,
    name: String,
    /// Nothing where the system does not tell.
    pid: Option<i32>,
}

impl Peer {
    pub fn of(stream: &UnixStream) -> std::io::Result<Self> {
        let credentials = stream.peer_cred()?;
        let (uid, pid) = (credentials.uid(), credentials.pid());
        let name = user_name(uid).unwrap_or_else(|| uid.to_string());
        Ok(Self { uid, name, pid })
    }
}

/// The name of a uid in the system's user database.
fn user_name(uid: u32) -> Option<String> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

fn in_group(name: &str, group: &str) -> bool {
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    groups.lines().filter_map(|line| line.split_once(':')).any(|(have, rest)| {
        have == group
            && rest.rsplit(':').next().is_some_and(|users| users.split(',').any(|user| user == name))
    })
}

/// Answers, and says which start of the server answered.
pub async fn respond(server: &Shared, request: Request<Incoming>, peer: Peer) -> Reply {
    let mut reply = answer(server, request, peer).await;
    if let Ok(instance) = server.instance.parse() {
        reply.headers_mut().insert("x-mgrctl-instance", instance);
    }
    reply
}

async fn answer(server: &Shared, request: Request<Incoming>, peer: Peer) -> Reply {
    let (parts, incoming) = request.into_parts();
    let app = server.app.clone();
    let config = app.config.load_full();
    let query = parts.uri.query().unwrap_or_default();
    let bytes = body::collect(incoming, config.body_limit_bytes).await;
    let params = match bytes {
        Ok(bytes) => body::params(query, &parts.headers, bytes).await,
        Err(error) => Err(body::Unread::new(error, query)),
    };
    let asker = peer.clone();
    let of_peer = app.clone();
    let token = parts.headers.get(TOKEN).map(|token| token.as_bytes().to_vec());
    let caller = tokio::task::spawn_blocking(move || match token {
        Some(token) => of_token(&of_peer, &asker, &token),
        None => caller(&of_peer, &asker),
    });
    let caller = caller.await;
    let caller = caller.unwrap_or_else(|_| Err(Error::new("system", "panic")));
    let job = |mut params: Params, caller| {
        let host = "http://".to_owned();
        address(&mut params, "/billmgr", &host);
        let headers = parts.headers.clone();
        let func = app.registry.get(params.func());
        Job { app: app.clone(), config, params, func, headers, ip: LOOPBACK, host, caller }
    };
    let refuse = |job: Job, error| job.refuse(&Caller::nobody(LOOPBACK), error);
    let (params, caller) = match (params, caller) {
        (Ok(params), Ok(caller)) => (params, caller),
        (Ok(params), Err(error)) => return refuse(job(in_text(params.get("out")), None), error),
        (Err(unread), _) => return refuse(job(in_text(&unread.out), None), unread.error),
    };
    match parts.uri.path() {
        "/mgrctl/hints" => hint(&app, &caller, &params),
        "/mgrctl/ping" => plain(StatusCode::OK, "OK\n".into()),
        "/mgrctl/stop" => control(server, &caller, false),
        "/mgrctl/restart" => control(server, &caller, true),
        "/mgrctl/job" => job_now(app.clone(), caller, params).await,
        "/mgrctl/rotate" => rotate(app.clone(), caller).await,
        _ => {
            // A session named in the call acts as that session; the socket only carries it.
            let lends = caller.grant.as_ref().is_none_or(|grant| grant.lends_sessions());
            let caller = if params.has("auth") && lends { None } else { Some(caller) };
            job(params, caller).reply().await
        }
    }
}

/// The asked format alone; at a terminal that is text.
fn in_text(out: &str) -> Params {
    Params::of([("out", if out.is_empty() { "text" } else { out })])
}

/// The token alone counts, whoever shows it.
fn of_token(app: &App, peer: &Peer, token: &[u8]) -> Result<Caller> {
    let token = std::str::from_utf8(token).map_err(|_| Error::auth("token"))?;
    let caller = Caller::of_grant(Grant::of_token(app, token)?, LOOPBACK);
    Ok(Caller { system_user: peer.name.clone(), ..caller })
}

/// Level 30 for root, the server's own user and the group; else the user with that system name.
/// A program of ours has its token and nothing else, although it runs as who we are.
fn caller(app: &Arc<App>, peer: &Peer) -> Result<Caller> {
    if peer.pid.is_some_and(program::is_ours) {
        return Err(Error::auth("token"));
    }
    let own_uid =
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&app.data_dir).map_err(Error::system)?);
    let group = app.config.load().mgrctl_group.clone();
    let trusted =
        peer.uid == 0 || peer.uid == own_uid || group.is_some_and(|group| in_group(&peer.name, &group));
    let user = match trusted {
        true => Arc::new(User::root()),
        false => by_system_name(app, &peer.name)?.ok_or_else(|| Error::auth("socket"))?,
    };
    let caller = Caller::new(user, LOOPBACK, Via::Socket);
    Ok(Caller { system_user: peer.name.clone(), ..caller })
}

fn by_system_name(app: &App, name: &str) -> Result<Option<Arc<User>>> {
    let sql = Sql::new("SELECT id FROM users WHERE active AND NOT deleted AND system_user = ").bind(name);
    match app.db.read(rpc::BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int]))?.as_slice() {
        [row] => app.access.user(&app.db, row[0].int()),
        _ => Ok(None),
    }
}

fn hint(app: &App, caller: &Caller, params: &Params) -> Reply {
    let lang = rpc::envelope::lang(app, caller, params);
    plain(StatusCode::OK, hints::text(&app.registry, caller, params.get("func"), &lang))
}

fn control(server: &Shared, caller: &Caller, restarts: bool) -> Reply {
    if !caller.user.is_server_admin() {
        return plain(StatusCode::FORBIDDEN, "only a server administrator stops the server\n".into());
    }
    if !restarts {
        let mark = server.app.data_dir.join(crate::serve::STOPPED);
        if let Err(cause) = std::fs::write(&mark, "") {
            return plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{}: {cause}\n", mark.display()));
        }
    }
    server.control.restarts.store(restarts, Ordering::SeqCst);
    server.control.stop();
    plain(StatusCode::OK, "OK\n".into())
}

/// `billmgr key rotate`, asked of the server because it has the keys in use.
async fn rotate(app: Arc<App>, caller: Caller) -> Reply {
    if !caller.user.is_server_admin() {
        return plain(StatusCode::FORBIDDEN, "only a server administrator changes the key\n".into());
    }
    tracing::info!("{} changes the key of sealed secrets", caller.system_user);
    let work = move || seal::rotate::run(&app.db, &app.sealer, seal::SEALED);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(report)) if report.unreadable.is_empty() => plain(StatusCode::OK, report.to_string()),
        Ok(Ok(report)) => plain(StatusCode::INTERNAL_SERVER_ERROR, report.to_string()),
        Ok(Err(why)) => plain(StatusCode::INTERNAL_SERVER_ERROR, why),
        Err(panic) => plain(StatusCode::INTERNAL_SERVER_ERROR, panic.to_string()),
    }
}

/// `billmgr job`, asked of the server because it has the database.
async fn job_now(app: Arc<App>, caller: Caller, params: Params) -> Reply {
    if !caller.user.is_server_admin() {
        return plain(StatusCode::FORBIDDEN, "only a server administrator runs jobs\n".into());
    }
    let work = move || {
        let zone = app.config.load().time_zone.clone();
        let now_us = command::moment(&zone, params.sent("at"), app.clock.now_us())?;
        jobs::run_named(&app, params.get("name"), now_us).map_err(|error| error.to_string())
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(report)) => plain(StatusCode::OK, format!("{report}\n")),
        Ok(Err(why)) => plain(StatusCode::BAD_REQUEST, format!("{why}\n")),
        Err(panic) => plain(StatusCode::INTERNAL_SERVER_ERROR, panic.to_string()),
    }
}

fn plain(status: StatusCode, text: String) -> Reply {
    let mut reply = whole(text);
    *reply.status_mut() = status;
    reply
}
