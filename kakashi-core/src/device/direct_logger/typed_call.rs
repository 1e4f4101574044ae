//! A macro call on a device, whose values' kinds are types still.

use super::{DirectLogger, State};
use crate::clock::Clock;
use crate::encode::{Alone, CallDriver, CallHead, EncodeAlone, Encoder};
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
    fn turn_alone<P: EncodeAlone>(
        &self,
        encoder: &P,
        level: LogLevel,
        room: &mut [u8; N],
    ) -> Option<spin::MutexGuard<'_, State<S>>> {
        self.turn(level, room, |_, news, room| {
            let mut out = Output::new(room);
            encoder.put_dropped(self.clock.now(), news, &mut out);
            out.position()
        })
    }

    #[inline(never)]
    fn begin<'s, P: EncodeAlone, const FORM: u8>(
        &self,
        encoder: &P,
        room: &'s mut [u8; N],
        level: LogLevel,
        linked: Linked,
    ) -> Alone<'s> {
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
    fn end<P: EncodeAlone>(&self, alone: &mut Alone<'_>, state: &mut State<S>, level: LogLevel) {
        P::end(alone);
        let whole = !alone.out.overflowed();
        self.finish(state, level, whole.then_some(alone.out.written()));
    }
}

impl<C: Clock, E: Encoder, S: Sink, const N: usize> CallDriver for CallTurn<'_, '_, C, E, S, N> {
    #[inline(always)]
    fn pieces<P: EncodeAlone, A: Arguments>(self, encoder: &P, arguments: &A) {
        let Self { logger, level, linked } = self;
        let mut room = [0; N];
        let Some(mut state) = logger.turn_alone(encoder, level, &mut room) else { return };
        let mut alone = match A::FORM {
            site::PLAIN => logger.begin::<P, { site::PLAIN }>(encoder, &mut room, level, linked),
            site::QUOTED => logger.begin::<P, { site::QUOTED }>(encoder, &mut room, level, linked),
            _ => logger.begin::<P, { site::TEMPLATE }>(encoder, &mut room, level, linked),
        };
        alone.put::<P, _>(arguments);
        logger.end::<P>(&mut alone, &mut state, level);
    }

    #[inline(always)]
    fn whole(self, arguments: &impl Arguments) {
        let site = self.linked.site(self.level);
        arguments.with_values(&mut |values| Log::log(self.logger, site, values));
    }
}
