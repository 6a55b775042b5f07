//! Internal names: what modules and scripts know a record by.

use crate::error::{Error, Result};
use crate::record::Record;

/// Refuses an `intname` with other than Latin letters, digits and `_ - .`, blanks around it left out.
pub fn check(record: &mut Record) -> Result<()> {
    let name = record.str("intname").trim().to_owned();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(Error::value("intname", name).with("desc", "desc_intname"));
    }
    record.set("intname", name);
    Ok(())
}
