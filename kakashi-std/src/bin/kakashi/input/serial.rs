//! Sets up a serial line so that it gives every byte unchanged and at once.
//!
//! By default a terminal serves people: it takes 0x03 for Ctrl-C and 0x13 for "stop",
//! turns carriage returns into line feeds and holds bytes back until a line is complete.
//! All of that is switched off here, and stays so afterwards, as with `stty`.

#[cfg(unix)]
pub(crate) use unix::set_up;

/// Leaves the line as it is.
///
/// # Errors
/// When a speed is given.
#[cfg(not(unix))]
pub(crate) fn set_up(_: &std::fs::File, baud: Option<u32>) -> Result<(), crate::report::OpenError> {
    if baud.is_some() { Err(crate::report::OpenError::NoSpeed) } else { Ok(()) }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;

    use rustix::termios::{
        ControlModes, InputModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr,
    };

    use crate::report::OpenError;

    /// Sets eight bits, no parity, one stop bit, no flow control, and the speed if
    /// one is given.
    ///
    /// # Errors
    /// When it is the terminal that the user types in, or has no such speed.
    pub(crate) fn set_up(file: &File, baud: Option<u32>) -> Result<(), OpenError> {
        // Only the terminal that controls a process has a foreground group for it.
        if tcgetpgrp(file).is_ok() {
            return Err(OpenError::OwnTerminal);
        }
        let mut termios = tcgetattr(file).map_err(io::Error::from)?;
        make_raw(&mut termios);
        if let Some(baud) = baud {
            termios
                .set_speed(baud)
                .map_err(|_| OpenError::WrongSpeed { asked: baud, set: speed_of(file) })?;
        }
        tcsetattr(file, OptionalActions::Now, &termios).map_err(io::Error::from)?;
        match baud {
            // tcsetattr succeeds also if it did only a part (POSIX).
            Some(asked) if !is_near(speed_of(file), asked) => {
                Err(OpenError::WrongSpeed { asked, set: speed_of(file) })
            }
            _ => Ok(()),
        }
    }

    fn make_raw(termios: &mut Termios) {
        termios.make_raw();
        termios.input_modes -= InputModes::IXOFF | InputModes::IXANY | InputModes::INPCK;
        termios.control_modes -= ControlModes::CSTOPB | ControlModes::CRTSCTS;
        // Without CLOCAL a line without a carrier gives nothing.
        termios.control_modes |= ControlModes::CREAD | ControlModes::CLOCAL;
    }

    fn speed_of(file: &File) -> u32 {
        tcgetattr(file).map_or(0, |termios| termios.output_speed())
    }

    /// Tells whether two speeds are close enough: over the ten bits of a byte they may
    /// differ by half a bit, of which each end may cause half.
    fn is_near(speed: u32, asked: u32) -> bool {
        u64::from(speed.abs_diff(asked)) * 40 <= u64::from(asked)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_speed_may_be_off_by_what_a_line_forgives() {
            for (speed, near) in
                [(115_200, true), (117_647, true), (113_000, true), (119_000, false), (9600, false)]
            {
                assert_eq!(is_near(speed, 115_200), near, "{speed}");
            }
        }
    }
}
