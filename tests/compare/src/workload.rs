//! The one record that all contenders log, and how it changes from call to call.

/// The values `symbol` goes through.
const SYMBOLS: [&str; 8] = ["EURUSD", "GBPUSD", "USDJPY", "AUDUSD", "USDCHF", "NZDUSD", "USDCAD", "EURGBP"];

/// The three fields of record number `order_id`.
///
/// The price has at most four decimals and costs about a nanosecond to make,
/// the same for everyone.
pub fn fields(order_id: u64) -> (u64, &'static str, f64) {
    let symbol = SYMBOLS[(order_id % 8) as usize];
    let price = (10_000 + order_id % 90_001) as f64 / 10_000.0;
    (order_id, symbol, price)
}

/// The five fields a record inherits in the `context5` measure.
pub struct ContextFields {
    pub request_id: u64,
    pub tenant: &'static str,
    pub user: &'static str,
    pub region: &'static str,
    pub attempt: u64,
}

impl ContextFields {
    /// The end of a text line that has them.
    pub fn rendered(&self) -> String {
        let ContextFields { request_id, tenant, user, region, attempt } = self;
        format!(" request_id={request_id} tenant={tenant} user={user} region={region} attempt={attempt}")
    }
}

/// Their values.
pub const CONTEXT: ContextFields =
    ContextFields { request_id: 7_340_021, tenant: "acme", user: "u-20817", region: "eu-west-1", attempt: 2 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_changes_from_call_to_call() {
        for id in 0..200_000 {
            let (here, next) = (fields(id), fields(id + 1));
            assert!(here.0 != next.0 && here.1 != next.1 && here.2 != next.2);
        }
    }
}
