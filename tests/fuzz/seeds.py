"""Makes the conformance vectors the first inputs of the fuzz targets `wire_reader` and
`bounds`, a small section of sites that of `site_table`, and answers of receivers those of
`otlp_answer`, `bulk_answer` and `retry_after`:

    python3 tests/fuzz/seeds.py

From nothing, a fuzzer takes minutes to find the form of a record.
"""

import json
from pathlib import Path

here = Path(__file__).parent
vectors = json.loads((here.parent / "vectors" / "records.json").read_text())
for target in ("wire_reader", "bounds"):
    corpus = here / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, vector in enumerate(vectors):
        # The target puts its bytes into a block itself: these are the items.
        items = bytes.fromhex(vector["wire_block_hex"])[10:-4]
        if len(items) < 4096:
            (corpus / f"vector-{number}").write_bytes(items)

corpus = here / "corpus" / "site_table"
corpus.mkdir(parents=True, exist_ok=True)
site = bytes([0x10, 20, 11]) + b"Read {temp}" + bytes([1, 4]) + b"temp"
section = bytes([0, 0]) + site + bytes([0x40, 3]) + b"can"
record = bytes([4, 6, 3, 0x20, 2, 2 + len(site), 0x11, 21])
(corpus / "one").write_bytes(len(section).to_bytes(2, "little") + section + record)

for target, seeds in {
    "otlp_answer": [
        b'{"partialSuccess":{"rejectedLogRecords":"300","errorMessage":"no"}}',
        b'{"partialSuccess":{"rejectedLogRecords":7}}',
        b"\x0a\x07\x08\xac\x02\x12\x02no",
    ],
    # After how many records were sent.
    "bulk_answer": [
        b'\x02{"errors":true,"items":[{"create":{"status":201}},'
        b'{"create":{"status":400,"error":{"type":"a","reason":"b"}}}]}',
        b'\x03{"errors":false}',
    ],
    "retry_after": [b"120", b"Sun, 06 Nov 1994 08:49:37 GMT"],
}.items():
    corpus = here / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
