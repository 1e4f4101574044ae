"""Makes the conformance vectors the first inputs of the fuzz targets `wire_reader` and
`bounds`, and a small section of sites that of `site_table`:

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
