//! A user with two-step sign-in, and a phone that was confirmed.

use super::roll::password;
use super::stage::Stage;
use crate::auth::totp::code::Secret;
use crate::error::Result;
use crate::time::MINUTE_US;

/// Who signs in with a second step: nobody whom the manual names, for his app is nowhere.
const CAREFUL: &str = "client-books";

pub fn set_up(stage: &mut Stage) -> Result<()> {
    let checks = [("elid", "PhoneCheckProvider"), ("value", "cryptosms")];
    stage.call("admin", "paramlist.edit", &checks)?;
    // The provider inside of the program sends nothing: its codes are the last digits of the number.
    stage.call("client", "validatephone.start", &[("phone", "+49 30 5550110")])?;
    stage.call("client", "validatephone.finish", &[("code", "550110")])?;
    // A call is made a minute after what went before it.
    let at_us = stage.app.clock.now_us() + MINUTE_US;
    let secret = Secret::new(&stage.app.sealer, stage.id(&format!("user.{CAREFUL}"))?, at_us);
    let (text, code) = (secret.text(), secret.digits_at(at_us));
    let pairs = [("secret", text.as_str()), ("qrcode", &code), ("old_passwd", password(CAREFUL))];
    stage.call(CAREFUL, "totp.new", &pairs).map(drop)
}
