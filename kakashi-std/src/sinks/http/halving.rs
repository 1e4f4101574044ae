//! Finds the record for which a whole request is refused.

/// So many requests are halved before whole ones are given up; each that is taken at once brings
/// one back.
const MOST_HALVINGS: u32 = 64;

/// Says how many records the next request may have.
pub(super) struct Halving {
    /// Among so many records from the front is one that is refused; 0 if none is known.
    suspects: usize,
    left: u32,
}

impl Halving {
    pub(super) fn new() -> Self {
        Self { suspects: 0, left: MOST_HALVINGS }
    }

    /// Returns the most records of the next request.
    pub(super) fn most(&self) -> usize {
        match self.suspects {
            0 => usize::MAX,
            suspects => suspects.div_ceil(2),
        }
    }

    /// Notes that so many were taken or given up.
    pub(super) fn settled(&mut self, records: usize, were_taken: bool) {
        if were_taken && self.suspects == 0 {
            self.left = (self.left + 1).min(MOST_HALVINGS);
        }
        self.suspects = if were_taken { self.suspects.saturating_sub(records) } else { 0 };
    }

    /// Notes that a request of so many was refused; tells whether a part of them is to be sent.
    pub(super) fn refused(&mut self, records: usize) -> bool {
        if records < 2 || self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.suspects = records;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends records to a receiver that refuses some; returns how many were given up and how
    /// many requests that took.
    fn send(records: usize, is_bad: impl Fn(usize) -> bool) -> (usize, usize) {
        let (mut halving, mut next, mut given_up, mut requests) = (Halving::new(), 0, 0, 0);
        while next < records {
            let part = halving.most().min(records - next).min(1000);
            requests += 1;
            if !(next..next + part).any(&is_bad) {
                halving.settled(part, true);
                next += part;
            } else if !halving.refused(part) {
                halving.settled(part, false);
                given_up += part;
                next += part;
            }
        }
        (given_up, requests)
    }

    #[test]
    fn one_record_is_given_up_and_its_neighbours_are_not() {
        for bad in [0, 1, 499, 998, 999] {
            let (given_up, requests) = send(1000, |record| record == bad);
            assert_eq!(given_up, 1, "{bad}");
            assert!(requests < 25, "{bad}: {requests}");
        }
        assert_eq!(send(3000, |record| record % 1000 == 7).0, 3);
    }

    #[test]
    fn a_receiver_that_refuses_everything_costs_few_requests_more() {
        let (given_up, requests) = send(100_000, |_| true);
        assert_eq!(given_up, 100_000);
        assert!(requests < 200, "{requests}");
        let (_, requests) = send(100_000, |record| record % 2 == 0);
        assert!(requests < 2000, "{requests}");
    }
}
