//! Forty statements, each in the forms that a contender's `statement!` may need: the
//! macros of rivals want one literal. Their lines differ, as those of a program do.
//!
//! A contender has it as a module, after its `Logger` and its `statement!`.

use board::{Values, mark};

use crate::Logger;

/// Statements in a function, on which its frame falls.
pub(crate) const IN_A_FUNCTION: u32 = 4;

const STATEMENTS: u32 = match u32::from_str_radix(env!("STATEMENTS"), 10) {
    Ok(count) if count.is_multiple_of(IN_A_FUNCTION) && count <= 40 => count,
    _ => panic!("STATEMENTS is a multiple of 4 up to 40"),
};

/// Logs as many statements as were asked for; the linker drops the others.
#[inline(always)]
pub(crate) fn log_all(logger: &Logger, values: &Values) {
    if STATEMENTS > 0 {
        group_0(logger, values);
    }
    if STATEMENTS > 4 {
        group_1(logger, values);
    }
    if STATEMENTS > 8 {
        group_2(logger, values);
    }
    if STATEMENTS > 12 {
        group_3(logger, values);
    }
    if STATEMENTS > 16 {
        group_4(logger, values);
    }
    if STATEMENTS > 20 {
        group_5(logger, values);
    }
    if STATEMENTS > 24 {
        group_6(logger, values);
    }
    if STATEMENTS > 28 {
        group_7(logger, values);
    }
    if STATEMENTS > 32 {
        group_8(logger, values);
    }
    if STATEMENTS > 36 {
        group_9(logger, values);
    }
}

// `mark` keeps the empty contender's functions apart, and gives them a frame.

#[inline(never)]
fn group_0(logger: &Logger, values: &Values) {
    mark(0);
    statement!(logger values "Sensor 17 read" [temp raw ok]
        "Sensor 17 read temp={} raw={} ok={}" "Sensor 17 read temp={=u32} raw={=i32} ok={=bool}");
    statement!(logger values "Battery sampled" [millivolts current low]
        "Battery sampled millivolts={} current={} low={}" "Battery sampled millivolts={=u32} current={=i32} low={=bool}");
    statement!(logger values "Motor started" [rpm torque forward]
        "Motor started rpm={} torque={} forward={}" "Motor started rpm={=u32} torque={=i32} forward={=bool}");
    statement!(logger values "Valve moved" [position error open]
        "Valve moved position={} error={} open={}" "Valve moved position={=u32} error={=i32} open={=bool}");
}

#[inline(never)]
fn group_1(logger: &Logger, values: &Values) {
    mark(1);
    statement!(logger values "Frame received" [length rssi crc]
        "Frame received length={} rssi={} crc={}" "Frame received length={=u32} rssi={=i32} crc={=bool}");
    statement!(logger values "Packet sent" [seq power acked]
        "Packet sent seq={} power={} acked={}" "Packet sent seq={=u32} power={=i32} acked={=bool}");
    statement!(logger values "Flash page erased" [page cycles verified]
        "Flash page erased page={} cycles={} verified={}" "Flash page erased page={=u32} cycles={=i32} verified={=bool}");
    statement!(logger values "Clock drift found" [ppm delta locked]
        "Clock drift found ppm={} delta={} locked={}" "Clock drift found ppm={=u32} delta={=i32} locked={=bool}");
}

#[inline(never)]
fn group_2(logger: &Logger, values: &Values) {
    mark(2);
    statement!(logger values "Pump stopped" [litres pressure empty]
        "Pump stopped litres={} pressure={} empty={}" "Pump stopped litres={=u32} pressure={=i32} empty={=bool}");
    statement!(logger values "Button pressed" [pin bounce held]
        "Button pressed pin={} bounce={} held={}" "Button pressed pin={=u32} bounce={=i32} held={=bool}");
    statement!(logger values "Watchdog fed" [margin late armed]
        "Watchdog fed margin={} late={} armed={}" "Watchdog fed margin={=u32} late={=i32} armed={=bool}");
    statement!(logger values "Heater switched" [duty target on]
        "Heater switched duty={} target={} on={}" "Heater switched duty={=u32} target={=i32} on={=bool}");
}

#[inline(never)]
fn group_3(logger: &Logger, values: &Values) {
    mark(3);
    statement!(logger values "Radio tuned" [channel offset stable]
        "Radio tuned channel={} offset={} stable={}" "Radio tuned channel={=u32} offset={=i32} stable={=bool}");
    statement!(logger values "Door unlocked" [badge angle night]
        "Door unlocked badge={} angle={} night={}" "Door unlocked badge={=u32} angle={=i32} night={=bool}");
    statement!(logger values "Fan speed set" [level slope auto]
        "Fan speed set level={} slope={} auto={}" "Fan speed set level={=u32} slope={=i32} auto={=bool}");
    statement!(logger values "Sample averaged" [count mean valid]
        "Sample averaged count={} mean={} valid={}" "Sample averaged count={=u32} mean={=i32} valid={=bool}");
}

