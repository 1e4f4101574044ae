//! A typed call as a block of the wire.

use super::typed_call::{EncodeTyped, TypedCall};
use super::wire::Wire;
use crate::clock::Timestamp;
use crate::codec;
use crate::record::call::CallHead;
use crate::site::SiteParts;
use crate::stats::DropSums;
use crate::util::output::Output;
use crate::value::Value;
use crate::value::arguments::Arguments;
use crate::wire::OpenBlock;

impl EncodeTyped for Wire {
    #[inline(always)]
    fn begin<'b, const FORM: u8>(&self, call: &CallHead<'_>, mut out: Output<'b>) -> TypedCall<'b> {
        let mut block = OpenBlock::begin(&mut out);
        block.put_site(call, &mut out);
        block.open_record(call, &mut out);
        TypedCall { out, parts: SiteParts::default(), unnamed: 0, block }
    }

    /// The host has the template.
    #[inline(always)]
    fn put_message(_: &mut TypedCall<'_>, _: &impl Arguments) {}

    #[inline(always)]
    fn put_value<const FORM: u8>(call: &mut TypedCall<'_>, value: &Value<'_>) {
        codec::put_known(&mut call.out, value);
    }

    fn end(call: &mut TypedCall<'_>) {
        call.block.close(&mut call.out);
        call.block.finish(&mut call.out);
    }

    fn put_dropped(&self, timestamp: Timestamp, sums: &dyn DropSums, out: &mut Output<'_>) {
        let mut block = OpenBlock::begin(out);
        block.put_dropped(timestamp, sums, out);
        block.finish(out);
    }
}
