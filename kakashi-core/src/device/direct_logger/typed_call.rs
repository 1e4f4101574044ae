//! A macro call on a device, whose values' kinds are types still.

use super::{DirectLogger, SinkState};
use crate::clock::Clock;
use crate::encode::{CallHead, CallPath, EncodeTyped, Encoder, TypedCall};
use crate::level::LogLevel;
use crate::logger::log::Log;
use crate::sink::Sink;
use crate::site;
use crate::site::linked::Linked;
use crate::util::output::Output;
use crate::value::arguments::Arguments;

/// A call that gets its turn.
pub(super) struct CallTurn<'l, 'n, C, E, S, const N: usize> {
    pub(super) logger: &'l DirectLogger<'n, C, E, S, N>,
    pub(super) level: LogLevel,
    pub(super) linked: Linked,
}

impl<'n, C: Clock, E: Encoder, S: Sink, const N: usize> DirectLogger<'n, C, E, S, N> {
    #[inline(never)]
    fn turn_typed<P: EncodeTyped>(
        &self,
        encoder: &P,
        level: LogLevel,
        room: &mut [u8; N],
    ) -> Option<spin::MutexGuard<'_, SinkState<S>>> {
        self.turn(level, room, |_, dropped, room| {
            let mut out = Output::new(room);
            encoder.put_dropped(self.clock.now(), dropped, &mut out);
            out.position()
        })
    }

    #[inline(never)]
    fn begin<'s, P: EncodeTyped, const FORM: u8>(
        &self,
        encoder: &P,
        room: &'s mut [u8; N],
        level: LogLevel,
        linked: Linked,
    ) -> TypedCall<'s> {
        let head = CallHead {
            timestamp: self.clock.now(),
            level,
            logger: self.name,
            quoting: self.quoting,
            id: linked.id(),
        };
        encoder.begin::<FORM>(&head, Output::new(room))
    }

    #[inline(never)]
    fn end<P: EncodeTyped>(&self, call: &mut TypedCall<'_>, state: &mut SinkState<S>, level: LogLevel) {
        P::end(call);
        let whole = !call.out.overflowed();
        self.finish(state, level, whole.then_some(call.out.written()));
    }
}

impl<C: Clock, E: Encoder, S: Sink, const N: usize> CallPath for CallTurn<'_, '_, C, E, S, N> {
    #[inline(always)]
    fn typed<P: EncodeTyped, A: Arguments>(self, encoder: &P, arguments: &A) {
        let Self { logger, level, linked } = self;
        let mut room = [0; N];
        let Some(mut state) = logger.turn_typed(encoder, level, &mut room) else { return };
        let mut call = match A::FORM {
            site::PLAIN => logger.begin::<P, { site::PLAIN }>(encoder, &mut room, level, linked),
            site::QUOTED => logger.begin::<P, { site::QUOTED }>(encoder, &mut room, level, linked),
            _ => logger.begin::<P, { site::TEMPLATE }>(encoder, &mut room, level, linked),
        };
        call.put::<P, _>(arguments);
        logger.end::<P>(&mut call, &mut state, level);
    }

    #[inline(always)]
    fn dynamic(self, arguments: &impl Arguments) {
        let site = self.linked.site(self.level);
        arguments.with_values(&mut |values| Log::log(self.logger, site, values));
    }
}
