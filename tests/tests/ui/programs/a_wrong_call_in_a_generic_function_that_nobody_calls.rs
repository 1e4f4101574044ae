use kakashi_core::{Log, exception, fields, info};

fn example<T: Log>(logger: &T) {
    info!(logger, "{a}", b = 1); //~ the message's `{a}` is no field of this call
}

impl<T: Log> Holder<T> {
    fn method(&self, error: &std::num::ParseIntError) {
        exception!(self.0, error, "}"); //~ the message has a `}` alone
        let _ = fields![a = 1, b => 2]; //~ fields are written `key = value`
    }
}

struct Holder<T>(T);

fn main() {}
