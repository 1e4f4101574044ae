"""Makes the conformance vectors the first inputs of the fuzz target `wire_reader`:

    python3 tests/fuzz/seeds.py

From nothing, a fuzzer takes minutes to find the form of a record.
"""

import json
from pathlib import Path

here = Path(__file__).parent
corpus = here / "corpus" / "wire_reader"
corpus.mkdir(parents=True, exist_ok=True)
for number, vector in enumerate(json.loads((here.parent / "vectors" / "records.json").read_text())):
    # The target puts its bytes into a block itself: these are the items.
    items = bytes.fromhex(vector["wire_block_hex"])[10:-4]
    if len(items) < 4096:
        (corpus / f"vector-{number}").write_bytes(items)
