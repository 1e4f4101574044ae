//! No contender: the board and the values, which all others have too.

#![no_std]
#![no_main]

type Logger = ();

macro_rules! statement {
    ($logger:ident $values:ident $message:literal $keys:tt $braces:tt $typed:tt) => {
        let _ = $logger;
        $values.temperature();
        $values.raw();
        $values.ok();
    };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!(());
