//! Data centers: where services run.

use super::usage::refuse_used;
use crate::error::Result;
use crate::record;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("datacenter.delete", Handler::Each(delete))];

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &[("processing", "processing", "datacenter_id")])?;
    record::delete(cx, elid)
}