#[inline(never)]
fn group_4(logger: &Logger, values: &Values) {
    mark(4);
    statement!(logger values "Queue drained" [depth left full]
        "Queue drained depth={} left={} full={}" "Queue drained depth={=u32} left={=i32} full={=bool}");
    statement!(logger values "Config loaded" [version size signed]
        "Config loaded version={} size={} signed={}" "Config loaded version={=u32} size={=i32} signed={=bool}");
    statement!(logger values "Boot finished" [millis reason warm]
        "Boot finished millis={} reason={} warm={}" "Boot finished millis={=u32} reason={=i32} warm={=bool}");
    statement!(logger values "Link negotiated" [speed skew duplex]
        "Link negotiated speed={} skew={} duplex={}" "Link negotiated speed={=u32} skew={=i32} duplex={=bool}");
}

#[inline(never)]
fn group_5(logger: &Logger, values: &Values) {
    mark(5);
    statement!(logger values "Altitude fixed" [satellites height dgps]
        "Altitude fixed satellites={} height={} dgps={}" "Altitude fixed satellites={=u32} height={=i32} dgps={=bool}");
    statement!(logger values "Stack checked" [used spare safe]
        "Stack checked used={} spare={} safe={}" "Stack checked used={=u32} spare={=i32} safe={=bool}");
    statement!(logger values "Update staged" [bytes chunk final]
        "Update staged bytes={} chunk={} final={}" "Update staged bytes={=u32} chunk={=i32} final={=bool}");
    statement!(logger values "Relay toggled" [relay phase closed]
        "Relay toggled relay={} phase={} closed={}" "Relay toggled relay={=u32} phase={=i32} closed={=bool}");
}

#[inline(never)]
fn group_6(logger: &Logger, values: &Values) {
    mark(6);
    statement!(logger values "Tilt measured" [millirad bias level]
        "Tilt measured millirad={} bias={} level={}" "Tilt measured millirad={=u32} bias={=i32} level={=bool}");
    statement!(logger values "Tank refilled" [volume flow alarm]
        "Tank refilled volume={} flow={} alarm={}" "Tank refilled volume={=u32} flow={=i32} alarm={=bool}");
    statement!(logger values "Charger attached" [amps ripple fast]
        "Charger attached amps={} ripple={} fast={}" "Charger attached amps={=u32} ripple={=i32} fast={=bool}");
    statement!(logger values "Cell balanced" [cell spread hot]
        "Cell balanced cell={} spread={} hot={}" "Cell balanced cell={=u32} spread={=i32} hot={=bool}");
}

#[inline(never)]
fn group_7(logger: &Logger, values: &Values) {
    mark(7);
    statement!(logger values "Encoder zeroed" [ticks index homed]
        "Encoder zeroed ticks={} index={} homed={}" "Encoder zeroed ticks={=u32} index={=i32} homed={=bool}");
    statement!(logger values "Brake released" [force travel worn]
        "Brake released force={} travel={} worn={}" "Brake released force={=u32} travel={=i32} worn={=bool}");
    statement!(logger values "Token refreshed" [expiry age cached]
        "Token refreshed expiry={} age={} cached={}" "Token refreshed expiry={=u32} age={=i32} cached={=bool}");
    statement!(logger values "Beacon heard" [minor loss near]
        "Beacon heard minor={} loss={} near={}" "Beacon heard minor={=u32} loss={=i32} near={=bool}");
}

#[inline(never)]
fn group_8(logger: &Logger, values: &Values) {
    mark(8);
    statement!(logger values "Lamp dimmed" [lumen step scene]
        "Lamp dimmed lumen={} step={} scene={}" "Lamp dimmed lumen={=u32} step={=i32} scene={=bool}");
    statement!(logger values "Probe calibrated" [gain zero linear]
        "Probe calibrated gain={} zero={} linear={}" "Probe calibrated gain={=u32} zero={=i32} linear={=bool}");
    statement!(logger values "Bus recovered" [retries state idle]
        "Bus recovered retries={} state={} idle={}" "Bus recovered retries={=u32} state={=i32} idle={=bool}");
    statement!(logger values "Card mounted" [sectors class locked]
        "Card mounted sectors={} class={} locked={}" "Card mounted sectors={=u32} class={=i32} locked={=bool}");
}

#[inline(never)]
fn group_9(logger: &Logger, values: &Values) {
    mark(9);
    statement!(logger values "Gyro settled" [samples noise still]
        "Gyro settled samples={} noise={} still={}" "Gyro settled samples={=u32} noise={=i32} still={=bool}");
    statement!(logger values "Pedal pressed" [travel rate brake]
        "Pedal pressed travel={} rate={} brake={}" "Pedal pressed travel={=u32} rate={=i32} brake={=bool}");
    statement!(logger values "Meter pulse seen" [pulses jitter leak]
        "Meter pulse seen pulses={} jitter={} leak={}" "Meter pulse seen pulses={=u32} jitter={=i32} leak={=bool}");
    statement!(logger values "Belt tensioned" [newton creep slack]
        "Belt tensioned newton={} creep={} slack={}" "Belt tensioned newton={=u32} creep={=i32} slack={=bool}");
}
