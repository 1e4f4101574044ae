//! A typed call as a block of the wire.

use super::typed_call::{Alone, EncodeAlone};
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

impl EncodeAlone for Wire {
    #[inline(always)]
    fn begin<'b, const FORM: u8>(&self, call: &CallHead<'_>, mut out: Output<'b>) -> Alone<'b> {
        let mut block = OpenBlock::begin(&mut out);
        block.put_site(call, &mut out);
        block.open_record(call, &mut out);
        Alone { out, parts: SiteParts::default(), unnamed: 0, block }
    }

    /// The host has the template.
    #[inline(always)]
    fn put_message(_: &mut Alone<'_>, _: &impl Arguments) {}

    #[inline(always)]
    fn put_value<const FORM: u8>(alone: &mut Alone<'_>, value: &Value<'_>) {
        codec::put_known(&mut alone.out, value);
    }

    fn end(alone: &mut Alone<'_>) {
        alone.block.close(&mut alone.out);
        alone.block.finish(&mut alone.out);
    }

    fn put_dropped(&self, timestamp: Timestamp, sums: &dyn DropSums, out: &mut Output<'_>) {
        let mut block = OpenBlock::begin(out);
        block.put_dropped(timestamp, sums, out);
        block.finish(out);
    }
}
