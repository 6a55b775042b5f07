//! What moved a client's money, with his balance behind each entry (operations.md R185).

use crate::rpc::handler::Handler;
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("number.payment", Handler::View(None))];
