//! The checksum of blocks and of records in a ring: CRC-32 (ISO-HDLC, as in zlib).
//!
//! [`crc32`] uses the quickest algorithm that suits its platform; [`crc32_extend`], half a
//! byte at a time, needs a table of 64 bytes only: little for a chip, and for a page,
//! where a table of 256 entries does not compress.

/// Sums all of `bytes`: by the processor's instructions where they may be used, by a table
/// of 16 × 256 entries where there is a heap, by one of 16 in a page and on a chip.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    #[cfg(feature = "fast-crc")]
    return crc32fast::hash(bytes);
    #[cfg(all(not(feature = "fast-crc"), any(target_family = "wasm", not(feature = "alloc"))))]
    return !crc32_extend(!0, bytes);
    #[cfg(all(not(feature = "fast-crc"), not(target_family = "wasm"), feature = "alloc"))]
    {
        static CRC: crc::Crc<u32, crc::Table<16>> =
            crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);
        CRC.checksum(bytes)
    }
}

/// Sums `bytes` into a sum that began as `!0` and is inverted at the end.
#[cfg(any(
    test,
    feature = "ring",
    all(not(feature = "fast-crc"), any(target_family = "wasm", not(feature = "alloc")))
))]
pub(crate) fn crc32_extend(sum: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut half = 0;
        while half < 16 {
            let (mut rest, mut bit) = (half as u32, 0);
            while bit < 4 {
                rest = (rest >> 1) ^ (0xedb8_8320 * (rest & 1));
                bit += 1;
            }
            table[half] = rest;
            half += 1;
        }
        table
    };
    let step = |sum: u32| (sum >> 4) ^ TABLE[(sum & 15) as usize];
    bytes.iter().fold(sum, |sum, &byte| step(step(sum ^ u32::from(byte))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit_by_bit(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
        })
    }

    #[test]
    fn all_ways_to_a_checksum_agree() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for len in [0, 1, 2, 9, 255, 1000] {
            assert_eq!(crc32(&bytes[..len]), bit_by_bit(&bytes[..len]));
            assert_eq!(!crc32_extend(!0, &bytes[..len]), bit_by_bit(&bytes[..len]));
        }
    }

    #[test]
    fn a_checksum_in_pieces_is_that_of_the_whole() {
        assert_eq!(!crc32_extend(crc32_extend(!0, b"1234"), b"56789"), 0xcbf4_3926);
    }
}
