//! Web phones: what a browser shows to a Janus gateway and to the switch behind it. Their SIP account
//! is one of their own, so the password of the client's telephone never gets into a browser.

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::party::Party;
use super::{client, sip};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;
use crate::time::SECOND_US;

pub const FUNCS: &[Row] = &[("softphone.token", Handler::Once(token))];

/// How long a token opens a session, in seconds.
const LIFETIME: i64 = 600;
/// Realm and plug-in that Janus compares a token with.
const FOR: &str = "janus,janus.plugin.sip";

/// The form of Janus with `token_auth_secret` (its auth.c): what is signed, a colon, the signature.
fn signed(secret: &str, expires_at: i64) -> String {
    let text = format!("{expires_at},{FOR}");
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(text.as_bytes());
    format!("{text}:{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

fn token(cx: &mut Ctx) -> Result<Reply> {
    let client = client::locked(cx, 0)?;
    if Party::load(cx.conn, client.account_id)?.closed().is_some() {
        return Err(Error::value("status", "off"));
    }
    let config = cx.app.config.load_full();
    let off = || Error::value("softphone", "").with("desc", "desc_softphone_off");
    let secret = config.janus_secret.as_ref().ok_or_else(off)?;
    let expires_at = cx.now_us / SECOND_US + LIFETIME;
    let (name, ha1) = sip::web(cx.conn, &cx.call.app, client, cx.now_us)?;
    Ok(Reply::Ok(vec![
        Node::leaf("token", signed(secret.reveal(), expires_at)),
        Node::leaf("expires_at", expires_at.to_string()),
        Node::leaf("server", &config.janus_server),
        Node::leaf("realm", &config.sip_realm),
        Node::new("sip")
            .kid(Node::leaf("username", name))
            .kid(Node::leaf("ha1_secret", ha1))
            .kid(Node::leaf("proxy", &config.sip_proxy)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Janus's own code and PHP's `hash_hmac` make of it.
    #[test]
    fn a_token_is_signed_as_janus_checks_it() {
        let token = signed("a-secret-of-janus", 1_900_000_000);
        assert_eq!(token, "1900000000,janus,janus.plugin.sip:8AJ3nm5zsWI3WFebzL3p6hAQ8t4=");
    }
}
